"""A process that runs one notebook after the other: `python -m notebookrun.worker SETUP` (see `worker_pool`).

A request is a JSON line on its standard input, messages about its cells are JSON lines on its standard output (see `shell`); cells see
neither. When the input ends, which is when the runner is gone, the worker and all that its cells have started go at once. Each notebook
gets a shell of its own, and the settings of the process are put back behind it.

Not everything that Python code can change can be put back: functions put in the place of others, things inside libraries. So the worker
says it is free for another notebook only where none of that can have happened: the cells were plain (`plain_cells`), all came to their
end, no thread and no process is left, memory has not grown by much, and it was not one notebook of many. Between notebooks stays what
trusted packages keep for themselves, such as files read once.
"""

from __future__ import annotations

import decimal
import gc
import importlib
import json
import locale
import os
import pkgutil
import queue
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, BinaryIO

import psutil

from notebookrun.plain_cells import are_plain
from notebookrun.process_limits import WindowsJob, adopt_orphans, end_group, limit_memory, own_job
from notebookrun.shell import Send, passing_shell, run_cells, sender

FIRST = 6
"""Notebooks after which a worker has at hand what all need."""
GROWTH = 512 << 20
"""Bytes by which a worker may grow after them."""


def serve(requests: BinaryIO, send: Send, given: Mapping[str, Any], job: WindowsJob | None) -> None:
    """Run the notebooks asked for, up to the first after which this process is not free for another."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    send(ready=True)
    gc.freeze()  # what is there for good is not looked through again
    most = sys.maxsize
    for number in range(1, given["notebooks"] + 1):
        request, threads = json.loads(waiting.get()), set(threading.enumerate())
        _run(request, send, job, may_stay=number < given["notebooks"] and are_plain(request["cells"], given["trusted"]))
        if number <= FIRST:
            gc.freeze()
            most = psutil.Process().memory_info().rss + GROWTH
        is_free = _nothing_left(threads, most)
        send(done=True, free=is_free)
        if not is_free:
            return


def _listen(requests: BinaryIO, waiting: queue.SimpleQueue[bytes]) -> None:
    for line in requests:
        waiting.put(line)
    end_group()


def _run(request: Mapping[str, Any], send: Send, job: WindowsJob | None, may_stay: bool) -> None:
    """Run the cells and put everything back; where that cannot be done, or need not, this process ends here."""
    with settings_put_back():
        os.environ.clear()
        os.environ.update(request["environment"])
        tempfile.tempdir = None  # is where the environment says
        os.chdir(request["folder"])
        limit_memory(request["megabytes"], job)
        with passing_shell(send) as shell:
            is_done = run_cells(request["cells"], send, shell)
            if not is_done or not may_stay:
                if is_done:
                    send(done=True, free=False)
                os._exit(0)
    limit_memory(0, job)


@contextmanager
def settings_put_back() -> Iterator[None]:
    """Put back what a process has of settings: folder, environment, locale, signals, paths, warnings, decimals, charts."""
    folder, environment, paths, language = os.getcwd(), dict(os.environ), list(sys.path), locale.setlocale(locale.LC_ALL)
    on_signal = {name: signal.getsignal(name) for name in signal.valid_signals()}
    matplotlib = sys.modules.get("matplotlib")
    try:
        with warnings.catch_warnings(), decimal.localcontext(), matplotlib.rc_context() if matplotlib else nullcontext():
            yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = paths
        locale.setlocale(locale.LC_ALL, language)
        for name, handler in on_signal.items():
            if handler is not None and signal.getsignal(name) is not handler:
                signal.signal(name, handler)
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close("all")


def _nothing_left(threads: set[threading.Thread], most: int) -> bool:
    me = psutil.Process()
    return set(threading.enumerate()) <= threads and not me.children() and me.memory_info().rss <= most


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for this process alone: cells, and what they start, find nothing there."""
    requests, messages = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    return os.fdopen(requests, "rb"), os.fdopen(messages, "wb", buffering=0)


def main() -> None:
    """Serve the process that has started this one."""
    given, job = json.loads(sys.argv[1]), own_job()
    adopt_orphans()
    requests, messages = _own_pipes()

    def write(line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[messages.write(rest) :]

    importlib.import_module("IPython.core.interactiveshell")
    if given["setup"]:
        pkgutil.resolve_name(given["setup"])()
    os.dup2(0, 2)  # until here a worker that cannot start may say why
    serve(requests, sender(write), given, job)
    os._exit(0)


if __name__ == "__main__":
    main()
