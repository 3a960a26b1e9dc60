"""Which photographs were used twice: for two customers, or by one customer in two periods (seed, rule report_photo_reused).

The same bytes are proof; pictures that merely look alike are a hint, to be shown side by side (traps section 1, 37).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from postloan.inspection_reports.sections.many import Photo
from postloan.inspection_reports.word_text.picture_hash import NEAR

DECORATION = 10
"""A picture in the reports of more customers than this is part of a form (logo, stamp, signature), no photograph. A policy's value."""

COLUMNS = pa.schema(
    {
        "inspection_id": pa.string(),
        "name": pa.string(),
        "sha256": pa.string(),
        "other_inspection_id": pa.string(),
        "other_name": pa.string(),
        "exact": pa.bool_(),
        "distance": pa.int64(),
    }
)
BITS = 64
BANDS = NEAR + 2
"""Hashes that differ in `NEAR` bits agree in at least two of so many bands."""
CROWD = 1_000
"""Near hashes meet up to 21 times, once for each two bands: a picture that meets more is like some 50 others, a scan of a form,
and thousands of such would be pairs without end."""
AT_ONCE = 1 << 20
"""Pairs compared at once, for the memory's sake."""

Owners = dict[str, tuple[str, Any, date | None]]
"""Inspection id → customer, period, the time its report was submitted. Periods are of one type that sorts, so are times."""


def reused(photos: Iterable[Photo], owners: Owners, decoration: int = DECORATION) -> pa.Table:
    """The photographs that an earlier report of another customer, or of the customer in another period, already had (COLUMNS).

    Each once, with the earliest other: the same bytes (`exact`, distance 0) before a picture that looks alike (a hint; how many of the
    64 bits differ, at most `NEAR`). The earlier report has no row: nothing speaks against it. Earlier is the period, then the time of
    submission (reports without one last), then the inspection id. Several photographs of one customer in one period are never compared.

    Left out are pictures in the reports of more than `decoration` customers (`decorations` tells which), and hints where more than so
    many customers have pictures that look alike: papers of one form, not one place. Raises `KeyError` for an inspection without owner.
    """
    ordered = sorted(map(Photo._make, photos), key=lambda photo: _age(photo, owners))
    common = decorations(ordered, owners, decoration)
    first: dict[str, Photo] = {}
    rows: list[tuple] = []
    for photo in ordered:
        if photo.sha256 in common:
            continue
        original = first.setdefault(photo.sha256, photo)
        if _owner(original, owners) != _owner(photo, owners):
            rows.append((*photo[:3], *original[:2], True, 0))
    rows += _hints(list(first.values()), owners, decoration)
    rows.sort()
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, COLUMNS.types, strict=True)], schema=COLUMNS)


def decorations(photos: Iterable[Photo], owners: Owners, decoration: int = DECORATION) -> dict[str, int]:
    """SHA-256 → number of customers, of the pictures in the reports of more than `decoration` customers."""
    customers: dict[str, set[str]] = {}
    for photo in map(Photo._make, photos):
        customers.setdefault(photo.sha256, set()).add(owners[photo.inspection_id][0])
    return {sha256: len(who) for sha256, who in customers.items() if len(who) > decoration}


def _age(photo: Photo, owners: Owners) -> tuple:
    _, period, at = owners[photo.inspection_id]
    return period, at is None, at, photo.inspection_id, photo.name


def _owner(photo: Photo, owners: Owners) -> tuple:
    return owners[photo.inspection_id][:2]


def _hints(photos: list[Photo], owners: Owners, most: int) -> list[tuple]:
    """The rows of pictures that look like an earlier one. `photos` are distinct, the earliest first."""
    photos = [photo for photo in photos if photo.dhash is not None]
    hashes = np.array([photo.dhash for photo in photos], dtype=np.uint64)
    original: dict[int, int] = {}
    for earlier, later in zip(*(places.tolist() for places in near_pairs(hashes)), strict=True):
        if later not in original and _owner(photos[earlier], owners) != _owner(photos[later], owners):
            original[later] = earlier
    rows = []
    for later, earlier in original.items():
        distances = np.bitwise_count(hashes ^ hashes[later])
        customers = {owners[photos[place].inspection_id][0] for place in np.flatnonzero(distances <= NEAR)}
        if len(customers) <= most:
            rows.append((*photos[later][:3], *photos[earlier][:2], False, int(distances[earlier])))
    return rows


def near_pairs(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of hashes (uint64) that differ in at most `NEAR` of their bits, as two arrays of places, the smaller first; sorted.

    Whoever differs in `NEAR` bits agrees in two of `NEAR` + 2 bands: only those that agree there are compared. A hash that meets near
    ones more than `CROWD` times is left out.
    """
    found, met = [np.empty((2, 0), np.int64)], np.zeros(len(hashes), np.int64)
    for one, other in combinations(range(BANDS), 2):
        places = np.flatnonzero(met <= CROWD)
        for left, right in _sharing(hashes[places] & _mask(one, other)):
            pairs = np.sort([places[left], places[right]], axis=0)
            near = np.bitwise_count(np.bitwise_xor(*hashes[pairs])) <= NEAR
            pairs = pairs[:, near & (met[pairs] <= CROWD).all(axis=0)]
            met += np.bincount(pairs.ravel(), minlength=len(met))
            found.append(pairs)
    pairs = np.concatenate(found, axis=1)
    one, other = pairs[:, (met[pairs] <= CROWD).all(axis=0)]
    numbers = np.unique(one * len(hashes) + other)
    return numbers // max(1, len(hashes)), numbers % max(1, len(hashes))


def _mask(one: int, other: int) -> np.uint64:
    """The bits of two bands. Bits that lie side by side go to different bands: neighbouring places of a picture are alike."""
    return np.uint64(sum(1 << bit for bit in range(BITS) if bit % BANDS in (one, other)))


def _sharing(keys: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pairs of places with the same key, some at a time."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))
    ends = np.append(starts[1:], len(keys))
    behind = np.repeat(ends, ends - starts) - np.arange(len(keys)) - 1  # how many of its kind follow each
    pairs_before = np.append(0, np.cumsum(behind))
    cuts = np.searchsorted(pairs_before, np.arange(0, pairs_before[-1] + 1, AT_ONCE))
    for begin, end in zip(cuts, np.append(cuts[1:], len(keys)), strict=True):
        few = behind[begin:end]
        left = np.repeat(np.arange(begin, end), few)
        step = np.arange(len(left)) - np.repeat(np.cumsum(few) - few, few) + 1
        yield order[left], order[left + step]
