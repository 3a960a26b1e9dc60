"""What is asked of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from postloan.file import is_url


@dataclass(frozen=True)
class Request:
    """What is asked of a run. `documents` and `units` mean all of them where they are empty."""

    data: str
    period: str
    out: str
    documents: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    policy: str = "branch2014"
    calendar: str = ""
    prepared_on: str = ""
    preparer: str = ""
    reviewer: str = ""
    pdf: bool = False
    workers: int = 0
    only_failed: bool = False
    deadline: str = ""
    kernel: bool = False
    engine: str = "duckdb"
    cluster: str = ""

    @property
    def folder(self) -> Path:
        """Where everything of this run lands."""
        return Path(self.out) / self.period

    @property
    def place(self) -> str:
        """The same as people are told it, also where it is at a URL."""
        return f"{self.out.rstrip('/')}/{self.period}" if is_url(self.out) else str(self.folder)


def parameters(request: Request, units: list[str] | None = None) -> dict[str, Any]:
    """What a notebook is asked (about the request's units unless others are given), with paths that hold wherever its kernel works."""
    names = ("data", "period", "out", "units", "policy", "calendar", "prepared_on", "preparer", "reviewer")
    asked = {name: getattr(request, name) for name in names} | ({} if units is None else {"units": units})
    paths = {
        name: str(Path(asked[name]).resolve())
        for name in ("data", "out", "policy", "calendar")
        if name in ("data", "out") or Path(asked[name]).is_file()
    }
    return asked | paths
