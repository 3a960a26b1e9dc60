"""Finding the header of a table: below a preamble, in any order, under any of a column's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from postloan.data.intake.blanks import header_key, stripped
from postloan.data.intake.heading import field_of, plain_heading
from postloan.data.schema import TableSpec, all_tables
from postloan.language import tr
from postloan.problem import NOTE, STOP, Problem

NEAREST = 3
"""So many fields are named beside a heading that is not known."""
SEARCHED_ROWS = 30
"""A header is looked for in so many rows from the top."""


@dataclass(frozen=True)
class Header:
    """The header found: `labels` by column, `index` of its (last) row from 0, the column of each field, and the unit (yuan) beside its name."""

    index: int
    labels: list[str]
    columns: dict[str, int]

    def unit_of(self, name: str) -> int | None:
        """Return the yuan that the unit in a field's heading stands for."""
        return plain_heading(self.labels[self.columns[name]])[1]

    def words(self, spec: TableSpec) -> dict[str, set[str]]:
        """Return the words that stand for each field found: those of its description, and the label here."""
        return {name: {*spec.fields[name].headers, self.labels[column]} for name, column in self.columns.items()}


def known_headers(spec: TableSpec) -> dict[str, str]:
    """Field by every header that stands for it, in the spelling of `header_key`."""
    return {header_key(text): name for name, field in spec.fields.items() for text in reversed(field.headers)}


def _match(labels: Sequence[str], known: dict[str, str], spec: TableSpec) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column, label in enumerate(labels):
        name = field_of(label or "", known)
        if name and (name not in columns or is_own(label, spec, name) and not is_own(labels[columns[name]], spec, name)):
            columns[name] = column
    return columns


def is_own(label: str, spec: TableSpec, name: str) -> bool:
    """Return True where a heading is the field's own name or label, not one of its other names."""
    own = (header_key(name), header_key(spec.fields[name].label))
    return header_key(label) in own or plain_heading(label)[0] in own


def find_header(rows: Sequence[Sequence[str]], spec: TableSpec) -> Header | None:
    """The row of `rows` that names most fields of the table, the first of equals; None where none names two.

    Where a header cell spans two rows, its text stands in the upper one only: a row may borrow what it lacks from above.
    """
    known, best = known_headers(spec), None
    above: Sequence[str] = ()
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        padded = [*above, *[""] * (len(row) - len(above))]
        joined = [label if stripped(label or "") else upper for label, upper in zip(row, padded, strict=False)]
        for labels in (row, joined):
            columns = _match(labels, known, spec)
            if len(columns) > (len(best.columns) if best else min(1, len(spec.fields) - 1)):
                best = Header(index, [stripped(label or "") for label in labels], columns)
        above = row
    return best


def tables_by_heads(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the tables that a sheet with these top rows may be: its headings name all that is required, and most of them something."""
    found: dict[str, int] = {}
    for name, spec in all_tables().items():
        header = find_header(rows, spec)
        if header is None or any(f.required and n not in header.columns for n, f in spec.fields.items()):
            continue
        if 2 * len(header.columns) >= max(4, sum(bool(label) for label in header.labels)):
            found[name] = len(header.columns)
    return [name for name, count in found.items() if count == max(found.values())]


def named_columns(labels: Sequence[str], spec: TableSpec) -> Header:
    """The header of a file whose columns have names of their own (Parquet)."""
    return Header(0, list(labels), _match(labels, known_headers(spec), spec))


def nearest_fields(label: str, spec: TableSpec) -> list[str]:
    """Return the fields whose headings are nearest to one that is not known, the nearest first."""
    known = known_headers(spec)
    key = plain_heading(label)[0]
    near = get_close_matches(key, known, n=8, cutoff=0.4)
    near += [head for head in known if len(key) > 1 and len(head) > 1 and (head in key or key in head)]
    return list(dict.fromkeys(known[head] for head in near))[:NEAREST]


def header_problems(header: Header, spec: TableSpec, file: str, sheet: str, row: int | None) -> list[Problem]:
    """Return the faults of a header: required fields without a column (stop), two columns for one field (stop), unknown columns (note)."""
    known = known_headers(spec)
    problems: list[Problem] = []
    unknown: list[str] = []
    for column, label in enumerate(header.labels):
        name = field_of(label, known)
        if not label:
            continue
        if name is None:
            unknown.append(label)
            says = tr("the table '{table}' has no such column; it was left out", table=spec.title)
            if near := [spec.fields[n].label for n in nearest_fields(label, spec) if n not in header.columns]:
                says += tr("; if it is {near}, give it that header", near="、".join(near))
            problems.append(Problem("unknown_column", NOTE, file, sheet, row, label, label, says))
        elif header.columns[name] != column and not is_own(label, spec, name) and is_own(header.labels[header.columns[name]], spec, name):
            says = tr("the column '{label}' is taken; this one was left out", label=spec.fields[name].label)
            problems.append(Problem("unknown_column", NOTE, file, sheet, row, label, label, says))
        elif header.columns[name] != column:
            says = tr("this column stands here twice; keep one and delete the other")
            problems.append(Problem("column_twice", STOP, file, sheet, row, name, label, says))
    for name, field in spec.fields.items():
        if field.required and name not in header.columns:
            near = get_close_matches(field.label, unknown, n=1, cutoff=0.5)
            says = tr("the column '{label}' is missing; add it", label=field.label)
            if near:
                says = tr("the column '{label}' is missing; is it '{near}'? give it that header", label=field.label, near=near[0])
            problems.append(Problem("missing_column", STOP, file, sheet, row, name, "", says))
    return problems


def no_header(spec: TableSpec) -> str:
    """The sentence for a sheet in whose top rows no header can be seen."""
    labels = "、".join(field.label for field in spec.fields.values() if field.required)
    return tr("no header row was found; the table '{table}' needs these columns: {labels}", table=spec.title, labels=labels)
