"""The figures of every subject: the bank, each unit that has a row, each manager, and by measure each customer in scope."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from postloan.figures.engine import Engine
from postloan.figures.find import Finding, finding_terms, report_scores
from postloan.figures.measure import Figures, Number, all_measures, figures
from postloan.figures.rule import all_rules
from postloan.figures.tally import all_tallies
from postloan.policy import Policy

Subject = tuple[str, str]
"""Grain and id: ("bank", ""), ("unit", "001"), ("manager", "000123")."""
BANK: Subject = ("bank", "")
Terms = dict[str, Number | None]
"""Terms of one subject by name."""
FEN = Decimal("0.01")


def rules_run(tables: frozenset[str]) -> set[str]:
    """The rules whose tables are all there."""
    return {name for name, rule in all_rules().items() if rule.tables() <= tables}


def readers() -> Counter[str]:
    """How often figures and findings read each tally."""
    tally_of = {term: tally.name for tally in all_tallies().values() for term in tally.terms}
    by_customer = {argument for m in all_measures().values() if "customer" in m.grains for argument in m.arguments}
    return Counter(
        [
            *set(tally_of.values()),
            "customer_holder",
            "customer_holder",
            "periodic_report",
            *(rule.over for rule in all_rules().values()),
            *(tally_of[a] for a in by_customer),
        ]
    )


def read_by_papers() -> frozenset[str]:
    """The tallies that papers read row by row: those of customers (`details.customer_rows`), and those that `Book.rows` is asked for.

    None has a row for each loan: the longest are as long as the list of customers, of reports, of repayments in the period, or of loans that fall due.
    """
    due = {"loan_maturity", "acceptance_maturity"}
    of_customers = {name for name, tally in all_tallies().items() if tally.terms and name.startswith("customer_")}
    return frozenset({"periodic_report", "customer_holder", "holder", "nonstandard_customer", "recovery"} | due | of_customers)


def figures_of(
    engine: Engine, tallies: frozenset[str], tables: frozenset[str], findings: list[Finding], policy: Policy
) -> dict[Subject, Figures]:
    """The figures of the bank, of every unit that has a row, and of the managers whose reports were scored."""
    made: dict[Subject, Figures] = {}
    with_findings = {finding.unit_id for finding in findings}
    for (grain, subject), values in terms_of(engine, tallies, tables, findings, policy).items():
        row = figures(values, grain)
        if grain == "unit" and not (values.get("customers_in_scope") or subject in with_findings):
            row = {name: value for name, value in row.items() if value}
        if row:
            made[grain, subject] = row
    return made


def terms_of(
    engine: Engine, tallies: frozenset[str], tables: frozenset[str], findings: list[Finding], policy: Policy
) -> dict[Subject, Terms]:
    """Every term of the bank, of every unit that is known or has a finding or a row, and of the managers whose reports were scored."""
    terms = _summed(engine, tallies)
    found = defaultdict(list)
    for finding in findings:
        found[finding.unit_id].append(finding)
    scored = _scored(engine, tallies, findings, policy)
    known_units = {row[0] for row in engine.con.execute("SELECT unit_id FROM unit").fetchall()} if "unit" in tables else set()
    nothing = dict.fromkeys([*terms[BANK], *scored[BANK]], 0)
    made: dict[Subject, Terms] = {BANK: {**terms[BANK], **_found(findings, policy, tables), **scored[BANK]}}
    for unit in sorted(known_units | found.keys() | {subject for grain, subject in terms if grain == "unit"}):
        made["unit", unit] = {
            **nothing,
            **terms.get(("unit", unit), {}),
            **_found(found[unit], policy, tables),
            **scored.get(("unit", unit), {}),
        }
    managers = sorted(subject for subject in scored if subject[0] == "manager")
    return {**made, **{manager: {**terms.get(manager, {}), **scored[manager]} for manager in managers}}


def _scored(engine: Engine, tallies: frozenset[str], findings: list[Finding], policy: Policy) -> dict[Subject, dict[str, Number]]:
    """How many reports of the bank, each unit and each manager (管户客户经理) could be read, and what these scored together."""
    if "required_section" not in tallies:
        return defaultdict(dict)
    sums: dict[Subject, dict[str, Number]] = defaultdict(lambda: {"reports_scored": 0, "report_points": Decimal(0)})
    sums[BANK]  # the bank has its sums even where nothing was handed in
    scores = report_scores(findings, policy)
    holder, join = ("h.staff_id", "LEFT JOIN customer_holder AS h USING (customer_id)") if "customer_holder" in tallies else ("NULL", "")
    read = f"SELECT inspection_id, unit_id, {holder} FROM periodic_report {join} WHERE inspection_id NOT IN (SELECT inspection_id FROM report_unread)"
    for report, unit, manager in engine.execute(read).fetchall():
        for subject in (BANK, ("unit", unit), ("manager", manager)):
            if subject[1] is not None:
                sums[subject]["reports_scored"] += 1
                sums[subject]["report_points"] += scores.get(report, Decimal(100))
    return sums


def _found(findings: list[Finding], policy: Policy, tables: frozenset[str]) -> dict[str, Decimal | int]:
    """The terms from findings; those whose rules could not run for want of a table are left out, not zero."""
    ran = rules_run(tables)
    terms = finding_terms(findings, policy)
    if not any(name.startswith("ab_") for name in ran):
        del terms["customers_with_ab_findings"]
    if "report_not_reviewed" not in ran:
        del terms["reports_with_findings"]
    return terms


def _summed(engine: Engine, tallies: frozenset[str]) -> dict[Subject, dict[str, Number | None]]:
    """Every term of every tally made, summed over the bank and over each unit; those that managers are measured by, over each too."""
    terms: dict[Subject, dict[str, Number | None]] = defaultdict(dict)
    by_manager = {argument for m in all_measures().values() if "manager" in m.grains for argument in m.arguments}
    for tally in (t for n, t in all_tallies().items() if n in tallies and t.terms):
        sums = ", ".join(f"coalesce(sum({term}), 0)" for term in tally.terms)
        rows = engine.execute(
            f"SELECT grouping(unit_id), unit_id, {sums} FROM {tally.name} GROUP BY GROUPING SETS ((), (unit_id))"
        ).fetchall()
        held = [(BANK if is_bank else ("unit", unit), values) for is_bank, unit, *values in rows]
        if tally.terms.keys() & by_manager and "customer_holder" in tallies:
            of_managers = f"SELECT h.staff_id, {sums} FROM {tally.name} JOIN customer_holder AS h USING (customer_id) GROUP BY h.staff_id"
            held += [(("manager", manager), values) for manager, *values in engine.execute(of_managers).fetchall()]
        for subject, values in held:
            terms[subject].update(zip(tally.terms, map(_number, values), strict=True))
    return terms


def _number(value: object) -> Number:
    return value if isinstance(value, Decimal) else int(value)  # type: ignore[call-overload]


def customer_figures(engine: Engine, tallies: frozenset[str]) -> dict[str, dict[str, Decimal | None]]:
    """The measures that also have the grain customer: by measure, the figure of every customer in scope.

    The terms leave the database as whole fen: at hundreds of thousands of customers, that is half the cost of decimals.
    """
    wanted = [m for m in all_measures().values() if "customer" in m.grains]
    tally_of = {term: name for name in sorted(tallies) for term in all_tallies()[name].terms}
    measures = [m for m in wanted if tally_of.keys() >= set(m.arguments)]
    if not measures:
        return {}
    terms = list(dict.fromkeys(argument for m in measures for argument in m.arguments))
    joins = " ".join(f"LEFT JOIN {name} ON {name}.customer_id = s.customer_id" for name in dict.fromkeys(tally_of[t] for t in terms))
    columns = ", ".join(f"CAST({tally_of[term]}.{term} * 100 AS BIGINT) AS {term}" for term in terms)
    found = engine.execute(f"SELECT s.customer_id, {columns} FROM customer_in_scope AS s {joins} ORDER BY s.customer_id").fetchnumpy()
    amounts = {term: [None if fen is None else Decimal(fen) * FEN for fen in found[term].tolist()] for term in terms}
    customers = found["customer_id"].tolist()
    return {m.name: dict(zip(customers, m.of_columns([amounts[a] for a in m.arguments]), strict=True)) for m in measures}
