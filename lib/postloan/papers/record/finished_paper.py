"""A finished paper opened: its record, and its texts as they are now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from officefill.ooxml.package import Broken, Package, read_file, read_package

from postloan.errors import BadPaper, BadTemplate
from postloan.papers.record.finished import Part, is_word, parts_now
from postloan.papers.record.ledger import Figure, Ledger, ledger_of


@dataclass(frozen=True)
class Paper:
    """`data` are the bytes of the file, `main` the name of the body or the workbook; `parts` are the texts by part or sheet."""

    path: Path
    data: bytes
    package: Package
    ledger: Ledger
    main: str
    is_word: bool
    parts: dict[str, Part]

    @property
    def body(self) -> etree._Element:
        return self.package.tree(self.main)


def open_paper(path: Path) -> Paper:
    """The paper at `path`. Raises `BadPaper` for a file that is damaged or carries no record."""
    try:
        return paper_of(path, read_file(path))
    except BadTemplate as fault:  # the reader of packages was written for templates
        what = fault.faults[0]
        raise BadPaper(what.what, path.name, what.do) from None
    except Broken as broken:
        raise BadPaper(broken.what, path.name, broken.do) from None
    except (ValueError, ArithmeticError, etree.Error) as fault:
        raise BadPaper(str(fault), path.name) from None


def paper_of(path: Path, data: bytes) -> Paper:
    """The same of the bytes of a paper."""
    package = read_package(path, data)
    ledger = ledger_of(package)
    main = next(iter(package.related("officeDocument")), "")
    return Paper(path, data, package, ledger, main, is_word(package.tree(main)), parts_now(package, ledger.regions))


_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_NAMED_GROUPS = ("rules", "checklist")


def figure_name(figure: Figure) -> str:
    """What a figure is called: the title of its measure or field, and whose it is; its key where neither knows it."""
    from postloan.figures.measure import all_measures  # late: a paper in order needs no names

    of = figure.identity
    found = all_measures().get(of.measure)
    if not found:
        return _field_name(of.key) or of.key or figure.tag
    told = [of.subject, "" if not of.change else "变动", of.period]
    return f"{found.title}（{'，'.join(t for t in told if t)}）" if any(told) else found.title


def _field_name(key: str) -> str:
    """The label of the field a key leads to, with the items on the way; blank where the field dictionary has no such name."""
    from postloan.papers.fields.fields import ITEM, all_fields

    steps = [(ITEM if match[2] is None else match[2], match[1] or "") for match in _STEP.finditer(key)]
    path = tuple(name for name, _ in steps)
    field, group = all_fields().at(path), all_fields().at(path[:2])
    told = [group.label] if group and path[0] in _NAMED_GROUPS and len(path) > 2 else []
    told += [item for name, item in steps if name == ITEM]
    return "" if field is None else f"{field.label}（{'，'.join(told)}）" if told else field.label
