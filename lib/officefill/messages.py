"""Messages to people: English in the source; a program that uses the engine may have them translated."""

from __future__ import annotations

from collections.abc import Callable

_translate: Callable[[str], str] = str


def speak(translate: Callable[[str], str] = str) -> None:
    """Translate every message by `translate` from here on; without one, leave them in English."""
    global _translate
    _translate = translate


def tr(message: str, **values: object) -> str:
    """Return `message` translated, with `{name}` slots filled from `values`, so that braces inside a value print as they are."""
    translated = _translate(message)
    return translated.format(**values) if values else translated
