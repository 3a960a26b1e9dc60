"""A run beside signed papers: none is overwritten, the new one lies beside it as a draft, in Word with a redline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from officefill.content.appendix import replace_lines
from officefill.errors import BadTemplate
from officefill.ooxml.package import Package, read_package
from officefill.word.redline import redline
from officefill.word.redline_paragraph import Marking

from postloan.papers.document import Document
from postloan.papers.paper_template import SETTINGS
from postloan.papers.record.paper_record import DRAFT
from postloan.papers.record.regeneration import EarlierPapers
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
    signed = _signed(folder / path, there)
    if signed is None:
        return {path: new}
    package = read_package(Path(path), new)
    content = signed_content(signed)
    if signed_content(package).content_hash == content.content_hash:
        return {path: there}
    draft = beside(path, DRAFT)
    found = {path: there, **(_beside(folder, draft, new) if (folder / draft).is_file() else {draft: new})}
    if draft.endswith(".docx") and found.get(draft) == new:
        found[beside(path, REDLINE)] = redline(_unsigned(signed, content), package, Marking(SETTINGS.application))
    return found


def _signed(path: Path, data: bytes) -> Package | None:
    try:
        package = read_package(path, data)
        return package if is_signed(package) else None
    except BadTemplate:  # damaged by hand: the run tells it, and keeps it in edited/
        return None


def _unsigned(package: Package, content: SignedContent) -> Package:
    replace_lines(package, SIGN_SHEET, [one.line for one in content.sign_offs], [])
    return package


def beside(path: str, word: str) -> str:
    """Return the path of a paper's draft or redline: quarterly_brief_草稿.docx."""
    pure = PurePosixPath(path)
    return str(pure.with_stem(f"{pure.stem}_{word}"))
