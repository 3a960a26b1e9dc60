"""The named values of sections held against the fields there are: every name that they say is known."""

from __future__ import annotations

from functools import cache

from jinja2 import nodes
from officefill.language.tags import Tag

from postloan.errors import BadSection, did_you_mean
from postloan.figures.measure import all_measures
from postloan.language import tr
from postloan.papers.fields.field_check import FieldChecker
from postloan.papers.fields.fields import ITEM, all_fields
from postloan.papers.sections import SectionValue, all_sections


@cache
def check_sections() -> None:
    """Raise `BadSection` with file and key for the first named value that says what no paper has."""
    fields = all_fields()
    for value in all_sections().values():
        item = fields.at((*value.items.split("."), ITEM)) if value.items else None
        shapes = {"items": "context", "where": item.of if item else ""}
        for key, node in value.expressions.items():
            _check(value, key, node, FieldChecker(fields, value.of or shapes.get(key, "context")))
        for key in value.order:
            _check_order(value, key.removeprefix("-"), fields.names(item) if item else [])
        for measure in value.figures:
            if measure not in all_measures():
                raise BadSection(tr("unknown: '{word}'", word=measure), f"{value.place}: chart", did_you_mean(measure, all_measures()))


def _check(value: SectionValue, key: str, node: nodes.Expr, checker: FieldChecker) -> None:
    source = getattr(value, key, "") or key
    kind = "for" if key == "items" else "if"
    for fault in checker.read([(Tag(kind, source, f"{value.place}: {key}", node, "item"), False)]):
        raise BadSection(fault.what, fault.where, fault.do)


def _check_order(value: SectionValue, field: str, known: list[str]) -> None:
    if field not in known:
        raise BadSection(tr("unknown: '{word}'", word=field), f"{value.place}: order", did_you_mean(field, known))
