"""The disk is full at the n-th write of a run, for n = 1, 2, 3, … until a run passes that has fewer.

`POSTLOAN_FAULTS` says how close the n are to one another: every one of them for 200.
"""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import full_disk
import pytest
from disturbing import MOMENTS, Starter, Undisturbed, ends_as_undisturbed, every_file_is_whole, strays, the_record_is_true, words

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="needs fork"), pytest.mark.soak]
STEP = max(1, 200 // MOMENTS)
RESUMED = 4
"""Every so many faults the run is started again and must end as if undisturbed."""


def test_a_disk_full_at_one_write_leaves_old_files_or_new_ones_and_is_told(
    starter: Starter, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    assert _met(starter, Path(shutil.copytree(undisturbed.earlier, tmp_path / "out")), 30, undisturbed)


def test_a_disk_full_at_any_write_leaves_old_files_or_new_ones_and_is_told(
    starters: list[Starter], undisturbed: Undisturbed, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(len(starters)) as pool:
        lanes = [
            pool.submit(_lane, starter, undisturbed, tmp_path / str(n), 1 + n * STEP, len(starters) * STEP)
            for n, starter in enumerate(starters)
        ]
    faults = sum(lane.result() for lane in lanes)
    print(f"\nthe disk was full in {faults} runs")
    assert faults > 60 // STEP


def _lane(starter: Starter, undisturbed: Undisturbed, room: Path, first: int, step: int) -> int:
    """How many runs met a full disk."""
    for faults in count():
        number = first + faults * step
        shutil.copytree(undisturbed.earlier, out := room / str(number))
        if not _met(starter, out, number, undisturbed):
            return faults
        if faults % RESUMED == 0:
            assert starter.start(words(out)).ended() == 0
            ends_as_undisturbed(out, undisturbed)
        shutil.rmtree(out)


def _met(starter: Starter, out: Path, number: int, undisturbed: Undisturbed) -> bool:
    """Whether a run met a disk that is full at that write, after which nothing is half, and all that is not there is told."""
    python, counted = out.parent / "python", out.parent / f"{number}.writes"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{full_disk.__file__}" "$@"\n', encoding="utf-8")
    python.chmod(0o700)
    once = "once" if number // STEP % 2 else ""
    environment = {full_disk.FULL_AT: str(number), full_disk.ONCE: once, full_disk.COUNTED: str(counted), "POSTLOAN_PYTHON": str(python)}
    runner = starter.start(words(out), **environment)
    code = runner.ended()
    every_file_is_whole(out, undisturbed.old, undisturbed.new)
    the_record_is_true(out)
    assert not strays(out) and "Traceback" not in runner.said, runner.said
    if counted.stat().st_size < number:
        assert code == 0
        return False
    # A disk that is full for a moment is met by another try of the notebook, so all may be made after all.
    assert code in ((0, 1, 5) if once else (1, 5)), runner.said
    assert code == 0 or "disk is full" in runner.said, runner.said
    return True
