"""Blank is what says nothing; a numeric fact is what says how much."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.inspection_reports.analysis import is_blank, measure_sections, numeric_facts

BLANK = [
    "",
    "  \u3000\n",
    "\u200b",
    None,
    "无",
    "无。",
    "（无）",
    "【无】",
    "无无",
    "/",
    "/ / /",
    "-",
    "——",
    "……",
    "略",
    "略。",
    "不适用",
    "N/A",
    "n/a",
    "ＮＡ",
    "None",
    "暂无",
    "同上",
    "x",
    "请填写",
    "不涉及",
]
WRITTEN = ["正常", "无异常", "无不良贷款", "无逾期，无欠息", "0", "1", "经营正常无变化", "略有下降", "见附件", "无锡分公司"]

FACTS = {
    "截至2014年6月30日，企业在我行存款余额1,234.56万元，较年初增长12.5%，归行率百分之三十五点二。": [
        "1,234.56万元",
        "12.5%",
        "百分之三十五点二",
    ],
    "前五大供应商为三家企业，采购占比八成，员工一百二十五人，二季度进账3笔30万元。": ["三家", "八成", "一百二十五人", "3笔", "30万元"],
    "销售收入三百二十五万元，净利润二十万元，同比增长百分之十二。": ["三百二十五万元", "二十万元", "百分之十二"],
    "¥1,200.00，USD 500万元，人民币300万元，20-30万元，1.2亿元": ["¥1,200.00", "USD 500万元", "人民币300万元", "20-30万元", "1.2亿元"],
    "经营10年，账龄90天，提高0.5个百分点，杠杆2.5倍，3个月，24小时": ["10年", "90天", "0.5个百分点", "2.5倍", "3个月", "24小时"],
    "应收账款 1,234.56，存货１２３４万元，下降５％，约500余万元，亏损-5.3%": ["1,234.56", "１２３４万元", "５％", "500余万元", "-5.3%"],
    "一、基本情况\n1.2014年上半年销售收入5,000万元": ["5,000万元"],
    "较上年同期的2014.06万元": ["2014.06万元"],
    "2013年、2014年销售收入分别为100万元、200万元，1、3家企业停产": ["100万元", "200万元", "3家"],
    "6月30日存款120万元，三个月后到期": ["120万元", "三个月"],
    "实收资本壹仟贰佰万元整，保证金叁佰伍拾萬圆": ["壹仟贰佰万元", "叁佰伍拾萬圆"],
    "流动比率1.35，速动比率为0.8，资产负债率：63.12，产销率（%）98": ["1.35", "0.8", "63.12", "98"],
    "占3成，3成本": ["3成"],
    # tables: the unit above, in the head, beside the item, in a cell of its own; or an item that is measured
    "单位：万元\n项目\t2014\t2013\n1\t甲公司\t500\t(30.5)": ["500", "(30.5)"],
    "项目（万元）\t本期\t上年同期\n资产总额\t5230.6\t5011.2\n净利润\t-35.6\t": ["5230.6", "5011.2", "-35.6"],
    "资产总额（万元）\t5230.6": ["5230.6"],
    "存货\t万元\t300": ["300"],
    "营业收入   1200   1350\n速动比率|0.9": ["1200", "1350", "0.9"],
    "单位：万元\n资产：5230.6 负债：3301.5\n净资产（万元）1929": ["5230.6", "3301.5", "1929"],
    "金额单位为万元\n甲公司\t5230.6": ["5230.6"],
    "（人民币：万 元）\n甲公司\t12\t7": ["12", "7"],
    "应收账款5230.6（单位：万元），存货30（万元），周转天数62": ["5230.6", "30", "62"],
    "单位：元 资产合计 5230.6\n负债合计 3301.5": ["5230.6", "3301.5"],
    "销售收入\t1200万元\t较上年5%": ["1200万元", "5%"],
}
NO_FACTS = [
    "联系电话0571-88888888，手机13812345678，热线400-800-1234，账号6222020200112345678，身份证330102199001011234。",
    "1、生产经营正常。2、财务情况稳定。（3）一般。二、担保情况。①设备完好",
    "第二次检查，第3季度，一季度，2季度，2014Q2，6月末，2014-06-30，2014.6.30，2014/6，14年6月，1-6月，二〇一四年六月，十二月，6月30日14:30",
    "ISO9001认证，GB/T19001，4S店，A3纸，2号楼",
    "从三个方面分析，十分重视，统一管理，进一步加强，一般，一方面，一个企业，单位：万元，数百万元，上百家",
    "3成本，20项目，5人民币，比率2014年，环比1-2月",
    "单位：万元\n联系电话\t13812345678\n账号\t62284801\n到期日\t20140630\n项目\t2014\t2013.12\n1\t2",
    "客户\t分数\n甲公司\t20",
    "",
]


@pytest.mark.parametrize("text", BLANK)
def test_what_says_nothing_is_blank(text: str | None) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_short_answer_is_not_blank(text: str) -> None:
    assert not is_blank(text)


def test_what_the_policy_accepts_is_not_blank_but_nothing_at_all_is() -> None:
    assert not is_blank(" 无。", {"无"})
    assert not is_blank("／", {"/"})
    assert is_blank("略", {"无"})
    assert is_blank("", {"无", "/"})


@pytest.mark.parametrize(("text", "facts"), FACTS.items())
def test_numbers_that_say_how_much_are_facts(text: str, facts: list[str]) -> None:
    assert numeric_facts(text) == facts


@pytest.mark.parametrize("text", NO_FACTS)
def test_dates_telephones_marks_ordinals_and_words_are_no_facts(text: str) -> None:
    assert numeric_facts(text) == []


@given(
    st.decimals(0, 10**9, places=2),
    st.sampled_from(["元", "万元", "亿元", "%", "‰", "吨", "倍"]),
    st.sampled_from(["存款", "，占比", "共计 ", "（"]),
)
def test_every_amount_is_a_fact_plain_or_grouped(value: object, unit: str, before: str) -> None:
    assert numeric_facts(f"{before}{value}{unit}。") == [f"{value}{unit}"]
    assert numeric_facts(f"{before}{value:,}{unit}。") == [f"{value:,}{unit}"]


@given(
    st.dates(date(1950, 1, 1), date(2150, 1, 1)),
    st.sampled_from(["{0.year:04}年{0.month}月{0.day}日", "{0.month}月{0.day}日", "{0.month}月末"]),
)
def test_no_date_is_a_fact(day: object, form: str) -> None:
    assert numeric_facts(f"截至{form.format(day)}，余额") == []


@given(st.text(max_size=60))
def test_any_text_can_be_measured_and_a_blank_has_no_facts(text: str) -> None:
    assert all(fact in text for fact in numeric_facts(text))
    if is_blank(text):
        assert numeric_facts(text) == []


def test_sections_are_measured_in_their_order_with_the_words_allowed_for_each() -> None:
    measured = measure_sections(
        ["R1", "R1", "R2", "R2"],
        ["finance", "guarantee", "finance", "cash_flow"],
        [" 净利润 20万元，\n增长5% ", "无", None, "无"],
        {"guarantee": {"无"}},
    )
    assert measured.to_pylist() == [
        {"inspection_id": "R1", "section": "finance", "blank": False, "characters": 12, "numeric_facts": 2},
        {"inspection_id": "R1", "section": "guarantee", "blank": False, "characters": 1, "numeric_facts": 0},
        {"inspection_id": "R2", "section": "finance", "blank": True, "characters": 0, "numeric_facts": 0},
        {"inspection_id": "R2", "section": "cash_flow", "blank": True, "characters": 1, "numeric_facts": 0},
    ]
    assert measure_sections(pa.array([], pa.string()), pa.array([], pa.string()), pa.array([], pa.string())).num_rows == 0
