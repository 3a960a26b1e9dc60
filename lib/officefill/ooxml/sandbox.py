"""Functions called in a child process with limits on time and memory: no file can take the program down with it.

On Linux the child is a fork: it finds everything loaded and compiled, so it costs milliseconds, and it leaves by `os._exit`, so that
nothing of the parent's (DuckDB's threads, a notebook's sockets) is touched or ended twice. Elsewhere it is a fresh Python that is
sent the function's name and its arguments. The child answers through a pipe, one frame for each call. Source: traps B5, B10, section 4.4.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

from officefill.messages import tr

T = TypeVar("T")
SECONDS = 120
"""Seconds that one call may take."""
MEGABYTES = 2048
"""Memory that a child may map beyond what its parent has mapped."""
INSIDE = "POSTLOAN_LIMITED"
"""The environment variable set in a child: calls from inside it run in it, under the limits it has."""
_RETURNED, _RAISED, _NO_MEMORY, _ALIVE = b"d", b"r", b"m", b"."
_forking = threading.Lock()
_answers: BinaryIO | None = None


class Stopped(Exception):
    """A call that took too much time or memory, or whose process died."""


def limited(function: Callable[..., T], *arguments: Any, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> T:
    """Return what `function(*arguments)` returns in a child, or raise what it raises; `function` stands at the top of a module.

    Raises `Stopped`. In a process that is such a child already the function is called as it is.
    """
    (result,) = each_limited(function, [arguments], seconds=seconds, megabytes=megabytes)
    if isinstance(result, Stopped):
        raise result
    return result


def each_limited(
    function: Callable[..., T], calls: Iterable[tuple[Any, ...]], *, seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> list[T | Stopped]:
    """Return what `function` returns for each tuple of arguments, in order; a `Stopped` for one that took too much.

    One child does all calls; behind a call that ended it the next child goes on. `seconds` are for each call, and begin anew with `alive`.
    Raises what the function raises.
    """
    waiting = list(calls)
    if os.environ.get(INSIDE):
        return [function(*arguments) for arguments in waiting]
    start = _Fork if sys.platform == "linux" else _FreshPython
    results: list[T | Stopped] = []
    while len(results) < len(waiting):
        child = start(function, waiting[len(results) :], seconds, megabytes)
        clock = _Clock(seconds, child.seconds_to_start, child.kill)
        try:
            for kind, content in _frames(child.answers):
                clock.restart()
                if kind != _ALIVE:
                    results.append(_result(kind, content, megabytes))
        finally:
            clock.stop()
            took_its_time = child.end() or clock.is_over
        if len(results) < len(waiting):
            words = tr("it takes more than {seconds} seconds", seconds=f"{seconds:g}") if took_its_time else tr("its process died")
            results.append(Stopped(words))
    return results


def alive() -> None:
    """Say, from inside a child, that the call goes on: its seconds begin anew."""
    if _answers:
        _send(_answers, _ALIVE, b"")


def _result(kind: bytes, content: bytes, megabytes: int) -> Any:
    if kind == _RAISED:
        raise pickle.loads(content)
    if kind == _NO_MEMORY:
        return Stopped(tr("it takes more than {megabytes} MB of memory", megabytes=megabytes))
    return pickle.loads(content)


class _Clock:
    """A thread that calls `kill` once `seconds` have passed since the last start; the first time `more` of them."""

    def __init__(self, seconds: float, more: float, kill: Callable[[], None]) -> None:
        self._seconds, self._kill, self._stopped, self.is_over = seconds, kill, threading.Event(), False
        self._end = time.monotonic() + seconds + more
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def restart(self) -> None:
        self._end = time.monotonic() + self._seconds

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(max(0.0, min(self._seconds, self._end - time.monotonic()))):
            if time.monotonic() >= self._end:
                self.is_over = True
                return self._kill()


# Frames: a letter, the length, the content


def _send(out: BinaryIO, kind: bytes, content: bytes) -> None:
    out.write(kind + len(content).to_bytes(8, "big"))
    out.write(content)
    out.flush()


def _frames(answers: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while len(head := answers.read(9)) == 9:
        size = int.from_bytes(head[1:], "big")
        content = answers.read(size)
        if len(content) < size:
            return
        yield head[:1], content


# In the child


def _answer_all(function: Callable[..., Any], calls: list[tuple[Any, ...]], out: BinaryIO) -> None:
    global _answers
    os.environ[INSIDE] = "1"
    _answers = out
    for arguments in calls:
        _send(out, *_answer(function, arguments))


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bytes, bytes]:
    try:
        return _RETURNED, pickle.dumps(function(*arguments), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return _NO_MEMORY, b""
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is the parent's to raise
        return _RAISED, _pickled(fault)


def _pickled(fault: Exception) -> bytes:
    """Return `fault` pickled, an unforeseen one with the lines it came from; in words where it cannot be made again from a pickle."""
    if not hasattr(fault, "exit_code"):  # an error with an exit code is foreseen: its words say all
        fault.add_note(traceback.format_exc())
    try:
        pickle.loads(sent := pickle.dumps(fault))
    except Exception:  # noqa: BLE001 - a class that asks for more than its arguments, or holds what cannot be sent
        sent = pickle.dumps(RuntimeError(f"{type(fault).__name__}: {fault}"))
    return sent


def _limit(seconds: float, megabytes: int) -> None:
    import resource

    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    for what, most in ((resource.RLIMIT_AS, mapped + (megabytes << 20)), (resource.RLIMIT_CPU, int(seconds) + 1)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _silence() -> None:
    """Let whatever the function itself prints go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdout = sys.stderr = os.fdopen(nowhere, "w")


# The two kinds of child


class _Fork:
    """A child forked from this process, with a process group of its own."""

    seconds_to_start = 0

    def __init__(self, function: Callable[..., Any], calls: list[tuple[Any, ...]], seconds: float, megabytes: int) -> None:
        # One at a time: a child that holds the pipe of another would keep it open.
        with _forking, warnings.catch_warnings():
            # Python warns of forks beside threads, whose locks nobody opens in the child; it takes none of theirs: no logging, no database.
            warnings.simplefilter("ignore", DeprecationWarning)
            here, there = os.pipe()
            self._pid = os.fork()
            if self._pid == 0:
                os.close(here)  # whoever listened may be killed: then what this child says goes nowhere, and it ends
                _work_in_fork(there, function, calls, seconds * len(calls), megabytes)
            os.close(there)
        self.answers = os.fdopen(here, "rb")

    def kill(self) -> None:
        # Its own group from its first breath on; killing it twice, or too early for it to have one, does no harm.
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):
                kill(self._pid, signal.SIGKILL)

    def end(self) -> bool:
        """Kill the child; True where its limit of time had ended it already."""
        self.kill()
        self.answers.close()
        _, status = os.waitpid(self._pid, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU


def _work_in_fork(there: int, function: Callable[..., Any], calls: list[tuple[Any, ...]], seconds: float, megabytes: int) -> NoReturn:
    try:
        os.setsid()
        _silence()
        gc.freeze()  # nothing of the parent's is ever collected here: its finalizers may wait for threads this process has not
        _limit(seconds, megabytes)
        with open(there, "wb") as out:
            _answer_all(function, calls, out)
    finally:
        os._exit(0)


class _FreshPython:
    """A child that is a Python of its own. It says with its first frame that it has started."""

    seconds_to_start = 60

    def __init__(self, function: Callable[..., Any], calls: list[tuple[Any, ...]], seconds: float, megabytes: int) -> None:
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", ""))))
        # PYTHONSAFEPATH: a file named like a library in the working folder must not be imported (traps B10).
        environment = os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
        command = [sys.executable, "-c", "from officefill.ooxml.sandbox import main; main()"]
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin and self._process.stdout
        self.answers, self.kill = self._process.stdout, self._process.kill
        with suppress(BrokenPipeError), self._process.stdin as sending:
            pickle.dump((function, calls, megabytes), sending, pickle.HIGHEST_PROTOCOL)

    def end(self) -> bool:
        """Kill the child; it has no limit of time that could have ended it."""
        self.kill()
        self.answers.close()
        self._process.wait()
        return False


def main() -> None:
    """Read from the input what to call, in a fresh Python, and write the answers."""
    out = os.fdopen(os.dup(1), "wb")
    _silence()
    function, calls, megabytes = pickle.load(sys.stdin.buffer)
    with suppress(ImportError, OSError, ValueError):  # no such limits on Windows, no /proc on macOS; there the parent's clock remains
        _limit(10**6, megabytes)
    _send(out, _ALIVE, b"")
    _answer_all(function, calls, out)
