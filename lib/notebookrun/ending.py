"""The ways in which the run of a notebook can end, in a kernel and in a worker alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from notebookrun.job import FAILED, INTERRUPTED, KERNEL_DIED, MADE, STOPPED_EARLY, TIMED_OUT
from notebookrun.messages import tr
from notebookrun.redact import is_trusted

Cell = dict[str, Any]
"""A cell as it stands in an .ipynb file, its texts joined."""


class Ending(NamedTuple):
    """A run's state, the reason in words, and the message of a foreign error, which may quote a value of the data."""

    state: str
    reason: str = ""
    quoted: str = ""


@dataclass
class Execution:
    """One run of a notebook: the executed notebook and its ending. A run that was made has a reason only where a cell complained."""

    notebook: dict[str, Any]
    ending: Ending

    @classmethod
    def of(cls, notebook: dict[str, Any], ending: Ending) -> Execution:
        """Return the run of `notebook`; its reason names the cell at which it ended, or the cells that wrote warnings."""
        code = code_cells(notebook)
        reason = _complaints(code) if ending.state == MADE else _at_cell(code, ending.reason)
        return cls(notebook, ending._replace(reason=reason))

    @property
    def is_made(self) -> bool:
        """True where every cell came to its end."""
        return self.ending.state == MADE


def code_cells(notebook: dict[str, Any]) -> list[Cell]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def mark_not_run(code: Iterable[Cell]) -> None:
    """Mark code cells as not run, with nothing left of an earlier run."""
    for cell in code:
        cell["metadata"]["papermill"], cell["outputs"], cell["execution_count"] = {"status": "not run"}, [], None


def mark_running(cell: Cell) -> None:
    """Mark a cell as failed: that is true until it has come to its end."""
    cell["metadata"]["papermill"] = {"status": "failed", "exception": True}


def mark_completed(cell: Cell) -> None:
    """Mark a cell as completed."""
    cell["metadata"]["papermill"] = {"status": "completed", "exception": False}


def ended_by_error(name: str, message: str) -> Ending:
    """The ending of a run whose cell raised the error of this class and message."""
    if name == "SystemExit":
        return Ending(STOPPED_EARLY, tr("the cell left the notebook (sys.exit) before its end"))
    if name == "KeyboardInterrupt":
        return interrupted()
    return Ending(FAILED, f"{name}: {message}") if is_trusted(name) else Ending(FAILED, name, message)


def interrupted() -> Ending:
    """The ending of a run that was told to stop."""
    return Ending(INTERRUPTED, tr("interrupted"))


def timed_out(seconds: float) -> Ending:
    """The ending of a run that took more than `seconds`."""
    return Ending(TIMED_OUT, tr("the notebook took more than {seconds} s", seconds=f"{seconds:g}"))


def died() -> Ending:
    """The ending of a run whose process is gone."""
    return Ending(KERNEL_DIED, tr("the kernel died; most often because the memory was used up"))


def _at_cell(code: list[Cell], reason: str) -> str:
    """`reason` with the number of the cell at which it happened, as JupyterLab counts them: code cells only."""
    statuses = [cell["metadata"].get("papermill", {}).get("status") for cell in code]
    return tr("cell [{number}]: {what}", number=statuses.index("failed") + 1, what=reason) if "failed" in statuses else reason


def _complaints(code: list[Cell]) -> str:
    """The cells that wrote to stderr: warnings, and errors of threads, which stop nothing and would go unseen."""
    loud = [str(n) for n, cell in enumerate(code, 1) if any(output.get("name") == "stderr" for output in cell["outputs"])]
    return tr("cells [{numbers}] wrote warnings", numbers=", ".join(loud)) if loud else ""
