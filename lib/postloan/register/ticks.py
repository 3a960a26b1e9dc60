"""Boxes to tick: the option that a person chose among several in one cell."""

from __future__ import annotations

import re

TICKED, UNTICKED = "☑☒■√✓✔✅▣◼●", "□☐○▢◻◯"
_MARK = re.compile(rf"[{TICKED}{UNTICKED}]|[\[(（【]\s*[xXvV√✓✔]?\s*[\])）】]")
_BLANK = " \t\n\u3000\xa0"


class SeveralTicked(Exception):
    """More than one box is ticked, or it is not to be seen which."""


def has_boxes(text: str) -> bool:
    """Return True for a cell with boxes or ticks."""
    return _MARK.search(text) is not None


def chosen(text: str) -> str:
    """Return the words of the one option that is ticked, blank where none is. Raises `SeveralTicked`.

    A tick stands before its option (☑已整改), in the place of its box (√已整改) or right behind its option (□已整改√).
    """
    options: list[tuple[bool, str]] = []
    marks, words, end = "", "", 0
    for mark in [*_MARK.finditer(text), None]:
        between = text[end : mark.start() if mark else len(text)]
        if between.strip(_BLANK):
            words = between
        if mark is None:
            break
        behind = bool(between.strip(_BLANK)) and between[-1] not in _BLANK and _is_tick(mark[0])
        if behind:
            options.append((True, words.strip(_BLANK)))
            marks, words = "", ""
        elif between.strip(_BLANK):
            options.append((_any_tick(marks), words.strip(_BLANK)))
            marks, words = mark[0], ""
        else:
            if between and options and _any_tick(marks) and not _is_tick(mark[0]):
                raise SeveralTicked
            marks += mark[0]
        end = mark.end()
    if words.strip(_BLANK):
        options.append((_any_tick(marks), words.strip(_BLANK)))
    ticked = [option for is_ticked, option in options if is_ticked]
    if len(ticked) > 1:
        raise SeveralTicked
    return ticked[0].strip("，,、；;。 ") if ticked else ""


def _is_tick(mark: str) -> bool:
    return any(one in TICKED or one in "xXvV" for one in mark)


def _any_tick(marks: str) -> bool:
    return any(map(_is_tick, marks))
