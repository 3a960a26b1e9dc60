"""Working days come from what was announced, never from a guess."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.errors import BadPolicy
from postloan.workdays import Calendar

CHINA = Calendar.load("china")
WEEKENDS = Calendar.load("weekends")
known_days = st.dates(date(2005, 1, 1), date(2025, 12, 31))
short = st.integers(-5, 60).map(lambda days: timedelta(days=days))

YEAR_2027 = "date,is_workday,name\n2027-01-01,false,New Year\n2027-10-01,false,National Day\n2027-10-09,true,instead\n"


def file_of(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "calendar.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2014, 6, 20), True),
        (date(2014, 6, 21), False),
        (date(2014, 6, 2), False),  # Dragon Boat, a Monday
        (date(2026, 6, 20), False),
        (date(2026, 9, 20), True),  # a Sunday worked instead
        (date(2026, 10, 10), True),  # a Saturday worked instead
        (date(2025, 12, 20), False),
    ],
)
def test_china_follows_the_announced_holidays(day: date, working: bool) -> None:
    assert CHINA.is_workday(day) is working


def test_from_friday_to_monday_is_one_working_day() -> None:
    assert CHINA.between(date(2014, 6, 20), date(2014, 6, 23)) == 1
    assert CHINA.between(date(2014, 6, 20), date(2014, 6, 22)) == 0
    assert CHINA.between(date(2014, 6, 23), date(2014, 6, 20)) == 0


def test_a_due_date_on_a_day_off_rolls_to_the_next_or_the_last_working_day() -> None:
    assert CHINA.on_or_after(date(2014, 6, 21)) == date(2014, 6, 23)
    assert CHINA.on_or_before(date(2014, 6, 22)) == date(2014, 6, 20)
    assert CHINA.on_or_after(date(2014, 10, 1)) == date(2014, 10, 8)


def test_a_year_nobody_announced_stops_and_names_the_year() -> None:
    assert CHINA.knows(2026) and not CHINA.knows(2027)
    with pytest.raises(BadPolicy, match="2027"):
        CHINA.is_workday(date(2027, 3, 1))
    with pytest.raises(BadPolicy, match="2027"):
        CHINA.between(date(2026, 12, 30), date(2027, 1, 4))


def test_weekends_know_every_year() -> None:
    assert WEEKENDS.is_workday(date(2027, 1, 1)) and not WEEKENDS.is_workday(date(1999, 1, 2))


def test_a_file_with_the_first_and_last_holiday_of_a_year_makes_it_known(tmp_path: Path) -> None:
    calendar = Calendar.load("china", file_of(tmp_path, YEAR_2027))
    assert calendar.knows(2027) and not calendar.knows(2028)
    assert not calendar.is_workday(date(2027, 1, 1))
    assert calendar.is_workday(date(2027, 10, 9)) and not calendar.is_workday(date(2027, 10, 10))
    assert calendar.is_workday(date(2027, 1, 4))


def test_a_file_with_half_a_year_does_not_make_it_known(tmp_path: Path) -> None:
    calendar = Calendar.load("china", file_of(tmp_path, "date,is_workday\n2027-01-01,false\n2027-02-06,false\n"))
    with pytest.raises(BadPolicy, match="2027"):
        calendar.is_workday(date(2027, 1, 1))


def test_the_banks_file_wins_over_the_announcement(tmp_path: Path) -> None:
    path = file_of(tmp_path, "date,is_workday,name\n2014-06-23,0,系统停机\n2014-06-22,1,\n")
    calendar = Calendar.load("china", path)
    assert calendar.between(date(2014, 6, 20), date(2014, 6, 23)) == 1
    assert calendar.on_or_after(date(2014, 6, 21)) == date(2014, 6, 22)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_file_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    text = "日期,是否工作日,名称\r\n2027/1/1,否,元旦\r\n\r\n2027年10月1日,休,国庆节\r\n2027-10-9,是,调休\r\n"
    calendar = Calendar.load("china", file_of(tmp_path, text, encoding))
    assert calendar.knows(2027) and calendar.is_workday(date(2027, 10, 9))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "date and is_workday"),
        ("day,off\n2027-01-01,1\n", "date and is_workday"),
        ("date,is_workday\n2027-02-29,false\n", r"calendar.csv:2: '2027-02-29'"),
        ("date,is_workday\n2027-01-01,false\n46388,false\n", r"calendar.csv:3: '46388'"),
        ("date,is_workday\n2027-01-01,maybe\n", r"calendar.csv:2: 'maybe'"),
        ("date,is_workday\n2027-01-01\n", r"calendar.csv:2"),
        ("date,is_workday\n2027-01-01,0\n2027-01-01,1\n", r"calendar.csv:3: 2027-01-01"),
    ],
)
def test_a_broken_file_is_refused_at_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadPolicy, match=says):
        Calendar.load("china", file_of(tmp_path, text))


def test_a_missing_file_and_a_binary_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match="absent.csv"):
        Calendar.load("china", tmp_path / "absent.csv")
    binary = tmp_path / "calendar.csv"
    binary.write_bytes(b"PK\x03\x04\xff\xff\xff\x00")
    with pytest.raises(BadPolicy, match="calendar.csv"):
        Calendar.load("china", binary)


def test_an_unknown_calendar_names_the_near_one() -> None:
    with pytest.raises(BadPolicy, match="weekends"):
        Calendar.load("weekend")


@given(known_days)
def test_the_days_beside_a_day_are_the_nearest_working_ones(day: date) -> None:
    after, before = CHINA.on_or_after(day), CHINA.on_or_before(day)
    assert before <= day <= after
    assert CHINA.is_workday(after) and CHINA.is_workday(before)
    assert CHINA.between(before, after) == (0 if after == before else 1)


@given(known_days, short, short)
def test_spans_of_working_days_add_up(start: date, first: timedelta, second: timedelta) -> None:
    middle = start + max(first, timedelta(0))
    end = middle + max(second, timedelta(0))
    assert CHINA.between(start, end) == CHINA.between(start, middle) + CHINA.between(middle, end)
    assert CHINA.between(start, start + first) == sum(CHINA.is_workday(start + timedelta(days=n)) for n in range(1, first.days + 1))
