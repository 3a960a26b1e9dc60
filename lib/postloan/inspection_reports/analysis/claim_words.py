"""The words of `claims.yaml`, as patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from postloan.yaml_file import read_yaml


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return the content of `claims.yaml`."""
    return read_yaml(Path(__file__).with_name("claims.yaml"))


def any_of(listed: Iterable[str]) -> str:
    """Return a pattern, one group without name, for any of these plain words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(set(listed), key=len, reverse=True)) + ")"


def blanked(text: str, unwanted: str) -> str:
    """Return the text with NULs in place of each match of a pattern, so that places stay the same."""
    return re.sub(unwanted, lambda found: "\0" * len(found[0]), text)
