"""Spans, in a copy of the program whose themes ask for them: a base day, a flow since year start, the same a year before."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT, TINY
from postloan.errors import BadMeasure
from postloan.figures.span import ALL_SPANS, SPANS, with_names
from postloan.figures.tally import all_tallies
from postloan.figures.tally_head import read_head
from postloan.period import Period

SCRIPT = """
import json, sys
from postloan.audit.trace.lineage import BEHIND, all_lineage
from postloan.audit.trace.row_sets import RowSets, Wanted
from postloan.figures.aggregate import BANK
from postloan.figures.measure import all_measures
from postloan.month_end.variance import variances
from postloan.run import compute, take_in
answers = []
for data, period in json.loads(sys.argv[1]):
    book = compute(take_in(data), period)
    names = [name for name in all_measures() if "since" in name or name in ("recovered_amount", "opening_balance")]
    sets = RowSets({book.period.name: book})
    behind = {}
    for term in ("recovered_amount_since_year_start", "year_start_loan_balance", "last_year_recovered_amount_since_year_start"):
        for line in all_lineage()[term]:
            behind[term] = str(sets.aggregates(Wanted(book.period.name, line), {BANK}).get(BANK))
    answers.append({
        "now": {name: str(book.figure(name)) for name in names},
        "units": {name: str(book.figure(name, "unit", "002")) for name in names},
        "before": {name: str(book.previous(name)) for name in names},
        "behind": behind,
        "notes": [note.says for note in book.problems_found if note.check == "no_rows_for_period"],
        "moved": {moved.measure: [moved.before, moved.now] for moved in variances(book) if moved.grain == "bank"},
    })
print(json.dumps(answers))
"""
MEASURES = '''

tallied("recovered_amount_since_year_start", "本年累计收回贷款金额", "S24")


@measure("元", "贷款余额较年初变动")
def loan_balance_since_year_start(loan_balance: Decimal, year_start_loan_balance: Decimal) -> Decimal:
    """Loans in scope less those at the year's start.

    Formula: loan_balance - year_start_loan_balance
    Source: S8
    """
    return loan_balance - year_start_loan_balance


tallied("opening_balance", "期初余额", "S20")
'''
OPENING = """-- row: one customer with a scope loan at the opening
-- grain: customer
-- reads: opening, opening_scope_loan
-- term opening_balance: 元 · 期初余额 · balance of scope loans on the opening day
-- related opening_balance: loan_balance · scope_loan
SELECT s.customer_id, s.unit_id, sum(s.balance) AS opening_balance
FROM opening_scope_loan AS s
JOIN opening ON opening.as_of = s.as_of
GROUP BY s.customer_id, s.unit_id
"""
REPAID = [("P21", "2014-02-10", 300000), ("P22", "2013-03-05", 70000), ("P23", "2013-06-30", 30000), ("P24", "2013-07-01", 1)]
BALANCES = [("2013-12-31", "L01", 1300000), ("2013-12-31", "L05", 4000000), ("2013-06-30", "L01", 900000)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, dict]:
    """What the copy says of four packages: whole; without balances at year start; without repayments in the quarter before; of May."""
    folder = tmp_path_factory.mktemp("spans")
    shutil.copytree(ROOT / "lib", folder / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    themes = folder / "lib" / "postloan" / "themes"
    _add(themes / "recoveries" / "customer_recovery.sql", "-- spans: year\n")
    _add(folder / "lib/postloan/figures/tallies/customer_in_scope.sql", "-- spans: year_start\n")
    (themes / "recoveries" / "customer_opening.sql").write_text(OPENING, encoding="utf-8")
    _add(themes / "recoveries" / "measures.py", MEASURES)
    code = (themes / "recoveries" / "measures.py").read_text(encoding="utf-8")
    code = code.replace("import broken_down, tallied", "import broken_down, measure, tallied").replace(
        '"""\n', '"""\n\nfrom decimal import Decimal\n', 1
    )
    (themes / "recoveries" / "measures.py").write_text(code, encoding="utf-8")
    cases = {
        "whole": (_package(folder / "whole", REPAID, BALANCES), "2014Q2"),
        "no balances": (_package(folder / "no_balances", REPAID, BALANCES[2:]), "2014Q2"),
        "no repayments": (_package(folder / "no_repayments", REPAID[1:], BALANCES), "2014Q2"),
        "half": (_package(folder / "half", REPAID, BALANCES), "2014H1"),
    }
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([[str(data), period] for data, period in cases.values()])],
        env={**os.environ, "PYTHONPATH": str(folder / "lib"), "LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return dict(zip(cases, json.loads(run.stdout), strict=True))


def _add(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _package(folder: Path, repaid: list, balances: list) -> Path:
    shutil.copytree(TINY, folder)
    with (folder / "repayment.csv").open("a", newline="") as file:
        csv.writer(file).writerows([number, "L01", day, amount, "", ""] for number, day, amount in repaid)
    with (folder / "loan_balance.csv").open("a", newline="") as file:
        csv.writer(file).writerows([day, loan, amount, "pass", "", "", ""] for day, loan, amount in balances)
    return folder


def test_a_flow_since_year_start_is_that_of_the_days_up_to_the_periods_end(answers):
    whole = answers["whole"]
    assert whole["now"]["recovered_amount"] == "5000000.00"
    assert whole["now"]["recovered_amount_since_year_start"] == "5300000.00"
    assert whole["units"]["recovered_amount_since_year_start"] == "1900000.00"  # 500000 + 100000 + 1000000 and the 300000 of February
    assert whole["behind"]["recovered_amount_since_year_start"] == "5300000.00"


def test_it_compares_with_the_same_days_a_year_before_and_others_with_the_quarter_before(answers):
    whole = answers["whole"]
    assert (
        whole["before"]["recovered_amount_since_year_start"]
        == whole["behind"]["last_year_recovered_amount_since_year_start"]
        == "100000.00"
    )
    assert whole["before"]["recovered_amount"] == "300000.00"
    assert whole["moved"]["recovered_amount_since_year_start"] == ["100000.00", "5300000.00"]


def test_a_stock_is_told_of_its_base_day(answers):
    whole = answers["whole"]
    assert whole["behind"]["year_start_loan_balance"] == "5300000.00"
    assert whole["now"]["loan_balance_since_year_start"] == "9700000.00"
    assert whole["now"]["opening_balance"] == "20000000.00"
    assert answers["half"]["now"]["opening_balance"] == "5300000.00"  # a half-year opens on 31 December


def test_where_the_data_do_not_reach_it_is_undefined_and_a_note_says_what_is_lacking(answers):
    for case, lacking in (("no balances", "2013-12-31 (本年累计)"), ("no repayments", "2014Q1 (本年累计)")):
        said = answers[case]
        assert said["now"]["recovered_amount_since_year_start"] == "None" and said["now"]["recovered_amount"] == "5000000.00"
        assert any(lacking in note and "本年累计收回贷款金额" in note for note in said["notes"]), said["notes"]
    assert answers["no balances"]["now"]["loan_balance_since_year_start"] == "None"
    assert answers["no repayments"]["now"]["loan_balance_since_year_start"] == "9700000.00"
    assert answers["whole"]["notes"] == []


@pytest.mark.parametrize(
    ("span", "period", "days"),
    [
        ("opening", "2014Q2", "2014-03-31 2014-03-31"),
        ("opening", "2014", "2013-12-31 2013-12-31"),
        ("year_start", "2014-02", "2013-12-31 2013-12-31"),
        ("last_year", "2014Q2", "2013-04-01 2013-06-30"),
        ("last_year", "2013-02", "2012-02-01 2012-02-29"),
        ("since_quarter_start", "2014-05", "2014-04-01 2014-05-31"),
        ("since_half_start", "2014Q4", "2014-07-01 2014-12-31"),
        ("since_year_start", "2014Q3", "2014-01-01 2014-09-30"),
        ("last_year_since_year_start", "2014Q3", "2013-01-01 2013-09-30"),
    ],
)
def test_the_days_of_each_span(span, period, days):
    assert " ".join(map(str, ALL_SPANS[span].days(Period.parse(period)))) == days


def test_the_periods_of_a_flow_are_those_by_which_rows_are_dated():
    assert [str(part) for part in SPANS["year"].parts(Period.parse("2014Q3"))] == ["2014Q1", "2014Q2", "2014H1", "2014Q3"]
    assert [str(part) for part in SPANS["year"].parts(Period.parse("2014-02"))] == ["2014-01", "2014-02"]


def test_only_relations_get_other_names():
    sql = "SELECT loan.a, asked FROM loan AS l JOIN asked ON loan.day = asked.day WHERE b = loan"
    assert with_names(sql, {"loan": "old_loan", "asked": "opening"}) == (
        "SELECT old_loan.a, asked FROM old_loan AS l JOIN opening ON old_loan.day = opening.day WHERE b = loan"
    )


def test_a_wrong_span_is_named_with_its_file():
    with pytest.raises(BadMeasure) as fault:
        read_head("-- row: one\n-- spans: yaer\n-- reads: loan\nSELECT 1", "x/y.sql")
    assert fault.value.where == "x/y.sql: spans" and "'year'" in fault.value.do
    with pytest.raises(BadMeasure) as fault:
        all_tallies()["required_section"].over(SPANS["year"])
    assert "report_quality/required_section.sql" in fault.value.where
