"""The remarks of `verify` on a finished paper. Kinds, severities and sentences stand in `remarks.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from postloan.errors import BadPolicy, did_you_mean
from postloan.language import either, tr
from postloan.papers.record.finished_paper import figure_name
from postloan.papers.record.paper_record import Figure
from postloan.yaml_file import build, read_yaml

ERROR, HINT = "error", "hint"
"""The severities: an error ends the command with exit code 1, a hint does not."""


@dataclass(frozen=True)
class RemarkKind:
    """One kind of remark: its severity, and its sentence in both languages, with slots."""

    severity: str
    en: str
    zh: str


@cache
def all_kinds() -> Mapping[str, RemarkKind]:
    """Return every kind by name. Raises `BadPolicy` for an unreadable file."""
    path = Path(__file__).parent / "remarks.yaml"
    kinds = {name: build(RemarkKind, values, f"{path.name}: {name}") for name, values in read_yaml(path).items()}
    for name, kind in kinds.items():
        if kind.severity not in (ERROR, HINT):
            what = tr("unknown {what} '{word}'", what="severity", word=kind.severity)
            raise BadPolicy(what, name, did_you_mean(kind.severity, (ERROR, HINT)))
    return kinds


Position = tuple[str, int | str | None, tuple[int, int] | None]
"""A Word part or sheet, a line (number from 0) or cell, and characters in it; blank or None for none."""


@dataclass(frozen=True)
class Remark:
    """One remark, at its place: a Word part or sheet, a line (number from 0) or cell, and characters in it.

    `slots` fill the kind's sentence. `own_severity`: a severity other than the kind's. `figure`: the figure it is about.
    """

    kind: str
    part: str = ""
    at: int | str | None = None
    span: tuple[int, int] | None = None
    slots: Mapping[str, object] = field(default_factory=dict)
    own_severity: str = ""
    figure: Figure | None = None

    @property
    def position(self) -> Position:
        return self.part, self.at, self.span

    @property
    def severity(self) -> str:
        return self.own_severity or all_kinds()[self.kind].severity

    @property
    def says(self) -> str:
        """The sentence in the language in use."""
        kind = all_kinds()[self.kind]
        return either(kind.en, kind.zh).format_map(self.slots)


def figure_remark(kind: str, position: Position, figure: Figure, now: str = "") -> Remark:
    """Return a remark on a figure at its current position; `now`: its current text."""
    return Remark(kind, *position, {"figure": figure_name(figure), "was": figure.text, "now": now}, figure=figure)
