"""Running a module in a child process with a clock, in a private folder that is gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SECONDS = 150
"""The child counts its own CPU time; this clock is for a child that sleeps, and for systems without such limits."""


def run_child(module: str, *arguments: str) -> bool:
    """Run `python -m module arguments…`; whether it ended well and in time. What it prints is thrown away."""
    package = str(Path(__file__).parents[3])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    # PYTHONSAFEPATH: a file named like a library in the working folder must not be imported (traps B10).
    environment = os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, *arguments]
    nothing = subprocess.DEVNULL
    try:
        ended = subprocess.run(command, env=environment, timeout=SECONDS, check=False, stdin=nothing, stdout=nothing, stderr=nothing)
        return ended.returncode == 0
    except subprocess.TimeoutExpired:
        return False
