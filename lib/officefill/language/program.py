"""One part of a template as one jinja2 program, and the running of it.

The program is built as jinja2's own syntax tree, never as template text: literal XML stays literal and needs no escaping, a value is
never read again, and each line of the compiled program leads back to its tag and place.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from traceback import walk_tb
from typing import Any

from jinja2 import Template, UndefinedError, nodes, pass_context
from jinja2.runtime import Context, Undefined

from officefill.errors import Fault, did_you_mean
from officefill.language.expressions import (
    LOOP_FIELDS,
    Failed,
    Path,
    PlainEnvironment,
    counted,
    paths,
    value_shown,
    walked_list,
)
from officefill.language.marks import NOT_XML, Mark
from officefill.language.names import ITEM, Asked
from officefill.language.provenance import Key
from officefill.messages import tr

STATE = "-state"
MOST_ITERATIONS = 2_000_000
_MOST_NESTED = 12


class State:
    """What one run of one part keeps: the faults it meets, how often it went round, and what filters count on the way, by what it is.
    Filters find it in the context."""

    def __init__(self, program: Program) -> None:
        self.program, self.faults, self.iterations = program, list[Fault](), 0
        self.counts: dict[tuple[Any, ...], int] = {}
        self.at = [-1] * program.deepest

    def path(self, line: int) -> tuple[Key, ...]:
        """The path from the context of the value that the tag of `line` shows, in the present time round of its loops."""
        path, depths = self.program.traced[line]
        turns = iter(depths)
        return tuple(self.at[next(turns)] if key == ITEM else key for key in path)

    def refuse(self, line: int, what: str, do: str = "") -> str:
        """Notes a fault at the tag of `line`; prints nothing."""
        self.faults.append(Fault(what, self.program.places[line - 1], do))
        return ""

    def words(self, value: Any, line: int) -> str:
        """`value` as text to print, or a fault: only texts and whole numbers print without a filter, nothing blank does."""
        if type(value) is str:
            return self.printable(value, line)
        if type(value) is int:
            return str(value)
        return self.refuse_value(value, line)

    def refuse_value(self, value: Any, line: int) -> str:
        """Note that the value of the tag of `line` cannot be printed as it is, and what to do; print nothing."""
        return self.refuse(line, *self._why_not(value, self.program.written[line - 1]))

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

    def printable(self, text: str, line: int) -> str:
        """`text` with line ends as \\n, or a fault where XML cannot carry a character of it."""
        if text.isprintable():  # nothing printable is refused, and a line end is not printable
            return text
        wrong = NOT_XML.search(text)
        if wrong:
            return self.refuse(line, tr("the text holds the character U+{code}, which no document can hold", code=f"{ord(wrong[0]):04X}"))
        return text.replace("\r\n", "\n").replace("\r", "\n")


@pass_context
def items_of(context: Context, value: Any, line: int) -> list[Any]:
    """What a loop walks: a list, and not too many of them in one paper."""
    state: State = context.parent[STATE]
    if type(value) is not list:
        written = state.program.written[line - 1]
        if value is None or isinstance(value, (Undefined, Failed)):
            state.refuse_value(value, line)
        else:
            what = tr("{written} is no list but a {kind}", written=written, kind=type(value).__name__)
            state.refuse(line, what, tr("only a list can be walked"))
        return []
    state.iterations += len(value)
    if state.iterations > MOST_ITERATIONS:
        raise ValueError(tr("the loops go round more than {most} times", most=MOST_ITERATIONS))
    return value


@pass_context
def _turn(context: Context, depth: int, step: int) -> None:
    """Keeps count of a loop's turns; `step` is 0 where it begins."""
    at = context.parent[STATE].at
    at[depth] = at[depth] + 1 if step else -1


INTERNAL = {"-items": items_of, "-turn": _turn}
"""Filters every template's environment needs besides its own."""


class Program:
    """A compiled part. `asked` is what it asks the context for; `places` and `written` tell where and how, by line.

    A traced one knows for each line that shows one value its path from the context, and which loops the items in it are of.
    """

    def __init__(self, environment: PlainEnvironment, pieces: Iterable[str | Mark], name: str, *, trace: bool = False) -> None:
        self.environment, self.part, self.name, self.trace = environment, name, f"<template {name}>", trace
        self.traced: dict[int, tuple[Path, tuple[int, ...]]] = {}
        self.deepest = 0
        self.places: list[str] = []
        self.written: list[str] = []
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        body = self._settled(_Assembly(self).body_of(pieces))
        if not self.faults:
            code = environment.compile(nodes.Template(body, lineno=1), name, self.name)
            self._template = Template.from_code(environment, code, {})

    def _settled(self, body: list[nodes.Node]) -> list[nodes.Node]:
        """The program as it is compiled; kinds of parts may join what their own filters make."""
        return body

    def run(self, context: dict[str, Any], state: State) -> str:
        """The part filled in. Faults met are in `state.faults`; then the text is of no use."""
        return "".join(self.pieces(context, state))

    def pieces(self, context: dict[str, Any], state: State) -> list[str]:
        """The same not yet joined: what one filter gives is within one piece."""
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


Resolved = tuple[Path, tuple[int, ...]]
"""A path from the context, and how many loops deep the loop of each `ITEM` in it is."""


class _Assembly:
    """Pieces to a syntax tree; scopes of loop names on the way."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.body: list[nodes.Node] = []
        self.open: list[tuple[nodes.Node, list[nodes.Node]]] = []
        self.scopes: list[dict[str, Resolved | None]] = []
        self.loops = 0

    def body_of(self, pieces: Iterable[str | Mark]) -> list[nodes.Node]:
        for piece in pieces:
            if isinstance(piece, str):
                if "{{" in piece or "{%" in piece:
                    what = tr("a tag stands where nothing is filled, such as an alternative text")
                    self.program.faults.append(Fault(what, self.program.part, tr("move it into the text")))
                self._output(nodes.TemplateData(piece))
            else:
                self._mark(piece)
        return self.body

    def _output(self, child: nodes.Expr) -> None:
        if self.body and isinstance(self.body[-1], nodes.Output):
            self.body[-1].nodes.append(child)
        else:
            self.body.append(nodes.Output([child]))

    def _mark(self, mark: Mark) -> None:
        line = self._line(mark)
        if mark.kind == "show" or mark.kind == "emit":
            self._output(self._filter(mark, line))
        elif mark.kind == "inner":
            self._inner(mark, line)
        elif mark.kind == "literal":
            self._output(nodes.TemplateData(mark.args[0]))
        elif mark.kind == "name":
            self._output(nodes.Name(mark.store, "load"))
        elif mark.kind == "do":
            call = self._filter(mark, line)
            self.body.append(nodes.Assign(nodes.Name(mark.store, "store"), call) if mark.store else nodes.ExprStmt(call))
        elif mark.control:
            if len(self.open) >= _MOST_NESTED and mark.tag:
                what = tr("loops and conditions are nested more than {most} deep", most=_MOST_NESTED)
                self.program.faults.append(Fault(what, mark.tag.place))
            getattr(self, f"_{mark.control}")(mark, line)
        elif mark.kind == "begin" or mark.kind == "figure":
            self._push(nodes.FilterBlock([], self._filter(mark, line)))
        elif mark.kind == "when":
            self._push(nodes.If(self._filter(mark, line), [], [], []))
        elif mark.kind == "end":
            self._pop()
        else:
            self._turn(self.open[-1][0].else_)  # type: ignore[attr-defined]

    def _inner(self, mark: Mark, line: int) -> None:
        call = nodes.Filter(nodes.DerivedContextReference(), mark.filter, [nodes.Const(arg) for arg in mark.args], [], None, None)
        call.set_lineno(line, override=True)
        self._output(call)
        for asked in mark.asks:
            resolved = self._resolved(asked.path)
            if resolved:
                self.program.asked.append(Asked(resolved[0], asked.written, asked.place))

    def _line(self, mark: Mark) -> int:
        """A new line of the program for a tag, whose place and words it stands for; what is not a tag belongs to the line before."""
        if mark.tag:
            self.program.places.append(mark.tag.place)
            self.program.written.append(mark.tag.source)
            self._ask(mark.tag.expression, mark)
            self._trace(mark.tag.expression)
        return max(1, len(self.program.places))

    def _trace(self, expression: nodes.Expr | None) -> None:
        value = value_shown(expression) if self.program.trace else None
        resolved = self._resolved(next(paths(value))) if value else None
        if resolved:
            self.program.traced[len(self.program.places)] = resolved

    def _filter(self, mark: Mark, line: int) -> nodes.Filter:
        """`filter(value, line, *args)` of a tag, `filter(*args)` of anything else."""
        args = [nodes.Const(arg) for arg in mark.args]
        if mark.kind == "figure":
            value = value_shown(mark.tag and mark.tag.expression)
            assert value is not None
            call = nodes.Filter(None, mark.filter, [nodes.Const(line), value, *args], [], None, None)
        elif mark.tag:
            assert mark.tag.expression is not None
            call = nodes.Filter(mark.tag.expression, mark.filter, [nodes.Const(line), *args], [], None, None)
        elif mark.kind == "begin":
            call = nodes.Filter(None, mark.filter, args, [], None, None)
        else:
            call = nodes.Filter(args[0], mark.filter, args[1:], [], None, None)
        call.set_lineno(line, override=True)
        return call

    # Controls

    def _for(self, mark: Mark, line: int) -> None:
        tag = mark.tag
        assert tag and tag.expression
        args: list[nodes.Expr] = [nodes.Const(arg) for arg in (line, *mark.args)]
        items = nodes.Filter(tag.expression, mark.filter or "-items", args, [], None, None)
        loop = nodes.For(nodes.Name(tag.item, "store"), items, [], [], None, False)
        loop.set_lineno(line, override=True)
        source = walked_list(tag.expression, self.program.environment.settings.keeps_items)
        whole = self._resolved(next(iter(paths(source)), ())) if isinstance(source, (nodes.Name, nodes.Getattr)) else None
        if self.program.trace:
            self._count_turns(0)
        self._push(loop)
        if self.program.trace:
            self._count_turns(1)
        self.scopes.append({tag.item: ((*whole[0], ITEM), (*whole[1], self.loops)) if whole else None, "loop": None})
        self.loops += 1
        self.program.deepest = max(self.program.deepest, self.loops)

    def _count_turns(self, step: int) -> None:
        call = nodes.Filter(nodes.Const(self.loops), "-turn", [nodes.Const(step)], [], None, None)
        self.body.append(nodes.ExprStmt(call))

    def _if(self, mark: Mark, line: int) -> None:
        assert mark.tag and mark.tag.expression
        self._push(nodes.If(mark.tag.expression, [], [], []).set_lineno(line, override=True))
        self.scopes.append({})

    def _elif(self, mark: Mark, line: int) -> None:
        assert mark.tag and mark.tag.expression
        branch = nodes.If(mark.tag.expression, [], [], [])
        branch.set_lineno(line, override=True)
        self.open[-1][0].elif_.append(branch)  # type: ignore[attr-defined]
        self._turn(branch.body)

    def _else(self, mark: Mark, line: int) -> None:
        self._turn(self.open[-1][0].else_)  # type: ignore[attr-defined]

    def _endfor(self, mark: Mark, line: int) -> None:
        self.loops -= 1
        self._endif(mark, line)

    def _endif(self, mark: Mark, line: int) -> None:
        self._pop()
        self.scopes.pop()

    def _keep(self, mark: Mark, line: int) -> None:
        tag = mark.tag
        assert tag and tag.expression
        if self.loops and isinstance(tag.expression, nodes.Const):
            what = tr("the region for people '{name}' stands in a loop and does not say whose it is", name=tag.item)
            do = tr("in a loop write {% keep name of item.key %} with a key that differs")
            self.program.faults.append(Fault(what, tag.place, do))
        args = [nodes.Const(line), nodes.Const(tag.item), tag.expression, *(nodes.Const(arg) for arg in mark.args)]
        call = nodes.Filter(None, "-keep", args, [], None, None)
        call.set_lineno(line, override=True)
        self._push(nodes.FilterBlock([], call))

    def _endkeep(self, mark: Mark, line: int) -> None:
        self._pop()

    def _push(self, node: Any) -> None:
        self.body.append(node)
        self.open.append((node, self.body))
        self.body = node.body

    def _turn(self, body: list[nodes.Node]) -> None:
        self.body = body

    def _pop(self) -> None:
        _, self.body = self.open.pop()

    # Names

    def _resolved(self, path: Path) -> Resolved | None:
        """`path` from the context on; None where it cannot be followed."""
        for scope in reversed(self.scopes):
            if path and path[0] in scope:
                start = scope[path[0]]
                return None if start is None else ((*start[0], *path[1:]), start[1])
        return (path, ()) if path else None

    def _ask(self, expression: nodes.Expr | None, mark: Mark) -> None:
        for path in paths(expression) if expression else ():
            if path[0] == "loop":
                self._ask_loop(path, mark)
            else:
                resolved = self._resolved(path)
                if resolved:
                    self.program.asked.append(Asked(resolved[0], ".".join(path), mark.tag.place))  # type: ignore[union-attr]

    def _ask_loop(self, path: Path, mark: Mark) -> None:
        place = mark.tag.place  # type: ignore[union-attr]
        if not any("loop" in scope for scope in self.scopes):
            self.program.faults.append(Fault(tr("'loop' outside a loop"), place))
        elif len(path) != 2 or path[1] not in LOOP_FIELDS:
            name = ".".join(path)
            self.program.faults.append(Fault(tr("unknown name '{name}'", name=name), place, did_you_mean(path[-1], LOOP_FIELDS)))
