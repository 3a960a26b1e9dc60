"""Mappings of policies put together: differences over a policy, and what several themes bring along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merged(base: Mapping[str, Any], differences: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `differences` over it, key by key; lists and plain values are replaced whole."""
    made = dict(base)
    for key, value in differences.items():
        both_mappings = isinstance(value, dict) and isinstance(made.get(key), dict)
        made[key] = merged(made[key], value) if both_mappings else value
    return made


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both mappings as one, key by key; lists are put one behind the other."""
    made = dict(one)
    for key, value in other.items():
        here = made.get(key)
        if isinstance(value, dict) and isinstance(here, dict):
            made[key] = joined(here, value)
        else:
            made[key] = [*here, *value] if isinstance(value, list) and isinstance(here, list) else value
    return made
