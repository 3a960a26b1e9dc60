"""The executed copy of a notebook as it is kept: it says itself how the run ended, and holds nothing that must not leave the bank.

No absolute path, no time, no process id, no random id: the same run gives the same bytes. Of an error it keeps its class and
the places in the code; the message only where it is one of ours, since others quote values (`KeyError: '张三'`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill.execute import remove_error_markers
from postloan.errors import OURS
from postloan.language import tr
from postloan.month_end.run_record import MADE

from notebookrun.environment import PREFIX
from notebookrun.kernel import Record

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_PASSING = (
    (re.compile(r"\b0x[0-9a-fA-F]{6,}"), "0x…"),
    (re.compile(rf"\b{PREFIX}\w{{8}}\b"), "kernel"),
    (re.compile(r"ipykernel_\d+[/\\]\d+\.py"), "cell.py"),
)
"""Traces of one process: addresses in memory, its folder, and the files its cells are compiled from."""


def copy_bytes(record: Record, parameters: Mapping[str, object], places: Mapping[Path, str]) -> bytes:
    """The executed notebook of `record` as the bytes of an .ipynb file.

    A path given as a parameter is written `<name of the parameter>`, those of `places` by their names there.
    """
    assert record.notebook is not None
    nb = remove_error_markers(record.notebook)
    version = nb.metadata["papermill"]["version"]
    nb.metadata["papermill"] = {"version": version, "parameters": dict(parameters), "exception": record.state != MADE}
    nb.metadata["postloan"] = {"state": record.state, "reason": record.reason}
    nb.cells = [*_banner(record), *map(_without_messages, nb.cells)]
    for number, cell in enumerate(nb.cells):
        cell["id"] = f"cell-{number}"
    given = {Path(value): name for name, value in parameters.items() if isinstance(value, str) and value}
    kept = _rewritten(nb, _spelling({**_machine_places(), **places, **given}))
    return (nbformat.writes(nbformat.from_dict(kept)) + "\n").encode()


def _banner(record: Record) -> list[NotebookNode]:
    """What stands on top of a copy whose run did not come to its end."""
    if record.state == MADE:
        return []
    says = tr("This run did not come to its end: {reason}", reason=record.reason)
    return [nbformat.v4.new_markdown_cell(f"> **{says}**")]


def _without_messages(cell: NotebookNode) -> NotebookNode:
    """`cell`, its errors cut down to their class and the places in the code, unless the error is one of ours."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            frames = [_ANSI.sub("", frame) for frame in output.traceback]
            frames = [frame for frame in frames if frame.lstrip().startswith(("File ", "Cell "))]
            output.evalue = output.evalue if output.ename in OURS else ""
            output.traceback = [*frames, f"{output.ename}: {output.evalue}".rstrip(": ")]
    return cell


# Paths


def _machine_places() -> dict[Path, str]:
    here = {Path(__file__).parents[1]: "program", Path(gettempdir()): "temp", Path.home(): "home"}
    return here | {Path(prefix): "python" for prefix in (sys.prefix, sys.base_prefix)}


def _spelling(places: Mapping[Path, str]) -> Callable[[str], str]:
    """A function that writes `<name>` wherever a text names one of `places`, in any of the ways it can be spelt."""
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
