"""Processes that run notebooks, one after the other (see `worker`), and have at hand what the program asked for.

A worker is for one environment, as the program has it when it takes a worker. The worker itself says if it is free for another
notebook, or must be replaced.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from notebookrun.environment import environment

SECONDS_TO_START = 120
"""A worker that has not imported everything by then is given up."""
_LOOK = 0.5
"""Seconds after which a wait is begun anew: only then Windows delivers Ctrl-C."""


class PoolStopped(Exception):
    """The pool was told to stop while a notebook was at work, or before it began."""


class WorkerPool:
    """Workers at rest and at work; as many as there are notebooks at a time.

    `setup` names a function, as `module:function`, that each worker calls before its first notebook: it imports what notebooks need.
    `trusted` names packages whose functions leave nothing behind in a process: a worker whose notebook calls others is replaced, as is
    one that has run so many `notebooks`.
    """

    def __init__(self, setup: str = "", trusted: Sequence[str] = (), notebooks: int = 1000) -> None:
        self._given = json.dumps({"setup": setup, "trusted": list(trusted), "notebooks": notebooks})
        self._lock = threading.Lock()
        self._at_rest: list[WorkerProcess] = []
        self._at_work: set[WorkerProcess] = set()
        self._stopped = False
        atexit.register(self._end_quietly)

    def start(self, count: int) -> None:
        """Start workers until `count` are at rest, without waiting for them: they import while the program does other work."""
        present = environment("")
        with self._lock:
            self._stopped = False
            self._at_rest += [WorkerProcess(self._given, present) for _ in range(count - len(self._at_rest))]

    @contextmanager
    def messages(self, request: dict[str, Any], timeout: float) -> Iterator[Iterator[dict[str, Any]]]:
        """Give the messages about the cells of `request`, up to the death of the worker that runs them.

        The iterator raises `TimeoutError` after so many seconds, counted from when a worker is there, and `PoolStopped`.
        """
        worker = self._take()
        try:
            yield self._until_stopped(worker.messages(request, timeout))
        finally:
            self._give_back(worker)

    def _until_stopped(self, messages: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        yield from messages
        if self._stopped:
            raise PoolStopped

    def _take(self) -> WorkerProcess:
        present = environment("")
        with self._lock:
            if self._stopped:
                raise PoolStopped
            useless = [one for one in self._at_rest if one.environment != present or not one.is_alive()]
            self._at_rest = [one for one in self._at_rest if one not in useless]
            worker = self._at_rest.pop() if self._at_rest else WorkerProcess(self._given, present)
            self._at_work.add(worker)
        for one in useless:
            one.kill()
        worker.wait_until_ready()
        return worker

    def _give_back(self, worker: WorkerProcess) -> None:
        """Keep the worker for the next notebook, if it is free for it."""
        with self._lock:
            self._at_work.discard(worker)
            if worker.is_free and not self._stopped:
                self._at_rest.append(worker)
                return
        worker.kill()

    def close(self) -> None:
        """End all workers; notebooks still at work end as those of a kernel that died."""
        with self._lock:
            workers, self._at_rest = [*self._at_rest, *self._at_work], []
        for worker in workers:
            worker.kill()

    def stop(self) -> None:
        """End all workers and let no notebook begin until `start`: those at work are interrupted."""
        self._stopped = True
        self.close()

    def _end_quietly(self) -> None:
        """End the workers with the program. An interrupt has nothing left to stop then, and would only print a traceback."""
        with suppress(ValueError):  # in a thread, signals cannot be set
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
        self.close()


class WorkerProcess:
    """A process that runs notebooks. `is_ready` says if it has imported everything, `is_free` if it may run another one."""

    def __init__(self, given: str, env: dict[str, str]) -> None:
        self.environment, self.is_ready, self.is_free = env, False, False
        own_group: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), env.get("PYTHONPATH", ""))))
        env = env | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        argv = [sys.executable, "-m", "notebookrun.worker", given]
        self._process = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **own_group)
        self._received: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        assert self._process.stdout
        with suppress(OSError, ValueError):  # what is cut off by a kill is no message
            for line in self._process.stdout:
                self._received.put(json.loads(line))
        self._received.put(None)

    def wait_until_ready(self) -> None:
        """Wait until the worker has imported everything, or has died of it."""
        if not self.is_ready:
            with suppress(TimeoutError):
                self._next(monotonic() + SECONDS_TO_START)
            self.is_ready = True

    def messages(self, request: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """Give the messages while the cells of `request` run; ends where the worker dies. Raises `TimeoutError`."""
        assert self._process.stdin
        self.is_free = False
        with suppress(OSError):  # a worker that is gone shows below
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        end = monotonic() + timeout
        while message := self._next(end):
            self.is_free = message.get("free", False)
            yield message

    def _next(self, end: float) -> dict[str, Any] | None:
        while (left := end - monotonic()) > 0:
            with suppress(queue.Empty):
                return self._received.get(timeout=min(_LOOK, left))
        raise TimeoutError

    def is_alive(self) -> bool:
        """True while the process has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the worker and whatever its cells have started and left behind; on Windows the worker's job object sees to that."""
        if hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            assert self._process.stdin
            self._process.stdin.close()
