"""JupyterLab on the notebooks: the desk where people look at them."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from postloan import language
from postloan.file import PACKAGE
from postloan.language import tr
from postloan.papers.document import notebook_of, notebooks_folder

CHINESE = Path(__file__).parent / "jupyter"
"""A folder of JupyterLab's settings: its menus in Chinese."""


def open_lab(notebook: str = "", options: Sequence[str] = (), work: Path | None = None) -> int:
    """Open JupyterLab on the project, with the notebook of document `notebook` in front; return its exit code when it ends.

    In a checkout the project is the checkout. An installed package's notebooks are copied to `reports` in the folder `work` (the
    current one) first, and those already there stay as the user has changed them. `options` are JupyterLab's own.
    """
    first = notebook_of(notebook).name if notebook else ""
    source = notebooks_folder()
    is_installed = source.parent == PACKAGE
    folder = copied(source, (work or Path.cwd()) / "reports") if is_installed else source
    argv, env, address = lab_command(folder, first, options)
    print(tr("JupyterLab opens in the browser; if it does not, open {address}", address=address), flush=True)
    with suppress(KeyboardInterrupt):
        return subprocess.run(argv, env=env, cwd=folder.parent, check=False).returncode
    return 0


def copied(source: Path, folder: Path) -> Path:
    """Return `folder` with the notebooks of `source` that it does not have yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.ipynb"):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    return folder


def lab_command(folder: Path, first: str = "", options: Sequence[str] = ()) -> tuple[list[str], dict[str, str], str]:
    """Return command line, environment and address of a JupyterLab that only this machine reaches, with a token.

    Its root is the folder above the notebooks: links to papers in `out` open. The token goes through the environment, for a command line
    is shown to everyone on the machine.
    """
    asked = next((word.partition("=")[2] for word in options if word.startswith(("--port=", "--ServerApp.port="))), "")
    port, token = asked or str(_free_port()), secrets.token_urlsafe(32)
    argv = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", "--ServerApp.allow_remote_access=False"]
    argv += [
        f"--ServerApp.root_dir={folder.parent}",
        *([] if asked else [f"--ServerApp.port={port}"]),
        "--ServerApp.port_retries=0",
        *options,
    ]
    argv += [str(folder / first)] if first else []
    env = {name: value for name, value in os.environ.items() if name != "JUPYTER_PATH"}
    if language.use(None) == "zh":
        env["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [str(CHINESE), env.get("JUPYTER_CONFIG_PATH")]))
    address = f"http://127.0.0.1:{port}/lab/tree/{quote(f'{folder.name}/{first}' if first else folder.name)}?token={token}"
    return argv, env | {"JUPYTER_TOKEN": token, "PYTHONUTF8": "1"}, address


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
