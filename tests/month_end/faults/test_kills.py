"""`kill -9` of the runner, and of a worker that runs its notebooks, at random moments of a run.

`POSTLOAN_FAULTS` says how many moments (200 for a release); what was killed, and at what stage, is printed with `-s`.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
import pytest
from disturbing import (
    MOMENTS,
    Log,
    Runner,
    Starter,
    Undisturbed,
    ends_as_undisturbed,
    every_file_is_whole,
    files,
    finished_jobs,
    nobody_is_left,
    records,
    the_record_is_true,
    unchanged_jobs,
    words,
)

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="needs signals"), pytest.mark.soak]

MOST_KILLS = 4
"""Times that the runner of one folder is killed before it is left alone."""


@dataclass
class Tally:
    """What was killed so far, of so many kills that are wanted."""

    wanted: int
    moments: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def enough(self) -> bool:
        return self.moments.total() >= self.wanted

    def __str__(self) -> str:
        return "\n".join(f"{number:4} {who:9} {stage}" for (who, stage), number in sorted(self.moments.items()))


@pytest.mark.parametrize("wanted", [1, MOMENTS])
def test_whatever_is_killed_and_whenever_the_next_run_ends_as_if_nothing_had_been(
    starters: list[Starter], undisturbed: Undisturbed, wanted: int, tmp_path: Path
) -> None:
    tally, starters = Tally(wanted), starters[:wanted]
    with ThreadPoolExecutor(len(starters)) as pool:
        lanes = [pool.submit(_lane, starter, undisturbed, tmp_path / str(n), random.Random(n), tally) for n, starter in enumerate(starters)]
    for lane in lanes:
        lane.result()
    print(f"\n{tally}")
    assert tally.enough


def _lane(starter: Starter, undisturbed: Undisturbed, room: Path, chance: random.Random, tally: Tally) -> None:
    for number in count():
        if tally.enough:
            return
        out = room / str(number)
        shutil.copytree(undisturbed.earlier, out)
        for kills in count():
            before, log = finished_jobs(out / "2014Q2"), Log(out / "2014Q2" / "logs" / "run.log")
            runner = starter.start(words(out))
            if kills < MOST_KILLS and not tally.enough:
                _disturb(runner, out, log, undisturbed.seconds, chance, tally)
            code = runner.ended()
            every_file_is_whole(out, undisturbed.old, undisturbed.new)
            the_record_is_true(out)
            assert code in (-9, 0, 1), runner.said
            assert "Traceback" not in runner.said, runner.said
            if code in (0, 1):
                assert {name for name, key in before.items() if undisturbed.keys[name] == key} <= unchanged_jobs(out / "2014Q2")
            if code == 0:
                break
            assert kills < MOST_KILLS, runner.said
        ends_as_undisturbed(out, undisturbed)
        shutil.rmtree(out)


def _disturb(runner: Runner, out: Path, log: Log, seconds: float, chance: random.Random, tally: Tally) -> None:
    """Kills something of a run at random moments until it is the runner, or the run has ended."""
    while not tally.enough and runner.ended(within=chance.uniform(0, seconds)) is None:
        victims = {"runner": [], "worker": runner.workers()}
        victim = chance.choice(["runner", "runner", *(kind for kind, alive in victims.items() if alive)])
        tally.moments[victim, log.stage()] += 1
        if victim == "runner":
            nobody_is_left(runner.kill(), out)
            return
        try:
            chance.choice(victims[victim]).kill()
        except psutil.NoSuchProcess:
            continue


def test_a_month_end_killed_twice_on_the_way_ends_with_every_paper_as_if_undisturbed(tmp_path: Path) -> None:
    """Real processes of the command line, as cron starts them."""
    chance, kills = random.Random(2014), 0

    def month_end(out: Path) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "postloan", *words(out, command="month-end", documents=(), period="2014-06")]
        return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    begun = time.monotonic()
    assert month_end(tmp_path / "undisturbed").wait() == 0
    seconds = time.monotonic() - begun
    for moment in (chance.uniform(0.3, 0.6), chance.uniform(0.3, 0.6)):
        process = month_end(tmp_path / "out")
        time.sleep(moment * seconds)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        kills += process.wait() == -9
        nobody_is_left(family, tmp_path / "out")
        every_file_is_whole(tmp_path / "out", files(tmp_path / "undisturbed"))
        the_record_is_true(tmp_path / "out")
    assert kills == 2
    assert month_end(tmp_path / "out").wait() == 0
    assert files(tmp_path / "out") == files(tmp_path / "undisturbed")
    assert [record["exit_code"] for _, record in records(tmp_path / "out")] == [0, 0]
