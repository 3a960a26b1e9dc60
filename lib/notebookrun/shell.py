"""The cells of a notebook, run one after the other in an IPython shell.

Messages about them are JSON lines: `begin` and `end` of a cell by its number, each `output` as it comes, `clear` where a cell takes its
outputs back. `done` is for the caller to send.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Send = Callable[..., None]


def sender(write: Callable[[bytes], object]) -> Send:
    """Return a function that sends a message as one line, also when several threads send."""
    lock = threading.RLock()

    def send(**message: Any) -> None:
        line = (json.dumps(message, ensure_ascii=False) + "\n").encode()
        with lock:
            write(line)

    return send


def run_cells(sources: Sequence[str], send: Send, shell: Any) -> bool:
    """Run the cells up to the first that fails; True if all came to their end."""
    for number, source in enumerate(sources):
        send(begin=number)
        with streams_sent(send):
            result = shell.run_cell(source, store_history=True)
        if not result.success:
            return False
        send(end=number, count=shell.execution_count - 1)
    return True


@contextlib.contextmanager
def passing_shell(send: Send) -> Iterator[Any]:
    """Give a shell that leaves nothing of itself behind in the process."""
    main = sys.modules["__main__"]
    shell = make_shell(send)
    try:
        yield shell
    finally:
        atexit.unregister(shell.atexit_operations)
        shell.atexit_operations()
        shell.restore_sys_module_state()
        type(shell).clear_instance()
        sys.modules["__main__"] = main


def make_shell(send: Send) -> Any:
    """Return an IPython shell without history, startup files or configuration, whose displays and errors are sent."""
    from IPython.core.compilerop import CachingCompiler
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Compiler(CachingCompiler):
        def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
            # As in a kernel, so that a warning names the same place.
            return os.path.join(tempfile.gettempdir(), f"ipykernel_{os.getpid()}", f"{number}.py")

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
        compiler_class = Type(Compiler)

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
    """Return a display's forms as they stand in a notebook: pictures in base64."""
    return {kind: base64.b64encode(form).decode("ascii") if isinstance(form, bytes) else form for kind, form in data.items()}


@contextlib.contextmanager
def streams_sent(send: Send) -> Any:
    """Send what is printed."""
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
