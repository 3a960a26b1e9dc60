"""The input tables as the contract describes them: one YAML file a table in `tables/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from postloan import themes
from postloan.errors import BadPolicy, did_you_mean
from postloan.language import tr
from postloan.problem import DROP, NOTE, STOP
from postloan.yaml_file import build, read_yaml

FOLDER = Path(__file__).parent / "tables"
TYPES = {
    "id": "VARCHAR", "text": "VARCHAR", "name": "VARCHAR", "one_of": "VARCHAR", "period": "VARCHAR",
    "date": "DATE", "time": "TIMESTAMP", "money": "DECIMAL(18,2)", "number": "DECIMAL(28,6)", "ratio": "DECIMAL(18,10)", "count": "BIGINT", "flag": "BOOLEAN",
}  # fmt: skip
"""SQL type of each contract type."""


@dataclass(frozen=True)
class FieldSpec:
    """One column of an input table.

    `spellings` are other words for a code of `values`; a `verbatim` text keeps what elsewhere spells nothing (无, /).
    `yuan` is what amounts are counted in where a sender says a unit.
    """

    label: str
    type: str
    name: str = ""
    required: bool = False
    refers: str = ""
    aliases: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, list[str]] = field(default_factory=dict)
    verbatim: bool = False
    yuan: int = 1

    @property
    def is_end(self) -> bool:
        """True of a date that may be left open: until when something holds or lasts."""
        return self.type == "date" and (self.name.endswith(("_to", "_until", "_by", "due_on")) or self.name == "left_on")

    @property
    def headers(self) -> list[str]:
        """Every header a sender may write over this column."""
        return [self.name, self.label, *self.aliases]

    @property
    def sql_type(self) -> str:
        return TYPES[self.type]


@dataclass(frozen=True)
class RowCheck:
    """Something that must be true of one clean row: `must` is a SQL condition over the table's fields.

    A row for which it is false (unknown is not false) is a problem named `name` at `field`.
    """

    name: str
    must: str
    field: str
    says: str
    zh: str
    consequence: str = NOTE


@dataclass(frozen=True)
class TableSpec:
    """One input table: what a row is, its fields in order, its key, what must be true of a row.

    `dated_by` names the field by which a row belongs to one period or day, where the table has rows of many; a field that refers to
    another table means that table's. `titles` are other names that files and sheets bear, `unit`
    what a sender counts amounts in.
    """

    title: str
    row: str
    key: list[str]
    fields: dict[str, FieldSpec]
    name: str = ""
    theme: str = ""
    dated_by: str = ""
    titles: list[str] = field(default_factory=list)
    unit: str = ""
    checks: list[RowCheck] = field(default_factory=list)

    def counted_in(self, units: Mapping[str, int]) -> TableSpec:
        """Return the same with the fields of `units` counted in so many yuan."""
        counted = {n: replace(f, yuan=units[n]) if n in units else f for n, f in self.fields.items()}
        return replace(self, fields=counted) if units else self

    def refers_to(self) -> set[str]:
        """The tables that must be clean before this one can be."""
        return {f.refers.split(".")[0] for f in self.fields.values() if f.refers} - {self.name}


def _field(name: str, mapping: Any, where: str) -> FieldSpec:
    spec = build(FieldSpec, {"name": name, **mapping}, f"{where}: {name}")
    if spec.type not in TYPES:
        raise BadPolicy(tr("unknown type '{type}'", type=spec.type), f"{where}: {name}", did_you_mean(spec.type, TYPES))
    return spec


def read_table(path: Path) -> TableSpec:
    """The table described in the file at `path`; the file's name is the table's."""
    mapping = read_yaml(path)
    where = path.name
    mapping["fields"] = {n: _field(n, m, where) for n, m in mapping.get("fields", {}).items()}
    mapping["checks"] = [build(RowCheck, m, f"{where}: checks") for m in mapping.get("checks", [])]
    spec = build(TableSpec, {"name": path.stem, **mapping}, where)
    for named in [*spec.key, *(c.field for c in spec.checks), *filter(None, [spec.dated_by])]:
        if named not in spec.fields:
            raise BadPolicy(tr("unknown field '{name}'", name=named), where, did_you_mean(named, spec.fields))
    if wrong := [c.name for c in spec.checks if c.consequence not in (STOP, DROP, NOTE)]:
        raise BadPolicy(tr("a consequence is stop, drop or note"), f"{where}: {wrong[0]}")
    return spec


def _with_fields(specs: dict[str, TableSpec], path: Path) -> TableSpec:
    """Return the table that the file at `path` is named after, with the fields and checks that a theme adds to it."""
    where = themes.place(path)
    if path.stem not in specs:
        raise BadPolicy(tr("there is no table '{name}'", name=path.stem), where, did_you_mean(path.stem, specs))
    spec, added = specs[path.stem], read_yaml(path)
    fields = {name: _field(name, mapping, where) for name, mapping in added.get("fields", {}).items()}
    checks = [build(RowCheck, mapping, f"{where}: checks") for mapping in added.get("checks", [])]
    if twice := sorted(fields.keys() & spec.fields.keys()):
        raise BadPolicy(tr("the field '{name}' stands in the table already", name=twice[0]), where)
    return replace(spec, fields={**spec.fields, **fields}, checks=[*spec.checks, *checks])


_AS_SENT: ContextVar[Mapping[str, TableSpec] | None] = ContextVar("as_sent", default=None)


@contextmanager
def read_as_sent(specs: Mapping[str, TableSpec]) -> Iterator[None]:
    """Let the tables have a sender's spellings while a package is read."""
    token = _AS_SENT.set(specs)
    try:
        yield
    finally:
        _AS_SENT.reset(token)


def all_tables() -> Mapping[str, TableSpec]:
    """Every table by name, those referred to before those that refer."""
    return _AS_SENT.get() or _own_tables()


@cache
def _own_tables() -> dict[str, TableSpec]:
    specs = {path.stem: replace(read_table(path), theme=theme) for theme, path in themes.files("tables/*.yaml", FOLDER)}
    for _, path in themes.files("fields/*.yaml"):
        specs[path.stem] = _with_fields(specs, path)
    ordered: dict[str, TableSpec] = {}

    def place(name: str) -> None:
        for needed in sorted(specs[name].refers_to()):
            if needed not in ordered:
                place(needed)
        ordered.setdefault(name, specs[name])

    for name in sorted(specs):
        place(name)
    return ordered
