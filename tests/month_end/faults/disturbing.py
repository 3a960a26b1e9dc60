"""Runs that are disturbed, and what must hold of their output folder whatever was done to them."""

from __future__ import annotations

import csv
import json
import os
import select
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from places import TINY
from postloan.file import PREFIX, sha256_file

HERE = Path(__file__).resolve().parent
PATIENCE = 300
"""Seconds after which a run that should end is said to hang."""
MOMENTS = int(os.environ.get("POSTLOAN_FAULTS", "24"))
"""How many faults of a kind are tried; 200 for a release."""
DOCUMENTS = ("quarterly_brief", "monitoring_paper", "monitoring_notice")
OF_ONE_RUN = ("run.json", "jobs.jsonl", "morning.html", "run.log", ".postloan.lock")
"""Files that tell of times, or are empty."""


def words(
    out: Path, *, command: str = "run", documents: tuple[str, ...] = DOCUMENTS, period: str = "2014Q2", data: Path = TINY
) -> list[str]:
    """The command line of a run of two workers."""
    asked = ["--period", period, "--data", data, "--out", out, "--workers", "2", "--progress", "none"]
    return [str(word) for word in ("--lang", "en", command, *documents, *asked)]


# Processes


class Starter:
    """Starts runners, one at a time (see `starter.py`)."""

    def __init__(self, room: Path) -> None:
        self.said = room / "said.txt"
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, HERE / "starter.py"], stdin=pipe, stdout=pipe, bufsize=0, cwd=room)

    def start(self, line: list[str], **environment: str) -> Runner:
        """A runner of that command line."""
        asked = {"words": line, "environment": environment, "said": str(self.said)}
        assert self.process.stdin
        self.process.stdin.write((json.dumps(asked) + "\n").encode())
        return Runner(self, int(self._line(PATIENCE) or 0))

    def _line(self, seconds: float) -> str | None:
        answers = self.process.stdout
        assert answers
        return answers.readline().decode() if select.select([answers], [], [], seconds)[0] else None

    def close(self) -> None:
        """Ends it; a runner still at work ends too."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            child.kill()
        self.process.kill()
        self.process.communicate()


class Runner:
    """A run at work. `code` is its exit code once it has ended."""

    def __init__(self, starter: Starter, pid: int) -> None:
        self.starter, self.pid, self.code = starter, pid, None

    def ended(self, within: float = PATIENCE) -> int | None:
        """The exit code, waited for so many seconds; None where it is still at work."""
        if self.code is None and (line := self.starter._line(within)):
            self.code = int(line)
        return self.code

    def family(self) -> list[psutil.Process]:
        """Every process that has come of it."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def workers(self) -> list[psutil.Process]:
        """The processes that run its notebooks."""
        return [one for one in self.family() if one.ppid() == self.pid and "notebookrun.worker" in _command(one)]

    def kill(self) -> list[psutil.Process]:
        """Kills it and nothing else; gives what had come of it."""
        family = self.family()
        os.kill(self.pid, signal.SIGKILL)
        assert self.ended() is not None
        return family

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.starter.said.read_text(encoding="utf-8", errors="replace")


class Log:
    """The log of the run that is started next; it begins a new file."""

    def __init__(self, path: Path) -> None:
        self.path, self.earlier = path, path.stat().st_ino

    def stage(self) -> str:
        """How far the run has come."""
        if self.path.stat().st_ino == self.earlier:
            return "1 before the folder is held"
        events = self.events()
        if not events:
            return "2 intake, screen, figures, keeping the book"
        if "finished" in events:
            return "6 leaving"
        if "started" not in events:
            return "3 before the notebooks"
        return "4 notebooks and filing" if events.count("ended") < 5 else "5 records"

    def events(self) -> list[str]:
        """The kinds of its lines; none while the log is still the earlier run's."""
        if not self.path.exists() or self.path.stat().st_ino == self.earlier:
            return []
        return [line.split()[1] for line in self.path.read_text(encoding="utf-8").splitlines()]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def nobody_is_left(family: list[psutil.Process], out: Path) -> None:
    """Whatever came of a run that has ended is gone, and nothing works below its folder."""
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
    assert not [one for one in psutil.process_iter(["cwd"]) if (one.info["cwd"] or "").startswith(f"{out}/")]


# Files


@dataclass
class Undisturbed:
    """A folder as an earlier run on other data left it, and what it holds after a run that nobody disturbs.

    `old` and `new` are the files before and after, `keys` those of the finished jobs; `data` are the other data; the run took `seconds`.
    """

    earlier: Path
    data: Path
    old: dict[str, bytes]
    new: dict[str, bytes]
    keys: dict[tuple[str, str], str]
    seconds: float


def files(out: Path) -> dict[str, bytes]:
    """What lies below `out` and should be the same whenever it was made."""
    found = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name not in OF_ONE_RUN and path.parent.name != "logs")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


def strays(out: Path) -> list[Path]:
    """What was being written when something was killed."""
    return list(out.rglob(PREFIX + "*"))


def every_file_is_whole(out: Path, *states: Mapping[str, bytes]) -> None:
    """Each file below `out` can be read to its end, and each paper or table is that of one of `states`; strays aside."""
    for path in out.rglob("*"):
        if path.is_file() and not path.name.startswith(PREFIX) and path.parent.name != "logs":
            _is_whole(path)
    for name, content in files(out).items():
        if not Path(name).name.startswith(PREFIX) and Path(name).suffix in (".docx", ".xlsx", ".csv", ".parquet") and name != "notices.csv":
            assert content in [state[name] for state in states if name in state], name


def _is_whole(path: Path) -> None:
    match path.suffix:
        case ".docx" | ".xlsx":
            with zipfile.ZipFile(path) as package:
                assert package.testzip() is None, path
        case ".json" | ".ipynb":
            json.loads(path.read_text(encoding="utf-8"))
        case ".csv":
            assert {len(row) for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines(keepends=True), strict=True)}, path
        case ".parquet":
            pq.read_table(path)
        case ".html":
            assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def records(out: Path) -> Iterator[tuple[Path, dict]]:
    """The folder and the record of each period."""
    for path in sorted(out.glob("*/run.json")):
        yield path.parent, json.loads(path.read_text(encoding="utf-8"))


def the_record_is_true(out: Path) -> None:
    """`run.json` names nothing that is not there just so, and a run that has not ended does not look like one that has."""
    for folder, record in records(out):
        wrong = [
            name for name, sha256 in record["outputs"].items() if not (folder / name).is_file() or sha256_file(folder / name) != sha256
        ]
        assert not wrong, (folder, record["ended"], record["stopped"], wrong)
        if not record["ended"]:
            assert record["exit_code"] != 0 and record["stopped"] and not record["documents"]
        if record["exit_code"] == 0:
            assert not record["stopped"] and {outcome["state"] for outcome in record["documents"].values()} == {"made"}


def finished_jobs(folder: Path) -> dict[tuple[str, str], str]:
    """The key of each job whose last line in the journal says that it was made, if all its files are as that line says."""
    path = folder / "jobs.jsonl"
    last: dict[tuple[str, str], dict] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if path.is_file() else []:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        last[said["task"]["document"], said["task"]["unit"]] = said
    made = {name: said for name, said in last.items() if said["state"] == "made"}
    is_there = {name: all(_holds(folder / file, sha256) for file, sha256 in said["files"].items()) for name, said in made.items()}
    return {name: said["task"]["key"] for name, said in made.items() if is_there[name]}


def ends_as_undisturbed(out: Path, undisturbed: Undisturbed) -> None:
    """After a run that was let be, everything is there as if nothing had ever happened."""
    now = files(out)
    assert not strays(out)
    other = [name for name in {**now, **undisturbed.new} if now.get(name) != undisturbed.new.get(name)]
    assert not other, other
    assert [record["exit_code"] for _, record in records(out)] == [0]


def _holds(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_file(path) == sha256


def unchanged_jobs(folder: Path) -> set[tuple[str, str]]:
    """The jobs that the last run of the folder found finished."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return {(job["document"], job["unit"]) for job in record["jobs"] if job["state"] == "unchanged"}
