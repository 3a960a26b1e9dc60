"""Makes the record of a paper while the paper is made (see `ledger`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from postloan import __version__
from postloan.book import Book
from postloan.causes import causes
from postloan.finished import Line, is_word, sheet_lines, word_lines
from postloan.identity import identity
from postloan.ledger import Figure, Ledger, ledger_xml
from postloan.render import Shown, Traced
from postloan.render.cells import shared_texts
from postloan.render.keeping import Region
from postloan.render.kept_sheet import cells_of
from postloan.render.kept_word import with_rows
from postloan.render.package import Package, parse_xml
from postloan.render.word import filled_parts


@dataclass(frozen=True)
class Sealing:
    """One paper being made: of which document and template, about which unit (the bank where blank), from what context."""

    book: Book
    document: str
    template: Path
    unit: str
    context: Mapping[str, Any]
    prepared_on: date

    def __call__(self, traced: Traced) -> bytes:
        """The record's part."""
        figures = [self._figure(figure) for figure in traced.shown]
        regions = regions_of(traced)
        lines = lines_of(traced.parts, regions)
        return ledger_xml(Ledger(self._about(), causes(self.book, self.template), figures, lines, regions))

    def _about(self) -> dict[str, str]:
        book, said = self.book, self.context
        return {
            "document": self.document,
            "template": self.template.name,
            "period": book.period.name,
            "unit": self.unit,
            "policy": book.policy.name,
            "policy_version": str(book.policy.version),
            "prepared_on": self.prepared_on.isoformat(),
            "preparer": said["preparer"],
            "reviewer": said["reviewer"],
            "program": __version__,
        }

    def _figure(self, figure: Shown) -> Figure:
        of = identity(figure.path, self.context, self.book.period, self.unit)
        value = Decimal(figure.value) if isinstance(figure.value, int) else figure.value
        return Figure(figure.number, of, value, figure.text, figure.written, figure.part, figure.cell)


def regions_of(traced: Traced) -> list[Region]:
    """The regions of a paper just made, with what else will tell where they are."""
    if not any(region.kind == "cell" and not region.cell for region in traced.regions):
        return traced.regions
    return with_rows(traced.regions, {name: parse_xml(data) for name, data in traced.parts.items()})


def lines_of_package(package: Package, regions: Iterable[Region]) -> dict[str, list[Line]]:
    """The lines of a finished paper as it is now."""
    main = package.related("officeDocument")[0]
    if is_word(package.tree(main)):
        return lines_of({name: package.parts[name] for name, _ in filled_parts(package)}, regions)
    theirs = {(region.part, region.cell) for region in regions}
    return {
        name: [(cell, text) for cell, (text, _) in cells.items() if (name, cell) not in theirs] for name, cells in cells_of(package).items()
    }


def lines_of(parts: Mapping[str, bytes], regions: Iterable[Region]) -> dict[str, list[Line]]:
    """The lines of every part as they are now, without those of regions for people; of Excel parts those of the sheets."""
    cells = {(region.part, region.cell) for region in regions}
    trees = {name: parse_xml(data) for name, data in parts.items()}
    strings = next((name for name in trees if name.endswith("sharedStrings.xml")), None)
    shared = shared_texts(trees.pop(strings)) if strings else []
    found = {name: word_lines(tree) if is_word(tree) else sheet_lines(tree, shared) for name, tree in trees.items()}
    return {name: [(cell, text) for cell, text in lines if not cell or (name, cell) not in cells] for name, lines in found.items()}
