"""The record of a run of many jobs: the content of `run.json`, which the morning page, the log and the summary show.

Everything in it is a plain value: `asdict` makes the file, and `read_record` reads it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from notebookrun.job import Job

from postloan.file import put
from postloan.problem import BLANK, DROP, NOTE, STOP

RECORD = "run.json"


@dataclass(frozen=True)
class Variance:
    """A figure that moved more than the policy allows since the period before.

    `before`, `now`, `change` and `allowed` are exact decimals as text, blank where undefined. `change` of a ratio is a difference (0.05 are
    five 百分点), of anything else a share of what it was before. A blank `measure` stands for a unit that is new or gone.
    """

    measure: str
    title: str
    grain: str
    subject: str
    name: str
    unit_of_measure: str
    before: str
    now: str
    change: str
    allowed: str


@dataclass
class BookUsed:
    """The book the jobs read: its key, whether this run computed it, and the seconds that took (or reading it)."""

    key: str = ""
    fresh: bool = True
    seconds: float = 0.0


@dataclass
class Record:
    """The content of `run.json`. `moved` is None where there is no period before to compare with.

    `draft` is true where the papers bear 草稿; `manifest` is the key of all files that were read, `register` the hash of the register of notices as the run left it.
    """

    parameters: dict[str, Any]
    period: str
    as_of: str
    policy: dict[str, str]
    program: str
    started: str
    ended: str = ""
    exit_code: int = 0
    stopped: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=lambda: dict.fromkeys((STOP, DROP, BLANK, NOTE), 0))
    findings: int = 0
    draft: bool = False
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    book: BookUsed = field(default_factory=BookUsed)
    jobs: list[Job] = field(default_factory=list)
    moved: list[Variance] | None = None
    deadline: str = ""
    manifest: str = ""
    register: str = ""


def record_of(mapping: Mapping[str, Any]) -> Record:
    """Return a record from the content of `run.json`. Missing keys are at their defaults; those of a later program are passed over."""
    given = _known(Record, mapping)
    if "book" in given:
        given["book"] = BookUsed(**_known(BookUsed, given["book"]))
    given["jobs"] = [Job(**_known(Job, job)) for job in given.get("jobs", [])]
    if given.get("moved") is not None:
        given["moved"] = [Variance(**_known(Variance, moved)) for moved in given["moved"]]
    return Record(**given)


def read_record(path: Path) -> Record:
    """Return the record at `path`. Raises `OSError` where it is not there and `ValueError` where it is none."""
    mapping = json.loads(path.read_text(encoding="utf-8"))
    required = {part.name for part in fields(Record) if part.default is MISSING and part.default_factory is MISSING}
    if not isinstance(mapping, dict) or not required <= mapping.keys():
        raise ValueError(path.name)
    return record_of(mapping)


def _known(kind: type, mapping: Mapping[str, Any]) -> dict[str, Any]:
    names = {part.name for part in fields(kind)}
    return {name: value for name, value in mapping.items() if name in names}


def now() -> str:
    """Return the moment as text."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def file_record(record: Record, folder: Path) -> None:
    """File `run.json`."""
    put(folder / RECORD, (json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n").encode())


class FinishedRun(NamedTuple):
    """The record of the run before in a folder, and the problems of its data, for a run that does not begin: it leaves them as they were."""

    files: dict[Path, bytes]

    @classmethod
    def read(cls, folder: Path) -> FinishedRun:
        """Return the files as they are now."""
        return cls({path: path.read_bytes() for path in (folder / RECORD, folder / "problems.csv") if path.is_file()})

    def put_back(self) -> bool:
        """Put the files back; return False where there was no run before."""
        for path, content in self.files.items():
            put(path, content)
        return any(path.name == RECORD for path in self.files)
