"""Running a notebook: what the record says of a run that did not come to its end, in a worker and in a kernel alike.

The case ids (A1 …) are those of the traps this engine was written against.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from notebookrun import redact
from notebookrun.options import RunOptions
from notebookrun.run import Outcome, run_notebook
from notebooks import GIVEN, PARAMETERS, alive, code_cells, printed, ran, statuses, wait_until, written


def test_a_run_gets_its_parameters_and_says_made(way, tmp_path):
    outcome, copy = ran(way, tmp_path, "print(branch, rows, whole, units, type(branch).__name__)", units=["007"])
    assert (outcome.state, outcome.reason) == ("made", "")
    assert printed(copy) == "00123 3 False ['007'] str\n"
    assert copy["metadata"]["notebookrun"] == {"state": "made", "reason": ""}
    assert [cell["execution_count"] for cell in code_cells(copy)] == [1, 2, 3]


def test_two_runs_give_the_same_bytes_wherever_they_happen(pool, tmp_path):
    cells = (
        "import os\nprint(object(), {'b', 'a', 'c'}, os.getcwd(), folder)",
        "import sys, tempfile, warnings\nprint(sys.executable, tempfile.gettempdir())\nwarnings.warn('x')",
    )
    copies = []
    for name in ("one", "two/deeper"):
        source = tmp_path / name
        source.mkdir(parents=True)
        notebook = written(source, *cells, parameters=PARAMETERS + 'folder: str = "x"')
        run_notebook(notebook, GIVEN | {"folder": str(source)}, source / "out" / "r.ipynb", pool)
        copies.append((source / "out" / "r.ipynb").read_bytes())
    assert copies[0] == copies[1]


def test_a_copy_holds_no_absolute_path_but_leaves_pictures_and_links_alone(pool, tmp_path):
    cells = (
        "from IPython.display import display\nimport os, sys, warnings, json, tempfile",
        "display({'image/png': os.getcwd(), 'text/html': f'<a href=\"file://{folder}/x\">'}, raw=True)",
        "print(folder, repr(folder + '/x'), json.dumps(sys.path), tempfile.gettempdir(), os.path.expanduser('~'))",
        "warnings.warn('w')\nprint('../a.docx', 'x' + folder)",
        "import notebookrun\nprint(notebookrun.__file__)",
    )
    notebook = written(tmp_path, *cells, parameters=PARAMETERS + 'folder: str = "x"')
    run_notebook(notebook, GIVEN | {"folder": str(tmp_path)}, tmp_path / "out" / "r.ipynb", pool)
    copy = json.loads((tmp_path / "out" / "r.ipynb").read_text(encoding="utf-8"))
    pictures = [
        output["data"].pop("image/png") for cell in code_cells(copy) for output in cell["outputs"] if "image/png" in output.get("data", {})
    ]
    assert "".join(pictures[0]).strip() == str(tmp_path / "out")
    text = json.dumps(copy, ensure_ascii=False)
    assert text.count(str(tmp_path)) == 1 and "x" + str(tmp_path) in text  # no path, since a letter stands before it
    text = text.replace("x" + str(tmp_path), "")
    for place in (str(tmp_path), sys.prefix, str(Path.home()), str(Path(__file__).parents[2])):
        assert place + "/" not in text and place + "'" not in text
    assert "../a.docx" in text and "<folder>/x" in text


def killed(way, folder: Path, *cells: str, **more) -> tuple[Outcome, dict]:
    return ran(way, folder, "1 + 1", *cells, "print('never')", **more)


def test_a_dead_kernel_is_recorded_as_such_A1(way, tmp_path):
    outcome, copy = killed(way, tmp_path, "import os\nos.kill(os.getpid(), 9)")
    assert outcome.state == copy["metadata"]["notebookrun"]["state"] == "kernel died"
    assert statuses(copy) == ["completed", "failed", "not run"]
    assert "cell [4]" in outcome.reason
    assert copy["metadata"]["papermill"]["exception"] is True
    assert "kernel died" in "".join(copy["cells"][0]["source"])


@pytest.mark.parametrize("prelude", ["", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"])
def test_a_time_out_is_recorded_as_such_even_if_the_cell_ignores_signals_A2(way, tmp_path, prelude):
    outcome, copy = killed(way, tmp_path, prelude + "import time\ntime.sleep(60)", timeout=2)
    assert outcome.state == copy["metadata"]["notebookrun"]["state"] == "timed out"
    assert outcome.seconds < 10
    assert statuses(copy) == ["completed", "failed", "not run"]


def test_the_limit_is_for_the_whole_notebook_and_there_always_is_one_A3(way, tmp_path):
    assert ran(way, tmp_path, *["import time\ntime.sleep(0.8)"] * 5, timeout=2.5)[0].state == "timed out"
    assert RunOptions().timeout == 900


@pytest.mark.parametrize("cell", ["import sys\nsys.exit(0)", "raise SystemExit", "import sys\nsys.exit(3)"])
def test_leaving_early_is_no_success_A4(way, tmp_path, cell):
    outcome, copy = killed(way, tmp_path, cell)
    assert outcome.state == copy["metadata"]["notebookrun"]["state"] == "stopped early"
    assert statuses(copy) == ["completed", "failed", "not run"]


def test_what_stops_nothing_is_at_least_told_A5(way, tmp_path):
    thread = "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()"
    outcome, copy = ran(way, tmp_path, "1", thread, "import warnings\nwarnings.warn('look here')", "2")
    assert (outcome.state, outcome.reason) == ("made", "cells [4, 5] wrote warnings")
    assert copy["metadata"]["notebookrun"]["reason"] == outcome.reason


def test_the_tag_raises_exception_has_no_say_A6(way, tmp_path):
    outcome, copy = ran(way, tmp_path, "1 / 0", "print('never')", tags=["raises-exception"])
    assert (outcome.state, statuses(copy)) == ("failed", ["failed", "not run"])


def test_the_message_of_an_error_is_told_but_not_kept_B18(way, tmp_path):
    outcome, copy = killed(way, tmp_path, "row = {}\nname = '张' + '三'\ntry:\n    row[name]\nexcept KeyError:\n    row[name, 1]")
    assert "张三" in outcome.reason
    assert "张三" not in json.dumps(copy, ensure_ascii=False)
    assert copy["metadata"]["notebookrun"]["reason"] == "cell [4]: KeyError"


def test_the_message_of_a_trusted_error_is_kept(way, tmp_path, monkeypatch):
    monkeypatch.setattr(redact, "_trusted", {"BadCupboard"})
    outcome, copy = killed(way, tmp_path, "BadCupboard = type('BadCupboard', (Exception,), {})\nraise BadCupboard('the cupboard is bare')")
    assert outcome.state == "failed"
    assert "the cupboard is bare" in "".join(copy["cells"][0]["source"])


RUNNER = """
import sys
from pathlib import Path
from notebookrun.run import run_notebook
from notebookrun.worker_pool import WorkerPool
asked = {"branch": "1", "rows": 1, "whole": True}
outcome = run_notebook(Path(sys.argv[1]), asked, Path(sys.argv[2]), WorkerPool() if sys.argv[3] == "workers" else None)
sys.stdout.write(outcome.state)
"""


def sleeping_run(way, folder: Path) -> tuple[subprocess.Popen, Path, int]:
    """A runner in another process whose cell sleeps; its output file, which is there from before, and the kernel's process id."""
    output, mark = folder / "out" / "r.ipynb", folder / "pid"
    output.parent.mkdir()
    output.write_text("old", encoding="utf-8")
    cell = f"import os, time, pathlib\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(written(folder, cell, "1")), str(output), "workers" if way else "kernel"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: mark.exists() and mark.read_text())
    return runner, output, int(mark.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupt_of_the_runner_is_recorded_and_the_kernel_goes_A7(way, tmp_path):
    runner, output, kernel = sleeping_run(way, tmp_path)
    runner.send_signal(signal.SIGINT)
    said, complaints = runner.communicate(timeout=60)
    copy = json.loads(output.read_text(encoding="utf-8"))
    assert (runner.returncode, said, complaints) == (0, "interrupted", "")
    assert copy["metadata"]["notebookrun"]["state"] == "interrupted"
    assert statuses(copy) == ["failed", "not run"]
    assert not alive(kernel)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_runner_leaves_the_old_copy_and_no_kernel_A8_A9(way, tmp_path):
    runner, output, kernel = sleeping_run(way, tmp_path)
    runner.kill()
    runner.communicate(timeout=60)
    assert output.read_text(encoding="utf-8") == "old"
    wait_until(lambda: not alive(kernel))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("end", ["", "\nimport os\nos.kill(os.getpid(), 9)"])
def test_what_a_cell_has_started_goes_with_the_run_A14(way, tmp_path, end):
    cell = f"import subprocess, pathlib\nchild = subprocess.Popen(['sleep', '777'])\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid)){end}"
    outcome, _ = ran(way, tmp_path, cell)
    assert outcome.state == ("kernel died" if end else "made")
    wait_until(lambda: not alive(int((tmp_path / "pid").read_text())))


def test_what_a_cell_puts_aside_goes_with_the_run(way, tmp_path):
    outcome, _ = ran(way, tmp_path, f"import tempfile, pathlib\npathlib.Path({str(tmp_path / 'aside')!r}).write_text(tempfile.mkdtemp())")
    assert outcome.state == "made"
    assert not Path((tmp_path / "aside").read_text()).exists()


def test_nothing_lying_about_gets_into_the_kernel_B10_B11_B12(way, tmp_path, monkeypatch):
    planted = tmp_path / "planted"
    startup, spec, home = planted / "ipython/profile_default/startup", planted / "jupyter/kernels/python3", tmp_path / "out"
    for folder in (startup, spec, home):
        folder.mkdir(parents=True)
    bad = "open({!r}, 'w').write('ran')\n"
    (startup / "00.py").write_text(bad.format(str(planted / "startup_ran")), encoding="utf-8")
    (planted / "pythonstartup.py").write_text(bad.format(str(planted / "pythonstartup_ran")), encoding="utf-8")
    (spec / "kernel.json").write_text(
        json.dumps({"argv": ["false", "{connection_file}"], "display_name": "x", "language": "python"}), encoding="utf-8"
    )
    for folder in (home, tmp_path):
        (folder / "xlrd.py").write_text("planted = True\n", encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(planted / "ipython"))
    monkeypatch.setenv("JUPYTER_PATH", str(planted / "jupyter"))
    monkeypatch.setenv("PYTHONSTARTUP", str(planted / "pythonstartup.py"))
    outcome, copy = ran(way, tmp_path, "try:\n    import xlrd\nexcept ImportError:\n    xlrd = None\nprint(hasattr(xlrd, 'planted'))")
    assert (outcome.state, printed(copy)) == ("made", "False\n")
    assert not list(planted.glob("*_ran"))


@pytest.mark.parametrize("name", ["报告{季度}.ipynb", "{}.ipynb", "100%{.ipynb", "http:x.ipynb"])
def test_an_output_path_is_a_path_and_no_template_or_address_B8_B9(way, tmp_path, name):
    if os.name == "nt" and ":" in name:
        pytest.skip("no such name on Windows")
    notebook = written(tmp_path, "1")
    outcome = run_notebook(notebook, GIVEN, tmp_path / name, way)
    assert outcome.state == "made" and (tmp_path / name).exists()


def test_the_kernel_works_beside_its_copy_so_that_links_hold(way, tmp_path):
    ran(way, tmp_path, "open('here', 'w').close()")
    assert (tmp_path / "out" / "here").exists()
    assert Path.cwd() != tmp_path / "out"
