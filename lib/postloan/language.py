"""The language of messages (errors, problems, progress, summaries): English in the source, Chinese from the gettext catalogue.

Papers are always Chinese.
"""

import gettext
import locale
import os
from pathlib import Path

from notebookrun import messages as notebook_messages
from officefill import messages as office_messages

CATALOGUES = Path(__file__).parent / "locale"
LANGUAGES = {"zh": "zh_CN", "en": "en"}

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_chosen = "en"


def use(language: str | None = None) -> str:
    """Use `language` ("zh" or "en"), or the machine's, from now on. Returns the language in use.

    A machine without a locale gets Chinese: its users read Chinese.
    """
    global _catalogue, _chosen
    chosen = language or _machine_language()
    if chosen not in LANGUAGES:
        raise ValueError(f"language {chosen!r}: one of {', '.join(LANGUAGES)}")
    _catalogue = gettext.translation("postloan", CATALOGUES, [LANGUAGES[chosen]], fallback=chosen == "en")
    for messages in (office_messages, notebook_messages):
        messages.speak(_catalogue.gettext)
    _chosen = chosen
    return chosen


def either(english: str, chinese: str) -> str:
    """Return the sentence in the language in use, for sentences kept as data."""
    return chinese if _chosen == "zh" else english


def _machine_language() -> str:
    named = next((os.environ[v] for v in ("POSTLOAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), None)
    if not named and os.name == "nt":
        named = locale.getlocale()[0]  # elsewhere Python names the locale C an English one
    return "en" if (named or "").lower().startswith("en") else "zh"


def tr(message: str, **values: object) -> str:
    """Return `message` in the language in use, with `{name}` slots filled from `values`.

    Slots are filled once, after translation: braces inside a value are printed unchanged.
    """
    translated = _catalogue.gettext(message)
    return translated.format(**values) if values else translated
