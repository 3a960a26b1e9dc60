"""Every spelling of the contract, and those it does not list."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.data.intake.blanks import BLANKS
from postloan.data.intake.cells import CellFault, parse
from postloan.data.schema import TYPES, FieldSpec, all_tables

CLASS5 = all_tables()["loan_balance"].fields["class5"]
ROLE = all_tables()["ab_role"].fields["role"]
blanks = st.text(st.sampled_from(BLANKS), max_size=3)


def spec(kind: str) -> FieldSpec:
    return FieldSpec("label", kind, values=CLASS5.values)


def check_of(text: str, kind: str) -> str:
    parsed = parse(text, spec(kind))
    assert isinstance(parsed, CellFault), parsed
    assert parsed.says
    return parsed.check


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.5", "1234.5"), ("1,234.50", "1234.50"), ("(1,234.50)", "-1234.50"), ("-12", "-12"), ("0", "0"), ("-0.00", "0"),
        ("１，２３４．５０", "1234.50"), ("（1,234.50）", "-1234.50"), ("－5", "-5"), ("−5", "-5"), ("1.2300", "1.23"), ("007", "7"),
        ("1234567890123456.78", "1234567890123456.78"), ("12,345,678", "12345678"), (".5", "0.5"), ("\u3000 12.00\xa0", "12"),
    ],
)  # fmt: skip
def test_an_amount_is_read_exactly(text, amount):
    assert parse(text, spec("money")) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["12,34", "1,2345", "1.234", "1e5", "1E5", "12万元", "12元", "￥12", "100-", "4.35%", "--1", "(-1)", "(1", "1_0", "Infinity",
     "nan", "١٢", "12 34", "12345678901234567", ".", "-", "1.", "1,234,56", "#N/A", "无"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text):
    assert check_of(text, "money") == "bad_money"


def test_an_amount_in_ten_thousands_is_told_about_the_unit():
    assert "yuan" in parse("12万元", spec("money")).says
    assert "yuan" in parse("3 亿", spec("money")).says


@pytest.mark.parametrize(
    "text",
    ["2014-06-20", "2014/6/20", "20140620", "2014年6月20日", "2014-6-20", "2014/06/20", "２０１４-０６-２０", " 2014-06-20\u3000", "2014年 6月 20日",
     "2014-06-20 00:00:00", "2014-06-20T00:00:00", "2014/6/20 0:00", "2014-06-20 00:00:00.000"],
)  # fmt: skip
def test_a_day_is_read_in_every_spelling(text):
    assert parse(text, spec("date")) == date(2014, 6, 20)


@pytest.mark.parametrize(
    "text",
    ["2014-02-30", "2014-13-01", "20140631", "41810", "41810.5", "1899-12-31", "3000-01-01", "2014-06", "20/06/2014", "2014-06/20", "不详",
     "2014-06-20 15:30", "14-06-20", "201406200", "2014-06-20 25:00", "00:00:00"],
)  # fmt: skip
def test_what_is_no_day_is_refused(text):
    assert check_of(text, "date") == "bad_date"


def test_a_bare_serial_number_is_told_what_it_is():
    assert "serial" in parse("41810", spec("date")).says


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-06-20", datetime(2014, 6, 20)), ("2014-06-20 15:30", datetime(2014, 6, 20, 15, 30)),
        ("2014/6/20 9:05:07", datetime(2014, 6, 20, 9, 5, 7)), ("2014-06-20T15:30:00", datetime(2014, 6, 20, 15, 30)),
        ("20140620 08:00", datetime(2014, 6, 20, 8)), ("2014年6月20日 23:59:59", datetime(2014, 6, 20, 23, 59, 59)),
        ("2014-06-20 15:30:00.25", datetime(2014, 6, 20, 15, 30, 0, 250000)), ("2014-06-20 １５：３０", datetime(2014, 6, 20, 15, 30)),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read_and_a_bare_day_is_midnight(text, moment):
    assert parse(text, spec("time")) == moment


@pytest.mark.parametrize("text", ["2014-06-20 24:00", "15:30", "2014-06-20 15", "2014-06-20 15:60", "下午三点", "41810.6"])
def test_what_is_no_time_is_refused(text):
    assert check_of(text, "time") == "bad_time"


@pytest.mark.parametrize(
    ("text", "name"),
    [("2014Q2", "2014Q2"), ("2014q2", "2014Q2"), ("2014H1", "2014H1"), ("2014-06", "2014-06"), ("2014", "2014"), ("２０１４Ｑ２", "2014Q2"),
     ("2014年2季度", "2014Q2"), ("2014年第二季度", "2014Q2"), ("2014年二季度", "2014Q2"), ("2014年上半年", "2014H1"), ("2014年6月", "2014-06"),
     ("2014年", "2014"), (" 2014 Q2 ", "2014Q2")],
)  # fmt: skip
def test_a_period_gets_its_canonical_name(text, name):
    assert parse(text, spec("period")) == name


@pytest.mark.parametrize("text", ["2014Q5", "2014-13", "2014年13月", "2014-06-01", "14Q2", "二季度", "2014Q", "2014年5季度", "20142"])
def test_what_is_no_period_is_refused(text):
    assert check_of(text, "period") == "bad_period"


@pytest.mark.parametrize("text", ["是", "Y", "y", "true", "TRUE", "True", "1", "１", "Ｙ", " 是 "])
def test_yes_in_every_spelling(text):
    assert parse(text, spec("flag")) is True


@pytest.mark.parametrize("text", ["否", "N", "n", "false", "FALSE", "0", "０"])
def test_no_in_every_spelling(text):
    assert parse(text, spec("flag")) is False


@pytest.mark.parametrize("text", ["yes", "√", "有", "2", "1.0", "-"])
def test_what_is_neither_yes_nor_no_is_refused(text):
    assert check_of(text, "flag") == "bad_flag"


@pytest.mark.parametrize("text", ["pass", "正常", " 正常", "PASS", "ｐａｓｓ"])
def test_a_code_or_its_label_becomes_the_code(text):
    assert parse(text, CLASS5) == "pass"


def test_a_code_in_capitals_stays_in_capitals():
    assert parse("A角", ROLE) == parse("a", ROLE) == "A"


def test_an_unknown_code_is_told_the_nearest_one():
    assert parse("可疑类", CLASS5).check == "unknown_code"
    assert "可疑" in parse("可疑类", CLASS5).says


@pytest.mark.parametrize(
    ("text", "same"),
    [("0012345678901234567", "0012345678901234567"), ("１２３", "123"), ("Ａ1", "A1"), ("'00123", "00123"), ("\t00123", "00123"),
     ('="00123"', "00123"), ("00\u200b1", "001"), ("\ufeff001", "001"), ("1E5", "1E5"), ("NA", "NA"), ("None", "None"), ("null", "null"),
     ("（2014）001号", "（2014）001号"), ("A 1", "A 1"), ("12345.0", "12345.0"), ("-", "-")],
)  # fmt: skip
def test_an_id_is_text_for_ever(text, same):
    assert parse(text, spec("id")) == same


@pytest.mark.parametrize("text", ["6.22202E+18", "6E+18", "1.23e+15".upper()])
def test_an_id_that_excel_has_cut_is_refused(text):
    assert check_of(text, "id") == "id_beyond_15_digits"


@pytest.mark.parametrize("text", ["合计", "合 计", "总计", "小计"])
def test_a_total_in_an_id_column_is_named(text):
    assert check_of(text, "id") == "total_row"


@pytest.mark.parametrize("kind", ["text", "name"])
def test_text_only_loses_its_outer_blanks(kind):
    assert parse("\u3000 张 三Ａ\xa0\n", spec(kind)) == "张 三Ａ"
    assert parse("NA", spec(kind)) == "NA"


def test_a_count_is_a_whole_number_from_zero():
    assert parse("1,234", spec("count")) == 1234
    assert check_of("-1", "count") == check_of("1.5", "count") == "bad_count"


@pytest.mark.parametrize("kind", TYPES)
@given(blanks)
def test_blanks_alone_are_no_value(kind, text):
    assert parse(text, spec(kind)) is None


@pytest.mark.parametrize("kind", TYPES)
@given(st.text())
def test_any_text_is_a_value_a_fault_or_blank(kind, text):
    parsed = parse(text, spec(kind))
    assert parsed is None or isinstance(parsed, CellFault | str | date | Decimal | int)


@pytest.mark.parametrize("kind", TYPES)
@given(st.text(min_size=1), blanks, blanks)
def test_outer_blanks_change_nothing(kind, text, before, after):
    assert parse(before + text + after, spec(kind)) == parse(text, spec(kind))


@given(st.decimals(-(10**15), 10**15, places=2), st.booleans(), st.booleans())
def test_amounts_come_back_from_any_spelling(amount, grouped, bracketed):
    text = f"{abs(amount):,.2f}" if grouped else f"{abs(amount):.2f}"
    text = text if amount >= 0 else f"({text})" if bracketed else f"-{text}"
    assert parse(text, spec("money")) == amount
    assert parse(text.translate({i: i + 0xFEE0 for i in range(0x21, 0x7F)}), spec("money")) == amount


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_days_come_back_from_any_spelling(day):
    y, m, d = day.year, day.month, day.day
    for text in (day.isoformat(), f"{y}/{m}/{d}", f"{y}{m:02}{d:02}", f"{y}年{m}月{d}日"):
        assert parse(text, spec("date")) == day
