"""Reads every YAML file of the program: tables, rules, policies, documents.

YAML 1.1 reads `010` as 8 and `no` as False, and silently keeps the last of two equal keys (traps B16). Here a plain scalar is text unless
it is `true`, `false`, `null`, a whole number without leading zeros, or a decimal (an exact `Decimal`); a date is text too. Equal keys,
aliases and unknown keys are errors with file and line.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml

from postloan.errors import BadPolicy, PostloanError, did_you_mean
from postloan.language import tr

_Loaded = TypeVar("_Loaded")


class _PlainLoader(yaml.SafeLoader):
    """YAML with few, certain types."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", mark)
        return super().compose_node(parent, index)


def _mapping(loader: _PlainLoader, node: yaml.MappingNode) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
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


def read_yaml(path: Path, error: type[PostloanError] = BadPolicy) -> dict[str, Any]:
    """Return the mapping in the file at `path`. Raises `error` with file and line."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8-sig"), _PlainLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        what = getattr(fault, "problem", None) or str(fault)
        raise error(tr("the file cannot be read: {what}", what=what), where) from fault
    if not isinstance(loaded, dict):
        raise error(tr("the file must hold keys and values"), path.name)
    return loaded


def build(kind: type[_Loaded], mapping: Any, where: str, error: type[PostloanError] = BadPolicy) -> _Loaded:
    """Return a dataclass of `kind` from a mapping of its fields; unknown and missing keys are refused by name and place."""
    if not isinstance(mapping, dict):
        raise error(tr("keys and values are expected here"), where)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for key in mapping:
        if key not in known:
            raise error(tr("unknown key '{key}'", key=key), where, did_you_mean(str(key), known))
    missing = [n for n, f in known.items() if n not in mapping and f.default is MISSING and f.default_factory is MISSING]
    if missing:
        raise error(tr("missing: {names}", names=", ".join(missing)), where)
    return kind(**mapping)
