"""Checks templates: finds all faults and doubts at once, each at its place, also as comments in a copy of the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from officefill import compile_template
from officefill.comments import Note, commented
from officefill.ooxml.package import read_file, read_package
from officefill.ooxml.safety import dangers
from officefill.ooxml.zip_gate import Refused

from postloan.errors import BadCommand, BadTemplate, Fault
from postloan.language import tr
from postloan.papers.document import document as find_document
from postloan.papers.fields.template_tags import template_faults
from postloan.papers.paper_template import SETTINGS
from postloan.papers.table_filters import TEMPLATE_FILTERS
from postloan.template_doctor.typefaces import typefaces
from postloan.template_doctor.whole_template import whole_template

KINDS = (".docx", ".xlsx")


@dataclass(frozen=True)
class Diagnosis:
    """The result of one file's check: `faults` make it unusable, `warnings` are for its owner to judge."""

    path: Path
    data: bytes
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def copy(self) -> bytes:
        """Return the file with a comment at each place. Raises `BadTemplate` for a file that cannot carry comments."""
        notes = [*map(_note, self.faults), *(_note(warning, tr("warning") + ": ") for warning in self.warnings)]
        return commented(self.data, notes, SETTINGS.application)


def check_template(path: Path, document: str = "") -> Diagnosis:
    """Check the template at `path` against the fields of `document`, or against the common fields.

    Raises `BadTemplate` for an unreadable file, `BadCommand` for an unknown document.
    """
    if document:
        find_document(document)
    owner = document or _document_of(path)
    kind = find_document(owner) if owner else None
    data = whole_template(kind, path.name) if kind and path.resolve().parent == kind.folder.resolve() else read_file(path)
    faults, warnings = list[Fault](), list[Fault]()
    for fault in _all_faults(path, data, owner):
        (warnings if getattr(fault, "warning", False) else faults).append(fault)
    return Diagnosis(path, data, _in_order(faults), _in_order(warnings))


def _all_faults(path: Path, data: bytes, document: str) -> Iterator[Fault]:
    try:
        yield from dangers(read_package(path, data))
        yield from _compiler_faults(path, data)
        yield from template_faults(path, data, document)
        yield from typefaces(read_package(path, data))
    except Refused as refused:
        yield Fault(refused.what, path.name, refused.do)
    except BadTemplate as bad:
        yield from bad.faults


def _compiler_faults(path: Path, data: bytes) -> Iterator[Fault]:
    """Yield the compiler's faults, even in a file with dangers."""
    try:
        compile_template(read_package(path, data), TEMPLATE_FILTERS, SETTINGS)
    except BadTemplate as bad:
        yield from bad.faults


def _document_of(path: Path) -> str:
    """Return the document of the folder that holds the template; blank for any other folder."""
    from postloan.papers.document import all_documents

    folder = path.resolve().parent
    return next((name for name, kind in all_documents().items() if kind.folder.resolve() == folder), "")


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return each fault once, in the order of the file; faults without a place come first."""
    once = {str(fault): fault for fault in faults}.values()
    return sorted(once, key=_key)


def _key(fault: Fault) -> tuple[bool, bool, str, int, str, tuple[int, int]]:
    place = fault.place
    row, column = (place.at, "") if isinstance(place.at, int) else _cell(place.at)
    outside_body = place.part.startswith("word/") and place.part != "word/document.xml"
    return place.at is not None, outside_body, place.part, row, column, place.span or (0, 0)


def _cell(at: str | None) -> tuple[int, str]:
    column = (at or "").rstrip("0123456789")
    return int((at or "")[len(column) :] or 0), column.rjust(3)


def _note(fault: Fault, before: str = "") -> Note:
    place, do = fault.place, f"\n→ {fault.do}" if fault.do else ""
    if not place.part:
        return Note("", None, f"{before}{fault}")
    return Note(place.part, place.at, f"{before}{fault.what}{do}", place.span)


def templates_in(path: Path) -> list[Path]:
    """Return the file, or all templates in and below a folder. Raises `BadCommand` for a folder without templates."""
    if not path.is_dir():
        if not path.is_file():
            raise BadCommand(tr("there is no such folder or file"), str(path), tr("give a .docx or .xlsx file, or a folder of them"))
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in KINDS and not file.name.startswith(("~$", ".")))
    if not found:
        raise BadCommand(tr("there is no template in the folder"), str(path), tr("give a .docx or .xlsx file, or a folder of them"))
    return found
