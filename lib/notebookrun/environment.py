"""The environment that notebooks run in, in a kernel and in a worker alike."""

from __future__ import annotations

import os
from collections.abc import Mapping

PREFIX = "notebookrun-"
"""First letters of the private folder of a notebook at work."""


def environment(folder: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which nothing of the user's own is run or imported by accident, with `given` added.

    Temporary files of cells go to `folder`, and are removed with it: a process that is killed cleans nothing up. Hashes are fixed, so
    that the order of a set, if one is ever shown, is the same in every run.
    """
    left_out = {"JUPYTER_PATH", "PYTHONSTARTUP", "IPYTHONDIR", "MPLBACKEND"}
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    env |= dict.fromkeys(("TMPDIR", "TEMP", "TMP", "IPYTHONDIR"), folder)
    return env | dict(given or {}) | {"PYTHONSAFEPATH": "1", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}
