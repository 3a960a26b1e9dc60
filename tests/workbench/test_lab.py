"""JupyterLab on the notebooks, and paths as they are meant there."""

import json
import subprocess
import time
import urllib.error
import urllib.request

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from postloan.errors import BadCommand
from postloan.papers.document import notebooks_folder
from postloan.workbench.lab import copied, lab_command, open_lab
from postloan.workbench.show import resolve


def test_jupyterlab_speaks_chinese_listens_on_this_machine_only_and_wants_its_token(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTLOAN_LANG", "zh")
    (tmp_path / "reports").mkdir()
    argv, env, said = lab_command(tmp_path / "reports", options=["--no-browser", "--ServerApp.port=18973", "--allow-root"])
    token = env["JUPYTER_TOKEN"]
    assert said == f"http://127.0.0.1:18973/lab/tree/reports?token={token}"
    assert len(token) > 30 and not any(token in word for word in argv)
    address = "http://127.0.0.1:18973/api/contents"
    lab = subprocess.Popen(argv, env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while answer(address) is None and time.monotonic() < end:
            time.sleep(0.1)
        assert answer(address) == 403
        assert answer(f"{address}?token={token}") == 200
        assert answer(f"{address}/reports?token={token}") == 200, "the root is the project, so that links to its papers open"
        with urllib.request.urlopen(f"http://127.0.0.1:18973/lab/api/translations/?token={token}", timeout=5) as reply:
            assert "zh_CN" in json.load(reply)["data"]
        settings = f"http://127.0.0.1:18973/lab/api/settings/@jupyterlab/translation-extension:plugin?token={token}"
        with urllib.request.urlopen(settings, timeout=20) as reply:
            assert json.load(reply)["schema"]["properties"]["locale"]["default"] == "zh_CN"
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
    folder = copied(source, tmp_path / "reports")
    (folder / "quarterly_brief.ipynb").write_text("mine", encoding="utf-8")
    (folder / "quarterly_report.ipynb").unlink()
    copied(source, folder)
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


def test_an_error_in_a_cell_is_a_sentence(tmp_path):
    cells = ["from postloan.workbench import show\nfrom postloan.run import take_in", "take_in('no such folder')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    (error,) = notebook.cells[1].outputs
    assert error.output_type == "error" and error.ename == "BadCommand" and len(error.traceback) == 1
    assert error.traceback[0].startswith("no such folder: ") and "take_in" not in error.traceback[0]
