"""What papermill's two ways without a kernel share (`forked`, `recycled`): a notebook is filled in by what is told of its cells.

The same record comes of it as of a real kernel (`kernel.HonestEngine`): cells completed, failed or not run, as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines
from postloan.month_end.run_record import MADE

from notebookrun import fork_client as forked
from notebookrun import worker_pool as recycled
from notebookrun.environment import PREFIX, environment
from notebookrun.kernel import Ending, Record, complaints, died, ended_by, interrupted, not_run, timed_out, where

ENGINE = "POSTLOAN_ENGINE"
"""The environment variable that, set to `recycled`, has notebooks run as where the system cannot fork."""


class CellsEngine(Engine):
    """Runs a notebook with its parameters in place, and fills `record`. Never raises for what a cell did."""

    told: Callable[[dict[str, Any], float], AbstractContextManager[Iterator[dict[str, Any]]]]
    """What is told of the cells of a request while they run, up to the death of their process; at the end nothing of them is left.

    Raises `TimeoutError` out of the iterator after so many seconds, counted from when there is a process to run them.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        *,
        record: Record,
        kernel_cwd: Path,
        timeout: float,
        megabytes: int = 0,
        given: Mapping[str, str] | None = None,
        **_: Any,
    ) -> NotebookNode:
        record.notebook = nb
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        not_run(code)
        with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
            request = {"cells": [cell.source for cell in code], "folder": str(kernel_cwd), "megabytes": megabytes}
            record.state, what, record.quoted = cls._ended(code, request | {"environment": environment(folder, given)}, timeout)
        record.reason = complaints(nb) if record.state == MADE else where(nb, what)
        return nb

    @classmethod
    def _ended(cls, code: list[NotebookNode], request: dict[str, Any], timeout: float) -> Ending:
        work = _Work(code)
        try:
            with cls.told(request, timeout) as messages:
                for message in messages:
                    if message.get("done"):
                        return MADE, "", ""
                    work.take(message)
        except TimeoutError:
            return timed_out(timeout)
        except KeyboardInterrupt:
            return interrupted()
        finally:
            work.join_texts()
        return ended_by(work.error["ename"], work.error["evalue"]) if work.error else died()


class _Work:
    """One notebook at work: the number of the cell that runs now, and the error that ended it."""

    def __init__(self, code: list[NotebookNode]) -> None:
        self.code, self.now = code, -1
        self.error: NotebookNode | None = None

    def take(self, message: dict[str, Any]) -> None:
        if "begin" in message:
            self.now = message["begin"]
            self.code[self.now].metadata["papermill"] = {"status": "failed", "exception": True}
        elif "end" in message:
            cell = self.code[message["end"]]
            cell.metadata["papermill"], cell.execution_count = {"status": "completed", "exception": False}, message["count"]
        elif "clear" in message:
            self.code[self.now].outputs = []
        elif "output" in message:
            self._put(NotebookNode(message["output"]))

    def _put(self, output: NotebookNode) -> None:
        cell = self.code[self.now]
        if output.output_type == "error":
            self.error, cell.execution_count = output, self.now + 1
        last = cell.outputs[-1] if cell.outputs else None
        if output.output_type == "stream":
            same = next((o for o in cell.outputs if o.output_type == "stream" and o.name == output.name), None)
            if same is not None and (last is same or output.name == "stderr"):
                same.text.append(output.text)
                return
            output.text = [output.text]  # joined at the end: a cell may print a hundred thousand times
        cell.outputs.append(output)

    def join_texts(self) -> None:
        for cell in self.code:
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.text = "".join(output.text)


class ForkedEngine(CellsEngine):
    """Runs a notebook in a child of the forge."""

    told = staticmethod(forked.told)


class RecycledEngine(CellsEngine):
    """Runs a notebook in a worker of the pool."""

    told = staticmethod(recycled.told)


papermill_engines.register(forked.NAME, ForkedEngine)
papermill_engines.register(recycled.NAME, RecycledEngine)


def chosen_engine() -> str:
    """The name of the engine for notebooks that need no kernel."""
    return recycled.NAME if os.environ.get(ENGINE) == "recycled" or not forked.CAN_FORK else forked.NAME
