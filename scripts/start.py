"""Set up and start, with nothing but Python: makes `.venv` on the first call and whenever requirements.lock has changed.

    python3 scripts/start.py sample     make the papers of the sample quarter in out/
    python3 scripts/start.py test       run the tests (words after it go to pytest)
    python3 scripts/start.py lab        open the notebooks in JupyterLab
    python3 scripts/start.py WORD ...   postloan WORD ...

On Windows: py scripts\\start.py sample
"""

# Only syntax and library of Python 3.6 in this file: an older Python has to get as far as the sentence that says it is too old.

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ["run", "--period", "2014Q2", "--data", "data_samples/branch2014", "--out", "out", "--prepared-on", "2014-07-10"]


def main(words: list) -> int:
    """Set up if need be, then do what `words` say. Gives the exit code of what was started, 2 for a call that is wrong."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0 if words else 2
    fault = fault_of_python()
    if fault:
        print(fault, file=sys.stderr)
        return 2
    if not is_ready(ROOT):
        set_up(ROOT)
    verb, rest = words[0], words[1:]
    if verb == "test":
        return start([program(ROOT, "python"), "-m", "pytest"] + rest, ROOT)
    if verb == "sample":
        return make_sample(rest)
    return start([program(ROOT, "postloan")] + words, Path.cwd())


def make_sample(rest: list) -> int:
    code = start([program(ROOT, "postloan")] + SAMPLE + rest, ROOT)
    if code in (0, 1):  # all, or some, of the papers were made
        print("The papers are in / 文件在: {}".format(ROOT / "out" / "2014Q2"))
    return code


def fault_of_python() -> str:
    """What this Python lacks and what to do, in both languages; blank if it will do."""
    if sys.version_info < OLDEST:
        return (
            "Python {0} is too old: install Python {1} or newer and call this with it.\n"
            "Python {0} 版本过低：请安装 Python {1} 或更高版本后，用新版本运行本脚本。"
        ).format("{}.{}".format(*sys.version_info), "{}.{}".format(*OLDEST))
    # Debian and Ubuntu keep both out of their python3 package.
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        return (
            "This Python cannot make virtual environments: on Debian or Ubuntu run  apt install python3-venv  first.\n"
            "当前 Python 不能建立虚拟环境：Debian、Ubuntu 请先执行  apt install python3-venv  。"
        )
    return ""


def program(root: Path, name: str) -> str:
    """The path of a program in the environment."""
    return str(root / ".venv" / ("Scripts/{}.exe" if os.name == "nt" else "bin/{}").format(name))


def stamp_of(root: Path) -> Path:
    """The file that set-up writes last, so that a half-made environment has none."""
    return root / ".venv" / "postloan-set-up"


def wanted(root: Path) -> str:
    """What an environment was made from: what is to be installed, the folder it names inside, and the Python."""
    lock = hashlib.sha256((root / "requirements.lock").read_bytes()).hexdigest()
    return "{}\n{}\n{}.{}\n".format(lock, root, *sys.version_info)


def is_ready(root: Path) -> bool:
    """Whether the environment is whole and made from what is to be installed now."""
    stamp = stamp_of(root)
    return os.path.exists(program(root, "python")) and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted(root)


def set_up(root: Path) -> None:
    """Make the environment anew. Exits with a sentence where that fails."""
    if Path(sys.prefix) == root / ".venv":
        sys.exit("Leave the environment first (deactivate), it has to be made anew.\n请先退出虚拟环境（deactivate），它需要重建。")
    print("Setting up, once; this takes a minute or two … / 首次安装，需一两分钟……", flush=True)
    pip = [program(root, "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-input", "--no-deps"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(root / ".venv")],
        # Wheels only and every one by its hash: nothing is run or built that was not there when the lock was made.
        pip + ["--require-hashes", "--only-binary", ":all:", "--requirement", str(root / "requirements.lock")],
        pip + ["--no-build-isolation", "--editable", str(root)],
    ):
        if subprocess.call(command, env=environment()):
            sys.exit(
                "Setting up failed, see above: is a package index within reach (or a mirror named in pip's configuration), "
                "and is this Python 3.11 to 3.13?\n"
                "安装失败，原因见上：请检查能否访问软件包源（或在 pip 配置中指定镜像），以及 Python 版本是否为 3.11 至 3.13。"
            )
    stamp_of(root).write_text(wanted(root), encoding="utf-8")


def start(command: list, folder: Path) -> int:
    """Run `command` in `folder`; gives its exit code."""
    return subprocess.call(command, cwd=str(folder), env=environment())


def environment() -> dict:
    # Files and pipes are UTF-8 also where Windows says GBK.
    return dict(os.environ, PYTHONUTF8="1")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
