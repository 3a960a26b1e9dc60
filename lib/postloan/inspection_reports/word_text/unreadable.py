"""The reasons for an unreadable report: a value for a child process to write down, a sentence for its parent to show."""

from __future__ import annotations

from enum import Enum

from postloan.language import tr


class UnreadableReason(Enum):
    """The reason for an unreadable report."""

    OUTSIDE = "outside"
    MISSING = "missing"
    EMPTY = "empty"
    PASSWORD = "password"
    OLD_FORMAT = "old_format"
    NO_WORD = "no_word"
    DAMAGED = "damaged"
    PART_TWICE = "part_twice"
    DOCTYPE = "doctype"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    PICTURES_ONLY = "pictures_only"
    EMBEDDED = "embedded"
    NO_TEXT = "no_text"


class Unreadable(Exception):
    """A report that cannot be read."""

    def __init__(self, reason: UnreadableReason) -> None:
        super().__init__(reason)
        self.reason = reason


def sentence(reason: UnreadableReason) -> str:
    """Return the fault and the sender's remedy, in the user's language."""
    match reason:
        case UnreadableReason.OUTSIDE:
            return tr("the report file is not inside the package; name it by its path from the package's folder")
        case UnreadableReason.MISSING:
            return tr("the report file is not in the package; add it or correct its name")
        case UnreadableReason.EMPTY:
            return tr("the report file is empty (0 bytes); send it again")
        case UnreadableReason.PASSWORD:
            return tr("the report file is protected by a password; save it without one")
        case UnreadableReason.OLD_FORMAT:
            return tr("the report file is in the old format of Word or WPS; save it as .docx")
        case UnreadableReason.NO_WORD:
            return tr("the report file is no Word file; save it as .docx")
        case UnreadableReason.DAMAGED:
            return tr("the report file is damaged or cut short; open it in Word and save it again as .docx")
        case UnreadableReason.PART_TWICE:
            return tr("the report file holds a part twice, so two programs could read two different texts; save it again in Word")
        case UnreadableReason.DOCTYPE:
            return tr("the report file declares a document type, which Word never does; save it again in Word")
        case UnreadableReason.TOO_LARGE:
            return tr("the report file unpacks to far more than a report needs; save its text as a new document")
        case UnreadableReason.TOO_LONG:
            return tr("reading the report file takes too much time or memory; save its text as a new document")
        case UnreadableReason.PICTURES_ONLY:
            return tr("the report holds pictures only and no text; send the document it was scanned from")
        case UnreadableReason.EMBEDDED:
            return tr("the report's text lies in an embedded file; open it in Word and save it again as .docx")
        case UnreadableReason.NO_TEXT:
            return tr("the report holds no text; send the one that was filled in")
