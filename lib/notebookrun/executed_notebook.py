"""The executed copy of a notebook as it is kept: it says itself how the run ended, and holds nothing that must not leave the house.

No absolute path, no time, no process id, no random id: the same run gives the same bytes. Of an error it keeps the class and
the places in the code; the message only where it is trusted (`redact.trust`), since others quote values (`KeyError: '张三'`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from notebookrun.ending import Cell, Execution
from notebookrun.environment import PREFIX
from notebookrun.messages import tr
from notebookrun.notebook_file import notebook_bytes
from notebookrun.redact import is_trusted

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_PASSING = (
    (re.compile(r"\b0x[0-9a-fA-F]{6,}"), "0x…"),
    (re.compile(rf"\b{PREFIX}\w{{8}}\b"), "kernel"),
    (re.compile(r"ipykernel_\d+[/\\]\d+\.py"), "cell.py"),
)
"""Traces of one process: addresses in memory, its folder, and the files its cells are compiled from."""


def copy_bytes(run: Execution, parameters: Mapping[str, object], places: Mapping[Path, str], key: str) -> bytes:
    """Return the executed notebook as the bytes of an .ipynb file, its state and reason under `key` of its metadata.

    A path given as a parameter is written `<name of the parameter>`, those of `places` by their names there.
    """
    about = run.notebook["metadata"]
    papermill = {"version": about["papermill"]["version"], "parameters": dict(parameters), "exception": not run.is_made}
    cells = [*_banner(run), *map(_without_messages, run.notebook["cells"])]
    notebook = {
        **run.notebook,
        "metadata": {**about, "papermill": papermill, key: {"state": run.ending.state, "reason": run.ending.reason}},
        "cells": [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)],
    }
    given = {Path(value): name for name, value in parameters.items() if isinstance(value, str) and value}
    return notebook_bytes(_rewritten(notebook, _spelling({**_machine_places(), **places, **given})))


def _banner(run: Execution) -> list[Cell]:
    """The cell on top of a copy whose run did not come to its end."""
    if run.is_made:
        return []
    says = tr("This run did not come to its end: {reason}", reason=run.ending.reason)
    return [{"cell_type": "markdown", "metadata": {}, "source": f"> **{says}**"}]


def _without_messages(cell: Cell) -> Cell:
    """`cell`, its errors cut down to their class and the places in the code, unless the error is a trusted one."""
    if "outputs" not in cell:
        return cell
    return {**cell, "outputs": [_without_message(one) if one["output_type"] == "error" else one for one in cell["outputs"]]}


def _without_message(error: dict[str, Any]) -> dict[str, Any]:
    name, value = error["ename"], error["evalue"] if is_trusted(error["ename"]) else ""
    frames = [_ANSI.sub("", frame) for frame in error["traceback"]]
    frames = [frame for frame in frames if frame.lstrip().startswith(("File ", "Cell "))]
    return {**error, "evalue": value, "traceback": [*frames, f"{name}: {value}".rstrip(": ")]}


# Paths


def _machine_places() -> dict[Path, str]:
    here = {Path(__file__).parents[1]: "program", Path(gettempdir()): "temp", Path.home(): "home"}
    return here | {Path(prefix): "python" for prefix in (sys.prefix, sys.base_prefix)}


def _spelling(places: Mapping[Path, str]) -> Callable[[str], str]:
    """A function that writes `<name>` for each of `places` in a text, in any of the ways it can be spelt."""
    names: dict[str, str] = {}
    for path, name in places.items():
        for spelt in {path, path.resolve()} if len(path.parts) > 1 and path.is_absolute() else ():
            plain = str(spelt)
            names |= dict.fromkeys((plain, spelt.as_posix(), plain.replace("\\", "\\\\")), f"<{name}>")
    longest_first = "|".join(re.escape(spelt) for spelt in sorted(names, key=len, reverse=True))
    # /data is no part of x/data, /data2 or /data.old
    named = re.compile(rf"(?<![\w.-])(?:{longest_first})(?![\w-]|\.\w)")
    return lambda text: named.sub(lambda found: names[found[0]], text)


def _rewritten(value: Any, spell: Callable[[str], str]) -> Any:
    """`value` with every text in it spelt anew, but for pictures, whose letters mean nothing."""
    if isinstance(value, str):
        for pattern, instead in _PASSING:
            value = pattern.sub(instead, value)
        return spell(value)
    if isinstance(value, Mapping):
        return {key: part if key.startswith("image/") else _rewritten(part, spell) for key, part in value.items()}
    return [_rewritten(part, spell) for part in value] if isinstance(value, list) else value
