"""Comments at places in a copy of a Word or Excel file: how a list of faults is shown to whoever must put them right.

copy = commented(path.read_bytes(), [Note("word/document.xml", 3, "unknown name 'npl_rato'", (5, 18)), …])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from officefill.errors import BadTemplate, Fault
from officefill.language.marks import NOT_XML
from officefill.messages import tr
from officefill.ooxml.package import Package, pack, read_package, write_package
from officefill.ooxml.zip_gate import Reason, Refused

__all__ = ["Note", "commented"]


@dataclass(frozen=True)
class Note:
    """What is said, and where.

    Word: `part` is a part's name (word/document.xml), `at` the number, from 0, of a `w:p` among all of that part in document order, and
    `span` the characters of the paragraph's text (`render.paragraphs.text_of`) it is about; without one, the whole paragraph.
    Excel: `part` is the name of a sheet, or of its part, and `at` a cell (C12). A place that cannot carry a comment (a header, a note, a
    chart, a part as a whole) is said in words at the first place of the file, or of the sheet; without a part `says` has it all.
    """

    part: str
    at: int | str | None
    says: str
    span: tuple[int, int] | None = None


def commented(data: bytes, notes: Iterable[Note], author: str = "officefill") -> bytes:
    """A copy of the .docx or .xlsx `data` with a comment for each note. The same input gives the same bytes.

    Comments that are there stay, and parts that carry none stay byte for byte; without notes `data` is given back as it is.
    Raises `BadTemplate` for what is no Word or Excel file.
    """
    from officefill.comments import excel, word  # late: they need Note

    told = [Note(note.part, note.at, NOT_XML.sub("\ufffd", note.says), note.span) for note in notes]
    if not told:
        return data
    package = read_package(Path(), data)
    before = dict(package.parts)
    try:
        main = next(iter(package.related("officeDocument")), "")
        if word.is_word(package, main):
            word.comment(package, main, told, author)
        elif excel.is_excel(package, main):
            excel.comment(package, main, told, author)
        else:
            raise Refused(Reason.UNFIT, tr("this is no Word or Excel file that can carry comments"), tr("save it as .docx or .xlsx"))
    except Refused as refused:
        raise BadTemplate("", [Fault(refused.what, "", refused.do)]) from None
    return _written(package, before)


def _written(package: Package, before: dict[str, bytes]) -> bytes:
    """The package with its old parts in their old order; comments of a file are new parts at its end."""
    new = [name for name in package.parts if name not in before]
    return write_package({name: pack(package.parts[name]) for name in (*before, *new)})
