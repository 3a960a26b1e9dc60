"""Answers as rows of a table: what is new is added, what stands there already stays, and where two say different things both are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import duckdb

from postloan.data.blank_workbook import shown
from postloan.data.schema import TableSpec
from postloan.data.screen import Clean
from postloan.figures.rule import all_rules
from postloan.language import either, tr
from postloan.register.answers import Written
from postloan.register.readings import Reading, not_said
from postloan.register.table_file import Change, TableFile, TypedRow

FILED, NOTED, DIFFERS, UNREAD = "已登记", "已登记，须核对", "内容不一致", "未能读取"


class CellFiled(NamedTuple):
    """One cell of a paper and what became of it: a row of the list of everything collected."""

    paper: str
    sha256: str
    form: str
    place: str
    table: str
    item: str
    field: str
    text: str
    state: str
    says: str
    person: str
    collected_on: str

    @property
    def key(self) -> tuple[str, ...]:
        """The values that are the same when the paper is read once more."""
        return self.sha256, self.place, self.field, self.text, self.state


class Paper(NamedTuple):
    """A paper that came back: its path as given, the hash of the file, its answers as rows."""

    name: str
    sha256: str
    readings: Sequence[Reading]


class Said(NamedTuple):
    """The value of one field in one paper."""

    value: Any
    paper: Paper
    reading: Reading


class Outcome(NamedTuple):
    """The state of a cell of a paper, advice on it, and the day on which it was collected."""

    state: str
    says: str
    day: date


@dataclass
class _Row:
    """A row of the table as it is there, and what papers say of each field."""

    typed: TypedRow
    said: dict[str, list[Said]] = field(default_factory=dict)


class Filing(NamedTuple):
    """The changes to be written into the table, and the outcome of each cell of the papers."""

    changes: list[Change]
    cells: list[CellFiled]

    def rows(self, file: TableFile) -> list[dict[str, Any]]:
        """Return the rows of the table with the changes."""
        there = {row.number: dict(row.values) for row in file.rows}
        new = [dict(values) for number, values in self.changes if number is None]
        for number, values in self.changes:
            if number is not None:
                there[number] |= values
        return [*there.values(), *new]


def filing(file: TableFile, papers: Iterable[Paper], clean: Clean, day: date) -> Filing:
    """Return what the papers add to the table: values for its blank cells and new rows; nothing that is there is changed."""
    rows: dict[tuple[Any, ...], _Row] = {}
    for typed in file.rows:
        rows.setdefault(_key(file.spec, typed.values), _Row(typed))
    cells = list[CellFiled]()
    for paper in papers:
        for reading in paper.readings:
            cells += [
                _cell(paper, reading, one.field, Written(one.text, one.place), Outcome(UNREAD, one.says, day)) for one in reading.unread
            ]
            if reading.key and reading.values:
                row = rows.setdefault(_key(file.spec, reading.key), _Row(TypedRow(None, dict(reading.key))))
                for name, (value, _) in reading.values.items():
                    row.said.setdefault(name, []).append(Said(value, paper, reading))
    changes = list[Change]()
    for row in rows.values():
        if lacking := _lacking(file.spec, row):
            cells += [_said(one, name, Outcome(UNREAD, not_said(lacking), day)) for name, said in row.said.items() for one in said]
        elif row.said:
            new, told = _merged(file.spec, row, day)
            cells += told
            if new:
                cells += _broken(file.spec, row, new, clean, day)
                changes.append((row.typed.number, new if row.typed.number is not None else {**row.typed.values, **new}))
    return Filing(changes, cells)


def _lacking(spec: TableSpec, row: _Row) -> list[str]:
    """Return the labels of fields that a new row must have and no paper says."""
    needed = [name for name, of in spec.fields.items() if of.required] if row.said and row.typed.number is None else []
    return [spec.fields[name].label for name in needed if name not in row.said and row.typed.values.get(name) is None]


def _key(spec: TableSpec, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the key of a row; a rule has one key by its name and by its title."""
    key = {name: values.get(name) for name in spec.key}
    if rule := all_rules().get(key.get("rule") or ""):
        key["rule"] = rule.title
    return tuple(key.values())


def _merged(spec: TableSpec, row: _Row, day: date) -> tuple[dict[str, Any], list[CellFiled]]:
    """Return the new values of a row, and what became of each cell."""
    new, cells = dict[str, Any](), list[CellFiled]()
    for name, said in row.said.items():
        there, field_spec = row.typed.values.get(name), spec.fields[name]
        if there is not None:
            says = tr("the table says {value}; correct the one that is wrong, and collect again", value=shown(field_spec, there))
            cells += [_said(one, name, Outcome(DIFFERS, says, day)) for one in said if not _same(one.value, there)]
        elif any(not _same(one.value, said[0].value) for one in said):
            for one in said:
                others = [other for other in said if not _same(other.value, one.value)]
                says = tr(
                    "{paper} says {value}; type what is right into the table",
                    paper=others[0].paper.name,
                    value=shown(field_spec, others[0].value),
                )
                cells.append(_said(one, name, Outcome(DIFFERS, says, day)))
        else:
            new[name] = said[0].value
            cells.append(_said(said[0], name, Outcome(FILED, "", day)))
    return new, cells


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return "".join(one.split()) == "".join(other.split())
    return bool(one == other)


def _broken(spec: TableSpec, row: _Row, new: Mapping[str, Any], clean: Clean, day: date) -> Iterable[CellFiled]:
    """Yield each check of the table that a row with its new values breaks: it is filed, and somebody has to look."""
    values = {name: None for name in spec.fields} | {**row.typed.values, **new}
    columns = ", ".join(f'CAST(${name} AS {of.sql_type}) AS "{name}"' for name, of in spec.fields.items())
    for check in spec.checks:
        try:
            kept = clean.con.execute(f"SELECT coalesce({check.must}, TRUE) FROM (SELECT {columns})", values).fetchall()[0][0]
        except duckdb.ConversionException:  # a text that people typed and that intake will tell of
            return
        if not kept:
            name = next(iter(row.said))
            yield _said(row.said[name][0], check.field, Outcome(NOTED, either(check.says, check.zh), day))


def _said(said: Said, name: str, outcome: Outcome) -> CellFiled:
    written = said.reading.values[name][1] if name in said.reading.values else Written("", said.reading.answer.place)
    return _cell(said.paper, said.reading, name, written, outcome)


def _cell(paper: Paper, reading: Reading, name: str, written: Written, outcome: Outcome) -> CellFiled:
    form, answer = reading.answer.form, reading.answer
    item = answer.item or " ".join(str(value) for value in reading.key.values() if value)
    label = form.table.fields[name].label if name else ""
    return CellFiled(
        *(paper.name, paper.sha256, form.title, written.place, form.table.title, item, label, written.text),
        *(outcome.state, outcome.says, answer.signed, outcome.day.isoformat()),
    )
