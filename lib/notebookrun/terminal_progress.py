"""Progress on a terminal: a few lines that change in place, by rich."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from notebookrun.job import DONE, Job
from notebookrun.messages import tr
from notebookrun.progress import Clocks, PlainProgress, job_line, job_name, summary

RUNNING_SHOWN = 4
"""Running jobs named on a terminal."""


class _Screen(Console):
    """A terminal that may go away under a run without ending it: rich itself would leave the program."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class TerminalProgress(PlainProgress):
    """A bar, the numbers and what is running, in place on a terminal; jobs that failed stay on it as lines."""

    def __init__(self, stream: TextIO, clocks: Clocks = time) -> None:  # type: ignore[assignment]
        super().__init__(stream, clocks)
        self._console = _Screen(file=stream, highlight=False)
        self._live: Live | None = None

    def tell(self, line: str) -> None:
        self._print(line)

    def show(self, event: str, job: Job | None) -> None:
        if event == "begin":
            self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
            self._live.start()
        if event == "ended" and job and job.state not in DONE:
            self._print(job_line(job))
        if self._live:
            with suppress(OSError, ValueError):
                self._live.update(self._drawn(), refresh=True)
        if event == "close" and self._live:
            with suppress(OSError, ValueError):
                self._live.stop()
            self._live = None
            self._print(summary(self.tracker.counts()))

    def _print(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._console.print(Text(line), soft_wrap=True)

    def _drawn(self) -> Group:
        counts = self.tracker.counts()
        bar = ProgressBar(total=max(1, counts.total), completed=counts.total - counts.left - counts.running, width=40)
        running = [self.tracker.jobs[key] for key in list(self.tracker.running)[:RUNNING_SHOWN]]
        more = len(self.tracker.running) - len(running)
        names = [*(f"  {job_name(job)}" for job in running), *([tr("  and {count} more", count=more)] if more > 0 else [])]
        return Group(Padding(bar, 0), Text("  ".join(filter(None, (summary(counts), self.rest(counts))))), *map(Text, names))
