"""Checks a template's tags against the fields: names must exist, loops need lists, filters must fit the type of their value.

The check reads tags only, in the order of the text, and renders nothing. So it finds all faults at once, even with unclosed loops or with
lists that are empty today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from jinja2 import nodes
from officefill.language.expressions import LOOP_FIELDS
from officefill.language.tags import CLOSES, Tag

from postloan.errors import MOST_NAMED, Fault, did_you_mean
from postloan.language import tr
from postloan.numbers import FILTERS
from postloan.papers.fields.fields import Fields
from postloan.papers.fields.scopes import THEMES, Known, Scopes
from postloan.papers.fields.shapes import ITEM, NUMBERS, Field, FieldPath
from postloan.papers.paper_template import SETTINGS

_WORDS = {"text", "count", "number", "date"}
FITS: dict[str, set[str]] = {
    name: types
    for names, types in (
        (("percent",), {"ratio"}),
        (("percent_number",), {"ratio", "points"}),
        (("points", "points_change"), {"points"}),
        (("yuan", "yuan_number", "wan", "wan_number", "yi", "yi_number", "daxie", "money"), {"money"}),
        (("whole", "cn_number"), {"count"}),
        (("number",), {"count", "number", "money"}),
        (("date_cn", "date_short_cn", "date_iso"), {"date"}),
        (("yes_no",), {"truth"}),
        (("or_dash", "or_none"), _WORDS),
        (("exact",), {*_WORDS, *NUMBERS}),
        (("length",), {"text", "list", "group", "map"}),
        (("join",), {"list"}),
        (("picture",), {"picture"}),
        (("formula", "or_gap"), {*NUMBERS, "date"}),
        (("in_unit",), {*NUMBERS}),
        (("table_unit",), {"list"}),
    )
    for name in names
}
"""The types that each filter takes. A filter without an entry takes any type."""
_TEXT, _COUNT, _TRUTH, _SHOWN = Field("text", ""), Field("count", ""), Field("truth", ""), Field("shown", "")
_GIVES = {"length": _COUNT, "formula": _SHOWN, "or_gap": _SHOWN, "picture": _SHOWN}


def type_words(kind: str) -> str:
    """Return a type in words."""
    return {
        "ratio": tr("a ratio"),
        "points": tr("a difference of ratios"),
        "money": tr("an amount of money"),
        "count": tr("a count"),
        "number": tr("a number"),
        "text": tr("a text"),
        "date": tr("a date"),
        "truth": tr("true or false"),
        "picture": tr("a picture"),
        "list": tr("a list"),
        "group": tr("a group of fields"),
        "map": tr("a group of fields"),
    }.get(kind, kind)


def filters_for(kind: str) -> list[str]:
    """Return the filters that print a value of this type, in the order of `numbers`."""
    return [name for name in (*FILTERS, "length", "join", "picture") if kind in FITS.get(name, ()) and name != "exact"]


class TemplateFault(Fault):
    """A fault of a template, or with `warning` a doubt. `path`: the path of an unknown name, from the context on."""

    def __init__(self, what: str, where: str, do: str = "", *, path: FieldPath = (), warning: bool = False) -> None:
        super().__init__(what, where, do)
        self.path, self.warning = path, warning


class FieldChecker:
    """The check of one part of a template, or of one sheet, from the first tag to the last.

    Inside `{% if themes.NAME %}` of a theme that is not installed, unknown names are no faults but `absent`.
    """

    def __init__(self, fields: Fields, shape: str = "context") -> None:
        self.fields, self.shape = fields, shape
        self.faults: list[TemplateFault] = []
        self.absent: set[FieldPath] = set()
        self._scopes = Scopes(fields.shapes[THEMES])
        self._tag: Tag | None = None

    def read(self, tags: Iterable[tuple[Tag, bool]]) -> list[TemplateFault]:
        """Return the faults of tags, given in order. The flag beside a tag: it is a cell's only content, so its value keeps its type."""
        for self._tag, typed in tags:
            kind = self._tag.kind
            if kind in CLOSES.values():
                self._scopes.close(kind)
                continue
            if kind in ("if", "elif", "else"):
                self._scopes.branch(kind, self._tag.expression)
            known = self._value(self._tag.expression) if self._tag.expression is not None else ((), None)
            if kind == "show":
                self._printed(known[1], typed)
            elif kind == "for":
                self._scopes.loop(self._tag.item, self._item(known))
        return self.faults

    def _add(self, what: str, do: str = "", **more: Any) -> None:
        assert self._tag
        fault = TemplateFault(what, self._tag.place, do, **more)
        of_theme = fault.path[:1] == (THEMES,)
        if fault.path and (self._scopes.off or of_theme):
            self.absent.add(fault.path)
        if of_theme or not self._scopes.off:
            self.faults.append(fault)

    # Values

    def _item(self, known: Known) -> Known:
        path, field = known
        if field is None:
            return (), None
        if field.type != "list":
            what = tr("{written} is no list but {type}", written=self._written(), type=type_words(field.type))
            self._add(what, tr("only a list can be walked"))
            return (), None
        return (*path, ITEM), self.fields.inside(field, ITEM)

    def _printed(self, field: Field | None, typed: bool) -> None:
        if field is None or field.type in ("text", "shown") or (field.type in NUMBERS and field.bare):
            return
        if typed and (field.type in NUMBERS or field.type == "date"):
            return
        what = tr("{written} is {type} and has no filter", written=self._written(), type=type_words(field.type))
        if field.type in ("list", "group", "map"):
            self._add(what, tr("walk it with {% for … %}") if field.type == "list" else self._fields_of(field))
        else:
            self._add(what, self._filters(field.type))

    def _fields_of(self, field: Field) -> str:
        return tr("name one of its fields: {names}", names=", ".join(self.fields.names(field)[:6]) + " …")

    def _filters(self, kind: str) -> str:
        return tr("filters that fit: {filters}", filters=", ".join(filters_for(kind)))

    def _written(self) -> str:
        assert self._tag
        return self._tag.source

    # Expressions

    def _value(self, node: nodes.Node) -> Known:
        """Return the value of an expression; faults inside it are added on the way."""
        if isinstance(node, (nodes.Name, nodes.Getattr)):
            return self._named(node)
        if isinstance(node, nodes.Filter) and node.node is not None and node.name in SETTINGS.keeps_items:
            return self._value(node.node)
        if isinstance(node, nodes.Filter) and node.node is not None:
            return (), self._filtered(node)
        if isinstance(node, nodes.Const):
            return (), _constant(node.value)
        if isinstance(node, nodes.Compare):
            self._compared(node)
            return (), _TRUTH
        known = [self._value(child) for child in node.iter_child_nodes()]
        if isinstance(node, nodes.Or) and known:
            return (), known[-1][1]
        return (), _TRUTH if isinstance(node, (nodes.Test, nodes.Not)) else None

    def _filtered(self, node: nodes.Filter) -> Field | None:
        assert node.node is not None
        if node.name.startswith("-"):
            return _COUNT
        _, field = self._value(node.node)
        for argument in node.args:
            self._value(argument)
        if field is not None and field.type != "shown" and node.name in FITS and field.type not in FITS[node.name]:
            what = tr("the filter {filter} is not for {type}", filter=node.name, type=type_words(field.type))
            self._add(f"{self._written()}: {what}", self._filters(field.type) if filters_for(field.type) else self._fields_of(field))
        elif node.name == "join" and field is not None and field.of not in ("text", "count"):
            self._add(f"{self._written()}: {tr('only a list of texts can be joined')}", tr("walk it with {% for … %}"))
        return _GIVES.get(node.name, _TEXT)

    def _compared(self, node: nodes.Compare) -> None:
        sides = [(node.expr, ""), *((operand.expr, operand.op) for operand in node.ops)]
        values = [(side, op, self._value(side)[1]) for side, op in sides]
        for (left, _, one), (right, op, other) in pairwise(values):
            if op in ("in", "notin") or one is None or other is None:
                continue
            if _family(one) != _family(other):
                kinds = {"one": type_words(one.type), "other": type_words(other.type)}
                do = tr("ask for its length: {name}|length", name="…") if "list" in (one.type, other.type) else ""
                self._add(f"{self._written()}: {tr('{one} is compared with {other}', **kinds)}", do)
            for field, constant in ((one, right), (other, left)):
                if field.type == "ratio" and isinstance(constant, nodes.Const) and type(constant.value) is int and abs(constant.value) > 1:
                    what = tr("a ratio is between 0 and 1, so {number} is never met", number=constant.value)
                    self._add(f"{self._written()}: {what}", tr("write 0.05 for 5%"), warning=True)

    def _named(self, node: nodes.Name | nodes.Getattr) -> Known:
        keys: list[str] = []
        inner: nodes.Node = node
        while isinstance(inner, nodes.Getattr):
            keys.insert(0, inner.attr)
            inner = inner.node
        if not isinstance(inner, nodes.Name):
            return (), None
        if inner.name == "loop":
            return (), None if not keys or keys[0] not in LOOP_FIELDS else _TRUTH if keys[0] in ("first", "last") else _COUNT
        path, field = self._start(inner.name)
        if not path and field is None:
            return (), None
        written = inner.name
        for key in keys if field is not None else ():
            path, field = self._step(path, field, key, written)  # type: ignore[arg-type]
            written += f".{key}"
            if field is None:
                break
        return path, field

    def _start(self, name: str) -> Known:
        return self._scopes.named(name) or self._step((), Field("group", "", of=self.shape), name, "", self._scopes.names)

    def _step(self, path: FieldPath, field: Field, key: str, written: str, also: Iterable[str] = ()) -> Known:
        """Return the value under `key` of a field; an unknown name is a fault."""
        found = self.fields.inside(field, key)
        if found is not None:
            return (*path, key), found
        name = f"{written}.{key}" if written else key
        if field.type == "list":
            do = tr("walk it with {% for … %}")
        elif field.type in ("group", "map"):
            do = nearest(key, {name: self.fields.shapes[field.of][name].label for name in self.fields.names(field)}, also)
        else:
            do = tr("{name} is {type} and has no fields", name=written, type=type_words(field.type))
        doubt = field.type == "map" and not (field.of == THEMES and self._scopes.near(key))
        self._add(tr("unknown name '{name}'", name=name), do, path=(*path, key), warning=doubt)
        return (), None


def nearest(word: str, labels: Mapping[str, str], also: Iterable[str] = ()) -> str:
    """Return a sentence with the known name nearest to `word`; `word` may also be a Chinese label."""
    by_label = {label: name for name, label in labels.items()}
    close = get_close_matches(word, by_label, n=1, cutoff=0.6) if not word.isascii() else []
    if close:
        return tr("did you mean '{near}'?", near=by_label[close[0]])
    known = {*labels, *also}
    if len(known) > MOST_NAMED and not get_close_matches(word, known, n=1, cutoff=0.5):
        return tr("'postloan template fields' lists every name")
    return did_you_mean(word, known)


def _constant(value: Any) -> Field | None:
    kinds: dict[type, Callable[[], Field]] = {str: lambda: _TEXT, int: lambda: _COUNT, bool: lambda: _TRUTH}
    return kinds[type(value)]() if type(value) in kinds else None


def _family(field: Field) -> str:
    """Return the name of a group of comparable types."""
    return "number" if field.type in NUMBERS else "group" if field.type == "map" else field.type
