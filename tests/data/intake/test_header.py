"""Finding the header: any order, any of its names, below a preamble."""

from postloan.data.intake.header import find_header, header_problems
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
    assert problems(["数据日期", "借据号", "贷款余额（元）", "五级分类"]) == [
        ("unknown_column", "note", "贷款余额（元）"), ("missing_column", "stop", "balance"),
    ]  # fmt: skip
    says = header_problems(find_header([["数据日期", "借据号", "贷款余额（元）", "五级分类"]], LOAN), LOAN, "f", "", 1)[-1].says
    assert "贷款余额（元）" in says


def test_the_same_column_twice_stops():
    assert ("column_twice", "stop", "loan_id") in problems(["数据日期", "借据号", "XDJJH", "贷款余额", "五级分类"])


def test_optional_columns_may_be_missing():
    assert problems(["customer_id", "period"], SALES) == []
