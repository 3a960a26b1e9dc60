"""Running a function in a child process with limits on time and memory: no template can take the program down with it.

On Linux the child is a fork: it finds everything loaded and compiled, so it costs milliseconds, and it leaves by `os._exit`, so that
nothing of the parent's (DuckDB's threads, a notebook's sockets) is touched or ended twice. Elsewhere it is a fresh Python that is
sent the function's name and its arguments. Source: traps B5, section 4.4.
"""

from __future__ import annotations

import gc
import os
import pickle
import selectors
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from postloan.errors import BadTemplate, Fault, PostloanError
from postloan.language import tr

T = TypeVar("T")
SECONDS = 120
MEGABYTES = 2048
"""What the child may map beyond what its parent has mapped."""
INSIDE = "POSTLOAN_LIMITED"
"""The environment variable set in a child: what it calls in turn runs in it, under the limits it has."""
_TOO_MUCH, _DONE, _RAISED = b"m", b"d", b"r"


def limited(function: Callable[..., T], *arguments: Any, template: str, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> T:
    """What `function(*arguments)` gives, or raises, in a child; `function` stands at the top of a module.

    Raises `BadTemplate` about `template` where the child takes more than `seconds` or `megabytes`, or dies. In a process that is such
    a child already the function is called as it is.
    """
    if os.environ.get(INSIDE):
        return function(*arguments)
    run = _forked if sys.platform == "linux" else _spawned
    answer = run(function, arguments, seconds, megabytes)
    kind, said = answer[:1], answer[1:]
    if kind == _DONE:
        return pickle.loads(said)
    if kind == _RAISED:
        raise pickle.loads(said)
    raise BadTemplate(template, [_fault(kind, seconds, megabytes)])


def _fault(kind: bytes, seconds: float, megabytes: int) -> Fault:
    do = tr("look for loops within loops, and for very large texts or pictures")
    where = tr("filling in")
    if kind == _TOO_MUCH:
        return Fault(tr("it takes more than {megabytes} MB of memory", megabytes=megabytes), where, do)
    if kind == b"":
        return Fault(tr("the process that fills it in died"), where, do)
    return Fault(tr("it takes more than {seconds} seconds", seconds=f"{seconds:g}"), where, do)


_LATE = b"t"


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    """What the child says: what the function gave, what it raised, or that there was no memory for it."""
    os.environ[INSIDE] = "1"
    try:
        return _DONE + pickle.dumps(function(*arguments), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return _TOO_MUCH
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is the parent's to raise
        return _RAISED + _sendable(fault)


def _sendable(fault: Exception) -> bytes:
    """`fault` pickled, with the lines it came from where nobody foresaw it; in words where it cannot be made again from a pickle."""
    if not isinstance(fault, PostloanError):
        fault.add_note(traceback.format_exc())
    try:
        pickle.loads(sent := pickle.dumps(fault))
    except Exception:  # noqa: BLE001 - a class that asks for more than its arguments, or holds what cannot be sent
        sent = pickle.dumps(RuntimeError(f"{type(fault).__name__}: {fault}"))
    return sent


def _forked(function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float, megabytes: int) -> bytes:
    here, there = os.pipe()
    with warnings.catch_warnings():
        # Python warns of forks beside threads, whose locks nobody opens in the child; it takes none of theirs: no logging, no database.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            os.close(here)  # whoever listened may be killed: then what this child says goes nowhere, and it ends
            _be_the_child(there, function, arguments, seconds, megabytes)
    os.close(there)
    try:
        with open(here, "rb", buffering=0) as pipe:
            said = _heard(pipe.fileno(), time.monotonic() + seconds)
    finally:
        # Its own group from its first breath on; killing it twice, or too early for it to have one, does no harm.
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):
                kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    timed_out = said is None or (not said and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
    return _LATE if timed_out else said or b""


def _be_the_child(there: int, function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float, megabytes: int) -> NoReturn:
    try:
        os.setsid()
        gc.freeze()  # nothing of the parent's is ever collected here: its finalizers may wait for threads this process has not
        _limit(seconds, megabytes)
        said = _answer(function, arguments)
        with open(there, "wb", buffering=0) as pipe:
            view = memoryview(said)
            while view:
                view = view[pipe.write(view) :]
    finally:
        os._exit(0)


def _limit(seconds: float, megabytes: int) -> None:
    import resource

    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    for what, most in ((resource.RLIMIT_AS, mapped + (megabytes << 20)), (resource.RLIMIT_CPU, int(seconds) + 1)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _heard(pipe: int, end: float) -> bytes | None:
    """All the child says until it closes the pipe; None where it is not through by `end` (of `time.monotonic`)."""
    pieces: list[bytes] = []
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while ready.select(max(0.0, end - time.monotonic())):
            piece = os.read(pipe, 1 << 20)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
    return None


def _spawned(function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float, megabytes: int) -> bytes:
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    sent = pickle.dumps((function, arguments, megabytes), pickle.HIGHEST_PROTOCOL)
    command = [sys.executable, "-m", "officefill.ooxml.sandbox"]
    try:
        return subprocess.run(command, input=sent, env=environment, stdout=subprocess.PIPE, timeout=seconds, check=False).stdout
    except subprocess.TimeoutExpired:
        return _LATE


def main() -> None:
    """The fresh Python: reads what to call from its input, writes the answer. What the function itself would print goes nowhere."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    function, arguments, megabytes = pickle.load(sys.stdin.buffer)
    with suppress(ImportError, OSError, ValueError):  # no such limits on Windows, no /proc on macOS; there the parent's clock remains
        _limit(10**6, megabytes)
    out.write(_answer(function, arguments))
    out.flush()


if __name__ == "__main__":
    main()
