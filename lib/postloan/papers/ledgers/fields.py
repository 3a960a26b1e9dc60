"""The fields of ledgers that templates may say: the rows of each by its name, and in `ledgers` their number and sums."""

from __future__ import annotations

from collections.abc import Mapping

from postloan.errors import BadLedger
from postloan.language import tr
from postloan.papers.fields.shapes import Field, Shape
from postloan.papers.ledgers import Ledger, all_ledgers
from postloan.papers.ledgers.rows import COUNT

_ROWS = Field("count", "行数", "条")
_LISTED = {"name": Field("text", "台账代号"), "title": Field("text", "台账名称"), "sheet": Field("text", "工作表名称"), COUNT: _ROWS}


def row_shapes() -> dict[str, Shape]:
    """Return the fields of a row of every ledger of a tally."""
    return {f"ledger {name}": ledger.shape() for name, ledger in all_ledgers().items() if ledger.tally}


def total_shapes() -> dict[str, Shape]:
    """Return the fields of what stands in `ledgers`, by ledger and, where its codes are apart, by code."""
    groups = {name: Field("group", ledger.title, of=f"totals of {name}") for name, ledger in all_ledgers().items()}
    found: dict[str, Shape] = {"ledgers": groups, "ledger listed": _LISTED}
    for name, ledger in all_ledgers().items():
        found |= _totals(name, ledger)
    return found


def _totals(name: str, ledger: Ledger) -> dict[str, Shape]:
    sums = {COUNT: _ROWS, **{column.name: column.field for column in ledger.totals().values() if column.total != "count"}}
    whole = f"totals of {name}"
    if not ledger.apart:
        return {whole: sums}
    codes = ledger.columns[ledger.apart].values
    return {f"{whole} by code": sums, whole: {COUNT: _ROWS} | {c: Field("group", of, of=f"{whole} by code") for c, of in codes.items()}}


def context_of_ledgers(taken: Mapping[str, Field]) -> Shape:
    """Return the names that ledgers add to those `taken`. Raises `BadLedger` for one that is called as something else."""
    made = {name: Field("list", ledger.title, of=f"ledger {name}") for name, ledger in all_ledgers().items() if ledger.tally}
    if twice := next((name for name in made if name in taken), ""):
        what = tr("templates say '{name}' of something else", name=twice)
        raise BadLedger(what, all_ledgers()[twice].place, tr("give the file another name"))
    return {
        **made,
        "ledgers": Field("group", "本册台账的行数和合计", of="ledgers"),
        "ledger_list": Field("list", "本册所列的台账", of="ledger listed"),
    }
