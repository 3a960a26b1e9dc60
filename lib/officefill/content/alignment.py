"""Pairs the lines of a text as made with the lines of the text now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

Pair = tuple[int | None, int | None]
MOST_COMPARED = 2500
"""The most pairs of lines compared one by one in a changed block; larger blocks are paired in order."""
NEAR = 0.4


def align(made: Sequence[Hashable], now: Sequence[Hashable], words: Callable[[Hashable], str] = str) -> list[Pair]:
    """Return pairs of positions, in the order of `now`; None for an added or removed line. `words` gives the text to compare."""
    first = _equal_start(made, now)
    last = _equal_start(made[first:][::-1], now[first:][::-1])
    inner_made, inner_now = made[first : len(made) - last], now[first : len(now) - last]
    pairs: list[Pair] = [(i, i) for i in range(first)]
    matcher = SequenceMatcher(None, inner_made, inner_now, autojunk=len(inner_made) > MOST_COMPARED)
    for _, a, b, c, d in matcher.get_opcodes() if inner_made or inner_now else ():
        block = _pairs(inner_made[a:b], inner_now[c:d], words)
        pairs += [(None if i is None else first + a + i, None if j is None else first + c + j) for i, j in block]
    pairs += [(len(made) - last + i, len(now) - last + i) for i in range(last)]
    return pairs


def _equal_start(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _pairs(made: Sequence[Hashable], now: Sequence[Hashable], words: Callable[[Hashable], str]) -> list[Pair]:
    """Return the pairs of a changed block: in order for equal numbers of lines, else each line with the next similar one."""
    if len(made) == len(now) or not made or not now or len(made) * len(now) > MOST_COMPARED:
        return list(zip_longest(range(len(made)), range(len(now))))
    return _likeliest(list(map(words, made)), list(map(words, now)))


def _likeliest(made: list[str], now: list[str]) -> list[Pair]:
    """Return the pairs, in order, with the greatest total similarity."""
    best = [[0.0] * (len(now) + 1) for _ in range(len(made) + 1)]
    for i in range(len(made) - 1, -1, -1):
        for j in range(len(now) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + _likeness(made[i], now[j]))
    pairs: list[Pair] = []
    i = j = 0
    while i < len(made) and j < len(now):
        if best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        elif best[i][j] == best[i][j + 1]:
            pairs.append((None, j))
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return [*pairs, *((k, None) for k in range(i, len(made))), *((None, k) for k in range(j, len(now)))]


def _likeness(one: str, other: str) -> float:
    """Return the similarity, 0 for texts with little in common, up to 1."""
    a, b = _twos(one), _twos(other)
    likeness = 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0
    return likeness if likeness >= NEAR else 0.0


def _twos(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(max(1, len(text) - 1))} if text else set()
