"""Notebooks for the tests of this folder, and the results of running them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import nbformat
from notebookrun.options import RunOptions
from notebookrun.run import Outcome, run_notebook
from notebookrun.worker_pool import WorkerPool

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


def ran(
    pool: WorkerPool | None, folder: Path, *cells: str, timeout: float = 60, tags: list[str] | None = None, **more: object
) -> tuple[Outcome, dict]:
    """The outcome and the executed copy of a notebook with these cells, in a worker of `pool` or in a kernel."""
    output = folder / "out" / "report.ipynb"
    outcome = run_notebook(written(folder, *cells, tags=tags), GIVEN | more, output, pool, RunOptions(timeout=timeout))
    return outcome, json.loads(output.read_text(encoding="utf-8"))


def code_cells(copy: dict) -> list[dict]:
    return [cell for cell in copy["cells"] if cell["cell_type"] == "code"]


def statuses(copy: dict) -> list[str]:
    """The status of each code cell behind the parameters and what was put in for them."""
    return [cell["metadata"]["papermill"]["status"] for cell in code_cells(copy)][2:]


def printed(copy: dict) -> str:
    return "".join("".join(output.get("text", [])) for cell in code_cells(copy) for output in cell["outputs"])


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
