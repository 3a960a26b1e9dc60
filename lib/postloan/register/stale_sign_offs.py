"""Sign-offs of a period that do not hold any more, for the page that people read in the morning."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from officefill.errors import BadTemplate
from officefill.ooxml.package import read_file, read_package
from officefill.ooxml.zip_gate import Refused

from postloan.papers.record.paper_record import DRAFT
from postloan.register.sign_off import ROLES, signed_content, with_office
from postloan.register.sign_paper import read_sign_offs
from postloan.register.signed_papers import beside


class StaleSignOff(NamedTuple):
    """One sign-off: the paper below the period's folder, a new paper beside it (blank where there is none), who signed, and what is wrong."""

    paper: str
    draft: str
    role: str
    person: str
    day: str
    says: str


def stale_sign_offs(folder: Path) -> list[StaleSignOff]:
    """Return the sign-offs of the register that are stale, lost, or beside which a run has laid a new paper; the newest of each role."""
    rows = (row for row in read_sign_offs(folder.parent) if row.get("period") == folder.name and row.get("role") in ROLES)
    newest = {(row["paper"], row["role"]): row for row in rows}
    states = {paper: _state(folder, paper) for paper in dict.fromkeys(paper for paper, _ in newest)}
    found = []
    for (paper, role), row in newest.items():
        path, (current, draft, fault) = paper.removeprefix(f"{folder.name}/"), states[paper]
        says = fault or ("" if role in current else "签批后材料有改动，或签批行已不在")
        says = says or ("已按新的数据或模板另出草稿" if draft else "")
        if says:
            person = with_office(row["signer"], row.get("office", ""))
            found.append(StaleSignOff(path, draft, ROLES[role], person, row.get("signed_on", ""), says))
    return found


def _state(folder: Path, paper: str) -> tuple[set[str], str, str]:
    """Return the roles whose sign-offs hold, the draft beside the paper, and what is wrong with the file."""
    path = folder.parent / paper
    draft = beside(paper.removeprefix(f"{folder.name}/"), DRAFT)
    draft = draft if (folder / draft).is_file() else ""
    if not path.is_file():
        return set(), draft, "材料已不在"
    try:
        content = signed_content(read_package(path, read_file(path)))
    except (BadTemplate, Refused):
        return set(), draft, "文件已损坏"
    return {one.role for one in content.sign_offs if content.is_current(one)}, draft, ""
