"""Columns of a template that speak of one theme: those under a cell whose whole text stands in `{% if themes.NAME %} … {% endif %}`.

They are taken out before the template is compiled, since the head and the other rows of a table go with them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from officefill.excel import removed_columns as excel
from officefill.ooxml.package import Package, package_bytes, read_package
from officefill.word import removed_columns as word

from postloan.papers.fields.scopes import THEMES

_NAMED = re.compile(rf"{THEMES}\.(\w+)".encode())
_OF_THEME = re.compile(rf"\s*\{{%\s*if\s+{THEMES}\.(\w+)\s*%\}}(?:(?!\{{%).)*\{{%\s*endif\s*%\}}\s*", re.DOTALL)
_XML = re.compile(rb"<[^>]*>")
_MOST_KEPT = 64


@lru_cache(_MOST_KEPT)
def without_columns(path: Path, data: bytes, on: frozenset[str]) -> bytes:
    """Return a template without the columns of themes that are not `on`."""
    package = read_package(path, data)
    if _themes_of(package) <= on:
        return data

    def goes(text: str) -> bool:
        found = _OF_THEME.fullmatch(text)
        return bool(found) and found[1] not in on

    (word if path.suffix == ".docx" else excel).remove_columns(package, goes)
    return package_bytes(package)


def _themes_of(package: Package) -> set[str]:
    """Return the names of themes that the template says, also where Word has cut one in two."""
    parts = (content for name, content in package.parts.items() if name.endswith(".xml"))
    return {name.decode() for content in parts for name in _NAMED.findall(_XML.sub(b"", content))}
