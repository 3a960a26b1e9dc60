"""Every measure there is: its formula is its code, its example holds, its words are there."""

from decimal import Decimal, DivisionByZero, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan.cli.explain import explain
from postloan.errors import BadMeasure
from postloan.figures.finding_terms import known_terms
from postloan.figures.measure import all_measures, figures, measure
from postloan.figures.tally import all_tallies, all_terms
from postloan.policy import read_policy
from rule_examples import examples

EXAMPLES = examples("measures")
MEASURES = all_measures()
COMPUTED = [name for name, m in MEASURES.items() if m.part("Formula") not in known_terms()]
CONTRACT = [
    "customers_in_scope",
    "loan_balance",
    "loans_in_scope",
    "balance_pass",
    "balance_special_mention",
    "balance_substandard",
    "balance_doubtful",
    "balance_loss",
    "npl_balance",
    "npl_ratio",
    "special_mention_ratio",
    "npl_ratio_change",
    "acceptance_exposure",
    "reports_submitted",
    "reports_outside_scope",
    "customers_inspected",
    "inspection_coverage",
    "customers_on_time",
    "customers_late",
    "customers_missing",
    "on_time_rate",
    "customers_onsite",
    "onsite_rate",
    "credit_limit",
    "deposit_balance",
    "deposit_to_limit",
    "customers_below_deposit_floor",
    "recovered_loans",
    "recovered_customers",
    "recovered_amount",
    "early_recovered_loans",
    "early_recovered_customers",
    "early_recovered_amount",
    "at_maturity_recovered_loans",
    "at_maturity_recovered_customers",
    "at_maturity_recovered_amount",
    "overdue_recovered_loans",
    "overdue_recovered_customers",
    "overdue_recovered_amount",
    "sales_return_rate",
    "inflow_share",
    "became_npl_balance",
    "left_npl_balance",
    "npl_recovered_loans",
    "npl_recovered_customers",
    "npl_recovered_amount",
    "overdue_balance",
    "principal_overdue_balance",
    "interest_arrears_balance",
    *(f"overdue_{days}_{what}" for days in ("1_30", "31_60", "61_90", "over_90") for what in ("balance", "loans")),
    "overdue_loans",
    "overdue_customers",
    "overdue_ratio",
    "overdue_90_to_npl",
    "ab_errors",
    "meetings_held",
    "report_defects",
    "findings",
    "deduction",
    "score",
]


def test_every_measure_of_the_contract_is_there():
    assert set(MEASURES) >= set(CONTRACT)


@pytest.mark.parametrize("name", MEASURES)
@given(data=st.data())
def test_the_formula_in_the_docstring_is_the_code(name, data):
    m = MEASURES[name]
    amounts = st.decimals(min_value=1, max_value=10**12, places=2)
    values = {argument: data.draw(amounts, label=argument) for argument in m.arguments}
    try:
        said = eval(m.part("Formula"), {"__builtins__": {}, "max": max}, values)
    except (DivisionByZero, InvalidOperation):
        said = None
    assert m.of(values) == said


@pytest.mark.parametrize("name", MEASURES)
def test_a_missing_argument_makes_it_undefined(name):
    m = MEASURES[name]
    for argument in m.arguments:
        assert m.of({a: Decimal(1) for a in m.arguments if a != argument}) is None


@pytest.mark.parametrize("name", COMPUTED)
def test_every_computed_measure_has_a_worked_example_that_holds(name):
    for example in EXAMPLES[name]:
        made = figures(example["given"], "bank", MEASURES)[name]
        assert made == (Decimal(example["gives"]) if example["gives"] else None), example["says"]


@pytest.mark.parametrize("name", MEASURES)
def test_explain_says_formula_source_scope_and_where_the_terms_come_from(name):
    policy = read_policy("branch2014")
    said = explain(name, policy)
    assert MEASURES[name].title in said and policy.scope.title in said and MEASURES[name].part("Formula") in said
    rests_on = {t.tally for argument in MEASURES[name].arguments for t in all_terms().values() if t.name == argument}
    assert all(f"{tally}.sql" in said for tally in rests_on)


def test_a_misspelt_term_is_refused_at_import_with_the_nearest():
    with pytest.raises(BadMeasure) as fault:

        @measure("元", "试验")
        def nothing(loan_balanse: Decimal) -> Decimal:
            """Formula: x
            Source: y
            """
            return loan_balanse

    assert "loan_balance" in fault.value.do and "test_every_measure.py" in fault.value.where


def test_no_term_stands_in_two_tallies():
    terms = [term for tally in all_tallies().values() for term in tally.terms]
    assert len(terms) == len(set(terms))
