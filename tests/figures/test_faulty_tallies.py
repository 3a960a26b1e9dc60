"""A fault in a tally or in the declaration of a measure stops with a sentence that names file and line, not with a traceback."""

from collections import Counter

import duckdb
import pytest
from postloan.errors import BadMeasure
from postloan.figures import measure, tally
from postloan.figures.aggregate import _summed
from postloan.figures.engine import InProcess, Tallied

ONE = "-- row: one loan\n-- reads: loan\nSELECT 1 AS unit_id"


@pytest.fixture
def tallies(tmp_path, monkeypatch):
    """The tallies of a theme with the given files and no others."""
    measure.all_measures()  # nothing that is kept for the process is made from these files

    def of(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.sql").write_text(text, encoding="utf-8")
        found = [("", path) for path in sorted(tmp_path.glob("*.sql"))]
        monkeypatch.setattr(tally.themes, "files", lambda *_: found)
        made = tally.all_tallies.__wrapped__()
        monkeypatch.setattr(tally, "all_tallies", lambda: made)
        return made

    return of


@pytest.mark.parametrize(
    ("files", "where", "says"),
    [
        ({"a": ONE.replace("loan\nS", "laon\nS")}, "a.sql", "did you mean 'loan'"),
        ({"loan": ONE}, "loan.sql", "already"),
        ({"a": ONE.replace("reads: loan", "reads: b"), "b": ONE.replace("reads: loan", "reads: a")}, "a.sql", "a → b → a"),
        ({"a": "-- row: one\n-- over: b · loan\n-- term t: 笔 · 甲 · t · count(*)"}, "a.sql", "'b'"),
        ({"a": ONE.replace("reads: loan", "reads: year_start_b")}, "a.sql", "'year_start_b'"),
        ({"a": ONE.replace("reads: loan", "reads: section_facts\n-- spans: year")}, "a.sql: spans", "own period only"),
    ],
)
def test_a_tally_that_reads_what_there_is_not_is_named(tallies, files, where, says):
    with pytest.raises(BadMeasure) as fault:
        tallies(**files)
    assert fault.value.where == where and says in str(fault.value)


def test_two_tallies_with_one_term_are_named(tallies):
    term = "-- term loans: 笔 · 笔数 · loans\n"
    tallies(a=term + ONE, b=term + ONE)
    with pytest.raises(BadMeasure) as fault:
        tally.all_terms.__wrapped__()
    assert fault.value.where == "b.sql: term loans" and "'a'" in str(fault.value)


@pytest.mark.parametrize(
    "text",
    [
        "-- row: one\n-- reads: loan\nSELECT nothing FROM loan",
        "-- row: one\n-- reads: loan\nSELECT FROM WHERE",
        "-- row: one\n-- over: loan · loan\n-- term loans: 笔 · 笔数 · loans · count(DISTINCT nothing)",
    ],
)
def test_sql_that_cannot_be_run_is_told_with_its_file(tallies, text):
    tallies(a=text)
    con = duckdb.connect()
    con.execute("CREATE TABLE loan (loan_id VARCHAR, unit_id VARCHAR)")
    with pytest.raises(BadMeasure) as fault:
        tally.make_tallies(con, frozenset({"loan"}), Counter(a=1))
    assert fault.value.where == "a.sql" and "cannot be run" in str(fault.value)


def test_a_term_that_the_sql_does_not_make_is_told_with_its_file(tallies, monkeypatch):
    made = tallies(a="-- term loans: 笔 · 笔数 · loans\n" + ONE)
    monkeypatch.setattr("postloan.figures.aggregate.all_tallies", lambda: made)
    con = duckdb.connect()
    con.execute("CREATE TABLE loan (loan_id VARCHAR); CREATE VIEW a AS SELECT '1' AS unit_id")
    with pytest.raises(BadMeasure) as fault:
        _summed(Tallied(InProcess(con), frozenset({"a"}), frozenset({"loan"}), frozenset({""})))
    assert fault.value.where == "a.sql"


def test_measures_that_cannot_be_declared_are_named_with_their_file():
    measure.all_measures()
    for declare, says in (
        (lambda: measure.broken_down(("balance_{clas5}", "余额", "S5")), "did you mean 'balance_{class5}'"),
        (lambda: measure.broken_down(("loan_balance", "余额", "S5")), "no term is broken down"),
        (lambda: measure.tallied("x", "余额", "S5", term="loan_balanse"), "did you mean 'loan_balance'"),
        (lambda: measure.tallied("loan_balance", "余额", "S5"), "already"),
        (lambda: measure.tallied("x", "余额", "", term="loan_balance"), "lacks 'Source:'"),
    ):
        with pytest.raises(BadMeasure) as fault:
            declare()
        assert "measures.py" in fault.value.where and says in str(fault.value)


def test_a_file_of_measures_that_cannot_be_run_is_told_and_leaves_no_measure(monkeypatch, tmp_path):
    (tmp_path / "spoilt_measures.py").write_text(
        'from postloan.figures.measure import tallied\ntallied("spoilt", "试", "S1", term="loan_balance")\nnothing()\n', encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadMeasure) as fault:
        measure._import("spoilt", "spoilt_measures")
    assert fault.value.where == "spoilt/measures.py" and "nothing" in str(fault.value)
    assert "spoilt" not in measure._registry
