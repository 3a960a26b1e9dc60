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


def spec(kind: str, name: str = "", required: bool = False) -> FieldSpec:
    return FieldSpec("label", kind, name, required, values=CLASS5.values)


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
        ("￥1,234.50", "1234.50"), ("¥-5", "-5"), ("1,234.50元", "1234.50"), ("人民币1,234元整", "1234"), ("+1,234.5", "1234.5"), ("50.00-", "-50"),
        ("1.2345E6", "1234500"), ("1e5", "100000"), ("1,234.5万", "12345000"), ("890万元", "8900000"), ("3 亿", "300000000"), ("0.00001万", "0.1"),
        ("2.5千元", "2500"), ("12元", "12"),
    ],
)  # fmt: skip
def test_an_amount_is_read_exactly(text, amount):
    assert parse(text, spec("money")) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["12,34", "1,2345", "1.234", "1E-3", "12吨", "$12", "-100-", "(100-)", "4.35%", "--1", "0.0000001万", "(-1)", "(1", "1_0", "Infinity",
     "NA", "١٢", "12 34", "12345678901234567", ".", "1.", "1,234,56", "不详", "1E99"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text):
    assert check_of(text, "money") == "bad_money"


NOTHING = ["-", "–", "—", "/", "\\", "无", "空", "NULL", "null", "\\N", "N/A", "NaN", "None", " － ", "／"]


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "flag"])
@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_spelt_in_many_ways_where_nothing_may_be(kind, text):
    text = text.strip() if kind in ("text", "name") else text
    assert parse(text, spec(kind)) is None or text in "／－" and kind in ("text", "name")


def test_a_lone_dash_is_zero_where_an_amount_must_be():
    for dash in ("-", "–", "—", "－"):
        assert parse(dash, spec("money", required=True))[:2] == (Decimal(0), "dash_is_zero")
    assert parse("NULL", spec("money", required=True)).check == "bad_money"


def test_a_verbatim_text_keeps_its_words():
    assert parse("无", all_tables()["report_section"].fields["text"]) == "无"


@pytest.mark.parametrize("text", ["0", "00000000", "0000-00-00", "0001-01-01", "1900-01-00", "1900-01-01", "1900/1/1"])
@pytest.mark.parametrize("kind", ["date", "time"])
def test_days_that_systems_write_for_nothing_are_none(kind, text):
    assert parse(text, spec(kind)) is None
    assert isinstance(parse(text, spec(kind, required=True)), CellFault | date)


@pytest.mark.parametrize("text", ["9999-12-31", "99991231", "2100-01-01", "长期", "永久", "至今", "无固定期限"])
def test_an_open_end_is_nothing_or_far_away(text):
    assert parse(text, spec("date", "valid_to")) is None
    assert parse(text, spec("date", "valid_to", required=True)) == date(2999, 12, 31)


def test_2099_ends_on_its_last_day():
    assert parse("2099-12-31", spec("date", "valid_to")) == date(2099, 12, 31)


@pytest.mark.parametrize(
    "text",
    ["2014-06-20", "2014/6/20", "20140620", "2014年6月20日", "2014-6-20", "2014/06/20", "２０１４-０６-２０", " 2014-06-20\u3000", "2014年 6月 20日",
     "2014-06-20 00:00:00", "2014-06-20T00:00:00", "2014/6/20 0:00", "2014-06-20 00:00:00.000",
     "2014.6.20", "2014年06月20号", "20-Jun-2014", "20-JUN-14", "20 June 2014", "June 20, 2014", "20/06/2014", "06/20/2014", "41810", "二〇一四年六月二十日",
     "2014-06-20T00:00:00.000+08:00", "2014-06-20T00:00:00Z", "2014-06-19T16:00:00Z", "20140620000000", "2014-06-20 00:00:00.0", "2014-06-20 星期五"],
)  # fmt: skip
def test_a_day_is_read_in_every_spelling(text):
    assert parse(text, spec("date")) == date(2014, 6, 20)


@pytest.mark.parametrize(
    "text",
    ["2014-02-30", "2014-13-01", "20140631", "4181", "41810.5", "1899-12-31", "2014-06", "05/06/2014", "31/06/2014", "2014-06/20", "不详",
     "2014-06-20 15:30", "14-06-20", "201406200", "2014-06-20 25:00", "00:00:00"],
)  # fmt: skip
def test_what_is_no_day_is_refused(text):
    assert check_of(text, "date") == "bad_date"


def test_a_number_that_is_no_day_and_a_day_that_is_two_are_told_so():
    assert "number" in parse("4181", spec("date")).says
    assert "either way" in parse("05/06/2014", spec("date")).says


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-06-20", datetime(2014, 6, 20)), ("2014-06-20 15:30", datetime(2014, 6, 20, 15, 30)),
        ("2014/6/20 9:05:07", datetime(2014, 6, 20, 9, 5, 7)), ("2014-06-20T15:30:00", datetime(2014, 6, 20, 15, 30)),
        ("20140620 08:00", datetime(2014, 6, 20, 8)), ("2014年6月20日 23:59:59", datetime(2014, 6, 20, 23, 59, 59)),
        ("2014-06-20 15:30:00.25", datetime(2014, 6, 20, 15, 30, 0, 250000)), ("2014-06-20 １５：３０", datetime(2014, 6, 20, 15, 30)),
        ("2014-06-20T18:00:00Z", datetime(2014, 6, 21, 2)), ("2014-06-20T00:00:00Z", datetime(2014, 6, 20, 8)), ("20140620T180000+0800", datetime(2014, 6, 20, 18)),
        ("2014-06-20T18:00-05:00", datetime(2014, 6, 21, 7)), ("2014-06-20 下午6:00", datetime(2014, 6, 20, 18)), ("2014-06-20 6:00 PM", datetime(2014, 6, 20, 18)),
        ("2014年6月20日 上午12点30分", datetime(2014, 6, 20, 0, 30)), ("2014-06-20 中午12:15", datetime(2014, 6, 20, 12, 15)),
        ("20140620180000", datetime(2014, 6, 20, 18)), ("41810.75", datetime(2014, 6, 20, 18)),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read_and_a_bare_day_is_midnight(text, moment):
    assert parse(text, spec("time")) == moment


@pytest.mark.parametrize(
    "text", ["2014-06-20 24:00", "15:30", "2014-06-20 15", "2014-06-20 15:60", "下午三点", "2014-06-20 上午15:00", "4181.6"]
)
def test_what_is_no_time_is_refused(text):
    assert check_of(text, "time") == "bad_time"


@pytest.mark.parametrize(
    ("text", "name"),
    [("2014Q2", "2014Q2"), ("2014q2", "2014Q2"), ("2014H1", "2014H1"), ("2014-06", "2014-06"), ("2014", "2014"), ("２０１４Ｑ２", "2014Q2"),
     ("2014年2季度", "2014Q2"), ("2014年第二季度", "2014Q2"), ("2014年二季度", "2014Q2"), ("2014年上半年", "2014H1"), ("2014年6月", "2014-06"),
     ("2014年", "2014"), (" 2014 Q2 ", "2014Q2"), ("2014-Q2", "2014Q2"), ("2014Q2季度", "2014Q2"), ("201402Q", "2014Q2"), ("2014第二季度", "2014Q2"),
     ("2014年Q2", "2014Q2"), ("2014年度", "2014"), ("2014年06月份", "2014-06"), ("2014下半年", "2014H2"), ("2014-6", "2014-06"), ("2014.06", "2014-06"), ("2014年度第二季度", "2014Q2"), ("2014_Q2", "2014Q2")],
)  # fmt: skip
def test_a_period_gets_its_canonical_name(text, name):
    assert parse(text, spec("period")) == name


@pytest.mark.parametrize("text", ["2014Q5", "2014-13", "2014年13月", "2014-06-01", "14Q2", "二季度", "2014Q", "2014年5季度", "20142"])
def test_what_is_no_period_is_refused(text):
    assert check_of(text, "period") == "bad_period"


@pytest.mark.parametrize("text", ["是", "Y", "y", "true", "TRUE", "True", "1", "１", "Ｙ", " 是 ", "√", "✓", "T", "有", "Yes", "1.0"])
def test_yes_in_every_spelling(text):
    assert parse(text, spec("flag")) is True


@pytest.mark.parametrize("text", ["否", "N", "n", "false", "FALSE", "0", "０", "×", "F", "无", "No", "0.0"])
def test_no_in_every_spelling(text):
    assert parse(text, spec("flag")) is False


@pytest.mark.parametrize("text", ["是否", "2", "未知", "?"])
def test_what_is_neither_yes_nor_no_is_refused(text):
    assert check_of(text, "flag") == "bad_flag"


@pytest.mark.parametrize(
    "text",
    [
        "pass",
        "正常",
        " 正常",
        "PASS",
        "ｐａｓｓ",
        "正常类",
        "1-正常",
        "01",
        "FQ01",
        "正常1级",
        "正常（A）",
        "五级-正常",
        "01.正常类",
        "Normal",
    ],
)
def test_a_code_or_its_label_becomes_the_code(text):
    assert parse(text, CLASS5) == "pass"


def test_a_code_in_capitals_stays_in_capitals():
    assert parse("A角", ROLE) == parse("a", ROLE) == "A"


def test_an_unknown_code_is_told_the_nearest_one():
    assert parse("可疑似", CLASS5).check == "unknown_code"
    assert "可疑" in parse("可疑似", CLASS5).says


@pytest.mark.parametrize(
    ("text", "same"),
    [("0012345678901234567", "0012345678901234567"), ("１２３", "123"), ("Ａ1", "A1"), ("'00123", "00123"), ("\t00123", "00123"),
     ('="00123"', "00123"), ("00\u200b1", "001"), ("\ufeff001", "001"), ("1E5", "1E5"), ("NA", "NA"), ("None", "None"), ("null", "null"),
     ("（2014）001号", "（2014）001号"), ("A 1", "A 1"), ("12345.0", "12345.0"), ("ＺＨ－０１", "ZH-01"), ('"001"', "001"), ("‘001", "001"), ("TBD01", "TBD01")],
)  # fmt: skip
def test_an_id_is_text_for_ever(text, same):
    assert parse(text, spec("id", required=True)) == same


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


@given(st.dates(date(1900, 1, 2), date(2099, 12, 31)))
def test_days_come_back_from_any_spelling(day):
    y, m, d = day.year, day.month, day.day
    for text in (day.isoformat(), f"{y}/{m}/{d}", f"{y}{m:02}{d:02}", f"{y}年{m}月{d}日"):
        assert parse(text, spec("date")) == day


@pytest.mark.parametrize("kind", ["id", "text", "date", "money", "flag", "count", "period"])
@pytest.mark.parametrize("text", ["#N/A", "#REF!", " #div/0! "])
def test_an_error_of_excel_is_one_in_a_text_file_too(kind, text):
    assert check_of(text, kind) == "error_cell"


@pytest.mark.parametrize("text", ["***", "？", ";", "---", "待定", "未知", "见附件", "TBD"])
def test_what_can_be_no_id_is_told(text):
    assert check_of(text, "id") == "bad_id"


@pytest.mark.parametrize(
    "text", ["'2014-06-05", '="2014-06-05"', "2014年6月5", "2014、6、5", "2014 - 06 - 05", "2014—06—05", "2014-06-05+08:00"]
)
def test_marks_and_signs_around_a_day_change_nothing(text):
    assert parse(text, spec("date")) == date(2014, 6, 5)


@pytest.mark.parametrize(
    "text", ["2014-06-20-18.00.00.000000", "201406201800", "2014-06-20 18:00 CST", "Fri Jun 20 18:00:00 CST 2014", "2014/6/20,18:00"]
)
def test_clocks_of_systems(text):
    assert parse(text, spec("time")) == datetime(2014, 6, 20, 18)


@pytest.mark.parametrize("text", ["人民币：1,234.50", "1234.50(元)", "1,234.50RMB", "1234.50圆", "'1234.50", "0.123450（万元）"])
def test_words_around_an_amount(text):
    assert parse(text, spec("money")) == Decimal("1234.50")


@pytest.mark.parametrize(
    ("text", "flag"), [("1-是", True), ("0-否", False), ("是(1)", True), ("Y|是", True), ("不是", False), ("00", False)]
)
def test_flags_with_their_numbers(text, flag):
    assert parse(text, spec("flag")) is flag


@pytest.mark.parametrize("text", ["是/否", "Y/N", "是（否）"])
def test_both_answers_are_none(text):
    assert check_of(text, "flag") == "bad_flag"


@pytest.mark.parametrize("text", ["[1]正常", "【01】正常", "1|正常", "正常。", "（1）正常类", "'正常"])
def test_codes_in_brackets(text):
    assert parse(text, CLASS5) == "pass"


@pytest.mark.parametrize("text", ["正常/关注", "关注、次级"])
def test_two_codes_at_once_are_none(text):
    assert parse(text, CLASS5).check == "unknown_code"
