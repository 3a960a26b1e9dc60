"""Every digit of a finished paper, changed one at a time, is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from editing import BODY, S, errors, part_of_sheet, texts
from lxml import etree
from postloan.audit.verify.sheet_changes import BINARY, rows_of_paper, sheet_remarks
from postloan.audit.verify.word_changes import word_remarks
from postloan.papers.record.finished_paper import FinishedPaper, open_paper
from postloan.papers.record.paper_text import sheet_part, word_part


def other_digits(text: str) -> Iterator[str]:
    """The text with each digit replaced by the next and by the one before."""
    for at, letter in enumerate(text):
        if letter.isdecimal():
            for digit in {(int(letter) + 1) % 10, (int(letter) + 9) % 10}:
                yield f"{text[:at]}{digit}{text[at + 1 :]}"


def missed(paper: FinishedPaper, node: etree._Element, root: etree._Element) -> list[str]:
    """The edits of one text run that are not found."""
    text, found = node.text or "", list[str]()
    for now in other_digits(text):
        node.text = now
        edited = replace(paper, parts=paper.parts | {paper.main: word_part(root)})
        if not errors(list(word_remarks(edited))):
            found.append(f"{text} → {now}")
    node.text = text
    return found


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.soak)])
def test_every_digit_of_a_brief_changed_by_hand_is_found(brief: Path, step: int) -> None:
    paper = open_paper(brief)
    root = paper.package.tree(BODY)
    tried = [node for node in texts(root) if any(c.isdecimal() for c in node.text or "")]
    assert len(tried) > 100
    assert [edit for node in tried[::step] for edit in missed(paper, node, root)] == []


@pytest.mark.soak
@pytest.mark.parametrize("step", [101, pytest.param(31, marks=pytest.mark.soak)])
def test_every_figure_of_the_report_with_a_digit_changed_is_found(report: Path, step: int) -> None:
    paper = open_paper(report)
    root = paper.package.tree(BODY)
    tried = [node for node in texts(root) if any(c.isdecimal() for c in node.text or "")]
    assert [edit for node in tried[::step] for edit in missed(paper, node, root)] == []


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("sheet", ["贷款质量", "贷款收回"])
def test_every_digit_of_every_number_of_a_sheet_is_found(annex: Path, sheet: str, step: int) -> None:
    whole = open_paper(annex)
    root = whole.package.tree(part_of_sheet(whole, sheet))
    paper = replace(whole, record=replace(whole.record, lines={sheet: whole.record.lines[sheet]}), parts={sheet: whole.parts[sheet]})
    figures = {figure.cell for figure in paper.record.figures if figure.part == sheet}
    books, not_found, tried = rows_of_paper(paper), list[str](), 0
    for value in [*root.iter(f"{{{S}}}v", f"{{{S}}}t")][::step]:
        text, cell = value.text or "", next(value.iterancestors(f"{{{S}}}c"))
        if cell.get("t") == "s" or (cell.find(f"{{{S}}}f") is not None and cell.get("r") not in figures):
            continue  # a number of a shared text, a result that is no figure
        for now in other_digits(text):
            value.text = now
            edited = replace(paper, parts={sheet: sheet_part(root, [])})
            tried += 1
            if _can_be_seen(cell, text, now) and not errors(list(sheet_remarks(edited, books))):
                not_found.append(f"{cell.get('r')}: {text} → {now}")
        value.text = text
    assert tried > 200 // step
    assert not_found == []


def _can_be_seen(cell: etree._Element, text: str, now: str) -> bool:
    """Of the result of a formula, programs differ in the last two of fifteen digits."""
    return cell.find(f"{{{S}}}f") is None or abs(Decimal(text) - Decimal(now)) > abs(Decimal(text)) * BINARY
