"""The process that notebooks are forked from: `python -m notebookrun.fork_server FD`.

It has imported everything a notebook asks for and holds nothing of any notebook: no connection, no threads of ours. For each request
that comes over its control socket it forks; the child runs the cells in an IPython shell and reports each over a socket of its own.
When whoever started it goes, it goes, and every child with it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from postloan import language

from notebookrun.process_limits import die_with_parent, limit_memory
from notebookrun.shell import Send, make_shell, run_cells, sender, warm


def serve(control: socket.socket) -> None:
    """Fork a child for every request until the other end of `control` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's to answer
    signal.signal(signal.SIGCHLD, clear_away)
    language.use()
    warm()
    told: list[Send] = []
    shell = make_shell(lambda **message: told[-1](**message))  # made once; every child has a copy that nothing has run in
    with contextlib.suppress(BrokenPipeError):  # whoever started this is gone; then there is no request either
        control.send(b"ready")
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not data:
            return
        if not descriptors:
            _read_book(data.decode())
            continue
        parent = os.getpid()
        with socket.socket(fileno=descriptors[0]) as channel:
            if os.fork() == 0:
                die_with_parent()
                if os.getppid() != parent:
                    os._exit(1)  # it was gone before that was asked for
                control.close()
                _child(channel, json.loads(_whole(channel)), shell, told)
            # The child has its own copy of the channel; closing ours lets the runner see when the child is gone.


def clear_away(*_: object) -> None:
    """Takes leave of the children that have ended; what they took of the processor is then counted."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _read_book(folder: str) -> None:
    """Reads the plain values of a run's book, and the templates, which every child then has without reading them."""
    from postloan.figures.book_reader import kept_book
    from postloan.papers.document import all_documents
    from postloan.papers.make import make_ready
    from postloan.workbench import show as workbench

    with contextlib.suppress(OSError, ValueError, KeyError):  # whatever is wrong with it is told by the notebook that reads it
        kept_book(Path(folder)).make_ready()
    for name in all_documents():
        make_ready(name)
    workbench.make_ready()
    gc.collect()
    gc.freeze()  # what all children share is not looked through, and so not copied, by each of them


def _whole(channel: socket.socket) -> str:
    """One request: its length in a line, then itself."""
    with channel.makefile("rb") as reader:
        return reader.read(int(reader.readline())).decode()


def _child(channel: socket.socket, request: Mapping[str, Any], shell: Any, told: list[Send]) -> None:
    """Runs one notebook's cells in `shell`, whose messages go to the last of `told`, and leaves without cleaning up after the parent."""
    code = 1
    try:
        _settle(request)
        send = sender(channel.sendall)
        told.append(send)
        send(pid=os.getpid())
        if run_cells(request["cells"], send, shell):
            send(done=True)
        code = 0
    finally:
        os._exit(code)


def _settle(request: Mapping[str, Any]) -> None:
    """A process group, an environment and limits of the child's own."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # is where the environment says
    language.use()  # of whoever asks, which need not be that of whoever asked first
    os.chdir(request["folder"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    limit_memory(request["megabytes"])


if __name__ == "__main__":
    die_with_parent()
    serve(socket.socket(fileno=int(sys.argv[1])))
