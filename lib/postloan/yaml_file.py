"""Reads every YAML file of the program: tables, rules, policies, documents.

YAML 1.1 reads `010` as 8 and `no` as False, and silently keeps the last of two equal keys (traps B16). Here a plain scalar is text unless
it is `true`, `false`, `null`, a whole number without leading zeros, or a decimal (an exact `Decimal`); a date is text too. Equal keys,
aliases, keys that are no text and unknown keys are errors with file and line; so are values of another type than the dataclass says that
they become.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

import yaml

from postloan.errors import BadPolicy, PostloanError, did_you_mean
from postloan.language import tr

_Loaded = TypeVar("_Loaded")
THEMES = Path(__file__).parent / "themes"
"""The folder of the themes."""


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with few, certain types, read by libyaml where it is there: a tenth of the time."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None:
            _refuse_aliases([node], set())
        return node


def _refuse_aliases(nodes: Iterable[yaml.Node], seen: set[int]) -> None:
    """Raise `ConstructorError` where a node stands for another one: then it is met twice."""
    for node in nodes:
        if id(node) in seen:
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", node.start_mark)
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            _refuse_aliases(node.value, seen)
        elif isinstance(node, yaml.MappingNode):
            _refuse_aliases((part for pair in node.value for part in pair), seen)


def _mapping(loader: _PlainLoader, node: yaml.MappingNode) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' is no text: put it into quotes", key_node.start_mark)
        if key in values:
            raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' stands here twice", key_node.start_mark)
        values[key] = loader.construct_object(value_node, deep=True)
    return values


_PlainLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_PlainLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(node.value))
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~\0"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first) + ([""] if _tag == "null" else [])
    )


def place(path: Path) -> str:
    """Return the place of a file as errors name it: of a theme's file with its folders, e.g. `meetings/rules/meeting_missing.yaml`."""
    return path.relative_to(THEMES).as_posix() if path.is_relative_to(THEMES) else path.name


def read_yaml(path: Path, error: type[PostloanError] = BadPolicy) -> dict[str, Any]:
    """Return the mapping in the file at `path`. Raises `error` with file and line."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        loaded = yaml.load(text, _PlainLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        mark = getattr(fault, "problem_mark", None)
        last = text.count("\n")  # what is missing at the end is missing in the last line
        where = f"{place(path)}:{min(mark.line, last) + 1}" if mark else place(path)
        what = getattr(fault, "problem", None) or str(fault)
        raise error(tr("the file cannot be read: {what}", what=what), where) from fault
    if not isinstance(loaded, dict):
        raise error(tr("the file must hold keys and values"), place(path))
    return loaded


def build(
    kind: type[_Loaded], mapping: Any, where: str, error: type[PostloanError] = BadPolicy, given: Mapping[str, Any] | None = None
) -> _Loaded:
    """Return a dataclass of `kind` from a mapping of its fields, and from those that are `given`, which the mapping may not name.

    Unknown and missing keys, and values of another type than the field's, are refused by name and place.
    """
    mapping = named(mapping, where, error)
    known = {f.name: f for f in fields(kind) if f.name not in (given or {})}  # type: ignore[arg-type]
    for key, value in mapping.items():
        if key not in known:
            raise error(tr("unknown key '{key}'", key=key), where, did_you_mean(key, known))
        if misfit := _misfit(value, _types(kind)[key], f"{where}: {key}"):
            raise error(*misfit)
    missing = [n for n, f in known.items() if n not in mapping and f.default is MISSING and f.default_factory is MISSING]
    if missing:
        raise error(tr("missing: {names}", names=", ".join(missing)), where)
    return kind(**mapping, **(given or {}))


def named(mapping: Any, where: str, error: type[PostloanError] = BadPolicy) -> dict[str, Any]:
    """Return a mapping as it is. Raises `error` for anything else."""
    if not isinstance(mapping, dict):
        raise error(tr("keys and values are expected here"), where)
    return mapping


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _misfit(value: Any, wanted: Any, where: str) -> tuple[str, str, str] | None:
    """Return what, where and what to do for a value of another type than its field's; of another dataclass its own reader says more."""
    kind, inside = get_origin(wanted) or wanted, get_args(wanted)
    if kind is UnionType:
        misfits = [_misfit(value, one, where) for one in inside]
        return misfits[0] if all(misfits) else None
    if isinstance(value, list) and kind is list:
        return next(filter(None, (_misfit(item, inside[0], where) for item in value)), None)
    if isinstance(value, dict) and kind is dict:
        return next(filter(None, (_misfit(item, inside[1], f"{where}: {key}") for key, item in value.items())), None)
    if kind is Any or is_dataclass(kind):
        return None
    is_flag = isinstance(value, bool)
    return (
        None
        if is_flag == (kind is bool) and isinstance(value, int | Decimal if kind is Decimal else kind)
        else _expected(kind, value, where)
    )


def _expected(kind: Any, value: Any, where: str) -> tuple[str, str, str]:
    no_number = tr("'{text}' is no number", text=value)
    what, do = {
        list: (tr("a list is expected here"), "[a, b]"),
        dict: (tr("keys and values are expected here"), "{a: b}"),
        int: (no_number, tr("write a whole number such as 10")),
        Decimal: (no_number, tr("write a number such as 0.2")),
        bool: (tr("true or false is expected here"), ""),
    }.get(kind, (tr("a text is expected here"), tr("put it into quotes")))
    return what, where, do
