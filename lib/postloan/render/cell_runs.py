"""Cells that stand side by side, made in one call: a call for each would cost more than the cells of a large sheet do."""

from __future__ import annotations

from itertools import groupby, repeat
from typing import Any

from jinja2 import nodes, pass_context
from jinja2.runtime import Context

from postloan.render.cells import cell_of
from postloan.render.program import STATE, Program
from postloan.render.sheet_filling import SheetState, typed_cell

_CANNOT_FAIL = (nodes.Name, nodes.Getattr, nodes.Const)


class SheetProgram(Program):
    """A compiled sheet. Cells of one value that follow each other are one call in it."""

    def _settled(self, body: list[nodes.Node]) -> list[nodes.Node]:
        for node in body:
            if isinstance(node, nodes.Output):
                node.nodes = [one for alone, run in groupby(node.nodes, _stands_alone) for one in (run if alone else _joined(list(run)))]
            else:
                for field in ("body", "else_", "elif_"):
                    self._settled(getattr(node, field, []))
        return body


def _stands_alone(node: nodes.Node) -> bool:
    """Whether a node is no cell of one value, or one whose value may fail to be computed: its fault is told by its own line."""
    return not (isinstance(node, nodes.Filter) and node.name == "-cell" and isinstance(node.node, _CANNOT_FAIL))


def _joined(cells: list[Any]) -> list[nodes.Expr]:
    """One call for `cells`: their values, their lines and the numbers of their forms."""
    if len(cells) == 1:
        return cells
    values = nodes.List([cell.node for cell in cells])
    lines, numbers = (nodes.Const(tuple(cell.args[at].value for cell in cells)) for at in (0, 1))
    return [nodes.Filter(values, "-cells", [lines, numbers], [], None, None, lineno=cells[0].lineno)]


@pass_context
def _cells(context: Context, values: list[Any], lines: tuple[int, ...], numbers: tuple[int, ...]) -> str:
    """Several cells of one row; each by itself where one of them is no plain matter, or where a record is kept of them."""
    state: SheetState = context.parent[STATE]
    if not state.program.traced:
        forms = state.sheet.cells.forms
        try:
            return "".join(map(cell_of, [forms[number] for number in numbers], repeat(state.row), values))  # type: ignore[arg-type]
        except (TypeError, ValueError):  # one of them is None, or a date that no cell can hold
            pass
    return "".join(map(typed_cell, repeat(context), values, lines, numbers))


FILTERS = {"-cells": _cells}
