"""Workers: nothing passes from one notebook to the next, and whatever becomes of a worker, its notebook says so."""

import ast
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import threading
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from notebookrun import worker
from notebookrun.options import RunOptions
from notebookrun.plain_cells import are_plain
from notebookrun.process_limits import JobLimits
from notebookrun.run import Outcome, run_notebook
from notebookrun.worker_pool import WorkerPool
from notebooks import GIVEN, alive, printed, ran, statuses, wait_until, written

PID = "from notebookrun.worker import os\nprint(os.getpid())"


# Nothing passes from one to the next

CHANGES = {
    "a name": ("seen = 1", "print('seen' in dir())"),
    "the environment": ("import os\nos.environ['SEEN'] = '1'", "import os\nprint('SEEN' in os.environ)"),
    "the folder": ("import os\nos.chdir('/')", "import os\nprint(os.getcwd() == '/')"),
    "a figure": ("import matplotlib.pyplot as plt\nplt.figure()", "import matplotlib.pyplot as plt\nprint(bool(plt.get_fignums()))"),
    "a setting of charts": (
        "import matplotlib\nmatplotlib.rcParams['font.size'] = 99",
        "import matplotlib\nprint(matplotlib.rcParams['font.size'] == 99)",
    ),
    "a function of Python": ("import builtins\nbuiltins.sum = len", "print(sum is len)"),
    "a function of a trusted package": (
        "import notebookrun.run\nnotebookrun.run.run_notebook = None",
        "import notebookrun.run\nprint(notebookrun.run.run_notebook is None)",
    ),
    "warnings": (
        "import warnings\nwarnings.simplefilter('error')",
        "import warnings\nprint(('error', None, Warning, None, 0) in warnings.filters)",
    ),
    "decimals": ("import decimal\ndecimal.getcontext().prec = 3", "import decimal\nprint(decimal.getcontext().prec == 3)"),
    "modules": ("import sys, types\nsys.modules['seen'] = types.ModuleType('seen')", "import sys\nprint('seen' in sys.modules)"),
    "paths": ("import sys\nsys.path.insert(0, 'seen')", "import sys\nprint('seen' in sys.path)"),
    "a worker's memory": ("from unittest import mock\nmock.patch('os.getcwd', len).start()", "import os\nprint(os.getcwd is len)"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_one_notebook_changes_the_next_does_not_see(change, pool, tmp_path):
    before, after = CHANGES[change]
    assert ran(pool, tmp_path / "1", before)[0].state == "made"
    assert printed(ran(pool, tmp_path / "2", after)[1]) == "False\n"


@pytest.mark.parametrize(
    "cell",
    [
        *("x.y = 1", "x['y'] = 1", "del x.y", "x += [1]", "import os", "from os import chdir", "from . import x", "exec('1')"),
        *("clean.con.execute('DROP TABLE x')", "[].append(1)", "def f(): ...", "lambda: 1", "f()()", "print = exec\nprint('1')"),
        *("setattr(show, 'x', 1)", "[x for x in y]", "(x := 1)", "with x: ...", "for show.x in y: ..."),
    ],
)
def test_cells_that_could_change_what_cannot_be_put_back_are_not_plain(cell):
    ast.parse(cell)
    assert not are_plain(["from package import show", cell], ["package"])


def test_cells_that_only_call_what_they_import_from_trusted_packages_are_plain():
    cells = [
        "from package.part import show, make as made\nx: str = '1'",
        "y = made(x, [*range(3)])\nshow.table(y[0], f'{x}')\nprint(len(y))",
    ]
    assert are_plain(cells, ["package"]) and not are_plain(cells, ["other"])


def test_settings_of_a_process_are_put_back(tmp_path):
    import decimal
    import locale

    import matplotlib
    import matplotlib.pyplot as plt

    def settings() -> tuple:
        handler = signal.getsignal(signal.SIGINT)
        return (
            *(os.getcwd(), dict(os.environ), list(sys.path), locale.setlocale(locale.LC_ALL), handler, list(warnings.filters)),
            *(decimal.getcontext().prec, matplotlib.rcParams["font.size"], plt.get_fignums()),
        )

    before = settings()
    with worker.settings_put_back():
        os.chdir(tmp_path)
        os.environ["SEEN"] = "1"
        sys.path.insert(0, "seen")
        locale.setlocale(locale.LC_ALL, "C")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        warnings.simplefilter("error")
        decimal.getcontext().prec = 3
        matplotlib.rcParams["font.size"] = 99
        plt.figure()
        assert settings() != before
    assert settings() == before


def test_a_worker_runs_many_notebooks_but_not_too_many(tmp_path):
    pool = WorkerPool(trusted=["notebookrun"], notebooks=3)
    try:
        pids = [printed(ran(pool, tmp_path / str(nth), PID)[1]) for nth in range(7)]
    finally:
        pool.close()
    assert sorted(Counter(pids).values()) == [1, 3, 3]


def test_another_environment_gets_another_worker(pool, tmp_path, monkeypatch):
    pids = [printed(ran(pool, tmp_path / "1", PID)[1])]
    monkeypatch.setenv("SEEN", "1")
    pids += [printed(ran(pool, tmp_path / name, PID)[1]) for name in ("2", "3")]
    assert len(set(pids)) == 2 and pids[1] == pids[2]


def test_workers_started_beforehand_call_the_set_up_and_are_the_ones_that_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pool = WorkerPool(setup="at_hand:set_up", trusted=["at_hand", "notebookrun"])
    try:
        pool.start(2)
        started = {one._process.pid for one in pool._at_rest}
        said = [printed(ran(pool, tmp_path / str(nth), "from at_hand import VALUES\nprint(VALUES)", PID)[1]) for nth in range(2)]
    finally:
        pool.close()
    assert len(started) == 2 and {one.split("\n")[0] for one in said} == {"['set up']"}
    assert {int(one.split("\n")[1]) for one in said} <= started


def test_a_pool_told_to_stop_interrupts_its_notebooks_and_begins_none(tmp_path):
    pool = WorkerPool()
    mark = tmp_path / "mark"
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(ran, pool, tmp_path / "1", f"open({str(mark)!r}, 'w').close()\nimport time\ntime.sleep(60)")
        wait_until(mark.exists)
        pool.stop()
        assert future.result()[0].state == "interrupted"
    assert ran(pool, tmp_path / "2", "1")[0].state == "interrupted"
    pool.start(0)
    assert ran(pool, tmp_path / "3", "1")[0].state == "made"
    pool.close()


LEAVINGS = {
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a process": "import subprocess\nsubprocess.Popen(['sleep', '60'])",
    "an error": "1 / 0",
}


@pytest.mark.parametrize("left", LEAVINGS)
def test_a_worker_is_replaced_behind_a_notebook_that_leaves_something(left, pool, tmp_path):
    ran(pool, tmp_path, LEAVINGS[left])
    assert pool._at_rest == []


NOTICED = """
import threading
from notebookrun import worker
stop, threads = threading.Event(), set(threading.enumerate())
print(worker._nothing_left(threads, 1 << 50), worker._nothing_left(threads, 1))
threading.Thread(target=stop.wait).start()
print(worker._nothing_left(threads, 1 << 50))
stop.set()
"""


def test_threads_and_growth_are_noticed_by_themselves():
    """In a process of its own: this one has the threads and children of every test before."""
    said = subprocess.run([sys.executable, "-c", NOTICED], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.split() == ["True", "False", "False"]


# Faults


def test_what_leaves_by_the_back_door_is_told_as_a_dead_kernel(pool, tmp_path):
    outcome, copy = ran(pool, tmp_path, "1", "import os\nos._exit(0)", "2")
    assert (outcome.state, statuses(copy)) == ("kernel died", ["completed", "failed", "not run"])
    assert ran(pool, tmp_path, "1")[0].state == "made"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS sets no limit")
def test_a_hog_ends_by_an_ordinary_error_and_the_next_has_its_memory_A15(pool, tmp_path):
    hog = written(tmp_path, "x = list(range(2_000_000_000))")
    assert run_notebook(hog, GIVEN, tmp_path / "1.ipynb", pool, RunOptions(megabytes=300)).reason == "cell [3]: MemoryError"
    small, large = written(tmp_path / "small", "print(1)"), written(tmp_path / "large", "print(len('x' * (600 << 20)))")
    assert run_notebook(small, GIVEN, tmp_path / "2.ipynb", pool, RunOptions(megabytes=300)).state == "made"
    assert run_notebook(large, GIVEN, tmp_path / "3.ipynb", pool).state == "made"


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_megabytes_printed_line_by_line_arrive_whole(count, pool, tmp_path):
    outcome, copy = ran(pool, tmp_path, f"for n in range({count}):\n    print('一' * 99, n)")
    lines = printed(copy).splitlines()
    assert outcome.state == "made" and len(lines) == count and lines[-1].endswith(f" {count - 1}")


def test_what_a_cell_writes_to_the_descriptors_disturbs_nothing(pool, tmp_path):
    cell = "import os, subprocess\nfor n in (0, 1, 2):\n    os.write(n, b'{}' * 9000)\nsubprocess.run(['echo', 'x'])\nprint(1)"
    outcome, copy = ran(pool, tmp_path, cell)
    assert (outcome.state, printed(copy)) == ("made", "1\n")


@pytest.mark.skipif(sys.platform != "linux", reason="kills by /proc")
@pytest.mark.soak
def test_of_200_notebooks_whose_workers_are_killed_at_random_each_is_whole_or_said_to_be_dead(pool, tmp_path):
    chance, over = random.Random(5), threading.Event()
    notebook = written(tmp_path, "from notebookrun.messages import tr\nprint(branch)", "print('end')")
    killed: list[int] = []

    def kill() -> None:
        while not over.wait(chance.uniform(0.3, 1.5)):
            if workers := sorted((one for one in pool._at_work if one.is_ready), key=id):
                killed.append(chance.choice(workers)._process.pid)
                os.kill(killed[-1], signal.SIGKILL)

    def run(nth: int) -> Outcome:
        return run_notebook(notebook, GIVEN, tmp_path / f"{nth}.ipynb", pool)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(2) as threads:
            outcomes = list(threads.map(run, range(200)))
    finally:
        over.set()
        killer.join()
    for nth, outcome in enumerate(outcomes):
        copy = json.loads((tmp_path / f"{nth}.ipynb").read_text(encoding="utf-8"))
        assert copy["metadata"]["notebookrun"]["state"] == outcome.state
        assert (outcome.state, printed(copy)) == ("made", "00123\nend\n") or outcome.state == "kernel died"
        assert statuses(copy) == ["completed"] * 2 or outcome.state == "kernel died"
    told = Counter(outcome.state for outcome in outcomes)
    assert told["made"] > 100 and 0 < told["kernel died"] <= len(killed)
    pool.close()
    wait_until(lambda: not any(map(alive, killed)))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_idle_workers_go_with_their_runner(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom notebookrun.run import run_notebook\nfrom notebookrun.worker_pool import WorkerPool\n"
        "pool = WorkerPool()\n"
        "run_notebook(Path(sys.argv[1]), {'branch': '1', 'rows': 1, 'whole': True}, Path(sys.argv[2]), pool)\n"
        "print(pool._at_rest[0]._process.pid, flush=True)\nsys.stdin.read()"
    )
    argv = [sys.executable, "-c", code, str(written(tmp_path, "1")), str(tmp_path / "r.ipynb")]
    runner = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = int(runner.stdout.readline())
    assert alive(pid)
    runner.kill()
    runner.communicate()
    wait_until(lambda: not alive(pid))


def test_limits_of_a_windows_job_have_the_layout_windows_wants():
    assert ctypes.sizeof(JobLimits) == 144 or sys.maxsize < 2**32
    assert JobLimits.process_memory.offset == 112 or sys.maxsize < 2**32
