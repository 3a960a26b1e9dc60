"""Writes the record of a paper while the paper is made (see `paper_record`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from officefill import Shown, Traced
from officefill.language.provenance import BOOKMARK
from officefill.language.regions import Region
from officefill.ooxml.package import Package, part_bytes, write_xml
from officefill.ooxml.zip_gate import parse_xml
from officefill.word.regions import with_rows

from postloan import __version__
from postloan.figures.book import Book
from postloan.papers.draft import is_draft
from postloan.papers.record.causes import causes_of, with_template
from postloan.papers.record.identity import identity
from postloan.papers.record.paper_record import DRAFT, Figure, PaperRecord, record_tree
from postloan.papers.record.paper_text import Line, TextPart, lines_of, parts_now, parts_of
from postloan.papers.record.row_records import write_rows


@dataclass(frozen=True)
class RecordWriter:
    """A paper in the making: its document, template, unit (blank for the bank) and context.

    `made_from`: the `causes_of` the book, given where many papers share one book. `drawn`: the template's bytes where the file has others.
    """

    book: Book
    document: str
    template: Path
    unit: str
    context: Mapping[str, Any]
    prepared_on: date
    made_from: Mapping[str, str] | None = None
    drawn: bytes | None = None

    def __call__(self, traced: Traced) -> bytes:
        """Return the bytes of the record."""
        filled, regions = parts_of(traced.parts), regions_of(traced)
        figures = [self._figure(figure, filled) for figure in traced.others]
        lines = lines_of(filled, regions)
        made_from = causes_of(self.book) if self.made_from is None else self.made_from
        made_of = with_template(made_from, self.template.read_bytes() if self.drawn is None else self.drawn)
        root = record_tree(PaperRecord(self._about(), made_of, figures, lines, regions))
        write_rows(root, traced.rows, self.context, self.book.period, self.unit)
        return part_bytes(write_xml(root))

    def _about(self) -> dict[str, str]:
        book, context = self.book, self.context
        return {
            "document": self.document,
            "template": self.template.name,
            "period": book.period.name,
            "unit": self.unit,
            "policy": book.policy.name,
            "policy_version": str(book.policy.version),
            "prepared_on": self.prepared_on.isoformat(),
            "preparer": context["preparer"],
            "reviewer": context["reviewer"],
            "program": __version__,
            **({"draft": DRAFT} if is_draft(book) else {}),
        }

    def _figure(self, figure: Shown, filled: Mapping[str, TextPart]) -> Figure:
        of = identity(figure.path, self.context, self.book.period, self.unit)
        value = Decimal(figure.value) if isinstance(figure.value, int) else figure.value
        part = filled.get(figure.part)
        span = part.spans.get(f"{BOOKMARK}{figure.number}") if part else None
        line, start = (part.number_in_record(span.line), span.start) if part and span and span.pieces else (-1, 0)
        return Figure(figure.number, of, value, figure.text, figure.written, figure.part, figure.cell, line, start)


def regions_of(traced: Traced) -> list[Region]:
    """Return the regions of a new paper, with the rows that help to find them later."""
    if not any(region.kind == "cell" and not region.cell for region in traced.regions):
        return traced.regions
    return with_rows(traced.regions, {name: parse_xml(data) for name, data in traced.parts.items()})


def lines_of_package(package: Package, regions: Sequence[Region]) -> dict[str, list[Line]]:
    """Return the lines of a finished paper as they are now."""
    return lines_of(parts_now(package, regions), regions)
