"""Review notes: asked, answered, closed. They stand in Word as comments, in Excel on a sheet of the working paper or as conversations.

A comment of Word is closed by 解决 (resolve), one of the sheet by the name of the person who closes it. Papers of other programs have them, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree
from officefill.content import ContentLine
from officefill.excel.cell_text import sheet_cells
from officefill.excel.column_layout import column_number, split_cell
from officefill.excel.workbook_parts import shared_texts_of, worksheets
from officefill.ooxml.namespaces import w
from officefill.ooxml.package import Package

from postloan.papers.paper_template import SETTINGS

NOTES_SHEET = "复核记录"
ASKED, ANSWERED, CLOSED = "asked", "answered", "closed"
_COLUMNS = {"意见": "question", "复核意见": "question", "提出人": "asker", "位置": "place", "答复": "answer", "关闭人": "closer"}
_NUMBER = "序号"
_W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_ON = ("1", "true", "on")


class ReviewNote(NamedTuple):
    """One note: who asked, what, at which place (blank in Word), the answer, and its state."""

    asker: str
    question: str
    place: str
    answer: str
    state: str


def review_notes(package: Package) -> list[ReviewNote]:
    """Return the review notes of a paper in their order."""
    return [*_comments(package), *_sheet_notes(package), *_conversations(package)]


def open_notes(package: Package) -> list[ReviewNote]:
    """Return the notes that nobody has closed yet."""
    return [note for note in review_notes(package) if note.state != CLOSED]


def _state(answer: str, is_closed: bool) -> str:
    return CLOSED if is_closed else ANSWERED if answer else ASKED


def _comments(package: Package) -> Iterator[ReviewNote]:
    return (note for note, _ in comment_threads(package))


def comment_threads(package: Package) -> Iterator[tuple[ReviewNote, list[etree._Element]]]:
    """Yield the comments of a Word file, each with its nodes: its own first; replies belong to the comment that they answer."""
    part = package.first("comments", package.main) if package.main.startswith("word/") else ""
    if not part:
        return
    extended = package.first("commentsExtended", package.main)
    more = {node.get(f"{_W15}paraId", ""): node for node in package.tree(extended)} if extended else {}
    comments = {_last_paragraph(node): node for node in package.tree(part).iter(w("comment"))}
    above = {key: more[key].get(f"{_W15}paraIdParent", "") for key in comments if key in more}
    for key, node in comments.items():
        if (
            above.get(key, "") in comments or node.get(w("author")) == SETTINGS.application
        ):  # what `verify` remarks is no note of a reviewer
            continue
        replies = [other for other_key, other in comments.items() if key and above.get(other_key) == key]
        answer = "；".join(map(_text, replies))
        is_closed = key in more and more[key].get(f"{_W15}done", "0") in _ON
        yield ReviewNote(node.get(w("author"), ""), _text(node), "", answer, _state(answer, is_closed)), [node, *replies]


def _last_paragraph(comment: etree._Element) -> str:
    """Return the id by which other parts name a comment: that of its last paragraph; one of its own where it has none."""
    ids = [node.get(f"{_W14}paraId", "") for node in comment.iter(w("p"))]
    return ids[-1] if ids and ids[-1] else f"comment {comment.get(w('id'), '')}"


def _text(comment: etree._Element) -> str:
    return "\n".join("".join(node.itertext(w("t"))) for node in comment.iter(w("p"))).strip()


def _sheet_notes(package: Package) -> Iterator[ReviewNote]:
    """Yield the notes of the sheet, by the words of its head."""
    part = dict(worksheets(package, package.main)).get(NOTES_SHEET) if package.main.startswith("xl/") else None
    rows: dict[int, dict[int, str]] = {}
    for place, cell in sheet_cells(package.tree(part), shared_texts_of(package, package.main)) if part else ():
        column, row = split_cell(place)
        rows.setdefault(row, {})[column_number(column)] = cell.shown.strip()
    columns: dict[str, int] = {}
    for _, cells in sorted(rows.items()):
        named = {_COLUMNS[text]: column for column, text in cells.items() if text in _COLUMNS}
        if "question" in named:
            columns = named
        elif columns and cells.get(columns["question"]):
            said = {name: cells.get(column, "") for name, column in columns.items()}
            asker, place, answer = (said.get(name, "") for name in ("asker", "place", "answer"))
            yield ReviewNote(asker, said["question"], place, answer, _state(answer, bool(said.get("closer"))))


def without_notes(lines: list[ContentLine]) -> list[ContentLine]:
    """Return the lines of a paper without its notes; the form that the program drew for them, with its 序号, is part of the paper."""
    cells = {split_cell(line.place): line for line in lines if line.part == NOTES_SHEET and line.place[-1:].isdigit()}
    heads = {at: line.text for at, line in cells.items() if line.text in (*_COLUMNS, _NUMBER)}
    number = next(((column, row) for (column, row), text in heads.items() if text == _NUMBER), None)
    if number is None:
        return [line for line in lines if line.part != NOTES_SHEET]
    typed = {line for (column, row), line in cells.items() if row > number[1] and column != number[0]}
    return [line for line in lines if line not in typed]


def _conversations(package: Package) -> Iterator[ReviewNote]:
    """Yield the threaded comments of an Excel file."""
    for sheet, part in worksheets(package, package.main) if package.main.startswith("xl/") else ():
        threads = [node for name in package.related("threadedComment", part) for node in package.tree(name)]
        for node in (node for node in threads if not node.get("parentId")):
            answers = ["".join(other.itertext()).strip() for other in threads if other.get("parentId") == node.get("id")]
            place, is_closed = f"{sheet}!{node.get('ref', '')}", node.get("done", "0") in _ON
            yield ReviewNote("", "".join(node.itertext()).strip(), place, "；".join(answers), _state("；".join(answers), is_closed))
