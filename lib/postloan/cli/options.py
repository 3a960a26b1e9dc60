"""The options and arguments of the command line, each declared once; a command names those that it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from postloan import __version__


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"postloan {__version__}")
        raise typer.Exit


def _period_named(text: str) -> str:
    """Return the name of a period as people write it; what is none is left to be refused."""
    from postloan.data.intake.moments import period_named  # late: help needs none of it

    return period_named(text) or text


# The data, and how they are read

PeriodName = Annotated[
    str,
    typer.Option(
        "--period", callback=_period_named, help="2014Q2, 2014H1, 2014-06, 2014 / 期间，如2014Q2、2014H1、2014-06、2014，或2014年二季度"
    ),
]
AnyPeriod = Annotated[str, typer.Option("--period", callback=_period_named, help="2014Q2 / 期间，如2014Q2或2014年二季度")]
Tables = Annotated[list[str], typer.Argument(help="tables by name or title / 数据表的名称或中文名")]
Data = Annotated[str, typer.Option("--data", help="folder of tables, or one workbook / 数据文件夹或工作簿")]
PolicyName = Annotated[str, typer.Option("--policy", help="policy name or .yaml file / 政策名称或文件")]
CalendarFile = Annotated[str, typer.Option("--calendar", help="CSV of days off and working weekends / 节假日文件")]
Engine = Annotated[str, typer.Option("--engine", help="where the tallies run: duckdb, local[2], spark://HOST:PORT / 计数引擎")]

# The papers to be made

Out = Annotated[str, typer.Option("--out", help="output folder, or a URL such as s3://bucket/out / 输出文件夹或URL")]
Documents = Annotated[list[str] | None, typer.Argument(help="documents; all of them where none is named / 文种，不写则全部")]
Units = Annotated[list[str] | None, typer.Option("--unit", help="unit id, may be repeated / 机构编号，可多次给出")]
PreparedOn = Annotated[str, typer.Option("--prepared-on", help="date of the papers, else today / 落款日期，不写则为今天")]
Preparer = Annotated[str, typer.Option("--preparer", help="name / 编制人")]
Reviewer = Annotated[str, typer.Option("--reviewer", help="name / 复核人")]
Pdf = Annotated[bool, typer.Option("--pdf", help="a PDF beside every paper, by LibreOffice / 同时生成PDF预览")]

# The run

Workers = Annotated[int, typer.Option("--workers", min=0, help="notebooks at a time, else as many as processors / 同时运行数")]
OnlyFailed = Annotated[bool, typer.Option("--only-failed", help="only what was not made last time / 只补上次未生成的")]
Deadline = Annotated[str, typer.Option("--deadline", help="start nothing after this time of day, 06:00 / 截止时刻")]
Kernel = Annotated[bool, typer.Option("--kernel", help="run each notebook in a Jupyter kernel of its own / 使用独立的Jupyter内核")]
Cluster = Annotated[str, typer.Option("--cluster", help="address of a Dask scheduler whose workers run the notebooks / Dask集群地址")]
ProfileName = Annotated[str, typer.Option("--profile", help="profile name or .yaml file of the sender / 报送格式名称或文件")]
ProfileOut = Annotated[str, typer.Option("--out", help="profile to write / 要写的格式文件")]
Draft = Annotated[bool, typer.Option("--draft", help="drafts of data that would stop the run / 数据本应停止运行时出草稿")]
Heads = Annotated[str, typer.Option("--heads", help="heads of the tables, en for programs or zh / 数据表表头，en或zh")]

# What is said

Language = Annotated[str, typer.Option("--lang", help="zh or en; stands anywhere / 语言，zh或en，写在哪里都可以")]
"""Taken from the command line before anything else is read: see `usage.language_of`."""
Version = Annotated[bool, typer.Option("--version", help="print the version / 显示版本", is_eager=True, callback=_print_version)]
ProgressKind = Annotated[str, typer.Option("--progress", help="auto, rich, plain, json or none / 进度显示方式")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on standard output / 输出JSON")]

# Finished papers

Paper = Annotated[Path, typer.Argument(help="a finished paper, .docx or .xlsx / 已生成的材料")]
Papers = Annotated[list[Path], typer.Argument(help="finished papers, .docx or .xlsx / 已生成的材料")]
Returned = Annotated[list[Path], typer.Argument(help="papers that came back, .docx or .xlsx, or folders of them / 收回的材料或其文件夹")]
OutRead = Annotated[str, typer.Option("--out", help="output folder of the run that made them / 生成这些材料的输出文件夹")]
CopiesOut = Annotated[str, typer.Option("--out", help="folder for copies with comments and verify.csv / 批注副本和清单的文件夹")]
Redline = Annotated[str, typer.Option("--redline", help="Word file to write, with tracked changes / 写出带修订标记的Word文件")]
TraceOut = Annotated[str, typer.Option("--out", help="Excel book to write; it holds customer rows / 写出Excel溯源底稿（含客户明细）")]
FigureNames = Annotated[
    list[str] | None,
    typer.Option("--figure", help="key, measure, title, printed text or place; may be repeated / 数字：标识、指标、印出文字或位置"),
]

# Templates

Template = Annotated[Path, typer.Argument(help="a template, or a folder of them / 模板文件或文件夹")]
Document = Annotated[str, typer.Argument(help="document; without one, what all share / 文种，不写则为共用字段")]
DocumentName = Annotated[str, typer.Option("--document", help="the document whose fields it may say / 所属文种")]
NewDocument = Annotated[str, typer.Argument(help="name of the new document, such as monthly_brief / 新文种代号")]
CommentsOut = Annotated[Path | None, typer.Option("--out", help="copy with comments at the faults / 带批注的副本")]
SamplePaper = Annotated[Path | None, typer.Option("--look", help="folder for the paper of the sample quarter / 用样例季度试填的文件夹")]
StyleOf = Annotated[str, typer.Option("--from", help="document whose style it takes / 参照的文种")]
Title = Annotated[str, typer.Option("--title", help="title / 标题")]
TemplatesFolder = Annotated[
    Path | None, typer.Option("--to", help="folder, else the program's templates / 放到哪个文件夹，不写则为程序的模板文件夹")
]
