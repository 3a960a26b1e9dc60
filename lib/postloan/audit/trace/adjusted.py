"""Figures of a loop that a template rounded so that they add up (`summing`): their record has the adjusted values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from postloan.numbers import parts_that_sum
from postloan.papers.record.paper_record import Figure

PLACES = range(2, -9, -1)
"""The decimals of yuan used by `summing`: from 0.01 yuan to whole 亿元."""


def adjusted(wrong: Iterable[Figure], every: Iterable[Figure], anew: Callable[[Figure], Any]) -> set[int]:
    """Return the ids of those `wrong` figures that only differ by an adjustment: all values of their loop, computed again and adjusted,
    equal the record. `every`: all figures of the paper, since a loop may go beyond the chosen figures."""
    found: set[int] = set()
    doubtful = {id(figure) for figure in wrong}
    for loop in _loops(every):
        if doubtful.intersection(map(id, loop)) and _adds_up([figure.value for figure in loop], [anew(figure) for figure in loop]):
            found.update(map(id, loop))
    return found & doubtful


def _loops(figures: Iterable[Figure]) -> Iterator[list[Figure]]:
    """Yield the figures printed by one tag, loop by loop: a repeated key begins a new loop."""
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
