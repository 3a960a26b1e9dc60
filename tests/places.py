"""Where things lie: the project, its sample data, and the real data beside it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data_samples"
BRANCH, TINY = SAMPLES / "branch2014", SAMPLES / "tiny"
SHARED = Path(os.environ.get("POSTLOAN_SHARED_DATA") or ROOT.parent / "shared" / "data")
"""The folder of real data; the tests that need it are skipped where it is not there."""
