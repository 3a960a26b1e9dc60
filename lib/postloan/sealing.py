"""Makes the record of a paper while the paper is made (see `ledger`)."""

from __future__ import annotations

from collections.abc import Mapping
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
from postloan.render import Shown
from postloan.render.cells import shared_texts
from postloan.render.package import parse_xml


@dataclass(frozen=True)
class Sealing:
    """One paper being made: of which document and template, about which unit (the bank where blank), from what context."""

    book: Book
    document: str
    template: Path
    unit: str
    context: Mapping[str, Any]
    prepared_on: date

    def __call__(self, shown: list[Shown], parts: Mapping[str, bytes]) -> bytes:
        """The record's part: `shown` are the figures in order, `parts` those that were filled, by name or by sheet."""
        figures = [self._figure(figure) for figure in shown]
        return ledger_xml(Ledger(self._about(), causes(self.book, self.template), figures, lines_of(parts)))

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


def lines_of(parts: Mapping[str, bytes]) -> dict[str, list[Line]]:
    """The lines of every part as they are now; of Excel parts those of the sheets."""
    trees = {name: parse_xml(data) for name, data in parts.items()}
    strings = next((name for name in trees if name.endswith("sharedStrings.xml")), None)
    shared = shared_texts(trees.pop(strings)) if strings else []
    return {name: word_lines(tree) if is_word(tree) else sheet_lines(tree, shared) for name, tree in trees.items()}
