"""The latest statements a report cites: periods of figures, not any date."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.inspection_reports.analysis.statements import latest_statement, statements
from postloan.period import Period

WRITTEN = date(2014, 6, 10)
DATED = ["{y}年{m}月末报表显示", "截至{y}年{m}月{d}日，资产总额3万元", "{y}.{m}月末资产", "{y}-{m:02d}-{d}报表", "{y}.{m}报表"]


@pytest.mark.parametrize(
    ("text", "last_day"),
    [
        ("2014年3月末资产总额5000万元", "2014-03-31"),
        ("2014年一季度报表显示，负债减少", "2014-03-31"),
        ("2014年第1季度利润表", "2014-03-31"),
        ("２０１４年１－３月份利润表", "2014-03-31"),
        ("2014.1-5月净利润30万元", "2014-05-31"),
        ("2014.3.31资产负债表", "2014-03-31"),
        ("2014Q1报表", "2014-03-31"),
        ("二〇一三年末资产总额5000万元", "2013-12-31"),
        ("三月末报表", "2014-03-31"),
        ("今年1月至5月实现利润30万元", "2014-05-31"),
        ("前5个月营业收入300万元", "2014-05-31"),
        ("上年末负债100万元", "2013-12-31"),
        ("一季度末流动资产100万元", "2014-03-31"),
        ("上季度末报表显示资产5000万元", "2014-03-31"),
        ("2013年度财务报表经审计", "2013-12-31"),
        ("2013年年报显示资产总额", "2013-12-31"),
        ("2013年实现营业收入8000万元", "2013-12-31"),
        ("2013年三季报显示净利润", "2013-09-30"),
        ("2013年上半年净利润30万元", "2013-06-30"),
        ("12年末资产3000万元", "2012-12-31"),
        ("截至2014年5月31日，企业资产总额3000万元", "2014-05-31"),
        ("截至2014年6月5日，企业资产总额3000万元", "2014-06-05"),
        ("取5月末未审计报表：负债8253万元", "2014-05-31"),
        ("截至3月末，企业资产总额100万元，2013年末为90万元", "2014-03-31"),
        ("4月末资产90万元。5月末报表，资产100万元", "2014-05-31"),
    ],
)
def test_a_period_of_statements_is_cited(text: str, last_day: str) -> None:
    assert latest_statement(text, WRITTEN) == date.fromisoformat(last_day)


@pytest.mark.parametrize(
    "text",
    [
        "企业总资产4959万元，较年初下降1.5%",
        "企业资产较2013年末下降",
        "与2013年末相比资产增加",
        "6月10日现场检查，企业资产3000万元",
        "6月10日查看资产负债表",
        "企业2009年9月成立，资产规模较大",
        "公司2010年改制后资产重组",
        "抵押物2013年评估，资产完好",
        "购置固定资产于2013年末完工",
        "依据企业邮寄的1月至2月产销报表开展核查",
        "报表未经审计，年报审计后应补充比对",
        "近3年利润平稳",
        "2014年初资产100万元",
        "2014年以来利润下降",
        "收入达到2013.5万元",
        "2014年13月末资产",
        "2014年2月30日，资产100万元",
        "",
    ],
)
def test_other_dates_are_no_citation(text: str) -> None:
    assert latest_statement(text, WRITTEN) is None


@pytest.mark.parametrize(
    "text",
    [
        "2014年6月末资产100万元",
        "二季度销售收入1200万元",
        "2014年半年报资产",
        "11月末资产总额",
        "下半年度销售收入9万元",
        "预计2014年5月末资产100万元",
        "贷款2014年5月末到期，以销售收入归还",
    ],
)
def test_what_is_to_come_or_planned_is_no_citation(text: str) -> None:
    assert latest_statement(text, WRITTEN) is None


@pytest.mark.parametrize(
    "text", ["未提供2014年一季度财务报表", "2014年一季度财务报表，企业未提供", "一季度报表尚未出具", "待企业提供5月末报表"]
)
def test_missing_statements_are_no_citation(text: str) -> None:
    assert latest_statement(text, WRITTEN) is None
    assert latest_statement("企业仅提供2013年末报表，" + "未提供2014年一季度财务报表", WRITTEN) == date(2013, 12, 31)


def test_a_month_without_its_year_is_the_nearest() -> None:
    assert latest_statement("11月末报表", date(2014, 2, 10)) == date(2013, 11, 30)
    assert latest_statement("三季度末资产100万元", date(2014, 1, 10)) == date(2013, 9, 30)


@given(st.dates(date(2001, 1, 1), date(2030, 12, 31)), st.integers(0, 800), st.sampled_from(DATED))
def test_a_dated_month_is_cited_exactly_and_never_when_it_is_to_come(day: date, later: int, wording: str) -> None:
    last = Period.parse_day(day).as_of
    text = wording.format(y=last.year, m=last.month, d=last.day)
    assert latest_statement(text, last + timedelta(days=later)) == last
    assert latest_statement(text, last - timedelta(days=1)) is None


@given(
    st.text("二〇一四2013年月末季度上半去今本第前个Q-—至./,，。报表资产未提供较与十", max_size=24),
    st.dates(date(1995, 1, 1), date(2040, 1, 1)),
)
def test_no_text_is_too_odd_and_nothing_cited_is_to_come(text: str, written_on: date) -> None:
    found = latest_statement(text + "资产", written_on)
    assert found is None or found <= written_on


def test_the_latest_of_all_sections_is_one_row_a_report() -> None:
    found = statements(
        pa.array(["a", "a", "b", "c", "d"]),
        pa.chunked_array([["2013年末资产100万元", "4月末净利润3万元"], [None, "经营正常", "一季度报表"]]),
        pa.array([WRITTEN, WRITTEN, WRITTEN, WRITTEN, None]),
    )
    assert found.to_pylist() == [{"inspection_id": "a", "latest_statement_on": date(2014, 4, 30)}]
    assert statements([], [], []).num_rows == 0
