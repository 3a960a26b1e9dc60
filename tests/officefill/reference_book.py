"""A slow filling of Excel templates that is plainly right: every row of the outcome knows which row of the template it copies.

It shares nothing with the engine. The rules are in the docstrings of `officefill.word.loops`, `references`, `sheet` and `moving`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from typing import Any

from reference_language import (
    TAG,
    Choice,
    Filters,
    Loop,
    Refusal,
    Scope,
    ask,
    chosen,
    control,
    cut,
    grown,
    in_loop,
    rounds,
    shown,
    spread,
    worth,
)

Path = tuple[tuple[int, int], ...]
"""The loops one is in, from outside, each with its time round."""
REFERENCE = re.compile(r"(?:'([^']+)'|([^\W\d]\w*))?(!?)([A-Z])(\$?)(\d+)(?::([A-Z])(\$?)(\d+))?")


class Formula(str):
    """A formula of the template, without its =."""


@dataclass(frozen=True)
class Sheet:
    """Rows of cells: None, a number, a text with tags, or a formula. Merged cells as first and last row and column."""

    rows: tuple[tuple[Any, ...], ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass
class Copy:
    """A row of the outcome: the rows of the template it stands for (more than one where a loop had nothing), and its times round."""

    rows: range
    path: Path
    cells: list[Any]
    number: int = 0


@dataclass(frozen=True)
class TemplateRow:
    number: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class Live:
    """A formula, its text as in the template, with the value written beside it, if any."""

    text: str
    value: Any = None


@dataclass
class Filled:
    """What is to come out of one sheet: cells as ("n", number), ("s", text), ("f", what it counts to, what is written) or None."""

    rows: list[list[Any]] = field(default_factory=list)
    merged: set[tuple[int, int, int, int]] = field(default_factory=set)


def filled(book: dict[str, Sheet], context: Scope, filters: Filters) -> dict[str, Filled]:
    """What is to come out. Raises `Refusal`."""
    trees = {name: _tree(sheet) for name, sheet in book.items()}
    for nodes in trees.values():
        _ask(nodes, {name: [value] for name, value in context.items()})
    loops = {name: dict(_loops(nodes, ())) for name, nodes in trees.items()}
    for name, sheet in book.items():
        for number, text in _formulas(sheet):
            _means_one(text, name, loops[name].get(number, ()), loops)
    copies = {name: _numbered(_copies(nodes, context, filters, ())) for name, nodes in trees.items()}
    return {name: _outcome(name, sheet, copies) for name, sheet in book.items()}


# --- rows that repeat


def _tree(sheet: Sheet) -> list[Any]:
    return grown(atom for number, cells in enumerate(sheet.rows, 1) for atom in _row(number, cells))


def _row(number: int, cells: tuple[Any, ...]) -> list[Any]:
    """A row and the controls around it: a row of one control tag, or one that begins with a tag and ends with its end.

    Blanks between such a tag and the text of its cell go with the tag.
    """
    texts = [at for at, cell in enumerate(cells) if _is_text(cell) and cell.strip()]
    others = [cell for cell in cells if cell is not None and not _is_text(cell)]
    if len(texts) == 1 and control(cells[texts[0]]) and not others:
        return [control(cells[texts[0]])]
    items = [item for at in texts for item, _ in cut(cells[at].strip())]
    if _embraced(items):
        inner = list(cells)
        inner[texts[-1]] = inner[texts[-1]].rstrip()[: -len(items[-1])].rstrip()
        inner[texts[0]] = inner[texts[0]].lstrip()[len(items[0]) :].lstrip()
        return [control(items[0]), *_row(number, tuple(inner)), control(items[-1])]
    for at in texts:
        grown(control(item) or item for item, _ in cut(cells[at]))
    return [TemplateRow(number, cells)]


def _is_text(cell: Any) -> bool:
    return isinstance(cell, str) and not isinstance(cell, Formula)


def _embraced(items: list[str]) -> bool:
    depth = 0
    for number, words in enumerate(map(control, items)):
        depth += words.opens - words.closes
        if depth == 0:
            return 0 < number == len(items) - 1 and words == "end" + control(items[0]).split()[0]
        if depth == 1 and words.startswith("el"):
            return False
    return False


def _copies(nodes: list[Any], scope: Scope, filters: Filters, path: Path) -> Iterator[Copy]:
    for node in nodes:
        if isinstance(node, Loop):
            every = rounds(node, scope, filters)
            for index, round_ in enumerate(every):
                yield from _copies(node.body, round_, filters, (*path, (id(node), index)))
            if not every:
                yield from _blank(node, path)
        elif isinstance(node, Choice):
            yield from _copies(chosen(node, scope, filters), scope, filters, path)
        else:
            yield Copy(range(node.number, node.number + 1), path, [_cell(cell, scope, filters) for cell in node.cells])


def _blank(loop: Loop, path: Path) -> Iterator[Copy]:
    """What a loop over nothing leaves: its first row, empty, standing for the rows that are always together with it."""
    for row, together, around in _first_row([loop]):
        yield Copy(range(row.number, row.number + together), (*path, *((inner, 0) for inner in around)), [None] * len(row.cells))


def _first_row(nodes: list[Any], around: tuple[int, ...] = ()) -> list[tuple[TemplateRow, int, tuple[int, ...]]]:
    """The first row anywhere in `nodes`, how many rows follow on it, itself among them, and the loops around it; [] where is none."""
    for at, node in enumerate(nodes):
        if isinstance(node, TemplateRow):
            return [(node, len(list(takewhile(lambda other: isinstance(other, TemplateRow), nodes[at:]))), around)]
        inner = [(node.body, (*around, id(node)))] if isinstance(node, Loop) else [(body, around) for _, body in node.branches]
        for body, known in inner:
            if found := _first_row(body, known):
                return found
    return []


def _numbered(copies: Iterable[Copy]) -> list[Copy]:
    kept = list(copies)
    for number, copy in enumerate(kept, 1):
        copy.number = number
    return kept


# --- cells


def _cell(cell: Any, scope: Scope, filters: Filters) -> Any:
    """A number, a text, a `Live` formula or nothing."""
    if cell is None or not isinstance(cell, str):
        return cell
    if isinstance(cell, Formula):
        return Live(cell)
    if TAG.fullmatch(cell) and next(cut(cell))[0] == cell:
        return _typed(cell, scope, filters)
    items = grown(control(item) or item for item, _ in cut(cell))
    return "".join(shown(item, known, filters) if TAG.fullmatch(item) else item for item, known in spread(items, scope, filters)) or None


def _typed(tag: str, scope: Scope, filters: Filters) -> Any:
    if live := re.fullmatch(r"\{\{(.+)\|formula\('(.+)'\)(.*)\}\}", tag):
        value = worth(live[1], scope, filters)
        if value is not None and type(value) not in (int, Decimal):
            raise Refusal("no number")
        return "不适用" if value is None else Live(live[2], value)
    value = worth(tag[2:-2], scope, filters)
    if type(value) not in (int, Decimal, str):
        raise Refusal(f"{value!r} in a cell")
    return (value.replace("\r\n", "\n") or None) if isinstance(value, str) else value


# --- what points at rows


def _formulas(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """The formulas of a sheet with the row of each."""
    for number, cells in enumerate(sheet.rows, 1):
        for cell in cells:
            if isinstance(cell, Formula) or (_is_text(cell) and "|formula" in cell):
                yield number, cell


def _loops(nodes: list[Any], around: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The loops around each row of the template."""
    for node in nodes:
        if isinstance(node, Loop):
            yield from _loops(node.body, (*around, id(node)))
        elif isinstance(node, Choice):
            for _, body in node.branches:
                yield from _loops(body, around)
        else:
            yield node.number, around


def _references(text: str, sheet: str) -> Iterator[tuple[re.Match[str], str]]:
    for found in REFERENCE.finditer(text):
        yield found, found[1] or found[2] or sheet


def _means_one(text: str, sheet: str, host: tuple[int, ...], loops: dict[str, dict[int, tuple[int, ...]]]) -> None:
    """Raises `Refusal` for a single cell that would be many: of a row that repeats where the formula's own does not."""
    for found, name in _references(text, sheet):
        if not found[7] and name in loops:
            around = loops[name].get(int(found[6]), ())
            seen = () if found[5] or name != sheet else host
            if around != seen[: len(around)]:
                raise Refusal(f"{found[0]} is many")


def where(copies: list[Copy], first: int, last: int, scopes: tuple[Path, Path]) -> tuple[int, int]:
    """The first and last row of the outcome that rows `first`..`last` come to. Raises `Refusal` where nothing is left of them."""
    meant = [copy for copy in copies if copy.rows.start <= last and copy.rows.stop > first]
    begins, ends = ([copy.number for copy in meant if _agree(copy.path, scope)] for scope in scopes)
    if not begins or not ends:
        raise Refusal("not there")
    return min(begins), max(ends)


def _agree(path: Path, scope: Path) -> bool:
    """Whether both are of the same time round of every loop they share."""
    return all(dict(scope).get(loop, index) == index for loop, index in path)


def _outcome(name: str, sheet: Sheet, copies: dict[str, list[Copy]]) -> Filled:
    out = Filled([[_told(cell, copy, name, copies) for cell in copy.cells] for copy in copies[name]])
    for first, left, last, right in sheet.merged:
        for copy in copies[name]:
            if first == copy.rows.start:
                end = where(copies[name], last, last, (copy.path, copy.path))[1]
                if (end, right) != (copy.number, left):
                    out.merged.add((copy.number, left, end, right))
    return out


def _told(cell: Any, copy: Copy, sheet: str, copies: dict[str, list[Copy]]) -> Any:
    if isinstance(cell, Live):
        return "f", counted(cell.text, copy, sheet, copies), None if cell.value is None else Decimal(cell.value)
    if cell is None or isinstance(cell, str):
        return cell and ("s", cell)
    return "n", Decimal(cell)


def counted(text: str, copy: Copy, sheet: str, copies: dict[str, list[Copy]]) -> Decimal:
    """What a formula of the template comes to: a sum of the numbers in a range, or a cell, times 2 where it says so."""
    [(found, name)] = _references(text.removeprefix("SUM("), sheet)
    own = copy.path if name == sheet else ()
    first, last = int(found[6]), int(found[9] or found[6])
    begin, end = where(copies[name], first, last, (() if found[5] else own, () if (found[8] if found[9] else found[5]) else own))
    column = ord(found[4]) - ord("A")
    cells = [(other.cells[column], other) for other in copies[name] if begin <= other.number <= end]
    values = [counted(cell.text, other, name, copies) if isinstance(cell, Live) else cell for cell, other in cells]
    return sum((Decimal(v) for v in values if isinstance(v, int | Decimal)), Decimal(0)) * (2 if text.endswith("*2") else 1)


# --- names


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
        elif isinstance(node, TemplateRow):
            for cell in node.cells:
                if _is_text(cell):
                    _ask(grown(control(item) or item for item, _ in cut(cell)), shapes)
        elif TAG.fullmatch(node):
            ask(re.sub(r"\|formula\('.+'\)", "", node)[2:-2], shapes)
