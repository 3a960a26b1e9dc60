"""Options of a run of one notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from notebookrun.files import put as write_file


@dataclass(frozen=True)
class RunOptions:
    """Limits and place of one run, and the way its executed copy is kept.

    `timeout` is in seconds, for the whole notebook. `megabytes` is the memory that a worker may map for it (0: without limit). `environment`
    adds to that of the program. The cells work in `folder`, else in that of the copy, so that links in it hold. `put` writes the
    copy, whose metadata tell state and reason under `key`.
    """

    timeout: float = 900
    megabytes: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    put: Callable[[Path, bytes], object] = write_file
    key: str = "notebookrun"
