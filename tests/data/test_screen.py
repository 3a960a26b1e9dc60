"""From cells to clean tables: every row of input ends in a clean table or among the problems."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan import language
from postloan.data.intake import open_package
from postloan.data.schema import all_tables
from postloan.data.screen import screen

UNITS = ["unit_id,unit_name,level,parent_id", "1,总行,总行,", "2,支行,支行,1"]
DEPOSITS = ["as_of,customer_id,balance", "2014-06-30,4,5"]
CUSTOMERS = ["customer_id,customer_name,segment,unit_id", "1,甲公司,公司,1", "2,乙公司,公司,2"]


@pytest.fixture(autouse=True)
def english():
    language.use("en")
    yield
    language.use()


def screened(folder, **tables):
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return screen(open_package(folder))


def problems(result):
    return [(p.check, p.consequence, p.row, p.field) for p in result.problems if p.check != "reference_unchecked"]


def rows(result, table, fields="*"):
    return result.con.execute(f"SELECT {fields} FROM {table} ORDER BY _row").fetchall()


def test_a_clean_table_has_every_field_typed_and_the_row_number(tmp_path):
    result = screened(tmp_path, deposit=["as_of,customer_id,balance", '2014/6/30,１,"1,234.50"'])
    assert rows(result, "deposit") == [(date(2014, 6, 30), "1", Decimal("1234.50"), None, 2)]
    described = result.con.execute("DESCRIBE deposit").fetchall()
    assert {name: kind for name, kind, *_ in described} == {
        n: f.sql_type for n, f in all_tables()["deposit"].fields.items()
    } | {"_row": "BIGINT"}  # fmt: skip
    assert (result.tables, result.rows, result.stops) == (frozenset({"deposit"}), {"deposit": 1}, False)


def test_every_fault_of_a_row_is_told_at_once_in_order_of_columns(tmp_path):
    result = screened(tmp_path, deposit=["balance,as_of,margin_balance,customer_id", "x,2014-02-30,y,", "1,2014-06-30,z,1"])
    assert problems(result) == [
        ("bad_money", "drop", 2, "balance"), ("bad_date", "drop", 2, "as_of"), ("bad_money", "blank", 2, "margin_balance"),
        ("required_blank", "drop", 2, "customer_id"), ("bad_money", "blank", 3, "margin_balance"),
    ]  # fmt: skip


def test_total_rows_and_notes_get_one_problem_and_blank_rows_none(tmp_path):
    lines = [*UNITS, "合计,,,", ",,,", "制表人：张三,,复核：李四,", "小 计,2,,", "以上为全部机构,,,", "总计：,,,"]
    result = screened(tmp_path, unit=lines)
    assert [(c, r) for c, _, r, _ in problems(result)] == [
        ("total_row", 4),
        ("not_a_row", 6),
        ("total_row", 7),
        ("not_a_row", 8),
        ("total_row", 9),
    ]
    assert result.rows == {"unit": 2}


def test_a_total_in_a_column_of_its_own_is_seen(tmp_path):
    result = screened(tmp_path, unit=["序号," + UNITS[0], "1," + UNITS[1], "合计,,,,"])
    assert [(c, r) for c, _, r, _ in problems(result)] == [("unknown_column", 1), ("total_row", 3)]


def test_a_total_row_with_a_full_key_is_no_customer(tmp_path):
    result = screened(tmp_path, deposit=["as_of,customer_id,balance", "2014-06-30,1,5", "2014-06-30,合计,5"])
    assert problems(result) == [("total_row", "drop", 3, "")]


def test_a_row_with_one_id_and_nothing_else_is_a_row_with_blanks(tmp_path):
    result = screened(tmp_path, unit=[*UNITS, "3,,,"])
    assert [(c, f) for c, _, _, f in problems(result)] == [("required_blank", "unit_name"), ("required_blank", "level")]


def test_exact_repeats_are_dropped_but_the_first(tmp_path):
    result = screened(tmp_path, unit=[*UNITS, "２,支行 ,sub_branch,1", UNITS[2]])
    assert problems(result) == [("duplicate_key", "drop", 4, "unit_id"), ("duplicate_key", "drop", 5, "unit_id")]
    assert "row 3" in result.problems[0].says
    assert not result.stops
    assert result.rows == {"unit": 2}


def test_one_key_with_two_contents_stops_at_every_row_of_it(tmp_path):
    result = screened(tmp_path, unit=[*UNITS, "2,分行,支行,1", UNITS[2]])
    assert problems(result) == [("duplicate_key", "stop", row, "unit_id") for row in (3, 4, 5)]
    assert result.stops


def test_keys_of_several_fields_may_have_blanks(tmp_path):
    waiver = ["rule,period,unit_id,customer_id,reason,approved_by,approved_on"]
    line = "report_late,2014Q2,,,雨,王,2014-07-01"
    result = screened(tmp_path, waiver=[*waiver, line, line, line.replace("Q2,", "Q2,1")])
    assert problems(result) == [("duplicate_key", "drop", 3, "unit_id")] or problems(result) == [
        ("duplicate_key", "drop", 3, "customer_id")
    ]


def test_a_reference_to_nothing_costs_the_cell_where_the_row_can_do_without_and_the_row_where_it_cannot(tmp_path):
    result = screened(tmp_path, unit=[*UNITS, "3,支行,支行,9"], customer=[*CUSTOMERS, "3,丙,公司,3", "4,丁,公司,7"], deposit=DEPOSITS)
    assert problems(result) == [
        ("dangling_reference", "drop", 5, "unit_id"), ("reference_dropped", "drop", 2, "customer_id"),
        ("dangling_reference", "blank", 4, "parent_id"),
    ]  # fmt: skip
    assert result.rows == {"unit": 3, "customer": 3, "deposit": 0}
    assert rows(result, "unit", "parent_id") == [(None,), ("1",), (None,)]


def test_a_blank_in_a_key_would_mean_all_so_an_unknown_customer_costs_the_waiver(tmp_path):
    waiver = ["rule,period,unit_id,customer_id,reason,approved_by,approved_on", "report_late,2014Q2,,9,雨,王,2014-07-01"]
    assert screened(tmp_path, unit=UNITS, customer=CUSTOMERS, waiver=waiver).rows["waiver"] == 0


def test_it_is_known_about_whom_rows_and_cells_were_lost(tmp_path):
    deposits = ["as_of,customer_id,balance,margin_balance", "2014-06-30,1,x,", "2014-06-30,2,5,x", "2014-06-30,7,5,", "2014-06-30,#N/A!,5,"]
    result = screened(tmp_path, unit=UNITS, customer=CUSTOMERS, deposit=deposits)
    assert {tuple(vars(lost).values()) for lost in result.unread} == {
        ("deposit", "", "1", None), ("deposit", "margin_balance", "2", None), ("deposit", "", "", None), ("deposit", "", None, None)
    }  # fmt: skip


def test_units_may_name_each_other_as_parents(tmp_path):
    assert screened(tmp_path, unit=[UNITS[0], "1,总行,总行,2", "2,支行,支行,1"]).rows == {"unit": 2}


def test_both_dangling_references_of_a_row_are_told(tmp_path):
    role = ["customer_id,role,staff_id,valid_from", "9,A角,9,2014-01-01"]
    staff = ["staff_id,staff_name,unit_id", "1,张三,1"]
    result = screened(tmp_path, unit=UNITS, customer=CUSTOMERS, staff=staff, ab_role=role)
    assert [(c, f) for c, _, _, f in problems(result)] == [("dangling_reference", "customer_id"), ("dangling_reference", "staff_id")]


def test_a_row_that_stops_is_no_missing_reference(tmp_path):
    result = screened(tmp_path, unit=UNITS, customer=[*CUSTOMERS, "2,乙乙,公司,2"], deposit=["as_of,customer_id,balance", "2014-06-30,2,5"])
    assert {p[0] for p in problems(result)} == {"duplicate_key"}


def test_an_absent_table_is_noted_once_for_each_field(tmp_path):
    result = screened(tmp_path, customer=[*CUSTOMERS])
    (problem,) = result.problems
    assert (problem.check, problem.consequence, problem.field, problem.row) == ("reference_unchecked", "note", "unit_id", None)


def test_ids_that_differ_in_width_and_blanks_meet(tmp_path):
    result = screened(tmp_path, unit=UNITS, customer=[CUSTOMERS[0], "１,甲,公司,\u3000１ ", "'2,乙,公司,2"])
    assert rows(result, "customer", "customer_id, unit_id") == [("1", "1"), ("2", "2")]


def test_a_row_check_sees_values_and_keeps_the_row(tmp_path):
    result = screened(tmp_path, deposit=["as_of,customer_id,balance,margin_balance", '2014-06-30,1,"1,000",2000', "2014-06-30,2,5,"])
    assert problems(result) == [("margin_over_balance", "note", 2, "margin_balance")]
    assert result.rows == {"deposit": 2}


def test_problems_come_in_order_of_file_row_and_column(tmp_path):
    result = screened(tmp_path, unit=[*UNITS, "3,,,", "4,x,y,"], customer=[*CUSTOMERS, "3,,,"])
    order = [(p.file, p.row or 0) for p in result.problems]
    assert order == sorted(order)


def test_messages_speak_the_users_language(tmp_path):
    language.use("zh")
    result = screened(tmp_path, deposit=["as_of,customer_id,balance,margin_balance", "2014-06-30,1,1,2"])
    assert [p.says for p in result.problems if p.check == "margin_over_balance"] == ["其中保证金大于存款余额，请核对两个金额"]


faults = st.sampled_from(
    ["", "x", "合计", "2014-02-30", "1.234", "9", "１", "1", "是", "正常", "公司", "2014-06-30", "5", "支行", " ", "制表人：王", "a,b"]
)


def tables_of(draw):
    """Rows of two tables, mostly good, some with a cell replaced."""
    good = {
        "unit": [["1", "总行", "总行", ""], ["2", "支行", "支行", "1"]],
        "customer": [["1", "甲", "公司", "1"], ["2", "乙", "公司", "2"]],
    }
    made = {}
    for name, kinds in good.items():
        made[name] = []
        for number in range(draw(st.integers(0, 6))):
            row = list(draw(st.sampled_from(kinds)))
            row[0] = str(number) if draw(st.booleans()) else row[0]
            if draw(st.booleans()):
                row[draw(st.integers(0, 3))] = draw(faults)
            made[name].append(row + ["多"] * draw(st.sampled_from([0, 0, 0, 1])))
    return made


@given(st.composite(tables_of)())
def test_every_row_is_in_a_clean_table_or_among_the_problems_and_in_one_only(tmp_path_factory, tables):
    folder = tmp_path_factory.mktemp("package")
    for name, body in tables.items():
        head = [UNITS[0] if name == "unit" else CUSTOMERS[0]]
        (folder / f"{name}.csv").write_text("\n".join([*head, *(",".join(row) for row in body)]) + "\n", encoding="utf-8")
    result = screen(open_package(folder))
    for name, body in tables.items():
        clean = [row for (row,) in result.con.execute(f"SELECT _row FROM {name}").fetchall()]
        out = {p.row for p in result.problems if p.file == f"{name}.csv" and p.consequence in ("stop", "drop")}
        blank = {i for i, row in enumerate(body, 2) if not "".join(row).strip()}
        assert len(clean) == len(set(clean)) == result.rows[name]
        assert not set(clean) & out
        assert set(clean) | out | blank == set(range(2, len(body) + 2))
