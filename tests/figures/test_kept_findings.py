"""What a run keeps of its findings is what the next quarter follows, and what is open stays followed with its own day."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from oracle.packages import make_package
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.figures.book import Book
from postloan.figures.book_reader import kept_findings
from postloan.figures.book_writer import lay_down_book, seal_book
from postloan.figures.compute import compute
from postloan.figures.finding import Finding
from postloan.figures.follow_up import WHOLE_REPORTS
from postloan.month_end.plan import Plan, Request

COLUMNS = ("period", "rule", "unit_id", "customer_id", "subject", "replied_on", "verified_by", "verified_on", "outcome")
Identity = tuple[str, str, str, str]
QUARTERS = {"2014Q1": date(2014, 3, 31), "2014Q2": date(2014, 6, 30)}


def identity(finding: Finding) -> Identity:
    return finding.rule.name, finding.unit_id, finding.customer_id, finding.subject


def compared(finding: Finding) -> Identity:
    """What makes two findings of different quarters the same."""
    whole = finding.rule.about in WHOLE_REPORTS or "meeting_id" in finding.row
    return finding.rule.name, finding.unit_id, finding.customer_id, "" if whole else finding.subject


def quarter(data: Path, out: Path, period: str) -> Book:
    """The book of a quarter, which leaves what the next one follows."""
    book = compute(screen(open_package(data)), Plan(Request(str(data), period, str(out))).settings)
    folder = out / period / "book" / "key"
    lay_down_book(book, folder)
    seal_book(folder)
    return book


def answer(chance: random.Random, period: str, finding: Finding, staff: str) -> dict[str, str]:
    """A row about a finding: closed, unfounded, returned or only replied to, on any day around the next quarter."""
    replied = QUARTERS[period] + timedelta(days=chance.randrange(1, 120))
    outcome = chance.choice(["closed", "closed", "unfounded", "returned", ""])
    verified = replied + timedelta(days=chance.randrange(0, 9)) if outcome else None
    said = (period, *identity(finding), replied.isoformat(), staff if outcome else "", verified.isoformat() if verified else "", outcome)
    return dict(zip(COLUMNS, said, strict=True))


@pytest.mark.parametrize("seed", [5, pytest.param(6, marks=pytest.mark.soak)])
def test_three_quarters_with_random_answers_are_what_an_independent_reading_says(tmp_path: Path, seed: int) -> None:
    data, out, chance = tmp_path / "data", tmp_path / "out", random.Random(seed)
    make_package(data, seed, "2014Q2", 60, ("report_section",))
    staff = screen(open_package(data)).con.execute("SELECT min(staff_id) FROM staff").fetchall()[0][0]
    with (data / "rectification.csv").open("w", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, COLUMNS).writeheader()
    first = quarter(data, out, "2014Q1")
    told = [f for f in first.findings_made if f.rule.severity != "hint"]
    rows = [answer(chance, "2014Q1", f, staff) for f in told if chance.random() < 0.7]
    with (data / "rectification.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, COLUMNS).writerows(rows)
    second = quarter(data, out, "2014Q2")
    answers = {tuple(row[name] for name in COLUMNS[1:5]): row for row in rows}
    found_now = {compared(f) for f in second.findings_made}

    def state(finding: Finding, last: date) -> str:
        row = answers.get(identity(finding), {})
        days = {name: date.fromisoformat(row[name]) for name in ("replied_on", "verified_on") if row.get(name)}
        if row.get("outcome") == "closed" and days["verified_on"] <= last:
            return "closed"
        if row.get("outcome") == "unfounded" and days.get("verified_on", days["replied_on"]) <= last:
            return "unfounded"
        return "overdue" if QUARTERS["2014Q1"] + timedelta(days=30) < last else "open"

    states = {identity(f): state(f, QUARTERS["2014Q2"]) for f in told}
    counts = {name: list(states.values()).count(name) for name in ("closed", "unfounded", "overdue")}
    assert len(told) > 20 and all(counts.values())
    again = sum(states[identity(f)] == "closed" and compared(f) in found_now for f in told)
    replied = [row for row in rows if date.fromisoformat(row["replied_on"]) <= QUARTERS["2014Q2"]]
    wanted = {f"findings_{name}": count for name, count in counts.items()} | {"findings_again": again, "findings_replied": len(replied)}
    assert {name: second.figure(name) for name in wanted} == wanted
    # Those that are open are kept for the third quarter, with their own day.
    kept = kept_findings(out / "2014Q2")
    carried = {(row["rule"], row["unit_id"], row["whose"], row["item"]): row for row in kept.carried}
    assert carried.keys() == {name for name, is_now in states.items() if is_now == "overdue"}
    assert {(row["period"], row["due_on"]) for row in carried.values()} == {("2014Q1", date(2014, 4, 30))}
    assert [identity(f) for f in kept.findings] == [identity(f) for f in second.findings_made]


def test_what_was_told_is_followed_although_data_were_mended_since(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    make_package(data, 8, "2014Q2", 40, ("report_section",))
    told = len([f for f in quarter(data, out, "2014Q1").findings_made if f.rule.severity != "hint"])
    next(path for path in data.iterdir() if path.stem in ("AB角", "ab_role")).unlink()
    with (data / "rectification.csv").open("w", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, COLUMNS).writeheader()
    assert quarter(data, out, "2014Q2").figure("findings_followed") == told > 0
