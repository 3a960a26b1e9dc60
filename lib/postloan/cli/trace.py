"""The command `postloan trace`: where the figures of a finished paper come from, on the terminal, as JSON, or as an Excel book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postloan.cli import options
from postloan.cli.output import print_json, print_lines
from postloan.language import either, tr
from postloan.numbers import exact

if TYPE_CHECKING:
    from postloan.audit.trace import Trace, TracedFigure
    from postloan.audit.trace.calculations import Calculation, CalculationPart, Link

MOST_KEYS_SHOWN = 5
"""Keys of a set that the terminal shows; the book and JSON have them all."""


def trace_command(
    paper: options.Paper, data: options.Data = "", figure: options.FigureNames = None, out: options.TraceOut = "",
    policy: options.PolicyName = "", calendar: options.CalendarFile = "", as_json: options.Json = False,
) -> None:  # fmt: skip
    """Say where every figure of a finished paper comes from. 追溯材料中的数字。

    Data and policy are those that run.json beside the paper names, unless others are given.
    """
    from postloan.audit.trace import trace
    from postloan.file import put

    traced = trace(paper, data, figure or [], policy, calendar)
    if out:
        from postloan.audit.trace.trace_book import trace_book

        put(Path(out), trace_book(traced))
    if as_json:
        print_json(as_object(traced))
    else:
        print_lines([*_about(traced), *([] if out else _listing(traced)), *_ending(traced, out)])


# On the terminal


def _about(trace: Trace) -> Iterator[str]:
    of = trace.record.about
    yield tr(
        "{paper}: {document}, period {period}, policy {policy}; {count} figures",
        paper=trace.paper.name, document=of["document"], period=of["period"], policy=of["policy"], count=len(trace.figures),
    )  # fmt: skip
    if trace.book is None:
        yield tr("no data: the figures are listed from the paper alone; give --data for terms and rows")
    elif trace.other:
        yield tr("the data are not those the paper was made from; changed or missing: {names}", names=", ".join(trace.other))
    else:
        yield tr("the data, policy and program are those the paper was made from")


def _listing(trace: Trace) -> Iterator[str]:
    for traced in trace.figures:
        yield ""
        yield f"{traced.place}  {traced.figure.text}  {traced.words.title}{_whose(traced)}"
        yield f"  {tr('value')}: {exact(traced.figure.value) or '不适用'}{f' ({traced.words.unit})' if traced.words.unit else ''}   {tr('key')}: {traced.figure.identity.key}"
        yield f"  {traced.words.definition}"
        if traced.words.formula and traced.words.formula != traced.words.definition:
            yield f"  {tr('formula')}: {traced.words.formula}"
        if traced.agrees is False:
            yield "  ✘ " + tr("computed anew: {value}", value=" / ".join(map(exact, traced.values)) or "-")
        if traced.calculation:
            yield from _calculation(trace, traced.calculation)


def _whose(traced: TracedFigure) -> str:
    of = traced.figure.identity
    if not of.measure:
        return ""
    from postloan.audit.trace.trace_book import GRAINS

    return f"  [{' '.join(filter(None, (either(of.grain, GRAINS[of.grain]), of.subject, of.period)))}]"


def _calculation(trace: Trace, made: Calculation) -> Iterator[str]:
    if made.formula:
        yield f"  = {made.formula}"
    for part in made.parts:
        indent = "    " + "  " * part.level
        value = "" if part.value is None else f": {exact(part.value)} {part.unit}"
        yield f"{indent}{part.title}{value} [{part.period}]"
        for link in part.links:
            yield f"{indent}  {_link(trace, link)}"


def _link(trace: Trace, link: Link) -> str:
    assert trace.sets is not None
    kind = tr("rows behind") if link.kind == "behind" else tr("related rows")
    keys = [_key(row) for row in _span_rows(trace, link, MOST_KEYS_SHOWN)]
    more = " …" if link.span.count > len(keys) else ""
    return f"{kind} {link.row_set.name} {_table(link)}: {link.span.count}  {'; '.join(keys)}{more}"


def _table(link: Link) -> str:
    from postloan.audit.trace.trace_book import sheet_of

    return sheet_of(link.row_set.wanted.table)


def _key(row: dict[str, Any]) -> str:
    return " · ".join(text for name, text in row.items() if name != "row")


def _ending(trace: Trace, out: str) -> Iterator[str]:
    if wrong := [traced for traced in trace.figures if traced.agrees is False]:
        yield tr("{count} figures differ from what the data give now", count=len(wrong))
    if out:
        yield tr("written: {path}", path=out)
        yield tr("the book holds customer rows and is confidential")


# As JSON


def as_object(trace: Trace) -> dict[str, Any]:
    """The trace as plain values; the keys of each set stand once, under `row_sets`."""
    return {
        "paper": trace.paper.name,
        "about": dict(trace.record.about),
        "data": trace.data,
        "not_as_recorded": trace.other,
        "figures": [_figure(traced) for traced in trace.figures],
        "row_sets": [
            {
                "name": made.name, "table": made.wanted.table, "period": made.wanted.period, "count": made.rows,
                "rows": list(sets.key_rows(made)),
            }
            for sets in filter(None, [trace.sets])
            for made in sets.sets()
        ],
    }  # fmt: skip


def _figure(traced: TracedFigure) -> dict[str, Any]:
    figure, words, made = traced.figure, traced.words, traced.calculation
    of = figure.identity
    return {
        "place": traced.place, "text": figure.text, "value": exact(figure.value), "anew": [exact(value) for value in traced.values],
        "key": of.key, "measure": of.measure, "grain": of.grain, "subject": of.subject, "period": of.period, "change": of.change,
        "title": words.title, "definition": words.definition, "formula": words.formula, "unit": words.unit, "source": words.source,
        "with_numbers": made.formula if made else "", "parts": [_part(part) for part in made.parts] if made else [],
    }  # fmt: skip


def _part(part: CalculationPart) -> dict[str, Any]:
    links = [
        {
            "kind": link.kind, "row_set": link.row_set.name, "table": link.row_set.wanted.table, "first": link.span.start,
            "count": link.span.count, "aggregate": link.aggregate, "sum": exact(link.sum),
        }
        for link in part.links
    ]  # fmt: skip
    return {
        "level": part.level, "name": part.name, "title": part.title, "unit": part.unit, "period": part.period,
        "value": exact(part.value), "formula": part.formula, "tables": list(part.tables), "row_sets": links,
    }  # fmt: skip


def _span_rows(trace: Trace, link: Link, most: int) -> Iterable[dict[str, Any]]:
    assert trace.sets is not None
    return trace.sets.key_rows(link.row_set, link.span.start, min(most, link.span.count))
