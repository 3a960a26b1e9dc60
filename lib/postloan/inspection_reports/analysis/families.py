"""Families of copies: copies of copies belong together."""

from __future__ import annotations

import numpy as np


def families(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return for each of `count` texts the smallest number of a text joined to it, directly or through others."""
    family = np.arange(count)
    while True:
        before = family.copy()
        smaller = np.minimum(family[left], family[right])
        np.minimum.at(family, left, smaller)
        np.minimum.at(family, right, smaller)
        np.minimum.at(family, before, family)
        family = family[family]
        if np.array_equal(family, before):
            return family
