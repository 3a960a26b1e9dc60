"""A finished paper opened: its record, and its texts as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from postloan.errors import BadPaper, BadTemplate
from postloan.finished import Part, is_word, parts_now
from postloan.ledger import Figure, Ledger, ledger_of
from postloan.render.package import Broken, Package, read_file, read_package


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


def figure_name(figure: Figure) -> str:
    """What a figure is called: its measure's title and subject, or its key where it is no measure."""
    from postloan.measure import all_measures  # late: a paper in order needs no names

    of = figure.identity
    found = all_measures().get(of.measure)
    if not found:
        return of.key or figure.tag
    told = [of.subject, "" if not of.change else "变动", of.period]
    return f"{found.title}（{'，'.join(t for t in told if t)}）" if any(told) else found.title
