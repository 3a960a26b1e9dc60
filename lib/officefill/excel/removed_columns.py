"""Columns taken out of the sheets of a template, with what points at them: what points at the columns behind them follows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from lxml import etree

from officefill.excel.cells import cell_texts, column_of
from officefill.excel.column_layout import column_name, column_number
from officefill.excel.pointers import FORMULAS, RANGES
from officefill.excel.references import End, Reference, read_formula, read_range
from officefill.excel.removed import REMOVED
from officefill.excel.workbook_parts import shared_texts_of, worksheets
from officefill.ooxml.namespaces import SPACE, C, s
from officefill.ooxml.package import Package

_CELL, _MERGED = s("c"), s("mergeCell")
_IN_TAG = re.compile(r"(?<=formula\()(\s*)(?:'([^']*)'|\"([^\"]*)\")")
Gone = frozenset[int]
"""The numbers of the columns of a sheet that go."""


def remove_columns(book: Package, goes: Callable[[str], bool]) -> None:
    """Take the columns under every cell whose text `goes` out of the sheets of `book`."""
    sheets, shared = dict(worksheets(book, book.main)), shared_texts_of(book, book.main)
    texts = {name: cell_texts(book.tree(part), shared) for name, part in sheets.items()}
    gone = {name: frozenset(_under(book.tree(part), texts[name], goes)) for name, part in sheets.items()}
    if not any(gone.values()):
        return
    for name, part in sheets.items():
        tree = book.tree(part)
        for cell, text in texts[name].items():
            said = _IN_TAG.sub(lambda match, sheet=name: _argument(match, sheet, gone), text)
            if said != text:
                _write(cell, said)
        _follow(tree, FORMULAS, name, gone)
        if gone[name]:
            _narrow(tree, gone[name])
        book.save(part)
    for part in (book.main, *(name for name in book.parts if re.fullmatch(r"xl/charts/chart\d+\.xml", name))):
        _follow(book.tree(part), {*FORMULAS, f"{{{C}}}f"}, "", gone)
        book.save(part)


def _under(tree: etree._Element, texts: Mapping[etree._Element, str], goes: Callable[[str], bool]) -> Iterator[int]:
    ends = {area.first.at(area.first.row): column_number(area.last.column) for area in _merged(tree) if area.last}
    for cell, text in texts.items():
        if goes(text):
            first = column_of(cell.get("r"))
            yield from range(first, ends.get(cell.get("r"), first) + 1)


def _merged(tree: etree._Element) -> Iterator[Reference]:
    return (area for node in tree.iter(_MERGED) if (area := read_range(node.get("ref", ""))))


def _narrow(tree: etree._Element, gone: Gone) -> None:
    """Take the columns out of one sheet."""
    _keep_merged_texts(tree, gone)
    for cell in list(tree.iter(_CELL)):
        column = column_of(cell.get("r"))
        if column in gone:
            cell.getparent().remove(cell)
        else:
            cell.set("r", f"{column_name(_place(column, gone))}{cell.getparent().get('r')}")
    for row in tree.iter(s("row")):
        row.attrib.pop("spans", None)
    for node in list(tree.iter(s("col"))):
        left = [_place(column, gone) for column in range(int(node.get("min")), int(node.get("max")) + 1) if column not in gone]
        _settle(node, {"min": str(left[0]), "max": str(left[-1])} if left else None)
    for pane in tree.iter(s("pane")):
        if pane.get("xSplit", "").isdecimal():
            pane.set("xSplit", str(_place(int(pane.get("xSplit")) + 1, gone) - 1))
    _narrow_ranges(tree, gone)


def _keep_merged_texts(tree: etree._Element, gone: Gone) -> None:
    """Put the cell of merged ones whose first column goes into the first column that stays."""
    cells = {cell.get("r"): cell for cell in tree.iter(_CELL)}
    for area in _merged(tree):
        first, last = (column_number(end.column) for end in (area.first, area.last or area.first))
        left = next((column for column in range(first, last + 1) if column not in gone), first)
        cell = cells.get(area.first.at(area.first.row))
        if cell is not None and left > first:
            name = f"{column_name(left)}{area.first.row}"
            if (now := cells.get(name)) is not None:
                now.getparent().remove(now)
            cell.set("r", name)


def _narrow_ranges(tree: etree._Element, gone: Gone) -> None:
    for node in list(tree.iter("*")):
        name = etree.QName(node).localname
        for attribute in [key for key in node.attrib if (name, key) in RANGES or (name, key) == ("mergeCell", "ref")]:
            is_cursor = RANGES.get((name, attribute)) == "cell"
            left = [said for text in node.get(attribute).split() if (said := _range(text, gone, is_cursor=is_cursor))]
            if node.tag == _MERGED:
                left = [said for said in left if len(set(said.split(":"))) > 1]
            _settle(node, {attribute: " ".join(left)} if left else None)
    for merged in list(tree.iter(s("mergeCells"))):
        _settle(merged, {"count": str(len(merged))} if len(merged) else None)


def _settle(node: etree._Element, attributes: Mapping[str, str] | None) -> None:
    """Give the node these attributes, or take it out where there are none."""
    if attributes is None:
        node.getparent().remove(node)
    else:
        node.attrib.update(attributes)


def _write(cell: etree._Element, text: str) -> None:
    for child in list(cell):
        cell.remove(child)
    cell.set("t", "inlineStr")
    written = etree.SubElement(etree.SubElement(cell, s("is")), s("t"))
    written.text = text
    written.set(SPACE, "preserve")


# References


def _follow(tree: etree._Element, tags: set[str], sheet: str, gone: Mapping[str, Gone]) -> None:
    for node in tree.iter(*tags):
        node.text = _formula(node.text or "", sheet, gone)


def _argument(match: re.Match[str], sheet: str, gone: Mapping[str, Gone]) -> str:
    text, quote = (match[3], '"') if match[2] is None else (match[2], "'")
    return f"{match[1]}{quote}{_formula(text, sheet, gone)}{quote}"


def _formula(text: str, sheet: str, gone: Mapping[str, Gone]) -> str:
    """Return a formula of `sheet` as it reads without the columns; a reference to nothing else says `#REF!`."""
    return "".join(
        part if isinstance(part, str) else _reference(part, gone.get(part.sheet or sheet, Gone())) for part in read_formula(text)
    )


def _range(text: str, gone: Gone, *, is_cursor: bool = False) -> str:
    """Return a range without the columns, blank where nothing is left; a cursor goes to the next column that stays."""
    found = read_range(text)
    if found and is_cursor:
        return _at(found.first, column_number(found.first.column.replace("$", "")), gone).at(found.first.row)
    said = _reference(found, gone) if found else text
    return "" if said == REMOVED else said


def _reference(reference: Reference, gone: Gone) -> str:
    first, last = reference.first, reference.last
    if gone and first.column:
        ends = [column_number(end.column.replace("$", "")) for end in (first, last or first)]
        left = [column for column in range(ends[0], ends[1] + 1) if column not in gone]
        if not left:
            return REMOVED
        first, last = _at(first, left[0], gone), last and _at(last, left[-1], gone)
    return reference.prefix + first.at(first.row) + (f":{last.at(last.row)}" if last else "")


def _at(end: End, column: int, gone: Gone) -> End:
    fixed = "$" if end.column.startswith("$") else ""
    return End(f"{fixed}{column_name(_place(column, gone))}", end.row, end.fixed)


def _place(column: int, gone: Gone) -> int:
    """Return the place of a column that stays; of one that goes, that of the next that stays."""
    return column - sum(other < column for other in gone)
