"""The field list of a document: what `postloan template fields` prints, with examples from the sample quarter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from postloan.language import tr
from postloan.numbers import FILTERS
from postloan.papers.fields.check import filters_for, type_words
from postloan.papers.fields.fields import ANY, HOLDERS, ITEM, Field, all_fields

_LONGEST = 24
_COLUMN = 36


@dataclass(frozen=True)
class Line:
    """One name: how a template writes it, and what it prints. `same_as` is the path that tells what it holds."""

    path: str
    label: str
    type: str
    unit: str
    example: str
    filters: list[str]
    same_as: str


def field_list(document: str, context: dict[str, Any]) -> list[Line]:
    """Every name that a template of `document` may say, with an example out of `context`."""
    return [
        Line(path, field.label, field.type, field.unit, _example(field, _values(context, path)), _filters(field), same_as)
        for path, field, same_as in all_fields(document).walk()
    ]


def printed(lines: list[Line]) -> Iterator[str]:
    """The list for people: label, type and unit, example, filters."""
    for line in lines:
        about = type_words(line.type) + (f" ({line.unit})" if line.unit else "")
        more = tr("fields as in {path}", path=line.same_as) if line.same_as else " ".join(line.filters)
        yield f"{line.path:<{_COLUMN}}  " + "  ".join(part for part in (line.label, about, line.example, more) if part)


def _filters(field: Field) -> list[str]:
    if field.type in ("group", "map", "text"):
        return []
    return ["length"] if field.type == "list" and field.of not in ("text", "count") else filters_for(field.type)


def _values(context: Any, path: str) -> list[Any]:
    """What stands at a path, in any item of its lists, and in any of its groups where it says *."""
    values = [context]
    for key in path.replace(ITEM, f".{ITEM}").split("."):
        if key == ITEM:
            values = [item for value in values if type(value) is list for item in value]
        elif key == ANY:
            values = [held for value in values if type(value) is dict for held in value.values()]
        else:
            values = [value[key] for value in values if type(value) is dict and key in value]
    return [value for value in values if value is not None]


def _example(field: Field, values: list[Any]) -> str:
    """The first value as the first filter that fits prints it; how many where it holds others."""
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
