"""How far the data reach: which tables hold something for a period, and what cannot be said for want of one."""

from __future__ import annotations

from postloan.data.schema import TableSpec, all_tables
from postloan.data.screen import Clean
from postloan.errors import BadFile
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules
from postloan.figures.tally import all_tallies
from postloan.language import tr
from postloan.period import Period
from postloan.problem import NOTE, STOP, Problem


def reaching(clean: Clean, period: Period) -> frozenset[str]:
    """The tables in the package that hold something for the period; one that is not dated row by row always does."""
    return frozenset(name for name in clean.tables if not all_tables()[name].dated_by or _has_rows(clean, all_tables()[name], period))


def _has_rows(clean: Clean, spec: TableSpec, period: Period) -> bool:
    within, given = _within(spec, period)
    owner = spec.fields[spec.dated_by].refers.split(".")[0]
    if owner and owner not in clean.tables:
        return True
    return bool(clean.con.execute(f"SELECT 1 FROM {spec.name} WHERE {within} LIMIT 1", given).fetchall())


def _within(spec: TableSpec, period: Period) -> tuple[str, list[object]]:
    """The condition that a row of the table belongs to the period, with its values."""
    field = spec.fields[spec.dated_by]
    if field.refers:
        owner, key = field.refers.split(".")
        within, given = _within(all_tables()[owner], period)
        return f"{field.name} IN (SELECT {key} FROM {owner} WHERE {within})", given
    if field.type == "period":
        return f"{field.name} IN (SELECT unnest(?))", [[part.name for part in period.parts()]]
    if field.name == "as_of":
        return "as_of = ?", [period.as_of]
    return f"{field.name} BETWEEN ? AND ?", [period.first_day, period.as_of]


def no_balances(clean: Clean, period: Period) -> BadFile:
    """The error where no balance is dated the period's last day."""
    dates = [str(row[0]) for row in clean.con.execute("SELECT DISTINCT as_of FROM loan_balance ORDER BY as_of DESC LIMIT 6").fetchall()]
    what = tr("no loan balance is dated {as_of}, the last day of {period}", as_of=period.as_of, period=period)
    do = tr("ask for the export of that day, or name another period; the data hold {dates}", dates=", ".join(dates) or "-")
    row = Problem("no_balances", STOP, "", "", None, "loan_balance.as_of", period.as_of.isoformat(), f"{what}; {do}")
    return BadFile(what, "loan_balance", do, [row])


def missing_tables(tables: frozenset[str], clean: Clean, period: Period) -> list[Problem]:
    """One note for each table that is not in the package, or holds nothing for the period: what it means for the figures."""
    reach = reaching(clean, period)
    notes = []
    for name, spec in all_tables().items():
        if name in clean.tables and name not in reach:
            says = tr("the table {title} holds no row for {period}", title=spec.title, period=period)
            notes.append(Problem("no_rows_for_period", NOTE, "", "", None, name, "", says + ("" if name in tables else _without(name))))
        elif name not in clean.tables | tables and name != "waiver" and (without := _without(name)):
            notes.append(
                Problem(
                    "table_absent", NOTE, "", "", None, name, "", tr("the table {title} is not in the package", title=spec.title) + without
                )
            )
    return notes


def _without(table: str) -> str:
    """What cannot be said without `table`, as the second half of a sentence; blank where nothing rests on it."""
    measures = [m.title for m in all_measures().values() if any(table in _tables_of(t) for t in m.arguments)]
    rules = [rule.title for rule in all_rules().values() if table in rule.tables()]
    if not measures and not rules:
        return ""
    return tr(
        "; undefined without it: {measures}; rules not run: {rules}", measures="、".join(measures) or "-", rules="、".join(rules) or "-"
    )


def _tables_of(argument: str) -> frozenset[str]:
    """The input tables that a term, or a measure by that name, rests on."""
    for tally in all_tallies().values():
        if argument in tally.terms:
            return tally.tables()
    measure = all_measures().get(argument)
    return frozenset().union(*map(_tables_of, measure.arguments)) if measure else frozenset()
