"""Running a notebook: what is refused before a kernel starts, and what the record says of a run that did not come to its end.

The case ids (A1 …) are those of the traps this program was written against.
"""

import inspect
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebookrun.cell_engine import ENGINE
from notebookrun.fork_client import CAN_FORK
from notebookrun.kernel import PlainTranslator
from notebookrun.notebook import (
    Outcome,
    _copied,
    check_parameters,
    lab_command,
    notebooks_folder,
    open_lab,
    read_parameters,
    run_notebook,
)
from places import ROOT
from postloan.errors import BadCommand
from postloan.workbench.show import resolve

PARAMETERS = 'branch: str = "001"  # 支行\nrows: int = 3\nwhole: bool = False\nunits: list[str] = []  # 机构\n'
GIVEN = {"branch": "00123", "rows": 3, "whole": False}


def written(folder: Path, *cells: str, parameters: str | None = PARAMETERS, tags: list[str] | None = None) -> Path:
    """A notebook with these code cells behind its parameters; `tags` are those of the first of them."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    notebook.cells = [] if parameters is None else [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    notebook.cells += [
        nbformat.v4.new_code_cell(cell, metadata={"tags": (tags or []) if nth == 0 else []}) for nth, cell in enumerate(cells)
    ]
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "report.ipynb")
    return folder / "report.ipynb"


def ran(folder: Path, *cells: str, timeout: float = 60, tags: list[str] | None = None, **more: object) -> tuple[Outcome, dict]:
    output = folder / "out" / "report.ipynb"
    kernel = os.environ.get(ENGINE) == "kernel"
    outcome = run_notebook(written(folder, *cells, tags=tags), GIVEN | more, output, timeout=timeout, kernel=kernel)
    return outcome, json.loads(output.read_text(encoding="utf-8"))


def code_cells(copy: dict) -> list[dict]:
    return [cell for cell in copy["cells"] if cell["cell_type"] == "code"]


def statuses(copy: dict) -> list[str]:
    """The status of each code cell behind the parameters and what was put in for them."""
    return [cell["metadata"]["papermill"]["status"] for cell in code_cells(copy)][2:]


def printed(copy: dict) -> str:
    return "".join("".join(output.get("text", [])) for cell in code_cells(copy) for output in cell["outputs"])


# Parameters


def test_parameters_are_read_with_type_default_and_explanation(tmp_path):
    found = read_parameters(written(tmp_path))
    assert [(p.name, p.type, p.default, p.says) for p in found.values()] == [
        ("branch", "str", "001", "支行"),
        ("rows", "int", 3, ""),
        ("whole", "bool", False, ""),
        ("units", "list[str]", [], "机构"),
    ]


def test_a_misspelt_parameter_is_refused_with_the_near_one_named_A16(tmp_path):
    with pytest.raises(BadCommand, match="'brnch'.*did you mean 'branch'"):
        check_parameters(written(tmp_path), GIVEN | {"brnch": "1"})


def test_everything_wrong_is_named_at_once(tmp_path):
    with pytest.raises(BadCommand) as refused:
        check_parameters(written(tmp_path), {"brnch": "1", "rows": "3", "whole": 1, "units": [1]})
    for word in ("brnch", "'branch' is missing", "'rows' wants int", "'whole' wants bool", "'units' wants list[str]"):
        assert word in str(refused.value)


def test_a_parameter_with_an_empty_default_may_be_left_out(tmp_path):
    assert check_parameters(written(tmp_path), GIVEN)["units"] == []


@pytest.mark.parametrize("value", [1.0, None, b"1", ("1",), {"a": "1"}, Path("x"), True])
def test_only_the_very_type_is_taken_B7(tmp_path, value):
    for name in ("branch", "rows"):
        with pytest.raises(BadCommand):
            check_parameters(written(tmp_path), GIVEN | {name: value})


def test_a_name_that_is_code_is_refused_B6(tmp_path):
    with pytest.raises(BadCommand, match="unknown parameter"):
        check_parameters(written(tmp_path), GIVEN | {"x=open('f','w').write('!'); n": 1})


def test_digits_stay_text_B17(tmp_path):
    for text in ("00123", "1E5", "１２３", "True", ""):
        assert check_parameters(written(tmp_path), GIVEN | {"branch": text, "units": [text]})["branch"] == text


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('fn: str = f"loan_{1}.xlsx"', "derived"),
        ('a: str = "x"\nb: str = a', "derived"),
        ('a: str = "x" + "y"', "derived"),
        ("a: str = str(1)", "derived"),
        ('a = "x"', "no parameter"),
        ("a: str", "no parameter"),
        ("import os", "no parameter"),
        ("a: float = 1.0", "unknown type"),
        ("a: str = 1", "1 is no str"),
        ("a: int = True", "True is no int"),
        ("a: list[str] = [1]", "no list"),
    ],
)
def test_a_parameters_cell_holds_plain_values_only_A17(tmp_path, cell, says):
    with pytest.raises(BadCommand, match=says):
        read_parameters(written(tmp_path, parameters=cell))


def test_a_notebook_without_a_parameters_cell_is_refused_A16(tmp_path):
    with pytest.raises(BadCommand, match="0 cells are tagged"):
        read_parameters(written(tmp_path, "1", parameters=None))


@pytest.mark.parametrize("cell", ["branch = '9'", "for branch in '12': pass", "branch += 'x'", "del branch"])
def test_a_later_cell_that_sets_a_parameter_anew_is_refused_A17(tmp_path, cell):
    with pytest.raises(BadCommand, match="'branch' anew"):
        read_parameters(written(tmp_path, cell))


@pytest.mark.parametrize("cell", ["!false", "!exit 3", "%cd /", "1 +"])
def test_a_line_whose_failure_would_go_unnoticed_is_refused_A5(tmp_path, cell):
    with pytest.raises(BadCommand, match="code cell 2: the cell is not plain Python"):
        read_parameters(written(tmp_path, cell))


@pytest.mark.parametrize("content", ["", "{}", '{"cells": 1}', "not json", "[]"])
def test_what_is_no_notebook_is_said(tmp_path, content):
    (tmp_path / "x.ipynb").write_text(content, encoding="utf-8")
    with pytest.raises(BadCommand, match="no notebook"):
        read_parameters(tmp_path / "x.ipynb")


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.text() | st.integers() | st.booleans() | st.lists(st.text())))
def test_what_is_put_into_the_notebook_is_what_was_given(values):
    found: dict = {}
    exec(PlainTranslator.codify(values), found)
    assert {name: found[name] for name in values} == values


# Running


@pytest.fixture(params=[*(["forked"] if CAN_FORK else []), "recycled", "kernel"])
def engine(request, monkeypatch) -> str:
    """Has `ran` run notebooks in each of the three ways."""
    monkeypatch.setenv(ENGINE, request.param)
    return request.param


def test_a_run_gets_its_parameters_and_says_made(engine, tmp_path):
    outcome, copy = ran(tmp_path, "print(branch, rows, whole, units, type(branch).__name__)", units=["007"])
    assert (outcome.state, outcome.reason) == ("made", "")
    assert printed(copy) == "00123 3 False ['007'] str\n"
    assert copy["metadata"]["postloan"] == {"state": "made", "reason": ""}
    assert [cell["execution_count"] for cell in code_cells(copy)] == [1, 2, 3]


def test_two_runs_give_the_same_bytes_wherever_they_happen(tmp_path):
    cells = (
        "import os\nprint(object(), {'b', 'a', 'c'}, os.getcwd(), folder)",
        "import sys, tempfile, warnings\nprint(sys.executable, tempfile.gettempdir())\nwarnings.warn('x')",
    )
    copies = []
    for name in ("one", "two/deeper"):
        source = tmp_path / name
        source.mkdir(parents=True)
        notebook = written(source, *cells, parameters=PARAMETERS + 'folder: str = "x"')
        run_notebook(notebook, GIVEN | {"folder": str(source)}, source / "out" / "r.ipynb")
        copies.append((source / "out" / "r.ipynb").read_bytes())
    assert copies[0] == copies[1]


def test_a_copy_holds_no_absolute_path_but_leaves_pictures_and_links_alone(tmp_path):
    cells = (
        "from IPython.display import display\nimport os, sys, warnings, json, tempfile",
        "display({'image/png': os.getcwd(), 'text/html': f'<a href=\"file://{folder}/x\">'}, raw=True)",
        "print(folder, repr(folder + '/x'), json.dumps(sys.path), tempfile.gettempdir(), os.path.expanduser('~'))",
        "warnings.warn('w')\nprint('../a.docx', 'x' + folder)",
        "import postloan\nprint(postloan.__file__)",
    )
    notebook = written(tmp_path, *cells, parameters=PARAMETERS + 'folder: str = "x"')
    run_notebook(notebook, GIVEN | {"folder": str(tmp_path)}, tmp_path / "out" / "r.ipynb")
    copy = json.loads((tmp_path / "out" / "r.ipynb").read_text(encoding="utf-8"))
    pictures = [
        output["data"].pop("image/png") for cell in code_cells(copy) for output in cell["outputs"] if "image/png" in output.get("data", {})
    ]
    assert "".join(pictures[0]).strip() == str(tmp_path / "out")
    text = json.dumps(copy, ensure_ascii=False)
    assert text.count(str(tmp_path)) == 1 and "x" + str(tmp_path) in text  # no path, since a letter stands before it
    text = text.replace("x" + str(tmp_path), "")
    for place in (str(tmp_path), sys.prefix, str(Path.home()), str(ROOT)):
        assert place + "/" not in text and place + "'" not in text
    assert "../a.docx" in text and "<folder>/x" in text


def killed(folder: Path, *cells: str, **more) -> tuple[Outcome, dict]:
    return ran(folder, "1 + 1", *cells, "print('never')", **more)


def test_a_dead_kernel_is_recorded_as_such_A1(engine, tmp_path):
    outcome, copy = killed(tmp_path, "import os\nos.kill(os.getpid(), 9)")
    assert outcome.state == copy["metadata"]["postloan"]["state"] == "kernel died"
    assert statuses(copy) == ["completed", "failed", "not run"]
    assert "cell [4]" in outcome.reason
    assert copy["metadata"]["papermill"]["exception"] is True
    assert "kernel died" in "".join(copy["cells"][0]["source"])


@pytest.mark.parametrize("prelude", ["", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"])
def test_a_time_out_is_recorded_as_such_even_if_the_cell_ignores_signals_A2(engine, tmp_path, prelude):
    outcome, copy = killed(tmp_path, prelude + "import time\ntime.sleep(60)", timeout=2)
    assert outcome.state == copy["metadata"]["postloan"]["state"] == "timed out"
    assert outcome.seconds < 10
    assert statuses(copy) == ["completed", "failed", "not run"]


def test_the_limit_is_for_the_whole_notebook_and_there_always_is_one_A3(engine, tmp_path):
    assert ran(tmp_path, *["import time\ntime.sleep(0.8)"] * 5, timeout=2.5)[0].state == "timed out"
    assert inspect.signature(run_notebook).parameters["timeout"].default == 900


@pytest.mark.parametrize("cell", ["import sys\nsys.exit(0)", "raise SystemExit", "import sys\nsys.exit(3)"])
def test_leaving_early_is_no_success_A4(engine, tmp_path, cell):
    outcome, copy = killed(tmp_path, cell)
    assert outcome.state == copy["metadata"]["postloan"]["state"] == "stopped early"
    assert statuses(copy) == ["completed", "failed", "not run"]


def test_what_stops_nothing_is_at_least_told_A5(engine, tmp_path):
    thread = "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()"
    outcome, copy = ran(tmp_path, "1", thread, "import warnings\nwarnings.warn('look here')", "2")
    assert (outcome.state, outcome.reason) == ("made", "cells [4, 5] wrote warnings")
    assert copy["metadata"]["postloan"]["reason"] == outcome.reason


def test_the_tag_raises_exception_has_no_say_A6(engine, tmp_path):
    outcome, copy = ran(tmp_path, "1 / 0", "print('never')", tags=["raises-exception"])
    assert (outcome.state, statuses(copy)) == ("failed", ["failed", "not run"])


def test_the_message_of_an_error_is_told_but_not_kept_B18(engine, tmp_path):
    outcome, copy = killed(tmp_path, "row = {}\nname = '张' + '三'\ntry:\n    row[name]\nexcept KeyError:\n    row[name, 1]")
    assert "张三" in outcome.reason
    assert "张三" not in json.dumps(copy, ensure_ascii=False)
    assert copy["metadata"]["postloan"]["reason"] == "cell [4]: KeyError"


def test_the_message_of_an_error_of_ours_is_kept(engine, tmp_path):
    outcome, copy = killed(tmp_path, "from postloan.errors import BadFile\nraise BadFile('the cupboard is bare', 'kitchen', 'shop')")
    assert outcome.state == "failed"
    assert "the cupboard is bare" in "".join(copy["cells"][0]["source"])


RUNNER = """
import os
import sys
from pathlib import Path
from notebookrun.notebook import run_notebook
asked = {"branch": "1", "rows": 1, "whole": True}
outcome = run_notebook(Path(sys.argv[1]), asked, Path(sys.argv[2]), kernel=os.environ.get("POSTLOAN_ENGINE") == "kernel")
sys.stdout.write(outcome.state)
"""


def sleeping_run(folder: Path) -> tuple[subprocess.Popen, Path, int]:
    """A runner in another process whose cell sleeps; its output file, which is there from before, and the kernel's process id."""
    output, mark = folder / "out" / "r.ipynb", folder / "pid"
    output.parent.mkdir()
    output.write_text("old", encoding="utf-8")
    cell = f"import os, time, pathlib\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(written(folder, cell, "1")), str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: mark.exists() and mark.read_text())
    return runner, output, int(mark.read_text())


def wait_until(true, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def alive(process: int) -> bool:
    try:
        # A process that has ended but was not waited for still takes signals.
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupt_of_the_runner_is_recorded_and_the_kernel_goes_A7(engine, tmp_path):
    runner, output, kernel = sleeping_run(tmp_path)
    runner.send_signal(signal.SIGINT)
    said, complaints = runner.communicate(timeout=60)
    copy = json.loads(output.read_text(encoding="utf-8"))
    assert (runner.returncode, said, complaints) == (0, "interrupted", "")
    assert copy["metadata"]["postloan"]["state"] == "interrupted"
    assert statuses(copy) == ["failed", "not run"]
    assert not alive(kernel)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_runner_leaves_the_old_copy_and_no_kernel_A8_A9(engine, tmp_path):
    runner, output, kernel = sleeping_run(tmp_path)
    runner.kill()
    runner.communicate(timeout=60)
    assert output.read_text(encoding="utf-8") == "old"
    wait_until(lambda: not alive(kernel))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("end", ["", "\nimport os\nos.kill(os.getpid(), 9)"])
def test_what_a_cell_has_started_goes_with_the_run_A14(engine, tmp_path, end):
    cell = f"import subprocess, pathlib\nchild = subprocess.Popen(['sleep', '777'])\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid)){end}"
    outcome, _ = ran(tmp_path, cell)
    assert outcome.state == ("kernel died" if end else "made")
    wait_until(lambda: not alive(int((tmp_path / "pid").read_text())))


def test_what_a_cell_puts_aside_goes_with_the_run(engine, tmp_path):
    outcome, _ = ran(tmp_path, f"import tempfile, pathlib\npathlib.Path({str(tmp_path / 'aside')!r}).write_text(tempfile.mkdtemp())")
    assert outcome.state == "made"
    assert not Path((tmp_path / "aside").read_text()).exists()


def test_nothing_lying_about_gets_into_the_kernel_B10_B11_B12(engine, tmp_path, monkeypatch):
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
    outcome, copy = ran(tmp_path, "try:\n    import xlrd\nexcept ImportError:\n    xlrd = None\nprint(hasattr(xlrd, 'planted'))")
    assert (outcome.state, printed(copy)) == ("made", "False\n")
    assert not list(planted.glob("*_ran"))


@pytest.mark.parametrize("name", ["报告{季度}.ipynb", "{}.ipynb", "100%{.ipynb", "http:x.ipynb"])
def test_an_output_path_is_a_path_and_no_template_or_address_B8_B9(tmp_path, name):
    if os.name == "nt" and ":" in name:
        pytest.skip("no such name on Windows")
    notebook = written(tmp_path, "1")
    outcome = run_notebook(notebook, GIVEN, tmp_path / name)
    assert outcome.state == "made" and (tmp_path / name).exists()


def test_the_kernel_works_beside_its_copy_so_that_links_hold(engine, tmp_path):
    ran(tmp_path, "open('here', 'w').close()")
    assert (tmp_path / "out" / "here").exists()
    assert Path.cwd() != tmp_path / "out"


# By hand


def test_jupyterlab_listens_on_this_machine_only_and_wants_its_token_B14(tmp_path):
    argv, env = lab_command(written(tmp_path).parent)
    token = env["JUPYTER_TOKEN"]
    assert len(token) > 30 and not any(token in word for word in argv)
    address, quiet = (
        "http://127.0.0.1:18973/api/contents",
        ["--no-browser", "--ServerApp.port=18973", "--ServerApp.port_retries=0", "--allow-root"],
    )
    lab = subprocess.Popen([*argv, *quiet], env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answer(address) is not None, 60)
        assert answer(address) == 403
        assert answer(f"{address}?token={token}") == 200
    finally:
        lab.terminate()
        lab.wait(20)


def answer(address: str) -> int | None:
    try:
        with urllib.request.urlopen(address, timeout=5) as reply:
            return reply.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None


def test_copies_of_notebooks_that_a_user_has_changed_are_left_alone(tmp_path):
    source = notebooks_folder()
    folder = _copied(source, tmp_path / "reports")
    (folder / "quarterly_brief.ipynb").write_text("mine", encoding="utf-8")
    (folder / "quarterly_report.ipynb").unlink()
    _copied(source, folder)
    assert (folder / "quarterly_brief.ipynb").read_text(encoding="utf-8") == "mine"
    assert (folder / "quarterly_report.ipynb").read_bytes() == (source / "quarterly_report.ipynb").read_bytes()


def test_a_path_by_hand_is_meant_from_the_project_unless_it_is_in_the_working_folder(tmp_path, monkeypatch):
    reports = tmp_path / "reports"
    (reports / "mine").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(reports)
    assert resolve("mine") == reports / "mine"
    assert [resolve(path) for path in ("data", "out")] == [tmp_path / "data", tmp_path / "out"]
    assert resolve(str(tmp_path / "elsewhere")) == tmp_path / "elsewhere"
    monkeypatch.chdir(tmp_path)
    assert resolve("out") == tmp_path / "out"


def test_a_misspelt_notebook_is_refused_before_jupyterlab_starts():
    with pytest.raises(BadCommand, match="did you mean 'quarterly_brief'"):
        open_lab("quaterly_brief")


def test_a_notebook_speaks_the_language_of_the_program_that_runs_it(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("POSTLOAN_LANG", "zh")
    cell = "from postloan import workbench\nfrom postloan.papers.document import document\ndocument('no_such')"
    outcome, _ = ran(tmp_path, cell)
    assert "没有文种" in outcome.reason
