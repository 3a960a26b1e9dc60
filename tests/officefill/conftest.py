"""Fixtures that draw a template in the test that needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from drawing import Draw, Drawn
from officefill import messages


@pytest.fixture(autouse=True)
def english() -> None:
    """Messages as the source has them, whatever the test before spoke."""
    messages.speak()


@pytest.fixture
def word(tmp_path: Path) -> Callable[..., Drawn]:
    """Draws a Word template: texts become paragraphs, lists of lists tables, a function draws what it likes."""

    def draw(*blocks: str | list[list[str]] | Draw) -> Drawn:
        paper = docx.Document()
        for block in blocks:
            if callable(block):
                block(paper)
            elif isinstance(block, str):
                paper.add_paragraph(block)
            else:
                table = paper.add_table(len(block), len(block[0]), style="Table Grid")
                for row, texts in zip(table.rows, block, strict=True):
                    for cell, text in zip(row.cells, texts, strict=True):
                        cell.text = text
        path = tmp_path / "body.docx"
        paper.save(str(path))
        return Drawn(path)

    return draw


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Drawn]:
    """Draws an Excel template from rows of values, one sheet or several by name; a function draws the rest."""

    def draw(rows: list[list[Any]] | dict[str, list[list[Any]]], more: Draw | None = None) -> Drawn:
        paper = openpyxl.Workbook()
        paper.remove(paper.active)
        for name, values in (rows if isinstance(rows, dict) else {"Sheet": rows}).items():
            sheet = paper.create_sheet(name)
            for row_number, row in enumerate(values, 1):
                for column, value in enumerate(row, 1):
                    if value is not None:
                        sheet.cell(row_number, column, value)
        if more:
            more(paper)
        path = tmp_path / "book.xlsx"
        paper.save(path)
        return Drawn(path)

    return draw
