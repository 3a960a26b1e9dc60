"""The command line, called in this process as `postloan` calls it. What only a process of its own can show is asked of `python -m postloan`."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest.mock import patch

from postloan.cli.main import main


class Said(NamedTuple):
    """What a command line ended with: its exit code, and what it printed."""

    code: int
    output: str
    errors: str


def postloan(*words: object, lang: str = "en") -> Said:
    """Run a command line here; environment and signals are afterwards as they were."""
    output, errors = (io.TextIOWrapper(io.BytesIO()) for _ in range(2))
    handler, argv = signal.getsignal(signal.SIGTERM), ["postloan", "--lang", lang, *map(str, words)]
    try:
        with redirect_stdout(output), redirect_stderr(errors), patch.dict(os.environ), patch.object(sys, "argv", argv):
            main()
    except SystemExit as ended:
        return Said(int(ended.code or 0), *(_text(stream) for stream in (output, errors)))
    finally:
        signal.signal(signal.SIGTERM, handler)
    raise AssertionError("the command line ends with an exit code")


def postloan_process(*words: object, lang: str = "en", **environment: str) -> Said:
    """Run a command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "postloan", "--lang", lang, *map(str, words)],
        check=False, capture_output=True, encoding="utf-8", env=os.environ | environment, timeout=300,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
