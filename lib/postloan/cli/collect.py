"""`postloan collect`: what people wrote into papers that came back, filed as rows of the input tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from postloan.cli import options
from postloan.cli.output import print_json, print_lines, under_way, written
from postloan.errors import BadCommand
from postloan.language import tr

if TYPE_CHECKING:
    from postloan.register.collect import Collected


def collect_command(
    papers: options.Returned, data: options.Data, out: options.OutRead = "", policy: options.PolicyName = "branch2014",
    as_json: options.Json = False,
) -> None:  # fmt: skip
    """File what people wrote into papers that came back as rows of the input tables. 收取填好的回执、底稿，登记到数据表。"""
    from postloan.papers.notice_register import read_register
    from postloan.register.collect import collect, papers_in
    from postloan.register.index import FindingIndex
    from postloan.register.readings import References, staff_by_name
    from postloan.run import compute, take_in

    for path in papers:
        if not path.exists():
            raise BadCommand(tr("there is no such folder or file"), str(path), tr("give papers that came back, or a folder of them"))
    found = papers_in(papers)
    with under_way(tr("reading the papers"), silent=as_json):
        clean = take_in(data)
        index = FindingIndex(Path(out) if out else None, lambda period: compute(clean, period, policy, out=out))
        notices = frozenset(number for _, number in read_register(Path(out))) if out else None
        done = collect(found, Path(data), clean, References(index, staff_by_name(clean), notices), date.today())
    if as_json:
        print_json(
            {"cells": [cell._asdict() for cell in done.cells], "filed": done.written, "failed": done.failed, "unanswered": done.empty}
        )
    else:
        print_lines(_said(done, len(found)))
    if done.exit_code:
        raise typer.Exit(done.exit_code)


def _said(done: Collected, papers: int) -> Iterator[str]:
    """Return the end of a collection in lines: what could not be filed with its place, then what was filed."""
    from postloan.register.filing import DIFFERS, FILED, NOTED, UNREAD

    for cell in done.of(UNREAD, DIFFERS, NOTED):
        mark = "!" if cell.state == NOTED else "✘"
        written_there = " ".join(cell.text.split())
        yield f"  {mark} {cell.paper} {cell.place} {cell.item} {cell.field} {written_there}".rstrip() + f"  {cell.says}"
    yield from (f"  ✘ {paper}: {why}" for paper, why in done.failed.items())
    yield from (f"  · {paper}: {tr('nobody has written anything into it')}" for paper in done.empty)
    yield from written(done.written)
    counts = {state: len(done.of(state)) for state in (FILED, NOTED, DIFFERS, UNREAD)}
    yield tr(
        "{papers} papers read: {filed} cells filed, {differ} differ from what stands there, {unread} could not be read",
        papers=papers, filed=counts[FILED], differ=counts[DIFFERS], unread=counts[UNREAD],
    )  # fmt: skip
