"""The output folder of a period, locked by one run at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postloan.file import lock, prepare, sweep

LOCKED_FOLDER = "POSTLOAN_HOLDS"
"""The environment variable by which a run tells its notebooks which output folder it has locked for them."""
LEAST_FREE = 64 * 2**20
"""Bytes that must be free before a run starts."""


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Make the output folder ready and lock it, unless the run that started this notebook has locked it already. Raises `CannotFile`."""
    if os.environ.get(LOCKED_FOLDER) == str(folder.resolve()):
        yield
        return
    prepare(folder, LEAST_FREE)
    with lock(folder):
        sweep(folder)
        yield
