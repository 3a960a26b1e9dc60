"""Running one notebook so that its record tells the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from notebookrun.executed_notebook import copy_bytes
from notebookrun.options import RunOptions
from notebookrun.parameters import check_parameters
from notebookrun.worker_cells import run_in_worker
from notebookrun.worker_pool import WorkerPool


@dataclass(frozen=True)
class Outcome:
    """The end of a run: `state` is one of `job.STATES`, `reason` says why in words.

    A run that was made has a reason only where cells wrote warnings. That of any other quotes the error and may therefore hold a
    value of the data; the executed copy does not.
    """

    state: str
    reason: str
    seconds: float


def run_notebook(
    path: Path, parameters: Mapping[str, object], output: Path, pool: WorkerPool | None = None, options: RunOptions | None = None
) -> Outcome:
    """Run the notebook at `path` and write the executed copy as `output`, whatever became of the run.

    A worker of `pool` runs it; without a pool, a Jupyter kernel of its own. The outputs are the same. Paths among the parameters should be
    absolute. What a cell does is told by the outcome, never raised; an interrupt (Ctrl-C) too, so a caller with more to do
    must stop there. Raises `BadNotebook` and `BadParameters` before anything starts, and whatever `options.put` raises.
    """
    given, options = check_parameters(path, parameters), options or RunOptions()
    begun, folder = monotonic(), (options.folder or output.parent).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if pool:
        run = run_in_worker(path, given, folder, pool, options)
    else:
        from notebookrun.kernel import run_in_kernel  # late: papermill and all it brings take a second to import

        run = run_in_kernel(path, given, folder, options)
    options.put(output, copy_bytes(run, given, {folder: "cwd", path.absolute().parent: "reports"}, options.key))
    return Outcome(run.ending.state, ": ".join(filter(None, (run.ending.reason, run.ending.quoted))), monotonic() - begun)
