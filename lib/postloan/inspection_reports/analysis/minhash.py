"""MinHash signatures: a few numbers per text; similar texts have equal numbers in a similar share of places."""

from __future__ import annotations

import numpy as np

from postloan.inspection_reports.analysis.shingles import Characters, hashed, shingles

SHINGLE = 4
"""Characters per shingle of a signature."""

PLACES = 128
"""Numbers per signature."""

EMPTY = np.uint16(0xFFFF)
UNKNOWN = 20
"""The number of texts added when shingles are weighed, so that a phrase found twice in three texts is not yet common."""

_NOTHING = np.uint32(0xFFFFFFFF)
_TABLE_BITS = 22
_BY_TABLE = np.uint32(32 - _TABLE_BITS)


def sign(texts: Characters, weights: np.ndarray | None = None) -> np.ndarray:
    """Return one signature per text, uint16 of shape (texts, PLACES); a text without shingles is `EMPTY` throughout.

    One-permutation hashing: each shingle falls into one place, and the least one stays; an empty place borrows from the next filled one
    (Shrivastava and Li 2014). With `weights` (from `weigh`) the chance of a shingle to be the least is proportional to its weight.
    """
    least = np.full((len(texts), PLACES), _NOTHING)
    for first, block in texts.blocks():
        text, runs = shingles(block, SHINGLE)
        hashes = hashed(runs)
        place = text.astype(np.int64) * PLACES + (hashes & np.uint32(PLACES - 1))
        np.minimum.at(least[first : first + len(block)].reshape(-1), place, _ranked(hashes, weights))
    return _filled(np.where(least == _NOTHING, EMPTY, (least & np.uint32(0xFFFF)).astype(np.uint16)))


def _ranked(hashes: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return hashes as numbers in random order, by weight; their lower 16 bits identify shingles."""
    mixed = hashes * np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(15)
    if weights is None:
        return mixed
    wait = -np.log((mixed >> np.uint32(8)).astype(np.float32) * np.float32(2**-24) + np.float32(2**-25)) / weights_of(weights, hashes)
    return (np.minimum(wait * np.float32(512), np.float32(65534)).astype(np.uint32) << np.uint32(16)) | (mixed & np.uint32(0xFFFF))


def _filled(signatures: np.ndarray) -> np.ndarray:
    """Fill empty places from the next filled one on the right, cyclically, changed by the distance so that only equal gaps become equal."""
    gappy = np.flatnonzero((signatures == EMPTY).any(axis=1) & (signatures != EMPTY).any(axis=1))
    rows = np.concatenate([signatures[gappy]] * 2, axis=1)[:, ::-1]
    here = np.arange(2 * PLACES)
    source = np.maximum.accumulate(np.where(rows != EMPTY, here, 0), axis=1)
    filled = np.take_along_axis(rows, source, axis=1) + ((here - source) * 7919).astype(np.uint16)
    signatures[gappy] = filled[:, ::-1][:, :PLACES]
    return signatures


def weigh(texts: Characters) -> np.ndarray:
    """Return the weight of each shingle, the logarithm of its rarity in `texts`, as a table of float32 for `weights_of`.

    A shingle of all texts weighs next to nothing. In few texts all shingles weigh about the same. The table holds what a shingle weighs
    less than the rarest, by the upper bits of its hash, and at its end the weight of the rarest: nearly all of it is nought, and takes no memory.
    """
    counts, lighter = (np.zeros((1 << _TABLE_BITS) + 1, np.float32) for _ in range(2))
    for _, block in texts.blocks():
        np.add.at(counts, hashed(shingles(block, SHINGLE)[1]) >> _BY_TABLE, np.float32(1))
    most = np.float32(len(texts) + UNKNOWN)
    common = np.flatnonzero(counts > 1)
    lighter[common] = np.log(np.minimum(counts[common], most - 1))
    lighter[-1] = np.log(most)
    return lighter


def weights_of(weights: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Return the weights of hashed shingles in a table of `weigh`."""
    return weights[-1] - weights[hashes >> _BY_TABLE]


def estimated_similarity(signatures: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the estimated Jaccard similarity of pairs of texts: the share of equal places in their signatures."""
    shares = [(signatures[left[i : i + 65536]] == signatures[right[i : i + 65536]]).mean(axis=1) for i in range(0, len(left), 65536)]
    return np.concatenate(shares) if shares else np.empty(0)


def candidate_pairs(signatures: np.ndarray, rows: int, least: float, window: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of texts that agree in a whole band of `rows` places and have an estimated similarity of at least `least`.

    Each pair is (earlier, later) and comes once. The places are cut into bands twice: neighbours together, and places far apart. A bucket
    of a band pairs each text with its `window` predecessors and the bucket's first text: a thousand copies are thousands of pairs, not half
    a million.
    """
    there = np.flatnonzero((signatures != EMPTY).any(axis=1))
    places = np.arange(PLACES)
    found = [np.empty(0, np.int64)]
    for band in np.concatenate([places.reshape(-1, rows), places.reshape(rows, -1).T]):
        left, right = _bucket_pairs(_key(signatures[np.ix_(there, band)]), window)
        left, right = there[left], there[right]
        near = estimated_similarity(signatures, left, right) >= least
        found.append(left[near] * len(signatures) + right[near])
    pairs = np.unique(np.concatenate(found))
    return pairs // max(1, len(signatures)), pairs % max(1, len(signatures))


def _key(band: np.ndarray) -> np.ndarray:
    """Return one 64-bit number for the places of a band."""
    key = np.zeros(len(band), np.uint64)
    for column in band.T:
        key = (key ^ column) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(31)
    return key


def _bucket_pairs(key: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of rows with one key as (earlier, later); a pair may come twice."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    later = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
    first = np.searchsorted(ordered, ordered[later])
    pairs = [(first, later)]
    for back in range(1, window + 1):
        inside = later - first > back
        pairs.append((later[inside] - back, later[inside]))
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return order[left], order[right]
