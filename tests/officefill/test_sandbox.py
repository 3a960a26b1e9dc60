"""A child with limits: what it gives and raises comes back whole, what it takes too much of is said, and nothing of it is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from officefill.errors import BadTemplate, Fault
from officefill.ooxml import sandbox as module
from officefill.ooxml.sandbox import INSIDE, Stopped, alive, each_limited, limited

LINUX = sys.platform == "linux"
linux = pytest.mark.skipif(not LINUX, reason="the child is a fork only on Linux")


def double(value):
    return [value, value]


def raise_faults():
    raise BadTemplate("表.docx", [Fault("甲", "第1段", "乙"), Fault("丙", "第2段")])


def raise_another():
    raise TypeError("context.x: float")


class Unsendable(Exception):
    """No pickle holds a lock. (One that only asks for more than its arguments is mended by tblib, which Dask installs.)"""

    def __init__(self, words):
        super().__init__(words)
        self.lock = threading.Lock()


def raise_unsendable():
    raise Unsendable("no")


def sleep_long():
    time.sleep(60)


def compute_long():
    while True:
        pass


def take_memory():
    return len([bytes(50 * 2**20) for _ in range(100)])


def leave():
    os._exit(3)


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def environment():
    return os.environ.get(INSIDE), os.getpid()


def child_of_the_child(path):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(path).write_text(str(process.pid), encoding="ascii")
    time.sleep(60)


WAYS = [pytest.param(module._Fork, id="forked", marks=linux), pytest.param(module._FreshPython, id="fresh")]


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """Both kinds of child, whatever the system: `limited` is made to use this one."""
    monkeypatch.setattr(module, "_Fork", request.param)
    monkeypatch.setattr(module, "_FreshPython", request.param)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    return request.param


def test_what_the_function_gives_comes_back_as_it_was(way):
    assert limited(double, Decimal("1.10")) == [Decimal("1.10")] * 2
    large = b"x" * 30_000_000
    assert limited(double, large) == [large, large]


def test_what_it_raises_is_raised_whole(way):
    with pytest.raises(BadTemplate) as bad:
        limited(raise_faults)
    assert bad.value.template == "表.docx" and [str(fault) for fault in bad.value.faults] == ["第1段: 甲\n  → 乙", "第2段: 丙"]
    with pytest.raises(TypeError, match="context.x") as other:
        limited(raise_another)
    assert "raise_another" in other.value.__notes__[0], "the lines it came from"
    with pytest.raises(RuntimeError, match="Unsendable: no"):
        limited(raise_unsendable)


@pytest.mark.parametrize(("function", "words"), [(sleep_long, "more than 1 seconds"), (compute_long, "more than 1 seconds")])
def test_time_runs_out_in_words(way, function, words):
    with pytest.raises(Stopped, match=words):
        limited(function, seconds=1)


@linux
def test_memory_runs_out_in_words(way):
    with pytest.raises(Stopped, match="more than 400 MB"):
        limited(take_memory, megabytes=400)


@pytest.mark.parametrize("function", [leave, pytest.param(be_killed, marks=linux)])
def test_a_child_that_dies_is_a_fault_and_not_a_crash(way, function):
    with pytest.raises(Stopped, match="died"):
        limited(function)


def test_in_a_child_nothing_is_nested(way, monkeypatch):
    inside, number = limited(environment)
    assert inside == "1" and number != os.getpid()
    assert os.environ.get(INSIDE) is None
    monkeypatch.setenv(INSIDE, "1")
    assert limited(environment) == ("1", os.getpid())


def one_of_many(number):
    if number == 2:
        os._exit(3)
    if number == 4:
        time.sleep(60)
    if number == 5:
        raise MemoryError
    return number, os.getpid()


def test_a_call_that_ends_its_child_takes_only_itself_down(way):
    results = each_limited(one_of_many, [(number,) for number in range(8)], seconds=4)
    assert [str(one) if isinstance(one, Stopped) else one[0] for one in results] == [
        *(0, 1, "its process died", 3, "it takes more than 4 seconds", "it takes more than 2048 MB of memory", 6, 7)
    ]
    children = [one[1] for one in results if not isinstance(one, Stopped)]
    assert len(set(children)) == 3, "one child for all calls but for those that ended one"


def work_and_tell():
    for _ in range(6):
        time.sleep(0.5)
        alive()
    return "done"


def test_a_call_that_says_it_goes_on_has_its_seconds_anew(way):
    assert limited(work_and_tell, seconds=2) == "done"


def print_much():
    print("x" * 100_000)
    sys.stderr.write("y")
    return "done"


def test_what_the_function_prints_goes_nowhere(way, capfd):
    assert limited(print_much) == "done"
    assert capfd.readouterr() == ("", "")


@linux
def test_what_the_child_started_ends_with_it(tmp_path):
    with pytest.raises(Stopped, match="seconds"):
        limited(child_of_the_child, str(tmp_path / "pid"), seconds=2)
    process = Path(f"/proc/{(tmp_path / 'pid').read_text(encoding='ascii')}/stat")
    end = time.monotonic() + 20
    while process.exists() and process.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        assert time.monotonic() < end, "it is still there"
        time.sleep(0.05)


@pytest.mark.soak
@linux
def test_a_parent_with_busy_threads_and_an_open_database_forks_and_goes_on():
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT range AS n FROM range(1000000)")
    stop = threading.Event()
    worker = threading.Thread(target=lambda: [con.cursor().execute("SELECT sum(n) FROM t").fetchall() for _ in iter(stop.is_set, True)])
    worker.start()
    try:
        for number in range(20):
            assert limited(double, number, seconds=30) == [number, number]
    finally:
        stop.set()
        worker.join()
    assert con.execute("SELECT count(*) FROM t").fetchone() == (1000000,)


@pytest.mark.skipif(sys.platform != "linux", reason="a fork")
def test_a_child_whose_listener_was_killed_says_it_to_nobody_and_ends(tmp_path):
    code = f"""
import os, sys, time
from officefill.ooxml.sandbox import limited
def much():
    open({str(tmp_path / "child")!r}, "w").write(str(os.getpid()))
    time.sleep(0.5)
    return "x" * 10_000_000
limited(much)
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 30
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    child = int((tmp_path / "child").read_text())
    parent.kill()
    parent.wait()
    while os.path.exists(f"/proc/{child}"):
        assert time.monotonic() < end, "the child waits for a listener that is not there"
        time.sleep(0.05)
