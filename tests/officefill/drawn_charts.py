"""Charts drawn in the tests, as Word and Excel write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
from docx.oxml import parse_xml
from drawing import Drawn

C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = list[list[Any]]


def sheet_bytes(rows: Rows | dict[str, Rows], formats: dict[str, str] | None = None, more: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with these rows; number formats by column."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in (rows if isinstance(rows, dict) else {"Sheet1": rows}).items():
        sheet = book.create_sheet(name)
        for number, line in enumerate(lines, 1):
            for column, value in enumerate(line, 1):
                if value is not None:
                    sheet.cell(number, column, value)
        for column, code in (formats or {}).items():
            for cell in sheet[column]:
                cell.number_format = code
    if more:
        more(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text_ref(formula: str, *stale: str) -> str:
    points = "".join(f'<c:pt idx="{i}"><c:v>{text}</c:v></c:pt>' for i, text in enumerate(stale))
    return f'<c:strRef><c:f>{formula}</c:f><c:strCache><c:ptCount val="{len(stale)}"/>{points}</c:strCache></c:strRef>'


def number_ref(formula: str, *stale: str) -> str:
    return text_ref(formula, *stale).replace("strRef", "numRef").replace("strCache", "numCache")


def series(name: str, categories: str, values: str, more: str = "") -> str:
    """One series of columns; its copies are stale, as those of a template are."""
    return (
        f'<c:ser><c:idx val="0"/><c:order val="0"/><c:tx>{text_ref(name, "{{ stale }}")}</c:tx><c:invertIfNegative val="0"/>{more}'
        f"<c:cat>{text_ref(categories, '{{ u.name }}')}</c:cat><c:val>{number_ref(values, '0')}</c:val></c:ser>"
    )


def chart_xml(*all_series: str, title: str = "", kind: str = "barChart", tail: str = "") -> str:
    shown = f'<c:title><c:tx><c:rich><a:bodyPr/><a:p>{title}</a:p></c:rich></c:tx><c:overlay val="0"/></c:title>' if title else ""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<c:chartSpace xmlns:c="{C}" xmlns:a="{A}" xmlns:r="{R}"><c:chart>{shown}<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
        f'<c:{kind}><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>{"".join(all_series)}<c:axId val="1"/><c:axId val="2"/>'
        f'</c:{kind}><c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/>'
        '<c:crossAx val="2"/></c:catAx><c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
        '<c:axPos val="l"/><c:crossAx val="1"/></c:valAx></c:plotArea><c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
        f"{tail}</c:chartSpace>"
    )


def runs(*texts: str) -> str:
    """Drawn text in so many runs."""
    return "".join(f'<a:r><a:rPr lang="zh-CN"/><a:t>{text}</a:t></a:r>' for text in texts)


def chart_here(number: int = 1) -> Callable[[Any], None]:
    """A block for the fixture `word`: a paragraph with the drawing of a chart."""
    xml = (
        '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:r><w:drawing>'
        '<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        f'<wp:extent cx="5400000" cy="2700000"/><wp:docPr id="{number}" name="Chart {number}"/><wp:cNvGraphicFramePr/>'
        f'<a:graphic xmlns:a="{A}"><a:graphicData uri="{C}"><c:chart xmlns:c="{C}" xmlns:r="{R}" r:id="rIdChart{number}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    return lambda paper: paper.element.body.insert(len(paper.element.body) - 1, parse_xml(xml))


def with_charts(drawn: Drawn, *charts: tuple[str, bytes | None]) -> Drawn:
    """The Word template with the parts of its charts: XML and data sheet of each."""
    with zipfile.ZipFile(drawn.path) as archive:
        types, arrows = (archive.read(name).decode() for name in ("[Content_Types].xml", "word/_rels/document.xml.rels"))
    parts: dict[str, bytes] = {}
    types = types.replace("</Types>", f'<Default Extension="xlsx" ContentType="{_BOOK}"/></Types>')
    for number, (xml, data) in enumerate(charts, 1):
        name = f"charts/chart{number}.xml"
        types = types.replace("</Types>", f'<Override PartName="/word/{name}" ContentType="{_TYPE}"/></Types>')
        arrow = f'<Relationship Id="rIdChart{number}" Type="{R}/chart" Target="{name}"/></Relationships>'
        arrows = arrows.replace("</Relationships>", arrow)
        parts[f"word/{name}"] = xml.encode("utf-8")
        if data is not None:
            parts[f"word/embeddings/sheet{number}.xlsx"] = data
            parts[f"word/charts/_rels/chart{number}.xml.rels"] = (
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                f'<Relationship Id="rId1" Type="{R}/package" Target="../embeddings/sheet{number}.xlsx"/></Relationships>'
            ).encode()
    return drawn.with_parts({**parts, "[Content_Types].xml": types.encode(), "word/_rels/document.xml.rels": arrows.encode()})


DATA_LINK = '<c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData>'
