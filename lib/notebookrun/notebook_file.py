"""The .ipynb file of a notebook: read, given parameters as papermill gives them, and written as nbformat writes it.

Plain JSON is enough for that, and costs a tenth of what nbformat, jsonschema and papermill take to import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from notebookrun.ending import Cell
from notebookrun.errors import BadNotebook
from notebookrun.messages import tr

MINOR = 5
"""The minor version of format 4 in which every cell has an id."""


def read_notebook(path: Path) -> dict[str, Any]:
    """Return the notebook at `path` with the texts of its cells joined. Raises `BadNotebook`."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"] = [cell | {"source": "".join(cell["source"]), "metadata": dict(cell["metadata"])} for cell in notebook["cells"]]
        return {**notebook, "nbformat_minor": max(MINOR, notebook["nbformat_minor"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadNotebook(
            tr("this is no notebook that can be read ({why})", why=type(error).__name__), path.name, tr("give an .ipynb file of format 4")
        ) from error


def with_parameters(notebook: dict[str, Any], parameters: Mapping[str, object]) -> dict[str, Any]:
    """Return `notebook` with a cell that sets `parameters` behind the one tagged `parameters`, as papermill makes it."""
    cells: list[Cell] = []
    for cell in notebook["cells"]:
        tags = cell["metadata"].setdefault("tags", [])
        cell["metadata"].setdefault("papermill", {})
        if "injected-parameters" not in tags:
            cells.append(cell)
        if "parameters" in tags:
            cells.append(_injected(assignments(parameters)))
    about = {"version": version("papermill")}
    return {**notebook, "cells": cells, "metadata": {**notebook["metadata"], "papermill": about}}


def assignments(parameters: Mapping[str, object]) -> str:
    """Return Python code that sets the parameters, as Python's own literals: a text reads as it was given, also in Chinese."""
    return "\n".join(f"{name} = {value!r}" for name, value in parameters.items())


def _injected(source: str) -> Cell:
    metadata = {"tags": ["injected-parameters"]}
    return {"cell_type": "code", "source": source, "metadata": metadata, "execution_count": None, "outputs": []}


def notebook_bytes(notebook: dict[str, Any]) -> bytes:
    """Return the notebook as the bytes of an .ipynb file: texts as lists of lines, keys in order."""
    cells = [_in_lines(cell) for cell in notebook["cells"]]
    written = json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": "))
    return (written + "\n").encode()


def _in_lines(cell: Cell) -> Cell:
    cell = {**cell, "source": cell["source"].splitlines(keepends=True)}
    if "outputs" in cell:
        cell["outputs"] = [_output_in_lines(output) for output in cell["outputs"]]
    return cell


def _output_in_lines(output: dict[str, Any]) -> dict[str, Any]:
    split: Callable[[str, Any], Any] = lambda kind, form: form.splitlines(True) if _is_text(kind) and isinstance(form, str) else form
    if "data" in output:
        return {**output, "data": {kind: split(kind, form) for kind, form in output["data"].items()}}
    return {**output, "text": output["text"].splitlines(True)} if output["output_type"] == "stream" else output


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind in ("application/javascript", "image/svg+xml")
