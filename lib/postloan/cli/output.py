"""Everything that commands print: lines, JSON, files written, work under way, and the end of a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from postloan.language import tr

if TYPE_CHECKING:
    from postloan.month_end.run_record import Record
    from postloan.problem import Problem


PLACES_SHOWN = 3
"""Of problems of one kind so many places are printed; problems.csv has all."""


def print_lines(lines: Iterable[str]) -> None:
    """Print a text a line."""
    for line in lines:
        print(line)


def print_json(value: object) -> None:
    """Print a value as JSON; what JSON has no type for is printed as text."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def written(paths: Iterable[Path]) -> Iterator[str]:
    """Return a line for each file that a command has written."""
    return (tr("written: {path}", path=path) for path in paths)


@contextmanager
def under_way(line: str, *, silent: bool) -> Iterator[None]:
    """Show on the terminal what is being done while the block runs; nothing where there is none, or with `silent`."""
    if silent or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(line):
        yield


def place_of(problem: Problem) -> str:
    """Return the file, sheet, row and field of a problem of the data."""
    sheet = f"!{problem.sheet}" if problem.sheet else ""
    row = f":{problem.row}" if problem.row is not None else ""
    return f"{problem.file}{sheet}{row} {problem.field}".strip()


def grouped(problems: Iterable[Problem]) -> Iterator[str]:
    """Return the problems of the data, those of one kind in one place together: what, how many, the first places with values, what to do."""
    from postloan.problem import BLANK, DROP, NOTE, STOP

    groups: dict[tuple[str, str, str, str, str], list[Problem]] = {}
    for problem in problems:
        of_rows = problem.field if problem.row is not None else problem.says
        groups.setdefault((problem.consequence, problem.check, problem.file, problem.sheet, of_rows), []).append(problem)
    for (consequence, *_), found in sorted(groups.items(), key=lambda group: (STOP, DROP, BLANK, NOTE).index(group[0][0])):
        first, says = found[0], list(dict.fromkeys(problem.says for problem in found))
        where = place_of(first._replace(row=first.row if len(found) == 1 else None))
        many = f" ×{len(found)}" if len(found) > 1 else ""
        shown = [f"{p.row}: {p.value}" if p.value else f"{p.row}" for p in found if p.row is not None][:PLACES_SHOWN]
        places = f"  [{'; '.join(shown)}{' …' if len(found) > len(shown) else ''}]" if shown else ""
        yield f"  {consequence:<5}{where}{many}{places}  {says[0]}{' …' if len(says) > 1 else ''}"


def summary(record: Record, folder: str) -> Iterator[str]:
    """Return the end of a run in a few lines: what was made, what was not and why, and where to look."""
    yield tr("period {period}, data of {as_of}, policy {policy}", period=record.period, as_of=record.as_of, policy=record.policy["name"])
    yield tr(
        "problems: {stop} stop, {drop} rows dropped, {blank} cells blanked, {note} noted; findings: {findings}",
        **record.problems,
        findings=record.findings,
    )
    for name, outcome in record.documents.items():
        yield from _document(name, outcome)
    if record.stopped:
        yield f"  ✘ {record.stopped}"
    yield tr("everything is in {folder}", folder=folder)


def _document(name: str, outcome: dict) -> Iterator[str]:
    from postloan.papers.document import document
    from postloan.papers.record.edits import FOLDER as EDITED

    title, reason = document(name).title, outcome["reason"]
    if outcome["state"] == "made":
        papers = [path for path in outcome["files"] if not path.startswith("notebooks/")]
        shown = "".join(f"  {path}" for path in papers[:1]) + (" …" if len(papers) > 1 else "")
        yield f"  ✔ {tr('{title}: {count} papers', title=title, count=len(papers))}{shown}{f' ({reason})' if reason else ''}"
        if edited := outcome["edited"]:
            where = f"{EDITED}/{name}.csv"
            yield f"    ! {tr('{count} places edited by hand were not taken over: see {where}', count=edited, where=where)}"
    else:
        yield f"  ✘ {tr('{title}: not made ({state}): {reason}', title=title, state=tr(outcome['state']), reason=reason)}"
    for paper, why in outcome.get("previews_failed", {}).items():
        yield f"  ✘ {paper}: {tr('no PDF: {reason}', reason=why)}"
