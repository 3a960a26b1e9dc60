"""A Word file and an Excel file with text in every kind of place, and edits of single characters anywhere in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

import docx
import openpyxl
from docx.oxml import parse_xml
from lxml import etree
from officefill.ooxml.package import Package, package_bytes, read_package
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import AxDataSource, NumData, NumVal, StrData, StrRef, StrVal

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_BOX = (
    f'<w:r xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape style="width:120pt;height:40pt">'
    "<v:textbox><w:txbxContent><w:p><w:r><w:t>框中文字12</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)
_NOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LETTERS = "甲乙丙丁户笔万元0123456789.,，。 ab（）%"


def word_file() -> bytes:
    """A Word file: headings, a table with merged and nested cells, a text box, two sections with headers, a page number, a footnote."""
    paper = docx.Document()
    paper.add_heading("一、总体情况", 1)
    paper.add_paragraph("不良率0.95%，较上季度").add_run("下降0.44个百分点").bold = True
    paper.add_paragraph("　　缩进的一段，末尾有空格 ")._p.append(parse_xml(_BOX))
    table = paper.add_table(3, 3)
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"格{number}" if number % 4 else ""
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(2, 2).add_table(1, 2).cell(0, 1).text = "嵌套"
    paper.sections[0].header.paragraphs[0].text = "首节页眉"
    second = paper.add_section()
    second.header.is_linked_to_previous = False
    second.header.paragraphs[0].text = "次节页眉"
    second.footer.paragraphs[0]._p.append(parse_xml(f'<w:fldSimple xmlns:w="{W}" w:instr=" PAGE "><w:r><w:t>3</w:t></w:r></w:fldSimple>'))
    second.footer.paragraphs[0].add_run("页脚")
    paper.add_paragraph("带注")._p.append(parse_xml(f'<w:r xmlns:w="{W}"><w:footnoteReference w:id="2"/></w:r>'))
    paper.add_paragraph("二、结论")
    out = io.BytesIO()
    paper.save(out)
    return _with_note(out.getvalue())


def _with_note(data: bytes) -> bytes:
    package = read_package(Path("rich.docx"), data)
    marks = "".join(
        f'<w:footnote w:id="{i}" w:type="{kind}"><w:p/></w:footnote>' for i, kind in enumerate(("separator", "continuationSeparator"))
    )
    note = '<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> 脚注第5条</w:t></w:r></w:p></w:footnote>'
    package.parts["word/footnotes.xml"] = f'<w:footnotes xmlns:w="{W}">{marks}{note}</w:footnotes>'.encode()
    package.declare(_NOTES, part="word/footnotes.xml")
    package.add_arrow(package.main, "rIdNotes", f"{_OFFICE}/footnotes", "footnotes.xml")
    return packed(package)


def excel_file() -> bytes:
    """An Excel file: texts, numbers, formulas, merged cells, headers, a chart with titles."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "明细"
    for row in (
        ["机构", "余额", "占比"],
        ["市场一部", 1234.5, 0.758620689655172],
        ["市场二部", -20000000, "=B3/B2"],
        ["合计", "=SUM(B2:B3)", ""],
    ):
        sheet.append(row)
    sheet["E1"] = "合并的"
    sheet.merge_cells("E1:F2")
    sheet.oddHeader.center.text = "表头"
    sheet.oddFooter.left.text = "QH-2014Q2"
    chart = BarChart()
    chart.title, chart.y_axis.title = "余额图", "万元"
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    series = chart.series[0]  # openpyxl copies no cells into a chart, as Office does
    series.tx.strRef.strCache = StrData(pt=[StrVal(idx=0, v="余额")])
    series.val.numRef.numCache = NumData(pt=[NumVal(idx=0, v="1234.5"), NumVal(idx=1, v="-20000000")])
    names = StrData(pt=[StrVal(idx=0, v="市场一部"), StrVal(idx=1, v="市场二部")])
    series.cat = AxDataSource(strRef=StrRef(f="明细!$A$2:$A$3", strCache=names))
    sheet.add_chart(chart, "H2")
    book.create_sheet("附表")["B2"] = "另一张表"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(package: Package) -> bytes:
    return package_bytes(package)


_PARTS = (
    "word/document",
    "word/header",
    "word/footer",
    "word/footnotes",
    "word/charts/",
    "xl/worksheets/",
    "xl/sharedStrings",
    "xl/charts/",
)


def texts_of(package: Package) -> list[tuple[str, etree._Element]]:
    """Every element that holds text a reader sees: w:t, cells, headers, chart texts and numbers; not results of fields and formulas."""
    return [
        (part, node)
        for part in package.parts
        if part.startswith(_PARTS) and part.endswith(".xml")
        for node in package.tree(part).iter("{*}t", "{*}v", "{*}f", "{*}oddHeader", "{*}oddFooter")
        if (node.text or "").strip() and not _computed(node)
    ]


def _computed(node: etree._Element) -> bool:
    """Return True for a page number, an index of a shared text, the last result of a formula, and a reference of a chart."""
    name, parent = etree.QName(node).localname, node.getparent()
    if next(node.iterancestors(f"{{{W}}}fldSimple"), None) is not None:
        return True
    marks = [mark.get(f"{{{W}}}fldCharType") for run in parent.itersiblings(preceding=True) for mark in run.iter(f"{{{W}}}fldChar")]
    if marks and marks[0] == "separate":  # page numbers are the only fields here
        return True
    in_chart = etree.QName(node).namespace.endswith("/chart")
    if name == "v" and not in_chart:
        return parent.get("t") == "s" or parent.find("{*}f") is not None
    return name == "f" and in_chart


def one_character(dice: Random, text: str, *, numeric: bool) -> str:
    """The text with one character replaced, put in or taken out."""
    letters = "123456789" if numeric else LETTERS
    at = dice.randrange(len(text))
    kinds = [text[:at] + dice.choice(letters) + text[at + 1 :], text[:at] + dice.choice(letters) + text[at:]]
    if not numeric:
        kinds.append(text[:at] + text[at + 1 :])
    return dice.choice(kinds)


def single_edits(dice: Random, data: bytes, count: int) -> Iterator[tuple[str, str, Package]]:
    """Yield the package with one character changed: the text before, the text now."""
    package = read_package(Path("edited"), data)
    texts = texts_of(package)
    while count:
        _, node = dice.choice(texts)
        was = node.text or ""
        code = 2 if was.startswith("&") else 0  # &C: the middle of a header
        numeric = etree.QName(node).localname == "v" and was.replace(".", "").lstrip("-").isdigit()
        now = was[:code] + one_character(dice, was[code:], numeric=numeric)
        if now.strip() == was.strip() or _same_number(was, now):
            continue
        count -= 1
        node.text = now
        yield was, now, package
        node.text = was


def _same_number(was: str, now: str) -> bool:
    try:
        return float(was) == float(now)
    except ValueError:
        return False
