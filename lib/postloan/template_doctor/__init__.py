"""The doctor of templates: every fault and every doubt at once, at its place, also as comments in a copy of the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from officefill import compile_template
from officefill.comments import Note, commented
from officefill.ooxml.package import Broken, read_file, read_package
from officefill.ooxml.safety import dangers

from postloan.errors import BadCommand, BadTemplate, Fault
from postloan.language import tr
from postloan.papers.document import document as find_document
from postloan.papers.fields.said_in_template import misfits
from postloan.template_doctor.typefaces import typefaces

KINDS = (".docx", ".xlsx")


@dataclass(frozen=True)
class Diagnosis:
    """What was found in one file: `faults` make it unfit, `warnings` are for its owner to judge."""

    path: Path
    data: bytes
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def copy(self) -> bytes:
        """The file with a comment at each place. Raises `BadTemplate` for what cannot carry comments."""
        notes = [*map(_note, self.faults), *(_note(warning, tr("warning") + ": ") for warning in self.warnings)]
        return commented(self.data, notes)


def check_template(path: Path, document: str = "") -> Diagnosis:
    """Everything that is wrong with the template at `path`, held against the fields of `document`, or those all documents share.

    Raises `BadTemplate` for a file that cannot be read at all, `BadCommand` for a document there is not.
    """
    if document:
        find_document(document)
    data = read_file(path)
    faults, warnings = list[Fault](), list[Fault]()
    for fault in _found(path, data, document or _document_of(path)):
        (warnings if getattr(fault, "warning", False) else faults).append(fault)
    return Diagnosis(path, data, _in_order(faults), _in_order(warnings))


def _found(path: Path, data: bytes, document: str) -> Iterator[Fault]:
    try:
        yield from dangers(read_package(path, data))
        yield from _compiling(path, data)
        yield from misfits(path, data, document)
        yield from typefaces(read_package(path, data))
    except Broken as broken:
        yield Fault(broken.what, path.name, broken.do)
    except BadTemplate as bad:
        yield from bad.faults


def _compiling(path: Path, data: bytes) -> Iterator[Fault]:
    """What the compiler refuses, also where the file carries dangers."""
    from postloan.papers.table_filters import TEMPLATE_FILTERS

    try:
        compile_template(read_package(path, data), TEMPLATE_FILTERS)
    except BadTemplate as bad:
        yield from bad.faults


def _document_of(path: Path) -> str:
    """The document a template belongs to: the one whose folder it lies in."""
    from postloan.papers.document import all_documents

    folder = path.resolve().parent
    return next((name for name, kind in all_documents().items() if kind.folder.resolve() == folder), "")


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Each fault once, in the order of the file; those without a place first."""
    once = {str(fault): fault for fault in faults}.values()
    return sorted(once, key=_key)


def _key(fault: Fault) -> tuple[bool, bool, str, int, str, tuple[int, int]]:
    place = fault.place
    row, column = (place.at, "") if isinstance(place.at, int) else _cell(place.at)
    beside_the_body = place.part.startswith("word/") and place.part != "word/document.xml"
    return place.at is not None, beside_the_body, place.part, row, column, place.span or (0, 0)


def _cell(at: str | None) -> tuple[int, str]:
    column = (at or "").rstrip("0123456789")
    return int((at or "")[len(column) :] or 0), column.rjust(3)


def _note(fault: Fault, before: str = "") -> Note:
    place, do = fault.place, f"\n→ {fault.do}" if fault.do else ""
    if not place.part:
        return Note("", None, f"{before}{fault}")
    return Note(place.part, place.at, f"{before}{fault.what}{do}", place.span)


def templates_in(path: Path) -> list[Path]:
    """The file, or every template in a folder and the folders inside it. Raises `BadCommand` where there is none."""
    if not path.is_dir():
        if not path.is_file():
            raise BadCommand(tr("there is no such folder or file"), str(path), tr("give a .docx or .xlsx file, or a folder of them"))
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in KINDS and not file.name.startswith(("~$", ".")))
    if not found:
        raise BadCommand(tr("there is no template in the folder"), str(path), tr("give a .docx or .xlsx file, or a folder of them"))
    return found
