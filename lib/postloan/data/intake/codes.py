"""Codes and flags as people and systems write them: with a number before, a remark behind, or both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

Code = TypeVar("Code", str, bool)

_BEFORE = re.compile(r"^(?:[(\[【<]\w{1,6}[)\]】>]|(?:[a-z]{0,3}\d+(?:\.\d+)*|[a-z]|五级(?:分类)?|其中)[-—_.、:：,|=)\]】]+|\d+(?=[^\d.]))")
_BEHIND = re.compile(r"(?:[(（\[【<].*[)）\]】>]|\d+级?|[-_/|].*|[。.;；,，、]+)$")
_KIND = re.compile(r"(?:类贷款|类客户|类|级|贷款|担保|户|客户)$")
_PARTS = re.compile(r"[-—_/|、:：,，;；()（）\[\]【】<>]+")


def code_of(plain: str, known: Mapping[str, Code]) -> Code | None:
    """Return the code that `plain` (small letters, one width) spells; None where it spells none, or several at once: 是/否."""
    if plain in known:
        return known[plain]
    joined = "".join(plain.split())
    named = {known[part] for part in _PARTS.split(joined) if part in known and not part.isdigit()}
    if len(named) > 1:
        return None
    return next((known[spelt] for spelt in _spellings(joined) if spelt in known), None)


def _spellings(joined: str) -> Iterator[str]:
    """Yield a code's text, and the same without a number or code before it, a remark behind it, and words such as 类."""
    bare = _BEFORE.sub("", joined, count=1) or joined
    for text in (joined, bare, _BEHIND.sub("", bare)):
        yield text
        yield _KIND.sub("", text)
