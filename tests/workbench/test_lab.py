"""JupyterLab on the notebooks, and paths as they are meant there."""

import subprocess
import time
import urllib.error
import urllib.request

import pytest
from postloan.errors import BadCommand
from postloan.papers.document import notebooks_folder
from postloan.workbench.lab import copied, lab_command, open_lab
from postloan.workbench.show import resolve


def test_jupyterlab_listens_on_this_machine_only_and_wants_its_token_B14(tmp_path):
    argv, env = lab_command(tmp_path)
    token = env["JUPYTER_TOKEN"]
    assert len(token) > 30 and not any(token in word for word in argv)
    address, quiet = (
        "http://127.0.0.1:18973/api/contents",
        ["--no-browser", "--ServerApp.port=18973", "--ServerApp.port_retries=0", "--allow-root"],
    )
    lab = subprocess.Popen([*argv, *quiet], env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while answer(address) is None and time.monotonic() < end:
            time.sleep(0.1)
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
