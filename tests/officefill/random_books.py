"""Random Excel templates, and the reading of what comes out. Columns A to C hold values, D sums over them, E cells of its own row."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from random_papers import OFFICE, OPC, TOP, Known, line, names_of, opening, packed
from reference_book import REFERENCE, Filled, Formula, Sheet
from reference_language import control

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAMES = ("明细", "S2", "汇 总")
LETTERS = "ABCDE"
Row = list[Any]


def template(dice: Random) -> dict[str, Sheet]:
    """One to three sheets whose formulas speak of any row of any of them."""
    drawn = {name: list(rows(dice, TOP)) for name in NAMES[: dice.choice([1, 1, 2, 3])]}
    drawn[NAMES[0]].append(["{{ n }}", *[None] * 4])
    for name, values in drawn.items():
        if dice.random() < 0.05 and len(values) > 1:
            values.pop(dice.randrange(len(values) - 1))
    for name, values in drawn.items():
        for number, row in enumerate(values, 1):
            _add_formulas(dice, drawn, name, number, row)
    return {name: Sheet(tuple(map(tuple, values)), tuple(_merged(dice, values))) for name, values in drawn.items()}


def rows(dice: Random, known: Known, depth: int = 0) -> Iterator[Row]:
    for _ in range(dice.randint(1, 2 if depth else 4)):
        roll = dice.random()
        if roll < 0.5 or depth > 2:
            yield row(dice, known)
        elif roll < 0.75:
            tags, inner, end = opening(dice, known)
            for tag in tags:
                yield _lone(dice, tag)
                yield from rows(dice, inner, depth + 1)
            yield _lone(dice, end)
        else:
            tags, inner, end = opening(dice, known)
            last = dice.choice([0, 2, 2])
            cells = [cell(dice, inner if at <= last else known) for at in range(3)] + [None, None]
            cells[0] = tags[0] + (cells[0] if isinstance(cells[0], str) else "")
            cells[last] = (cells[last] if isinstance(cells[last], str) else "") + end
            yield cells


def row(dice: Random, known: Known) -> Row:
    return [cell(dice, known) for _ in range(3)] + [None, None]


def cell(dice: Random, known: Known) -> Any:
    """A number, a cell of one value, or a text."""
    roll = dice.random()
    if roll < 0.2:
        return dice.choice([None, 5, Decimal("2.25"), -1])
    if roll < 0.65:
        kind = dice.choice(["int", "int", "text", "decimal"])
        shown = dice.choice(names_of(known, kind))
        return "{{ " + shown + ("|or_dash" if kind == "decimal" and dice.random() < 0.95 else "") + " }}"
    return line(dice, known, 1 if dice.random() < 0.7 else 0).strip() or None


def _lone(dice: Random, tag: str) -> Row:
    at = dice.randrange(3)
    return [tag if column == at else None for column in range(5)]


def _is_lone(row: Row) -> bool:
    held = [value for value in row if value is not None]
    return len(held) == 1 and bool(control(str(held[0])))


def _add_formulas(dice: Random, drawn: dict[str, list[Row]], name: str, number: int, row: Row) -> None:
    """Sums in column D and a look at its own row, or another, in column E."""
    if _is_lone(row) and dice.random() < 0.97:
        return
    if dice.random() < 0.45:
        total = f"SUM({_range(dice, drawn, name, number)})"
        row[3] = f"{{{{ n|formula('{total}') }}}}" if dice.random() < 0.15 and "'" not in total else Formula(total)
    if dice.random() < 0.3:
        other = number if dice.random() < 0.95 else dice.randint(1, len(drawn[name]))
        fixed = "$" * (dice.random() < 0.06)
        row[4] = Formula(f"{dice.choice('ABCD' if other == number else 'ABC')}{fixed}{other}" + dice.choice(["", "*2"]))


def _range(dice: Random, drawn: dict[str, list[Row]], name: str, number: int) -> str:
    sheet = name if dice.random() < 0.75 else dice.choice(list(drawn))
    steady = [at for at, row in enumerate(drawn[sheet], 1) if not _is_lone(row) or dice.random() < 0.1] or [1]
    first = dice.choice(steady)
    last = first if dice.random() < 0.4 else dice.choice([at for at in steady if at >= first])
    if sheet == name and dice.random() < 0.15:
        first = last = number
    prefix = "" if sheet == name else f"'{sheet}'!" if " " in sheet else f"{sheet}!"
    fixed = dice.choice([("", ""), ("", ""), ("$", ""), ("$", "$")])
    column = dice.choice("ABC")
    return f"{prefix}{column}{fixed[0]}{first}:{column}{fixed[1]}{last}"


def _merged(dice: Random, values: list[Row]) -> Iterator[tuple[int, int, int, int]]:
    """Cells merged over columns A and B, or B and C, of one row or of two that always follow each other."""
    taken = 0
    for number, row in enumerate(values, 1):
        if number > taken and dice.random() < 0.12:
            two = number < len(values) and _is_steady(row) and _is_steady(values[number]) and dice.random() < 0.4
            taken = number + two
            left = dice.choice([1, 2])
            yield number, left, taken, left + 1


def _is_steady(row: Row) -> bool:
    """Whether a row has no tag that encloses rows."""
    return not any(str(value).strip().startswith("{%") for value in row)


# --- files


def written(book: dict[str, Sheet], dice: Random) -> bytes:
    """A small .xlsx; texts lie in their cells or among the shared ones."""
    shared: list[str] = []
    sheets = {f"xl/worksheets/sheet{at}.xml": _sheet(sheet, shared, dice) for at, sheet in enumerate(book.values(), 1)}
    names = "".join(f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(book, 1))
    arrows = [f'<Relationship Id="r{at}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>' for at in range(1, len(book) + 1)]
    arrows += [f'<Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>']
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{OPC}/relationships">{"".join(arrows)}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{S}">{"".join(f"<si>{_text(text)}</si>" for text in shared)}</sst>',
    }
    kinds = [f'<Override PartName="/{name}" ContentType="{SHEET[:-5]}worksheet+xml"/>' for name in sheets]
    kinds.append(f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHEET[:-5]}sharedStrings+xml"/>')
    return packed(parts | sheets, "xl/workbook.xml", SHEET + ".main+xml", "".join(kinds))


def _sheet(sheet: Sheet, shared: list[str], dice: Random) -> str:
    rows = []
    for number, values in enumerate(sheet.rows, 1):
        cells = [_cell(f"{LETTERS[at]}{number}", value, shared, dice) for at, value in enumerate(values) if value is not None]
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    areas = "".join(f'<mergeCell ref="{LETTERS[a - 1]}{top}:{LETTERS[b - 1]}{end}"/>' for top, a, end, b in sheet.merged)
    merged = f"<mergeCells>{areas}</mergeCells>" if areas else ""
    return f'<worksheet xmlns="{S}"><sheetData>{"".join(rows)}</sheetData>{merged}</worksheet>'


def _text(text: str) -> str:
    return f'<t xml:space="preserve">{escape(text)}</t>'


def _cell(place: str, value: Any, shared: list[str], dice: Random) -> str:
    if not isinstance(value, str):
        return f'<c r="{place}"><v>{value}</v></c>'
    if isinstance(value, Formula):
        return f'<c r="{place}"><f>{escape(value)}</f><v>99</v></c>'
    if dice.random() < 0.5:
        return f'<c r="{place}" t="inlineStr"><is>{_text(value)}</is></c>'
    shared.append(value)
    return f'<c r="{place}" t="s"><v>{len(shared) - 1}</v></c>'


def read(data: bytes, names: list[str]) -> dict[str, Filled]:
    """What an .xlsx holds, as `reference_book.filled` tells it; formulas are counted over the cells as they are now."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = ["".join(si.itertext()) for si in etree.fromstring(archive.read("xl/sharedStrings.xml"))]
        trees = {name: etree.fromstring(archive.read(f"xl/worksheets/sheet{at}.xml")) for at, name in enumerate(names, 1)}
    cells = {name: dict(_read_cells(tree, texts)) for name, tree in trees.items()}
    return {name: _read_sheet(name, tree, cells) for name, tree in trees.items()}


def _read_cells(tree: etree._Element, texts: list[str]) -> Iterator[tuple[tuple[int, str], Any]]:
    """Cells by row and column: a number, a text, or a pair of formula and what is written beside it."""
    before = 0
    for row in tree.iter(f"{{{S}}}row"):
        number = int(row.get("r"))
        assert number > before, "rows out of order"
        before = number
        for node in row:
            column = node.get("r").rstrip("0123456789")
            assert node.get("r") == f"{column}{number}", f"{node.get('r')} in row {number}"
            yield (number, column), _read_value(node, texts)


def _read_value(node: etree._Element, texts: list[str]) -> Any:
    kind, value, formula = node.get("t"), node.findtext(f"{{{S}}}v"), node.findtext(f"{{{S}}}f")
    if formula is not None:
        return formula, Decimal(value) if value else None
    if kind == "inlineStr":
        return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), "".join(node.itertext()))
    if value is None:
        return None
    return texts[int(value)] if kind == "s" else Decimal(value)


def _read_sheet(name: str, tree: etree._Element, cells: dict[str, dict[tuple[int, str], Any]]) -> Filled:
    own = cells[name]
    last = max((int(row.get("r")) for row in tree.iter(f"{{{S}}}row")), default=0)
    rows = [[_told(name, own.get((number, column)), cells) for column in LETTERS] for number in range(1, last + 1)]
    return Filled(rows, {_area(node.get("ref")) for node in tree.iter(f"{{{S}}}mergeCell")})


def _told(sheet: str, value: Any, cells: dict[str, dict[tuple[int, str], Any]]) -> Any:
    if isinstance(value, tuple):
        return "f", count(value[0], sheet, cells), value[1]
    if value is None or value == "":
        return None
    return ("s" if isinstance(value, str) else "n"), value


def _area(text: str) -> tuple[int, int, int, int]:
    found = re.fullmatch(r"([A-Z])(\d+):([A-Z])(\d+)", text)
    assert found, text
    return int(found[2]), LETTERS.index(found[1]) + 1, int(found[4]), LETTERS.index(found[3]) + 1


def count(formula: str, sheet: str, cells: dict[str, dict[tuple[int, str], Any]]) -> Decimal:
    """What a formula of ours comes to over the cells of a finished book."""
    found = REFERENCE.search(formula, 4 if formula.startswith("SUM(") else 0)
    assert found, formula
    name, column = found[1] or found[2] or sheet, found[4]
    values = [cells[name].get((number, column)) for number in range(int(found[6]), int(found[9] or found[6]) + 1)]
    values = [count(value[0], name, cells) if isinstance(value, tuple) else value for value in values]
    return sum((v for v in values if isinstance(v, Decimal)), Decimal(0)) * (2 if formula.endswith("*2") else 1)
