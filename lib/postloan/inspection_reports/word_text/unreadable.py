"""The reasons for an unreadable report, in words for its sender."""

from __future__ import annotations

from officefill.ooxml.zip_gate import Reason

from postloan.language import tr


def sentence(reason: Reason) -> str:
    """Return the fault and the sender's remedy, in the user's language."""
    match reason:
        case Reason.OUTSIDE:
            return tr("the report file is not inside the package; name it by its path from the package's folder")
        case Reason.MISSING:
            return tr("the report file is not in the package; add it or correct its name")
        case Reason.EMPTY:
            return tr("the report file is empty (0 bytes); send it again")
        case Reason.PASSWORD:
            return tr("the report file is protected by a password; save it without one")
        case Reason.OLD_FORMAT:
            return tr("the report file is in the old format of Word or WPS; save it as .docx")
        case Reason.NO_OFFICE:
            return tr("the report file is no Word file; save it as .docx")
        case Reason.PART_TWICE:
            return tr("the report file holds a part twice, so two programs could read two different texts; save it again in Word")
        case Reason.DOCTYPE:
            return tr("the report file declares a document type, which Word never does; save it again in Word")
        case Reason.TOO_LARGE | Reason.TOO_DENSE | Reason.TOO_MANY_PARTS:
            return tr("the report file unpacks to far more than a report needs; save its text as a new document")
        case Reason.TOO_LONG:
            return tr("reading the report file takes too much time or memory; save its text as a new document")
        case Reason.PICTURES_ONLY:
            return tr("the report holds pictures only and no text; send the document it was scanned from")
        case Reason.EMBEDDED:
            return tr("the report's text lies in an embedded file; open it in Word and save it again as .docx")
        case Reason.NO_TEXT:
            return tr("the report holds no text; send the one that was filled in")
        case _:
            return tr("the report file is damaged or cut short; open it in Word and save it again as .docx")
