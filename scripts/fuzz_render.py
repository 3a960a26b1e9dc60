"""Random templates and contexts: the engine against the slow renderer of tests/officefill, half Word, half Excel.

    python scripts/fuzz_render.py [HOW_MANY=10000]

Prints how many were filled and refused by both. A template on which they differ is shrunk by hypothesis and shown.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "officefill"))
import fuzzing


def run(check: Callable[[Random, Path], str], how_many: int, folder: Path) -> Counter[str]:
    """What came of so many templates. Raises where engine and reference differ."""
    outcomes: Counter[str] = Counter()

    @settings(max_examples=how_many, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(dice=st.randoms(use_true_random=False))
    def one(dice: Random) -> None:
        outcomes[check(dice, folder)] += 1

    one()
    return outcomes


def main(how_many: int) -> None:
    """Prints what came of them."""
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for check in (fuzzing.check_paper, fuzzing.check_book):
            sys.stdout.write(f"{check.__name__}: {dict(run(check, how_many // 2, Path(folder)))}\n")
    sys.stdout.write(f"{time.process_time() - begun:.0f} s CPU\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
