"""Pieces of a part made into one jinja2 program.

The program is built as jinja2's own syntax tree, never as template text: literal XML stays literal and needs no escaping, a value is
never read again, and each line of the compiled program leads back to its tag and place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from jinja2 import nodes

from officefill.errors import Fault, did_you_mean
from officefill.language.expressions import LOOP_FIELDS, Path, paths, value_shown, walked_list
from officefill.language.marks import Mark
from officefill.language.names import ITEM, NameUse
from officefill.messages import tr
from officefill.ooxml.namespaces import holds_tag

STATE = "_state"
"""The name of the run's state in a program; no template can write it."""
_MOST_NESTED = 12
Resolved = tuple[Path, tuple[int, ...]]
"""A path from the context, and for each `ITEM` in it the number of loops around its loop."""


class Assembly:
    """A program in the making, its names and faults, and the scopes of loop names on the way; see `Program`."""

    def __init__(self, part: str, trace: bool, keeps_items: Collection[str]) -> None:
        self.part, self.trace, self.keeps_items = part, trace, keeps_items
        self.traced: dict[int, Resolved] = {}
        self.deepest = self._loops = 0
        self.places: list[str] = []
        self.written: list[str] = []
        self.uses: list[NameUse] = []
        self.faults: list[Fault] = []
        self._body: list[nodes.Node] = []
        self._open: list[tuple[Any, list[nodes.Node]]] = []
        self._scopes: list[dict[str, Resolved | None]] = []

    def body_of(self, pieces: Iterable[str | Mark]) -> list[nodes.Node]:
        """Return the program of the pieces."""
        for piece in pieces:
            if isinstance(piece, Mark):
                self._mark(piece)
            else:
                if holds_tag(piece):
                    what = tr("a tag stands where nothing is filled, such as an alternative text")
                    self.faults.append(Fault(what, self.part, tr("move it into the text")))
                self._output(nodes.TemplateData(piece))
        return self._body

    def _output(self, child: nodes.Expr) -> None:
        if self._body and isinstance(self._body[-1], nodes.Output):
            self._body[-1].nodes.append(child)
        else:
            self._body.append(nodes.Output([child]))

    def _mark(self, mark: Mark) -> None:
        line = self._line(mark)
        match mark.kind:
            case "show" | "emit":
                self._output(self._call(mark, line))
            case "inner":
                self._output(self._call(mark, line))
                self._use((use.path, use.written, use.place) for use in mark.uses)
            case "literal":
                self._output(nodes.TemplateData(mark.args[0]))
            case "name":
                self._output(nodes.Name(mark.store, "load"))
            case "do":
                call = self._call(mark, line)
                self._body.append(nodes.Assign(nodes.Name(mark.store, "store"), call) if mark.store else nodes.ExprStmt(call))
            case "control":
                if len(self._open) >= _MOST_NESTED:
                    what = tr("loops and conditions are nested more than {most} deep", most=_MOST_NESTED)
                    self.faults.append(Fault(what, mark.tag.place))
                getattr(self, f"_{mark.control}")(mark, line)
            case "begin" | "figure":
                self._push(nodes.FilterBlock([], self._call(mark, line)))
            case "when":
                self._push(nodes.If(self._call(mark, line), [], [], []))
            case "end":
                self._pop()
            case "empty":
                self._body = self._open[-1][0].else_

    def _line(self, mark: Mark) -> int:
        """Return the line of a mark: a new one for a tag, whose place and words it keeps; any other mark belongs to the line before."""
        tag = mark.tag
        if tag.kind:
            self.places.append(tag.place)
            self.written.append(tag.source)
            if tag.expression:
                self._use((path, ".".join(path), tag.place) for path in paths(tag.expression))
            value = value_shown(tag.expression) if self.trace else None
            resolved = self._resolved(next(paths(value))) if value else None
            if resolved:
                self.traced[len(self.places)] = resolved
        return max(1, len(self.places))

    def _call(self, mark: Mark, line: int) -> nodes.Filter:
        """Return the call of a mark's filter: with the state and, of a tag, its value and line; of a block, with its text and the state."""
        if mark.kind == "figure":
            return self._filter(mark.filter, line, (line, value_shown(mark.tag.expression), *mark.args), block=True)
        if mark.kind == "inner":
            return self._filter(mark.filter, line, (nodes.DerivedContextReference(), *mark.args))
        shown = (mark.tag.expression, line) if mark.tag.kind else ()
        return self._filter(mark.filter, line, (*shown, *mark.args), block=mark.kind == "begin")

    def _filter(self, name: str, line: int, args: Iterable[Any], *, block: bool = False) -> nodes.Filter:
        state = nodes.Name(STATE, "load")
        given = [arg if isinstance(arg, nodes.Node) else nodes.Const(arg) for arg in args]
        call = nodes.Filter(None if block else state, name, [state, *given] if block else given, [], None, None)
        return call.set_lineno(line, override=True)  # type: ignore[return-value]

    # Controls

    def _for(self, mark: Mark, line: int) -> None:
        tag = mark.tag
        items = self._filter(mark.filter or "-items", line, (tag.expression, line, *mark.args))
        loop = nodes.For(nodes.Name(tag.item, "store"), items, [], [], None, False).set_lineno(line, override=True)
        source = walked_list(tag.expression, self.keeps_items)  # type: ignore[arg-type]
        whole = self._resolved(next(iter(paths(source)), ())) if isinstance(source, (nodes.Name, nodes.Getattr)) else None
        self._count_turns(line, 0)
        self._push(loop)
        self._count_turns(line, 1)
        self._scopes.append({tag.item: ((*whole[0], ITEM), (*whole[1], self._loops)) if whole else None, "loop": None})
        self._loops += 1
        self.deepest = max(self.deepest, self._loops)

    def _count_turns(self, line: int, step: int) -> None:
        if self.trace:
            self._body.append(nodes.ExprStmt(self._filter("-turn", line, (self._loops, step))))

    def _if(self, mark: Mark, line: int) -> None:
        self._push(nodes.If(mark.tag.expression, [], [], []).set_lineno(line, override=True))
        self._scopes.append({})

    def _elif(self, mark: Mark, line: int) -> None:
        branch = nodes.If(mark.tag.expression, [], [], [])
        branch.set_lineno(line, override=True)
        self._open[-1][0].elif_.append(branch)
        self._body = branch.body

    def _else(self, mark: Mark, line: int) -> None:
        self._body = self._open[-1][0].else_

    def _endfor(self, mark: Mark, line: int) -> None:
        self._loops -= 1
        self._endif(mark, line)

    def _endif(self, mark: Mark, line: int) -> None:
        self._pop()
        self._scopes.pop()

    def _keep(self, mark: Mark, line: int) -> None:
        tag = mark.tag
        if self._loops and isinstance(tag.expression, nodes.Const):
            what = tr("the region for people '{name}' stands in a loop and does not say whose it is", name=tag.item)
            do = tr("in a loop write {% keep name of item.key %} with a key that differs")
            self.faults.append(Fault(what, tag.place, do))
        self._push(nodes.FilterBlock([], self._filter("-keep", line, (line, tag.item, tag.expression, *mark.args), block=True)))

    def _endkeep(self, mark: Mark, line: int) -> None:
        self._pop()

    def _push(self, node: Any) -> None:
        self._body.append(node)
        self._open.append((node, self._body))
        self._body = node.body

    def _pop(self) -> None:
        _, self._body = self._open.pop()

    # Names

    def _resolved(self, path: Path) -> Resolved | None:
        """Return `path` from the context on; None where it cannot be followed."""
        for scope in reversed(self._scopes):
            if path and path[0] in scope:
                start = scope[path[0]]
                return None if start is None else ((*start[0], *path[1:]), start[1])
        return (path, ()) if path else None

    def _use(self, uses: Iterable[tuple[Path, str, str]]) -> None:
        """Note the names that a tag uses; of `loop`, a fault for a field it has not."""
        for path, written, place in uses:
            if path[0] == "loop":
                self._use_loop(path, place)
            elif resolved := self._resolved(path):
                self.uses.append(NameUse(resolved[0], written, place))

    def _use_loop(self, path: Path, place: str) -> None:
        if not any("loop" in scope for scope in self._scopes):
            self.faults.append(Fault(tr("'loop' outside a loop"), place))
        elif len(path) != 2 or path[1] not in LOOP_FIELDS:
            name = ".".join(path)
            self.faults.append(Fault(tr("unknown name '{name}'", name=name), place, did_you_mean(path[-1], LOOP_FIELDS)))
