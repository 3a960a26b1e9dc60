"""The processes that run the notebooks of a run, and what each has at hand before its first."""

from __future__ import annotations

from importlib import import_module

from notebookrun.worker_pool import WorkerPool

POOL = WorkerPool(setup=f"{__name__}:set_up", trusted=["postloan"])
NEEDED = (
    "IPython.display",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "openpyxl",
    "docx",
    "postloan.run",
    "postloan.workbench.show",
    "postloan.papers.charts",
    "postloan.papers.make",
)
"""What the notebooks of the package import, imported once."""


def set_up() -> None:
    """Import what notebooks need, and speak the language of the program that has started this process."""
    from postloan import language

    language.use()
    for name in NEEDED:
        import_module(name)
    # Imported before there is a shell, pandas takes a terminal's width for granted.
    import_module("pandas").set_option("display.max_columns", 20)
