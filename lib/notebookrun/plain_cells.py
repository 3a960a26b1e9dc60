"""Cells that can have left nothing behind in the process that ran them, told by their syntax."""

from __future__ import annotations

import ast
from collections.abc import Sequence

_PLAIN = (
    *(ast.Module, ast.Expr, ast.Assign, ast.AnnAssign, ast.ImportFrom, ast.alias, ast.expr_context),
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Call, ast.keyword, ast.Starred),
    *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.JoinedStr, ast.FormattedValue),
    *(ast.BoolOp, ast.boolop, ast.BinOp, ast.operator, ast.UnaryOp, ast.unaryop, ast.Compare, ast.cmpop),
)
_HARMLESS = frozenset({"print", "len", "str", "repr", "int", "bool", "list", "sorted", "sum", "min", "max", "round", "range"})


def are_plain(sources: Sequence[str], trusted: Sequence[str]) -> bool:
    """True if the cells do nothing but give names to values, import from `trusted` packages and call what they have imported.

    A notebook that does more, as a person's own may, is run all the same, but it is the last of its worker.
    """
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    imported = {alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    callable_names = (imported | _HARMLESS) - stored
    return all(isinstance(node, _PLAIN) and _is_harmless(node, callable_names, trusted) for node in nodes)


def _is_harmless(node: ast.AST, callable_names: set[str] | frozenset[str], trusted: Sequence[str]) -> bool:
    match node:
        case ast.ImportFrom(module=str(module), level=0):
            return module == "IPython.display" or module.split(".")[0] in trusted
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in callable_names
        case ast.Call() | ast.ImportFrom():
            return False
        case ast.Attribute(ctx=ctx) | ast.Subscript(ctx=ctx):
            return isinstance(ctx, ast.Load)
        case _:
            return True
