"""Amounts in reports: every spelling of one amount is that amount; an irregular numeral is none."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.inspection_reports.analysis.amounts import AMOUNT, PLAIN, amount
from postloan.inspection_reports.analysis.quoted_figures import quoted_figures
from postloan.numbers import daxie

FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
UNITS = {"元": 1, "千元": 10**3, "万元": 10**4, "百万元": 10**6, "千万元": 10**7, "亿元": 10**8}


@given(st.decimals(min_value=0, max_value=10**8, places=2), st.sampled_from(sorted(UNITS)), st.booleans(), st.booleans())
def test_an_amount_written_in_digits_reads_back_the_same(number: Decimal, unit: str, grouped: bool, full_width: bool) -> None:
    written = format(number, ",f" if grouped else "f") + unit
    [quoted] = quoted_figures("本季度销售收入" + (written.translate(FULL_WIDTH) if full_width else written) + "，同比持平。")
    assert (quoted.amount, quoted.unit, quoted.step) == (number * UNITS[unit], unit, Decimal(UNITS[unit]) / 100)


@given(st.integers(1, 10**12 - 1))
def test_an_amount_in_chinese_capitals_reads_back_the_same(yuan: int) -> None:
    [quoted] = quoted_figures(f"销售收入为{daxie(yuan)}。")
    assert quoted.amount == yuan


@given(st.text("0123456789.,，．０一二三千百十零两万亿元点 -至整/", max_size=14))
def test_no_text_is_too_odd_to_read(text: str) -> None:
    for found in re.finditer(AMOUNT, text.translate(PLAIN)):
        said = amount(found[0])
        assert said is None or (said.yuan >= 0 and said.step > 0)


@pytest.mark.parametrize(
    ("written", "yuan", "step"),
    [
        ("1,234.56万元", "12345600", "100"),
        ("１２亿元", "1200000000", "100000000"),
        ("1亿2000万元", "120000000", "10000"),
        ("三百二十万元", "3200000", "10000"),
        ("叁佰贰拾万元整", "3200000", "10000"),
        ("两千零五万元", "20050000", "10000"),
        ("一点二五亿元", "125000000", "1000000"),
        ("一百二十点五万元", "1205000", "1000"),
        ("一亿三千万元", "130000000", "10000"),
        ("十万元", "100000", "10000"),
        ("80元", "80", "1"),
    ],
)
def test_each_way_of_writing_has_its_value_and_its_last_digit(written: str, yuan: str, step: str) -> None:
    said = amount(written)
    assert said is not None
    assert (said.yuan, said.step) == (Decimal(yuan), Decimal(step))


@pytest.mark.parametrize("written", ["二三万元", "一千二万元", "百万元", "二〇〇万元", "1.5亿2000万元", "1亿2亿元", "三点元", "万元"])
def test_an_irregular_numeral_is_no_amount(written: str) -> None:
    assert amount(written) is None


@pytest.mark.parametrize("text", ["1200万美元", "1200万", "4.8万元/吨", "20.5.3万元"])
def test_no_amount_of_yuan_is_found_where_there_is_none(text: str) -> None:
    assert not [found for found in re.finditer(AMOUNT, text) if found.start() == 0]
