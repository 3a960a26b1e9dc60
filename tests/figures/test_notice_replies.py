"""Replies to notices: one quarter tells, replies are typed at random, and the next quarter says of them what a reading of the papers says."""

from __future__ import annotations

import csv
import random
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
import refresh_goldens as goldens
from command_line import postloan
from places import BRANCH
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.figures.book import Book
from postloan.figures.compute import compute, make_book
from postloan.month_end.manifest import book_key, manifest_of
from postloan.month_end.plan import Plan, Request
from postloan.papers.notice_register import read_register
from postloan.papers.signing import Signing
from postloan.run import make_papers

FIRST, LAST = date(2014, 4, 1), date(2014, 6, 30)
TRIAGES = ("repay", "renew", "collect", "")
NOTICE = re.compile(r"(监通〔2014〕\d+号)\n(?:.*\n)*?.*?于(\d+)年(\d+)月(\d+)日前连同回执报送")
LETTER = re.compile(r"(提函〔2014〕\d+号)\n(?:.*\n)*?.*?于(\d+)年(\d+)月(\d+)日前报送我行")


class Asked(NamedTuple):
    """One item of a notice, as its paper says it."""

    number: str
    business: str
    unit: str
    due_on: date
    reply_by: date


def asked_for(out: Path) -> list[Asked]:
    """The items of the notices in the folder: the days for replies from the papers, the rest from the register."""
    days = {}
    for path in (out / "2014Q1").rglob("*.docx"):
        text = goldens.text_of(path.name, path.read_bytes())
        days |= {found[1]: date(*map(int, found.groups()[1:])) for of in (NOTICE, LETTER) for found in of.finditer(text)}
    rows = list(csv.DictReader((out / "notices.csv").open(encoding="utf-8-sig")))
    return [
        Asked(row["number"], row["about"].split()[1], row["unit"].split()[0], date.fromisoformat(row["due_on"]), days[row["number"]])
        for row in rows
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run over the first quarter that told what falls due."""
    out, book = tmp_path_factory.mktemp("out"), make_book(BRANCH, "2014Q1")
    for name in ("monitoring_notice", "reminder_letter"):
        make_papers(book, name, out, signing=Signing("2014-04-02"))
    return out


def second_quarter(folder: Path, out: Path, replies: list[dict[str, str]]) -> Book:
    """The book of the second quarter over the sample bank and `replies`."""
    for path in BRANCH.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    with (folder / "notice_reply.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["number", "business_id", "replied_on", "triage"])
        writer.writeheader()
        writer.writerows(replies)
    return compute(screen(open_package(folder)), Plan(Request(str(folder), "2014Q2", str(out))).settings)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_the_measures_are_those_of_an_independent_reading(told: Path, tmp_path: Path, seed: int) -> None:
    chance, items = random.Random(seed), asked_for(told)
    replies: dict[tuple[str, str], tuple[date, str]] = {}
    for item in items:
        if chance.random() < 0.7:
            replies[item.number, item.business] = (FIRST + timedelta(days=chance.randrange(0, 110)), chance.choice(TRIAGES))
    rows = [{"number": n, "business_id": b, "replied_on": d.isoformat(), "triage": t} for (n, b), (d, t) in replies.items()]
    book = second_quarter(tmp_path, told, rows)
    assert len(items) > 10

    def reply(item: Asked) -> tuple[date, str] | None:
        found = replies.get((item.number, item.business))
        return found if found and found[0] <= LAST else None

    for unit in ("", *book.units()):
        mine = [item for item in items if FIRST <= item.reply_by <= LAST and unit in ("", item.unit)]
        in_time = [item for item in mine if (got := reply(item)) and got[0] <= item.reply_by]
        wanted = {
            "notice_items": len(mine),
            "notice_items_replied": len(in_time),
            "notice_items_untriaged": sum(1 for item in mine if not (got := reply(item)) or not got[1]),
            "notice_reply_rate": Decimal(len(in_time)) / len(mine) if mine else None,
        }
        assert {name: book.figure(name, *(("unit", unit) if unit else ("bank", ""))) for name in wanted} == wanted, unit
    scope = {row["customer_id"] for row in book.rows("customer_in_scope", "customer_id")}
    customer = {entry.number + entry.about.split()[1]: entry.customer.split()[0] for entry in read_register(told).values()}
    silent = {f"{i.number}/{i.business}" for i in items if i.reply_by < LAST and not reply(i) and customer[i.number + i.business] in scope}
    assert {f.subject for f in book.findings_made if f.rule.name == "plan_not_replied"} == silent


def test_a_run_s_own_notices_change_nothing_that_it_rests_on(told: Path, tmp_path: Path) -> None:
    book = second_quarter(tmp_path, told, [])
    plan = Plan(Request(str(tmp_path), "2014Q2", str(told)))
    before = book_key(plan, manifest_of(plan))
    make_papers(book, "monitoring_notice", told, signing=Signing("2014-06-30"))
    again = Plan(Request(str(tmp_path), "2014Q2", str(told)))
    assert book_key(again, manifest_of(again)) == before


def test_without_a_register_the_measures_are_undefined(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    book = second_quarter(tmp_path / "data", tmp_path / "out", [])
    assert book.figure("notice_items") is None and book.figure("notice_reply_rate") is None
    assert not any(finding.rule.theme == "notice_replies" for finding in book.findings_made)


def test_the_form_for_replies_has_a_row_for_each_item_without_one(told: Path, tmp_path: Path) -> None:
    rows = csv.DictReader((told / "notices.csv").open(encoding="utf-8-sig"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "notices.csv").write_bytes((told / "notices.csv").read_bytes())
    assert postloan("blank", "notice_reply", "--out", out).code == 0
    sheet = openpyxl.load_workbook(out / "通知书回执.xlsx").worksheets[0]
    listed = {(row[0], row[1]) for row in sheet.iter_rows(min_row=2, values_only=True) if row[0]}
    assert listed == {(row["number"], row["about"].split()[1]) for row in rows} and len(listed) > 10
