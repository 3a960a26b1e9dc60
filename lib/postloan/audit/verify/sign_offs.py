"""Tells who signed a paper, which sign-offs are out of date, and what changed since; and the review notes that are open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from officefill.content import content_changes
from officefill.errors import BadTemplate
from officefill.ooxml.package import read_file, read_package

from postloan.audit.verify.line_changes import excerpts, short
from postloan.audit.verify.remark import Remark
from postloan.errors import BadPaper
from postloan.language import tr
from postloan.papers.record.finished_paper import FinishedPaper
from postloan.papers.record.review_notes import NOTES_SHEET, open_notes
from postloan.register.sign_off import ROLES, SIGN_SHEET, SignedContent, SignOff, sign_off_of, signed_content
from postloan.register.sign_paper import about_of, copy_of, name_of, out_folder, read_sign_offs

CURRENT, STALE, DATA_MOVED = "current", "stale", "data_moved"
_OF_DATA = ("figure_stale", "figure_no_longer", "figure_lacking")
_MOST_CHANGES = 20


@dataclass(frozen=True)
class SignOffState:
    """A sign-off and its state: current, stale, or current over data that give other figures now."""

    sign_off: SignOff
    state: str

    @property
    def words(self) -> str:
        """The sign-off in one line for people."""
        says = {CURRENT: tr("current"), STALE: tr("out of date: the paper was changed"), DATA_MOVED: tr("out of date: the data moved")}
        one = self.sign_off
        return f"{ROLES[one.role]}：{one.person}  {one.signed_on.isoformat()}  {says[self.state]}"

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        one = self.sign_off
        named = {"role": one.role, "signer": one.signer, "office": one.office, "signed_on": one.signed_on.isoformat()}
        return {**named, "note": one.note, "code": one.code, "state": self.state}


def sign_off_remarks(paper: FinishedPaper, remarks: Iterable[Remark]) -> tuple[list[SignOffState], list[Remark]]:
    """Return the sign-offs of a paper with their states, and the remarks on them; `remarks` are those on its figures."""
    content, moved = signed_content(paper.package), any(remark.kind in _OF_DATA for remark in remarks)
    states = [SignOffState(one, _state(content, one, moved)) for one in content.sign_offs]
    found = [Remark(f"signoff_{one.state}", slots=_slots(one.sign_off)) for one in states if one.state != CURRENT]
    if stale := content.stale:
        found += _changes(paper, content, stale[-1])
    found += _missing(paper, content)
    found += [Remark("note_open", slots={"asker": note.asker, "question": short(note.question)}) for note in open_notes(paper.package)]
    return states, found


def without_signatures(paper: FinishedPaper, remarks: Iterable[Remark]) -> list[Remark]:
    """Return the remarks but for those on the lines of sign-offs and on the sheet of review notes, which are no part of what was made."""
    return [remark for remark in remarks if remark.part not in (SIGN_SHEET, NOTES_SHEET) and not _on_a_signature(paper, remark)]


def _on_a_signature(paper: FinishedPaper, remark: Remark) -> bool:
    if not isinstance(remark.at, int) or remark.part not in paper.parts:
        return False
    lines = paper.parts[remark.part].lines
    return remark.at < len(lines) and sign_off_of(lines[remark.at][1]) is not None


def _state(content: SignedContent, sign_off: SignOff, moved: bool) -> str:
    if not content.is_current(sign_off):
        return STALE
    return DATA_MOVED if moved else CURRENT


def _slots(sign_off: SignOff) -> dict[str, str]:
    return {"person": sign_off.person, "role": ROLES[sign_off.role], "day": sign_off.signed_on.isoformat()}


def _changes(paper: FinishedPaper, content: SignedContent, sign_off: SignOff) -> Iterator[Remark]:
    """Yield a remark for each line that differs from the copy of the paper as it was signed, where there is one."""
    copy = copy_of(paper.path, sign_off)
    try:
        signed = signed_content(read_package(copy, read_file(copy))) if copy.is_file() else None
    except BadTemplate:
        return
    if signed is None or not signed.is_current(sign_off):
        return
    changes = content_changes(signed.lines, content.lines)
    for change in changes[:_MOST_CHANGES]:
        was, now = excerpts(change.was, change.now)[:2] if change.was and change.now else (short(change.was), short(change.now))
        yield Remark("changed_since_signed", slots={"person": sign_off.person, "place": change.place, "was": was, "now": now})
    if len(changes) > _MOST_CHANGES:
        yield Remark("changed_elsewhere", slots={"person": sign_off.person, "count": len(changes) - _MOST_CHANGES})


def _missing(paper: FinishedPaper, content: SignedContent) -> Iterator[Remark]:
    """Yield a remark for each sign-off of the register that the paper does not bear; a newer one of the same role takes its place."""
    try:
        out = out_folder(paper.path, about_of(paper)["period"])
        name = name_of(paper.path, out)
    except (BadPaper, ValueError):
        return
    newest = {row.get("role", ""): row for row in read_sign_offs(out) if row.get("paper") == name}
    borne = {one.role for one in content.sign_offs}
    for role, row in newest.items():
        if role in ROLES and role not in borne:
            slots = {"person": row.get("signer", ""), "role": ROLES[role], "day": row.get("signed_on", "")}
            yield Remark("signoff_missing", slots=slots)
