"""A finished paper, opened: its record, and its texts as they are now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from officefill.language.provenance import record_part
from officefill.ooxml.package import Package, read_file, read_package
from officefill.ooxml.zip_gate import Refused

from postloan.errors import BadPaper, BadTemplate
from postloan.language import tr
from postloan.papers.paper_template import NAMESPACE
from postloan.papers.record.paper_record import DRAFT, Figure, PaperRecord, record_of
from postloan.papers.record.paper_text import TextPart, is_word, lines_of, parts_now

_TITLE = "{http://purl.org/dc/elements/1.1/}title"


@dataclass(frozen=True)
class FinishedPaper:
    """A finished paper. `data`: the bytes of the file. `main`: the name of the body or workbook. `parts`: the texts by part or sheet."""

    path: Path
    data: bytes
    package: Package
    record: PaperRecord
    main: str
    is_word: bool
    parts: dict[str, TextPart]

    @property
    def is_ours(self) -> bool:
        """True for a paper with a record."""
        return bool(self.record.about)

    @property
    def is_draft(self) -> bool:
        """True for a paper made as a draft, by its record, or by its title where it has lost its record."""
        titles = (self.package.tree(part).iter(_TITLE) for part in self.package.related("core-properties"))
        title = next((one.text or "" for found in titles for one in found), "")
        return self.record.about.get("draft") == DRAFT or title.startswith(DRAFT)

    @property
    def body(self) -> etree._Element:
        return self.package.tree(self.main)


def open_paper(path: Path, any_program: bool = False) -> FinishedPaper:
    """Open the paper at `path`. Raises `BadPaper` for a damaged file and, unless of `any_program`, for one without a record."""
    try:
        return paper_of(path, read_file(path), any_program)
    except BadTemplate as fault:  # the package reader raises errors of templates
        what = fault.faults[0]
        raise BadPaper(what.what, path.name, what.do) from None
    except Refused as refused:
        raise BadPaper(refused.what, path.name, refused.do) from None
    except (ValueError, ArithmeticError, LookupError, AttributeError, etree.Error):
        what = tr("the file, or the record of its figures in it, is damaged")
        raise BadPaper(what, path.name, tr("take the paper from the folder of its run again")) from None


def paper_of(path: Path, data: bytes, any_program: bool = False) -> FinishedPaper:
    """Return the paper in the bytes `data`. `any_program`: also a file without a record; its texts count as made."""
    package = read_package(path, data)
    main = next(iter(package.related("officeDocument")), "")
    if not any_program or record_part(package, NAMESPACE) is not None:
        record = record_of(package)
        return FinishedPaper(path, data, package, record, main, is_word(package.tree(main)), parts_now(package, record.regions))
    if not main:
        raise BadPaper(tr("this is no Word or Excel file"), path.name, tr("save it as .docx or .xlsx"))
    parts = parts_now(package)
    record = PaperRecord({}, {}, [], lines_of(parts, ()))
    return FinishedPaper(path, data, package, record, main, is_word(package.tree(main)), parts)


_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_NAMED_GROUPS = ("rules", "checklist")


def figure_name(figure: Figure) -> str:
    """Return a name of a figure for people: the title of its measure or field, with its subject; else its key."""
    from postloan.figures.measure import all_measures  # imported here: most papers need no names

    of = figure.identity
    found = all_measures().get(of.measure)
    if not found:
        return _field_name(of.key) or of.key or figure.tag
    details = [of.subject, "变动" if of.change else "", of.period]
    return f"{found.title}（{'，'.join(filter(None, details))}）" if any(details) else found.title


def _field_name(key: str) -> str:
    """Return the label of the field at a key, with the items on its path; blank for an unknown field."""
    from postloan.papers.fields.fields import all_fields
    from postloan.papers.fields.shapes import ITEM

    steps = [(ITEM if match[2] is None else match[2], match[1] or "") for match in _STEP.finditer(key)]
    path = tuple(name for name, _ in steps)
    field, group = all_fields().at(path), all_fields().at(path[:2])
    details = [group.label] if group and path[0] in _NAMED_GROUPS and len(path) > 2 else []
    details += [item for name, item in steps if name == ITEM]
    return "" if field is None else f"{field.label}（{'，'.join(details)}）" if details else field.label
