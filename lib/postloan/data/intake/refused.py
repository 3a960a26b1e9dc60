"""Why the child process that reads Excel will not read a file: a reason it can write down, a sentence its parent can say."""

from __future__ import annotations

from enum import Enum

from postloan.language import tr


class Reason(Enum):
    """Why a workbook is not read."""

    DAMAGED = "damaged"
    PASSWORD = "password"
    OLD_FORMAT = "old_format"
    NO_WORKBOOK = "no_workbook"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    FAR_CELL = "far_cell"
    PART_TWICE = "part_twice"
    CELL_TWICE = "cell_twice"
    DOCTYPE = "doctype"


class Refused(Exception):
    """A workbook that is not read. `details` fill the slots of the reason's sentence."""

    def __init__(self, reason: Reason, **details: object) -> None:
        super().__init__(reason, details)
        self.reason, self.details = reason, details


def sentence(reason: Reason, **details: object) -> str:
    """What is wrong and what the sender can do, in the user's language."""
    match reason:
        case Reason.PASSWORD:
            return tr("the file is protected by a password; save it without one")
        case Reason.OLD_FORMAT:
            return tr("the file is in the old format of Excel or no workbook; save it as .xlsx")
        case Reason.NO_WORKBOOK:
            return tr("the file is no .xlsx workbook; save it as .xlsx")
        case Reason.TOO_LARGE:
            return tr("the file unpacks to {size} MB, which no table needs; delete what is beside and below the table", **details)
        case Reason.TOO_LONG:
            return tr("reading the workbook takes too much time or memory; delete what is beside and below the table and save it again")
        case Reason.FAR_CELL:
            return tr("a sheet reaches to row {row} and column {column}; delete what is beside and below the table", **details)
        case Reason.PART_TWICE:
            return tr("the file holds a part twice, so two programs could read two different tables; save it again in Excel")
        case Reason.CELL_TWICE:
            return tr("the cell {cell} stands twice in the file; save it again in Excel", **details)
        case Reason.DOCTYPE:
            return tr("the file declares a document type, which Excel never does; save it again in Excel")
        case Reason.DAMAGED:
            return tr("the Excel file is damaged; open it in Excel and save it again as .xlsx")
