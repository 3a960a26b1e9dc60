"""Where things lie: the project, its sample data, and the real data beside it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data_samples"
BRANCH, TINY = SAMPLES / "branch2014", SAMPLES / "tiny"
SHARED = Path(os.environ.get("POSTLOAN_SHARED_DATA") or ROOT.parent / "shared" / "data")
"""The folder of real data; the tests that need it are skipped where it is not there."""


def corpus(files: Iterable[Path]) -> list[Any]:
    """Return files of the real data as parameters of a test: one in twenty is tried in every test run, the others soak."""
    return [
        pytest.param(path, id="/".join(path.parts[-2:]), marks=pytest.mark.soak if nth % 20 else ())
        for nth, path in enumerate(sorted(files))
    ]
