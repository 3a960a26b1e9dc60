"""The engine stands alone: every module imports, and a notebook runs in both ways, where there is no postloan."""

import subprocess
import sys
from pathlib import Path

from notebooks import written

WITHOUT = """
import importlib, pkgutil, sys
sys.modules["postloan"] = sys.modules["officefill"] = None
import notebookrun
for module in pkgutil.walk_packages(notebookrun.__path__, "notebookrun."):
    importlib.import_module(module.name)
    print(module.name)
"""
RUN = """
import sys
from pathlib import Path
sys.modules["postloan"] = None
from notebookrun.run import run_notebook
from notebookrun.worker_pool import WorkerPool
for name, pool in (("worker", WorkerPool()), ("kernel", None)):
    print(run_notebook(Path(sys.argv[1]), {"branch": "1", "rows": 1, "whole": True}, Path(sys.argv[2], name, "r.ipynb"), pool).state)
"""


def said(code: str, *words: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=300)
    return done.stdout.split()


def test_every_module_imports_without_postloan():
    package = Path(sys.modules["notebookrun"].__file__).parent
    assert {name.removeprefix("notebookrun.") for name in said(WITHOUT)} == {path.stem for path in package.glob("*.py")} - {"__init__"}


def test_a_notebook_runs_in_both_ways_without_postloan_and_its_copies_are_the_same(tmp_path):
    notebook = written(tmp_path, "print(branch, rows)", "import warnings\nwarnings.warn('w')", "{'a': whole}")
    assert said(RUN, str(notebook), str(tmp_path)) == ["made", "made"]
    worker, kernel = ((tmp_path / name / "r.ipynb").read_bytes() for name in ("worker", "kernel"))
    assert worker == kernel and b'"1 1\\n"' in worker
