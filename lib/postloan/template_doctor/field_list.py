"""The field list of a document, printed by `postloan template fields`, with examples from the sample quarter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from postloan.language import tr
from postloan.numbers import FILTERS
from postloan.papers.fields.field_check import filters_for, type_words
from postloan.papers.fields.fields import all_fields, values_at
from postloan.papers.fields.shapes import HOLDERS, ITEM, Field

_LONGEST = 24
_COLUMN = 36


@dataclass(frozen=True)
class ListedField:
    """One name as a template writes it, with an example. `same_as`: the path of a field with the same content, listed before."""

    path: str
    label: str
    type: str
    unit: str
    example: str
    filters: list[str]
    same_as: str


def field_list(document: str, context: dict[str, Any]) -> list[ListedField]:
    """Return every name that a template of `document` may use, with an example from `context`."""
    return [
        ListedField(path, field.label, field.type, field.unit, _example(field, _values(context, path)), _filters(field), same_as)
        for path, field, same_as in all_fields(document).walk()
    ]


def printed(lines: list[ListedField]) -> Iterator[str]:
    """Yield the lines of the list for people: label, type and unit, example, filters."""
    for line in lines:
        about = type_words(line.type) + (f" ({line.unit})" if line.unit else "")
        more = tr("fields as in {path}", path=line.same_as) if line.same_as else " ".join(line.filters)
        yield f"{line.path:<{_COLUMN}}  " + "  ".join(part for part in (line.label, about, line.example, more) if part)


def _filters(field: Field) -> list[str]:
    if field.type in ("group", "map", "text"):
        return []
    return ["length"] if field.type == "list" and field.of not in ("text", "count") else filters_for(field.type)


def _values(context: Any, path: str) -> list[Any]:
    keys = tuple(path.replace(ITEM, f".{ITEM}").split("."))
    return [value for value in values_at(context, keys) if value is not None]


def _example(field: Field, values: list[Any]) -> str:
    """Return the first value as printed by the first suitable filter; for a list, its number of items."""
    if not values:
        return ""
    value = next((value for value in values if value not in ("", [])), values[0])
    if field.type in HOLDERS:
        return tr("{count} items", count=len(value)) if field.type == "list" else ""
    if field.type == "picture":
        return tr("a PNG of {size} bytes", size=len(value))
    fitting = [name for name in filters_for(field.type) if name in FILTERS]
    text = value if field.type == "text" else FILTERS[fitting[0]](value) if fitting else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
