"""Notebooks: what they may be asked (parameters), and running one so that its record tells the truth.

Parameters are checked before a kernel starts, since papermill only warns of a misspelt one and runs on with the defaults.
"""

from __future__ import annotations

import ast
import io
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import tokenize
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from postloan.errors import BadCommand, did_you_mean
from postloan.file import PACKAGE, packaged, put
from postloan.language import tr

# What jsonschema tells one kind of web address by, of which notebooks have none, takes two seconds to import: it makes up its grammars.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


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
        """Whether a run must give it: one whose default is empty may be left out, all others would run on sample values."""
        return self.default not in ("", [])


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `state` is made, failed, interrupted, timed out, kernel died or stopped early; `reason` says why in words.

    A run that was made has a reason only where cells wrote warnings. That of any other quotes the error and may therefore hold a
    value of the data; the executed copy does not.
    """

    state: str
    reason: str
    seconds: float


# Parameters


def read_parameters(path: Path) -> dict[str, Parameter]:
    """The parameters of the notebook at `path` by name, from its one cell tagged `parameters`.

    The cell holds nothing but lines `name: type = literal`: a value derived from a parameter would keep the default's result
    when another value is put in behind it. For the same reason no later cell may assign to a parameter, and every code cell
    must be plain Python (the failure of a shell line goes unnoticed). Raises `BadCommand`.
    """
    trees = {number: (cell, _tree(cell, path, number)) for number, cell in enumerate(_code_cells(path), 1)}
    tagged = [number for number, (cell, _) in trees.items() if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise BadCommand(tr("{count} cells are tagged 'parameters'", count=len(tagged)), path.name, tr("tag exactly one cell 'parameters'"))
    cell, tree = trees.pop(tagged[0])
    notes = _comments(_source(cell))
    parameters = [_parameter(statement, notes, f"{path.name}: {_cell(tagged[0])}") for statement in tree.body]
    found = {parameter.name: parameter for parameter in parameters}
    for number, (_, other) in trees.items():
        _refuse_assignment(other, found, f"{path.name}: {_cell(number)}")
    return found


def _code_cells(path: Path) -> list[dict[str, Any]]:
    try:
        return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadCommand(
            tr("this is no notebook that can be read ({why})", why=type(error).__name__), path.name, tr("give an .ipynb file of format 4")
        ) from error


def _cell(number: int) -> str:
    return tr("code cell {number}", number=number)


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _tree(cell: Mapping[str, Any], path: Path, number: int) -> ast.Module:
    try:
        with _PARSING:
            return ast.parse(_source(cell))
    except (SyntaxError, ValueError) as error:
        raise BadCommand(
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
            raise BadCommand(tr("'{code}' is no parameter", code=ast.unparse(statement)), where, tr("write: name: type = value"))
    if kind not in TYPES:
        raise BadCommand(tr("unknown type '{type}'", type=kind), f"{where}: {name}", did_you_mean(kind, TYPES))
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError):
        raise BadCommand(
            tr("the value is derived"), f"{where}: {name}", tr("write the value itself here, and derive from it in a later cell")
        ) from None
    if not _fits(default, kind):
        raise BadCommand(tr("{value} is no {type}", value=repr(default), type=kind), f"{where}: {name}", tr("write a value of that type"))
    return Parameter(name, kind, default, notes.get(statement.end_lineno or 0, ""))


def _refuse_assignment(tree: ast.Module, parameters: Mapping[str, Parameter], where: str) -> None:
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    for name in sorted(stored & parameters.keys()):
        raise BadCommand(
            tr("the cell sets the parameter '{name}' anew", name=name), where, tr("use another name, or what was asked for is lost")
        )


def _fits(value: object, kind: str) -> bool:
    """Whether `value` is of the type spelt `kind`: exactly, so that a truth value is no number, and with nothing derived."""
    if kind == "list[str]":
        return type(value) is list and all(type(item) is str for item in value)
    return type(value).__name__ == kind and type(value) in (str, int, bool)


def check_parameters(path: Path, given: Mapping[str, object]) -> dict[str, Value]:
    """`given` as the notebook at `path` will get it, complete, in the order of its cell. Nothing is converted: 00123 stays a text.

    Raises `BadCommand`, which names everything unknown, missing and ill-typed at once.
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
        raise BadCommand("; ".join(wrong), path.name, tr("parameters: {known}", known=", ".join(parameters)))
    return {name: given.get(name, parameter.default) for name, parameter in parameters.items()}  # type: ignore[misc]


# Running


def run_notebook(
    path: Path,
    parameters: Mapping[str, object],
    output: Path,
    *,
    timeout: float = 900,
    cwd: Path | None = None,
    kernel: bool = False,
    megabytes: int = 0,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run the notebook at `path` through papermill and file the executed copy as `output`, whatever became of the run.

    The kernel works in `cwd`, else in the folder of `output`, so that links in the copy hold; paths among the parameters should be
    absolute. `timeout` is in seconds, for the whole notebook. What a cell does is told by the outcome, never raised; an
    interrupt (Ctrl-C) too, so a caller with more to do must stop there. `megabytes` bounds what the notebook may map of memory (0:
    without bound), `environment` adds to that of the program. Where the system can fork, the notebook is forked from a process that
    has imported everything; where it cannot, one of a few processes that have imported everything runs it; with `kernel` it has a
    Jupyter kernel of its own. The outputs are the same. Raises `BadCommand` for wrong parameters, before anything starts, and
    `CannotFile`.
    """
    given = check_parameters(path, parameters)
    # Imported here: papermill and what it brings take a second that `postloan check` need not wait for.
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from notebookrun.cell_engine import chosen_engine
    from notebookrun.executed_notebook import copy_bytes
    from notebookrun.kernel import NAME, Record

    begun, record, folder = monotonic(), Record(), (cwd or output.parent).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    # Papermill gets the notebook itself and no path: a path it would fill as a format string, or send to http: and s3:.
    with suppress(PapermillExecutionError):
        papermill.execute_notebook(
            nbformat.read(path, as_version=4),
            None,
            parameters=given,
            engine_name=NAME if kernel else chosen_engine(),
            kernel_name=NAME,
            progress_bar=False,
            record=record,
            kernel_cwd=folder,
            timeout=timeout,
            megabytes=megabytes,
            given=environment,
        )
    put(output, copy_bytes(record, given, {folder: "cwd", path.absolute().parent: "reports"}))
    return Outcome(record.state, ": ".join(filter(None, (record.reason, record.quoted))), monotonic() - begun)


# Where notebooks are, and working on them by hand


def notebooks_folder() -> Path:
    """Where the notebooks are: in the checkout, or inside the installed package."""
    return packaged("reports")


def notebook_of(document: str) -> Path:
    """The notebook of a document. Raises `BadCommand` where there is none."""
    known = {path.stem: path for path in sorted(notebooks_folder().glob("*.ipynb"))}
    if document not in known:
        raise BadCommand(tr("there is no notebook '{name}'", name=document), do=did_you_mean(document, known))
    return known[document]


def open_lab(notebook: str | None = None, work: Path | None = None) -> int:
    """Open JupyterLab on the notebooks, with the one of document `notebook` in front; its exit code when it ends.

    In a checkout these are the notebooks themselves. An installed package's are copied to `reports` in the folder `work` (the
    current one) first, where those already there stay as the user has changed them.
    """
    first = notebook_of(notebook).name if notebook else ""
    source = notebooks_folder()
    is_installed = source.parent == PACKAGE
    folder = _copied(source, (work or Path.cwd()) / "reports") if is_installed else source
    argv, env = lab_command(folder, first)
    with suppress(KeyboardInterrupt):
        return subprocess.run(argv, env=env, cwd=folder, check=False).returncode
    return 0


def _copied(source: Path, folder: Path) -> Path:
    """`folder` with the notebooks of `source` that it does not have yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.ipynb"):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    return folder


def lab_command(folder: Path, first: str = "") -> tuple[list[str], dict[str, str]]:
    """Command line and environment of a JupyterLab that only this machine reaches, with a token.

    The token goes through the environment, for a command line is shown to everyone on the machine.
    """
    argv = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", "--ServerApp.allow_remote_access=False"]
    argv += [f"--ServerApp.root_dir={folder}", *([str(folder / first)] if first else [])]
    env = {name: value for name, value in os.environ.items() if name != "JUPYTER_PATH"}
    return argv, env | {"JUPYTER_TOKEN": secrets.token_urlsafe(32), "PYTHONUTF8": "1"}
