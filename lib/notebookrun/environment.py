"""The environment that notebooks run in, whichever way they are run. Source: traps A14, B10-B12."""

from __future__ import annotations

import os
from collections.abc import Mapping

PREFIX = "postloan-"
"""How the private folder of a notebook at work begins."""


def environment(folder: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a kernel in which nothing of the user's own is run or imported by accident, with what is `given` for it."""
    left_out = {"JUPYTER_PATH", "PYTHONSTARTUP", "IPYTHONDIR", "MPLBACKEND"}
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    # What cells put aside goes with the folder, since a kernel that is killed cleans nothing up. Hashes are fixed so that the
    # order of a set, if one is ever shown, is the same in every run.
    env |= dict.fromkeys(("TMPDIR", "TEMP", "TMP", "IPYTHONDIR"), folder)
    return env | dict(given or {}) | {"PYTHONSAFEPATH": "1", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}
