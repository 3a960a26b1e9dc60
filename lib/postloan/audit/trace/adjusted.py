"""Figures of a loop that a template had rounded so that they add up (`summing`): their record holds the adjusted values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from postloan.numbers import parts_that_sum
from postloan.papers.record.paper_record import Figure

PLACES = range(2, -9, -1)
"""Decimals of yuan to which `summing` may round: from 0.01 yuan to whole 亿元."""


def adjusted(wrong: Iterable[Figure], every: Iterable[Figure], anew: Callable[[Figure], Any]) -> set[int]:
    """Those of the `wrong` figures, by their identity in memory, whose loop as a whole is what the values computed anew give when they
    are made to add up; `every` figure of the paper is asked for, since the loop may go on where nobody asked."""
    found: set[int] = set()
    doubtful = {id(figure) for figure in wrong}
    for loop in _loops(every):
        if doubtful.intersection(map(id, loop)) and _adds_up([figure.value for figure in loop], [anew(figure) for figure in loop]):
            found.update(map(id, loop))
    return found & doubtful


def _loops(figures: Iterable[Figure]) -> Iterator[list[Figure]]:
    """The figures that one tag printed, loop by loop: where a key comes again a new one has begun."""
    by_tag: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        loop = by_tag.setdefault((figure.part, figure.tag), [])
        if any(one.identity.key == figure.identity.key for one in loop):
            yield loop
            loop = by_tag[figure.part, figure.tag] = []
        loop.append(figure)
    yield from by_tag.values()


def _adds_up(recorded: list[Any], anew: list[Any]) -> bool:
    pairs = [(made, now) for made, now in zip(recorded, anew, strict=True) if (made, now) != (None, None)]
    if not all(isinstance(value, Decimal) for pair in pairs for value in pair):
        return False
    values = [now for _, now in pairs]
    return any(parts_that_sum(values, places) == [made for made, _ in pairs] for places in PLACES)
