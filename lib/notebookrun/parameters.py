"""The parameters of a notebook: read from its one cell tagged `parameters`, and checked before anything runs.

Papermill only warns of a misspelt parameter and runs on with the defaults.
"""

from __future__ import annotations

import ast
import io
import threading
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notebookrun.ending import Cell, code_cells
from notebookrun.errors import BadNotebook, BadParameters, did_you_mean
from notebookrun.messages import tr
from notebookrun.notebook_file import read_notebook

TYPES = ("str", "int", "bool", "list[str]")
Value = str | int | bool | list[str]
_PARSING = threading.Lock()
"""Python 3.11 counts the depth of all trees that threads make in one place, and raises SystemError where two are made at a time."""


@dataclass(frozen=True)
class Parameter:
    """One question a notebook asks. `default` is the value in the cell, `says` the comment behind it."""

    name: str
    type: str
    default: Value
    says: str

    @property
    def required(self) -> bool:
        """True if a run must give it: one whose default is empty may be left out, all others would run on sample values."""
        return self.default not in ("", [])


def read_parameters(path: Path) -> dict[str, Parameter]:
    """Return the parameters of the notebook at `path` by name, from its one cell tagged `parameters`.

    The cell holds nothing but lines `name: type = literal`: a value derived from a parameter would keep the default's result
    when another value is put in behind it. For the same reason no later cell may assign to a parameter, and every code cell
    must be plain Python (the failure of a shell line goes unnoticed). Raises `BadNotebook`.
    """
    trees = {number: (cell, _tree(cell, path, number)) for number, cell in enumerate(code_cells(read_notebook(path)), 1)}
    tagged = [number for number, (cell, _) in trees.items() if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise BadNotebook(
            tr("{count} cells are tagged 'parameters'", count=len(tagged)), path.name, tr("tag exactly one cell 'parameters'")
        )
    cell, tree = trees.pop(tagged[0])
    notes = _comments(cell["source"])
    parameters = [_parameter(statement, notes, f"{path.name}: {_cell(tagged[0])}") for statement in tree.body]
    found = {parameter.name: parameter for parameter in parameters}
    for number, (_, other) in trees.items():
        _refuse_assignment(other, found, f"{path.name}: {_cell(number)}")
    return found


def _cell(number: int) -> str:
    return tr("code cell {number}", number=number)


def _tree(cell: Cell, path: Path, number: int) -> ast.Module:
    try:
        with _PARSING:
            return ast.parse(cell["source"])
    except (SyntaxError, ValueError) as error:
        raise BadNotebook(
            tr("the cell is not plain Python"), f"{path.name}: {_cell(number)}", tr("leave out lines that start with ! or %")
        ) from error


def _comments(source: str) -> dict[int, str]:
    """The comment of each line that has one, by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _parameter(statement: ast.stmt, notes: Mapping[int, str], where: str) -> Parameter:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
            kind = ast.unparse(annotation)
        case _:
            raise BadNotebook(tr("'{code}' is no parameter", code=ast.unparse(statement)), where, tr("write: name: type = value"))
    if kind not in TYPES:
        raise BadNotebook(tr("unknown type '{type}'", type=kind), f"{where}: {name}", did_you_mean(kind, TYPES))
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError):
        raise BadNotebook(
            tr("the value is derived"), f"{where}: {name}", tr("write the value itself here, and derive from it in a later cell")
        ) from None
    if not _fits(default, kind):
        raise BadNotebook(tr("{value} is no {type}", value=repr(default), type=kind), f"{where}: {name}", tr("write a value of that type"))
    return Parameter(name, kind, default, notes.get(statement.end_lineno or 0, ""))


def _refuse_assignment(tree: ast.Module, parameters: Mapping[str, Parameter], where: str) -> None:
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    for name in sorted(stored & parameters.keys()):
        raise BadNotebook(
            tr("the cell sets the parameter '{name}' anew", name=name), where, tr("use another name, or what was asked for is lost")
        )


def _fits(value: object, kind: str) -> bool:
    """True if `value` is of the type spelt `kind`: exactly, so that a truth value is no number, and with nothing derived."""
    if kind == "list[str]":
        return type(value) is list and all(type(item) is str for item in value)
    return type(value).__name__ == kind and type(value) in (str, int, bool)


def check_parameters(path: Path, given: Mapping[str, object]) -> dict[str, Value]:
    """Return `given` as the notebook at `path` will get it, complete, in the order of its cell. Nothing is converted: 00123 stays a text.

    Raises `BadParameters`, which names everything unknown, missing and ill-typed at once.
    """
    parameters = read_parameters(path)
    unknown = [name for name in given if name not in parameters]
    wrong = [tr("unknown parameter '{name}'", name=name) + ": " + did_you_mean(name, parameters) for name in unknown]
    for name, parameter in parameters.items():
        if name not in given and parameter.required:
            wrong.append(tr("the parameter '{name}' is missing ({says})", name=name, says=parameter.says or parameter.type))
        elif name in given and not _fits(given[name], parameter.type):
            slots = {"name": name, "type": parameter.type, "value": repr(given[name]), "kind": type(given[name]).__name__}
            wrong.append(tr("the parameter '{name}' wants {type}, not {value} ({kind})", **slots))
    if wrong:
        raise BadParameters("; ".join(wrong), path.name, tr("parameters: {known}", known=", ".join(parameters)))
    return {name: given.get(name, parameter.default) for name, parameter in parameters.items()}  # type: ignore[misc]
