"""One part of a template as a compiled program, and one run of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from traceback import walk_tb
from typing import Any

from jinja2 import Template, UndefinedError, nodes
from jinja2.runtime import Undefined

from officefill.errors import Fault, did_you_mean
from officefill.language.assembly import STATE, Assembly
from officefill.language.expressions import Failed, PlainEnvironment, counted
from officefill.language.marks import Mark
from officefill.language.names import ITEM
from officefill.messages import tr
from officefill.ooxml.namespaces import NOT_XML

MOST_ITERATIONS = 2_000_000
Key = str | int


class State:
    """One run of one part: the faults it meets, how often it went round, and counts of the filters, by what they count.

    The filters of a program get it as their first value, and those of blocks after the text of the block.
    """

    def __init__(self, program: Program) -> None:
        self.program, self.faults, self.iterations = program, list[Fault](), 0
        self.counts: dict[tuple[Any, ...], int] = {}
        self.at = [-1] * program.deepest

    def path(self, line: int) -> tuple[Key, ...]:
        """Return the path from the context of the value that the tag of `line` shows, in the present time round of its loops."""
        path, depths = self.program.traced[line]
        turns = iter(depths)
        return tuple(self.at[next(turns)] if key == ITEM else key for key in path)

    def written(self, line: int) -> str:
        """Return the tag of `line` as the template writes it."""
        return self.program.written[line - 1]

    def refuse(self, line: int, what: str, do: str = "") -> str:
        """Note a fault at the tag of `line`; print nothing."""
        self.faults.append(Fault(what, self.program.places[line - 1], do))
        return ""

    def words(self, value: Any, line: int) -> str:
        """Return `value` as text to print, or note a fault: only texts and whole numbers print without a filter, nothing blank does."""
        if type(value) is str:
            return self.printable(value, line)
        return str(value) if type(value) is int else self.refuse_value(value, line)

    def printable(self, text: str, line: int) -> str:
        """Return `text` with line ends as \\n, or note a fault if XML cannot carry a character of it."""
        if text.isprintable():  # nothing printable is refused, and a line end is not printable
            return text
        wrong = NOT_XML.search(text)
        if wrong:
            return self.refuse(line, tr("the text holds the character U+{code}, which no document can hold", code=f"{ord(wrong[0]):04X}"))
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def refuse_value(self, value: Any, line: int) -> str:
        """Note that the value of the tag of `line` cannot be printed as it is, and what to do; print nothing."""
        return self.refuse(line, *self._why_not(value, self.written(line)))

    def _why_not(self, value: Any, written: str) -> tuple[str, str]:
        advice = self.program.environment.advice
        if isinstance(value, Failed):
            return f"{written}: {value.reason}", value.do
        if isinstance(value, Undefined):
            name, owner = str(value._undefined_name), value._undefined_obj
            do = did_you_mean(name, owner) if type(owner) is dict and owner else ""
            return tr("unknown name '{name}'", name=f"{written}: {name}"), do
        if value is None or (type(value) is Decimal and not value.is_finite()):
            return tr("{written} is blank", written=written), advice(tr("choose a filter that says what to print instead"), "blank")
        if type(value) is Decimal:
            return tr("{written} is a number without a form", written=written), advice(tr("add a filter"), "number")
        if isinstance(value, date):
            return tr("{written} is a date without a form", written=written), advice(tr("add a filter"), "date")
        if type(value) is bool:
            return tr("{written} is true or false, which is no text", written=written), advice(tr("use {% if … %} or a filter"), "truth")
        if type(value) is bytes:
            return tr("{written} is a picture", written=written), tr("add the filter picture, alone in its paragraph or cell")
        return tr("{written} is no text but a {kind}", written=written, kind=type(value).__name__), tr("walk it with {% for … %}")


def items_of(state: State, value: Any, line: int) -> list[Any]:
    """Return the items of a loop: those of a list, and not too many of them in one paper."""
    if type(value) is not list:
        if value is None or isinstance(value, (Undefined, Failed)):
            state.refuse_value(value, line)
        else:
            what = tr("{written} is no list but a {kind}", written=state.written(line), kind=type(value).__name__)
            state.refuse(line, what, tr("only a list can be walked"))
        return []
    state.iterations += len(value)
    if state.iterations > MOST_ITERATIONS:
        raise ValueError(tr("the loops go round more than {most} times", most=MOST_ITERATIONS))
    return value


def column_items(state: State, value: Any, line: int, key: tuple[Any, ...], if_empty: str = "") -> list[Any]:
    """Return the items of a loop over the columns `key`: as many in every row, and at least one. `if_empty` says what to do else."""
    items = items_of(state, value, line)
    if type(value) is list:
        written, count = state.written(line), len(items)
        before = state.counts.setdefault(key, count)
        if not count:
            state.refuse(line, tr("{written} is empty, and a table without these columns cannot be", written=written), if_empty)
        elif before != count:
            what = tr(
                "{written} gives this row {count} times the columns, another row {before} times",
                written=written,
                count=count,
                before=before,
            )
            state.refuse(line, what, tr("walk lists of one length in all rows of a table"))
    return items


def _turn(state: State, depth: int, step: int) -> None:
    """Count the turns of a loop; `step` is 0 where it begins."""
    state.at[depth] = state.at[depth] + 1 if step else -1


INTERNAL = {"-items": items_of, "-turn": _turn}
"""Filters that every template's environment needs besides its own."""


class Program:
    """A compiled part. `uses` are the names it takes from the context; `places` and `written` tell where and how, by line.

    A traced one knows for each line that shows one value its path from the context, and the loops that the items in it are of.
    """

    def __init__(self, environment: PlainEnvironment, pieces: Iterable[str | Mark], name: str, *, trace: bool = False) -> None:
        self.environment, self.part, self.name, self.trace = environment, name, f"<template {name}>", trace
        assembly = Assembly(name, trace, environment.settings.keeps_items)
        body = self._settled(assembly.body_of(pieces))
        self.places, self.written, self.uses, self.faults = assembly.places, assembly.written, assembly.uses, assembly.faults
        self.traced, self.deepest = assembly.traced, assembly.deepest
        if not self.faults:
            code = environment.compile(nodes.Template(body, lineno=1), name, self.name)
            self._template = Template.from_code(environment, code, {})

    def _settled(self, body: list[nodes.Node]) -> list[nodes.Node]:
        """Return the program as it is compiled; kinds of parts may join calls of their own filters."""
        return body

    def run(self, context: dict[str, Any], state: State) -> str:
        """Return the part filled in. Faults met are in `state.faults`; then the text is of no use."""
        return "".join(self.pieces(context, state))

    def pieces(self, context: dict[str, Any], state: State) -> list[str]:
        """Return the same not yet joined: the text of one filter is within one piece."""
        try:
            filled = self._template.new_context({**context, STATE: state})
            pieces = list(self._template.root_render_func(filled))
        except (TypeError, ValueError, ArithmeticError, UndefinedError) as fault:
            state.refuse(self._line_of(fault), tr("the tag cannot be computed: {reason}", reason=str(fault)))
            return []
        try:
            return counted(pieces)
        except ValueError as fault:
            state.faults.append(Fault(str(fault), self.part, tr("look for loops within loops, and for very large texts or pictures")))
            return []

    def _line_of(self, fault: BaseException) -> int:
        lines = [line for frame, line in walk_tb(fault.__traceback__) if frame.f_code.co_filename == self.name]
        if not lines:
            raise fault
        return self._template.get_corresponding_lineno(lines[-1])
