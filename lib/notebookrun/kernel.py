"""A kernel of our own for one notebook, and an engine for papermill that records what really happened in it.

Papermill's own engine calls a cell completed whose kernel died under it, and takes `sys.exit()` for success; a kernel found by
name can be replaced by whoever sets `JUPYTER_PATH`, and modules lying in the notebook's folder win over installed ones.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines
from papermill.translators import PythonTranslator, papermill_translators
from postloan.errors import OURS
from postloan.language import tr
from postloan.month_end.run_record import FAILED, INTERRUPTED, KERNEL_DIED, MADE, STOPPED_EARLY, TIMED_OUT

from notebookrun.environment import PREFIX, environment

NAME = "postloan"
"""What papermill knows the engine and its kernel by."""


@dataclass
class Record:
    """What one run has come to; the engine fills it in.

    `notebook` is the executed notebook, whatever became of it. `reason` quotes nothing; `quoted` is the message of an error
    that is not ours. A run that was made has a reason only where a cell complained.
    """

    notebook: NotebookNode | None = None
    state: str = FAILED
    reason: str = ""
    quoted: str = ""


class OwnKernel(AsyncKernelManager):
    """The kernel of this very interpreter, whatever kernels are installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata={"supported_encryption": "curve"})


@contextmanager
def own_kernel(cwd: Path, given: Mapping[str, str] | None = None) -> Iterator[tuple[OwnKernel, dict[str, Any]]]:
    """A kernel not yet started and what to start it with. At the end every process of its group is killed.

    It is reached through sockets in a private folder where the system is Linux, else through encrypted ports.
    """
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
        kernel = OwnKernel(connection_file=os.path.join(folder, "kernel.json"))
        if sys.platform == "linux":
            kernel.transport, kernel.ip = "ipc", os.path.join(folder, "kernel")
        else:
            kernel.transport_encryption = "required"
        try:
            yield kernel, {"cwd": str(cwd), "env": environment(folder, given)}
        finally:
            _kill_group(kernel)


def _kill_group(kernel: OwnKernel) -> None:
    """Kill what cells have started and left behind. Windows has no groups: there only the kernel itself goes."""
    group = getattr(kernel.provisioner, "pgid", None)
    if group and hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


class HonestClient(NotebookClient):
    """Runs the code cells in order and marks each `completed`, `failed` or `not run`, as it was."""

    def run(self, **start: Any) -> None:
        """Run every cell; `start` is for the kernel. Raises what ended the run early, with the cell marked."""
        self.reset_execution_trackers()
        code = [(index, cell) for index, cell in enumerate(self.nb.cells) if cell.cell_type == "code"]
        not_run(cell for _, cell in code)
        with self.setup_kernel(cleanup_kc=True, **start):
            for index, cell in code:
                cell.metadata["papermill"] = {"status": "failed", "exception": True}
                self.execute_cell(cell, index)
                cell.metadata["papermill"] = {"status": "completed", "exception": False}


class HonestEngine(Engine):
    """Papermill's way in: runs a notebook with its parameters in place, and fills `record`. Never raises for what a cell did."""

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        *,
        record: Record,
        kernel_cwd: Path,
        timeout: float,
        given: Mapping[str, str] | None = None,
        **_: Any,
    ) -> NotebookNode:
        record.notebook = nb
        end = monotonic() + timeout
        with own_kernel(kernel_cwd, given) as (kernel, start):
            # One limit for the whole notebook; the tag raises-exception has no say; the pace of outputs leaves no trace.
            client = HonestClient(
                nb,
                kernel,
                timeout_func=lambda cell: max(0.1, end - monotonic()),
                force_raise_errors=True,
                record_timing=False,
                coalesce_streams=True,
                shutdown_kernel="immediate",
                iopub_timeout=60,
            )
            try:
                client.run(**start)
                record.state, record.reason = MADE, complaints(nb)
            except (Exception, KeyboardInterrupt) as error:
                record.state, what, record.quoted = _ended_by(error, timeout)
                record.reason = where(nb, what)
        return nb


def not_run(code: Iterable[NotebookNode]) -> None:
    """Marks code cells as not run, with nothing left of an earlier run."""
    for cell in code:
        cell.metadata["papermill"], cell.outputs, cell.execution_count = {"status": "not run"}, [], None


Ending = tuple[str, str, str]
"""The state a run is in, why in words, and the message of an error that is not ours."""


def ended_by(ename: str, evalue: str) -> Ending:
    """How a run ends whose cell has raised the error of this name and message."""
    match ename:
        case "SystemExit":
            return STOPPED_EARLY, tr("the cell left the notebook (sys.exit) before its end"), ""
        case "KeyboardInterrupt":
            return interrupted()
        case _ if ename in OURS:
            return FAILED, f"{ename}: {evalue}", ""
        case _:
            return FAILED, ename, evalue


def interrupted() -> Ending:
    """How a run ends that was told to stop."""
    return INTERRUPTED, tr("interrupted"), ""


def timed_out(timeout: float) -> Ending:
    """How a run ends that has taken more than `timeout` seconds."""
    return TIMED_OUT, tr("the notebook took more than {seconds} s", seconds=f"{timeout:g}"), ""


def died() -> Ending:
    """How a run ends whose process is gone."""
    return KERNEL_DIED, tr("the kernel died; most often because the memory was used up"), ""


def _ended_by(error: BaseException, timeout: float) -> Ending:
    match error:
        case CellExecutionError():
            return ended_by(error.ename, error.evalue)
        case KeyboardInterrupt():
            return interrupted()
        case CellTimeoutError():
            return timed_out(timeout)
        case DeadKernelError():
            return died()
        case _:
            return FAILED, type(error).__name__, str(error)


def where(nb: NotebookNode, what: str) -> str:
    """`what` with the number of the cell at which it happened, as JupyterLab counts them: code cells only."""
    statuses = [cell.metadata.get("papermill", {}).get("status") for cell in nb.cells if cell.cell_type == "code"]
    return tr("cell [{number}]: {what}", number=statuses.index("failed") + 1, what=what) if "failed" in statuses else what


def complaints(nb: NotebookNode) -> str:
    """Which cells wrote to stderr: warnings, and errors of threads, which stop nothing and would go unseen."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    loud = [str(n) for n, cell in enumerate(code, 1) if any(output.get("name") == "stderr" for output in cell.outputs)]
    return tr("cells [{numbers}] wrote warnings", numbers=", ".join(loud)) if loud else ""


class PlainTranslator(PythonTranslator):
    """Writes parameters as Python's own literals, so that a text reads as it was given, also in Chinese."""

    @classmethod
    def translate(cls, val: object) -> str:
        return repr(val)

    @classmethod
    def codify(cls, parameters: dict[str, object], comment: str = "Parameters") -> str:
        return "\n".join(cls.assign(name, cls.translate(value)) for name, value in parameters.items())


papermill_engines.register(NAME, HonestEngine)
papermill_translators.register(NAME, PlainTranslator)
