"""The reasons for an unreadable report, in words for its sender."""

from __future__ import annotations

from officefill.ooxml.zip_gate import Reason

from postloan.language import tr


def sentence(reason: Reason) -> str:
    """Return the fault and the sender's remedy, in the user's language."""
    sentences = {
        Reason.OUTSIDE: tr("the report file is not inside the package; name it by its path from the package's folder"),
        Reason.MISSING: tr("the report file is not in the package; add it or correct its name"),
        Reason.EMPTY: tr("the report file is empty (0 bytes); send it again"),
        Reason.PASSWORD: tr("the report file is protected by a password; save it without one"),
        Reason.OLD_FORMAT: tr("the report file is in the old format of Word or WPS; save it as .docx"),
        Reason.NO_OFFICE: tr("the report file is no Word file; save it as .docx"),
        Reason.PART_TWICE: tr("the report file holds a part twice, so two programs could read two different texts; save it again in Word"),
        Reason.DOCTYPE: tr("the report file declares a document type, which Word never does; save it again in Word"),
        Reason.TOO_LARGE: tr("the report file unpacks to far more than a report needs; save its text as a new document"),
        Reason.TOO_DENSE: tr("the report file unpacks to far more than a report needs; save its text as a new document"),
        Reason.TOO_MANY_PARTS: tr("the report file unpacks to far more than a report needs; save its text as a new document"),
        Reason.TOO_LONG: tr("reading the report file takes too much time or memory; save its text as a new document"),
        Reason.PICTURES_ONLY: tr("the report holds pictures only and no text; send the document it was scanned from"),
        Reason.EMBEDDED: tr("the report's text lies in an embedded file; open it in Word and save it again as .docx"),
        Reason.NO_TEXT: tr("the report holds no text; send the one that was filled in"),
    }
    return sentences.get(reason) or tr("the report file is damaged or cut short; open it in Word and save it again as .docx")
