"""One random template against the reference: what the engine gives is what the rules say, or both refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import random_books
import random_papers
import reference
import reference_book
from drawing import FILTERS, Drawn
from officefill.errors import BadTemplate
from reference_language import Refusal

REFERENCE_FILTERS = {**FILTERS, "length": len, "join": lambda values, by="": by.join(map(str, values))}


def check_paper(dice: Random, folder: Path) -> str:
    """Fills one random Word template both ways. "filled" or "refused", as both have it; raises `AssertionError` where they differ."""
    drawn, context = random_papers.template(dice), random_papers.context_of(dice)
    path = folder / "body.docx"
    path.write_bytes(random_papers.written(drawn, dice))
    expected = _or_refused(Refusal, lambda: reference.filled(drawn, context, REFERENCE_FILTERS))
    found = _or_refused(BadTemplate, lambda: random_papers.read(Drawn(path).fill(**context)))
    return _agreed(expected, found, (drawn, context))


def check_book(dice: Random, folder: Path) -> str:
    """Fills one random Excel template both ways, as `check_paper` does."""
    drawn, context = random_books.template(dice), random_papers.context_of(dice)
    path = folder / "book.xlsx"
    path.write_bytes(random_books.written(drawn, dice))
    expected = _or_refused(Refusal, lambda: reference_book.filled(drawn, context, REFERENCE_FILTERS))
    found = _or_refused(BadTemplate, lambda: random_books.read(Drawn(path).fill(**context), list(drawn)))
    return _agreed(expected, found, (drawn, context))


def _or_refused(refusal: type[Exception], fill: Callable[[], Any]) -> Any:
    try:
        return fill()
    except refusal as refused:
        return refused


def _agreed(expected: Any, found: Any, drawn: Any) -> str:
    told = f"\n{drawn!r}\nexpected {expected!r}\nfound    {found!r}"
    refused = isinstance(expected, Refusal)
    assert refused == isinstance(found, BadTemplate), told
    assert refused or expected == found, told
    return "refused" if refused else "filled"
