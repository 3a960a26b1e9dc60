"""Refusals of workbooks, in words for their sender."""

from __future__ import annotations

from officefill.ooxml.zip_gate import Reason, Refused

from postloan.language import tr


def sentence(refused: Refused) -> str:
    """Return what is wrong with a workbook and what its sender can do."""
    match refused.reason:
        case Reason.PASSWORD:
            return tr("the file is protected by a password; save it without one")
        case Reason.OLD_FORMAT:
            return tr("the file is in the old format of Excel or no workbook; save it as .xlsx")
        case Reason.UNFIT:
            return tr("the file is no .xlsx workbook; save it as .xlsx")
        case Reason.TOO_LARGE | Reason.TOO_DENSE | Reason.TOO_MANY_PARTS:
            size = refused.details["size"]
            return tr("the file unpacks to {size} MB, which no table needs; delete what is beside and below the table", size=size)
        case Reason.TOO_LONG:
            return tr("reading the workbook takes too much time or memory; delete what is beside and below the table and save it again")
        case Reason.FAR_CELL:
            return tr("a sheet reaches to row {row} and column {column}; delete what is beside and below the table", **refused.details)
        case Reason.PART_TWICE:
            return tr("the file holds a part twice, so two programs could read two different tables; save it again in Excel")
        case Reason.CELL_TWICE:
            return tr("the cell {cell} stands twice in the file; save it again in Excel", **refused.details)
        case Reason.DOCTYPE:
            return tr("the file declares a document type, which Excel never does; save it again in Excel")
        case _:
            return tr("the Excel file is damaged; open it in Excel and save it again as .xlsx")
