"""Notebooks where the system cannot fork: run by processes that take one after the other (see `worker`).

A worker is for one environment, as the program has it when it asks for a worker: another run, which tells its notebooks of another
book, gets others. What of it is kept between notebooks, and when it is replaced, is the worker's own to say.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from notebookrun.environment import environment

NAME = "postloan-recycled"
SECONDS_TO_START = 120
"""A worker that has not imported everything by then is given up."""
_LOOK = 0.5
"""Seconds after which a wait is begun anew: on Windows only then Ctrl-C is heard."""


class Worker:
    """A process that runs notebooks. `free` says whether it may run another one."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment, self.free = environment, False
        own_group: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        env = environment | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        argv = [sys.executable, "-m", "notebookrun.worker"]
        self._process = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **own_group)
        self._told: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout
        with suppress(OSError, ValueError):  # what is cut off by a kill is no message
            for line in self._process.stdout:
                self._told.put(json.loads(line))
        self._told.put(None)

    def messages(self, request: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """What is told while the cells of `request` run; ends where the worker dies. Raises `TimeoutError`."""
        assert self._process.stdin
        self.free = False
        with suppress(OSError):  # a worker that is gone is heard of below
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        end = monotonic() + timeout
        while message := self._next(end):
            self.free = message.get("free", False)
            yield message

    def ready(self) -> Worker:
        """The worker once it has imported everything, or has died of it."""
        with suppress(TimeoutError):
            self._next(monotonic() + SECONDS_TO_START)
        return self

    def _next(self, end: float) -> dict[str, Any] | None:
        while (left := end - monotonic()) > 0:
            with suppress(queue.Empty):
                return self._told.get(timeout=min(_LOOK, left))
        raise TimeoutError

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Kills the worker and whatever its cells have started and left behind; on Windows the worker's job sees to that."""
        if hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            assert self._process.stdin
            self._process.stdin.close()


class Pool:
    """The workers there are. Whoever runs a notebook takes one; of those at rest only those of the present environment are of use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_rest: list[Worker] = []
        self._at_work: set[Worker] = set()

    def take(self) -> Worker:
        present = environment("")
        with self._lock:
            useless = [one for one in self._at_rest if one.environment != present or not one.alive()]
            self._at_rest = [one for one in self._at_rest if one not in useless]
            worker = self._at_rest.pop() if self._at_rest else None
        for one in useless:
            one.kill()
        return self._working(worker or Worker(present).ready())

    def _working(self, worker: Worker) -> Worker:
        with self._lock:
            self._at_work.add(worker)
        return worker

    def give_back(self, worker: Worker) -> None:
        """Keeps the worker for the next notebook, if it is free for it."""
        with self._lock:
            self._at_work.discard(worker)
            if worker.free:
                self._at_rest.append(worker)
                return
        worker.kill()

    def close(self) -> None:
        """Ends all workers; notebooks still at work end with them."""
        with self._lock:
            workers, self._at_rest = [*self._at_rest, *self._at_work], []
        for worker in workers:
            worker.kill()


POOL = Pool()
atexit.register(POOL.close)


@contextmanager
def told(request: dict[str, Any], timeout: float) -> Iterator[Iterator[dict[str, Any]]]:
    """What is told of the cells of `request` by the worker that runs them (see `at_work.CellsEngine.told`)."""
    worker = POOL.take()
    try:
        yield worker.messages(request, timeout)
    finally:
        POOL.give_back(worker)
