"""The columns of ledgers: their types, and where a column has label and type from if its ledger does not say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from postloan.data.schema import FieldSpec, all_tables
from postloan.errors import BadLedger, BadMeasure, did_you_mean
from postloan.figures.tally import Tally, Term, all_tallies
from postloan.language import tr
from postloan.papers.fields.shapes import Field, Shape
from postloan.yaml_file import build, named

LABELLED = "_cn"
"""Ending of the name under which a row has the label of a code."""
SCALES = {"元": 0, "万元": 4}
"""Units of money, each with the decimal places by which yuan become it."""
_LINE = re.compile(r"^-- column (\w+): (\w+) · ([^·\n]+?)(?: · (.+))?$", re.MULTILINE)


class Type(NamedTuple):
    """A type of column: Excel's format, width in characters, place in the cell, its name in the dictionary of fields, if it is summed."""

    format: str
    width: float
    align: str
    field: str = "text"
    adds_up: bool = False


TYPES = {
    "text": Type("@", 16, "left"),
    "date": Type("yyyy-mm-dd", 12, "center", "date"),
    "time": Type("yyyy-mm-dd hh:mm", 16, "center", "date"),
    "money": Type("#,##0.00", 16, "right", "money", True),
    "ratio": Type("0.00%", 10, "right", "ratio"),
    "count": Type("#,##0", 8, "right", "count", True),
    "number": Type("0.0###", 8, "right", "number", True),
    "flag": Type("@", 8, "center", "truth"),
    "code": Type("@", 10, "center"),
    "fill": Type("@", 14, "left"),
}
"""`fill` is a column for people: what they type into it survives when the paper is made again."""
_OF_FIELDS = {"one_of": "code", "name": "text", "id": "text", "period": "text"}
"""Types of columns by those of input fields, where they are called otherwise."""


@dataclass(frozen=True)
class Column:
    """One column. `unit` is printed with its label or its total, `values` are the labels of a code, `options` those offered to people."""

    name: str
    label: str
    type: str
    unit: str = ""
    values: dict[str, str] = field(default_factory=dict)
    total: str = ""
    width: int | Decimal | float = 0
    options: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """The name under which a row has what its cell shows."""
        return f"{self.name}{LABELLED}" if self.type == "code" else self.name

    @property
    def of_tally(self) -> bool:
        """Tell if a row of a tally brings its value: it is neither counted in the sheet nor typed by people."""
        return self.type != "fill" and self.name != NUMBER

    @property
    def scaled(self) -> int:
        """The decimal places by which its amounts of yuan are moved."""
        return SCALES.get(self.unit, 0) if self.type == "money" else 0

    @property
    def field(self) -> Field:
        """The field of a row that templates may say."""
        kind = "number" if self.scaled else TYPES[self.type].field
        unit = "" if kind in ("text", "date", "truth") else self.unit or ("元" if self.type == "money" else "")
        return Field(kind, self.label.replace("\n", ""), unit, bare=kind in ("text", "count"))


UNIT_ID, CUSTOMER_ID = "unit_id", "customer_id"
NAMED = {"unit": UNIT_ID, "customer": CUSTOMER_ID, "responsible": UNIT_ID}
"""Names that a row gets if its tally has the id: of the unit, of the customer, of who is in charge of the customer (else the unit)."""
_STANDARD = {
    UNIT_ID: Column(UNIT_ID, "机构编号", "text", width=8),
    "unit": Column("unit", "机构名称", "text", width=12),
    CUSTOMER_ID: Column(CUSTOMER_ID, "客户编号", "text", width=13),
    "customer": Column("customer", "客户名称", "text", width=28),
    "responsible": Column("responsible", "管户责任人", "text", width=10),
}
NUMBER = "number"
_NUMBERED = {NUMBER: Column(NUMBER, "序号", "count", width=5)}
KEY = Column("key", "该行标识（重做不变）", "text")


def known_columns(tallies: Iterable[str]) -> dict[str, Column]:
    """Return the columns of which label and type are known: fields of the tables that the tallies rest on, and what their heads say."""
    known = dict(_NUMBERED)
    for tally in map(all_tallies().__getitem__, tallies):
        specs = [spec for table, spec in all_tables().items() if table in tally.tables()]
        fields = {field.name: _of_field(field) for spec in specs for field in spec.fields.values()}
        for name, column in (*fields.items(), *_STANDARD.items(), *said_in_head(tally).items()):
            known[name] = replace(column, values={**known[name].values, **column.values}) if name in known else column
    return known


def row_columns(tallies: Iterable[str], listed: Mapping[str, Column]) -> dict[str, Column]:
    """Return the columns that a row of a ledger has in the context: those that it lists, and those that the heads of its tallies name."""
    said = [name for tally in tallies for name in said_in_head(all_tallies()[tally])]
    known = known_columns(tallies)
    found = {name: known[name] for name in (*_STANDARD, *said)} | {name: column for name, column in listed.items() if column.of_tally}
    labels = {column.shown: Column(column.shown, column.label, "text") for column in found.values() if column.type == "code"}
    return {KEY.name: KEY, **found, **labels}


def said_in_head(tally: Tally) -> dict[str, Column]:
    """Return what the head of a tally says of its columns: terms, and `-- column moment: code · 收回方式 · early 提前收回, overdue 逾期收回`."""
    found = {name: _of_term(term) for name, term in tally.terms.items()}
    lines = _LINE.findall(tally.sql)
    for name, kind, label, more in lines:
        if kind not in TYPES:
            raise BadMeasure(tr("unknown type '{type}'", type=kind), f"{tally.place}: column {name}", did_you_mean(kind, TYPES))
        pairs = [part.split(maxsplit=1) for part in more.split(",")] if kind == "code" and more else []
        if any(len(pair) != 2 for pair in pairs):
            do = f"-- column {name}: code · {label} · early 提前收回, overdue 逾期收回"
            raise BadMeasure(tr("a code has no label"), f"{tally.place}: column {name}", do)
        labels = dict(pairs)
        found[name] = Column(name, label, kind, "" if labels else more, labels)
    if len(lines) != len(re.findall(r"^-- column ", tally.sql, re.MULTILINE)):
        raise BadMeasure(tr("a line of a column reads 'column NAME: type · 中文'"), f"{tally.place}: column")
    return found


def _of_field(field: FieldSpec) -> Column:
    return Column(field.name, field.label, _OF_FIELDS.get(field.type, field.type), values=field.values)


def _of_term(term: Term) -> Column:
    kind = {"元": "money", "分": "number"}.get(term.unit, "count")
    return Column(term.name, term.meaning_cn, kind, "" if kind == "money" else term.unit)


def columns_walked(walked: str, lists: Mapping[str, Shape], where: str) -> dict[str, Column]:
    """Return the columns that the items of a list may have which templates walk. Raises `BadLedger` where there is no such list."""
    if walked not in lists:
        raise BadLedger(tr("no template may walk a list '{name}'", name=walked), f"{where}: walks", did_you_mean(walked, lists))
    kinds = {kind.field: name for name, kind in TYPES.items() if kind.field != "text" and name != "time"} | {"text": "text"}
    known = {name: Column(name, said.label, kinds[said.type], said.unit) for name, said in lists[walked].items() if said.type in kinds}
    widths = {name: replace(known[name], width=column.width) for name, column in _STANDARD.items() if name in known}
    return _NUMBERED | known | widths


def read_column(name: str, said: Any, known: Mapping[str, Column], where: str) -> Column:
    """Return the column that a ledger describes by a label, by some of its keys, or not at all. Raises `BadLedger`."""
    given = {"label": said} if isinstance(said, str) else named(said or {}, where, BadLedger)
    if name not in known and not {"label", "type"} <= given.keys():
        do = f"{did_you_mean(name, known)} {tr('Or give its label and type.')}"
        raise BadLedger(tr("nothing is known of the column '{name}'", name=name), where, do)
    basis = {key: value for key, value in vars(known[name]).items() if key != "name"} if name in known else {}
    column = build(Column, {**basis, **given}, where, BadLedger, {"name": name})
    if column.type not in TYPES:
        raise BadLedger(tr("unknown type '{type}'", type=column.type), f"{where}: type", did_you_mean(column.type, TYPES))
    if column.type == "money" and column.unit not in ("", *SCALES):
        raise BadLedger(tr("there is no unit '{name}'", name=column.unit), f"{where}: unit", did_you_mean(column.unit, SCALES))
    if not 0 <= column.width <= 255:
        raise BadLedger(tr("'{text}' is no number", text=column.width), f"{where}: width", tr("write a whole number such as 10"))
    return replace(column, width=float(column.width), total="" if column.total == "none" else column.total)
