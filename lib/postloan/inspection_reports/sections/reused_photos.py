"""Finds photographs used twice: for two customers, or by one customer in two periods (seed, rule report_photo_reused).

Equal bytes are proof; similar pictures are a hint, shown side by side (traps section 1, 37).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from postloan.inspection_reports.sections.report_reader import Photo
from postloan.inspection_reports.word_text.picture_hash import NEAR

DECORATION = 10
"""The most customers with one picture: above it the picture is part of a form (logo, stamp, signature). The policy sets the value."""

_TEXTS = ("inspection_id", "name", "sha256", "other_inspection_id", "other_name")
COLUMNS = pa.schema({**dict.fromkeys(_TEXTS, pa.string()), "exact": pa.bool_(), "distance": pa.int64()})
BITS = 64
BANDS = NEAR + 2
"""The number of bands: two hashes with `NEAR` different bits agree in at least two of them."""
CROWD = 1_000
"""The most matches of one picture. Near hashes match up to 21 times, once per two bands, so a picture above it is similar to some 50
others: a scan of a form. Thousands of such would be endless pairs."""
AT_ONCE = 1 << 20
"""The pairs compared in one step, to save memory."""

Owners = dict[str, tuple[str, Any, date | None]]
"""Inspection id → customer, period, time of submission. Periods are of one sortable type, and so are times."""


def reused_photos(photos: Iterable[Photo], owners: Owners, decoration: int = DECORATION) -> pa.Table:
    """Return the photographs already used in an earlier report of another customer, or of the same customer in another period (COLUMNS).

    One row per photograph, with the earliest other report: first equal bytes (`exact`, distance 0), then similar pictures (a hint; distance
    is the number of different bits of 64, at most `NEAR`). The earlier report has no row: it is no fault of that report. The order is by
    period, by time of submission (reports without one last), by inspection id. Photographs of one customer in one period are never
    compared.

    Left out: pictures in the reports of more than `decoration` customers (see `decorations`), and hints about pictures similar to those of
    more than `decoration` customers: papers of one form, not one place. Raises `KeyError` for an inspection without owner.
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
    """Return SHA-256 → number of customers, for pictures in the reports of more than `decoration` customers."""
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
    """Return the rows of pictures similar to an earlier one. `photos` are distinct, the earliest first."""
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
    """Return the pairs of hashes (uint64) with at most `NEAR` different bits, as two arrays of positions, the smaller first; sorted.

    Two hashes with `NEAR` different bits agree in two of `NEAR` + 2 bands, so only hashes that agree there are compared. A hash with more
    than `CROWD` matches is left out.
    """
    found, matches = [np.empty((2, 0), np.int64)], np.zeros(len(hashes), np.int64)
    for one, other in combinations(range(BANDS), 2):
        places = np.flatnonzero(matches <= CROWD)
        for left, right in _sharing(hashes[places] & _mask(one, other)):
            pairs = np.sort([places[left], places[right]], axis=0)
            near = np.bitwise_count(np.bitwise_xor(*hashes[pairs])) <= NEAR
            pairs = pairs[:, near & (matches[pairs] <= CROWD).all(axis=0)]
            matches += np.bincount(pairs.ravel(), minlength=len(matches))
            found.append(pairs)
    pairs = np.concatenate(found, axis=1)
    one, other = pairs[:, (matches[pairs] <= CROWD).all(axis=0)]
    numbers = np.unique(one * len(hashes) + other)
    return numbers // max(1, len(hashes)), numbers % max(1, len(hashes))


def _mask(one: int, other: int) -> np.uint64:
    """Return the bits of two bands. Neighbouring bits go to different bands, since neighbouring places of a picture are similar."""
    return np.uint64(sum(1 << bit for bit in range(BITS) if bit % BANDS in (one, other)))


def _sharing(keys: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield all pairs of positions with equal keys, some at a time."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))
    ends = np.append(starts[1:], len(keys))
    behind = np.repeat(ends, ends - starts) - np.arange(len(keys)) - 1  # the number of equal keys behind each
    pairs_before = np.append(0, np.cumsum(behind))
    cuts = np.searchsorted(pairs_before, np.arange(0, pairs_before[-1] + 1, AT_ONCE))
    for begin, end in zip(cuts, np.append(cuts[1:], len(keys)), strict=True):
        few = behind[begin:end]
        left = np.repeat(np.arange(begin, end), few)
        step = np.arange(len(left)) - np.repeat(np.cumsum(few) - few, few) + 1
        yield order[left], order[left + step]
