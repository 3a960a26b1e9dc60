"""Names and words that the engine itself puts into papers and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """The choices of a program that fills papers; the defaults are neutral.

    `application` stands in a paper's properties, and names of parts that the engine adds begin with it; `namespace` is that of the record
    in a traced paper; `undefined` is written where a formula has no value. `keeps_items` are filters that give the list they get, item
    for item with the same fields. `suggested` names filters for a value that prints with none, by its kind: blank, number, date, truth.
    """

    application: str = "officefill"
    namespace: str = "urn:officefill:paper:1"
    undefined: str = "n/a"
    keeps_items: tuple[str, ...] = ()
    suggested: Mapping[str, str] = field(default_factory=dict, hash=False)


DEFAULT = Settings()
