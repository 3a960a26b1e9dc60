"""Masked texts as arrays of characters, and the runs of characters (shingles) inside their sentences."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

END = 10
"""The character at the end of every sentence and text in `Characters.codes`."""

BEYOND = 0xFFFF
"""The code of every character beyond 16 bits."""

MIX = np.uint64(0x9E3779B97F4A7C15)
AT_ONCE = 1 << 21
"""Characters per step: large enough for numpy, small enough for the processor's cache."""


@dataclass(frozen=True)
class Characters:
    """Masked texts one after another: the codes of letters, digits and masks, with `END` after each sentence.

    `codes` is uint16, `starts` int64 with one more entry than texts: text i is `codes[starts[i]:starts[i + 1]]`.
    """

    codes: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def joined(cls, parts: Iterable[Characters], room: int) -> Characters:
        """Join the texts of all parts in order; `room` is at least the number of their codes."""
        codes, used, starts = np.empty(room, np.uint16), 0, [np.zeros(1, np.int64)]
        for part in parts:
            codes[used : used + len(part.codes)] = part.codes
            starts.append(used + part.starts[1:])
            used += len(part.codes)
        return cls(codes[:used], np.concatenate(starts))

    def part(self, first: int, last: int) -> Characters:
        """Return the texts from `first` to before `last`, not copied."""
        return Characters(self.codes[self.starts[first] : self.starts[last]], self.starts[first : last + 1] - self.starts[first])

    def sentences(self, row: int) -> list[str]:
        """Return the sentences of one text, without signs and spaces."""
        text = self.codes[self.starts[row] : self.starts[row + 1]].tobytes().decode("utf-16-le")
        return [sentence for sentence in text.split(chr(END)) if sentence]

    def take(self, rows: np.ndarray) -> Characters:
        """Return the texts `rows`, in that order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        where = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return Characters(self.codes[where], starts)

    def blocks(self) -> Iterator[tuple[int, Characters]]:
        """Yield the texts in blocks of about `AT_ONCE` characters, each with the number of its first text."""
        first = 0
        while first < len(self):
            last = max(first + 1, int(np.searchsorted(self.starts, self.starts[first] + AT_ONCE, side="right")) - 1)
            yield first, self.part(first, last)
            first = last


@cache
def _kinds() -> np.ndarray:
    """Return the kind of every code: 0 left out (signs, spaces), 1 included (letters, digits, masks), 2 ends a sentence."""
    kinds = np.array([unicodedata.category(chr(code))[0] in "LN" for code in range(1 << 16)], np.uint8)
    kinds[BEYOND] = 1
    kinds[[ord(sign) for sign in "#@"]] = 1
    kinds[[ord(sign) for sign in "\0\n。！？!?；;"]] = 2
    return kinds


def characters(masked: Sequence[str]) -> Characters:
    """Return the masked texts as `Characters`: at most one code per character and one more per text."""
    wide = np.frombuffer("\0".join([*masked, ""]).encode("utf-32-le", "surrogatepass"), "<u4")
    codes = np.minimum(wide, BEYOND).astype(np.uint16)
    kinds = _kinds()[codes]
    kept = kinds > 0
    starts = np.concatenate([[0], np.cumsum(kept)[codes == 0]]).astype(np.int64)
    return Characters(np.where(kinds == 2, np.uint16(END), codes)[kept], starts)


def shingles(texts: Characters, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all runs of `size` (up to 4) neighbouring characters inside a sentence: the number of the text, and the run, 16 bits a
    character.

    They are in the order of the texts; a run found twice comes twice.
    """
    count = max(0, len(texts.codes) - size + 1)
    runs, inside = np.zeros(count, np.uint64), np.ones(count, bool)
    for place in range(size):
        there = texts.codes[place : place + count]
        runs = (runs << np.uint64(16)) | there
        inside &= there != END
    text = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(texts.starts))[:count]
    return text[inside], runs[inside]


def hashed(runs: np.ndarray) -> np.ndarray:
    """Return runs as 32 evenly spread bits."""
    mixed = runs * MIX
    mixed ^= mixed >> np.uint64(29)
    return ((mixed * MIX) >> np.uint64(32)).astype(np.uint32)
