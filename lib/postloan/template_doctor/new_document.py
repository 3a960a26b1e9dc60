"""Starts a new document: its folder and templates, in the style of another document but without its text."""

from __future__ import annotations

import io
import json
import re
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree
from officefill.ooxml.package import TYPES, Package, package_bytes, part_bytes, read_package, relationships_name, write_xml
from officefill.ooxml.properties import Properties, app_xml, core_xml, settle_properties
from officefill.ooxml.safety import W
from officefill.word.template import filled_parts
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from postloan.errors import BadCommand
from postloan.file import put, safe_name
from postloan.language import tr
from postloan.papers.document import Document, document, notebook_of, notebooks_folder, templates_folder
from postloan.papers.paper_template import SETTINGS
from postloan.template_doctor.whole_template import whole_template
from postloan.yaml_file import read_yaml

DAY_ONE = datetime(2000, 1, 1)
"""The creation date in every new template: constant, so that the same call gives the same bytes."""
STARTERS = Path(__file__).parent / "starters"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
_TITLE = "TITLE"
_TEXT, _STYLES, _SECTION = f"{{{W}}}t", tuple(f"{{{W}}}{name}" for name in ("pStyle", "tblStyle")), f"{{{W}}}sectPr"


def new_document(name: str, source: str = "quarterly_brief", title: str = "", to: Path | None = None) -> list[Path]:
    """Start the document `name` in its own folder below `to`; without `to` below the templates, with a notebook. Returns the new files.

    Raises `BadCommand` for an invalid or used name, and for an unknown source.
    """
    if not _NAME.fullmatch(name) or safe_name(name) != name:
        raise BadCommand(
            tr("'{name}' is no name of a document", name=name), do=tr("write small letters, digits and _, such as monthly_brief")
        )
    like, folder = document(source), (to or templates_folder()) / name
    notebook = None if to else notebooks_folder() / f"{name}.ipynb"
    if taken := next((path for path in (folder, notebook) if path and path.exists()), None):
        raise BadCommand(tr("there is one already"), str(taken), tr("choose another name"))
    called = title or name
    made = {folder / file: _template(like, file, called) for file in like.templates}
    made[folder / "document.yaml"] = _description(like, name, called)
    if notebook:
        made[notebook] = _notebook(notebook_of(source), source, name, called)
    for path, content in made.items():
        put(path, content)
    return list(made)


def _description(like: Document, name: str, title: str) -> bytes:
    lines = [f"title: {json.dumps(title, ensure_ascii=False)}", f"per: [{', '.join(like.per)}]", f"due: {like.due}"]
    if like.bank_paper:
        lines.append(f"bank_paper: {name}")
    return "\n".join((*lines, f"templates: [{', '.join(like.templates)}]", "")).encode("utf-8")


def _template(like: Document, file: str, title: str) -> bytes:
    data = whole_template(like, file)
    return _word(read_package(Path(file), data), like.title, title) if file.endswith(".docx") else _excel(data, title)


# Word


def _word(package: Package, old: str, title: str) -> bytes:
    """Return the package with the starter's body; in headers and footers the new title replaces the old one."""
    main = package.related("officeDocument")[0]
    root = package.tree(main)
    known = {node.get(f"{{{W}}}styleId") for part in package.related("styles", main) for node in package.tree(part).iter(f"{{{W}}}style")}
    body = etree.fromstring((STARTERS / "body.xml").read_bytes())
    for node in [node for node in body.iter(*_STYLES) if node.get(f"{{{W}}}val") not in known]:
        node.getparent().remove(node)
    section = root.find(f"{{{W}}}body/{_SECTION}")
    if section is not None:
        body.append(section)
    root.replace(root.find(f"{{{W}}}body"), body)
    for part, _ in filled_parts(package):
        for node in package.tree(part).iter(_TEXT):
            node.text = (node.text or "").replace(_TITLE if part == main else old, title)
        package.parts[part] = part_bytes(write_xml(package.tree(part)))
    _drop_unused(package, main)
    return _written(package, title)


def _written(package: Package, title: str) -> bytes:
    """Return the file, with properties free of the old file's history."""
    core, app = settle_properties(package, SETTINGS.application)
    package.parts |= {core: core_xml(Properties(title, "", DAY_ONE)), app: app_xml(SETTINGS.application)}
    return package_bytes(package)


def _drop_unused(package: Package, main: str) -> None:
    """Remove pictures, charts and comments of the old body only."""
    text, arrows, types = package.parts[main].decode("utf-8"), package.tree(relationships_name(main)), package.tree(TYPES)
    for arrow in package.relationships(main):
        if arrow.kind in ("image", "chart", "comments") and f'"{arrow.id}"' not in text and arrow.target in package.parts:
            for root, name, value in ((arrows, "Id", arrow.id), (types, "PartName", f"/{arrow.target}")):
                for node in [node for node in root if node.get(name) == value]:
                    root.remove(node)
            del package.parts[arrow.target]
    package.parts |= {relationships_name(main): part_bytes(write_xml(arrows)), TYPES: part_bytes(write_xml(types))}


# Excel


def _excel(data: bytes, title: str) -> bytes:
    """Return the workbook with the starter's one sheet; its rows have the formats of the old sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    old, starter = book.worksheets[0], read_yaml(STARTERS / "book.yaml")
    sheet = book.create_sheet(starter["sheet"])
    for number, row in enumerate(starter["rows"], 1):
        _row(sheet, number, row, _like(old, row["like"]), title)
    for letter, width in zip("ABCDEFGHIJ", starter["widths"], strict=False):
        sheet.column_dimensions[letter].width = width
    sheet.page_setup.orientation, sheet.page_setup.paperSize = old.page_setup.orientation, old.page_setup.paperSize
    sheet.oddFooter.center.text = old.oddFooter.center.text
    for name in list(book.defined_names):
        del book.defined_names[name]
    for other in [other for other in book.worksheets if other is not sheet]:
        book.remove(other)
    out = io.BytesIO()
    book.save(out)
    return _written(read_package(Path("book.xlsx"), out.getvalue()), title)


def _like(sheet: Worksheet, kind: str) -> Cell:
    """Return the cell of the old sheet with the format for a row of this kind."""
    cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell, Cell) and isinstance(cell.value, str)]
    body = next((cell for cell in cells if cell.value.startswith("{% for")), cells[-1])
    heads = [cell for cell in cells if cell.row < body.row and cell.font.b and cell.border.bottom.style]
    return {"title": cells[0], "head": heads[-1] if heads else cells[0], "body": body}.get(kind, cells[1])


def _row(sheet: Worksheet, number: int, row: dict[str, Any], like: Cell, title: str) -> None:
    for column, text in enumerate(row["cells"], 1):
        cell = sheet.cell(number, column, text.replace(_TITLE, title))
        for form in ("font", "border", "fill", "alignment"):
            setattr(cell, form, copy(getattr(like, form)))
        if "formats" in row:
            cell.number_format = row["formats"][column - 1]
            cell.alignment = Alignment("left" if cell.number_format == "@" else "right", "center")
    if row["like"] in ("title", "note"):
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=5)


# Notebook


def _notebook(source: Path, old: str, name: str, title: str) -> bytes:
    """Return the first cells of the old notebook (data, parameters) with one cell for the figures and one for the papers."""
    book = json.loads(source.read_text(encoding="utf-8"))
    cells = book["cells"]
    first = next(number for number, cell in enumerate(cells) if any("clean = take_in" in line for line in cell["source"]))
    papers = next(cell for cell in cells if any("make_papers(" in line for line in cell["source"]))
    figures = 'book = compute(clean, period, policy, calendar, show.resolve(out))\nshow.figures(book, ["customers_in_scope", "loan_balance", "npl_ratio"])'
    kept = [_with_source(cells[0], f"# {title}\n\n从上到下逐格运行即可（菜单 **运行 → 运行所有单元格**）。"), *cells[1 : first + 1]]
    kept += [
        _with_source(cells[1], "## 2 指标\n\n材料里要写的数。"),
        _with_source(cells[first], figures),
        _with_source(cells[1], "## 3 成文\n\n生成文件，点链接打开。"),
    ]
    kept.append(_with_source(papers, "".join(papers["source"]).replace(f'"{old}"', f'"{name}"')))
    for number, cell in enumerate(kept):
        cell["id"] = f"{'md' if cell['cell_type'] == 'markdown' else 'code'}-{number}"
    return (json.dumps({**book, "cells": kept}, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _with_source(cell: dict[str, Any], text: str) -> dict[str, Any]:
    return {**cell, "source": text.splitlines(keepends=True)}
