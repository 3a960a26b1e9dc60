"""The commands that read finished papers: `postloan verify` and `postloan diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from postloan.errors import BadFile
from postloan.language import tr

Files = Annotated[list[str], typer.Argument(help="finished papers (.docx, .xlsx) / 已生成的材料")]
Data = Annotated[str, typer.Option("--data", help="folder of tables, or one workbook: also compare with today's data / 同时与现有数据核对")]
Calendar = Annotated[str, typer.Option("--calendar", help="CSV of days off and working weekends / 节假日文件")]
PolicyName = Annotated[str, typer.Option("--policy", help="policy .yaml file, where the paper's policy is one / 政策文件")]
Out = Annotated[str, typer.Option("--out", help="folder for copies with comments and verify.csv / 批注副本和清单的文件夹")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on standard output / 输出JSON")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    app.command("verify")(verify_command)
    app.command("diff")(diff_command)


def verify_command(
    files: Files, data: Data = "", calendar: Calendar = "", policy: PolicyName = "", out: Out = "", as_json: Json = False
) -> None:
    """Check finished papers, also after people edited them. 复核已生成的材料。"""
    from postloan.audit.verify import file_checked, severity_words, verify
    from postloan.audit.verify.today import Today

    today = Today(data, calendar, policy) if data else None
    try:
        # ~$… is what Word and WPS lay beside a file somebody has open; *.docx names it, too.
        checked = verify([Path(file) for file in files if not Path(file).name.startswith("~$")], today)
    except BadFile as fault:
        for problem in fault.problems or (today.stops if today else ()):
            typer.echo(f"  {problem.file}:{problem.row or ''} {problem.field}  {problem.says}", err=True)
        raise
    filed = file_checked(checked, Path(out)) if out else []
    if as_json:
        _print(
            json.dumps({"papers": [one.plain() for one in checked], "filed": [str(path) for path in filed]}, ensure_ascii=False, indent=2)
        )
    else:
        words = severity_words()
        for one in checked:
            hints = len(one.remarks) - one.errors
            _print(
                tr("{file}: {figures} figures; {errors} errors, {hints} hints",
                   file=one.name, figures=len(one.paper.record.figures), errors=one.errors, hints=hints)
            )  # fmt: skip
            for _, severity, _, _, place, says in one.rows():
                _print(f"  {words[severity]}  {place}  {says}")
        for path in filed:
            _print(tr("written: {path}", path=path))
    if any(one.errors for one in checked):
        raise typer.Exit(1)


def diff_command(
    old: Annotated[str, typer.Argument(help="finished paper / 旧材料")],
    new: Annotated[str, typer.Argument(help="finished paper / 新材料")],
    as_json: Json = False,
) -> None:
    """Which figures differ between two papers, and why. 比较两份材料的数字并说明原因。"""
    from postloan.audit.verify.difference import difference

    found = difference(Path(old), Path(new))
    if as_json:
        _print(json.dumps(found.plain(), ensure_ascii=False, indent=2))
    else:
        for line in found.words():
            _print(line)
    if found.differs:
        raise typer.Exit(1)


def _print(line: str) -> None:
    typer.echo(line)
