"""Two runs at once, SIGTERM, clocks, a folder that goes away, data replaced under a run's hands, notebooks that misbehave."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import nbformat
import psutil
import pytest
from disturbing import (
    MOMENTS,
    TINY,
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
from notebookrun.batch import JobRunner, run_jobs
from notebookrun.journal import Done, Journal, Task
from notebookrun.options import RunOptions
from notebookrun.run import run_notebook
from notebookrun.worker_pool import WorkerPool
from postloan.errors import BadFile, CannotFile
from postloan.file import append_line, sha256_file
from postloan.month_end.manifest import data_hashes, unchanged_while

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork and signals")
FEW = max(3, MOMENTS // 5)


@pytest.fixture
def out(undisturbed: Undisturbed, tmp_path: Path) -> Path:
    """A folder in which an earlier run has left its papers."""
    return Path(shutil.copytree(undisturbed.earlier, tmp_path / "out"))


def started_and_at_work(starter: Starter, out: Path, **environment: str) -> Runner:
    """A run of which a notebook has ended and others have not."""
    log = Log(out / "2014Q2" / "logs" / "run.log")
    runner = starter.start(words(out), **environment)
    while runner.ended(within=0.05) is None and "ended" not in log.events():
        continue
    assert runner.code is None, runner.said
    return runner


# Two at once


@pytest.mark.soak
def test_a_second_run_is_refused_at_once_and_the_first_does_not_notice(
    starters: list[Starter], undisturbed: Undisturbed, out: Path
) -> None:
    log = Log(out / "2014Q2" / "logs" / "run.log")
    first = starters[0].start(words(out))
    refused = 0
    while log.stage().startswith("1") and first.ended(within=0.05) is None:
        continue
    while first.ended(within=0.05) is None:
        second = starters[1].start(words(out))
        if second.ended() == 5:
            assert "another run" in second.said
            refused += 1
    assert refused >= 3 and first.ended() == 0
    ends_as_undisturbed(out, undisturbed)


# Told to stop


@pytest.mark.soak
def test_a_run_told_to_stop_says_so_leaves_nobody_behind_and_goes_on_where_it_was(
    starter: Starter, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    chance, recorded = random.Random(15), 0
    for number in range(FEW):
        shutil.copytree(undisturbed.earlier, out := tmp_path / str(number))
        runner = starter.start(words(out))
        if runner.ended(within=chance.uniform(0.3, 1.0) * undisturbed.seconds) is None:
            family = runner.family()
            os.kill(runner.pid, signal.SIGTERM)
            assert runner.ended() in (0, 1, 130, -signal.SIGTERM) and "Traceback" not in runner.said, runner.said
            nobody_is_left(family, out)
            every_file_is_whole(out, undisturbed.old, undisturbed.new)
            the_record_is_true(out)
            ((folder, record),) = records(out)
            if record["stopped"] == "interrupted":
                recorded += 1
                assert record["ended"] and record["exit_code"] == 1
                done = {(job["document"], job["unit"]) for job in record["jobs"] if job["state"] == "made"}
                assert done == {name for name, key in finished_jobs(folder).items() if undisturbed.keys[name] == key} or not record["jobs"]
        before = finished_jobs(out / "2014Q2")
        assert starter.start(words(out)).ended() == 0
        assert {name for name, key in before.items() if undisturbed.keys[name] == key} <= unchanged_jobs(out / "2014Q2")
        ends_as_undisturbed(out, undisturbed)
    assert recorded


# Clocks


@pytest.mark.soak
def test_clocks_and_time_zones_change_nothing(starter: Starter, undisturbed: Undisturbed, out: Path) -> None:
    """Killed in one time zone, gone on with in another, with a journal of the future and one of the past."""
    folder = out / "2014Q2"
    stale = folder / "quarterly_brief.docx.pdf"
    stale.write_bytes(b"%PDF of the paper before")
    os.utime(stale, (4e9, 4e9))
    for zone, year in (("Pacific/Kiritimati", "2099"), ("America/Adak", "1970")):
        nobody_is_left(started_and_at_work(starter, out, TZ=zone).kill(), out)
        journal = folder / "jobs.jsonl"
        journal.write_text(journal.read_text(encoding="utf-8").replace('"started": "20', f'"started": "{year}'[:-2]), encoding="utf-8")
        for path in folder.rglob("*.docx"):
            os.utime(path, (1, 1))
    before = finished_jobs(folder)
    assert starter.start(words(out), TZ="Asia/Shanghai").ended() == 0
    assert before and {name for name, key in before.items() if undisturbed.keys[name] == key} <= unchanged_jobs(folder)
    assert not stale.exists(), "it shows what the paper no longer says, whatever the clock said when it was made"
    ends_as_undisturbed(out, undisturbed)


# The folder


@pytest.mark.soak
def test_a_folder_taken_away_in_mid_run_is_told_and_the_record_claims_nothing_that_is_gone(
    starter: Starter, undisturbed: Undisturbed, out: Path, tmp_path: Path
) -> None:
    runner = started_and_at_work(starter, out)
    (out / "2014Q2").rename(tmp_path / "away")
    assert runner.ended() in (1, 5) and "Traceback" not in runner.said, runner.said
    assert "taken away" in runner.said or "cannot be written" in runner.said, runner.said
    the_record_is_true(out)
    assert starter.start(words(out)).ended() == 0
    ends_as_undisturbed(out, undisturbed)


def test_a_folder_that_takes_no_files_is_told_before_the_work(starter: Starter, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "postloan-test", str(out)]
    if os.geteuid():
        out.chmod(0o500)
    elif subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("root writes everywhere, and cannot mount here")
    try:
        runner = starter.start(words(out))
        assert runner.ended() == 5 and "permission" in runner.said and "Traceback" not in runner.said
    finally:
        subprocess.run(["umount", str(out)], check=False, capture_output=True)


@pytest.mark.soak
def test_a_kept_book_of_which_a_part_is_gone_is_made_again(starter: Starter, undisturbed: Undisturbed, out: Path) -> None:
    assert starter.start(words(out)).ended() == 0
    (folder,) = (out / "2014Q2" / "book").iterdir()
    (folder / "now" / "figures.parquet").unlink()
    (out / "2014Q2" / "quarterly_brief.docx").unlink()
    runner = starter.start(words(out))
    assert runner.ended() == 0, runner.said
    ends_as_undisturbed(out, undisturbed)


# The data


@pytest.mark.soak
def test_data_replaced_while_a_run_goes_on_are_read_whole_or_the_run_says_so(
    starter: Starter, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    chance, ends = random.Random(7), Counter[str]()
    shutil.copytree(undisturbed.data, data := tmp_path / "data")
    for number in range(2 * FEW):
        shutil.copyfile(undisturbed.data / "loan_balance.csv", data / "loan_balance.csv")
        shutil.copyfile(TINY / "loan_balance.csv", fresh := data / ".arriving")
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        runner = starter.start(words(out := tmp_path / "out", data=data))
        time.sleep(chance.uniform(0, 0.4) * undisturbed.seconds)
        fresh.replace(data / "loan_balance.csv")
        code = runner.ended()
        the_record_is_true(out)
        if code == 3:
            assert "changed while they were read" in runner.said
            ends["stopped"] += 1
            assert not list(out.glob("2014Q2/book/*/book.json"))
        else:
            assert code == 0, runner.said
            ((_, record),) = records(out)
            is_new = record["inputs"]["loan_balance.csv"] == sha256_file(TINY / "loan_balance.csv")
            ends["new" if is_new else "old"] += 1
            expected, made = undisturbed.new if is_new else undisturbed.old, files(out)
            assert [name for name in made if name.endswith((".docx", ".xlsx", ".csv")) and made[name] != expected[name]] == []
    print(f"\n{ends}")
    assert starter.start(words(out, data=data)).ended() == 0
    made = files(out)
    assert [name for name in made if name.endswith((".docx", ".xlsx", ".csv")) and made[name] != undisturbed.new[name]] == []


@pytest.mark.parametrize("fault", [None, OSError("gone"), duckdb.IOException("gone")])
def test_what_is_made_of_data_that_change_meanwhile_is_refused(tmp_path: Path, fault: Exception | None) -> None:
    data = tmp_path / "loan.csv"
    data.write_text("a", encoding="utf-8")
    with (
        pytest.raises(BadFile, match="changed while they were read"),
        unchanged_while(lambda: str(data_hashes(tmp_path)), tmp_path, (OSError, duckdb.Error)),
    ):
        data.write_text("b", encoding="utf-8")
        if fault:
            raise fault
    with pytest.raises(BadFile, match="changed"), unchanged_while(lambda: sha256_file(data), tmp_path):
        data.unlink()
    data.write_text("b", encoding="utf-8")
    with unchanged_while(lambda: sha256_file(data), tmp_path) as key:
        assert key == sha256_file(data)
    with pytest.raises(OSError, match="of another cause"), unchanged_while(lambda: sha256_file(data), tmp_path):
        raise OSError("of another cause")


# Notebooks that misbehave

NOTEBOOKS = {
    "good": "print(6 * 7)",
    "hanging": "while True: pass",
    "sleeping": "import time; time.sleep(1000)",
    "hog": "held = [bytes(1 << 24) for _ in range(10000)]",
    "parent": "import subprocess\nfor _ in range(20): subprocess.Popen(['sleep', '1000'])\nprint('left')",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "mute": "import os; os.close(0); os.close(1); os.close(2); os._exit(0)",
}

HANGING = {"hanging": 5, "sleeping": 5}
"""Seconds after which they are ended."""


@pytest.mark.soak
def test_a_batch_survives_notebooks_that_hang_hog_and_leave_children_behind(tmp_path: Path) -> None:
    for name, source in NOTEBOOKS.items():
        cells = [nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")

    def work(task: Task) -> Done:
        paths, seconds = (tmp_path / f"{task.unit}.ipynb", {}, tmp_path / "out" / f"{task.unit}.ipynb"), HANGING.get(task.unit, 900)
        outcome = run_notebook(*paths, pool, RunOptions(timeout=seconds, megabytes=512))
        return Done(task, outcome.state, outcome.reason)

    tasks, before = [Task("d", "d", name, key=name) for name in NOTEBOOKS], psutil.Process().children(recursive=True)
    (tmp_path / "out").mkdir()
    with closing(WorkerPool()) as pool, ThreadPoolExecutor(2) as threads:
        done = run_jobs(tasks, JobRunner(work, threads, 2), Journal(tmp_path / "out"), [])
    assert {one.task.unit: one.state for one in done} == {
        "good": "made", "hanging": "timed out", "sleeping": "timed out", "hog": "failed", "parent": "made", "killed": "kernel died",
        "mute": "kernel died",
    }  # fmt: skip
    assert next(one.reason for one in done if one.task.unit == "hog").endswith("MemoryError")
    assert {one.task.unit: one.tries for one in done if one.tries > 1} == {"killed": 3, "mute": 3}
    psutil.wait_procs(left := [one for one in psutil.Process().children(recursive=True) if one not in before], timeout=30)
    assert not [one for one in left if one.is_running()] and not [
        p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "1000"]
    ]
    assert {name[1]: said.state for name, said in Journal(tmp_path / "out").last.items()} == {one.task.unit: one.state for one in done}
    for one in done:
        kept = json.loads((tmp_path / "out" / f"{one.task.unit}.ipynb").read_text(encoding="utf-8"))
        assert kept["metadata"]["notebookrun"]["state"] == one.state


# The journal


def test_a_journal_cut_off_anywhere_loses_that_line_and_no_other(tmp_path: Path) -> None:
    """Also inside a character, and for the line that is written next."""
    journal = Journal(tmp_path)
    for unit in ("甲", "乙"):
        journal.add(Done(Task("d", "标题", unit, key=unit), "made", "一行\u2028两行"))
    whole = journal.path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first + 1, len(whole)):
        journal.path.write_bytes(whole[:cut])
        again = Journal(tmp_path)
        again.add(Done(Task("d", "标题", "丙"), "made"))
        kept = {unit for _, unit in Journal(tmp_path).last}
        assert {"甲", "丙"} <= kept and ("乙" in kept) == (cut == len(whole) - 1)


def test_a_journal_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "jobs.jsonl").symlink_to("/dev/full")
    with pytest.raises(CannotFile, match="full"):
        Journal(tmp_path, append_line).add(Done(Task("d", "d"), "made"))
