"""The exact similarity of two masked texts, and their longest shared passage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import cdist

from postloan.inspection_reports.analysis.minhash import SHINGLE, weights_of
from postloan.inspection_reports.analysis.shingles import AT_ONCE, Characters, hashed, shingles

FEW = 10
"""The number of sentences from which one sentence's accidental similarity no longer decides."""

SEED = 6
"""The least characters of a shared passage."""

_SIGNS = " \t\r\n\u3000，。、；：！？,.;:!?)）"


def similarity(a: Sequence[str], b: Sequence[str]) -> float:
    """Return the similarity of two masked texts, given as sentences in any order: 0 to 1.

    It is the share of characters, of both texts together, that each sentence has in common with the most similar sentence of the other
    text. Two sentences have in common the `ratio` of rapidfuzz and difflib, 2 M / T: twice the length of their longest common subsequence
    over both lengths. If a text has fewer than `FEW` sentences, sentences less than half similar have nothing in common. The result is 1
    for equal sentences and 0 for two empty texts.
    """
    length = sum(map(len, a)) + sum(map(len, b))
    least = 0.5 if min(len(a), len(b)) < FEW else 0.0
    return (_found_in(a, b, least) + _found_in(b, a, least)) / length if length else 0.0


def _found_in(sentences: Sequence[str], others: Sequence[str], least: float) -> float:
    """Return the number of characters of `sentences` found in their counterparts among `others`."""
    there = set(others)
    changed = [sentence for sentence in sentences if sentence not in there]
    if not changed or not others:
        return float(sum(map(len, sentences)) - sum(map(len, changed)))
    best = cdist(changed, others, scorer=ratio, dtype=np.float32).max(axis=1) / 100
    best[best < least] = 0
    return sum(map(len, sentences)) - sum(len(sentence) * float(1 - share) for sentence, share in zip(changed, best, strict=True))


def shared_rare_text(texts: Characters, weights: np.ndarray, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for pairs of texts their shared rare text: as a share of their own rare text, 0 to 1, and as a number of shingles.

    The share is twice the common weight over the weight of both: shingles count as often as they occur, by their `weights` from `weigh`.
    The number counts a shingle found nowhere else as one.
    """
    text, runs = shingles(texts, SHINGLE)
    hashes = hashed(runs)
    keys, starts = _numbered_runs(text, hashes, len(texts))
    has = np.bincount(text, weights_of(weights, hashes), minlength=len(texts))
    shared = _in_both(keys, starts, left, right, weights)
    return 2 * shared / np.maximum(has[left] + has[right], 1e-9), shared / weights.max()


def _numbered_runs(text: np.ndarray, runs: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the runs of each text, sorted, with occurrences numbered, and the start of each text."""
    both = np.sort((text.astype(np.uint64) << np.uint64(32)) | runs)
    here = np.arange(len(both))
    occurrence = here - np.maximum.accumulate(np.where(np.concatenate([[True], both[1:] != both[:-1]])[: len(both)], here, 0))
    keys = ((both & np.uint64(0xFFFFFFFF)) << np.uint64(12)) | np.minimum(occurrence, 4095).astype(np.uint64)
    return keys, np.searchsorted(both, np.arange(count + 1, dtype=np.uint64) << np.uint64(32))


def _in_both(keys: np.ndarray, starts: np.ndarray, left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weight of the keys common to the two texts of each pair; some pairs in one step, to save memory."""
    sizes = np.diff(starts)
    block = (np.cumsum(sizes[left] + sizes[right]) // AT_ONCE).astype(np.int64)
    cuts = [*np.flatnonzero(np.diff(block, prepend=-1)), len(left)]
    parts = [_in_both_at_once(keys, starts, left[a:b], right[a:b], weights) for a, b in pairwise(cuts)]
    return np.concatenate([np.empty(0), *parts])


def _in_both_at_once(keys: np.ndarray, starts: np.ndarray, left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weight of keys found twice after sorting both texts' keys together, for up to 2**20 pairs."""
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
    """Return the longest run of characters found in both texts unchanged; of equally long ones the first in `a`.

    It is "" for texts that share fewer than `SEED` characters.
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
    """Return a number for every run of `SEED` characters of a text."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    seeds = np.zeros(len(codes) - SEED + 1, np.uint64)
    for place in range(SEED):
        seeds = seeds * np.uint64(0x100000001B3) + codes[place : place + len(seeds)]
    return seeds
