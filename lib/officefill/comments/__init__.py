"""Comments at places in a copy of a Word or Excel file: a list of faults shown to the file's owner.

copy = commented(path.read_bytes(), [Note("word/document.xml", 3, "unknown name 'npl_rato'", (5, 18)), …])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from officefill.comments import excel, word
from officefill.comments.note import Note
from officefill.errors import BadTemplate, Fault
from officefill.messages import tr
from officefill.ooxml.namespaces import NOT_XML
from officefill.ooxml.package import pack, read_package, write_package
from officefill.ooxml.zip_gate import Reason, Refused

__all__ = ["Note", "commented"]


def commented(data: bytes, notes: Iterable[Note], author: str = "officefill") -> bytes:
    """Return a copy of the .docx or .xlsx `data` with a comment for each note. The same input gives the same bytes.

    Comments that are there stay, and parts that carry none stay byte for byte; without notes `data` is given back as it is.
    Raises `BadTemplate` for a file of another kind.
    """
    clean = [replace(note, says=NOT_XML.sub("\ufffd", note.says)) for note in notes]
    if not clean:
        return data
    package = read_package(Path(), data)
    before = list(package.parts)
    try:
        if word.is_word(package, package.main):
            word.comment(package, clean, author)
        elif excel.is_excel(package, package.main):
            excel.comment(package, clean, author)
        else:
            raise Refused(Reason.UNFIT, tr("this is no Word or Excel file that can carry comments"), tr("save it as .docx or .xlsx"))
    except Refused as refused:
        raise BadTemplate("", [Fault(refused.what, "", refused.do)]) from None
    names = dict.fromkeys((*before, *package.parts))  # old parts in their old order; comments of a file are new parts at its end
    return write_package({name: pack(package.parts[name]) for name in names})
