"""Regions for people: the text between `{% keep name %}` and `{% endkeep %}` is typed by people, and survives when the paper is made again.

    {% keep 经办意见 %}                     alone in paragraphs: the paragraphs between belong to people
    {% keep 核实情况 of f.key %}{% endkeep %}   alone in a cell: the whole cell does; in a loop the key says to which item it belongs
    经办意见：{% keep 意见 %}同意{% endkeep %}    in a line: the words between do, or the rest of the line if nothing follows

In the paper a bookmark `_pk_N` marks the place. A collapsed bookmark would not take in what is typed at it, so a cell belongs to its
region as a whole, and so does the rest of a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from officefill.messages import tr


@dataclass(frozen=True)
class Kept:
    """The content that people typed into one region: XML of Word with the parts its pictures and links need, or the value of a cell."""

    text: str
    xml: str = ""
    arrows: dict[str, tuple[str, str]] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    value: object = None


@dataclass(frozen=True)
class Region:
    """One region of a paper: `number` of its bookmark in Word, `name` and `key` by which the next paper finds it, its words as `made`.

    A cell of a Word table is known by its row, too, since people who type over a whole cell delete the bookmark in it: `cell` is its
    number in the row, `beside` the text that the machine wrote into the others.
    """

    number: int
    name: str
    key: str
    kind: str
    part: str
    cell: str = ""
    made: str = ""
    beside: str = ""


NOTHING_KEPT: dict[tuple[str, str], Kept] = {}
KeptRegions = Mapping[tuple[str, str], Kept]
"""The content of regions by name and key."""


def twice(region: Region) -> tuple[str, str]:
    """Return the fault of two regions with one name and key, and what to do."""
    what = tr("two regions for people are called '{name}'", name=f"{region.name} {region.key}".strip())
    return what, tr("in a loop write {% keep name of item.key %} with a key that differs")
