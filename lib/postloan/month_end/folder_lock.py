"""The output folder of a period, held by one run at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postloan.file import lock, prepare, sweep

HELD = "POSTLOAN_HOLDS"
"""The environment variable by which a run tells its notebooks which output folder it holds for them."""
ROOM = 64 * 2**20
"""Bytes that must be free before a run starts."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The output folder made ready and locked, unless the run that started this notebook holds it already. Raises `CannotFile`."""
    if os.environ.get(HELD) == str(folder.resolve()):
        yield
        return
    prepare(folder, ROOM)
    with lock(folder):
        sweep(folder)
        yield
