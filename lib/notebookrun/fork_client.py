"""Notebooks that are forked from a process which has imported everything (see `forge`), where the system can fork."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from notebookrun.environment import PREFIX, environment

NAME = "postloan-forked"
CAN_FORK = hasattr(os, "fork") and sys.platform == "linux"
"""macOS can fork, but its system libraries do not survive it."""


class Forge:
    """The process notebooks are forked from, started when first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Linux ends a process when the thread that started it ends, and threads of a cluster's worker come and go: this one stays.
        self._starter = ThreadPoolExecutor(1, "forge")
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self.stopped = False
        """Whether the run was told to stop: then no notebook is begun, and those killed were interrupted."""

    def warm(self, book: Path) -> None:
        """Has the process read a run's book, so that no notebook needs to."""
        self.stopped = False
        if CAN_FORK:
            with self._lock, suppress(OSError):  # a process that is lost is started anew by the first notebook
                self._ready().send(str(book).encode())

    def channel(self, request: dict[str, Any]) -> socket.socket:
        """The socket over which a child that runs `request` reports; at its end already where the process was lost, or told to stop."""
        ours, theirs = socket.socketpair()
        body = json.dumps(request).encode()
        with suppress(OSError):
            with theirs, self._lock:
                if not self.stopped:
                    socket.send_fds(self._ready(), [b"x"], [theirs.fileno()])
            ours.sendall(f"{len(body)}\n".encode() + body)
        return ours

    def _ready(self) -> socket.socket:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._starter.submit(self._start).result()
        assert self._control is not None
        return self._control

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._folder = TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        env = environment(self._folder.name) | {
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        argv = [sys.executable, "-m", "notebookrun.fork_server", str(theirs.fileno())]
        self._process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], env=env, cwd="/", stdin=subprocess.DEVNULL)
        theirs.close()
        self._control = ours
        if ours.recv(16) != b"ready":
            self.close()
            raise ConnectionError("the process notebooks are forked from did not start")

    def stop(self) -> None:
        """Ends the process and lets no notebook start another, until a run begins (`warm`)."""
        self.stopped = True
        with self._lock:
            self.close()

    def close(self) -> None:
        """Ends the process; children still at work end with it."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        if self._folder:
            self._folder.cleanup()
        self._control = self._process = self._folder = None


FORGE = Forge()


@atexit.register
def _end() -> None:
    """Ends the process with the program; who interrupts that has nothing left to stop, and would only leave its folder behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    FORGE.close()


@contextmanager
def told(request: dict[str, Any], timeout: float) -> Iterator[Iterator[dict[str, Any]]]:
    """What is told of the cells of `request` by the child that runs them (see `at_work.CellsEngine.told`)."""
    with FORGE.channel(request) as channel:
        child = _Child(channel)
        try:
            yield child.messages(monotonic() + timeout)
        finally:
            child.kill()


class _Child:
    """One notebook at work; `pid` is known once the child has told it."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel, self.pid = channel, 0

    def messages(self, end: float) -> Iterator[dict[str, Any]]:
        held = b""
        while True:
            if not select.select([self.channel], [], [], max(0.0, end - monotonic()))[0]:
                raise TimeoutError
            data = self._received()
            if not data and FORGE.stopped:
                raise KeyboardInterrupt
            if not data:
                return
            *lines, held = (held + data).split(b"\n")
            for message in map(json.loads, lines):
                self.pid = message.get("pid", self.pid)
                yield message

    def _received(self) -> bytes:
        """What has come; nothing where the child is gone, also before it had read what was asked."""
        with suppress(ConnectionError):
            return self.channel.recv(1 << 20)
        return b""

    def kill(self) -> None:
        """Kills the child and whatever its cells have started and left behind."""
        if self.pid:
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
