"""One table under screening: its relations in DuckDB and the proof of what in it is already right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb

from postloan.data.intake import fast
from postloan.data.intake.blanks import BLANKS
from postloan.data.intake.fast import Reading, literal, name
from postloan.data.intake.parquet_file import scan
from postloan.data.intake.source import Grid, TableSource
from postloan.data.schema import FieldSpec, TableSpec
from postloan.errors import BadPolicy
from postloan.language import tr
from postloan.problem import BLANK, DROP

SCHEMA = "intake"
"""Working relations live here; the schema `main` holds the clean tables and nothing else."""
LEFT_OUT = "('stop', 'drop', 'skip')"
"""The consequences for which a row is in no clean table."""
LOOKED_AT = 64
"""So many columns of a sheet, and those that are fields, tell a blank row from others."""
FEW = 64
"""So many odd values of a column are written into the SQL; more are joined, at a cost for every query."""
_WRONG_SQL = (duckdb.BinderException, duckdb.CatalogException, duckdb.ConversionException, duckdb.ParserException)


def cell(n: str) -> str:
    """The SQL of the raw cell of field `n`."""
    return f"r.{name(f'cell_{n}')}"


@dataclass
class Proof:
    """Count the cells or rows that are not plainly right, by field or by name of the row check. Those of 0 need no second look."""

    rows: int = 0
    odd: dict[str, int] = field(default_factory=dict)
    blank: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)


class InPlace(NamedTuple):
    """A Parquet file that others than DuckDB may read as a clean table: the column of each field that is clean as it lies.

    None for a field that the sender left out.
    """

    file: Path
    columns: dict[str, str | None]


class ScreenedTable:
    """A table of the package on its way to being clean.

    Relations in the schema `intake`: `raw_…` cells as they are, `typed_…` values, `fault_…` what was found,
    `good_…` the typed rows without a fault that drops or stops, blanked references blank, `known_…` those whose key others may refer to.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, spec: TableSpec, source: TableSource) -> None:
        self.con, self.spec, self.source = con, spec, source
        self.raw, self.typed, self.faults, self.good, self.known = (
            f"{SCHEMA}.{prefix}_{spec.name}" for prefix in ("raw", "typed", "fault", "good", "known")
        )
        self.readings = {n: self._reading(f) for n, f in spec.fields.items() if n in source.cells}
        self.looked_at: set[str] = set()
        self.blanked: list[str] = []
        self.proof = Proof()
        con.execute(
            f'CREATE TABLE {self.faults} (_row BIGINT, field VARCHAR, value VARCHAR, "check" VARCHAR, consequence VARCHAR, says VARCHAR)'
        )
        self._create_raw()

    @property
    def in_place(self) -> bool:
        """True where the rows stay in the sender's Parquet file."""
        return isinstance(self.source.data, Path)

    def as_it_lies(self) -> InPlace | None:
        """The file and its clean columns, where the rows stay in it; only once every cell was looked at."""
        if not isinstance(self.source.data, Path):
            return None
        columns: dict[str, str | None] = {n: None for n in self.spec.fields if n not in self.readings}
        for n, reading in self.readings.items():
            bare = self.source.cells[n].startswith('"') and reading.sure == cell(n) and n not in self.looked_at and n not in self.blanked
            if bare and self.source.type_of(n) == self.spec.fields[n].sql_type:
                columns[n] = self.source.cells[n][1:-1].replace('""', '"')
        return InPlace(self.source.data, columns)

    def _reading(self, spec: FieldSpec) -> Reading:
        kind, x = self.source.type_of(spec.name), cell(spec.name)
        return fast.text_reading(x, spec) if kind == "VARCHAR" else fast.native_reading(x, spec, kind)

    def _create_raw(self) -> None:
        data, cells = self.source.data, self.source.cells
        if isinstance(data, Grid):
            self.con.register(f"grid_{self.spec.name}", data.cells)
            self.origin, row = f"grid_{self.spec.name}", "_row"
            self.texts = [f"c{i}" for i in range(data.width) if i < LOOKED_AT or i in self.source.columns.values()]
        else:
            self.origin, row, self.texts = scan(data), "file_row_number + 1", [f"CAST({x} AS VARCHAR)" for x in cells.values()]
        columns = "".join(f", {x} AS {name(f'cell_{n}')}" for n, x in cells.items())
        self.con.execute(f"CREATE VIEW {self.raw} AS SELECT {row} AS _row{columns} FROM {self.origin}")

    def lines(self) -> str:
        """SQL of the rows as a person sees them: `_row`, `_first` its first text that is not blank, `_filled` how many."""
        row = "_row" if isinstance(self.source.data, Grid) else "file_row_number + 1 AS _row"
        filled = [f"nullif(trim({x}, {literal(BLANKS)}), '')" for x in self.texts]
        count = f"list_count([{', '.join(filled)}])"
        return f"SELECT {row}, coalesce({', '.join(filled)}) AS _first, {count} AS _filled FROM {self.origin}"

    def create_typed(self) -> None:
        """The typed rows: a view over Parquet, a table otherwise. Fields that the sender left out are NULL."""
        columns, joins = ["r._row"], ""
        for n, spec in self.spec.fields.items():
            if n not in self.readings:
                value = f"CAST(NULL AS {spec.sql_type})"
            elif n in self.looked_at:
                answer, join = self._answer(n)
                value, joins = f"coalesce({self.readings[n].value}, {answer})", joins + join
            else:
                value = self.readings[n].sure
            columns.append(f"{value} AS {name(n)}")
        kind = "VIEW" if self.in_place else "TABLE"
        self.con.execute(f"CREATE {kind} {self.typed} AS SELECT {', '.join(columns)} FROM {self.raw} r{joins}")
        for relation, out in ((self.good, f"IN {LEFT_OUT}"), (self.known, "IN ('drop', 'skip')")):
            bad = f"SELECT _row FROM {self.faults} WHERE consequence {out}"
            self.con.execute(f"CREATE VIEW {relation} AS SELECT * FROM {self.typed} WHERE _row NOT IN ({bad})")

    def blank_references(self, fields: Iterable[str]) -> None:
        """Let `good_…` show blanks where a reference of `fields` was blanked."""
        bad = f"SELECT _row FROM {self.faults} WHERE consequence = 'blank' AND field ="
        self.blanked = list(fields)
        columns = ", ".join(f"CASE WHEN _row NOT IN ({bad} {literal(n)}) THEN {name(n)} END AS {name(n)}" for n in self.blanked)
        out = f"SELECT _row FROM {self.faults} WHERE consequence IN {LEFT_OUT}"
        shown = f"SELECT * REPLACE ({columns}) FROM {self.typed} WHERE _row NOT IN ({out})"
        self.con.execute(f"CREATE OR REPLACE VIEW {self.good} AS {shown}")

    def has_blanked(self, fields: Iterable[str]) -> bool:
        """Return True where a cell of `fields` was blanked."""
        named = ", ".join(map(literal, fields))
        return bool(self.con.execute(f"SELECT 1 FROM {self.faults} WHERE consequence = 'blank' AND field IN ({named}) LIMIT 1").fetchall())

    def consequence(self, n: str) -> str:
        """Return what an unreadable cell of field `n` costs: the cell alone, or the row where the field is required or part of the key.

        A blank in a key has a meaning of its own: a waiver without customer would be one for all customers.
        """
        return DROP if n not in self.spec.fields or self.spec.fields[n].required or n in self.spec.key else BLANK

    def _answer(self, n: str) -> tuple[str, str]:
        """SQL of what `cells.py` made of an odd value of field `n`, and the join it needs: none where there are few."""
        known = f"SELECT raw, CAST(value AS VARCHAR) FROM {self.mapping(n)} WHERE value IS NOT NULL ORDER BY raw LIMIT {FEW + 1}"
        answers = self.con.execute(known).fetchall()
        if len(answers) <= FEW and self.source.type_of(n) == "VARCHAR":
            cases = " ".join(f"WHEN {literal(raw)} THEN {literal(value)}" for raw, value in answers)
            answer = f"CASE {cell(n)} {cases} END" if answers else "NULL"
            return f"CAST({answer} AS {self.spec.fields[n].sql_type})", ""
        alias = name(f"m_{n}")
        return f"{alias}.value", f" LEFT JOIN {self.mapping(n)} {alias} ON {alias}.raw = {cell(n)}"

    def mapping(self, n: str) -> str:
        """The relation that holds what `cells.py` made of the odd values of field `n`."""
        return f"{SCHEMA}.{name(f'map_{self.spec.name}_{n}')}"

    def references(self, usable: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Table and field that each field present refers to, where that table is usable and another."""
        pairs = {n: f.refers.split(".") for n, f in self.spec.fields.items() if f.refers and n in self.readings}
        return {n: (t, f) for n, (t, f) in pairs.items() if t in usable and t != self.spec.name}

    def prove(self, usable: Iterable[str]) -> None:
        """Count what is not plainly right.

        A cell whose text is the key of a clean row elsewhere is right as it stands, so references need no other test.
        """
        cells, refers = {}, self.references(usable)
        for n, reading in self.readings.items():
            spec = self.spec.fields[n]
            if n not in refers and reading.odd != "false":
                cells["odd", n] = reading.odd
            if spec.required:
                cells["blank", n] = f"{reading.value if spec.type in ('text', 'name') else cell(n)} IS NULL"
        checks = {("broken", check.name): f"NOT ({check.must})" for check in self.spec.checks}
        self.proof.rows = self._count(["true"])[0]
        self._prove(cells, self.raw)
        try:
            self._prove(checks, self._values())
        except _WRONG_SQL as fault:
            where = f"{self.spec.name}.yaml: checks: must"
            raise BadPolicy(tr("the condition of a check cannot be read: {what}", what=fault), where) from fault
        for n, (target, key) in refers.items():
            known = f"ANTI JOIN (SELECT {name(key)} AS k FROM {SCHEMA}.known_{target}) t ON t.k = {cell(n)}"
            self.proof.missed[n] = self._count([f"{cell(n)} IS NOT NULL"], join=known)[0]

    def _prove(self, tests: Mapping[tuple[str, str], str], rows: str) -> None:
        for (what, n), count in zip(tests, self._count(list(tests.values()), rows), strict=True):
            getattr(self.proof, what)[n] = count

    def _values(self) -> str:
        """SQL of the rows as far as they are plainly right: what row checks need before anything else was looked at."""
        values = {n: f"CAST(NULL AS {f.sql_type})" for n, f in self.spec.fields.items()}
        values |= {n: reading.value for n, reading in self.readings.items()}
        return f"(SELECT {', '.join(f'{value} AS {name(n)}' for n, value in values.items())} FROM {self.raw} r)"

    def _count(self, tests: list[str], rows: str = "", join: str = "") -> tuple[int, ...]:
        """Count how many of `rows` (all raw ones if blank) pass each test.

        In one pass over a grid, one by one over Parquet, where DuckDB answers most tests from the file's statistics
        and dictionaries, which it cannot do for several at once.
        """
        if len(tests) == 1:
            return self.con.execute(f"SELECT count(*) FROM {rows or self.raw} r {join} WHERE {tests[0]}").fetchall()[0]
        if self.in_place or not tests:
            return tuple(self._count([test], rows)[0] for test in tests)
        counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests)
        return self.con.execute(f"SELECT {counts} FROM {rows} r").fetchall()[0]

    def insert(self, select: str, values: Mapping[str, object] | None = None) -> int:
        """Add faults: `select` gives row, field, value, check, consequence, says. Returns how many."""
        return self.con.execute(f"INSERT INTO {self.faults} {select}", dict(values or {})).fetchall()[0][0]
