"""How alike two masked texts are, exactly, and the longest passage they share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import cdist

from postloan.inspection_reports.analysis.minhash import SHINGLE, weights_of
from postloan.inspection_reports.analysis.shingles import AT_ONCE, Characters, hashed, shingles

FEW = 10
"""In a text of fewer sentences than this, what one sentence has in common with another by chance would decide."""

SEED = 6
"""A shared passage is looked for from this many characters on."""

_SIGNS = " \t\r\n\u3000，。、；：！？,.;:!?)）"


def similarity(a: Sequence[str], b: Sequence[str]) -> float:
    """The similarity of two masked texts given as sentences, 0 to 1, whatever the order of the sentences.

    The share of characters, of both texts together, that each sentence has in common with the sentence of the other text most like
    it. Two sentences have in common what rapidfuzz's and difflib's `ratio` say, 2 M / T: twice the length of their longest common
    subsequence over both lengths. Where either text has fewer than `FEW` sentences, sentences less than half alike have nothing in
    common. 1 where both have the same sentences, 0 where both are empty.
    """
    length = sum(map(len, a)) + sum(map(len, b))
    least = 0.5 if min(len(a), len(b)) < FEW else 0.0
    return (_found_in(a, b, least) + _found_in(b, a, least)) / length if length else 0.0


def _found_in(sentences: Sequence[str], others: Sequence[str], least: float) -> float:
    """How many characters of `sentences` their counterparts among `others` have."""
    there = set(others)
    changed = [sentence for sentence in sentences if sentence not in there]
    if not changed or not others:
        return float(sum(map(len, sentences)) - sum(map(len, changed)))
    best = cdist(changed, others, scorer=ratio, dtype=np.float32).max(axis=1) / 100
    best[best < least] = 0
    return sum(map(len, sentences)) - sum(len(sentence) * float(1 - share) for sentence, share in zip(changed, best, strict=True))


def telling(texts: Characters, weights: np.ndarray, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For pairs of texts, what they share of what is rare: as a share of what they have, 0 to 1, and as a number of shingles.

    The share is twice what they have in common over what they have: their shingles, each as often as it is there and counted for
    what it tells (`weights` from `weigh`). The number counts a shingle that is nowhere else as one.
    """
    text, runs = shingles(texts, SHINGLE)
    hashes = hashed(runs)
    keys, starts = _told_apart(text, hashes, len(texts))
    has = np.bincount(text, weights_of(weights, hashes), minlength=len(texts))
    shared = _in_both(keys, starts, left, right, weights)
    return 2 * shared / np.maximum(has[left] + has[right], 1e-9), shared / weights.max()


def _told_apart(text: np.ndarray, runs: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The runs of each text, sorted, the second occurrence of a run told apart from the first; and where each text starts."""
    both = np.sort((text.astype(np.uint64) << np.uint64(32)) | runs)
    here = np.arange(len(both))
    occurrence = here - np.maximum.accumulate(np.where(np.concatenate([[True], both[1:] != both[:-1]])[: len(both)], here, 0))
    keys = ((both & np.uint64(0xFFFFFFFF)) << np.uint64(12)) | np.minimum(occurrence, 4095).astype(np.uint64)
    return keys, np.searchsorted(both, np.arange(count + 1, dtype=np.uint64) << np.uint64(32))


def _in_both(keys: np.ndarray, starts: np.ndarray, left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What the keys tell that the two texts of each pair have in common; some pairs at a time, for the memory's sake."""
    sizes = np.diff(starts)
    block = (np.cumsum(sizes[left] + sizes[right]) // AT_ONCE).astype(np.int64)
    cuts = [*np.flatnonzero(np.diff(block, prepend=-1)), len(left)]
    parts = [_in_both_at_once(keys, starts, left[a:b], right[a:b], weights) for a, b in pairwise(cuts)]
    return np.concatenate([np.empty(0), *parts])


def _in_both_at_once(keys: np.ndarray, starts: np.ndarray, left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Keys that stand twice once both texts' are sorted together, up to 2**20 pairs."""
    texts = np.stack([left, right], axis=1).reshape(-1)
    sizes = np.diff(starts)[texts]
    begin = np.cumsum(sizes) - sizes
    where = np.repeat(starts[texts] - begin, sizes) + np.arange(sizes.sum())
    pair = np.repeat(np.arange(len(texts), dtype=np.uint64) >> np.uint64(1), sizes)
    tagged = np.sort(keys[where] | (pair << np.uint64(44)))
    twice = tagged[1:][tagged[1:] == tagged[:-1]]
    hashes = (twice >> np.uint64(12)).astype(np.uint32)
    return np.bincount((twice >> np.uint64(44)).astype(np.int64), weights_of(weights, hashes), minlength=len(left))


def longest_shared_passage(a: str, b: str) -> str:
    """The longest run of characters that stands in both texts as it is; of equally long ones the first in `a`.

    "" where no `SEED` characters are shared.
    """
    if min(len(a), len(b)) < SEED:
        return ""
    in_a, in_b = _seeds(a), _seeds(b)
    order_a, order_b = np.argsort(in_a), np.argsort(in_b)
    seeds, first, count = np.unique(in_b[order_b], return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(seeds, in_a[order_a]), len(seeds) - 1)
    there = seeds[place] == in_a[order_a]
    if not there.any():
        return ""
    place, times = place[there], count[place[there]]
    at_a = np.repeat(order_a[there], times)
    at_b = order_b[np.repeat(first[place] - (np.cumsum(times) - times), times) + np.arange(times.sum())]
    by_diagonal = np.lexsort((at_a, at_a - at_b))
    at_a, diagonal = at_a[by_diagonal], (at_a - at_b)[by_diagonal]
    breaks = np.flatnonzero((np.diff(at_a) != 1) | (np.diff(diagonal) != 0)) + 1
    begin, end = np.concatenate([[0], breaks]), np.concatenate([breaks, [len(at_a)]])
    longest = np.lexsort((at_a[begin], begin - end))[0]
    start = at_a[begin[longest]]
    return a[start : start + int(end[longest] - begin[longest]) + SEED - 1].lstrip(_SIGNS).rstrip()


def _seeds(text: str) -> np.ndarray:
    """A number for every run of `SEED` characters of a text."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    seeds = np.zeros(len(codes) - SEED + 1, np.uint64)
    for place in range(SEED):
        seeds = seeds * np.uint64(0x100000001B3) + codes[place : place + len(seeds)]
    return seeds
