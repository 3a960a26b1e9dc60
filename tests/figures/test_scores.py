"""Scores: of units, of the bank from its units', of how much was checked, and the band that red figures allow."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from oracle.packages import make_package
from places import TINY
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.errors import BadPolicy
from postloan.figures.book import Book
from postloan.figures.compute import compute
from postloan.figures.find import report_deduction, report_scores
from postloan.figures.rule import all_rules
from postloan.figures.settings import Settings
from postloan.papers.graded_reports import reports_graded
from postloan.period import Period
from postloan.policy import NOT_GRADED, Ceiling, Policy, read_policy
from postloan.workdays import Calendar

PACKAGED = read_policy("branch2014")
Making = Callable[..., Book]


@pytest.fixture(scope="module")
def book_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Making]:
    """Return books of one random bank under a policy that differs from the packaged one as is said."""
    folder = tmp_path_factory.mktemp("bank") / "package"
    make_package(folder, 31, "2014Q2", 60, ["report_section"])
    clean = {folder: screen(open_package(folder)), TINY: screen(open_package(TINY))}
    plain: list[Book] = []

    def book(data: Path = folder, **said: object) -> Book:
        settings = Settings(Period.parse("2014Q2"), replace(PACKAGED, **said), Calendar.load("china"))
        if said or data != folder:
            return compute(clean[data], settings)
        plain[:] = plain or [compute(clean[data], settings)]
        return plain[0]

    yield book


def reading(book: Book) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Customers in scope, deduction and score of every unit that has customers or findings, from the rows of findings alone."""
    found: dict[str, dict[str, Decimal]] = {unit: {} for unit in book.unit_names if book.figure("customers_in_scope", "unit", unit)}
    for row in book.findings.itertuples():
        of_unit = found.setdefault(row.unit_id, {})
        of_unit[row.rule] = of_unit.get(row.rule, Decimal(0)) + row.deduction
    made = {}
    for unit, by_rule in found.items():
        deduction = sum((min(points, Decimal(PACKAGED.points(rule).cap)) for rule, points in by_rule.items()), Decimal(0))
        customers = book.figure("customers_in_scope", "unit", unit) or Decimal(0)
        made[unit] = (customers, deduction, max(Decimal(0), 100 - deduction))
    return made


def test_the_banks_score_is_the_mean_of_its_units_by_customers(book_of: Making) -> None:
    book = book_of()
    units = reading(book)
    assert len({score for _, _, score in units.values()}) > 3
    for unit, (_, deduction, score) in units.items():
        assert (book.figure("deduction", "unit", unit), book.figure("score", "unit", unit)) == (deduction, score)
    assert book.figure("deduction") == sum(deduction for _, deduction, _ in units.values())
    weights = sum(customers for customers, _, _ in units.values())
    assert book.figure("score") == sum(customers * score for customers, _, score in units.values()) / weights


def test_the_policy_may_weigh_every_unit_alike_or_pool_them(book_of: Making) -> None:
    mean, pooled = book_of(bank_score="mean"), book_of(bank_score="pooled")
    scores = [score for _, _, score in reading(mean).values()]
    assert mean.figure("score") == sum(scores) / len(scores)
    by_rule: dict[str, Decimal] = {}
    for finding in pooled.findings_made:
        by_rule[finding.rule.name] = by_rule.get(finding.rule.name, Decimal(0)) + finding.deduction
    cost = sum(min(points, Decimal(PACKAGED.points(rule).cap)) for rule, points in by_rule.items())
    assert (pooled.figure("deduction"), pooled.figure("score")) == (cost, max(Decimal(0), 100 - cost))
    with pytest.raises(BadPolicy, match="wieghted"):
        read_own(bank_score="wieghted")


def read_own(**said: object) -> Policy:
    from postloan.policy import _differences_applied, _policy_path, make_policy

    return make_policy("own", {**_differences_applied(_policy_path("branch2014"), ()), **said})


def test_what_was_not_checked_lowers_the_share_and_takes_the_band(book_of: Making) -> None:
    book = book_of()
    caps = {name: Decimal(PACKAGED.points(name).cap) for name, rule in all_rules().items() if rule.theme in book.themes}
    unread = [name for name, rule in all_rules().items() if "report_section" in rule.tables() and name in caps]
    assert unread
    assert book.figure("checked_share") == (sum(caps.values()) - sum(caps[name] for name in unread)) / sum(caps.values())
    figures = book.figures["bank", ""]
    share = figures["checked_share"]
    assert replace(PACKAGED, band_least_checked=share).grade(figures) != NOT_GRADED
    assert replace(PACKAGED, band_least_checked=share + Decimal("0.0001")).grade(figures) == NOT_GRADED
    off = book_of(rules_off=unread)
    assert off.figure("checked_share") == 1, "what the policy takes off is not asked for"


def test_without_a_rule_that_has_points_there_is_no_score(book_of: Making) -> None:
    book = book_of(rules_off=[name for name in PACKAGED.scorecard if PACKAGED.points(name).cap])
    assert book.figure("findings") is not None
    assert [book.figure(name) for name in ("deduction", "score", "checked_share")] == [None, None, None]
    assert PACKAGED.grade(book.figures["bank", ""]) is None


@pytest.mark.parametrize(
    ("ratio", "band"), [("0.05", "优秀"), ("0.0500001", "良好"), (None, "优秀")], ids=["at the value", "above it", "undefined"]
)
def test_no_best_band_beside_red_figures(ratio: str | None, band: str) -> None:
    figures = {"score": Decimal(98), "checked_share": Decimal(1), "npl_ratio": Decimal(0), "overdue_ratio": ratio and Decimal(ratio)}
    assert PACKAGED.grade(figures) == band
    assert PACKAGED.grade({**figures, "score": Decimal(61)}) == "合格", "a ceiling lifts nobody"


def test_a_quarter_of_the_loans_unpaid_is_not_excellent(branch2014: Book) -> None:
    assert branch2014.figure("score", "unit", "0125") == 98
    assert branch2014.policy.grade(branch2014.figures["unit", "0125"]) == "良好"


def test_a_ceiling_names_a_ratio_and_a_band(book_of: Making) -> None:
    with pytest.raises(BadPolicy, match="overdue_ration"):
        book_of(TINY, band_ceilings={"overdue_ration": Ceiling(Decimal("0.1"), "良好", "")})
    with pytest.raises(BadPolicy, match="良"):
        read_own(band_ceilings={"overdue_ratio": {"above": Decimal("0.1"), "band": "良", "source": ""}})


def test_one_fault_is_charged_once(book_of: Making, branch2014: Book) -> None:
    book = branch2014
    simple = next(f for f in book.findings_made if f.rule.name == "report_too_simple")
    blank = [
        f for f in book.findings_made if f.rule.name == "report_section_blank" and f.row["inspection_id"] == simple.row["inspection_id"]
    ]
    assert (simple.row["short_sections"], len(blank)) == (2, 2)
    assert simple.deduction == 0 and not simple.waived and all(f.deduction == 2 for f in blank)
    randoms = book_of()
    left = {f.subject: f for f in randoms.findings_made if f.rule.name == "ab_left_bank"}
    both = [f for f in randoms.findings_made if f.rule.name == "ab_not_corporate_rm" and f.subject in left]
    for finding in both:
        same = finding.row["days_without_role"] <= left[finding.subject].row["days_after_leaving"]
        assert (finding.deduction == 0) == (same and left[finding.subject].deduction > 0)
    assert both


# A report's own score


def scored(book: Book, **said: object) -> dict[str, tuple[Decimal, str]]:
    """Return score and band of every report with findings by its customer, under a policy that differs as is said."""
    policy = replace(book.policy, **said)
    customers = {f.row["inspection_id"]: f.customer_name for f in book.findings_made if f.rule.about == "report"}
    return {customers[report]: (score, policy.band(score)) for report, score in report_scores(book.findings_made, policy).items()}


def test_a_report_is_graded_by_its_own_scorecard(branch2014: Book) -> None:
    assert scored(branch2014) == {
        "澜州福原实业有限公司": (Decimal(50), "不合格"),
        "澜州龙舟实业有限责任公司": (Decimal(90), "优秀"),
        "澜州鸿欣装饰装潢有限公司": (Decimal(85), "良好"),
    }
    handed_in = branch2014.figure("reports_submitted")
    assert branch2014.figure("report_score") == (handed_in * 100 - 50 - 10 - 15) / handed_in
    assert branch2014.figure("deduction") == Decimal("44.5")  # the unit's scorecard is as it was


def test_without_a_scorecard_of_reports_the_units_points_grade_them(branch2014: Book) -> None:
    assert sorted(score for score, _ in scored(branch2014, report_scorecard={}).values()) == [96, 98, 99]


def test_each_rule_costs_a_report_up_to_its_cap_and_what_is_waived_nothing(branch2014: Book) -> None:
    blank = next(f for f in branch2014.findings_made if f.rule.name == "report_section_blank" and not f.waived)
    other = next(f for f in branch2014.findings_made if f.rule.name == "report_no_numbers")
    unpriced = replace(blank, rule=all_rules()["report_no_followup"])
    card = branch2014.policy.report_scorecard
    assert report_deduction([blank] * 4, branch2014.policy) == card["report_section_blank"].cap == 60
    assert report_deduction([blank] * 5 + [other, unpriced], branch2014.policy) == 70
    assert report_deduction([blank, replace(other, waived=True)], branch2014.policy) == 15
    assert report_scores([blank] * 4 + [replace(blank, rule=all_rules()[name]) for name in card], branch2014.policy).popitem()[1] == 0


def test_a_banks_own_policy_may_set_other_points_for_reports(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "based_on: branch2014\ntitle: 本行\nreport_scorecard: {report_section_blank: {points: 30, cap: 60}}\n", encoding="utf-8"
    )
    own = read_policy(str(file))
    assert own.report_scorecard["report_section_blank"].points == 30 and own.report_scorecard["report_too_simple"].points == 20
    file.write_text("based_on: branch2014\ntitle: 本行\nreport_scorecard: {report_nonsense: {points: 1, cap: 1}}\n", encoding="utf-8")
    with pytest.raises(BadPolicy, match="report_scorecard"):
        read_policy(str(file))


def test_papers_name_the_reports_that_lost_points_the_worst_first(branch2014: Book) -> None:
    rows = reports_graded(branch2014)
    assert [(row["customer"], row["score"], row["is_lowest"]) for row in rows] == [
        ("澜州福原实业有限公司", 50, True),
        ("澜州鸿欣装饰装潢有限公司", 85, False),
        ("澜州龙舟实业有限责任公司", 90, False),
    ]
    assert sum(len(reports_graded(branch2014, unit)) for unit in branch2014.units()) == 3
