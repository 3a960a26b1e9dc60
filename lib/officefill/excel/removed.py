"""Things left out of a filled workbook because their rows are not there: links, formats, checks, comments and their boxes."""

from __future__ import annotations

import re

REMOVED = "#REF!"
"""The text of a pointer without a target. It is a word of formulas; as a range Excel takes it for damage."""
_OWN = r"hyperlink|conditionalFormatting|dataValidation|protectedRange|ignoredError|comment|threadedComment|cellWatch|autoFilter|sort\w+"
_ELEMENT = re.compile(rf'<((?:\w+:)?(?:{_OWN}))\s(?:[^<>]*\s)?(?:ref|sqref|r)="{REMOVED}"[^<>]*?(?:/>|>.*?</\1>)', re.DOTALL)
_HOLDER = re.compile(r"<((?:\w+:)?(?:conditionalFormatting|dataValidation|sparkline|shape))[\s>](?:(?!</\1>).)*</\1>", re.DOTALL)
_IN_HOLDER = re.compile(rf"<(?:\w+:)?(?:sqref|Row)>{REMOVED}<")
_CHARTS = re.compile(r"<((?:\w+:)?sparklineGroup)[\s>](?:(?!</\1>).)*</\1>", re.DOTALL)
_EMPTY = [
    re.compile(rf"<((?:\w+:)?(?:{names}))(?:\s[^<>]*)?(?:/>|>\s*</\1>)")
    for names in (
        "hyperlinks|conditionalFormattings|dataValidations|protectedRanges|ignoredErrors|cellWatches|sparklines",
        "sparklineGroups",
        r"ext(?=\s[^<>]*uri=)",
        "extLst",
    )
]
_COUNT = re.compile(r'(<(?:\w+:)?dataValidations\b[^<>]*?) count="\d+"')


def without_removed(text: str) -> str:
    """Return a part without the links, formats, checks, comments and their boxes of which nothing is left: `#REF!` is no range to Excel."""
    if f'"{REMOVED}"' not in text and f">{REMOVED}<" not in text:
        return text
    left = _HOLDER.sub(lambda match: "" if _IN_HOLDER.search(match[0]) else match[0], _ELEMENT.sub("", text))
    if left == text:
        return text
    left = _CHARTS.sub(lambda match: match[0] if "sparkline>" in match[0] else "", left)
    for empty in _EMPTY:
        left = empty.sub("", left)
    return _COUNT.sub(r"\1", left)
