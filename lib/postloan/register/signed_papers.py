"""A run over papers that people signed or wrote review notes into: nothing of theirs is lost.

A signed paper is not overwritten, the new one lies beside it as a draft, in Word with a redline. Review notes come along into the new paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from officefill.comments.carried import carry_comments
from officefill.content.appendix import replace_lines
from officefill.errors import BadTemplate
from officefill.excel.sheet_import import import_sheets, remove_sheets
from officefill.excel.workbook_parts import worksheets
from officefill.ooxml.package import Package, package_bytes, read_package
from officefill.ooxml.zip_gate import Refused
from officefill.word.redline import redline
from officefill.word.redline_paragraph import Marking

from postloan.papers.document import Document
from postloan.papers.paper_template import SETTINGS
from postloan.papers.record.paper_record import DRAFT
from postloan.papers.record.regeneration import EarlierPapers
from postloan.papers.record.review_notes import NOTES_SHEET, review_notes
from postloan.register.sign_off import SIGN_SHEET, SignedContent, is_signed, signed_content

REDLINE = "修订"


def beside_signed(earlier: EarlierPapers, kind: Document, made: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the papers to be filed: in place of each one that is signed there itself, and the new one beside it where it differs.

    A draft that is there already is one of the `earlier` papers: what people typed into it is not lost.
    """
    filed = dict[str, bytes]()
    for path, new in made.items():
        filed |= _beside(earlier.folder, path, new) if (earlier.folder / path).is_file() else {path: new}
    for path in filed.keys() - made.keys():
        template = next((file for file in kind.templates if Path(file).suffix == Path(path).suffix), "")
        if template and not Path(path).stem.endswith(REDLINE):
            earlier.kept(path, kind.folder / template)
    return filed


def _beside(folder: Path, path: str, new: bytes) -> dict[str, bytes]:
    there = (folder / path).read_bytes()
    try:
        old = read_package(folder / path, there)
        signed, notes = is_signed(old), review_notes(old)
    except (BadTemplate, Refused):  # damaged by hand: the run tells it, and keeps it in edited/
        return {path: new}
    if not signed:
        return {path: _with_notes(old, path, new) if notes else new}
    package, content = read_package(Path(path), new), signed_content(old)
    if signed_content(package).content_hash == content.content_hash:
        return {path: there}
    draft = beside(path, DRAFT)
    found = _beside(folder, draft, new) if (folder / draft).is_file() else {draft: new}
    if draft.endswith(".docx") and len(found) == 1:  # else the draft is signed, and the new paper lies beside that
        found[beside(path, REDLINE)] = redline(_unsigned(old, content), package, Marking(SETTINGS.application))
    return {path: there, **found}


def _with_notes(old: Package, path: str, new: bytes) -> bytes:
    """Return the new paper with the review notes of the old one."""
    package = read_package(Path(path), new)
    sheets = [name for name, _ in worksheets(old, old.main)] if path.endswith(".xlsx") else []
    if NOTES_SHEET in sheets:
        remove_sheets(package, [NOTES_SHEET])
        remove_sheets(old, [name for name in sheets if name != NOTES_SHEET])
        import_sheets(package, old)
    elif sheets or not carry_comments(old, package):
        return new
    return package_bytes(package)


def _unsigned(package: Package, content: SignedContent) -> Package:
    replace_lines(package, SIGN_SHEET, [one.line for one in content.sign_offs], [])
    return package


def beside(path: str, word: str) -> str:
    """Return the path of a paper's draft or redline: quarterly_brief_草稿.docx."""
    pure = PurePosixPath(path)
    return str(pure.with_stem(f"{pure.stem}_{word}"))
