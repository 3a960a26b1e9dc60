"""The input tables as the contract describes them: one YAML file a table in `tables/`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
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
from postloan.yaml_file import build, named, read_yaml

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
    what a sender counts amounts in. `like_loans` names a field whose amounts are not all thousands of times smaller than the loans
    of the same customers (or than the same loans).
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
    like_loans: str = ""
    checks: list[RowCheck] = field(default_factory=list)

    def counted_in(self, units: Mapping[str, int]) -> TableSpec:
        """Return the same with the fields of `units` counted in so many yuan."""
        counted = {n: replace(f, yuan=units[n]) if n in units else f for n, f in self.fields.items()}
        return replace(self, fields=counted) if units else self

    def refers_to(self) -> set[str]:
        """The tables that must be clean before this one can be."""
        return {f.refers.split(".")[0] for f in self.fields.values() if f.refers} - {self.name}


def _fields(said: Any, where: str) -> dict[str, FieldSpec]:
    """Return the fields that the key `fields` of a file describes."""
    specs = {name: build(FieldSpec, mapping, f"{where}: {name}", given={"name": name}) for name, mapping in named(said, where).items()}
    for name, spec in specs.items():
        if spec.type not in TYPES:
            raise BadPolicy(tr("unknown type '{type}'", type=spec.type), f"{where}: {name}", did_you_mean(spec.type, TYPES))
    return specs


def _checks(said: Any, known: Collection[str], where: str) -> list[RowCheck]:
    """Return the checks that the key `checks` of a file describes, of the fields that are `known`."""
    if not isinstance(said, list):
        raise BadPolicy(tr("a list is expected here"), where, "[a, b]")
    checks = [build(RowCheck, mapping, where) for mapping in said]
    _see_known([check.field for check in checks], known, where)
    if wrong := [check.name for check in checks if check.consequence not in (STOP, DROP, NOTE)]:
        raise BadPolicy(tr("a consequence is stop, drop or note"), f"{where}: {wrong[0]}")
    return checks


def _see_known(names: Iterable[str], known: Collection[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise BadPolicy(tr("unknown field '{name}'", name=name), where, did_you_mean(name, known))


def read_table(path: Path, theme: str = "") -> TableSpec:
    """The table described in the file at `path`; the file's name is the table's. Raises `BadPolicy` with file and key."""
    where, said = themes.place(path), read_yaml(path)
    fields = _fields(said.get("fields", {}), f"{where}: fields")
    checks = _checks(said.get("checks", []), fields, f"{where}: checks")
    spec = build(TableSpec, {**said, "fields": fields, "checks": checks}, where, given={"name": path.stem, "theme": theme})
    _see_known([*spec.key, *filter(None, [spec.dated_by, spec.like_loans])], spec.fields, where)
    return spec


def _with_fields(specs: dict[str, TableSpec], path: Path) -> TableSpec:
    """Return the table that the file at `path` is named after, with the fields and checks that a theme adds to it."""
    where, added = themes.place(path), read_yaml(path)
    if path.stem not in specs:
        raise BadPolicy(tr("there is no table '{name}'", name=path.stem), where, did_you_mean(path.stem, specs))
    if unknown := added.keys() - {"fields", "checks"}:
        raise BadPolicy(tr("unknown key '{key}'", key=min(unknown)), where, did_you_mean(min(unknown), ("fields", "checks")))
    spec, fields = specs[path.stem], _fields(added.get("fields", {}), f"{where}: fields")
    if twice := sorted(fields.keys() & spec.fields.keys()):
        raise BadPolicy(tr("the field '{name}' stands in the table already", name=twice[0]), where)
    checks = _checks(added.get("checks", []), {**spec.fields, **fields}, f"{where}: checks")
    return replace(spec, fields={**spec.fields, **fields}, checks=[*spec.checks, *checks])


def _see_references(specs: dict[str, TableSpec], name: str, path: Path) -> None:
    """Raise `BadPolicy` where a field of the table `name` refers to what is no field of a table."""
    for spec in filter(lambda spec: spec.refers, specs[name].fields.values()):
        table, _, key = spec.refers.partition(".")
        if table not in specs or key not in specs[table].fields:
            known = [f"{other.name}.{key}" for other in specs.values() for key in other.key]
            where = f"{themes.place(path)}: fields: {spec.name}: refers"
            raise BadPolicy(tr("there is no field '{name}'", name=spec.refers), where, did_you_mean(spec.refers, known))


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
    specs: dict[str, TableSpec] = {}
    files = list(themes.files("tables/*.yaml", FOLDER))
    for theme, path in files:
        if path.stem in specs:
            raise BadPolicy(tr("there is a table or tally '{name}' already", name=path.stem), themes.place(path), tr("give another name"))
        specs[path.stem] = read_table(path, theme)
    for _, path in themes.files("fields/*.yaml"):
        specs[path.stem] = _with_fields(specs, path)
        files.append(("", path))
    for _, path in files:
        _see_references(specs, path.stem, path)
    ordered: dict[str, TableSpec] = {}

    def place(name: str) -> None:
        for needed in sorted(specs[name].refers_to()):
            if needed not in ordered:
                place(needed)
        ordered.setdefault(name, specs[name])

    for name in sorted(specs):
        place(name)
    return ordered
