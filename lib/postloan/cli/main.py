"""The command line: `postloan run`, `check`, `month-end`, `pdf`, `explain`, `list`, `lab` (see the contract)."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections import Counter
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from postloan import language
from postloan.cli import blank, collect, options, papers, roll, sign, template, trace
from postloan.cli.output import grouped, print_json, print_lines, summary, under_way, written
from postloan.cli.usage import in_language, language_of, said
from postloan.errors import STOPPING, BadCommand
from postloan.language import tr

if TYPE_CHECKING:
    from postloan.month_end.plan import Request
    from postloan.month_end.run_record import Record

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(template.app, name="template")
app.command("trace")(trace.trace_command)
app.command("verify")(papers.verify_command)
app.command("diff")(papers.diff_command)
app.command("blank")(blank.blank_command)
app.command("collect")(collect.collect_command)
app.command("sign")(sign.sign_command)
app.command("roll")(roll.roll_command)


@app.callback()
def _everywhere(lang: options.Language = "", version: options.Version = False) -> None:
    """Post-loan reporting: from the credit system's exports to papers one can sign. 贷后管理报告：从信贷系统导出的数据到可以签字的材料。"""


@app.command("run")
def run_command(
    context: typer.Context,
    period: options.PeriodName, data: options.Data, out: options.Out,
    documents: options.Documents = None, units: options.Units = None,
    policy: options.PolicyName = "branch2014", calendar: options.CalendarFile = "",
    prepared_on: options.PreparedOn = "", preparer: options.Preparer = "", reviewer: options.Reviewer = "", pdf: options.Pdf = False,
    workers: options.Workers = 0, only_failed: options.OnlyFailed = False, deadline: options.Deadline = "",
    kernel: options.Kernel = False, engine: options.Engine = "duckdb", cluster: options.Cluster = "", heads: options.Heads = "en",
    draft: options.Draft = False, profile: options.ProfileName = "",
    progress: options.ProgressKind = "auto", as_json: options.Json = False,
) -> None:  # fmt: skip
    """Make the papers of one period. 生成一个期间的材料。"""
    request = _request(context)
    record = _run(request, progress, as_json)
    if as_json:
        print_json(asdict(record))
    else:
        print_lines(summary(record, request.place))
    if record.exit_code:
        raise typer.Exit(record.exit_code)


@app.command("month-end")
def month_end(
    context: typer.Context,
    period: options.PeriodName, data: options.Data, out: options.Out,
    policy: options.PolicyName = "branch2014", calendar: options.CalendarFile = "",
    prepared_on: options.PreparedOn = "", preparer: options.Preparer = "", reviewer: options.Reviewer = "", pdf: options.Pdf = False,
    workers: options.Workers = 0, only_failed: options.OnlyFailed = False, deadline: options.Deadline = "",
    kernel: options.Kernel = False, engine: options.Engine = "duckdb", cluster: options.Cluster = "", heads: options.Heads = "en",
    draft: options.Draft = False, profile: options.ProfileName = "",
    progress: options.ProgressKind = "auto", as_json: options.Json = False,
) -> None:  # fmt: skip
    """Make every document that is due at the end of a month, for every unit. 月末批量。

    What is due monthly is made for the month, in its folder; at the end of a quarter what is due quarterly for the quarter, in its own; so at
    the end of a half-year and of a year.
    """
    from postloan.papers.document import all_documents
    from postloan.period import Period

    month = Period.parse(period)
    if month.first_day.replace(day=1) != month.as_of.replace(day=1):
        raise BadCommand(tr("'{text}' is no month", text=period), do=tr("write it like 2014-06"))
    due = {span.name: [name for name, kind in all_documents().items() if kind.due == every] for every, span in month.ending().items()}
    requests = [_request(context, period=span, documents=names) for span, names in due.items() if names]
    records = [_run(request, progress, as_json) for request in requests]
    if as_json:
        print_json({"period": period, "runs": [asdict(record) for record in records]})
    elif records:
        for request, record in zip(requests, records, strict=True):
            print_lines(summary(record, request.place))
    else:
        print_lines([tr("nothing is due at the end of {period}", period=period)])
    if code := max((record.exit_code for record in records), default=0):
        raise typer.Exit(code)


def _request(context: typer.Context, **others: object) -> Request:
    """Return the request that the options given make, but for `others`."""
    from postloan.month_end.plan import Request

    given = {field.name: context.params[field.name] for field in fields(Request) if field.name in context.params}
    lists = {name: list(given.get(name) or ()) for name in ("documents", "units")}
    return Request(**{**given, **lists, **others})


def _run(request: Request, progress_kind: str, as_json: bool) -> Record:
    """Return the record of a run. Where nothing has changed since the last one, the modules of a run are not even loaded."""
    from notebookrun.progress_kinds import progress

    from postloan.month_end.plan import Plan
    from postloan.month_end.unchanged import unchanged_run

    plan, shown = Plan(request), progress("none" if as_json and progress_kind == "auto" else progress_kind, sys.stderr)
    if unchanged := unchanged_run(plan, shown):
        return unchanged
    from postloan.data.without_pandas import keep_pandas_out
    from postloan.run import run_plan

    keep_pandas_out()
    return run_plan(plan, shown)


@app.command()
def check(
    period: options.PeriodName, data: options.Data, out: options.Out = "", policy: options.PolicyName = "branch2014",
    profile: options.ProfileName = "", as_json: options.Json = False,
) -> None:  # fmt: skip
    """Take in and screen the data only; say every problem. 只检查数据。"""
    from postloan.problem import STOP
    from postloan.run import check as check_data

    with under_way(tr("checking {data}", data=data), silent=as_json):
        clean, filed = check_data(data, out, period, policy, profile)
    counts = Counter(problem.consequence for problem in clean.problems)
    if as_json:
        print_json(
            {"rows": clean.rows, "problems": [problem._asdict() for problem in clean.problems], "filed": [str(path) for path in filed]}
        )
    else:
        print_lines(grouped(clean.problems))
        total = tr(
            "{rows} rows taken in; problems: {stop} stop, {drop} rows dropped, {blank} cells blanked, {note} noted",
            rows=sum(clean.rows.values()), stop=counts["stop"], drop=counts["drop"], blank=counts["blank"], note=counts["note"],
        )  # fmt: skip
        print_lines([*written(filed), total])
    if counts[STOP]:
        raise typer.Exit(3)


@app.command("adopt")
def adopt_command(folder: Path, out: options.ProfileOut = "profile.yaml") -> None:
    """Write a profile of a sender's files, for a person to correct. 为报送方的文件生成格式文件。"""
    from postloan.data.adopt import profile_seen
    from postloan.file import put

    if not folder.exists():
        raise BadCommand(tr("there is no such folder or file"), str(folder), tr("give the folder that holds the tables"))
    put(Path(out), profile_seen(folder).encode())
    print_lines(written([Path(out)]))


@app.command("pdf")
def pdf_command(files: options.Papers, out: options.Out = "", as_json: options.Json = False) -> None:
    """Turn papers into PDF, by LibreOffice. 将材料转为PDF。"""
    from postloan.file import put
    from postloan.month_end.pdf import pdf_path, previews

    with under_way(tr("making PDF previews"), silent=as_json):
        shown = previews(files)
    # Two papers of one name from two folders may land in one with --out: the later is told, not put over the earlier.
    places = {view.paper: Path(out) / pdf_path(view.paper).name if out else pdf_path(view.paper) for view in shown}
    filed, failed = dict[str, str](), dict[str, str]()
    for view in shown:
        to = str(places[view.paper])
        if view.pdf is None or to in filed.values():
            failed[str(view.paper)] = view.reason or tr("another paper has the same name")
        else:
            put(places[view.paper], view.pdf)
            filed[str(view.paper)] = to
    if as_json:
        print_json({"filed": filed, "failed": failed})
    else:
        print_lines([*written(map(Path, filed.values())), *(f"  ✘ {paper}: {reason}" for paper, reason in failed.items())])
    if failed:
        raise typer.Exit(1)


@app.command("explain")
def explain_command(name: str, policy: options.PolicyName = "branch2014") -> None:
    """Print what a measure or rule is and where it comes from. 解释指标或规则。"""
    from postloan.cli.explain import explain
    from postloan.policy import read_policy

    print_lines([explain(name, read_policy(policy))])


@app.command("list")
def list_command() -> None:
    """Print what there is: documents, measures, rules, ledgers, policies, tables. 列出全部。"""
    from postloan.cli.explain import listing

    for kind, named in listing().items():
        print_lines([f"{kind}:", *(f"  {name:<34}{title}" for name, title in named.items()), ""])


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context, notebook: Annotated[str, typer.Argument(help="document / 文种")] = "") -> None:
    """Open the notebooks in JupyterLab; options of its own pass through. 在JupyterLab中打开；JupyterLab自己的选项照传。"""
    from postloan.workbench.lab import open_lab

    is_option = notebook.startswith("-")
    open_lab("" if is_option else notebook, [*([notebook] if is_option else []), *context.args])


def main() -> None:
    """Run the command line; errors are said in words, and the exit code is the contract's."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a request to stop is an interrupt, recorded as one
    chosen = language.use(None)
    argv, asked = language_of(sys.argv[1:])
    try:
        if asked and asked not in language.LANGUAGES:
            raise BadCommand(tr("there is no language '{name}'", name=asked), do="zh, en")
        os.environ["POSTLOAN_LANG"] = chosen = language.use(asked or None)  # kernels speak the same
        command = in_language(typer.main.get_command(app), chosen)
        code = command.main(args=argv, prog_name="postloan", standalone_mode=False) or 0
    except typer.TyperException as wrong_usage:
        text = io.StringIO()
        wrong_usage.show(text)
        print(said(text.getvalue(), chosen).rstrip(), file=sys.stderr)
        code = wrong_usage.exit_code
    except STOPPING as fault:
        print(fault, file=sys.stderr)
        code = fault.exit_code
    raise SystemExit(code)
