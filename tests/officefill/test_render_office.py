"""What comes out opens in an office program and counts to the same figures; what real people draw never breaks the engine."""

import io
import zipfile
from decimal import Decimal

import docx
import openpyxl
import pytest
from drawing import FILTERS, WHO, png
from officefill import open_template
from officefill.errors import BadTemplate
from places import SHARED

DRAWN = sorted((SHARED / "cn_docx").rglob("*.docx")) if SHARED.is_dir() else []
HOSTILE = (
    sorted(p for p in (SHARED / "hostile_office").rglob("*") if p.suffix in (".docx", ".xlsx", ".docm", ".dotx", ".xlsm"))
    if SHARED.is_dir()
    else []
)
SLOW = {"poc-shared-strings.xlsx"}  # 40 MB of texts: it opens, in seconds


def test_libreoffice_counts_a_filled_workbook_to_the_same_figures(book, converted, tmp_path):
    rows = [{"no": n, "amount": Decimal(n) + Decimal("0.25")} for n in range(1, 41)]
    total = sum(row["amount"] for row in rows)
    sheets = {
        "汇总": [["总额", "{{ total|formula('SUM(明细!B2:B2)') }}", "=B1*2"]],
        "明细": [
            ["号", "额"],
            ["{% for f in fs %}{{ f.no }}", "{{ f.amount }}", "=B2*2", "{% endfor %}"],
            ["计", "=SUM(B2:B2)", "=SUM(C2:C2)"],
        ],
    }
    (tmp_path / "filled.xlsx").write_bytes(book(sheets).fill(fs=rows, total=total))
    (out,) = converted("xlsx", tmp_path / "out", tmp_path / "filled.xlsx")
    counted = openpyxl.load_workbook(out, data_only=True)
    assert [Decimal(str(c.value)) for c in counted["汇总"][1][1:]] == [total, total * 2]
    assert [Decimal(str(c.value)) for c in counted["明细"][42][1:3]] == [total, total * 2]


def test_libreoffice_opens_a_filled_document(word, converted, tmp_path):
    drawn = word("{{ a }}", "{{ p|picture(4) }}", [["{% for f in fs %}{{ f }}", "{{ f }}{% endfor %}"]])
    (tmp_path / "filled.docx").write_bytes(drawn.fill(a="甲&乙", p=png(), fs=["A<B", "{{恒丰}}"]))
    (out,) = converted("docx", tmp_path / "out", tmp_path / "filled.docx")
    paper = docx.Document(str(out))
    assert paper.paragraphs[0].text == "甲&乙" and [r.cells[0].text for r in paper.tables[0].rows] == ["A<B", "{{恒丰}}"]


@pytest.mark.skipif(not DRAWN, reason="the Word templates of shared/data/cn_docx are not here")
def test_templates_real_people_drew_fill_or_are_refused_in_words():
    filled = 0
    for path in DRAWN:
        try:
            template = open_template(path, FILTERS)
        except BadTemplate as bad:
            assert bad.faults and all(fault.what and fault.where for fault in bad.faults), path
            continue
        if not template.names:
            data = template.render({}, WHO)
            before, after = zipfile.ZipFile(path), zipfile.ZipFile(io.BytesIO(data))
            changed = {name for name in after.namelist() if name not in before.namelist() or before.read(name) != after.read(name)}
            assert changed <= {"docProps/core.xml", "docProps/app.xml", "[Content_Types].xml", "_rels/.rels"}, path
            filled += 1
        else:
            with pytest.raises(BadTemplate, match="unknown name"):
                template.render({}, WHO)
    assert filled


@pytest.mark.skipif(not HOSTILE, reason="the files of shared/data/hostile_office are not here")
def test_hostile_files_fill_or_are_refused_in_words():
    for path in HOSTILE:
        if path.name in SLOW:
            continue
        try:
            data = open_template(path, FILTERS).render({}, WHO)
        except BadTemplate as bad:
            assert bad.faults and all(fault.what for fault in bad.faults), path
        else:
            assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None, path
