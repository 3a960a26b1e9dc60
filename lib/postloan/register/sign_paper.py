"""`postloan sign`: a person signs a paper. The line goes into the paper, a row into the register, a copy of the paper into `signed/`.

The register, `signoffs.csv` in the output folder, has the columns of the input table `signoff`. It is filed before the paper: a sign-off
that is in a paper is always in the register, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from officefill.content.appendix import replace_lines
from officefill.ooxml.package import package_bytes
from officefill.word.tracked_changes import has_changes

from postloan.errors import BadCommand, BadPaper, did_you_mean
from postloan.file import csv_bytes, csv_rows, lock, put
from postloan.language import tr
from postloan.papers.notice_register import register_text
from postloan.papers.record.finished_paper import FinishedPaper, open_paper
from postloan.papers.record.review_notes import open_notes
from postloan.period import Period
from postloan.register import SIGN_OFFS
from postloan.register.sign_off import PREPARER, REVIEWER, ROLES, SIGN_SHEET, SignedContent, SignOff, signed_content

COLUMNS = ("paper", "document", "period", "unit_id", "role", "signer", "office", "signed_on", "content_hash", "note")
_KEY = ("paper", "role", "signed_on", "signer")
COPIES = "signed"
"""The folder beside a paper with copies of it as it was signed."""
PATIENCE = 60.0
"""Seconds to wait for another sign-off in the same folder."""
_NOT_IN_A_LINE = re.compile(r"[\s（）：\x00-\x1f]+")
_MOST_NAMED = 3


@dataclass(frozen=True)
class Signed:
    """A sign-off, the hash of what was signed, and the files that hold it: the paper, its copy, the register."""

    sign_off: SignOff
    content_hash: str
    paper: Path
    copy: Path
    register: Path


def sign(path: Path, sign_off: SignOff) -> Signed:
    """Sign the paper at `path`; the code of `sign_off` is yet to be found. Raises `BadPaper` for a paper not to be signed, `BadCommand`."""
    paper = open_paper(path, any_program=True)
    about, content, sign_off = about_of(paper), signed_content(paper.package), _readable(sign_off)
    _check_paper(paper)
    _check_person(content, sign_off, about)
    bound = sign_off.bound(content.content_hash)
    out = out_folder(path, about["period"])
    stale = [one for one in content.stale if one.role == bound.role]
    lines = [one.line for one in [*(one for one in content.sign_offs if one not in stale), bound]]
    replace_lines(paper.package, SIGN_SHEET, [one.line for one in content.sign_offs], lines)
    data = package_bytes(paper.package)
    with lock(out, PATIENCE):
        _enter(out, {**about, "paper": name_of(path, out)}, bound, content.content_hash)
        copy = copy_of(path, bound)
        copy.parent.mkdir(exist_ok=True)
        put(copy, data)
        put(path, data)
    return Signed(bound, content.content_hash, path, copy, out / SIGN_OFFS)


def _check_paper(paper: FinishedPaper) -> None:
    name = paper.path.name
    if paper.is_draft:
        raise BadPaper(tr("a draft is not signed"), name, tr("put the data right and make the paper anew"))
    if notes := open_notes(paper.package):
        shown = "；".join(f"{note.asker}：{note.question}"[:60] for note in notes[:_MOST_NAMED])
        what = tr("{count} review notes are still open: {notes}", count=len(notes), notes=shown)
        raise BadPaper(what, name, tr("answer them and have them closed (in Word: resolve the comment; on the sheet: fill in 关闭人)"))
    if paper.is_word and has_changes(paper.package):
        raise BadPaper(tr("it has tracked changes"), name, tr("accept or reject them first, so that it is clear what is signed"))


def _check_person(content: SignedContent, sign_off: SignOff, about: Mapping[str, str]) -> None:
    signers = {one.role: one.signer for one in content.sign_offs if one.role != sign_off.role}
    for role, other in ((REVIEWER, PREPARER), (PREPARER, REVIEWER)):
        if sign_off.role == role and sign_off.signer in (signers.get(other), about.get(other)):
            what = tr("{name} cannot be both preparer and reviewer of one paper", name=sign_off.signer)
            raise BadCommand(what, do=tr("have somebody else review it"))
    if current := [one for one in content.sign_offs if one.role == sign_off.role and content.is_current(one)]:
        what = tr("{person} has signed it as {role} on {day}, and it has not changed since", **_words(current[0]))
        raise BadCommand(what, do=tr("nothing is left to be signed in this role"))


def _words(sign_off: SignOff) -> dict[str, str]:
    return {"person": sign_off.person, "role": ROLES[sign_off.role], "day": sign_off.signed_on.isoformat()}


def _readable(sign_off: SignOff) -> SignOff:
    """Return the sign-off with texts that its line can be read from again. Raises `BadCommand`."""
    role = {word: name for name, word in ROLES.items()}.get(sign_off.role, sign_off.role)
    if role not in ROLES:
        raise BadCommand(tr("there is no role '{name}'", name=role), do=did_you_mean(role, ROLES))
    signer, office, note = (_NOT_IN_A_LINE.sub(" ", text).strip() for text in (sign_off.signer, sign_off.office, sign_off.note))
    if not signer:
        raise BadCommand(tr("a sign-off needs a name"), do=tr("give it with --by"))
    return SignOff(role, signer, sign_off.signed_on, office, note)


def copy_of(path: Path, sign_off: SignOff) -> Path:
    """Return where the copy of a paper stands as somebody signed it."""
    return path.parent / COPIES / f"{path.stem}_{sign_off.code}{path.suffix}"


# What a paper is, and where its register stands


def about_of(paper: FinishedPaper) -> dict[str, str]:
    """Return document, period, unit_id, preparer and reviewer of a paper: by its record, else by its place in the output folder."""
    record, path = paper.record.about, paper.path.resolve()
    period = record.get("period") or next((folder.name for folder in path.parents if _is_period(folder.name)), "")
    if not period:
        what = tr("it is not to be seen which document of which period this is")
        raise BadPaper(what, path.name, tr("take the paper from the folder of its run again"))
    inside = path.parts[path.parts.index(period) + 1 :] if period in path.parts else (path.stem,)
    document = record.get("document") or Path(inside[0]).stem
    names = {name: record.get(name, "") for name in (PREPARER, REVIEWER)}
    return {"document": document, "period": period, "unit_id": record.get("unit", ""), **names}


def _is_period(text: str) -> bool:
    try:
        return bool(Period.parse(text))
    except BadCommand:
        return False


def out_folder(path: Path, period: str) -> Path:
    """Return the output folder of a paper; its own folder for one that lies elsewhere."""
    return next((folder.parent for folder in path.resolve().parents if folder.name == period), path.resolve().parent)


def name_of(path: Path, out: Path) -> str:
    """Return the name of a paper in the register of `out`."""
    return path.resolve().relative_to(out).as_posix()


# The register


def read_sign_offs(out: Path) -> list[dict[str, str]]:
    """Return the rows of the register of `out`; none where there is no register."""
    path = out / SIGN_OFFS
    if not path.is_file():
        return []
    head, *rows = csv_rows(register_text(path.read_bytes()).encode())
    return [dict(zip(head, row, strict=False)) for row in rows]


def _enter(out: Path, about: Mapping[str, str], sign_off: SignOff, content: str) -> None:
    row = {**about, **asdict(sign_off), "signed_on": sign_off.signed_on.isoformat(), "content_hash": content}
    rows = {tuple(one.get(name, "") for name in _KEY): one for one in [*read_sign_offs(out), row]}
    put(out / SIGN_OFFS, csv_bytes(COLUMNS, [[one.get(name, "") for name in COLUMNS] for one in rows.values()]))
