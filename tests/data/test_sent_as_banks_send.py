"""The sample quarter sent as banks send it: the right figures, or a stop; never a figure or a finding that is not so."""

import shutil
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from places import TINY
from postloan import language
from postloan.data.schema import all_tables
from postloan.errors import BadFile
from postloan.figures.compute import make_book
from postloan.papers.context import context
from postloan.problem import NOTE
from postloan.run import compute, take_in

BOM = "\ufeff"


@pytest.fixture(autouse=True)
def english():
    language.use("en")
    yield
    language.use()


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(TINY, tmp_path / "tiny")


def lines_of(folder, table):
    return (folder / f"{table}.csv").read_text(encoding="utf-8-sig").splitlines()


def rows_of(folder, table):
    return [line.split(",") for line in lines_of(folder, table)]


def send(folder, table, lines, name=""):
    (folder / f"{table}.csv").unlink(missing_ok=True)
    path = folder / (name or f"{table}.csv")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def changed(folder, table, change):
    """Send a table whose rows (dicts) `change` has changed."""
    head, *rows = rows_of(folder, table)
    dicts = [dict(zip(head, row, strict=True)) for row in rows]
    for row in dicts:
        change(row)
    send(folder, table, [",".join(head), *(",".join(row.values()) for row in dicts)])


def sent_as_workbook(folder, table, rows, draw=lambda sheet, book: None, name="", sheet_name="Sheet1"):
    (folder / f"{table}.csv").unlink()
    with xlsxwriter.Workbook(str(folder / (name or f"{table}.xlsx"))) as book:
        sheet = book.add_worksheet(sheet_name)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text) if isinstance(text, str) else sheet.write(number, column, text)
        draw(sheet, book)


BOOKS = {}
"""Books by their clean tables: most packages are the sample again, once they were read."""


def book_of(clean):
    """The book of clean tables, and the problems that it adds to theirs; of equal ones computed once, but for those of which something was left out."""
    if any(p.consequence != NOTE for p in clean.problems):
        return computed(clean)
    held = {name: sorted(map(repr, clean.con.execute(f"SELECT * EXCLUDE _row FROM {name}").fetchall())) for name in sorted(clean.tables)}
    key = repr((held, clean.unread))
    if key not in BOOKS:
        BOOKS[key] = computed(clean)
    return BOOKS[key]


def computed(clean):
    book = compute(clean, "2014Q2")
    return book, set(book.problems_found) - set(clean.problems)


def figures(folder):
    clean = take_in(folder)
    book, more = book_of(clean)
    named = (book.figure("customers_in_scope"), book.figure("loan_balance"), len(book.findings_made), book.figure("deduction"))
    return named, {
        p.check for p in more.union(clean.problems) if p.check not in ("reference_unchecked", "table_absent", "no_rows_for_period")
    }


RIGHT = (6, Decimal(15_000_000), 12, Decimal(18))


def stops(folder):
    with pytest.raises(BadFile) as stopped:
        make_book(folder, "2014Q2")
    return stopped.value.what


def test_the_sample_as_it_is(folder):
    assert figures(folder) == (RIGHT, set())


@pytest.mark.parametrize("open_end", ["9999-12-31", "长期", "至今", "无固定期限", "NULL", "2999-01-01"])
def test_open_ends_of_roles(folder, open_end):
    for table in ("ab_role", "staff_role"):
        changed(folder, table, lambda row: row.update(valid_to=row["valid_to"] or open_end))
    assert figures(folder) == (RIGHT, set())


@pytest.mark.parametrize("nothing", ["00000000", "0", "1900-01-00", "0001-01-01", "NULL", "-", "无"])
def test_days_that_are_none(folder, nothing):
    changed(
        folder, "loan_balance", lambda row: row.update({n: row[n] or nothing for n in ("principal_overdue_from", "interest_overdue_from")})
    )
    assert figures(folder) == (RIGHT, set())


@pytest.mark.parametrize("spell", ["{0:,}.00元", "￥{0:,}", "+{0}.00", "{0}E0", "{0}.00 "])
def test_amounts_as_people_write_them(folder, spell):
    changed(folder, "loan_balance", lambda row: row.update(balance='"' + spell.format(int(row["balance"])) + '"'))
    assert figures(folder) == (RIGHT, set())


@pytest.mark.parametrize("spell", ["{0}.{1}.{2}", "{0}年{1}月{2}号", "{0}{1}{2}000000", "{2}-{3}-{0}", "{0}-{1}-{2}T00:00:00.000+08:00"])
def test_days_as_people_and_systems_write_them(folder, spell):
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    def change(row):
        for field in ("disbursed_on", "due_on"):
            y, m, d = row[field].split("-")
            row[field] = spell.format(y, m, d, months[int(m) - 1])

    changed(folder, "loan", change)
    assert figures(folder) == (RIGHT, set())


@pytest.mark.parametrize("yes", ["√", "有", "T", "Yes", "1.0"])
def test_flags_and_one_that_cannot_be_read(folder, yes):
    changed(folder, "customer", lambda row: row.update(is_key=yes if row["is_key"] == "Y" else "看情况"))
    named, checks = figures(folder)
    assert (named, checks) == (RIGHT, {"bad_flag"})


def test_what_was_not_read_is_not_found_missing(folder):
    changed(folder, "inspection", lambda row: row.update(submitted_at="不详") if row["inspection_id"] == "R1" else None)
    changed(folder, "ab_role", lambda row: row.update(valid_from="待定") if row["customer_id"] == "0001" and row["role"] == "A" else None)
    book = make_book(folder, "2014Q2")
    about = [f.rule.name for f in book.findings_made if f.customer_id == "0001"]
    clean = [f.rule.name for f in book_of(take_in(TINY))[0].findings_made if f.customer_id == "0001"]
    assert set(about) <= set(clean)
    notes = {(p.field, p.value) for p in book.problems_found if p.check == "not_judged"}
    assert {("report_missing", "0001"), ("report_late", "0001"), ("ab_missing_a", "0001")} <= notes
    assert ("report_missing", "0002") not in notes and ("deposit_below_floor", "0001") not in notes


def test_a_row_that_may_be_about_anybody_leaves_everybody_unjudged(folder):
    changed(folder, "inspection", lambda row: row.update(customer_id="") if row["inspection_id"] == "R1" else None)
    book = make_book(folder, "2014Q2")
    assert not [f for f in book.findings_made if f.rule.name == "report_missing"]
    assert ("report_missing", "") in {(p.field, p.value) for p in book.problems_found if p.check == "not_judged"}


def test_lost_balance_stops_above_the_share_and_is_told_below(folder):
    changed(folder, "loan_balance", lambda row: row.update(class5="?") if row["loan_id"] == "L12" else None)
    assert "9000000" in stops(folder)


def test_a_little_lost_balance_is_a_note_and_an_unreadable_one_a_stop(folder):
    lines = lines_of(folder, "loan_balance")
    lost = "2014-06-30,L99,{},pass,A1,,"
    send(folder, "loan_balance", [*lines, lost.format("1000")])
    named, checks = figures(folder)
    assert named == RIGHT and "lost_balance" in checks
    send(folder, "loan_balance", [*lines, lost.format("很多")])
    assert "without an amount" in stops(folder)


@pytest.mark.parametrize("table", ["loan", "loan_balance", "customer", "unit"])
def test_without_a_table_that_all_rests_on_the_run_stops_with_a_sentence(folder, table):
    (folder / f"{table}.csv").unlink()
    assert "was not delivered" in stops(folder)


def in_wan(rows, column=2):
    return [[*row[:column], f"{int(row[column]) / 10_000:g}", *row[column + 1 :]] for row in rows]


@pytest.mark.parametrize("place", ["heading", "preamble", "title", "foot"])
def test_a_unit_converts_wherever_it_is_said(folder, place):
    head, *rows = rows_of(folder, "loan_balance")
    table = [head, *in_wan(rows)]
    if place == "heading":
        table[0] = [name + "（万元）" if name == "balance" else name for name in head]
    elif place == "foot":
        table.append(["单位：万元"])
    else:
        table.insert(0, ["借据余额表", "单位：万元"] if place == "preamble" else ["借据余额表（人民币万元）"])
    send(folder, "loan_balance", [",".join(row) for row in table])
    named, checks = figures(folder)
    assert named == RIGHT and "unit_converted" in checks and checks <= {"unit_converted", "not_a_row", "too_few_fields"}


def test_two_units_stop_and_a_unit_that_nobody_says_is_suspected(folder):
    head, *rows = rows_of(folder, "loan_balance")
    send(folder, "loan_balance", [",".join(row) for row in [["单位：万元"], [n.replace("balance", "balance（元）") for n in head], *rows]])
    assert "two units" in stops(folder)
    send(folder, "loan_balance", [",".join(row) for row in [head, *in_wan(rows)]])
    assert "10000 times smaller" in stops(folder)
    send(folder, "loan_balance", [",".join(row) for row in [head, *([*r[:2], r[2] + "0000", *r[3:]] for r in rows)]])
    assert "10000 times larger" in stops(folder)


def test_merged_cells_hold_their_value_everywhere(folder):
    rows = rows_of(folder, "customer")
    column = rows[0].index("unit_id")
    blank = [[*row[:column], "", *row[column + 1 :]] if number in (2, 3, 5, 6, 7) else row for number, row in enumerate(rows)]

    def draw(sheet, book):
        sheet.merge_range(1, column, 3, column, rows[1][column])
        sheet.merge_range(4, column, 7, column, rows[4][column])

    sent_as_workbook(folder, "customer", blank, draw)
    assert figures(folder) == (RIGHT, {"merged_filled"})


def test_zeros_of_a_number_format_are_zeros_of_the_id(folder):
    rows = rows_of(folder, "customer")
    sent_as_workbook(
        folder, "customer", rows,
        lambda sheet, book: [sheet.write_number(n, 0, int(row[0]), book.add_format({"num_format": "0000"})) for n, row in enumerate(rows) if n],
    )  # fmt: skip
    assert figures(folder) == (RIGHT, set())


def test_eaten_zeros_are_told_in_one_sentence(folder):
    changed(folder, "customer", lambda row: row.update(customer_id=row["customer_id"].lstrip("0")))
    assert "leading zeros were eaten" in stops(folder)


def test_headings_on_every_page_and_a_second_heading_are_one_note(folder):
    head, *rows = lines_of(folder, "customer")
    send(folder, "customer", [head, "客户编号,客户名称,客户类别,管户机构编号,集团编号,客户分类,重点客户", *rows[:3], head, *rows[3:]])
    assert figures(folder) == (RIGHT, {"heading_repeated"})


@pytest.mark.parametrize(
    "name", ["客户(1).csv", "客户20140630.csv", "客户信息表.csv", "2014年二季度_客户 - 副本.csv", "导出/customer.csv", "x9.csv"]
)
def test_files_are_found_as_they_are_called(folder, name):
    send(folder, "customer", lines_of(folder, "customer"), name)
    assert figures(folder) == (RIGHT, set())


def test_a_sheet_called_otherwise_is_the_one_table_that_its_headings_leave(folder):
    sent_as_workbook(folder, "loan_balance", rows_of(folder, "loan_balance"), name="数据.xlsx")
    assert figures(folder) == (RIGHT, set())


def test_two_files_for_one_table_stop_with_both_names(folder):
    shutil.copy(folder / "customer.csv", folder / "客户(1).csv")
    assert "customer.csv" in stops(folder)


def html(rows):
    body = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows)
    return f'<html><head><meta charset="gb2312"></head><body><table>{body}</table></body></html>'.encode("gb18030")


def spreadsheet(rows):
    body = "".join("<Row>" + "".join(f'<Cell><Data ss:Type="String">{text}</Data></Cell>' for text in row) + "</Row>" for row in rows)
    space = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    return f'<?xml version="1.0"?><Workbook {space}><Worksheet ss:Name="客户"><Table>{body}</Table></Worksheet></Workbook>'.encode()


@pytest.mark.parametrize("made", [html, spreadsheet])
def test_a_web_page_or_xml_called_xls_is_read(folder, made):
    rows = rows_of(folder, "customer")
    (folder / "customer.csv").unlink()
    (folder / "customer.xls").write_bytes(made(rows))
    assert figures(folder) == (RIGHT, set())


def test_control_characters_in_a_workbook_shift_nothing(folder):
    rows = rows_of(folder, "customer")
    rows[1][1] += "_x0007_"
    rows[2][1] = "甲二\ue000"
    sent_as_workbook(folder, "customer", rows, lambda sheet, book: sheet.write_string(3, 1, "甲三\x00医药\x1f公司"))
    assert figures(folder) == (RIGHT, {"control_character"})


def test_a_sheet_as_wide_as_excel_allows_with_a_faulty_row_is_read(folder):
    rows = rows_of(folder, "customer")
    rows[1][-1] = "?"
    sent_as_workbook(folder, "customer", rows, lambda sheet, book: sheet.write_row(1, 20, ["x"] * 3000))
    named, checks = figures(folder)
    assert named == RIGHT and {"bad_flag", "unknown_column"} == checks


def test_sums_of_the_largest_amounts_are_exact(folder):
    head = lines_of(folder, "credit_line")[0]
    send(folder, "credit_line", [head, *(f"0001,9999999999999999.99,2014-01-{day:02},2014-12-31" for day in range(1, 13))])
    assert make_book(folder, "2014Q2").figure("credit_limit") == Decimal("119999999999999999.88")


@pytest.mark.parametrize(("table", "field", "row", "text"), [
    ("meeting", "unit_id", "M2", "***"), ("meeting", "unit_id", "M2", "008"), ("inspection", "inspection_id", "R5", "123a"),
    ("loan_balance", "principal_overdue_from", "L07", "#N/A"),
])  # fmt: skip
def test_one_strange_cell_accuses_nobody(folder, table, field, row, text):
    def spoil(cells):
        if row in cells.values() and cells.get("as_of", "2014-06-30") == "2014-06-30":
            cells[field] = text

    clean = found_in(book_of(take_in(folder))[0])
    changed(folder, table, spoil)
    book = make_book(folder, "2014Q2")
    assert found_in(book) <= clean
    assert book.clean.problems


def found_in(book):
    return {(f.rule.name, f.unit_id, f.customer_id) for f in book.findings_made}


def counted_in_wan(folder, table, head):
    """Send a table counted in 万元, `head` made of each label and the unit, or ''."""
    spec, (names, *rows) = all_tables()[table], rows_of(folder, table)
    money = [spec.fields[name].type == "money" for name in names]
    cells = [
        [format(Decimal(text) / 10_000, "f") if text and is_money else text for text, is_money in zip(row, money, strict=True)]
        for row in rows
    ]
    labels = [head(spec.fields[name].label, "万元" if is_money else "") for name, is_money in zip(names, money, strict=True)]
    return labels, ["万元" if is_money else "" for is_money in money], cells


@pytest.mark.parametrize("table", ["loan", "loan_balance", "deposit", "sales"])
@pytest.mark.parametrize("head", ["{label}{unit}", "{label}-{unit}", "{label}\n（{unit}）"])
def test_a_unit_beside_a_heading_is_read_with_or_without_brackets(folder, table, head):
    labels, _, rows = counted_in_wan(folder, table, lambda label, unit: head.format(label=label, unit=unit) if unit else label)
    sent_as_workbook(folder, table, [labels, *rows])
    assert figures(folder) == (RIGHT, {"unit_converted"})


@pytest.mark.parametrize("table", ["loan_balance", "deposit", "repayment"])
def test_units_in_a_row_below_the_headings_are_read(folder, table):
    labels, units, rows = counted_in_wan(folder, table, lambda label, unit: label)
    sent_as_workbook(folder, table, [labels, units, *rows])
    assert figures(folder) == (RIGHT, {"unit_converted", "heading_repeated"})


@pytest.mark.parametrize("table", ["customer", "staff", "inspection"])
def test_a_row_that_numbers_the_columns_and_headings_named_twice(folder, table):
    names, *rows = rows_of(folder, table)
    labels = [f"{i}.{all_tables()[table].fields[name].label}({name})" for i, name in enumerate(names, 1)]
    send(folder, table, [",".join(line) for line in (labels, [str(i) for i in range(1, len(names) + 1)], *rows)])
    assert figures(folder) == (RIGHT, {"heading_repeated"})


def test_a_table_of_headings_alone_is_told(folder):
    send(folder, "certificate", lines_of(folder, "certificate")[:1])
    assert figures(folder) == (RIGHT, {"table_empty"})


def test_nothing_is_compared_with_a_day_of_which_balance_was_lost(folder):
    before = book_of(take_in(folder))[0].figure("npl_ratio_change")
    changed(
        folder, "loan_balance", lambda row: row.update(balance="?") if row["loan_id"] == "L08" and row["as_of"] == "2014-03-31" else None
    )
    book = make_book(folder, "2014Q2")
    assert before is not None and book.figure("npl_ratio_change") is None
    assert "lost_balance_before" in {p.check for p in book.problems_found}
    named = (book.figure("customers_in_scope"), book.figure("loan_balance"), len(book.findings_made), book.figure("deduction"))
    assert named == RIGHT


@pytest.mark.parametrize("table", ["deposit", "credit_line", "repayment"])
def test_amounts_in_wan_that_nobody_says_stop_beside_the_loans(folder, table):
    labels, _, rows = counted_in_wan(folder, table, lambda label, unit: label)
    send(folder, table, [",".join(row) for row in [labels, *rows]])
    assert "not in yuan" in stops(folder)


def of_bank_and_units(book, name):
    return {subject: made[name] for (_, subject), made in book.figures.items() if name in made and subject in ("", "002", "003")}


@pytest.mark.parametrize(
    ("table", "change", "undefined"),
    [
        ("inspection", {"submitted_at": "六月中"}, {"customers_missing", "duties_missing", "on_time_rate", "duty_coverage", "onsite_rate"}),
        ("deposit", {"balance": "九十万元整左右"}, {"customers_below_deposit_floor", "deposit_to_limit"}),
        ("credit_line", {"limit_amount": "不详"}, {"customers_below_deposit_floor", "deposit_to_limit"}),
        ("report_section", {"inspection_id": "R3x"}, {"blank_rate", "hard_section_pass_rate", "report_score"}),
    ],
)
def test_what_is_not_there_is_not_counted_where_somebody_is_unjudged(folder, table, change, undefined):
    key = "inspection_id" if table == "report_section" else "customer_id"
    clean = make_book(TINY, "2014Q2")
    changed(folder, table, lambda row: row.update(change) if row[key] == {"customer_id": "0003", "inspection_id": "R3"}[key] else None)
    book = make_book(folder, "2014Q2")
    for name in undefined:
        found, right = of_bank_and_units(book, name), of_bank_and_units(clean, name)
        assert found[""] is None and found["002"] is None and found["003"] == right["003"] is not None, name


def test_papers_say_beside_the_figures_which_input_was_lost(folder):
    changed(folder, "repayment", lambda row: row.update(principal="不详") if row["repayment_id"] == "P01" else None)
    changed(folder, "inspection", lambda row: row.update(submitted_at="不详") if row["inspection_id"] == "R1" else None)
    said = context(make_book(folder, "2014Q2"), date(2014, 7, 7))["inputs_left_out"]
    assert "还款1行未采用" in said and "贷后检查1格按未填处理" in said
    assert context(make_book(TINY, "2014Q2"), date(2014, 7, 7))["inputs_left_out"] == ""


@pytest.mark.parametrize(("table", "field"), [("acceptance", "face_amount"), ("account_transaction", "amount"), ("deposit", "balance")])
def test_a_small_table_in_wan_that_nobody_says_stops(folder, table, field):
    changed(folder, table, lambda row: row.update({field: str(Decimal(row[field]) / 10_000)}))
    assert "单位：万元" in stops(folder)


def test_what_excel_shows_of_a_number_is_no_amount(folder):
    changed(folder, "repayment", lambda row: row.update(principal="1.23E+06") if row["repayment_id"] == "P01" else None)
    problems = make_book(folder, "2014Q2").problems_found
    assert [(p.check, p.value) for p in problems if p.consequence == "drop"] == [("bad_money", "1.23E+06")]
