"""The command line of those who draw templates: `postloan template check`, `fields`, `new`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from postloan.cli import options
from postloan.cli.output import print_json, print_lines, written
from postloan.errors import BadCommand, BadTemplate, Fault
from postloan.language import tr

if TYPE_CHECKING:
    from postloan.template_doctor import Diagnosis

app = typer.Typer(no_args_is_help=True, help="Check, list the fields of, and start templates. 模板：检查、字段、新建。")


@app.command()
def check(
    file: options.Template,
    document: options.DocumentName = "",
    out: options.CommentsOut = None,
    look: options.SamplePaper = None,
    as_json: options.Json = False,
) -> None:
    """Find every fault of a template at once, at its place. 一次查出模板的全部问题。"""
    from postloan.template_doctor import check_template, templates_in

    files = templates_in(file)
    found = [check_template(path, document) for path in files]
    filed = [*_copies(found, file, out), *(_sample_papers(found, file, look, document) if look else ())]
    if as_json:
        print_json({str(one.path): _as_json(one) for one in found} | {"written": list(map(str, filed))})
    else:
        print_lines([*(line for one in found for line in _report(one)), *written(filed)])
    if any(d.faults for d in found):
        raise typer.Exit(BadTemplate.exit_code)


@app.command()
def fields(
    document: options.Document = "",
    as_json: options.Json = False,
) -> None:
    """Print what a template may say, with examples of the sample quarter. 列出模板可用的字段。"""
    from postloan.papers.document import document as find_document
    from postloan.template_doctor.field_list import field_list, printed
    from postloan.template_doctor.samples import sample_context

    if document:
        find_document(document)
    lines = field_list(document, sample_context(document))
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        print_lines(printed(lines))


@app.command()
def new(
    name: options.NewDocument,
    source: options.StyleOf = "quarterly_brief",
    title: options.Title = "",
    to: options.TemplatesFolder = None,
) -> None:
    """Start a document: a folder with its description and templates. 新建一个文种。"""
    from postloan.template_doctor.new_document import new_document

    filed = new_document(name, source, title, to)
    print_lines([*written(filed), tr("draw it in Word or Excel, then: postloan template check {folder}", folder=filed[0].parent)])
    if to is None:
        print_lines([tr("make it with: postloan run {name} …", name=name)])


# The faults found, in words and as comments


def _report(diagnosis: Diagnosis) -> Iterator[str]:
    counts = {"faults": len(diagnosis.faults), "warnings": len(diagnosis.warnings)}
    yield f"{diagnosis.path}: " + tr("{faults} faults, {warnings} warnings", **counts)
    yield from _marked(diagnosis.faults, "✘")
    yield from _marked(diagnosis.warnings, "!")


def _marked(faults: Iterable[Fault], mark: str) -> Iterator[str]:
    for fault in faults:
        yield f"  {mark} " + str(fault).replace("\n", "\n  ")


def _as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    return {"faults": list(map(_fault_json, diagnosis.faults)), "warnings": list(map(_fault_json, diagnosis.warnings))}


def _fault_json(fault: Fault) -> dict[str, Any]:
    place = fault.place
    return {"what": fault.what, "where": str(fault.where), "do": fault.do, "part": place.part, "at": place.at, "span": place.span}


def _copies(found: list[Diagnosis], asked: Path, out: Path | None) -> Iterator[Path]:
    """File a copy with comments of each template that has something to say, under the name asked for or the template's own in a folder."""
    from postloan.file import put

    for diagnosis in found if out else ():
        assert out
        path = _below(out, diagnosis.path, asked)
        if path.resolve() == diagnosis.path.resolve():
            raise BadCommand(tr("the copy would take the place of the template"), str(path), tr("give another name"))
        if diagnosis.faults or diagnosis.warnings:
            try:
                put(path, diagnosis.copy())
            except BadTemplate:
                continue  # what is wrong with a file that cannot be opened has been told
            yield path


def _sample_papers(found: list[Diagnosis], asked: Path, look: Path, document: str) -> Iterator[Path]:
    """File the paper that each template without faults makes of the sample quarter, and the template beside it."""
    from postloan.file import put
    from postloan.template_doctor.samples import sample_paper

    for diagnosis in found:
        if diagnosis.faults:
            continue
        path = _below(look, diagnosis.path, asked, folder=True)
        for name, content in ((path, diagnosis.data), (path.with_stem(f"{path.stem}.filled"), sample_paper(diagnosis.path, document))):
            if name.resolve() != diagnosis.path.resolve():
                put(name, content)
                yield name


def _below(out: Path, path: Path, asked: Path, *, folder: bool = False) -> Path:
    """Return the place of a file that belongs to the template at `path`: `out` itself for one file, a place in the folder `out` for others."""
    if asked.is_dir():
        return out / path.relative_to(asked)
    return out / path.name if folder or out.is_dir() else out
