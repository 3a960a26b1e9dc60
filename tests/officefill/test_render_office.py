"""What comes out opens in an office program and counts to the same figures."""

from decimal import Decimal

import docx
import openpyxl
from drawing import png


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
