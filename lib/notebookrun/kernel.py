"""A notebook in a Jupyter kernel of its own: papermill with an engine that records what really happened.

Papermill's own engine calls a cell completed whose kernel died under it, and takes `sys.exit()` for success. A kernel found by its
name can be replaced by setting `JUPYTER_PATH`, and modules in the notebook's folder win over installed ones.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

# Jsonschema takes two seconds to import what it checks one kind of web address by; notebooks have none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers
from papermill.translators import PythonTranslator, papermill_translators

from notebookrun.ending import Ending, Execution, died, ended_by_error, interrupted, mark_completed, mark_not_run, mark_running, timed_out
from notebookrun.environment import PREFIX, environment
from notebookrun.job import FAILED, MADE
from notebookrun.notebook_file import assignments
from notebookrun.options import RunOptions

NAME = "notebookrun"
"""The name of the engine, and of the kernel, in papermill."""


def run_in_kernel(path: Path, parameters: Mapping[str, object], folder: Path, options: RunOptions) -> Execution:
    """Run the notebook at `path` in a kernel that works in `folder`."""
    runs: list[Execution] = []
    # Papermill gets the notebook itself and no path: a path it would fill as a format string, or send to http: and s3:.
    with suppress(PapermillExecutionError):
        papermill.execute_notebook(
            nbformat.read(path, as_version=4),
            None,
            parameters=dict(parameters),
            engine_name=NAME,
            kernel_name=NAME,
            progress_bar=False,
            runs=runs,
            folder=folder,
            options=options,
        )
    remove_error_markers(runs[0].notebook)
    return runs[0]


class KernelEngine(Engine):
    """Papermill's way in: runs a notebook with its parameters in place and adds the run to `runs`. Never raises for what a cell did."""

    @classmethod
    def execute_notebook(
        cls, nb: NotebookNode, kernel_name: str, *, runs: list[Execution], folder: Path, options: RunOptions, **_: Any
    ) -> NotebookNode:
        end = monotonic() + options.timeout
        with isolated_kernel(folder, options.environment) as (kernel, start):
            # One limit for the whole notebook; the tag raises-exception has no say; the pace of outputs leaves no trace.
            client = CellClient(
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
                client.run_cells(**start)
                ending = Ending(MADE)
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever a cell raises ends its run
                ending = _ended_by(error, options.timeout)
        runs.append(Execution.of(nb, ending))
        return nb


class CellClient(NotebookClient):
    """Runs the code cells in order and marks each `completed`, `failed` or `not run`."""

    def run_cells(self, **start: Any) -> None:
        """Run every cell; `start` is for the kernel. Raises what ended the run early, with the cell marked."""
        self.reset_execution_trackers()
        code = [(index, cell) for index, cell in enumerate(self.nb.cells) if cell.cell_type == "code"]
        mark_not_run(cell for _, cell in code)
        with self.setup_kernel(cleanup_kc=True, **start):
            for index, cell in code:
                mark_running(cell)
                self.execute_cell(cell, index)
                mark_completed(cell)


def _ended_by(error: BaseException, timeout: float) -> Ending:
    match error:
        case CellExecutionError():
            return ended_by_error(error.ename, error.evalue)
        case KeyboardInterrupt():
            return interrupted()
        case CellTimeoutError():
            return timed_out(timeout)
        case DeadKernelError():
            return died()
        case _:
            return Ending(FAILED, type(error).__name__, str(error))


class InterpreterKernel(AsyncKernelManager):
    """The kernel of this very interpreter, whatever kernels are installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata={"supported_encryption": "curve"})


@contextmanager
def isolated_kernel(cwd: Path, given: Mapping[str, str]) -> Iterator[tuple[InterpreterKernel, dict[str, Any]]]:
    """Give a kernel not yet started and what to start it with. At the end every process of its group is killed.

    It is reached through sockets in a private folder where the system is Linux, else through encrypted ports.
    """
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
        kernel = InterpreterKernel(connection_file=os.path.join(folder, "kernel.json"))
        if sys.platform == "linux":
            kernel.transport, kernel.ip = "ipc", os.path.join(folder, "kernel")
        else:
            kernel.transport_encryption = "required"
        try:
            yield kernel, {"cwd": str(cwd), "env": environment(folder, given)}
        finally:
            _kill_group(kernel)


def _kill_group(kernel: InterpreterKernel) -> None:
    """Kill what cells have started and left behind. Windows has no groups: there only the kernel itself goes."""
    group = getattr(kernel.provisioner, "pgid", None)
    if group and hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


class LiteralTranslator(PythonTranslator):
    """Writes parameters as Python's own literals (`notebook_file.assignments`)."""

    @classmethod
    def codify(cls, parameters: dict[str, object], comment: str = "Parameters") -> str:
        return assignments(parameters)


papermill_engines.register(NAME, KernelEngine)
papermill_translators.register(NAME, LiteralTranslator)
