"""Messages to people: English in the source, translated by a function that the program may set."""

from collections.abc import Callable

_translate: Callable[[str], str] = str


def speak(translate: Callable[[str], str]) -> None:
    """Translate every message by `translate` from here on."""
    global _translate
    _translate = translate


def tr(message: str, **values: object) -> str:
    """Return `message` translated, its `{name}` slots filled from `values`. Braces inside a value print as they are."""
    translated = _translate(message)
    return translated.format(**values) if values else translated
