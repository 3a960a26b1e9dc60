"""What people insert into a report is read, or named as unread: its section is never blank."""

import io

import openpyxl
import pytest
from postloan.inspection_reports.analysis import numeric_facts
from postloan.inspection_reports.sections.one_report import Form, read_report
from postloan.inspection_reports.word_text.picture_hash import PictureHash

from tests.inspection_reports.word_reports.drawn import p, sdt, tbl, tc, tr, word
from tests.inspection_reports.word_reports.scenes import logo, saved, scene

A = "http://schemas.openxmlformats.org/drawingml/2006"
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def read(tmp_path, *body, parts=None, form=None):
    """The report with these paragraphs; the parts have the ids p0, p1 …"""
    parts = parts or {}
    each = "".join(f'<Relationship Id="p{i}" Type="{TYPES}/x" Target="{name}"/>' for i, name in enumerate(parts))
    rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'
    path = tmp_path / "report.docx"
    path.write_bytes(
        word(*body, parts={f"word/{name}": content for name, content in parts.items()} | {"word/_rels/document.xml.rels": rels})
    )
    return read_report(path, form or Form())


def run(inside):
    return p("", inside=f"<w:r>{inside}</w:r>")


def picture(number=0):
    return run(f'<w:drawing><a:blip xmlns:a="{A}/main" r:embed="p{number}"/></w:drawing>')


OBJECT = '<w:object><v:shape><v:imagedata r:id="p1"/></v:shape><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" r:id="p0"/></w:object>'
CHUNK = '<w:altChunk r:id="p0"/>'
TITLE, NEXT = p("三、客户财务情况核查"), p("四、检查结论")


def workbook():
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["项目（万元）", "本期", "上期"], ["资产总额", 5230.6, 5011], ["净利润", -35.6, None]):
        book.active.append(row)
    book.create_sheet("藏").append(["隐藏", 1])
    book["藏"].sheet_state = "hidden"
    book.save(file)
    return file.getvalue()


def test_an_embedded_workbook_is_read_as_a_table(tmp_path):
    report = read(tmp_path, TITLE, run(OBJECT), NEXT, p("好"), parts={"embeddings/a.xlsx": workbook(), "media/a.emf": b"x"})
    assert report.sections == {"finance": "项目（万元）\t本期\t上期\n资产总额\t5230.6\t5011\n净利润\t-35.6", "conclusion": "好"}
    assert report.unread == frozenset() and numeric_facts(report.sections["finance"]) == ["5230.6", "5011", "-35.6"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.docx", word(p("资产总额5230万元"))), ("a.html", "<html><body><p>资产<b>总额</b>5230万元</p></body></html>".encode("gb18030")),
     ("a.txt", "资产总额5230万元".encode()), ("a.mht", "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>资产总额5230万元</p>".encode())],
)  # fmt: skip
@pytest.mark.parametrize("place", ["body", "cell", "control"])
def test_a_file_that_word_puts_in_is_read(tmp_path, name, content, place):
    if place == "body":
        body = [TITLE, CHUNK, NEXT]
    elif place == "cell":
        body = [tbl(tr("客户财务情况核查", tc(CHUNK)), tr("检查结论", ""))]
    else:
        body = [TITLE, sdt(CHUNK), NEXT]
    report = read(tmp_path, *body, parts={name: content})
    assert report.sections == {"finance": "资产总额5230万元", "conclusion": ""} and not report.unread


def test_a_page_gives_its_table_row_by_row_and_its_headings(tmp_path):
    page = "<html><body><h1>三、客户财务情况核查</h1><table><tr><th>项目</th><th>万元</th></tr><tr><td>资产</td><td>52</td></tr></table></body></html>"
    assert read(tmp_path, CHUNK, parts={"a.html": page}).sections == {"finance": "项目\t万元\n资产\t52"}


def test_charts_and_diagrams_are_read_as_text(tmp_path):
    chart = f"""<c:chartSpace xmlns:c="{A}/chart"><c:ser><c:tx><c:v>收入（万元）</c:v></c:tx><c:cat><c:pt><c:v>4月</c:v></c:pt><c:pt><c:v>5月</c:v></c:pt></c:cat>
        <c:val><c:pt><c:v>100</c:v></c:pt><c:pt><c:v>120</c:v></c:pt></c:val></c:ser></c:chartSpace>"""
    drawn = run(f'<w:drawing><c:chart xmlns:c="{A}/chart" r:id="p0"/></w:drawing>')
    assert read(tmp_path, TITLE, drawn, parts={"charts/c.xml": chart}).sections == {"finance": "收入（万元）\n4月\t100\n5月\t120"}
    diagram = (
        f'<d:dataModel xmlns:d="{A}/diagram" xmlns:a="{A}/main"><d:pt><a:t>上游甲</a:t></d:pt><d:pt><a:t>下游乙</a:t></d:pt></d:dataModel>'
    )
    drawn = run(f'<w:drawing><d:relIds xmlns:d="{A}/diagram" r:dm="p0"/></w:drawing>')
    assert read(tmp_path, TITLE, drawn, parts={"d.xml": diagram}).sections == {"finance": "上游甲\n下游乙"}


PHOTO = saved(scene(1))
UNREAD = {
    "a picture": (picture(), {"media/a.jpeg": PHOTO}),
    "an old picture": (run('<w:pict><v:shape><v:imagedata r:id="p0"/></v:shape></w:pict>'), {"media/a.emf": b"x"}),
    "a picture that is not there": (run('<w:pict><v:shape><v:imagedata r:id="p0"/></v:shape></w:pict>'), {}),
    "an object that is not there": (run('<w:object><v:shape id="a"><v:imagedata r:id="rId9"/></v:shape></w:object>'), {}),
    "an embedded file of another program": (run(OBJECT), {"embeddings/a.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}),
    "a damaged workbook": (run(OBJECT), {"embeddings/a.xlsx": workbook()[:900]}),
    "a text with formatting instructions": (CHUNK, {"a.rtf": b"{\\rtf1 x}"}),
    "a chunk that is not there": (CHUNK, {}),
    "a chart without values": (run(f'<w:drawing><c:chart xmlns:c="{A}/chart" r:id="p0"/></w:drawing>'), {"c.xml": "<a/>"}),
}


@pytest.mark.parametrize(("inside", "parts"), UNREAD.values(), ids=UNREAD)
@pytest.mark.parametrize("place", ["body", "cell", "under", "text box"])
def test_what_cannot_be_read_is_unread_in_its_section_and_in_no_other(tmp_path, inside, parts, place):
    body = {
        "body": (TITLE, inside, NEXT, p("好")),
        "cell": (tbl(tr("客户财务情况核查", tc(inside)), tr("检查结论", "好")),),
        "under": (tbl(tr("客户财务情况核查"), tr(tc(inside)), tr("检查结论"), tr("好")),),
        "text box": (TITLE, run(f"<w:pict><w:txbxContent>{inside}</w:txbxContent></w:pict>"), NEXT, p("好")),
    }[place]
    report = read(tmp_path, *body, parts=parts)
    assert report.sections == {"finance": "", "conclusion": "好"} and report.unread == {"finance"}


def test_icons_and_pictures_of_the_form_and_deleted_ones_say_nothing(tmp_path):
    parts = {"media/a.png": saved(logo((40, 40)), "PNG"), "media/b.jpeg": PHOTO}
    assert read(tmp_path, TITLE, picture(0), NEXT, p("好"), parts=parts).unread == frozenset()
    [printed] = read(tmp_path, TITLE, picture(1), NEXT, p("好"), parts=parts).photos
    form = Form(pictures=[PictureHash("", printed.sha256, printed.dhash)])
    assert read(tmp_path, TITLE, picture(1), NEXT, p("好"), parts=parts, form=form).unread == frozenset()
    deleted = p("", inside=f'<w:del w:id="1"><w:r><w:drawing><a:blip xmlns:a="{A}/main" r:embed="p1"/></w:drawing></w:r></w:del>')
    assert read(tmp_path, TITLE, deleted, NEXT, p("好"), parts=parts).unread == frozenset()


def test_a_document_inside_a_document_inside_the_report_is_not_opened(tmp_path):
    def holding(content):
        rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="p0" Type="{TYPES}/aFChunk" Target="a.docx"/></Relationships>'
        return word(p("外"), CHUNK, parts={"word/a.docx": content, "word/_rels/document.xml.rels": rels})

    report = read(tmp_path, TITLE, CHUNK, parts={"a.docx": holding(holding(word(p("内"))))})
    assert report.sections == {"finance": "外"} and report.unread == {"finance"}
