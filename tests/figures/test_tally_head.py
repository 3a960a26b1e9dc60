"""The heads of tallies: a head without SQL is the SQL, and a fault in one is named with its file and line."""

import duckdb
import pytest
from postloan.errors import BadMeasure
from postloan.figures.tally_head import read_head

HEAD = """-- row: one customer with a payment
-- grain: customer
-- over: payment_row · repayment
-- by moment: early 提前 · 到期日之前 · before the due date
-- by moment: late 逾期 · 到期后 · after it
-- by class5: loan_balance.class5
"""
PAYMENTS = """CREATE TABLE payment_row AS SELECT * FROM (VALUES
    ('1', 'u', 'L1', 'early', 'pass', 100), ('1', 'u', 'L1', 'early', 'loss', 20), ('1', 'u', 'L2', 'late', 'pass', 3), ('2', 'v', 'L3', 'late', 'pass', 4)
) AS t (customer_id, unit_id, loan_id, moment, class5, principal)"""


def rows(head: str) -> list[dict[str, object]]:
    _, sql = read_head(head, "payment", "some/payment.sql")
    con = duckdb.connect()
    con.execute(f"{PAYMENTS}; CREATE TABLE asked AS SELECT 10 AS least")
    return con.execute(f"SELECT * FROM ({sql}) ORDER BY customer_id").df().to_dict("records")


def test_one_line_stands_for_a_term_for_each_value_and_each_sums_its_own_rows():
    made = rows(HEAD + "-- term paid_{moment}: 元 · {moment}收回 · paid {moment} · sum(principal)\n")
    assert made == [
        {"customer_id": "1", "unit_id": "u", "paid_early": 120, "paid_late": 3},
        {"customer_id": "2", "unit_id": "v", "paid_early": 0, "paid_late": 4},
    ]


def test_conditions_hold_beside_the_breakdown_and_a_row_that_no_line_counts_makes_no_row():
    made = rows(HEAD + "-- term loans_{class5}: 笔 · {class5} · {class5} · count(DISTINCT loan_id) WHERE principal >= asked.least\n")
    assert [row["customer_id"] for row in made] == ["1"]
    assert (made[0]["loans_pass"], made[0]["loans_loss"], made[0]["loans_doubtful"]) == (1, 1, 0)


def test_words_and_lineage_follow_from_the_line():
    head, sql = read_head(
        HEAD + "-- term {moment}_paid: 元 · {moment}收回 · paid {moment} · sum(principal) WHERE principal > 0\n", "payment", "payment.sql"
    )
    assert [(t.name, t.meaning_cn, t.meaning) for t in head.terms.values()] == [
        ("early_paid", "到期日之前收回", "paid before the due date"),
        ("late_paid", "到期后收回", "paid after it"),
    ]
    assert head.families == {"{moment}_paid": {"early_paid": "提前", "late_paid": "逾期"}}
    assert "-- behind late_paid: repayment · sum(principal) · payment_row WHERE principal > 0 AND moment = 'late'" in sql
    assert head.reads == ["payment_row"]


def test_a_fields_codes_are_the_values_with_their_labels():
    head, _ = read_head(HEAD + "-- term paid_{class5}: 元 · {class5} · classed {class5} · sum(principal)\n", "payment", "payment.sql")
    assert head.families["paid_{class5}"]["paid_special_mention"] == "关注"
    assert head.terms["paid_special_mention"].meaning == "classed special mention (关注)"


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("-- reads: loan\nSELECT 1", "x.sql", "what a row is"),
        ("-- row: one\nSELECT 1", "x.sql", "what its SQL reads"),
        ("-- row: one\n-- reads: loan\n", "x.sql", "over which rows it sums"),
        (HEAD + "-- reads: loan\nSELECT 1", "x.sql", "over which rows it sums"),
        ("-- row: one\n-- over: payment_row · repaymant\n", "x.sql: over", "did you mean 'repayment'"),
        (
            "-- row: one\n-- grain: costumer\n-- over: payment_row · repayment\n-- term a: 元 · 甲 · a · sum(b)",
            "x.sql: grain",
            "'customer'",
        ),
        (HEAD + "-- term paid: 元 · 收回 · paid\n", "x.sql: term paid", "cannot be read"),
        (HEAD + "-- term paid 元 · 收回 · paid · sum(principal)\n", "x.sql: term", "cannot be read"),
        (HEAD + "-- term paid: 元 · 收回 · paid · principal\n", "x.sql: term paid", "aggregate"),
        (HEAD + "-- term paid_{method}: 元 · 收回 · paid · sum(principal)\n", "x.sql: term paid_{method}", "'method' breaks down"),
        (HEAD + "-- term paid-{moment}: 元 · 收回 · paid · sum(principal)\n", "x.sql: term paid-{moment}", "letters"),
        (HEAD + "-- by class12: loan_balance.class12\n", "x.sql: by class12", "no field with codes"),
        ("-- row: one\n-- reads: loan\n-- term {a}: 元 · 甲 · a\nSELECT 1", "x.sql: term {a}", "'a' breaks down"),
    ],
)
def test_a_fault_in_a_head_is_named_with_file_and_line(text, where, says):
    with pytest.raises(BadMeasure) as fault:
        read_head(text, "x", "x.sql")
    assert fault.value.where == where and says in str(fault.value)
