"""Parquet: types as they are where they fit, as text where they do not."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from postloan.data.intake import open_package
from postloan.data.screen import screen


def screened(folder, select, table="deposit"):
    duckdb.execute(f"COPY ({select}) TO '{(folder / f'{table}.parquet').as_posix()}' (FORMAT parquet)")
    return screen(open_package(folder))


def clean(result, fields, table="deposit"):
    return result.con.execute(f"SELECT {fields} FROM {table} ORDER BY _row").fetchall()


def checks(result):
    return [(p.check, p.row) for p in result.problems if p.check != "reference_unchecked"]


@pytest.mark.parametrize(
    "cell",
    [
        "1234.50::DECIMAL(18,2)",
        "1234.5::DECIMAL(10,1)",
        "1234.5000::DECIMAL(20,4)",
        "1234.5::DOUBLE",
        "1234.5::FLOAT",
        "'1,234.50'",
        "(1234.25 + 0.25)::DOUBLE",
    ],
)
def test_amounts_of_every_type_are_exact(tmp_path, cell):
    result = screened(tmp_path, f"SELECT DATE '2014-06-30' AS as_of, '1' AS customer_id, {cell} AS balance")
    assert clean(result, "balance") == [(Decimal("1234.50"),)]


@pytest.mark.parametrize("cell", ["1234.567::DOUBLE", "1234.567::DECIMAL(18,3)", "1e15::DOUBLE", "'inf'::DOUBLE"])
def test_amounts_that_are_not_exact_are_refused(tmp_path, cell):
    result = screened(tmp_path, f"SELECT DATE '2014-06-30' AS as_of, '1' AS customer_id, {cell} AS balance")
    assert checks(result) == [("bad_money", 1)]
    assert clean(result, "balance") == []


@pytest.mark.parametrize(
    "cell", ["DATE '2014-06-30'", "TIMESTAMP '2014-06-30 00:00:00'", "'20140630'", "20140630", "'2014-06-30 00:00:00'::TIMESTAMP_NS"]
)
def test_days_of_every_type_are_read(tmp_path, cell):
    result = screened(tmp_path, f"SELECT {cell} AS as_of, '1' AS customer_id, 1 AS balance")
    assert clean(result, "as_of") == [(date(2014, 6, 30),)]


def test_a_day_with_a_time_of_day_is_refused(tmp_path):
    assert checks(screened(tmp_path, "SELECT TIMESTAMP '2014-06-30 08:00:00' AS as_of, '1' AS customer_id, 1 AS balance")) == [
        ("bad_date", 1)
    ]


def test_a_column_with_a_time_zone_stops(tmp_path):
    result = screened(tmp_path, "SELECT TIMESTAMPTZ '2014-06-30 00:00:00+00' AS as_of, '1' AS customer_id, 1 AS balance")
    assert [p.check for p in result.problems] == ["unsupported_type"]
    assert result.stops


def test_a_column_of_lists_stops(tmp_path):
    assert screened(tmp_path, "SELECT DATE '2014-06-30' AS as_of, ['1'] AS customer_id, 1 AS balance").stops


def test_ids_stored_as_numbers_become_text_with_a_note_and_no_invented_digits(tmp_path):
    rows = "(VALUES (6222020200112345678::BIGINT), (17)) t(customer_id)"
    result = screened(tmp_path, f"SELECT DATE '2014-06-30' AS as_of, customer_id, 1 AS balance FROM {rows}")
    assert clean(result, "customer_id") == [("6222020200112345678",), ("17",)]
    assert checks(result) == [("id_as_number", None)]
    result = screened(tmp_path, f"SELECT DATE '2014-06-30' AS as_of, customer_id::DOUBLE AS customer_id, 1 AS balance FROM {rows}")
    assert clean(result, "customer_id") == [("17",)]
    assert checks(result) == [("id_as_number", None), ("id_beyond_15_digits", 1)]


def test_nan_and_empty_texts_are_blank(tmp_path):
    result = screened(tmp_path, "SELECT DATE '2014-06-30' AS as_of, '1' AS customer_id, 1 AS balance, 'nan'::DOUBLE AS margin_balance")
    assert clean(result, "margin_balance") == [(None,)]
    result = screened(tmp_path, "SELECT DATE '2014-06-30' AS as_of, '' AS customer_id, 'NaN'::DOUBLE AS balance")
    assert checks(result) == [("required_blank", 1), ("required_blank", 1)]


def test_a_row_of_blanks_is_not_lost_in_silence_from_the_count(tmp_path):
    result = screened(
        tmp_path,
        "SELECT NULL::DATE AS as_of, NULL::VARCHAR AS customer_id, NULL::DOUBLE AS balance UNION ALL SELECT DATE '2014-06-30', '1', 2",
    )
    assert result.rows == {"deposit": 1}


def test_ids_are_cleaned_where_they_need_it(tmp_path):
    rows = "(VALUES (' A1'), ('Ｂ2\u3000'), ('C3'), ('合计')) t(customer_id)"
    result = screened(tmp_path, f"SELECT DATE '2014-06-30' AS as_of, customer_id, 1 AS balance FROM {rows}")
    assert clean(result, "customer_id") == [("A1",), ("B2",), ("C3",)]
    assert checks(result) == [("total_row", 4)]


def test_a_time_is_kept_to_the_second(tmp_path):
    select = "SELECT '1' AS inspection_id, '1' AS customer_id, '2014Q2' AS period, 'periodic' AS kind, '现场' AS mode, TIMESTAMP '2014-06-20 23:59:59' AS submitted_at"
    result = screened(tmp_path, select, "inspection")
    assert clean(result, "submitted_at, mode", "inspection") == [(datetime(2014, 6, 20, 23, 59, 59), "onsite")]


def test_two_columns_that_differ_in_case_only_are_two_columns(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.table([["2014-06-30"], ["1"], ["1"], ["2"]], names=["as_of", "customer_id", "balance", "BALANCE"]), tmp_path / "deposit.parquet"
    )
    assert [p.check for p in open_package(tmp_path).problems] == ["column_twice"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_a_broken_file_is_one_clear_problem(tmp_path, content):
    (tmp_path / "loan.parquet").write_bytes(content)
    (problem,) = open_package(tmp_path).problems
    assert (problem.check, problem.consequence) == ("unreadable_file", "stop")
