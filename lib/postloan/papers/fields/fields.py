"""The field dictionary: every name that a template may use, with its type, unit and Chinese label.

`fields.yaml` is written by hand; figures, terms, limits, rules and ledgers come from their own declarations. Templates are checked against
the dictionary before they are filled, and `postloan template fields` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from postloan.errors import BadSection
from postloan.language import tr
from postloan.papers.fields.shapes import ANY, ITEM, Field, FieldPath, Shape, own_names, shapes_with
from postloan.papers.ledgers.fields import context_of_ledgers, row_shapes, total_shapes
from postloan.papers.sections import all_sections


@dataclass(frozen=True)
class Fields:
    """The dictionary of one document or of all: shapes by name. A template starts in the shape `context`."""

    shapes: Mapping[str, Shape]

    def at(self, path: FieldPath) -> Field | None:
        """Return the field at a path such as ("units", "[]", "npl_ratio"), or None."""
        field: Field | None = Field("group", "", of="context")
        for key in path:
            field = self.inside(field, key) if field else None
        return field

    def inside(self, field: Field, key: str) -> Field | None:
        """Return the field under `key` of a group, or under `[]` of a list; None for an unknown key."""
        if key == ITEM:
            return self._item(field) if field.type == "list" else None
        return self.shapes[field.of].get(key) if field.of in self.shapes and field.type != "list" else None

    def names(self, field: Field) -> list[str]:
        """Return the names inside a group."""
        return list(self.shapes[field.of]) if field.of in self.shapes and field.type != "list" else []

    def _item(self, field: Field) -> Field:
        return Field("group", field.label, of=field.of) if field.of in self.shapes else Field(field.of, field.label)

    def walk(self) -> Iterator[tuple[str, Field, str]]:
        """Yield every path with its field, `units[].npl_ratio`, from the context inwards.

        The third value is the first path with the same shape, for a field with a shape listed before. Equal groups under different names
        (the rules) are listed once, as `rules.*`.
        """
        listed = {"context": ""}
        waiting = [("", "context")]
        for before, shape in waiting:
            for name, field in _alike_once(self.shapes[shape]).items():
                path, same_as = f"{before}{name}", ""
                if field.of in self.shapes:
                    inside = f"{path}{ITEM}" if field.type == "list" else path
                    same_as = listed.get(field.of, "")
                    if field.of not in listed:
                        listed[field.of] = inside
                        waiting.append((f"{inside}.", field.of))
                yield path, field, same_as


def _alike_once(shape: Shape) -> Shape:
    """Return a shape of equal groups as one name, any other shape as it is."""
    kinds = {(field.type, field.of) for field in shape.values()}
    if len(shape) > 1 and len(kinds) == 1 and next(iter(kinds))[0] == "group":
        return {ANY: replace(next(iter(shape.values())), label=f"{', '.join(list(shape)[:2])} …")}
    return shape


def values_at(context: Any, path: FieldPath) -> list[Any]:
    """Return the values of a context at a path: of every item at `[]`, of every group member at `*`."""
    values = [context]
    for key in path:
        if key == ITEM:
            values = [item for value in values if type(value) is list for item in value]
        else:
            groups = [value for value in values if type(value) is dict]
            values = [inside for group in groups for name, inside in group.items() if key in (name, ANY)]
    return values


def with_nothing_at(context: dict[str, Any], paths: Iterable[FieldPath]) -> dict[str, Any]:
    """Return a context with None at each of these paths that has no value."""
    said = dict(context)
    for path in sorted(paths):
        for group in values_at(said, path[:-1]):
            if type(group) is dict:
                group.setdefault(path[-1], None)
    return said


@cache
def all_fields(document: str = "") -> Fields:
    """Return the dictionary of `document`, or the common one.

    Raises `BadPolicy` for a line of `fields.yaml` that cannot be read, `BadLedger` for a ledger called as something else.
    """
    shapes = shapes_with({**row_shapes(), **total_shapes()})
    context = {**shapes["context"], **context_of_ledgers(shapes["context"]), **own_names(document, shapes)}
    return Fields({**shapes, "context": {**context, **section_fields(Fields({**shapes, "context": context}))}})


def section_fields(fields: Fields) -> Shape:
    """Return the named values of sections as fields beside those of the context. Raises `BadSection` for a name that is taken."""
    found: dict[str, Field] = {}
    for name, value in all_sections().items():
        if value.of:
            continue
        if name in fields.shapes["context"]:
            raise BadSection(tr("the name '{name}' is taken", name=name), value.place, tr("choose another name"))
        listed = fields.at(tuple(value.items.split("."))) if value.items else None
        kind = {"items": "list", "case": "text", "chart": "picture"}.get(value.kind, "truth")
        found[name] = Field(kind, value.title, of=listed.of if listed else "")
    return found
