"""Papermill's way to notebooks that are forked from a process which has imported everything (see `forge`), where the system can fork.

The same record comes of it as of a real kernel (`kernel.HonestEngine`): cells completed, failed or not run, as it was.
"""

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
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines

from postloan.errors import OURS
from postloan.kernel import (
    FAILED,
    INTERRUPTED,
    KERNEL_DIED,
    MADE,
    PREFIX,
    STOPPED_EARLY,
    TIMED_OUT,
    Record,
    complaints,
    environment,
    where,
)
from postloan.language import tr

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

    def warm(self, book: Path) -> None:
        """Has the process read a run's book, so that no notebook needs to."""
        if CAN_FORK:
            with self._lock:
                self._ready().send(str(book).encode())

    def channel(self, request: dict[str, Any]) -> socket.socket:
        """The socket over which a child that runs `request` reports."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            socket.send_fds(self._ready(), [b"x"], [theirs.fileno()])
        body = json.dumps(request).encode()
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
        env = environment("") | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        argv = [sys.executable, "-m", "postloan.forge", str(theirs.fileno())]
        self._process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], env=env, cwd="/", stdin=subprocess.DEVNULL)
        theirs.close()
        if ours.recv(16) != b"ready":
            raise RuntimeError("the process notebooks are forked from did not start")
        self._control = ours

    def close(self) -> None:
        """Ends the process; children still at work end with it."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


FORGE = Forge()
atexit.register(FORGE.close)


class ForkedEngine(Engine):
    """Runs a notebook with its parameters in place, and fills `record`. Never raises for what a cell did."""

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
        for cell in code:
            cell.metadata["papermill"], cell.outputs, cell.execution_count = {"status": "not run"}, [], None
        with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
            request = {"cells": [cell.source for cell in code], "folder": str(kernel_cwd), "megabytes": megabytes}
            run = _Run(code, FORGE.channel(request | {"environment": environment(folder, given)}), monotonic() + timeout)
            record.state, what, record.quoted = run.ended(timeout)
        record.reason = complaints(nb) if record.state == MADE else where(nb, what)
        return nb


class _Run:
    """One notebook at work."""

    def __init__(self, code: list[NotebookNode], channel: socket.socket, end: float) -> None:
        self.code, self.channel, self.end = code, channel, end
        self.pid, self.now, self.error = 0, -1, None

    def ended(self, timeout: float) -> tuple[str, str, str]:
        """How it ended, why in words, and the message of an error that is not ours."""
        try:
            for message in self._messages():
                if message.get("done"):
                    return MADE, "", ""
                self._take(message)
        except TimeoutError:
            return TIMED_OUT, tr("the notebook took more than {seconds} s", seconds=f"{timeout:g}"), ""
        except KeyboardInterrupt:
            return INTERRUPTED, tr("interrupted"), ""
        finally:
            self.channel.close()
            self._kill()
        return self._why()

    def _why(self) -> tuple[str, str, str]:
        error = self.error
        if error is None:
            return KERNEL_DIED, tr("the kernel died; most often because the memory was used up"), ""
        if error["ename"] == "SystemExit":
            return STOPPED_EARLY, tr("the cell left the notebook (sys.exit) before its end"), ""
        if error["ename"] == "KeyboardInterrupt":
            return INTERRUPTED, tr("interrupted"), ""
        if error["ename"] in OURS:
            return FAILED, f"{error['ename']}: {error['evalue']}", ""
        return FAILED, error["ename"], error["evalue"]

    def _messages(self) -> Iterator[dict[str, Any]]:
        held = b""
        while True:
            if not select.select([self.channel], [], [], max(0.0, self.end - monotonic()))[0]:
                raise TimeoutError
            data = self.channel.recv(1 << 20)
            if not data:
                return
            *lines, held = (held + data).split(b"\n")
            yield from map(json.loads, lines)

    def _take(self, message: dict[str, Any]) -> None:
        if "pid" in message:
            self.pid = message["pid"]
        elif "begin" in message:
            self.now = message["begin"]
            self.code[self.now].metadata["papermill"] = {"status": "failed", "exception": True}
        elif "end" in message:
            cell = self.code[message["end"]]
            cell.metadata["papermill"], cell.execution_count = {"status": "completed", "exception": False}, message["count"]
        elif "clear" in message:
            self.code[self.now].outputs = []
        else:
            self._put(NotebookNode(message["output"]))

    def _put(self, output: NotebookNode) -> None:
        cell = self.code[self.now]
        if output.output_type == "error":
            self.error, cell.execution_count = output, self.now + 1
        last = cell.outputs[-1] if cell.outputs else None
        if output.output_type == "stream":
            same = next((o for o in cell.outputs if o.output_type == "stream" and o.name == output.name), None)
            if same is not None and (last is same or output.name == "stderr"):
                same.text += output.text
                return
        cell.outputs.append(output)

    def _kill(self) -> None:
        """Kills the child and whatever its cells have started and left behind."""
        if self.pid:
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)


papermill_engines.register(NAME, ForkedEngine)
