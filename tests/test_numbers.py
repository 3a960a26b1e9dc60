"""Numbers become text once, HALF_UP, and never as something they are not."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, localcontext
from itertools import product

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined, UndefinedError
from postloan import numbers
from postloan.numbers import FILTERS, NOT_APPLICABLE, date_short_cn, daxie, exact, parts_that_sum, percent, rounded, wan

FIGURES = sorted(set(FILTERS) - {"or_dash", "or_none", "exact"})
money = st.decimals(min_value=-(10**15), max_value=10**15, places=2, allow_nan=False)
amounts = st.decimals(min_value=Decimal(-(10**12)), max_value=Decimal(10**12), places=6, allow_nan=False)


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("x|percent", Decimal("0.7666666666666666666666666667"), "76.67%"),
        ("x|percent(1)", Decimal("0.0125"), "1.3%"),
        ("x|percent", Decimal("-0.000001"), "0.00%"),
        ("x|percent_number", Decimal("0.0175"), "1.75"),
        ("x|points", Decimal("0.0035"), "0.35个百分点"),
        ("x|points", Decimal("-0.0035"), "-0.35个百分点"),
        ("x|points_change", Decimal("0.0035"), "上升0.35个百分点"),
        ("x|points_change", Decimal("-0.0035"), "下降0.35个百分点"),
        ("x|points_change", Decimal("-0.00004999"), "持平"),
        ("x|points_change", Decimal("-0.00005"), "下降0.01个百分点"),
        ("x|points", Decimal("-0.000001"), "0.00个百分点"),
        ("x|points_change(since='上季度')", Decimal("0.0035"), "较上季度上升0.35个百分点"),
        ("x|points_change(since='上季度')", Decimal("-0.00004999"), "与上季度持平"),
        ("x|points_change(since='上季度')", None, "上季度无可比数据"),
        ("x|money", Decimal("7800000.00"), "780万元"),
        ("x|money", Decimal("1152100.57"), "115.21万元"),
        ("x|money", Decimal("99999999.99"), "1.00亿元"),
        ("x|money", Decimal(100000000), "1亿元"),
        ("x|money", Decimal("99999900.00"), "9999.99万元"),
        ("x|money", Decimal(817400000), "8.174亿元"),
        ("x|money", Decimal("207498900.57"), "2.07亿元"),
        ("x|money", Decimal(-5000), "-0.50万元"),
        ("x|money", 0, "0万元"),
        ("x|points(0)", Decimal("0.005"), "1个百分点"),
        ("x|points", Decimal(1), "100.00个百分点"),
        ("x|yuan", Decimal(70280000), "70280000.00元"),
        ("x|yuan(separator=True)", Decimal(70280000), "70,280,000.00元"),
        ("x|wan", Decimal(70280000), "7028.00万元"),
        ("x|wan(separator=True)", 70280000, "7,028.00万元"),
        ("x|wan_number(0)", Decimal("12345.67"), "1"),
        ("x|yi", Decimal(70280000), "0.70亿元"),
        ("x|yi_number", Decimal(123500000), "1.24"),
        ("x|whole", Decimal("58.00"), "58"),
        ("x|whole", numpy.int64(58), "58"),
        ("x|number", Decimal("92.50"), "92.5"),
        ("x|number", Decimal("1E+3"), "1000"),
        ("x|number(2)", 92, "92.00"),
        ("x|date_cn", date(2014, 6, 20), "2014年6月20日"),
        ("x|date_cn", datetime(2014, 6, 20, 23, 59), "2014年6月20日"),
        ("x|date_short_cn", date(2014, 6, 23), "6月23日"),
        ("x|date_iso", date(2014, 6, 3), "2014-06-03"),
        ("x|or_dash", "", "—"),
        ("x|or_dash", "李四", "李四"),
        ("x|or_none", None, "无"),
        ("x|yes_no", False, "否"),
        ("x|yes_no", True, "是"),
    ],
)
def test_a_template_gets_the_text_a_banker_would_write(template: str, value: object, text: str) -> None:
    environment = Environment(undefined=StrictUndefined)
    environment.filters |= FILTERS
    assert environment.from_string("{{ " + template + " }}").render(x=value) == text


@pytest.mark.parametrize("name", FIGURES)
def test_an_undefined_figure_is_not_applicable_and_never_zero(name: str) -> None:
    assert FILTERS[name](None) == NOT_APPLICABLE


@pytest.mark.parametrize("name", [*FIGURES, "exact", "or_dash"])
@pytest.mark.parametrize("value", [0.1, float("nan"), numpy.float64(1), pandas.NaT, pandas.NA, Decimal("NaN"), Decimal("Infinity")])
def test_a_value_that_is_not_exact_is_refused(name: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        FILTERS[name](value)


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "yes_no"])
def test_a_truth_value_is_no_number(name: str) -> None:
    with pytest.raises(TypeError):
        FILTERS[name](True)


@pytest.mark.parametrize("name", FILTERS)
def test_a_name_the_template_does_not_have_is_an_error(name: str) -> None:
    environment = Environment(undefined=StrictUndefined)
    environment.filters |= FILTERS
    with pytest.raises((UndefinedError, TypeError)):
        environment.from_string("{{ no_such_name|" + name + " }}").render()


@pytest.mark.parametrize("value", [Decimal("57.5"), Decimal("0.01")])
def test_a_count_with_a_fraction_is_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="57.5|0.01"):
        numbers.whole(value)


def test_halves_go_away_from_zero_for_every_three_place_value() -> None:
    for thousandths in range(-2000, 2001):
        size, last = divmod(abs(thousandths), 10)
        hundredths = (size + (last >= 5)) * (1 if thousandths >= 0 else -1)
        assert rounded(Decimal(thousandths).scaleb(-3), 2) == Decimal(hundredths).scaleb(-2)


@given(amounts, st.integers(-4, 6))
def test_rounding_moves_a_value_by_half_a_unit_at_most_and_only_once(value: Decimal, places: int) -> None:
    once = rounded(value, places)
    unit = Decimal(1).scaleb(-places)
    assert abs(once - value) * 2 <= unit
    assert rounded(once, places) == once
    assert "-0" != exact(once)


@given(money)
def test_text_of_money_reads_back_as_the_same_money(value: Decimal) -> None:
    assert Decimal(wan(value, 6).removesuffix("万元")) * 10_000 == value
    assert Decimal(numbers.yuan(value, separator=True).removesuffix("元").replace(",", "")) == value


def test_the_callers_decimal_context_does_not_change_a_figure() -> None:
    with localcontext(prec=3):
        assert wan(Decimal("123456789012.345")) == "12345678.90万元"
        assert percent(Decimal("0.123456789"), 5) == "12.34568%"
        assert numbers.points_change(Decimal("-0.123456"), 4) == "下降12.3456个百分点"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**18), max_value=10**18))
def test_exact_text_has_every_digit_and_no_exponent(value: Decimal) -> None:
    text = exact(value)
    assert Decimal(text) == value
    assert set(text) <= set("-0123456789.")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (Decimal("7028.50"), "7028.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-10"), "0.0000000001"),
        (Decimal("-0.00"), "0.00"),
        (7, "7"),
        (True, "true"),
        (date(2014, 6, 30), "2014-06-30"),
        ("=1+1", "=1+1"),
    ],
)
def test_exact_text_is_the_value_as_given(value: object, text: str) -> None:
    assert exact(value) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("7028", "柒仟零贰拾捌元整"),
        ("10001.05", "壹万零壹元零伍分"),
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("1000000.10", "壹佰万元壹角"),
        ("100010000", "壹亿零壹万元整"),
        ("100001000", "壹亿零壹仟元整"),
        ("1000000000000", "壹万亿元整"),
        ("0", "零元整"),
        ("0.5", "伍角"),
        ("0.05", "伍分"),
        ("0.004", "零元整"),
        ("-3.2", "负叁元贰角"),
        ("15", "壹拾伍元整"),
        ("0.995", "壹元整"),
        ("999.995", "壹仟元整"),
        ("-0.001", "零元整"),
        ("10000.05", "壹万元零伍分"),
        ("1010", "壹仟零壹拾元整"),
        ("20000001", "贰仟万零壹元整"),
        ("1002003004", "壹拾亿零贰佰万叁仟零肆元整"),
        ("100000000.10", "壹亿元壹角"),
        ("9999999999999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_amounts_in_capitals_follow_the_rule_of_the_central_bank(amount: str, text: str) -> None:
    """The examples of 《正确填写票据和结算凭证的基本规定》 and its customary readings."""
    assert daxie(Decimal(amount)) == "人民币" + text
    assert daxie(Decimal(amount), prefix="") == text


def _read_capitals(text: str) -> Decimal:
    """A slow reader that knows nothing of the writer: adds up digit × unit from left to right."""
    sign = -1 if text.startswith("负") else 1
    total = group = digit = Decimal(0)
    for character in text.removeprefix("负"):
        if character in "零壹贰叁肆伍陆柒捌玖":
            digit = Decimal("零壹贰叁肆伍陆柒捌玖".index(character))
        elif character in "拾佰仟":
            group += digit * 10 ** ("拾佰仟".index(character) + 1)
            digit = Decimal(0)
        elif character == "万":
            total, group, digit = total + (group + digit) * 10_000, Decimal(0), Decimal(0)
        elif character == "亿":
            total, group, digit = (total + group + digit) * 10**8, Decimal(0), Decimal(0)
        elif character == "元":
            total, group, digit = total + group + digit, Decimal(0), Decimal(0)
        elif character in "角分":
            total, digit = total + digit * Decimal("0.1" if character == "角" else "0.01"), Decimal(0)
    return sign * total


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_capitals_read_back_as_the_amount(fen: int) -> None:
    amount = Decimal(fen).scaleb(-2)
    text = daxie(amount, prefix="")
    assert _read_capitals(text) == amount
    assert "零零" not in text and "零元零" not in text
    assert text.endswith("整") == (fen % 100 == 0)


def test_an_amount_without_an_agreed_reading_is_refused() -> None:
    with pytest.raises(ValueError, match="10000000000000000"):
        daxie(Decimal(10**16))


def test_headings_count_in_chinese_from_1_to_99() -> None:
    digits = ["", *"一二三四五六七八九"]
    expected = [ten + one for ten, one in product(["", "十", *(d + "十" for d in digits[2:])], digits)][1:]
    assert [numbers.cn_number(n) for n in range(1, 100)] == expected
    for outside in (0, 100, -1):
        with pytest.raises(ValueError, match=str(outside)):
            numbers.cn_number(outside)


@given(st.lists(amounts, max_size=12), st.integers(-2, 4))
def test_parts_add_up_to_their_rounded_total(parts: list[Decimal], places: int) -> None:
    unit = Decimal(1).scaleb(-places)
    together = parts_that_sum(parts, places)
    assert sum(together) == rounded(sum(parts, Decimal(0)), places)
    for part, given_ in zip(together, parts, strict=True):
        assert abs(part - given_) < unit
        assert part % unit == 0


def test_the_unit_that_is_missing_goes_to_the_earlier_of_equal_parts() -> None:
    assert parts_that_sum([Decimal(1) / 3] * 3, 2) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert parts_that_sum([], 2) == []


def test_a_short_date_has_its_year_where_that_is_another():
    of = date(2014, 6, 30)
    said = [date_short_cn(date(year, 6, 20), of) for year in (2013, 2014, 2015)]
    assert said == ["2013年6月20日", "6月20日", "2015年6月20日"] and date_short_cn(date(2013, 6, 20)) == "6月20日"
