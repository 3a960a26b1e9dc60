"""Every fault in a file of a theme, or in a policy, is told by the error of its kind with file and key: never a traceback."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from places import TINY
from postloan import themes, yaml_file
from postloan.data import schema
from postloan.errors import BadLedger, BadMeasure, BadPolicy, BadRule, BadSection, BadTheme, PostloanError
from postloan.figures import aggregate, find, finding_terms, measure, rule, tally
from postloan.figures.book import Book
from postloan.figures.compute import in_schema
from postloan.figures.engine import InProcess, Tallied
from postloan.papers import ledgers
from postloan.papers.fields import section_check
from postloan.papers.ledgers import columns, rows
from postloan.policy import read_policy
from postloan.run import take_in

THEME = "faulty"
Files = dict[str, str | bytes]
Write = Callable[[Files], Path]
RULE = {
    "title": "试验", "dimension": "报告质量", "about": "customer", "over": "customer_in_scope", "broken_when": "1 = 1", "subject": "customer_id",
    "basis": "试验", "severity": "low", "words": "试验。", "evidence": "试验。", "source": "S1",
}  # fmt: skip
TALLY = "-- row: one loan\n-- reads: scope_loan\n-- term faulty_term: 笔 · 甲 · loans\nSELECT unit_id, 1 AS faulty_term FROM scope_loan\n"
SUMS = "-- row: one unit\n-- over: scope_loan · loan\n-- by class5: loan_balance.class5\n-- term faulty_sum: 笔 · 甲 · loans · count(*)\n"
ROWS = "-- row: one customer\n-- reads: customer_in_scope\nSELECT {} FROM customer_in_scope\n"
TERM = "faulty_term: {unit: 条, meaning_cn: 甲, meaning: a}\n"
LIMITS = (
    "limits:\n  faulty_floor: {title: 甲, unit: 比率, source: S1, values: {2014-01-01: 0.5}}\nscorecard:\n  faulty: {points: 1, cap: 2}\n"
)
TABLE = "title: 甲表\nrow: one\nkey: [faulty_id]\nfields:\n  faulty_id: {label: 编号, type: id, required: true}\n"
FIELDS = "fields:\n  faulty_mark: {label: 甲标, type: text}\n"
LEDGER = "title: 试验台账\ntally: scope_loan\norder: loan_id\ncolumns: {unit: , customer: , loan_id: }\n"
MEASURE = (
    "from postloan.figures.measure import broken_down, measure, tallied\n\n\n@measure('ratio', '试')\n"
    'def faulty_ratio(npl_balance):\n    """X.\n\n    Formula: 1\n    Source: S1\n    """\n    return npl_balance\n'
)


def ruled(**changes: str | None) -> str:
    """The text of a rule with some of its keys changed, or without those that are None."""
    return "".join(f"{key}: {value}\n" for key, value in {**RULE, **changes}.items() if value is not None)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes the files of a theme that stands beside the real ones; nothing that is kept for the process is made from them."""
    measure.all_measures()
    known, fresh = {**themes.all_themes()}, dict[object, object]()
    for module in [module for name, module in sys.modules.items() if name.startswith("postloan.")]:
        for name, value in list(vars(module).items()):
            if hasattr(value, "cache_clear") and value is not measure.all_measures:
                monkeypatch.setattr(module, name, fresh.setdefault(value, cache(value.__wrapped__)))
    for module in (yaml_file, themes):
        monkeypatch.setattr(module, "THEMES", tmp_path)
    monkeypatch.setattr(measure, "_registry", dict(measure._registry))

    def of(files: Files) -> Path:
        folder = tmp_path / THEME
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        mine = themes.Theme("试", "试", 5, THEME, folder, basic=True)
        monkeypatch.setattr(themes, "all_themes", lambda: {**known, THEME: mine})
        return folder

    yield of
    sys.modules.pop("measures", None)


@pytest.fixture
def tiny_files() -> Callable[[], object]:
    """Takes in the little bank."""
    return lambda: take_in(TINY)


def told(kind: type[PostloanError], where: str, use: Callable[[], object]) -> None:
    with pytest.raises(PostloanError) as fault:
        use()
    assert type(fault.value) is kind and fault.value.where == where and fault.value.what, str(fault.value)


# Every YAML file


READERS: dict[str, tuple[type[PostloanError], Callable[[Path], object]]] = {
    "theme.yaml": (BadTheme, lambda path: themes._theme(path.parent)),
    "rules/faulty.yaml": (BadRule, lambda path: rule.read_rule(path, THEME)),
    "findings.yaml": (BadMeasure, lambda _: finding_terms.finding_terms()),
    "limits.yaml": (BadPolicy, lambda _: read_policy("branch2014")),
    "tables/faulty.yaml": (BadPolicy, lambda _: schema.all_tables()),
    "fields/loan.yaml": (BadPolicy, lambda _: schema.all_tables()),
    "ledgers/faulty.yaml": (BadLedger, lambda _: ledgers.all_ledgers()),
    "sections.yaml": (BadSection, lambda _: section_check.check_sections()),
}
"""Files of a theme, each with the error of its faults and what reads it."""


@pytest.mark.parametrize("name", list(READERS))
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("- a\n- b\n", ""),
        ("a word\n", ""),
        ("title： 试验\nover: loan\n", ":2"),
        ("title: 试验\n\tover: loan\n", ":2"),
        ("title: 试验\ntitle: 试验\n", ":2"),
        ("title: 试验\n3: a\n", ":2"),
        ("title: 试验\n[a, b]: c\n", ":2"),
        ("title: 试验\n{a: b}: c\n", ":2"),
        ("title: &a 试验\nover: *a\n", ":1"),
        ("title: [", ":1"),
        ("title: 试验\n".encode("gbk"), ""),
        ("title: 试验\n".encode("utf-16"), ""),
        (b"title: a\x00", ""),
    ],
)
def test_a_file_that_is_no_mapping_is_told_with_its_line(write, name, text, line):
    path, (kind, read) = write({name: text}) / name, READERS[name]
    told(kind, f"{THEME}/{name}{line}", lambda: read(path))


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("theme.yaml", "title: 试\n", ""),
        ("theme.yaml", "title: 试\npurpose: 试\norder: a\n", "order"),
        ("theme.yaml", "title: 3\npurpose: 试\norder: 1\n", "title"),
        ("theme.yaml", "title: 试\npurpose: 试\norder: 1\nbasic: yes\n", "basic"),
        ("theme.yaml", "title: 试\npurpose: 试\norder: 1\nneeds: sales\n", "needs"),
        ("theme.yaml", "title: 试\npurpose: 试\norder: 1\nfolder: x\n", ""),
        *(("rules/faulty.yaml", ruled(**{key: value}), key) for key in RULE for value in ("3", "[a]", "{a: b}", "null", "true", "''")),
        *(("rules/faulty.yaml", ruled(**{key: value}), key) for key in ("value", "limit", "staff") for value in ("3", "[a]", "null")),
        *(("rules/faulty.yaml", ruled(counts_in=value), "counts_in") for value in ("a", "[[a]]", "[3]", "{a: b}", "null")),
        *(("rules/faulty.yaml", ruled(absence=value), "absence") for value in ("yes", "[a]", "1")),
        *(("rules/faulty.yaml", ruled(**{key: "nonsense"}), key) for key in ("about", "over", "dimension", "severity")),
        *(("rules/faulty.yaml", ruled(**{key: "x"}), "") for key in ("foo", "name", "theme")),
        ("rules/faulty.yaml", ruled(words=None), ""),
        ("findings.yaml", "faulty_term: a\n", "faulty_term"),
        ("findings.yaml", "faulty_term:\n", "faulty_term"),
        ("findings.yaml", TERM.replace("条", "3"), "faulty_term: unit"),
        ("findings.yaml", TERM.replace("条", "条, foo: 1"), "faulty_term"),
        ("findings.yaml", TERM.replace("条", "条, tally: x"), "faulty_term"),
        ("findings.yaml", TERM.replace("条", "条, counts: nonsense"), "faulty_term: counts"),
        ("findings.yaml", TERM.replace("条", "条, where: [about]"), "faulty_term: where"),
        ("findings.yaml", TERM.replace("条", "条, where: null"), "faulty_term: where"),
        ("findings.yaml", TERM.replace("条", "条, where: {rule: 3}"), "faulty_term: where: rule"),
        ("findings.yaml", TERM.replace("条", "条, where: {nonsense: a}"), "faulty_term: where"),
        ("findings.yaml", TERM.replace("条", "条, where: {about: nonsense}"), "faulty_term: where: about"),
        ("findings.yaml", TERM.replace("条", "条, where: {dimension: nonsense}"), "faulty_term: where: dimension"),
        ("findings.yaml", TERM.replace("faulty_term", "loan_balance"), "loan_balance"),
        ("limits.yaml", "nonsense: 1\n", ""),
        *(("limits.yaml", f"limits: {value}\n", "limits") for value in ("[a]", "a", "null")),
        *(("limits.yaml", f"limits: {{faulty_floor: {value}}}\n", "limits: faulty_floor") for value in ("[a]", "a", "null")),
        *(("limits.yaml", LIMITS.replace("{2014-01-01: 0.5}", value), "limits: faulty_floor: values") for value in ("[a]", "0.5", "null")),
        *(("limits.yaml", LIMITS.replace("0.5", value), "limits: faulty_floor: values: 2014-01-01") for value in ("a", "true", "010")),
        ("limits.yaml", LIMITS.replace("2014-01-01", "soon"), "limits: faulty_floor"),
        ("limits.yaml", LIMITS.replace("title: 甲, ", ""), "limits: faulty_floor"),
        ("limits.yaml", LIMITS.replace("甲", "3"), "limits: faulty_floor: title"),
        ("limits.yaml", LIMITS.replace("faulty_floor", "deposit_floor"), "limits"),
        ("limits.yaml", "scorecard: [a]\n", "scorecard"),
        ("limits.yaml", LIMITS.replace("points: 1", "points: a"), "scorecard: faulty: points"),
        ("limits.yaml", "policies: [a]\n", "policies"),
        ("limits.yaml", "policies: {nonsense: {limits: {}}}\n", "policies"),
        ("limits.yaml", "policies: {branch2014: a}\n", "policies: branch2014"),
        ("limits.yaml", "policies: {branch2014: {limits: a}}\n", "policies: branch2014: limits"),
        *(("tables/faulty.yaml", TABLE.split("fields")[0] + f"fields: {value}\n", "fields") for value in ("[a]", "a", "null")),
        *(("tables/faulty.yaml", TABLE + f"  x: {value}\n", "fields: x") for value in ("a", "null", "[a]", "{label: 甲}", "{foo: 1}")),
        ("tables/faulty.yaml", TABLE + "  x: {label: 甲, type: nonsense}\n", "fields: x"),
        ("tables/faulty.yaml", TABLE + "  x: {label: 3, type: text}\n", "fields: x: label"),
        ("tables/faulty.yaml", TABLE + "  x: {label: 甲, type: [a]}\n", "fields: x: type"),
        ("tables/faulty.yaml", TABLE + "  x: {label: 甲, type: text, aliases: a}\n", "fields: x: aliases"),
        ("tables/faulty.yaml", TABLE + "  x: {label: 甲, type: one_of, values: [a]}\n", "fields: x: values"),
        *(
            ("tables/faulty.yaml", TABLE + f"  x: {{label: 甲, type: id, refers: {value}}}\n", "fields: x: refers")
            for value in ("nonsense.x", "unit.x", "unit", "[a]")
        ),
        *(("tables/faulty.yaml", TABLE.replace("[faulty_id]", value), "key") for value in ("a", "null", "[3]")),
        ("tables/faulty.yaml", TABLE.replace("[faulty_id]", "[x]"), ""),
        ("tables/faulty.yaml", TABLE + "dated_by: [x]\n", "dated_by"),
        ("tables/faulty.yaml", TABLE + "dated_by: x\n", ""),
        *(("tables/faulty.yaml", TABLE + f"checks: {value}\n", "checks") for value in ("a", "null", "{a: b}", "[a]")),
        ("tables/faulty.yaml", TABLE + "checks: [{name: a, must: 3, field: faulty_id, says: a, zh: 甲}]\n", "checks: must"),
        ("tables/faulty.yaml", TABLE + "checks: [{name: a, must: 1=1, field: x, says: a, zh: 甲}]\n", "checks"),
        ("tables/loan.yaml", TABLE, ""),
        ("fields/nonsense.yaml", FIELDS, ""),
        ("fields/loan.yaml", FIELDS + "foo: 1\n", ""),
        ("fields/loan.yaml", "fields: {loan_id: {label: 甲, type: text}}\n", ""),
        ("fields/loan.yaml", "fields: {x: a}\n", "fields: x"),
        ("fields/loan.yaml", FIELDS + "checks: [{name: a, must: 1=1, field: x, says: a, zh: 甲}]\n", "checks"),
        ("ledgers/faulty.yaml", LEDGER + "name: x\n", ""),
        ("ledgers/faulty.yaml", LEDGER.split("columns")[0] + "columns: [unit]\n", "columns"),
        ("ledgers/faulty.yaml", LEDGER.replace("tally: scope_loan", "tally: [[a]]"), "tally"),
        ("ledgers/faulty.yaml", LEDGER + "per: bank\n", "per"),
        ("ledgers/faulty.yaml", LEDGER + "frozen: a\n", "frozen"),
        ("ledgers/faulty.yaml", LEDGER + 'sheet: "\'a"\n', "sheet"),
        ("ledgers/faulty.yaml", LEDGER.replace("loan_id: }", "loan_id: [a]}"), "columns: loan_id"),
        *(
            ("ledgers/faulty.yaml", LEDGER.replace("loan_id: }", f"loan_id: {{width: {value}}}}}"), "columns: loan_id: width")
            for value in ("a", "[1]", "null", "300")
        ),
        ("ledgers/faulty.yaml", LEDGER.replace("loan_id: }", "x: {label: 甲, type: fill, options: [3]}}"), "columns: x: options"),
        ("ledgers/faulty.yaml", LEDGER.replace("loan_id: }", "loan_id: {name: x}}"), "columns: loan_id"),
        ("ledgers/recoveries.yaml", LEDGER, "name"),
        ("ledgers/faulty.yaml", LEDGER.replace("试验台账", "收回明细"), "sheet"),
        ("sections.yaml", "x: {title: 甲, when: [a]}\n", "x: when"),
        ("sections.yaml", "x: {title: 3, when: score > 1}\n", "x: title"),
        ("sections.yaml", "x: {title: 甲, name: y, when: score > 1}\n", "x"),
        ("sections.yaml", "x: {title: 甲, case: [a]}\n", "x: case"),
    ],
)
def test_a_wrong_key_or_value_is_told_with_its_place(write, name, text, key):
    path = write({name: text}) / name
    kind, read = (
        READERS[name] if name in READERS else next(READERS[known] for known in READERS if known.split("/")[0] == name.split("/")[0])
    )
    told(kind, ": ".join(filter(None, (f"{THEME}/{name}", key))), lambda: read(path))


def test_files_without_a_fault_are_read(write):
    files = {
        "rules/faulty.yaml": ruled(),
        "findings.yaml": TERM,
        "limits.yaml": LIMITS,
        "tables/faulty.yaml": TABLE,
        "fields/loan.yaml": FIELDS,
    }
    folder = write({**files, "ledgers/faulty.yaml": LEDGER, "theme.yaml": "title: 试\npurpose: 试\norder: 1\n"})
    for name, (_, read) in READERS.items():
        if (folder / name).exists():
            read(folder / name)


def test_a_rule_called_as_another_is_told(write):
    write({"rules/meeting_missing.yaml": ruled()})
    told(BadRule, f"{THEME}/rules/meeting_missing.yaml", rule.all_rules)


# Policies


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *((f"themes: {value}\n", "themes") for value in ("[nonsense]", "meetings", "[3]", "[[a]]", "{a: b}")),
        *((f"{key}: {value}\n", key) for key in ("limits", "sections", "scorecard", "bands") for value in ("[a]", "a", "null")),
        *((f"{key}: {value}\n", key) for key in ("rules_off", "followed_up") for value in ("a", "null", "[3]", "[nonsense]")),
        *((f"{key}: {value}\n", key) for key in ("title", "version", "calendar") for value in ("3", "[a]", "1.5")),
        *((f"report_deadline: {{day: {value}}}\n", "report_deadline: day") for value in ("a", "1.5", "null", "true")),
        ("report_deadline: {day: 31}\n", "report_deadline"),
        ("scope: {segments: [[a]]}\n", "scope: segments"),
        ("scope: {low_risk_counts: a}\n", "scope: low_risk_counts"),
        ("bands: {优秀: a}\n", "bands: 优秀"),
        ("limits: {deposit_floor: {values: a}}\n", "limits: deposit_floor: values"),
        ("scorecard: {meeting_missing: {points: a}}\n", "scorecard: meeting_missing: points"),
        ("change_words: a\n", "change_words"),
        ("change_words: {ratio: 3}\n", "change_words: ratio"),
    ],
)
def test_a_wrong_key_of_a_policy_is_told(tmp_path, text, key):
    path = tmp_path / "our.yaml"
    path.write_text(f"based_on: branch2014\n{text}", encoding="utf-8")
    told(BadTheme if text == "themes: [nonsense]\n" else BadPolicy, f"policy our: {key}", lambda: read_policy(str(path)))


@pytest.mark.parametrize("base", ["[a]", "3", "nonsense"])
def test_a_policy_that_is_based_on_nothing_is_told(tmp_path, base):
    path = tmp_path / "our.yaml"
    path.write_text(f"based_on: {base}\n", encoding="utf-8")
    with pytest.raises(BadPolicy):
        read_policy(str(path))


# SQL, over the little bank


def run_rule(book: Book) -> None:
    mine = {name: one for name, one in rule.all_rules().items() if one.theme == THEME}
    with in_schema(book.clean.con, book.schema) as con:
        con.execute("BEGIN")
        try:
            over = Counter(one.over for one in mine.values())
            tally.make_tallies(con, book.results.tables, over)
            find.find(Tallied(InProcess(con), frozenset(over), book.results.tables, frozenset({THEME})), book.policy, book.period)
        finally:
            con.execute("ROLLBACK")


def run_tally(book: Book) -> None:
    mine = frozenset(name for name, one in tally.all_tallies().items() if one.theme == THEME)
    finding_terms.known_terms()
    with in_schema(book.clean.con, book.schema) as con:
        con.execute("BEGIN")
        try:
            tally.make_tallies(con, book.results.tables, Counter(mine))
            for name in mine:
                columns.said_in_head(tally.all_tallies()[name])
            aggregate._summed(Tallied(InProcess(con), mine, book.results.tables, frozenset({THEME})))
        finally:
            con.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("changes", "columns", "keys"),
    [
        ({"broken_when": "SELECT FROM"}, "", "broken_when, subject"),
        ({"broken_when": "nothing > 1"}, "", "broken_when, subject"),
        ({"broken_when": "unit_id > 3"}, "", "broken_when, subject"),
        ({"subject": "count(*)"}, "", "broken_when, subject"),
        ({"subject": "NULL"}, "", "subject"),
        ({"about": "report"}, "", "over"),
        ({"staff": "nothing"}, "", "over"),
        ({"value": "nonsense"}, "", "value"),
        ({"limit": "nonsense"}, "", "limit"),
        ({"counts_in": "[nonsense]"}, "", "counts_in"),
        ({"words": "'{{ a'"}, "", ""),
        ({"words": "'{{ 1|nonsense }}'"}, "", ""),
        *(({"words": f"'{said}'"}, "", "words, evidence, value") for said in ("{{ nothing }}", "{{ 1 / 0 }}", "{{ unit_id|wan }}")),
        ({"words": "'{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'"}, "", "words, evidence, value"),
        ({"value": "x"}, "customer_id, unit_id, 0.5::DOUBLE AS x", "over"),
        ({"words": "'{{ x }}'"}, "customer_id, unit_id, 'nan'::DOUBLE AS x", "over"),
        ({}, "customer_id", "over"),
        ({}, "customer_id, NULL AS unit_id", "over"),
        ({}, "customer_id, 1 AS unit_id", "over"),
        ({}, "7 AS customer_id, unit_id", "over"),
    ],
)
def test_a_rule_that_cannot_be_run_is_told(write, tiny, changes, columns, keys):
    over = {"over": "faulty_rows"} if columns else {}
    write({"rules/faulty.yaml": ruled(**over, **changes), **({"faulty_rows.sql": ROWS.format(columns)} if columns else {})})
    told(BadRule, ": ".join(filter(None, (f"{THEME}/rules/faulty.yaml", keys))), lambda: run_rule(tiny))


def test_rules_and_tallies_without_a_fault_run(write, tiny):
    write(
        {
            "rules/faulty.yaml": ruled(over="faulty_rows", value="x"),
            "faulty_rows.sql": ROWS.format("*, 1 AS x"),
            "faulty.sql": TALLY,
            "sums.sql": SUMS,
        }
    )
    run_rule(tiny)
    run_tally(tiny)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("SELECT 1\n", ""),
        (TALLY.encode("gbk"), ""),
        (TALLY.replace("-- row:", "-- row："), ""),
        (TALLY.replace("reads: scope_loan", "reads: nonsense"), ""),
        (TALLY.replace("SELECT", "SELEC"), ""),
        (TALLY.replace("1 AS", "nothing AS"), ""),
        (TALLY.replace("unit_id, ", ""), ""),
        (TALLY.replace("1 AS faulty_term", "1 AS x"), ""),
        (TALLY.replace("1 AS", "'a' AS"), ""),
        (TALLY.replace("1 AS", "0.5::DOUBLE AS"), "term faulty_term"),
        (TALLY.replace("1 AS", "'nan'::DOUBLE AS"), "term faulty_term"),
        (TALLY.replace("1 AS", "1 / 0 AS"), "term faulty_term"),
        (TALLY.replace("faulty_term", "loan_balance"), "term loan_balance"),
        (TALLY.replace("SELECT", "-- term faulty_term: 笔 · 甲 · loans\nSELECT"), "term faulty_term"),
        (TALLY.replace("笔 · 甲 · loans", "笔"), "term faulty_term"),
        (TALLY.replace("-- reads", "-- grain: nonsense\n-- reads"), "grain"),
        (TALLY.replace("-- reads", "-- spans: nonsense\n-- reads"), "spans"),
        (TALLY.replace("SELECT", "-- column x: nonsense · 甲\nSELECT"), "column x"),
        (TALLY.replace("SELECT", "-- column x: code · 甲 · early\nSELECT"), "column x"),
        (SUMS.replace("· loan\n", "· nonsense\n"), "over"),
        (SUMS.replace("loan_balance.class5", "a.b"), "by class5"),
        (SUMS.replace("count(*)", "count("), "term faulty_sum"),
        (SUMS.replace("count(*)", "nonsense(x)"), ""),
        (SUMS.replace("count(*)", "avg(balance)"), "term faulty_sum"),
        (SUMS.replace("faulty_sum", "{nothing}_sum"), "term {nothing}_sum"),
    ],
)
def test_a_tally_that_cannot_be_made_is_told(write, tiny, text, line):
    write({"faulty.sql": text})
    told(BadMeasure, ": ".join(filter(None, (f"{THEME}/faulty.sql", line))), lambda: run_tally(tiny))


def test_a_condition_of_a_check_that_is_no_sql_is_told(write, tiny_files):
    write({"fields/loan.yaml": FIELDS + "checks: [{name: a, must: nothing > 1, field: loan_id, says: a, zh: 甲}]\n"})
    told(BadPolicy, "loan.yaml: checks: must", tiny_files)


def test_a_ledger_over_a_column_that_the_tally_lacks_is_told(write, tiny):
    write({"ledgers/faulty.yaml": LEDGER.replace("loan_id: }", "x: {label: 甲, type: text}}")})
    told(BadLedger, f"{THEME}/ledgers/faulty.yaml: columns: x", lambda: rows.ledger_rows(tiny, ledgers.all_ledgers()["faulty"]))


# Measures


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        ("npl_balance):", "nonsense):", ":4"),
        ("npl_balance):", "faulty_ratio):", ":4"),
        ("npl_balance):", "*npl_balance):", ":4"),
        ("npl_balance):", "*, npl_balance):", ":4"),
        ("    Formula: 1\n", "", ":4"),
        ("'试')", "'试', grains=3)", ":4: grains"),
        ("'试')", "'试', grains=('nonsense',))", ":4: grains"),
        ("faulty_ratio", "score", ":4"),
        ("('ratio', '试')", "", ""),
        ("def ", "class ", ""),
        ("import broken_down", "import nonsense", ""),
        ("return npl_balance", "return (", ""),
        ("@measure", "import sys; sys.exit(3)\n@measure", ""),
        ("@measure", "1 / 0\n@measure", ""),
        ("@measure", "tallied('x', '试', 'S1', term='nonsense')\n@measure", ": x"),
        ("@measure", "tallied('x')\n@measure", ""),
        ("@measure", "broken_down(('{a}_x', '试', 'S1'))\n@measure", ": {a}_x"),
        ("@measure", "if 1:\n\tx = 1\n        y = 2\n@measure", ""),
    ],
)
def test_a_measure_that_cannot_be_declared_is_told(write, monkeypatch, was, now, line):
    assert was in MEASURE
    folder = write({"measures.py": MEASURE.replace(was, now)})
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    told(BadMeasure, f"{THEME}/measures.py{line}", lambda: measure._import(THEME, "measures"))


@pytest.mark.parametrize(
    "body", ["nothing", "{}['x']", "npl_balance * 0.5", "npl_balance + 'a'", "int('a')", "'abc'", "0.5", "None", "[1]"]
)
def test_a_measure_that_fails_or_gives_no_number_is_told(write, monkeypatch, body):
    folder = write({"measures.py": MEASURE.replace("return npl_balance", f"return {body}")})
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    measure._import(THEME, "measures")
    told(BadMeasure, f"{THEME}/measures.py:4", lambda: measure._registry["faulty_ratio"].of({"npl_balance": 7}))
