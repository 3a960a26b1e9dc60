"""Finding the header: any order, any of its names, below a preamble."""

import pytest
from postloan.data.intake.header import find_header, header_problems
from postloan.data.intake.heading import plain_heading, units_stated
from postloan.data.schema import all_tables

LOAN, SALES = all_tables()["loan_balance"], all_tables()["sales"]


def problems(labels, spec=LOAN):
    return [(p.check, p.consequence, p.field) for p in header_problems(find_header([labels], spec), spec, "f.csv", "", 1)]


def test_field_names_labels_and_aliases_in_any_order():
    header = find_header([["五级分类", "DKYE", "loan_id", "数据日期"]], LOAN)
    assert header.columns == {"class5": 0, "balance": 1, "loan_id": 2, "as_of": 3}


def test_blanks_line_breaks_case_and_width_do_not_matter():
    header = find_header([[" 五级\n分类 ", "ｄｋｙｅ", "Loan_ID", "数据　日期"]], LOAN)
    assert set(header.columns) == {"class5", "balance", "loan_id", "as_of"}


def test_the_header_is_found_below_a_preamble():
    rows = [
        ["某某分行借据余额表", "", "", ""],
        ["数据日期：2014-06-30", "", "", "单位：元"],
        ["数据日期", "借据号", "贷款余额", "五级分类"],
        ["2014-06-30", "1", "2", "正常"],
    ]
    assert find_header(rows, LOAN).index == 2


def test_a_header_of_two_rows_with_merged_cells_is_read_as_one():
    rows = [["数据日期", "借据号", "贷款", "", ""], ["", "", "贷款余额", "五级分类", "欠本日期"], ["2014-06-30", "1", "2", "正常", ""]]
    header = find_header(rows, LOAN)
    assert header.index == 1
    assert set(header.columns) == {"as_of", "loan_id", "balance", "class5", "principal_overdue_from"}


def test_one_known_word_in_a_title_is_no_header():
    assert find_header([["借据号"], ["1"]], LOAN) is None


def test_a_missing_column_stops_and_names_a_likely_one():
    assert problems(["数据日期", "借据号", "借款余额数", "五级分类"]) == [
        ("unknown_column", "note", "借款余额数"), ("missing_column", "stop", "balance"),
    ]  # fmt: skip
    says = header_problems(find_header([["数据日期", "借据号", "借款余额数", "五级分类"]], LOAN), LOAN, "f", "", 1)[-1].says
    assert "借款余额数" in says


def test_the_same_column_twice_stops():
    assert ("column_twice", "stop", "loan_id") in problems(["数据日期", "借据编号", "XDJJH", "贷款余额", "五级分类"])
    assert problems(["数据日期", "借据号", "XDJJH", "贷款余额", "五级分类"]) == [("unknown_column", "note", "XDJJH")]


def test_optional_columns_may_be_missing():
    assert problems(["customer_id", "period"], SALES) == []


@pytest.mark.parametrize(
    ("label", "key", "yuan"),
    [
        ("贷款余额（万元）", "贷款余额", 10_000), ("贷款余额(单位：千元)", "贷款余额", 1_000), ("*贷款余额（元）", "贷款余额", 1), ("贷款余额_亿元", "贷款余额", 100_000_000),
        ("客户编号（必填）", "客户编号", None), ("到期日期\n(yyyy-mm-dd)", "到期日期", None), ("借据号*", "借据号", None), ("贷款余额[人民币万元]", "贷款余额", 10_000),
        ("客户名称（全称）", "客户名称(全称)", None), ("日元贷款", "日元贷款", None),
    ],
)  # fmt: skip
def test_a_heading_is_read_without_its_unit_star_or_hint(label, key, yuan):
    assert plain_heading(label) == (key, yuan)


def test_units_are_found_in_the_lines_around_a_table():
    assert (
        units_stated(["单位：万元"])
        == units_stated(["金额单位: 人民币万元"])
        == units_stated(["借据余额表（单位：万元）"])
        == units_stated(["（万元）"])
        == {10_000}
    )
    assert units_stated(["单位名称：某行", "经营单位", "一元化管理"]) == set()
    assert units_stated(["单位：元", "单位：千元"]) == {1, 1_000}
