"""JupyterLab on the notebooks: the desk where people look at them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from postloan.file import PACKAGE
from postloan.papers.document import notebook_of, notebooks_folder


def open_lab(notebook: str | None = None, work: Path | None = None) -> int:
    """Open JupyterLab on the notebooks, with the one of document `notebook` in front; return its exit code when it ends.

    In a checkout these are the notebooks themselves. An installed package's are copied to `reports` in the folder `work` (the
    current one) first, and those already there stay as the user has changed them.
    """
    first = notebook_of(notebook).name if notebook else ""
    source = notebooks_folder()
    is_installed = source.parent == PACKAGE
    folder = copied(source, (work or Path.cwd()) / "reports") if is_installed else source
    argv, env = lab_command(folder, first)
    with suppress(KeyboardInterrupt):
        return subprocess.run(argv, env=env, cwd=folder, check=False).returncode
    return 0


def copied(source: Path, folder: Path) -> Path:
    """Return `folder` with the notebooks of `source` that it does not have yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.ipynb"):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    return folder


def lab_command(folder: Path, first: str = "") -> tuple[list[str], dict[str, str]]:
    """Return command line and environment of a JupyterLab that only this machine reaches, with a token.

    The token goes through the environment, for a command line is shown to everyone on the machine.
    """
    argv = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", "--ServerApp.allow_remote_access=False"]
    argv += [f"--ServerApp.root_dir={folder}", *([str(folder / first)] if first else [])]
    env = {name: value for name, value in os.environ.items() if name != "JUPYTER_PATH"}
    return argv, env | {"JUPYTER_TOKEN": secrets.token_urlsafe(32), "PYTHONUTF8": "1"}
