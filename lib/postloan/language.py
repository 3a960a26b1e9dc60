"""The language in which the program speaks to people: English in the source, Chinese from the gettext catalogue.

Papers are always Chinese; this module is about messages only (errors, problems, progress, summaries).
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
    """Speak `language` ("zh" or "en") from here on; without one, the machine's. Returns the language in use.

    A bank's desktop whose locale says nothing gets Chinese, since its users read Chinese.
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
    """The one of two sentences that is in the language in use: for words that stand as data beside what they speak of."""
    return chinese if _chosen == "zh" else english


def _machine_language() -> str:
    named = next((os.environ[v] for v in ("POSTLOAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), None)
    named = named or locale.getlocale()[0] or ""
    return "en" if named.lower().startswith("en") else "zh"


def tr(message: str, **values: object) -> str:
    """`message` in the language in use, with `{name}` slots filled from `values`.

    The slots are filled after translation and only once, so braces inside a value print as they are.
    """
    translated = _catalogue.gettext(message)
    return translated.format(**values) if values else translated
