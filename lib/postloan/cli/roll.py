"""The command that lays down a quarter's working papers with what last quarter's hand over: `postloan roll`."""

from __future__ import annotations

import sys

import typer

from postloan.cli import options
from postloan.cli.output import print_json, print_lines, summary
from postloan.language import tr


def roll_command(
    period: options.PeriodName, data: options.Data, out: options.Out, documents: options.Documents = None, units: options.Units = None,
    policy: options.PolicyName = "branch2014", calendar: options.CalendarFile = "", prepared_on: options.PreparedOn = "",
    preparer: options.Preparer = "", reviewer: options.Reviewer = "", profile: options.ProfileName = "",
    progress: options.ProgressKind = "auto", as_json: options.Json = False,
) -> None:  # fmt: skip
    """Make a quarter's working papers; open notes and people's texts on the same items come over from last quarter's. 底稿结转。"""
    from notebookrun.progress_kinds import progress as shown

    from postloan.figures.book_reader import open_book
    from postloan.month_end.plan import Plan, Request
    from postloan.month_end.roll_forward import WORKING_PAPER, check_roll, roll_forward
    from postloan.run import run_plan

    about = {"policy": policy, "calendar": calendar, "prepared_on": prepared_on, "preparer": preparer, "reviewer": reviewer}
    plan = Plan(Request(data, period, out, list(documents or [WORKING_PAPER]), list(units or []), **about, profile=profile))
    check_roll(plan)
    record = run_plan(plan, shown("none" if as_json and progress == "auto" else progress, sys.stderr))
    if not record.exit_code:
        book = open_book(plan.folder / "book" / record.book.key)
        rolled = [roll_forward(plan, book, name, units or []) for name in plan.documents]
        papers = {path: count for one in rolled for path, count in one.papers.items()}
        unreadable = {path: why for one in rolled for path, why in one.unreadable.items()}
        if as_json:
            print_json({"period": period, "before": plan.period.before.name, "papers": papers, "unreadable": unreadable})
        else:
            says = [tr("{paper}: {count} texts and notes carried over", paper=path, count=count) for path, count in papers.items()]
            print_lines([*summary(record, plan.request.place), *says, *(f"  ✘ {path}: {why}" for path, why in unreadable.items())])
        raise typer.Exit(1 if unreadable else 0)
    print_lines(summary(record, plan.request.place))
    raise typer.Exit(record.exit_code)
