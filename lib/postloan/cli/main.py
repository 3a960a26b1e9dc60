"""The command line: `postloan run`, `check`, `month-end`, `pdf`, `explain`, `list`, `lab` (see the contract)."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from postloan import language
from postloan.cli import papers as cli_papers
from postloan.cli import template as cli_template
from postloan.cli import trace as cli_trace
from postloan.errors import BadCommand, PostloanError
from postloan.language import tr

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(cli_template.app, name="template")
cli_trace.add_to(app)
cli_papers.register(app)

Period_ = Annotated[str, typer.Option("--period", help="2014Q2, 2014H1, 2014-06, 2014 / 期间")]
Data = Annotated[str, typer.Option("--data", help="folder of tables, or one workbook / 数据文件夹或工作簿")]
Out = Annotated[str, typer.Option("--out", help="output folder, or a URL such as s3://bucket/out / 输出文件夹或URL")]
Units = Annotated[list[str] | None, typer.Option("--unit", help="unit id, may be repeated / 机构编号，可多次给出")]
PolicyName = Annotated[str, typer.Option("--policy", help="policy name or .yaml file / 政策名称或文件")]
CalendarFile = Annotated[str, typer.Option("--calendar", help="CSV of days off and working weekends / 节假日文件")]
PreparedOn = Annotated[str, typer.Option("--prepared-on", help="date of the papers, else the period's last day / 落款日期")]
Preparer = Annotated[str, typer.Option("--preparer", help="name / 编制人")]
Engine = Annotated[str, typer.Option("--engine", help="where the tallies run: duckdb, local[2], spark://HOST:PORT / 计数引擎")]
Reviewer = Annotated[str, typer.Option("--reviewer", help="name / 复核人")]
Pdf = Annotated[bool, typer.Option("--pdf", help="a PDF beside every paper, by LibreOffice / 同时生成PDF预览")]
Workers = Annotated[int, typer.Option("--workers", min=0, help="notebooks at a time, else as many as processors / 同时运行数")]
OnlyFailed = Annotated[bool, typer.Option("--only-failed", help="only what was not made last time / 只补上次未生成的")]
Deadline = Annotated[str, typer.Option("--deadline", help="start nothing after this time of day, 06:00 / 截止时刻")]
Kernel = Annotated[bool, typer.Option("--kernel", help="run each notebook in a Jupyter kernel of its own / 使用独立的Jupyter内核")]
Cluster = Annotated[str, typer.Option("--cluster", help="address of a Dask scheduler whose workers run the notebooks / Dask集群地址")]
Shown = Annotated[str, typer.Option("--progress", help="auto, rich, plain, json or none / 进度显示方式")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on standard output / 输出JSON")]


@app.callback()
def _everywhere(lang: Annotated[str, typer.Option("--lang", help="zh or en / 语言")] = "") -> None:
    """贷后管理报告 · post-loan reporting: from the credit system's exports to papers one can sign."""
    if lang and lang not in language.LANGUAGES:
        raise BadCommand(tr("there is no language '{name}'", name=lang), do="zh, en")
    os.environ["POSTLOAN_LANG"] = language.use(lang or None)  # kernels speak the same


@app.command("run")
def run_command(
    period: Period_, data: Data, out: Out,
    documents: Annotated[list[str] | None, typer.Argument(help="documents; all of them where none is named / 文种，不写则全部")] = None,
    unit: Units = None, policy: PolicyName = "branch2014", calendar: CalendarFile = "",
    prepared_on: PreparedOn = "", preparer: Preparer = "", reviewer: Reviewer = "", pdf: Pdf = False,
    workers: Workers = 0, only_failed: OnlyFailed = False, deadline: Deadline = "", kernel: Kernel = False,
    engine: Engine = "duckdb", cluster: Cluster = "", progress: Shown = "auto", as_json: Json = False,
) -> None:  # fmt: skip
    """Make the papers of one period. 生成一个期间的材料。"""
    from postloan.month_end.plan import Request

    who = policy, calendar, prepared_on, preparer, reviewer, pdf, workers, only_failed, deadline, kernel, engine
    _run(Request(data, period, out, documents or [], unit or [], *who, cluster=cluster), progress, as_json)


@app.command("month-end")
def month_end(
    period: Period_, data: Data, out: Out, policy: PolicyName = "branch2014", calendar: CalendarFile = "",
    prepared_on: PreparedOn = "", preparer: Preparer = "", reviewer: Reviewer = "", pdf: Pdf = False,
    workers: Workers = 0, only_failed: OnlyFailed = False, deadline: Deadline = "", kernel: Kernel = False,
    engine: Engine = "duckdb", cluster: Cluster = "", progress: Shown = "auto", as_json: Json = False,
) -> None:  # fmt: skip
    """Make every document that is due at the end of a month, for every unit. 月末批量。

    What is due monthly is made for the month, in its folder; at the end of a quarter what is due quarterly for the quarter, in its own; so at
    the end of a half-year and of a year.
    """
    from postloan.month_end.plan import Request
    from postloan.papers.document import all_documents
    from postloan.period import Period

    month = Period.parse(period)
    if month.first_day.replace(day=1) != month.as_of.replace(day=1):
        raise BadCommand(tr("'{text}' is no month", text=period), do=tr("write it like 2014-06"))
    who = policy, calendar, prepared_on, preparer, reviewer, pdf, workers, only_failed, deadline, kernel, engine
    due = {span.name: [name for name, kind in all_documents().items() if kind.due == every] for every, span in month.ending().items()}
    requests = [Request(data, span, out, names, [], *who, cluster=cluster) for span, names in due.items() if names]
    if not requests:
        _say(tr("nothing is due at the end of {period}", period=period), as_json, {"period": period, "runs": []})
        return
    _run_all(period, requests, progress, as_json)


@app.command()
def check(period: Period_, data: Data, out: Out = "", as_json: Json = False) -> None:
    """Take in and screen the data only; say every problem. 只检查数据。"""
    from postloan.problem import STOP
    from postloan.run import check as check_data

    with _progress(tr("checking {data}", data=data), as_json):
        clean, filed = check_data(data, out, period)
    counts = Counter(p.consequence for p in clean.problems)
    if as_json:
        _print_json({"rows": clean.rows, "problems": [p._asdict() for p in clean.problems], "filed": [str(p) for p in filed]})
    else:
        _lines(*(f"  {p.consequence:<5}{_place(p)}  {p.says}" for p in clean.problems))
        _lines(
            *_filed(filed),
            tr(
                "{rows} rows taken in; problems: {stop} stop, {drop} dropped, {note} noted",
                rows=sum(clean.rows.values()),
                stop=counts["stop"],
                drop=counts["drop"],
                note=counts["note"],
            ),
        )
    if counts[STOP]:
        raise typer.Exit(3)


@app.command("pdf")
def pdf_command(
    files: Annotated[list[Path], typer.Argument(help="papers, .docx or .xlsx / 材料文件")], out: Out = "", as_json: Json = False
) -> None:
    """Turn papers into PDF, by LibreOffice. 将材料转为PDF。"""
    from postloan.file import put
    from postloan.month_end.pdf import pdf_path, previews

    with _progress(tr("making PDF previews"), as_json):
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
        _print_json({"filed": filed, "failed": failed})
    else:
        _lines(*_filed(map(Path, filed.values())), *(f"  ✘ {paper}: {reason}" for paper, reason in failed.items()))
    if failed:
        raise typer.Exit(1)


@app.command("explain")
def explain_command(name: str, policy: PolicyName = "branch2014") -> None:
    """Print what a measure or rule is and where it comes from. 解释指标或规则。"""
    from postloan.cli.explain import explain
    from postloan.policy import read_policy

    _lines(explain(name, read_policy(policy)))


@app.command("list")
def list_command() -> None:
    """Print what there is: documents, measures, rules, ledgers, policies, tables. 列出全部。"""
    from postloan.cli.explain import listing

    for kind, named in listing().items():
        _lines(f"{kind}:", *(f"  {name:<34}{title}" for name, title in named.items()), "")


@app.command()
def lab(notebook: Annotated[str, typer.Argument(help="document / 文种")] = "") -> None:
    """Open the notebooks in JupyterLab. 在JupyterLab中打开。"""
    from notebookrun.notebook import open_lab

    open_lab(notebook or None)


def _made(request, how: str, as_json: bool):
    """The record of a run. Where nothing has changed since the last one, what a run takes to start is not even loaded."""
    from notebookrun.progress import progress

    from postloan.month_end.unchanged import run_again

    shown = progress("none" if as_json and how == "auto" else how, sys.stderr)
    if again := run_again(request, shown):
        return again
    from postloan.run import run

    return run(request, shown)


def _run(request, how: str, as_json: bool) -> None:
    record = _made(request, how, as_json)
    if as_json:
        _print_json(asdict(record))
    else:
        _lines(*_summary(record, request.place))
    if record.exit_code:
        raise typer.Exit(record.exit_code)


def _run_all(period: str, requests, how: str, as_json: bool) -> None:
    """The runs one after the other; the exit code is the gravest."""
    records = [_made(request, how, as_json) for request in requests]
    if as_json:
        _print_json({"period": period, "runs": [asdict(record) for record in records]})
    else:
        _lines(*(line for record, request in zip(records, requests, strict=True) for line in _summary(record, request.place)))
    if code := max(record.exit_code for record in records):
        raise typer.Exit(code)


def _summary(record, folder: str) -> Iterable[str]:
    """What a tired person reads at two in the morning: made, not made and why, and where to look."""
    from postloan.papers.document import document
    from postloan.papers.record.regeneration import FOLDER as EDITED

    yield tr("period {period}, data of {as_of}, policy {policy}", period=record.period, as_of=record.as_of, policy=record.policy["name"])
    counts = record.problems
    yield tr("problems: {stop} stop, {drop} dropped, {note} noted; findings: {findings}", **counts, findings=record.findings)
    for name, outcome in record.documents.items():
        papers = [path for path in outcome["files"] if not path.startswith("notebooks/")]
        if outcome["state"] == "made":
            remark = f" ({outcome['reason']})" if outcome["reason"] else ""
            yield (
                "  ✔ "
                + tr("{title}: {count} papers", title=document(name).title, count=len(papers))
                + (f"  {papers[0]}" if papers else "")
                + f"{' …' if len(papers) > 1 else ''}{remark}"
            )
            if outcome["edited"]:
                where = f"{EDITED}/{name}.csv"
                yield "    ! " + tr("{count} places edited by hand were not taken over: see {where}", count=outcome["edited"], where=where)
        else:
            yield "  ✘ " + tr(
                "{title}: not made ({state}): {reason}", title=document(name).title, state=tr(outcome["state"]), reason=outcome["reason"]
            )
        yield from (f"  ✘ {paper}: {tr('no PDF: {reason}', reason=reason)}" for paper, reason in outcome.get("previews_failed", {}).items())
    if record.stopped:
        yield "  ✘ " + record.stopped
    yield tr("everything is in {folder}", folder=folder)


def _place(problem) -> str:
    row = f":{problem.row}" if problem.row is not None else ""
    return f"{problem.file}{'!' + problem.sheet if problem.sheet else ''}{row} {problem.field}".strip()


def _filed(paths: Iterable[Path]) -> list[str]:
    return [tr("written: {path}", path=path) for path in paths]


class _progress:
    """A line on the terminal that says what is being done; plain lines where there is no terminal, nothing with --json."""

    def __init__(self, first: str, silent: bool) -> None:
        self.console = Console(stderr=True)
        self.silent, self.status = silent, None
        self.first = first

    def __enter__(self) -> Callable[[str], None]:
        if not self.silent and self.console.is_terminal:
            self.status = self.console.status(self.first)
            self.status.start()
        return self.tell

    def tell(self, line: str) -> None:
        if self.status:
            self.status.update(line)
        elif not self.silent:
            print(line, file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self.status:
            self.status.stop()


def _say(line: str, as_json: bool, value: object) -> None:
    _print_json(value) if as_json else _lines(line)


def _lines(*lines: str) -> None:
    for line in lines:
        print(line)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def main() -> None:
    """Run the command line; errors are said in words, and the exit code is the contract's."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    language.use(None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being told to stop is an interrupt, recorded as one
    try:
        app()
    except PostloanError as fault:
        print(fault, file=sys.stderr)
        raise SystemExit(fault.exit_code) from None
