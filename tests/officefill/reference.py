"""A slow renderer of Word templates that is plainly right: it walks a model of the paper and does what the rules say, one by one.

It shares nothing with the engine. The rules are in the docstring of `officefill.word.loops`; their letters stand beside the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise, takewhile
from operator import itemgetter
from typing import Any

from reference_language import TAG, Choice, Filters, Loop, Refusal, Scope, ask, control, cut, grown, in_loop, shown, spread

Form = tuple[bool, bool]


@dataclass(frozen=True)
class Run:
    """Text of one form. Tabs and line ends are breaks of the paper."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Paragraph:
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def items(self) -> list[tuple[str, Form]]:
        """Characters and whole tags, each with the form of its first character."""
        forms = [(run.bold, run.italic) for run in self.runs for _ in run.text]
        return [(text, forms[at]) for text, at in cut(self.text)]


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[Blocks, ...], ...]


Blocks = tuple["Paragraph | Table", ...]


def filled(blocks: Blocks, context: Scope, filters: Filters) -> list[Any]:
    """What is to come out: for a paragraph its stretches of one form, for a table its rows of cells. Raises `Refusal`."""
    nodes = _compiled(blocks)
    _ask(nodes, {name: [value] for name, value in context.items()})
    return _blocks(nodes, context, filters)


# --- where each tag works


def _compiled(blocks: Blocks) -> list[Any]:
    """The blocks of a body or a cell. Rule (a): a paragraph of one control tag and nothing else encloses blocks."""
    nodes = grown(control(block.text) if isinstance(block, Paragraph) and control(block.text) else _block(block) for block in blocks)
    if any("TT" in order for order in _orders(nodes)):
        raise Refusal("tables side by side")
    return nodes


def _block(block: Paragraph | Table) -> tuple[str, list[Any]]:
    if isinstance(block, Table):
        return "table", grown(atom for row in block.rows for atom in _row(row))
    return "paragraph", grown(control(text) or (text, form) for text, form in block.items())


def _orders(nodes: list[Any]) -> set[str]:
    """Every order of tables (T) and paragraphs (P) that may come out. Neighbours of one kind count as one, also tables drawn side by side."""
    orders = {""}
    for before, node in pairwise([None, *nodes]):
        if isinstance(node, Loop):
            once = _orders(node.body)
            more = {"", *once, *(a + b for a in once for b in once)}
        elif isinstance(node, Choice):
            more = {order for _, body in node.branches for order in _orders(body)} | {""}
            more -= {""} if node.branches[-1][0] == "True" and all("" not in _orders(body) for _, body in node.branches) else set()
        elif isinstance(before, tuple) and before[0] == node[0]:
            continue
        else:
            more = {"T" if node[0] == "table" else "P"}
        orders = {re.sub("P+", "P", a + b) for a in orders for b in more}
    return orders


def _row(row: tuple[Blocks, ...]) -> list[Any]:
    """A row, and the controls around it. (b) a row whose only text is a control tag; (c) one that begins with a tag and ends with its end.

    Blanks around such a tag stay; they do not count as text.
    """
    lines = list(_lines(row))
    if len(lines) == 1 and control(lines[0][2].text):
        return [control(lines[0][2].text)]
    items = [text for _, _, line in lines for text, _ in line.items()]
    before, after = (len(list(takewhile(str.isspace, some))) for some in (items, reversed(items)))
    items = items[before : len(items) - after]
    if _embraced(lines, items):
        inner = _without(_without(row, lines[-1][:2], -1 - after), lines[0][:2], before)
        return [control(items[0]), *_row(inner), control(items[-1])]
    return [("row", [_compiled(closed(cell)) for cell in row])]


def closed(cell: Blocks) -> Blocks:
    """A cell as Word keeps it, with a paragraph at its end."""
    return cell if cell and isinstance(cell[-1], Paragraph) else (*cell, Paragraph(()))


def _lines(row: tuple[Blocks, ...]) -> Iterator[tuple[int, int, Paragraph]]:
    """The row's own paragraphs that have text: number of the cell, number in the cell, paragraph."""
    for across, cell in enumerate(row):
        for down, block in enumerate(cell):
            if isinstance(block, Paragraph) and block.text.strip():
                yield across, down, block


def _embraced(lines: list[tuple[int, int, Paragraph]], items: list[str]) -> bool:
    """Whether a row's first item is ended by its last, with no other branch between; not around the paragraphs of one cell."""
    if not items or (lines[0][0] == lines[-1][0] and control(lines[0][2].text) and control(lines[-1][2].text)):
        return False
    depth = 0
    for number, words in enumerate(map(control, items)):
        depth += words.opens - words.closes
        if depth == 0:
            return number == len(items) - 1 and number > 0 and words == "end" + control(items[0]).split()[0]
        if depth == 1 and words.startswith("el"):
            return False
    return False


def _without(row: tuple[Blocks, ...], place: tuple[int, int], which: int) -> tuple[Blocks, ...]:
    """The row without one item of the paragraph at `place`."""
    cells = [list(cell) for cell in row]
    items = cells[place[0]][place[1]].items()
    del items[which]
    cells[place[0]][place[1]] = Paragraph(tuple(Run(text, *form) for text, form in items))
    return tuple(tuple(cell) for cell in cells)


# --- names, and what comes out


def _ask(nodes: list[Any], shapes: dict[str, list[Any]]) -> None:
    """Raises `Refusal` for names that are nowhere."""
    for node in nodes:
        if isinstance(node, Loop):
            ask(node.walked, shapes)
            _ask(node.body, in_loop(node, shapes))
        elif isinstance(node, Choice):
            for asked, body in node.branches:
                ask(asked, shapes)
                _ask(body, shapes)
        elif node[0] in ("table", "paragraph"):
            _ask(node[1], shapes)
        elif node[0] == "row":
            for cell in node[1]:
                _ask(cell, shapes)
        elif TAG.fullmatch(node[0]):
            ask(node[0][2:-2], shapes)


def _blocks(nodes: list[Any], context: Scope, filters: Filters) -> list[Any]:
    out: list[Any] = []
    for (kind, inner), scope in spread(nodes, context, filters):
        if kind == "paragraph":
            out.append(stretches((_text(item, known, filters), item[1]) for item, known in spread(inner, scope, filters)))
        elif rows := [[_cell(cell, known, filters) for cell in row[1]] for row, known in spread(inner, scope, filters)]:
            out.append({"rows": rows})
    return out


def _text(item: tuple[str, Form], scope: Scope, filters: Filters) -> str:
    return shown(item[0], scope, filters) if TAG.fullmatch(item[0]) else item[0]


def _cell(nodes: list[Any], scope: Scope, filters: Filters) -> list[Any]:
    """A cell ends with a paragraph whatever goes."""
    blocks = _blocks(nodes, scope, filters)
    return blocks if blocks and isinstance(blocks[-1], list) else [*blocks, []]


def stretches(parts: Iterable[tuple[str, Form]]) -> list[tuple[str, Form]]:
    """Texts with their forms, neighbours of one form together, nothing empty."""
    kept = (part for part in parts if part[0])
    return [("".join(text for text, _ in group), form) for form, group in groupby(kept, key=itemgetter(1))]
