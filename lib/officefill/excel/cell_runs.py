"""Cells that stand side by side, made in one call: a call for each would cost more than the cells of a large sheet do."""

from __future__ import annotations

from itertools import groupby, repeat
from typing import Any

from jinja2 import nodes, pass_context
from jinja2.runtime import Context

from officefill.excel.cells import cell_of
from officefill.excel.sheet_filling import SheetState, typed_cell
from officefill.language.program import STATE, Program
from officefill.language.provenance import KINDS


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
    return not (isinstance(node, nodes.Filter) and node.name == "-cell" and _cannot_fail(node.node))


def _cannot_fail(node: nodes.Expr | None) -> bool:
    """Whether a value is there as soon as its names are: `c.n`, `c.n|or_gap`, and `c.n is none and "不适用" or c.n`."""
    if isinstance(node, nodes.Filter) and node.name == "or_gap":
        return _cannot_fail(node.node)
    if isinstance(node, (nodes.And, nodes.Or)):
        return _is_known(node.left) and _cannot_fail(node.right)
    return isinstance(node, (nodes.Name, nodes.Getattr)) or _is_known(node)


def _is_known(node: nodes.Expr | None) -> bool:
    """Whether nothing can be wrong with asking if a value is true: what an unknown name would be is neither true nor false."""
    if isinstance(node, (nodes.And, nodes.Or)):
        return _is_known(node.left) and _is_known(node.right)
    return isinstance(node, nodes.Const) or (isinstance(node, nodes.Test) and node.name == "none" and _cannot_fail(node.node))


def _joined(cells: list[Any]) -> list[nodes.Expr]:
    """One call for `cells`: their values, their lines and the numbers of their forms."""
    if len(cells) == 1:
        return cells
    values = nodes.List([cell.node for cell in cells])
    lines, numbers = (nodes.Const(tuple(cell.args[at].value for cell in cells)) for at in (0, 1))
    return [nodes.Filter(values, "-cells", [lines, numbers], [], None, None, lineno=cells[0].lineno)]


@pass_context
def _cells(context: Context, values: list[Any], lines: tuple[int, ...], numbers: tuple[int, ...]) -> str:
    """Several cells of one row; each by itself where one of them is no plain matter."""
    state: SheetState = context.parent[STATE]
    forms, traced = state.sheet.cells.forms, state.program.trace
    if not traced or not state.copies.across.blocks:
        try:
            made = "".join(map(cell_of, [forms[number] for number in numbers], repeat(state.row), values))  # type: ignore[arg-type]
            if traced:
                state.show_row(made, "".join(map(KINDS.get, map(type, values))), values, lines, numbers)  # type: ignore[arg-type]
            return made
        except (TypeError, ValueError):  # one of them is None, or a date that no cell can hold
            pass
    return "".join(map(typed_cell, repeat(context), values, lines, numbers))


FILTERS = {"-cells": _cells}
