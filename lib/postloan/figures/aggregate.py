"""The figures of every subject: the bank, each unit that has a row, each manager, and by measure each customer in scope."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from postloan import themes
from postloan.errors import BadLedger, BadMeasure
from postloan.figures.engine import Tallied
from postloan.figures.find import caps_of, count_terms, report_scores, score_terms
from postloan.figures.finding import Finding
from postloan.figures.measure import Figures, Number, figures, is_cumulative, measures_of, terms_behind
from postloan.figures.rule import Rule, rules_of
from postloan.figures.span import SPANS
from postloan.figures.tally import Tally, all_tallies, tally_of
from postloan.language import tr
from postloan.policy import POOLED, WEIGHTED, Policy
from postloan.yaml_file import read_yaml

Subject = tuple[str, str]
"""Grain and id: ("bank", ""), ("unit", "001"), ("manager", "000123")."""
BANK: Subject = ("bank", "")
Terms = dict[str, Number | None]
"""Terms of one subject by name."""
FEN = Decimal("0.01")
LAST_YEAR = SPANS["last_year"]


def rules_run(tables: frozenset[str], on: Collection[str]) -> dict[str, Rule]:
    """Return the rules of the themes that are on whose tables are all there."""
    return {name: rule for name, rule in rules_of(on).items() if all_tallies()[rule.over].needs() <= tables}


def readers(on: Collection[str]) -> Counter[str]:
    """Count how often the figures and findings of the themes that are on read each tally; one over other days only where they ask for it."""
    measures = measures_of(on)
    tallies = [tally.name for tally in all_tallies().values() if tally.terms and tally.theme in on and not tally.span]
    by_customer = {argument for m in measures.values() if "customer" in m.grains for argument in m.arguments}
    asked = {term for name in measures for term in terms_behind(name)}
    asked |= {LAST_YEAR.named(term) for name in measures if is_cumulative(name) for term in terms_behind(name)}
    return Counter(
        [
            *tallies,
            *{tally.name for term, tally in tally_of().items() if tally.span and term in asked},
            *("customer_holder", "customer_holder", "periodic_report"),
            *(rule.over for rule in rules_of(on).values()),
            *(rule.population_rows[0] for rule in rules_of(on).values()),
            *(tally_of()[argument].name for argument in by_customer),
        ]
    )


def read_by_papers(on: Collection[str]) -> frozenset[str]:
    """Return the tallies that papers read row by row: those of customers, those that ledgers list, and those whose head says `kept: papers`.

    None has a row for each loan: the longest are as long as the list of customers, of reports, of repayments in the period, or of loans that fall due.
    """
    return frozenset(
        name
        for name, tally in all_tallies().items()
        if tally.theme in on and not tally.span and (tally.kept or name in _listed() or (tally.terms and tally.grain == "customer"))
    )


@cache
def _listed() -> frozenset[str]:
    """Return the tallies that the ledgers of themes list."""
    named = [read_yaml(path, BadLedger).get("tally") for _, path in themes.files("ledgers/*.yaml")]
    return frozenset(name for names in named for name in (names if isinstance(names, list) else [names]) if isinstance(name, str))


def figures_of(
    source: Tallied, findings: list[Finding], policy: Policy, rules: Collection[Rule], given: Callable[[Subject], Figures]
) -> tuple[dict[Subject, Figures], dict[Subject, Figures]]:
    """Return the figures of the bank, of every unit that has a row, and of the managers whose reports were scored.

    `rules` are those that ran; `given` returns the figures of a subject that do not follow from its terms (`longer_period.py`).
    Beside them those of cumulative measures over the same days a year before, of every subject.
    """
    made: dict[Subject, Figures] = {}
    year_before: dict[Subject, Figures] = {}
    measures, with_findings = measures_of(source.themes), {finding.unit_id for finding in findings}
    cumulative = [name for name in measures if is_cumulative(name)]
    for (grain, subject), values in terms_of(source, findings, policy, rules).items():
        row = figures(values, grain, measures, given((grain, subject)))
        if grain == "unit" and not (values.get("customers_in_scope") or subject in with_findings):
            row = {name: value for name, value in row.items() if value}
        if row:
            made[grain, subject] = row
        if cumulative:
            before = figures({LAST_YEAR.original(name): value for name, value in values.items()}, grain, measures)
            year_before[grain, subject] = {name: before[name] for name in cumulative if name in before}
    return made, year_before


def terms_of(source: Tallied, findings: list[Finding], policy: Policy, rules: Collection[Rule]) -> dict[Subject, Terms]:
    """Return every term of the bank, of every unit that is known or has a finding or a row, and of the managers whose reports were scored."""
    terms = _summed(source)
    found = defaultdict(list)
    for finding in findings:
        found[finding.unit_id].append(finding)
    scored = _scored(source, findings, policy)
    units = source.engine.con.execute("SELECT unit_id FROM unit").fetchall() if "unit" in source.tables else []
    nothing = dict.fromkeys([*terms[BANK], *scored[BANK]], 0)
    caps = {"caps_listed": caps_of(policy, rules_of(source.themes).values()), "caps_checked": caps_of(policy, rules)}
    made: dict[Subject, Terms] = {BANK: {**terms[BANK], **count_terms(findings, policy, rules, source.themes), **scored[BANK], **caps}}
    for unit in sorted({row[0] for row in units} | found.keys() | {subject for grain, subject in terms if grain == "unit"}):
        counted = count_terms(found[unit], policy, rules, source.themes)
        made["unit", unit] = {**nothing, **terms.get(("unit", unit), {}), **counted, **scored.get(("unit", unit), {}), **caps}
        made["unit", unit].update(score_terms(made["unit", unit].get("points_deducted"), 1))
    made[BANK].update(_bank_score_terms(made, {finding.unit_id for finding in findings}, policy))
    managers = sorted(subject for subject in scored if subject[0] == "manager")
    return {**made, **{manager: {**terms.get(manager, {}), **scored[manager]} for manager in managers}}


def _bank_score_terms(made: Mapping[Subject, Terms], found: Collection[str], policy: Policy) -> Mapping[str, Number]:
    """Return the terms of the bank's score: sums over the terms of its units, each times its weight, or as of one unit where they are pooled.

    A unit counts that manages a customer in scope or is among those `found` to have findings.
    """
    if policy.bank_score == POOLED or "points_deducted" not in made[BANK]:
        return score_terms(made[BANK].get("points_deducted"), 1)
    sums: dict[str, Number] = {"score_points": Decimal(0), "score_weight": 0}
    for (grain, unit), terms in made.items():
        customers = terms.get("customers_in_scope") or 0
        if grain == "unit" and (customers or unit in found):
            weight = customers if policy.bank_score == WEIGHTED else 1
            sums = {name: sums[name] + (terms[name] or 0) * weight for name in sums}
    return sums


def _scored(source: Tallied, findings: list[Finding], policy: Policy) -> dict[Subject, dict[str, Number]]:
    """Count how many reports of the bank, each unit and each manager (管户客户经理) could be read, and sum their scores."""
    if "required_section" not in source.names:
        return defaultdict(dict)
    sums: dict[Subject, dict[str, Number]] = defaultdict(lambda: {"reports_scored": 0, "report_points": Decimal(0)})
    sums[BANK]  # the bank has its sums even where nothing was handed in
    scores, has_holders = report_scores(findings, policy), "customer_holder" in source.names
    holder, join = ("h.staff_id", "LEFT JOIN customer_holder AS h USING (customer_id)") if has_holders else ("NULL", "")
    read = f"SELECT inspection_id, unit_id, {holder} FROM periodic_report {join} WHERE inspection_id NOT IN (SELECT inspection_id FROM report_unread)"
    for report, unit, manager in source.engine.execute(read).fetchall():
        for subject in (BANK, ("unit", unit), ("manager", manager)):
            if subject[1] is not None:
                sums[subject]["reports_scored"] += 1
                sums[subject]["report_points"] += scores.get(report, Decimal(100))
    return sums


def _summed(source: Tallied) -> dict[Subject, dict[str, Number | None]]:
    """Sum every term of every tally made over the bank and over each unit; those that managers are measured by, over each manager too."""
    terms: dict[Subject, dict[str, Number | None]] = defaultdict(dict)
    by_manager = {argument for m in measures_of(source.themes).values() if "manager" in m.grains for argument in m.arguments}
    for tally in (t for n, t in all_tallies().items() if n in source.names and t.terms and t.theme in source.themes):
        sums = ", ".join(f"coalesce(sum({term}), 0)" for term in tally.terms)
        by_unit = f"SELECT grouping(unit_id), unit_id, {sums} FROM {tally.name} GROUP BY GROUPING SETS ((), (unit_id))"
        try:
            found = source.engine.execute(by_unit).fetchall()
        except source.engine.refusals as fault:
            raise BadMeasure(tr("the SQL of the tally lacks unit_id or a term: {what}", what=fault), tally.place) from fault
        if not found:  # Spark has no total over no rows
            found = source.engine.execute(f"SELECT 1, NULL, {sums} FROM {tally.name}").fetchall()
        rows = [(BANK if is_bank else ("unit", unit), values) for is_bank, unit, *values in found if is_bank or unit is not None]
        if tally.terms.keys() & by_manager and "customer_holder" in source.names:
            of_managers = f"SELECT h.staff_id, {sums} FROM {tally.name} JOIN customer_holder AS h USING (customer_id) GROUP BY h.staff_id"
            rows += [(("manager", manager), values) for manager, *values in source.engine.execute(of_managers).fetchall()]
        for subject, values in rows:
            terms[subject].update({term: _number(value, tally, term) for term, value in zip(tally.terms, values, strict=True)})
    return terms


def _number(value: object, tally: Tally, term: str) -> Number:
    if not isinstance(value, int | Decimal):
        what, do = tr("the term '{term}' is no exact number: {value}", term=term, value=value), "CAST(… AS DECIMAL(18, 2))"
        raise BadMeasure(what, f"{tally.place}: term {term}", do)
    return value


def _columns(source: Tallied, expressions: Mapping[str, str], kind: str, rows: str) -> dict[str, Any]:
    columns = ", ".join(f"CAST({expression} AS {kind}) AS {name}" for name, expression in expressions.items())
    return source.engine.execute(f"SELECT s.customer_id, {columns} {rows}").fetchnumpy()


def customer_figures(source: Tallied, undefined: Mapping[Subject, Figures]) -> dict[str, dict[str, Decimal | None]]:
    """Return the figures of every customer in scope by measure, for the measures that also have the grain customer; those `undefined` are None.

    The terms leave the database as whole fen: at hundreds of thousands of customers, that is half the cost of decimals.
    """
    wanted = [m for m in measures_of(source.themes).values() if "customer" in m.grains]
    made = {term: name for name in sorted(source.names) for term in all_tallies()[name].terms}
    measures = [m for m in wanted if made.keys() >= set(m.arguments)]
    if not measures:
        return {}
    terms = list(dict.fromkeys(argument for m in measures for argument in m.arguments))
    joins = " ".join(f"LEFT JOIN {name} ON {name}.customer_id = s.customer_id" for name in dict.fromkeys(made[t] for t in terms))
    rows = f"FROM customer_in_scope AS s {joins} ORDER BY s.customer_id"
    fens = {term: f"{made[term]}.{term} * 100" for term in terms}
    try:
        found = _columns(source, fens, "BIGINT", rows)
    except source.engine.refusals:  # more than 64 bits hold
        found = _columns(source, fens, "VARCHAR", rows)
    amounts = {term: [None if fen is None else Decimal(fen) * FEN for fen in found[term].tolist()] for term in terms}
    customers = found["customer_id"].tolist()
    figures = {m.name: dict(zip(customers, m.of_columns([amounts[a] for a in m.arguments]), strict=True)) for m in measures}
    for (grain, customer), measures_undefined in undefined.items():
        for name in measures_undefined.keys() & figures.keys() if grain == "customer" else ():
            figures[name][customer] = None
    return figures
