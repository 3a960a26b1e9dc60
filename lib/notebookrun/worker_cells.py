"""A notebook in a worker of a pool: its cells are filled in from the messages that the worker sends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from notebookrun.ending import (
    Cell,
    Ending,
    Execution,
    code_cells,
    died,
    ended_by_error,
    interrupted,
    mark_completed,
    mark_not_run,
    mark_running,
    timed_out,
)
from notebookrun.environment import PREFIX, environment
from notebookrun.job import MADE
from notebookrun.notebook_file import read_notebook, with_parameters
from notebookrun.options import RunOptions
from notebookrun.worker_pool import PoolStopped, WorkerPool


def run_in_worker(path: Path, parameters: Mapping[str, object], folder: Path, pool: WorkerPool, options: RunOptions) -> Execution:
    """Run the notebook at `path` in a worker of `pool`, whose cells work in `folder`."""
    notebook = with_parameters(read_notebook(path), parameters)
    code = code_cells(notebook)
    mark_not_run(code)
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as private:
        request = {
            "cells": [cell["source"] for cell in code],
            "folder": str(folder),
            "megabytes": options.megabytes,
            "environment": environment(private, options.environment),
        }
        ending = _ending(CellResults(code), pool, request, options.timeout)
    return Execution.of(notebook, ending)


def _ending(results: CellResults, pool: WorkerPool, request: dict[str, Any], timeout: float) -> Ending:
    try:
        with pool.messages(request, timeout) as messages:
            for message in messages:
                if message.get("done"):
                    return Ending(MADE)
                results.take(message)
    except TimeoutError:
        return timed_out(timeout)
    except (KeyboardInterrupt, PoolStopped):
        return interrupted()
    finally:
        results.join_texts()
    return ended_by_error(results.error["ename"], results.error["evalue"]) if results.error else died()


class CellResults:
    """The cells of a notebook at work: the number of the one that runs, outputs, and the error that ended it."""

    def __init__(self, code: list[Cell]) -> None:
        self.code, self.now = code, -1
        self.error: dict[str, Any] | None = None

    def take(self, message: dict[str, Any]) -> None:
        """Fill in what a message says."""
        if "begin" in message:
            self.now = message["begin"]
            mark_running(self.code[self.now])
        elif "end" in message:
            cell = self.code[message["end"]]
            mark_completed(cell)
            cell["execution_count"] = message["count"]
        elif "clear" in message:
            self.code[self.now]["outputs"] = []
        elif "output" in message:
            self._put(message["output"])

    def _put(self, output: dict[str, Any]) -> None:
        cell = self.code[self.now]
        outputs: list[dict[str, Any]] = cell["outputs"]
        if output["output_type"] == "error":
            self.error, cell["execution_count"] = output, self.now + 1
        if output["output_type"] == "stream":
            same = next((o for o in outputs if o["output_type"] == "stream" and o["name"] == output["name"]), None)
            if same is not None and (outputs[-1] is same or output["name"] == "stderr"):
                same["text"].append(output["text"])
                return
            output["text"] = [output["text"]]  # joined at the end: a cell may print a hundred thousand times
        outputs.append(output)

    def join_texts(self) -> None:
        """Join the pieces of what was printed."""
        for cell in self.code:
            for output in cell["outputs"]:
                if output["output_type"] == "stream":
                    output["text"] = "".join(output["text"])
