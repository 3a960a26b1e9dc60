"""`postloan blank`: workbooks for tables that people type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from postloan.cli import options
from postloan.cli.output import print_lines, under_way, written
from postloan.errors import BadCommand, did_you_mean
from postloan.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan.data.schema import TableSpec


def blank_command(
    tables: options.Tables, out: options.Out, data: options.Data = "", period: options.AnyPeriod = "", policy: options.PolicyName = "branch2014"
) -> None:  # fmt: skip
    """Write a workbook for each table, to be filled in by people. 生成手工填报的表格。"""
    from postloan.file import put

    paths = []
    with under_way(tr("writing the tables to fill in"), silent=False):
        for spec in [_table(word) for word in tables]:
            paths.append(Path(out) / f"{spec.title}.xlsx")
            if paths[-1].exists():
                raise BadCommand(
                    tr("there is such a file already"), str(paths[-1]), tr("give another folder: what people typed is not overwritten")
                )
            put(paths[-1], _workbook(spec, data, period, policy, out))
    print_lines(written(paths))


def _table(word: str) -> TableSpec:
    from postloan.data.intake.naming import table_named
    from postloan.data.schema import all_tables

    if found := table_named(word):
        return all_tables()[found]
    known = [text for name, spec in all_tables().items() for text in (name, spec.title)]
    raise BadCommand(tr("there is no table '{name}'", name=word), do=did_you_mean(word, known))


def _workbook(spec: TableSpec, data: str, period: str, policy: str, out: str) -> bytes:
    """The workbook of one table, with the rows that `data` hold, and a row for each finding of `period` or each notice of the register in `out` without an answer."""
    from postloan.data.blank_workbook import blank_workbook, rows_there
    from postloan.figures.follow_up import ANSWERS, rows_to_answer
    from postloan.figures.notices_sent import REPLIES
    from postloan.papers.notice_register import read_register
    from postloan.papers.notices_before import rows_to_reply
    from postloan.run import compute, take_in

    clean = take_in(data) if data else None
    rows: list[Any] = rows_there(spec, clean) if clean else []
    wanted: Iterable[tuple[Any, str]] = ()
    if spec.name == ANSWERS and clean and period:
        wanted = rows_to_answer(compute(clean, period, policy), rows)
    elif spec.name == REPLIES:
        wanted = rows_to_reply(read_register(Path(out)), rows)
    notes = [""] * len(rows)
    for row, note in list(wanted):
        rows.append(row)
        notes.append(note)
    return blank_workbook(spec, clean, rows, notes)
