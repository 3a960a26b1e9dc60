"""The Excel workbook of a trace: 说明, 数字, 计算项, 行集, the findings, and one sheet per input table, linked from figure to row.

It holds customers' rows, and its first sheet says so. A full sheet continues in another one (行集2); nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from postloan.audit.trace import Trace, TracedFigure
from postloan.audit.trace.calculations import CalculationPart, Link
from postloan.audit.trace.lineage import BEHIND
from postloan.audit.trace.list_book import CellLink, ListBook, Styled, at
from postloan.audit.trace.row_references import LISTED, list_rows
from postloan.audit.trace.row_sets import BATCH, FINDINGS, RowSets
from postloan.data.schema import FieldSpec, TableSpec, all_tables
from postloan.figures.aggregate import Subject
from postloan.numbers import exact
from postloan.papers.document import all_documents
from postloan.period import Period, period_cn

GRAINS = {"bank": "全行", "unit": "机构", "manager": "客户经理", "customer": "客户"}
NO_LINK: list[Link | None] = [None]
CHECKED = {None: "", True: "相符", False: "不符"}
DEEPEST = 5
KINDS = {BEHIND: "背后", "related": "相关"}
CONFIDENTIAL = "内部保密：本簿列有客户明细，仅供审计与核查使用，不得外传，不得附入正式材料。"
LEGEND = (
    ("数字", "材料中的每一处数字：所在位置、印出的文字、准确值、定义与算式、按数据重算的值。"),
    ("计算项", "每个数字的组成：各项的值、取数方式、所依据的行集及行数。缩进表示下一层。"),
    ("行集", "每个行集列一次，写明主键；多个数字可以依据同一个行集。按机构、客户排列，机构的数字只取其中一段。"),
    ("背后", "行集各行按“取数方式”汇总即得该项的值；从数据中去掉其中一行，该项随之改变，去掉其外的行则不变。"),
    ("相关", "有助于核对该项的行，不保证逐行构成该项的值。"),
    ("引用", "行集中的行通过编号指到的行（如余额指到借据、借据指到客户），以及发现所看的行；均属相关。"),
    ("源文件行号", "发送方文件或工作表中的行号，从1起，含表头。"),
)


FIGURES = [
    *(("序号", 5), ("位置", 14), ("印出文字", 14), ("准确值", 16), ("重算值", 16), ("核对", 6)),
    *(("数字名称", 20), ("定义与算式", 30), ("代入数字", 26), ("单位", 6), ("对象", 12)),
    *(("期间", 8), ("计算项", 7), ("标识", 20)),
]
PARTS = [
    *(("计算", 6), ("项", 30), ("期间", 8), ("对象", 12), ("值", 16), ("单位", 5)),
    *(("代入数字", 26), ("关系", 6), ("行集", 7), ("表", 12), ("行数", 8), ("取数方式", 16)),
    *(("行汇总", 16), ("核对", 6), ("所依据的表", 20)),
]
SETS = [("行集", 9), ("主键", 36), ("机构/经理", 12), ("客户编号", 18), ("所在", 20)]
PLACES = {"document": "正文", "header": "页眉", "footer": "页脚", "footnotes": "脚注", "endnotes": "尾注"}
ROWS = [("文件", 20), ("源文件行号", 11), ("所属行集", 18), ("被引用于", 18)]
FOUND = [
    *(("编号", 22), ("规则", 18), ("机构", 14), ("客户", 20), ("事实", 40), ("依据", 40)),
    *(("值", 12), ("限额", 12), ("扣分", 7), ("不扣分", 7), ("所属行集", 18)),
]


def trace_book(trace: Trace) -> bytes:
    """Return the workbook of a trace, with the same bytes for the same trace."""
    book = ListBook("数字溯源底稿", date.fromisoformat(trace.record.about["prepared_on"]))
    listed = list_rows(trace.sets) if trace.sets else {}
    _cover(book, trace, listed)
    _figures(book, trace, _calculation_starts(trace))
    if trace.sets:
        _parts(book, trace, _offsets(trace.sets))
        _sets(book, trace.sets, sum(made.rows for made in trace.sets.sets()))
        for table, rows in listed.items():
            (_findings if table.startswith(FINDINGS) else _rows)(book, trace, table, rows)
    return book.content()


def sheet_of(table: str) -> str:
    """Return the name of the sheet with the rows of a table."""
    return f"发现{table.removeprefix(FINDINGS).strip()}" if table.startswith(FINDINGS) else all_tables()[table].title


def _cover(book: ListBook, trace: Trace, listed: Mapping[str, int]) -> None:
    sheet = book.add_sheet("说明")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 96)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, "数字溯源底稿", book.formats["title"])
    for row, (name, text, alarming) in enumerate(_cover_lines(trace, listed), 2):
        style = book.formats["alarm" if alarming else "words"]
        sheet.write_string(row, 0, name, style)
        sheet.write_string(row, 1, text, style)


def _cover_lines(trace: Trace, listed: Mapping[str, int]) -> Iterator[tuple[str, str, bool]]:
    of = trace.record.about
    yield "密级", CONFIDENTIAL, True
    titles = {name: kind.title for name, kind in all_documents().items()}
    yield "材料", f"{trace.paper.name}（{titles.get(of['document'], of['document'])}，{period_cn(Period.parse(of['period']))}）", False
    yield "对象", _subject(trace, ("unit", of["unit"]) if of.get("unit") else ("bank", "")), False
    if trace.book:
        yield "口径", trace.book.policy.scope.title, False
    yield "政策", f"{of['policy']}，版本{of.get('policy_version', '')}；落款日期{of['prepared_on']}；程序版本{of['program']}", False
    yield from _data_lines(trace)
    wrong = [traced for traced in trace.figures if traced.agrees is False]
    counted = f"{len(trace.figures)}处{'（按要求筛选）' if trace.narrowed else '（全部）'}"
    yield "数字", counted + (f"，重算不符{len(wrong)}处" if trace.book else ""), bool(wrong)
    for table, rows in listed.items():
        yield sheet_of(table), f"{rows}行", False
    yield from ((name, text, False) for name, text in LEGEND)


def _data_lines(trace: Trace) -> Iterator[tuple[str, str, bool]]:
    if trace.book is None:
        yield "数据", "未提供数据：只列材料自带的记录，未重算，无行集。", True
    elif trace.other:
        yield "数据", "与制作材料时不是同一份，下列各项已变动或缺少；重算值与行集以现在的数据为准。", True
        yield "变动项", "、".join(name.removeprefix("data/") for name in trace.other), True
    else:
        yield "数据", "与制作材料时所用的完全一致（逐个文件核对指纹）。", False


def _subject(trace: Trace, subject: Subject) -> str:
    grain, name = subject
    units = trace.book.unit_names if trace.book else {}
    return GRAINS[grain] if grain == "bank" else f"{name} {units[name]}" if grain == "unit" and name in units else name


def _calculation_starts(trace: Trace) -> dict[int, int]:
    """Return the first row of each calculation in the list of parts, by number."""
    starts, row = {}, 0
    for made in trace.calculations.made.values() if trace.calculations else ():
        starts[made.number] = row
        row += sum(max(1, len(part.links)) for part in made.parts)
    return starts


def _figures(book: ListBook, trace: Trace, starts: Mapping[int, int]) -> None:
    sheets = book.add_list("数字", FIGURES, len(trace.figures))
    for number, traced in enumerate(trace.figures, 1):
        sheets.add(_figure(trace, traced, number, starts), range(len(FIGURES)))


def _figure(trace: Trace, traced: TracedFigure, number: int, starts: Mapping[int, int]) -> list[Any]:
    """Return the cells of a figure, with the link to its calculation."""
    figure, words, made, identity = traced.figure, traced.words, traced.calculation, traced.figure.identity
    money = "money" if words.unit == "元" else ""
    value = traced.values[0] if len(traced.values) == 1 else None
    cells = [number, _place(traced), figure.text, Styled(figure.value, money), Styled(value, money), _checked(traced.agrees)]
    cells += [words.title, words.formula or words.definition, made.formula if made else "", words.unit]
    cells += [_subject(trace, (identity.grain, identity.subject)) if identity.measure else ""]
    cells += [identity.period + ("较上期" if identity.change else "")]
    return [*cells, CellLink(at("计算项", starts[made.number]), f"C{made.number:03d}") if made else "", identity.key]


def _checked(agrees: bool | None) -> Styled:
    return Styled(CHECKED[agrees], "wrong" if agrees is False else "")


def _place(traced: TracedFigure) -> str:
    """Return the place of a figure in words: the cell, or the part of the Word file and the number of the bookmark."""
    if traced.figure.cell:
        return traced.place
    part = traced.figure.part.removeprefix("word/").removesuffix(".xml").rstrip("0123456789")
    return f"{PLACES.get(part, traced.figure.part)} 第{traced.figure.number}处"


def _offsets(sets: RowSets) -> dict[int, int]:
    """Return the place of each set's first row in the list of all sets, by number."""
    offsets, rows = {}, 0
    for made in sets.sets():
        offsets[made.number] = rows
        rows += made.rows
    return offsets


def _parts(book: ListBook, trace: Trace, offsets: Mapping[int, int]) -> None:
    assert trace.calculations is not None
    parts = [(made, part, link) for made in trace.calculations.made.values() for part in made.parts for link in part.links or NO_LINK]
    sheets = book.add_list("计算项", PARTS, len(parts))
    for made, part, link in parts:
        cells = [f"C{made.number:03d}", *_part(part, link, _subject(trace, part.subject), offsets)]
        sheets.add(cells, range(len(PARTS)))


def _part(part: CalculationPart, link: Link | None, subject: str, offsets: Mapping[int, int]) -> list[Any]:
    """Return the cells of one term and one of its sets; the first row has the details of the term."""
    first, kind = link is None or link is part.links[0], "money" if part.unit == "元" else ""
    level, tables = f"level{min(part.level, DEEPEST)}", "、".join(all_tables()[name].title for name in part.tables)
    cells = [Styled(part.title, level), part.period, subject, Styled(part.value if first else None, kind), part.unit]
    cells += [part.formula if first else ""]
    if link is None:
        return [*cells, *[""] * 7, tables]
    to_set = CellLink(at("行集", offsets[link.row_set.number] + link.span.start - 1), link.row_set.name) if link.span.count else ""
    cells += [KINDS[link.kind], to_set, sheet_of(link.row_set.wanted.table), link.span.count, link.aggregate, Styled(link.sum, kind)]
    return [*cells, _checked(part.adds_up(link)), tables if first else ""]


def _sets(book: ListBook, sets: RowSets, rows: int) -> None:
    sheets = book.add_list("行集", SETS, rows)
    for *cells, name, place in _set_lines(sets):
        target = at(name, place - 1)
        sheets.add([*cells, CellLink(target, target.replace("'", ""))])


def _set_lines(sets: RowSets) -> Iterator[tuple[Any, ...]]:
    """Yield for every row of every set: the cells of its line, the sheet of the row, and its place there."""
    for made in sets.sets():
        table = made.wanted.table
        title = sheet_of(table)
        if made.wanted.line is None:
            found = dict(sets.findings(made))
            for row_no, listed_at in _places(sets, made.number, table):
                f = found[row_no]
                yield made.name, f.index_no, f.unit_id, f.customer_id, title, listed_at
        else:
            for _, listed_at, owner, customer, *values in _places(sets, made.number, table, all_tables()[table].key):
                yield made.name, " · ".join(map(exact, values)), owner, customer, title, listed_at


def _places(sets: RowSets, number: int, table: str, key: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield row and place in the table's list of every row of a set, in order; for table rows owner, customer and key too."""
    more = "".join(f", t.{name}" for name in key)
    join = f"JOIN main.{table} AS t ON t._row = s.row_no" if key else ""
    columns = f"s.row_no, l.place{', s.owner, s.customer_id' if key else ''}{more}"
    read = sets.con.cursor().execute(
        f"""SELECT {columns} FROM trace.row_set AS s JOIN {LISTED} AS l ON l.table_name = ? AND l.row_no = s.row_no {join}
        WHERE s.set_no = ? ORDER BY s.position""",
        [table, number],
    )
    while batch := read.fetchmany(BATCH):
        yield from batch


def _rows(book: ListBook, trace: Trace, table: str, rows: int) -> None:
    assert trace.book is not None
    spec, (file, place_in_file) = all_tables()[table], trace.book.clean.places[table]
    origin = f"{file}!{place_in_file}" if place_in_file else file
    sheets = book.add_list(spec.title, [*ROWS, *((f.label, _width(f)) for f in spec.fields.values())], rows)
    for in_sets, referring, row_no, *values in _table_rows(trace.book.clean.con, spec):
        cells = [
            Styled(f.values.get(value, value) if f.values else value, "money" if f.type == "money" else "")
            for f, value in zip(spec.fields.values(), values, strict=True)
        ]
        sheets.add([origin, row_no, in_sets, referring, *cells], range(2, len(ROWS)))


def _table_rows(con: Any, spec: TableSpec) -> Iterator[tuple[Any, ...]]:
    fields = "".join(f", t.{name}" for name in spec.fields)
    read = con.cursor().execute(
        f"SELECT l.held, l.led, l.row_no{fields} FROM {LISTED} AS l JOIN main.{spec.name} AS t ON t._row = l.row_no WHERE l.table_name = ? ORDER BY l.row_no",
        [spec.name],
    )
    while batch := read.fetchmany(BATCH):
        yield from batch


def _width(of: FieldSpec) -> int:
    return {"text": 40, "name": 24, "id": 18, "money": 16, "date": 12, "time": 19}.get(of.type, 10)


def _findings(book: ListBook, trace: Trace, table: str, rows: int) -> None:
    assert trace.calculations is not None
    found = trace.calculations.books[table.removeprefix(FINDINGS).strip()].findings_made
    read = trace.calculations.sets.con.execute(
        f"SELECT row_no, held FROM {LISTED} WHERE table_name = ? ORDER BY row_no", [table]
    ).fetchall()
    sheets = book.add_list(sheet_of(table), FOUND, rows)
    for position, in_sets in read:
        f = found[position - 1]
        cells = (f.index_no, f.rule.title, f.unit_name, f.customer_name, f.words, f.evidence, f.value, f.limit, f.deduction, f.waived)
        sheets.add([*cells, in_sets])
