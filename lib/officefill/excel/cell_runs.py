"""Cells that stand side by side, made in one call: a call for each would cost more than the cells of a large sheet do."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from jinja2 import nodes

from officefill.language.program import Program


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
    """Return True where a node is no cell of one value, or one whose value may fail to be computed: its fault is told by its own line."""
    return not (isinstance(node, nodes.Filter) and node.name == "-cell" and _cannot_fail(node.args[0]))


def _cannot_fail(node: nodes.Expr | None) -> bool:
    """Return True where a value is there as soon as its names are: `c.n`, `c.n|or_gap`, and `c.n is none and "不适用" or c.n`."""
    if isinstance(node, nodes.Filter) and node.name == "or_gap":
        return _cannot_fail(node.node)
    if isinstance(node, (nodes.And, nodes.Or)):
        return _is_known(node.left) and _cannot_fail(node.right)
    return isinstance(node, (nodes.Name, nodes.Getattr)) or _is_known(node)


def _is_known(node: nodes.Expr | None) -> bool:
    """Return True where it cannot fail to ask if a value is true: what an unknown name would be is neither true nor false."""
    if isinstance(node, (nodes.And, nodes.Or)):
        return _is_known(node.left) and _is_known(node.right)
    return isinstance(node, nodes.Const) or (isinstance(node, nodes.Test) and node.name == "none" and _cannot_fail(node.node))


def _joined(cells: list[Any]) -> list[nodes.Expr]:
    """Return one call for `cells`: their values, their lines and the numbers of their forms."""
    if len(cells) == 1:
        return cells
    values = nodes.List([cell.args[0] for cell in cells])
    lines, numbers = (nodes.Const(tuple(cell.args[at].value for cell in cells)) for at in (1, 2))
    return [nodes.Filter(cells[0].node, "-cells", [values, lines, numbers], [], None, None, lineno=cells[0].lineno)]
