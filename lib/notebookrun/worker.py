"""A process that runs one notebook after the other, where the system cannot fork: `python -m notebookrun.worker`.

It has imported everything a notebook asks for. A request is a JSON line on its standard input, what happens is told as JSON lines on its
standard output (see `shell`); cells see neither. When the input ends, which is when the runner is gone, the worker and all that its
cells have started go at once. Each notebook gets a shell of its own, and what a process has of settings is put back behind it.

Not everything that Python code can change can be put back: functions put in the place of others, things inside libraries, a table in
the database of the book. So the worker says it is free for another notebook only where none of that can have happened: the cells were
`plain`, all came to their end, no thread and no process is left, memory has not grown by much, and it was not one notebook of many.
What stays between notebooks is what this package keeps for itself, above all the book of the run, opened once.
"""

from __future__ import annotations

import ast
import decimal
import json
import locale
import os
import queue
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import psutil
from postloan import language

from notebookrun.process_limits import Job, adopt_orphans, end_group, limit_memory, own_job
from notebookrun.shell import Send, passing_shell, run_cells, sender, warm

NOTEBOOKS = 25
"""After so many a worker has done enough."""
GROWTH = 512 << 20
"""Bytes by which a worker may grow."""


def serve(asked: BinaryIO, send: Send, job: Job | None) -> None:
    """Runs the notebooks asked for, up to the first after which this process is not free for another."""
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, requests), daemon=True).start()
    warm()
    os.dup2(0, 2)  # until here a worker that cannot start may say why
    send(ready=True)
    most = psutil.Process().memory_info().rss + GROWTH
    for left in reversed(range(NOTEBOOKS)):
        request, threads = json.loads(requests.get()), set(threading.enumerate())
        _run(request, send, job, is_last=not left)
        free = _nothing_left(threads, most)
        send(done=True, free=free)
        if not free:
            return


def _listen(asked: BinaryIO, requests: queue.SimpleQueue[bytes]) -> None:
    for line in asked:
        requests.put(line)
    end_group()


def _run(request: Mapping[str, Any], send: Send, job: Job | None, is_last: bool) -> None:
    """Runs the cells and puts everything back; where that cannot be done, or need not, this process ends here."""
    with as_it_was():
        _settle(request, job)
        with passing_shell(send) as shell:
            done = run_cells(request["cells"], send, shell)
            if is_last or not done or not plain(request["cells"]):
                if done:
                    send(done=True, free=False)
                os._exit(0)
    limit_memory(0, job)


def _settle(request: Mapping[str, Any], job: Job | None) -> None:
    os.environ.clear()
    os.environ.update(request["environment"])
    language.use()
    tempfile.tempdir = None  # is where the environment says
    os.chdir(request["folder"])
    limit_memory(request["megabytes"], job)


@contextmanager
def as_it_was() -> Iterator[None]:
    """Puts back what a process has of settings: folder, environment, locale, signals, paths, warnings, decimals, figures."""
    import matplotlib

    folder, environment, paths, spoken = os.getcwd(), dict(os.environ), list(sys.path), locale.setlocale(locale.LC_ALL)
    on_signal = {name: signal.getsignal(name) for name in signal.valid_signals()}
    try:
        with warnings.catch_warnings(), decimal.localcontext(), matplotlib.rc_context():
            yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = paths
        locale.setlocale(locale.LC_ALL, spoken)
        for name, handler in on_signal.items():
            if handler is not None and signal.getsignal(name) is not handler:
                signal.signal(name, handler)
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close("all")


def _nothing_left(threads: set[threading.Thread], most: int) -> bool:
    me = psutil.Process()
    return set(threading.enumerate()) <= threads and not me.children() and me.memory_info().rss <= most


# What can have left nothing

_PLAIN = (
    *(ast.Module, ast.Expr, ast.Assign, ast.AnnAssign, ast.ImportFrom, ast.alias, ast.expr_context),
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Call, ast.keyword, ast.Starred),
    *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.JoinedStr, ast.FormattedValue),
    *(ast.BoolOp, ast.boolop, ast.BinOp, ast.operator, ast.UnaryOp, ast.unaryop, ast.Compare, ast.cmpop),
)
_HARMLESS = frozenset({"print", "len", "str", "repr", "int", "bool", "list", "sorted", "sum", "min", "max", "round", "range"})


def plain(sources: Sequence[str]) -> bool:
    """Whether the cells do nothing but give names to values, import from this package and call what they have imported.

    The notebooks of the package are so. One that does more, as a person's own may, is run all the same, but it is the last of its worker.
    """
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    imported = {alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    named = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    callable_names = (imported | _HARMLESS) - named
    return all(isinstance(node, _PLAIN) and _only_ours(node, callable_names) for node in nodes)


def _only_ours(node: ast.AST, callable_names: set[str] | frozenset[str]) -> bool:
    match node:
        case ast.ImportFrom(module=str(module), level=0):
            return module == "IPython.display" or module.split(".")[0] == "postloan"
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in callable_names
        case ast.Call() | ast.ImportFrom():
            return False
        case ast.Attribute(ctx=ctx) | ast.Subscript(ctx=ctx):
            return isinstance(ctx, ast.Load)
        case _:
            return True


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for this process alone: cells, and what they start, find nothing there."""
    asked, told = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    return os.fdopen(asked, "rb"), os.fdopen(told, "wb", buffering=0)


def main() -> None:
    """Serve the process that has started this one."""
    job = own_job()
    adopt_orphans()
    asked, told = _own_pipes()

    def write(line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[told.write(rest) :]

    serve(asked, sender(write), job)
    os._exit(0)


if __name__ == "__main__":
    main()
