"""The processes that run the notebooks of a run, and what each has at hand before its first."""

from __future__ import annotations

from importlib import import_module

from notebookrun.worker_pool import WorkerPool

POOL = WorkerPool(setup=f"{__name__}:set_up", trusted=["postloan"])
NEEDED = (
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "postloan.run",
    "postloan.workbench.show",
    "postloan.papers.charts",
    "postloan.papers.make",
)
"""Modules that the notebooks of the package import, imported once."""


def set_up() -> None:
    """Import what notebooks need, and speak the language of the program that has started this process."""
    from postloan import language

    language.use()
    for name in NEEDED:
        import_module(name)
