"""What `verify` says of a finished paper: one remark each, at its place. Kinds, severities and words stand in `remarks.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from postloan.errors import BadPolicy, did_you_mean
from postloan.language import either, tr
from postloan.papers.record.paper_record import Figure
from postloan.yaml_file import build, read_yaml

ERROR, HINT = "error", "hint"
"""An error makes the command end with 1; a hint is told and no more."""


@dataclass(frozen=True)
class Kind:
    """One kind of remark: how grave it is, and its sentence in both languages, with slots."""

    severity: str
    en: str
    zh: str


@cache
def all_kinds() -> Mapping[str, Kind]:
    """Every kind by name. Raises `BadPolicy` for a file that cannot be read."""
    path = Path(__file__).parent / "remarks.yaml"
    kinds = {name: build(Kind, said, f"{path.name}: {name}") for name, said in read_yaml(path).items()}
    for name, kind in kinds.items():
        if kind.severity not in (ERROR, HINT):
            raise BadPolicy(
                tr("unknown {what} '{word}'", what="severity", word=kind.severity), name, did_you_mean(kind.severity, (ERROR, HINT))
            )
    return kinds


@dataclass(frozen=True)
class Remark:
    """One thing to look at. `part` is a Word part or a sheet, `at` the number of a line from 0 or a cell, `span` the characters of it.

    `slots` fill the kind's sentence; `grave` is its severity where it is not the kind's; `figure` the one it is about.
    """

    kind: str
    part: str = ""
    at: int | str | None = None
    span: tuple[int, int] | None = None
    slots: Mapping[str, object] = field(default_factory=dict)
    grave: str = ""
    figure: Figure | None = None

    @property
    def severity(self) -> str:
        return self.grave or all_kinds()[self.kind].severity

    @property
    def says(self) -> str:
        """The sentence in the language in use."""
        kind = all_kinds()[self.kind]
        return either(kind.en, kind.zh).format_map(self.slots)
