"""The reading of charts in a filled paper."""

from __future__ import annotations

import io
import zipfile

import openpyxl
from lxml import etree
from officefill.excel.references import read_formula

C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def copies(chart: bytes) -> list[tuple[str, list[str | None]]]:
    """Each reference of a chart with the points of its copy, None where there is no point."""
    found = []
    for formula in etree.fromstring(chart).iter(f"{{{C}}}f"):
        reference = formula.getparent()
        count = reference.find(f".//{{{C}}}ptCount")
        points: list[str | None] = [None] * (int(count.get("val")) if count is not None else 0)
        for point in reference.iter(f"{{{C}}}pt"):
            points[int(point.get("idx"))] = point.findtext(f"{{{C}}}v")
        found.append((formula.text, points))
    return found


def cells_at(workbook: bytes, formula: str) -> list[str | None]:
    """What stands where a reference points, as a copy writes it."""
    (reference,) = read_formula(formula)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook), data_only=True)[reference.sheet]
    area = sheet[formula.partition("!")[2].replace("$", "")]
    lines = area if isinstance(area, tuple) else ((area,),)
    return [None if cell.value is None else str(cell.value) for line in lines for cell in line]


def drawn_text(chart: bytes) -> str:
    return "".join(node.text or "" for node in etree.fromstring(chart).iter(f"{{{A}}}t"))
