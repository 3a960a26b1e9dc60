"""Progress: it never says more than what happened, on a terminal, in a log and to a program."""

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebookrun.eta import JobTracker
from notebookrun.job import FAILED, MADE, STATES, UNCHANGED, Job
from notebookrun.progress import JsonProgress, PlainProgress, Progress, RichProgress, progress

CUSTOMER = "张三钢铁有限公司"


class Clock:
    """Both clocks, moved by hand."""

    def __init__(self, at=1_404_176_400.0):
        self.at, self.since = at, 0.0

    def time(self):
        return self.at + self.since

    def monotonic(self):
        return self.since


def jobs(*wanted):
    return [Job(document, f"材料{document}", unit, f"支行{unit}") for document, units in wanted for unit in units]


def ended(job, seconds, state=MADE, **more):
    return replace(job, state=state, seconds=seconds, tries=1, **more)


@pytest.fixture
def clock():
    return Clock()


# What is known


def test_no_end_is_expected_before_a_job_was_made(clock):
    a, b, c = jobs(("x", "abc"))
    tracker = JobTracker([a, b, c], 1, clock.monotonic)
    assert tracker.counts().seconds_left is None
    tracker.ended(ended(a, 0.0, UNCHANGED))
    tracker.ended(ended(b, 9.0, FAILED))
    assert tracker.counts().seconds_left is None, "what was unchanged or failed says nothing of how long making takes"
    tracker.started(c)
    tracker.ended(ended(c, 9.0))
    assert tracker.counts().seconds_left == 0


def test_the_end_is_told_by_document_and_shared_by_the_workers(clock):
    todo = jobs(("x", "abc"), ("y", "ab"))
    tracker = JobTracker(todo, 2, clock.monotonic)
    tracker.ended(ended(todo[0], 10.0))
    tracker.ended(ended(todo[3], 2.0))
    assert tracker.counts().seconds_left == (10 + 10 + 2) / 2
    tracker.started(todo[1])
    clock.since = 4.0
    assert tracker.counts().seconds_left == 10, "no less than the longest job"
    clock.since = 40.0
    assert tracker.counts().seconds_left == 10, "a job that takes longer than usual is due now, not in the past"


def test_a_document_not_made_yet_takes_what_all_took(clock):
    todo = jobs(("x", "ab"), ("y", "a"))
    tracker = JobTracker(todo, 1, clock.monotonic)
    tracker.ended(ended(todo[0], 4.0))
    tracker.ended(ended(todo[1], 6.0))
    assert tracker.counts().seconds_left == 5


def test_a_second_try_takes_back_the_first_ones_end(clock):
    (a,) = jobs(("x", "a"))
    tracker = JobTracker([a], 1, clock.monotonic)
    tracker.started(a)
    tracker.ended(ended(a, 1.0, FAILED))
    assert tracker.counts().failed == 1
    tracker.started(a)
    assert (tracker.counts().failed, tracker.counts().running) == (0, 1)
    tracker.ended(ended(a, 1.0))
    assert (tracker.counts().failed, tracker.counts().made, tracker.counts().left) == (0, 1, 0)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["start", *STATES]))), st.integers(1, 4))
def test_every_job_is_counted_once_whatever_happens(events, workers):
    todo, clock = jobs(("x", "0123456789")), Clock()
    tracker, last = JobTracker(todo, workers, clock.monotonic), {}
    for number, event in events:
        clock.since += 1.5
        tracker.started(todo[number]) if event == "start" else tracker.ended(ended(todo[number], 1.0, event))
        last[number] = event
    now = tracker.counts()
    assert now.made + now.unchanged + now.failed + now.running + now.left == now.total == 10
    assert now.made == list(last.values()).count(MADE) and now.running == list(last.values()).count("start")
    assert now.left == 10 - len(last) and (now.seconds_left is None or now.seconds_left >= 0)


def plainly(took, rest, running, workers, now):
    """The seconds that are left, reckoned job by job."""
    if not rest:
        return 0.0
    if not took:
        return None
    usual = {document: fmean([seconds for of, seconds in took if of == document] or [s for _, s in took]) for document in "xy"}
    needs = [max(0.0, usual[document] - (now - running.get((document, unit), now))) for document, unit in rest]
    return max(sum(needs) / workers, *needs)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["start", MADE, FAILED]), st.integers(1, 9))), st.integers(1, 4))
def test_what_is_left_is_what_is_left_of_each_job(events, workers):
    todo, clock = jobs(("x", "01234"), ("y", "56789")), Clock()
    tracker, took, running, over = JobTracker(todo, workers, clock.monotonic), [], {}, set()
    for number, event, seconds in events:
        clock.since += 1.5
        job = todo[number]
        over.discard(job.key)
        running.pop(job.key, None)
        if event == "start":
            tracker.started(job)
            running[job.key] = clock.since
        else:
            tracker.ended(ended(job, float(seconds), event))
            over.add(job.key)
            took += [(job.document, float(seconds))] if event == MADE else []
        rest = [job.key for job in todo if job.key not in over]
        expected = plainly(took, rest, running, workers, clock.since)
        assert tracker.seconds_left() == (expected if expected is None else pytest.approx(expected))


# How it is said


def walk(shown, clock):
    """A run of four jobs, one of which fails and one of which needs no work."""
    a, b, c, d = jobs(("x", "abcd"))
    shown.tell("taking in data")
    shown.begin([a, b, c, d], workers=2)
    shown.ended(ended(a, 0.0, UNCHANGED))
    shown.started(b)
    clock.since = 10.0
    shown.ended(ended(b, 10.0))
    shown.started(c)
    clock.since = 12.0
    shown.ended(ended(c, 2.0, FAILED, reason=f"cell [3]: KeyError: '{CUSTOMER}'"))
    shown.close()


def test_a_log_gets_one_line_a_job_and_nothing_is_taken_back(clock):
    out = io.StringIO()
    walk(PlainProgress(out, clock), clock)
    text = out.getvalue()
    assert not re.search(r"[\r\x1b\x08]", text) and CUSTOMER not in text
    lines = text.splitlines()
    assert lines[:3] == ["taking in data", "4 jobs, 2 at a time", "1/4  材料x a 支行a  unchanged"]
    assert re.fullmatch(r"2/4  材料x b 支行b  made  10\.0 s  end expected about \d\d:\d\d", lines[3])
    assert lines[4].startswith("3/4  材料x c 支行c  failed  2.0 s  cell [3]: KeyError  end expected")
    assert lines[5:] == ["done 2 of 4 (1 unchanged), failed 1, running 0, left 1  0:00:12 so far"], "what was not done is not claimed"


def test_a_program_gets_one_object_a_line_in_ascii(clock):
    out = io.StringIO()
    walk(JsonProgress(out, clock), clock)
    assert out.getvalue().isascii()
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [t["event"] for t in told] == ["doing", "begin", "ended", "started", "ended", "started", "ended", "close"]
    assert told[3]["expected_end"] is None and told[3]["running"] == 1
    job = {"document": "x", "unit": "b", "tries": 1, "state": "made", "reason": "", "job_seconds": 10.0}
    run = {"total": 4, "made": 1, "unchanged": 1, "failed": 0, "running": 0, "left": 2, "seconds": 10.0, "seconds_left": 10.0}
    assert told[4] == {"time": "2014-07-01T01:00:10+00:00", "event": "ended", "expected_end": "2014-07-01T01:00:20+00:00", **job, **run}
    assert told[6]["reason"] == "cell [3]: KeyError" and told[7]["left"] == 1


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_terminal_keeps_what_failed_and_the_numbers(clock, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    out = Terminal()
    walk(progress("auto", out, clock), clock)
    assert "材料x b 支行b" in out.getvalue(), "what ran was shown"
    assert "━done" not in re.sub(r"\x1b\[[0-9;?]*m", "", out.getvalue()), "the bar and the numbers have a line each"
    kept = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).splitlines()
    assert "材料x c 支行c  failed  2.0 s  cell [3]: KeyError" in "\n".join(kept) and CUSTOMER not in out.getvalue()
    assert kept[-1].endswith("done 2 of 4 (1 unchanged), failed 1, running 0, left 1  0:00:12 so far")


def test_no_thread_runs_beside_the_run(clock, monkeypatch):
    import threading

    monkeypatch.setenv("TERM", "xterm")
    before = threading.active_count()
    shown = RichProgress(Terminal(), clock)
    shown.begin(jobs(("x", "ab")))
    assert threading.active_count() == before
    shown.close()


def test_where_there_is_no_terminal_or_no_letters_lines_are_plain(clock):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp437")
    narrow.isatty = lambda: True
    for stream in (io.StringIO(), narrow):
        assert type(progress("auto", stream, clock)) is PlainProgress


@pytest.mark.parametrize("encoding", ["gbk", "cp437", "cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("kind", ["plain", "json", "rich"])
def test_any_code_page_takes_it(kind, encoding, clock):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    shown = progress(kind, out, clock)
    walk(shown, clock)
    out.flush()
    told = raw.getvalue().decode(encoding)
    assert ("材料x" in told) == (encoding in ("gbk", "utf-8") and kind != "json")
    assert kind != "plain" or told.count("\n") == 6


@pytest.mark.parametrize("kind", ["auto", "plain", "json", "rich"])
def test_a_pipe_that_nobody_reads_any_more_does_not_stop_the_run(kind):
    code = (
        "import sys, time\nfrom notebookrun.progress import progress\nfrom notebookrun.job import Job\n"
        f"p = progress({kind!r}, sys.stderr)\np.begin([Job('x', 't')])\nsys.stdin.read()\np.started(Job('x', 't'))\n"
        "p.ended(Job('x', 't', state='made'))\np.close()\nprint('went on')"
    )
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONUTF8": "1"}, **pipes) as run:
        run.stderr.close()
        run.stderr = None
        said, _ = run.communicate(b"")
    assert said.decode().strip() == "went on"


def test_none_says_nothing_and_still_counts(clock):
    shown = progress("none", io.StringIO(), clock)
    walk(shown, clock)
    assert type(shown) is Progress and shown.tracker.counts().made == 1
