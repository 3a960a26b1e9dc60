"""Recycled workers: what they make is what a forked child and a kernel make, and nothing passes from one notebook to the next."""

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
from notebookrun import worker_pool as recycled
from notebookrun.cell_engine import ENGINE
from notebookrun.fork_client import CAN_FORK
from notebookrun.notebook import Outcome, read_parameters, run_notebook
from notebookrun.process_limits import Limits
from places import ROOT, TINY
from postloan.figures.book_writer import keep_book
from postloan.month_end.jobs import BOOK, PART
from postloan.month_end.plan import Request, parameters
from test_notebook import GIVEN, alive, code_cells, printed, ran, statuses, wait_until, written

NOTEBOOKS = sorted((ROOT / "reports").glob("*.ipynb"))
WAYS = [*(["forked"] if CAN_FORK else []), "recycled", "kernel"]
PID = "from notebookrun.worker import os\nprint(os.getpid())"


@pytest.fixture(autouse=True)
def recycling(monkeypatch):
    monkeypatch.setenv(ENGINE, "recycled")
    yield
    recycled.POOL.close()


def made(path: Path, out: Path, way: str, units: list[str], **given: str) -> bytes:
    """The executed copy of a notebook on the tiny sample."""
    asks = read_parameters(path)
    asked = {name: value for name, value in parameters(Request(str(TINY), "2014Q2", str(out), units=units)).items() if name in asks}
    asked = {name: parameter.default for name, parameter in asks.items()} | asked | ({"unit": "002"} if "unit" in asks else {})
    copy = out / "2014Q2" / "notebooks" / path.name
    outcome = run_notebook(path, asked, copy, kernel=way == "kernel", environment=given)
    assert outcome.state == "made", outcome.reason
    return copy.read_bytes()


# The same in all three


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_copies_and_papers_are_the_same_to_the_byte_in_every_way(path, tmp_path, monkeypatch):
    copies, papers = [], []
    for way in [*WAYS, "recycled"]:
        monkeypatch.setenv(ENGINE, way)
        out = tmp_path / f"{len(copies)}"
        copies.append(made(path, out, way, []))
        papers.append({file.relative_to(out): file.read_bytes() for file in out.rglob("*.*x")})
    assert all(copy == copies[0] for copy in copies)
    assert all(paper == papers[0] for paper in papers)


def test_a_book_opened_once_gives_every_notebook_of_a_run_the_same_as_one_opened_anew(tiny, tmp_path, monkeypatch):
    keep_book(tiny, tmp_path / "book")
    monkeypatch.setenv(BOOK, str(tmp_path / "book"))
    kept, process = [made(path, tmp_path / "kept", "recycled", ["002"]) for path in [*NOTEBOOKS, *NOTEBOOKS]], the_one_at_rest()
    assert process.alive()
    for path, once, again in zip(NOTEBOOKS, kept, kept[len(NOTEBOOKS) :], strict=False):
        recycled.POOL.close()
        assert once == again == made(path, tmp_path / "anew", "recycled", ["002"])


def test_a_worker_gives_each_unit_its_own_part_of_the_book(tiny, tmp_path):
    keep_book(tiny, tmp_path / "book")
    path, book = ROOT / "reports" / "monitoring_paper.ipynb", str(tmp_path / "book")

    def of(unit: str, folder: str) -> bytes:
        return made(path, tmp_path / folder / unit, "recycled", [unit], **{BOOK: book, PART: unit})

    one, other, again = of("002", "kept"), of("003", "kept"), of("002", "again")
    recycled.POOL.close()
    assert one == again == of("002", "anew") and other == of("003", "anew2") and one != other


def test_notebooks_of_the_package_leave_their_worker_free():
    for path in NOTEBOOKS:
        assert worker.plain(["".join(cell["source"]) for cell in code_cells(json.loads(path.read_text(encoding="utf-8")))])


def the_one_at_rest() -> recycled.Worker:
    (one,) = recycled.POOL._at_rest
    return one


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
    "a function of ours": (
        "import postloan.run\npostloan.run.compute = None",
        "import postloan.run\nprint(postloan.run.compute is None)",
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
def test_what_one_notebook_changes_the_next_does_not_see(change, tmp_path):
    before, after = CHANGES[change]
    assert ran(tmp_path / "1", before)[0].state == "made"
    assert printed(ran(tmp_path / "2", after)[1]) == "False\n"


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
    assert not worker.plain(["from postloan import workbench as show", cell])


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
    with worker.as_it_was():
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
    pids = [printed(ran(tmp_path / str(nth), PID)[1]) for nth in range(2 * worker.NOTEBOOKS + 1)]
    assert sorted(Counter(pids).values()) == [1, worker.NOTEBOOKS, worker.NOTEBOOKS]


def test_another_environment_gets_another_worker(tmp_path, monkeypatch):
    pids = [printed(ran(tmp_path / "1", PID)[1])]
    monkeypatch.setenv("POSTLOAN_LANG", "zh")
    pids += [printed(ran(tmp_path / name, PID)[1]) for name in ("2", "3")]
    assert len(set(pids)) == 2 and pids[1] == pids[2]


LEAVINGS = {
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a process": "import subprocess\nsubprocess.Popen(['sleep', '60'])",
    "an error": "1 / 0",
}


@pytest.mark.parametrize("left", LEAVINGS)
def test_a_worker_is_replaced_behind_a_notebook_that_leaves_something(left, tmp_path, monkeypatch):
    ran(tmp_path, LEAVINGS[left])
    assert recycled.POOL._at_rest == []


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


def test_what_leaves_by_the_back_door_is_told_as_a_dead_kernel(tmp_path):
    outcome, copy = ran(tmp_path, "1", "import os\nos._exit(0)", "2")
    assert (outcome.state, statuses(copy)) == ("kernel died", ["completed", "failed", "not run"])
    assert ran(tmp_path, "1")[0].state == "made"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS sets no limit")
def test_a_hog_ends_by_an_ordinary_error_and_the_next_has_its_memory_A15(tmp_path):
    hog = written(tmp_path, "x = list(range(2_000_000_000))")
    assert run_notebook(hog, GIVEN, tmp_path / "1.ipynb", megabytes=300).reason == "cell [3]: MemoryError"
    small, large = written(tmp_path / "small", "print(1)"), written(tmp_path / "large", "print(len('x' * (600 << 20)))")
    assert run_notebook(small, GIVEN, tmp_path / "2.ipynb", megabytes=300).state == "made"
    assert run_notebook(large, GIVEN, tmp_path / "3.ipynb").state == "made"


def test_ten_megabytes_printed_line_by_line_arrive_whole(tmp_path):
    outcome, copy = ran(tmp_path, "for n in range(100_000):\n    print('一' * 99, n)")
    lines = printed(copy).splitlines()
    assert outcome.state == "made" and len(lines) == 100_000 and lines[-1].endswith(" 99999")


def test_what_a_cell_writes_to_the_descriptors_disturbs_nothing(tmp_path):
    cell = "import os, subprocess\nfor n in (0, 1, 2):\n    os.write(n, b'{}' * 9000)\nsubprocess.run(['echo', 'x'])\nprint(1)"
    outcome, copy = ran(tmp_path, cell)
    assert (outcome.state, printed(copy)) == ("made", "1\n")


@pytest.mark.skipif(sys.platform != "linux", reason="kills by /proc")
def test_of_200_notebooks_whose_workers_are_killed_at_random_each_is_whole_or_said_to_be_dead(tmp_path):
    chance, over = random.Random(5), threading.Event()
    notebook = written(tmp_path, "from postloan.numbers import number\nprint(branch)", "print('end')")
    killed: list[int] = []

    def kill() -> None:
        while not over.wait(chance.uniform(0.3, 1.5)):
            if workers := sorted(recycled.POOL._at_work, key=id):
                killed.append(chance.choice(workers)._process.pid)
                os.kill(killed[-1], signal.SIGKILL)

    def run(nth: int) -> Outcome:
        return run_notebook(notebook, GIVEN, tmp_path / f"{nth}.ipynb")

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(run, range(200)))
    finally:
        over.set()
        killer.join()
    for nth, outcome in enumerate(outcomes):
        copy = json.loads((tmp_path / f"{nth}.ipynb").read_text(encoding="utf-8"))
        assert copy["metadata"]["postloan"]["state"] == outcome.state
        assert (outcome.state, printed(copy)) == ("made", "00123\nend\n") or outcome.state == "kernel died"
        assert statuses(copy) == ["completed"] * 2 or outcome.state == "kernel died"
    told = Counter(outcome.state for outcome in outcomes)
    assert told["made"] > 100 and 0 < told["kernel died"] <= len(killed)
    recycled.POOL.close()
    wait_until(lambda: not any(map(alive, killed)))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_idle_workers_go_with_their_runner(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom notebookrun import worker_pool as recycled\nfrom notebookrun.notebook import run_notebook\n"
        "run_notebook(Path(sys.argv[1]), {'branch': '1', 'rows': 1, 'whole': True}, Path(sys.argv[2]))\n"
        "print(recycled.POOL._at_rest[0]._process.pid, flush=True)\nsys.stdin.read()"
    )
    argv = [sys.executable, "-c", code, str(written(tmp_path, "1")), str(tmp_path / "r.ipynb")]
    runner = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = int(runner.stdout.readline())
    assert alive(pid)
    runner.kill()
    runner.communicate()
    wait_until(lambda: not alive(pid))


def test_limits_of_a_windows_job_have_the_layout_windows_wants():
    assert ctypes.sizeof(Limits) == 144 or sys.maxsize < 2**32
    assert Limits.process_memory.offset == 112 or sys.maxsize < 2**32
