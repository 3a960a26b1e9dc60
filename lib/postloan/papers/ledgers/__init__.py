"""Ledgers (台账) as data: one YAML file each in the `ledgers/` of its theme. A ledger lists the rows of a tally in an Excel sheet.

    title: 贷款收回明细
    tally: recovery                      # or the names of several; or `walks: findings`, a list that templates walk
    order: unit_id, customer_id, loan_id
    note: 口径：…{{ as_of|date_cn }}…
    columns:
      unit_id:                           # label and type are those of the input field of that name,
      customer:                          # or of the line `-- column NAME: type · 中文` in the head of the tally
      principal: {label: 收回本金, total: sum}

Title line, note, head, filter, totals over the filter, print set-up and formats follow from that; so do the fields that templates may say:
the rows are the list called as the ledger, the totals stand in `ledgers`. `unit`, `customer` and `responsible` name whom an id is of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from postloan import themes
from postloan.errors import BadLedger, did_you_mean
from postloan.figures.measure import all_measures
from postloan.figures.tally import all_tallies
from postloan.language import tr
from postloan.papers.fields.shapes import Shape, lists_walked
from postloan.papers.ledgers.columns import TYPES, Column, columns_walked, known_columns, read_column, row_columns
from postloan.yaml_file import build, read_yaml

LEDGERS = "ledgers"
"""The name under which templates may say number of rows and totals of the ledgers that stand in the paper."""
PER, WHEN = ("bank", "unit"), ("always", "rows")
_WORD, _NO_SHEET_NAME = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"[\[\]:*?/\\]|^'|'$")
_LONGEST_SHEET_NAME = 31


@dataclass(frozen=True, eq=False)
class Ledger:
    """One list in a sheet.

    `tally` names the tallies whose rows it lists, in order of `order`; `walks` a list of the context instead. `per` says for whom it is
    made, `when` if it stands also without rows. Rows that differ in the code column `apart` are never added to each other; those whose
    flag column `faded` is true are printed grey; the first `frozen` columns stay in sight. One `by_name` is left out where a document lists all.
    """

    title: str
    columns: dict[str, Column]
    name: str = ""
    theme: str = ""
    path: Path = Path()
    tally: list[str] = field(default_factory=list)
    walks: str = ""
    order: str = "unit_id"
    sheet: str = ""
    note: str = ""
    remark: str = ""
    per: list[str] = field(default_factory=lambda: list(PER))
    when: str = "always"
    apart: str = ""
    faded: str = ""
    frozen: int = 0
    by_name: bool = False

    @property
    def place(self) -> str:
        """Its file, as errors name it."""
        return themes.place(self.path)

    @property
    def rows(self) -> str:
        """The name of its rows in the context."""
        return self.walks or self.name

    def row(self) -> dict[str, Column]:
        """Return the columns that one of its rows has in the context."""
        return row_columns(self.tally, self.columns)

    def shape(self) -> Shape:
        """Return the fields of one of its rows."""
        return {name: column.field for name, column in self.row().items()}

    def totals(self) -> dict[str, Column]:
        """Return the columns that have a total."""
        return {name: column for name, column in self.columns.items() if column.total}


@cache
def all_ledgers() -> dict[str, Ledger]:
    """Return every ledger by name, in the order of themes. Raises `BadLedger` with file and key."""
    said = {path: (theme, read_yaml(path, BadLedger)) for theme, path in themes.files("ledgers/*.yaml", Path(__file__).parent)}
    _see_one_of_each(said, "name", [path.stem for path in said])
    found = {path: read_ledger(path, theme, mapping, {}) for path, (theme, mapping) in said.items() if "walks" not in mapping}
    lists = lists_walked({f"ledger {path.stem}": ledger.shape() for path, ledger in found.items()})
    found |= {path: read_ledger(path, theme, mapping, lists) for path, (theme, mapping) in said.items() if "walks" in mapping}
    _see_one_of_each(said, "sheet", [found[path].sheet for path in said])
    return {path.stem: found[path] for path in said}


def _see_one_of_each(paths: Iterable[Path], key: str, words: Sequence[str]) -> None:
    """Raise `BadLedger` where two ledgers are called alike, or their sheets."""
    for place, (path, word) in enumerate(zip(paths, words, strict=True)):
        if word in words[:place]:
            raise BadLedger(
                tr("another ledger is called '{name}' already", name=word), f"{themes.place(path)}: {key}", tr("give another name")
            )


def ledgers_of(on: Collection[str]) -> dict[str, Ledger]:
    """Return the ledgers of the themes that are on."""
    return {name: ledger for name, ledger in all_ledgers().items() if ledger.theme in on}


def ledger_of(names: Sequence[str]) -> Ledger | None:
    """Return the ledger whose total, or that of a tally whose row, the names on the way from the context lead to; None where they lead elsewhere."""
    if names[0] == LEDGERS and len(names) > 1:
        return all_ledgers().get(names[1])
    ledger = all_ledgers().get(names[0])
    return ledger if ledger and ledger.tally else None


def read_ledger(path: Path, theme: str, said: Mapping[str, Any], lists: Mapping[str, Shape]) -> Ledger:
    """Return the ledger that the mapping `said` of the file at `path` describes; `lists` are those that templates walk. Raises `BadLedger`."""
    where = themes.place(path)
    tallies = [said["tally"]] if isinstance(said.get("tally"), str) else said.get("tally", [])
    ledger = build(Ledger, {**said, "tally": tallies}, where, BadLedger, {"name": path.stem, "theme": theme, "path": path})
    if ledger.frozen < 0:
        raise BadLedger(tr("'{text}' is no number", text=ledger.frozen), f"{where}: frozen", tr("write a whole number such as 10"))
    if bool(ledger.tally) == bool(ledger.walks):
        raise BadLedger(tr("a ledger lists either a tally or a list"), f"{where}: tally, walks")
    for key, words, known in (("tally", ledger.tally, all_tallies()), ("per", ledger.per, PER), ("when", [ledger.when], WHEN)):
        for word in words:
            if word not in known:
                raise BadLedger(tr("unknown: '{word}'", word=word), f"{where}: {key}", did_you_mean(word, known))
    ledger = replace(ledger, sheet=ledger.sheet or ledger.title, columns=_columns(ledger, lists, where))
    if len(ledger.sheet) > _LONGEST_SHEET_NAME or _NO_SHEET_NAME.search(ledger.sheet):
        what = tr("Excel takes no such name for a sheet: '{name}'", name=ledger.sheet)
        raise BadLedger(what, f"{where}: sheet", tr("write at most 31 characters, without [ ] : * ? / \\"))
    _check_columns(ledger, where)
    ordered_by(ledger)
    return ledger


def _columns(ledger: Ledger, lists: Mapping[str, Shape], where: str) -> dict[str, Column]:
    if not ledger.columns:
        raise BadLedger(tr("keys and values are expected here"), f"{where}: columns")
    known = columns_walked(ledger.walks, lists, where) if ledger.walks else known_columns(ledger.tally)
    return {name: read_column(name, said, known, f"{where}: columns: {name}") for name, said in ledger.columns.items()}


def _check_columns(ledger: Ledger, where: str) -> None:
    """See that the keys which name columns name some of the right type, and that totals can be made."""
    for key, name, kind in (("apart", ledger.apart, "code"), ("faded", ledger.faded, "flag")):
        if not name:
            continue
        if name not in ledger.columns:
            raise BadLedger(tr("there is no column '{name}'", name=name), f"{where}: {key}", did_you_mean(name, ledger.columns))
        if ledger.columns[name].type != kind:
            raise BadLedger(tr("the column '{name}' is no {type}", name=name, type=kind), f"{where}: {key}")
    for name, column in ledger.columns.items():
        at = f"{where}: columns: {name}: total"
        if column.total and column.total not in ("sum", "count") and column.total not in all_measures():
            raise BadLedger(
                tr("there is no total '{name}'", name=column.total),
                at,
                did_you_mean(column.total, ("sum", "count", "none", *all_measures())),
            )
        if column.total and column.total != "count" and not TYPES[column.type].adds_up:
            raise BadLedger(tr("the column '{name}' cannot be added up: it is a {type}", name=name, type=column.type), at)
        if column.total in all_measures() and (ledger.apart or column.scaled):
            raise BadLedger(tr("this total is summed over the rows, and is no measure"), at, tr("write total: sum"))


def find_column(ledger: Ledger, column: str, known: Collection[str], key: str) -> None:
    """Raise `BadLedger` where the tallies have no such column."""
    if column not in known:
        tallies = ", ".join(ledger.tally)
        what = tr("the tally '{tally}' has no column {names}", tally=tallies, names=column)
        raise BadLedger(what, f"{ledger.place}: {key}", did_you_mean(column, known))


def ordered_by(ledger: Ledger) -> Mapping[str, bool]:
    """Return the columns that the rows are ordered by, each with whether the largest comes first. Raises `BadLedger`."""
    found: dict[str, bool] = {}
    for part in ledger.order.split(","):
        name, *rest = part.split()[:2] or [""]
        if not _WORD.fullmatch(name) or rest not in ([], ["desc"]):
            raise BadLedger(tr("the order cannot be read: '{text}'", text=part.strip()), f"{ledger.place}: order", "unit_id, due_on desc")
        found[name] = bool(rest)
    return found
