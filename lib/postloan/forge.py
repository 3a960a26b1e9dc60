"""The process that notebooks are forked from: `python -m postloan.forge FD`.

It has imported everything a notebook asks for and holds nothing of any notebook: no connection, no threads of ours. For each request
that comes over its control socket it forks; the child runs the cells in an IPython shell and reports each over a socket of its own.
When whoever started it goes, it goes, and every child with it.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from postloan import language

WARM = (
    "IPython.core.interactiveshell",
    "IPython.display",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "openpyxl",
    "docx",
    "postloan.run",
    "postloan.workbench",
    "postloan.charts",
    "postloan.papers",
)
"""What a notebook of ours imports, imported once."""
_PR_SET_PDEATHSIG = 1


def serve(control: socket.socket) -> None:
    """Fork a child for every request until the other end of `control` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's to answer
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for children; the system clears them away
    language.use()
    warm()
    control.send(b"ready")
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not data:
            return
        if not descriptors:
            _read_book(data.decode())
            continue
        with socket.socket(fileno=descriptors[0]) as channel:
            if os.fork() == 0:
                control.close()
                _child(channel, json.loads(_whole(channel)))
            # The child has its own copy of the channel; closing ours lets the runner see when the child is gone.


def _read_book(folder: str) -> None:
    """Reads the plain values of a run's book, and the templates, which every child then has without reading them."""
    from postloan.document import all_documents
    from postloan.kept_book import kept_book
    from postloan.papers import make_ready

    with contextlib.suppress(OSError, ValueError, KeyError):  # whatever is wrong with it is told by the notebook that reads it
        kept_book(Path(folder))
    for name in all_documents():
        make_ready(name)
    gc.collect()
    gc.freeze()  # what all children share is not looked through, and so not copied, by each of them


def warm() -> None:
    """Import what notebooks import."""
    for name in WARM:
        importlib.import_module(name)
    import pandas as pd

    # Imported before there is a shell, pandas takes a terminal's width for granted.
    pd.set_option("display.max_columns", 20)


def _whole(channel: socket.socket) -> str:
    """One request: its length in a line, then itself."""
    with channel.makefile("rb") as reader:
        return reader.read(int(reader.readline())).decode()


def _child(channel: socket.socket, request: Mapping[str, Any]) -> None:
    """Runs one notebook's cells and leaves without cleaning up after the parent."""
    code = 1
    try:
        _settle(request)
        Cells(channel, request).run()
        code = 0
    finally:
        os._exit(code)


def _settle(request: Mapping[str, Any]) -> None:
    """A process group, an environment and limits of the child's own; it dies with the process it was forked from."""
    os.setsid()
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["environment"])
    language.use()  # of whoever asks, which need not be that of whoever asked first
    os.chdir(request["folder"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    limit_memory(request["megabytes"])


def die_with_parent() -> None:
    """Has Linux kill this process when the one that made it is gone."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_memory(megabytes: int) -> None:
    """Lets the process map `megabytes` more than it has mapped now; 0 sets no limit."""
    if megabytes and sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + (megabytes << 20),) * 2)


class Cells:
    """The code cells of one notebook, run one after the other in one shell; each output is sent as it comes."""

    def __init__(self, channel: socket.socket, request: Mapping[str, Any]) -> None:
        self.channel, self.sources = channel, request["cells"]

    def run(self) -> None:
        self.send(pid=os.getpid())
        shell = make_shell(self.send)
        for number, source in enumerate(self.sources):
            self.send(begin=number)
            with streams_sent(self.send):
                result = shell.run_cell(source, store_history=True)
            if not result.success:
                return
            self.send(end=number, count=shell.execution_count - 1)
        self.send(done=True)

    def send(self, **message: Any) -> None:
        self.channel.sendall((json.dumps(message, ensure_ascii=False) + "\n").encode())


Send = Callable[..., None]


def make_shell(send: Send) -> Any:
    """An IPython shell without history, startup files or configuration whose displays and errors are sent."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Hook(DisplayHook):
        def __call__(self, result: Any = None) -> None:
            if result is None or self.quiet():
                return
            data, about = self.compute_format_data(result)
            self.update_user_ns(result)
            send(output={"output_type": "execute_result", "execution_count": self.prompt_count, "data": as_text(data), "metadata": about})

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any) -> None:
            send(output={"output_type": "display_data", "data": as_text(data), "metadata": metadata or {}})

        def clear_output(self, wait: bool = False) -> None:
            send(clear=True)

    class Shell(InteractiveShell):
        def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
            send(output={"output_type": "error", "ename": str(etype.__name__), "evalue": str(evalue), "traceback": stb})

        def init_history(self) -> None:
            self.config.HistoryManager.enabled = False
            super().init_history()

    quiet = Config()
    quiet.HistoryManager.enabled = False
    quiet.InteractiveShell.colors = "nocolor"
    shell = Shell.instance(config=quiet, displayhook_class=Hook, display_pub_class=Publisher, user_ns={"__name__": "__main__"})
    shell.display_formatter.active_types = shell.display_formatter.format_types
    return shell


def as_text(data: Mapping[str, Any]) -> dict[str, Any]:
    """A display's forms as they stand in a notebook: pictures in base64."""
    return {kind: base64.b64encode(form).decode("ascii") if isinstance(form, bytes) else form for kind, form in data.items()}


@contextlib.contextmanager
def streams_sent(send: Send) -> Any:
    """Sends what is printed."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream("stdout", send), _Stream("stderr", send)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Stream:
    """A text stream whose lines go out as they are written."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str, send: Send) -> None:
        self.name, self.send = name, send

    def write(self, text: str) -> int:
        if text:
            self.send(output={"output_type": "stream", "name": self.name, "text": text})
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


if __name__ == "__main__":
    die_with_parent()
    serve(socket.socket(fileno=int(sys.argv[1])))
