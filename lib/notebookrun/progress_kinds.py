"""The kinds of progress, by name."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from notebookrun.errors import BadParameters, did_you_mean
from notebookrun.messages import tr
from notebookrun.progress import Clocks, JsonProgress, PlainProgress, Progress


def progress(kind: str, stream: TextIO, clocks: Clocks = time) -> Progress:  # type: ignore[assignment]
    """Return progress of a kind (auto, rich, plain, json, none) on a stream; `auto` is `rich` on a terminal that has the letters, else `plain`."""
    if kind == "auto":
        kind = "rich" if _is_terminal(stream) else "plain"
    kinds: dict[str, Callable[[], Progress]] = {
        "rich": lambda: _on_terminal(stream, clocks),
        "plain": lambda: PlainProgress(stream, clocks),
        "json": lambda: JsonProgress(stream, clocks),
        "none": lambda: Progress(clocks),
    }
    if kind not in kinds:
        raise BadParameters(tr("there is no progress of the kind '{kind}'", kind=kind), do=did_you_mean(kind, kinds))
    return kinds[kind]()


def _on_terminal(stream: TextIO, clocks: Clocks) -> Progress:
    from notebookrun.terminal_progress import TerminalProgress  # late: rich is imported only for a terminal

    return TerminalProgress(stream, clocks)


def _is_terminal(stream: TextIO) -> bool:
    try:
        "月末批量 ━".encode(stream.encoding or "ascii")
        return stream.isatty()
    except (UnicodeEncodeError, LookupError, ValueError, AttributeError):
        return False
