"""What SQL reads by itself is what `cells.py` reads: two readers, one answer."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from postloan.data.intake import fast
from postloan.data.intake.blanks import BLANKS
from postloan.data.intake.cells import CellFault, parse
from postloan.data.schema import TYPES, FieldSpec, all_tables

VALUES = all_tables()["loan_balance"].fields["class5"].values

likely = st.one_of(
    st.text(max_size=12),
    st.text(st.sampled_from("0123456789.,-()/:TQHE+年月日 ０１２－，" + BLANKS), max_size=20),
    st.from_regex(r"\A-?[0-9]{1,17}(\.[0-9]{1,3})?\Z"),
    st.from_regex(r"\A[12][0-9]{3}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?\Z"),
    st.from_regex(r"\A[12][0-9]{3}(Q[0-5]|H[0-3]|-[01][0-9])?\Z"),
    st.sampled_from(
        [
            *VALUES,
            *VALUES.values(),
            "是",
            "否",
            "Y",
            "n",
            "true",
            "1",
            "0",
            "'1",
            '="1"',
            "1E+5",
            "合计",
            "\x1c1",
            "1\x7f",
            "",
            "NULL",
            "#N/A",
            "***",
            "tbd",
            "A_",
            "无",
            "-",
            "/",
            "\\N",
            "nan",
            "9999-12-31",
            "1900-01-01",
            "2100-01-01 00:00:00",
        ]
    ),
)


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("CREATE TABLE cells (x VARCHAR, n INTEGER)")
        yield connection


@pytest.mark.parametrize("kind", TYPES)
@given(texts=st.lists(likely, min_size=1, max_size=40))
@example(texts=["2014-02-30", "2999-12-31", "2014-06-20 23:59:59", "9999999999999999.99", "12345678901234567"])
def test_sql_and_python_agree_on_every_text_that_sql_takes(con, kind, texts):
    spec = FieldSpec("label", kind, values=VALUES)
    reading = fast.text_reading("x", spec)
    con.execute("DELETE FROM cells")
    con.executemany("INSERT INTO cells VALUES (?, ?)", [[text or None, i] for i, text in enumerate(texts)])
    found = con.execute(f"SELECT {reading.value}, coalesce({reading.odd}, false), {reading.sure} FROM cells ORDER BY n").fetchall()
    for text, (value, odd, sure) in zip(texts, found, strict=True):
        parsed = parse(text, spec)
        if odd:
            assert value is None
        else:
            assert value == sure == parsed
            assert not isinstance(parsed, CellFault)


@given(st.floats(allow_nan=False))
@example(0.1 + 0.2)
@example(1234.567)
def test_amounts_in_doubles_are_exact_or_left_to_python(con, number):
    spec = FieldSpec("label", "money")
    reading = fast.native_reading("x", spec, "DOUBLE")
    value, odd = con.execute(f"SELECT {reading.value}, {reading.odd} FROM (SELECT ?::DOUBLE AS x)", [number]).fetchall()[0]
    assert (value is None) == odd
    if value is not None:
        assert value == Decimal(f"{number:.15g}")


@pytest.mark.parametrize(
    ("day", "taken"),
    [
        (date(1899, 12, 31), False),
        (date(1900, 1, 1), False),
        (date(1900, 1, 2), True),
        (date(2099, 12, 31), True),
        (date(2100, 1, 1), False),
    ],
)
def test_days_of_parquet_outside_the_calendar_are_odd(con, day, taken):
    reading = fast.native_reading("x", FieldSpec("label", "date"), "DATE")
    value, odd = con.execute(f"SELECT {reading.value}, {reading.odd} FROM (SELECT ?::DATE AS x)", [day]).fetchall()[0]
    assert (value == day) == taken == (not odd)
