"""Coverage: the tables that hold something for a period, and notes on figures that cannot be had for want of one."""

from __future__ import annotations

from collections.abc import Iterator

from postloan.data.schema import TableSpec, all_tables
from postloan.data.screen import Clean
from postloan.figures.measure import all_measures, measures_of
from postloan.figures.rule import rules_of
from postloan.figures.tally import QUARTERS, all_tallies, spans_in_use, tally_of
from postloan.language import tr
from postloan.period import Period
from postloan.problem import NOTE, STOP, Problem
from postloan.themes import EVERYWHERE, all_themes


def tables_with_rows(clean: Clean, period: Period) -> frozenset[str]:
    """Return the tables in the package that hold something for the period; one that is not dated row by row always does."""
    return frozenset(name for name in clean.tables if not all_tables()[name].dated_by or _has_rows(clean, all_tables()[name], period))


def _has_rows(clean: Clean, spec: TableSpec, period: Period) -> bool:
    if spec.name == "loan_balance" and period.as_of in clean.lost_days:
        return False
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


def fields_filled(clean: Clean) -> frozenset[str]:
    """Return the fields, as `loan.issue_type`, that tallies need filled and that any row of the package has filled."""
    named = {name.partition(".")[::2] for tally in all_tallies().values() for name in tally.reads if "." in name}
    filled = "SELECT 1 FROM {0} WHERE {1} IS NOT NULL LIMIT 1"
    there = [pair for pair in sorted(named) if pair[0] in clean.tables and clean.con.execute(filled.format(*pair)).fetchall()]
    return frozenset(map(".".join, there))


def spans_covered(clean: Clean, period: Period) -> frozenset[str]:
    """Return how far the data reach beside the period, in the names of `Tally.needs`: `year_start`, `deposit year_start`."""
    dated = [name for name in clean.tables if all_tables()[name].dated_by]
    names = {name for span in spans_in_use() for name in (span.key, *(f"{table} {span.key}" for table in dated))}
    names |= {QUARTERS} if period.quarters else set()
    return frozenset(names - _not_covered(clean, period).keys())


def _not_covered(clean: Clean, period: Period) -> dict[str, tuple[TableSpec, str]]:
    """Return what the data do not reach, by its name in `Tally.needs`: the table, and a sentence."""
    found, balances = {}, all_tables()["loan_balance"]
    if lacking := next((part for part in period.quarters if "loan_balance" in clean.tables and not _has_rows(clean, balances, part)), None):
        found[QUARTERS] = (balances, tr("the table {title} holds no row for {period}", title=balances.title, period=lacking.as_of))
    for span in spans_in_use():
        base, last = (Period(day, day, day.isoformat()) for day in (span.base_day(period), span.days(period)[1]))
        others = [part for part in span.parts(period) if part.as_of < period.first_day or part.first_day > period.as_of]
        wanted = {
            name: [last] if all_tables()[name].dated_by == "as_of" else others for name in clean.tables if all_tables()[name].dated_by
        }
        for name, table, parts in [
            (span.key, "loan_balance", [base]),
            *((f"{table} {span.key}", table, parts) for table, parts in wanted.items()),
        ]:
            spec = all_tables()[table]
            if lacking := next((part for part in parts if table not in clean.tables or not _has_rows(clean, spec, part)), None):
                words = tr("the table {title} holds no row for {period}", title=spec.title, period=f"{lacking} ({span.title})")
                found[name] = (spec, words)
    return found


def no_balances(clean: Clean, period: Period) -> Problem:
    """The problem where no balance is dated the period's last day."""
    dates = [str(row[0]) for row in clean.con.execute("SELECT DISTINCT as_of FROM loan_balance ORDER BY as_of DESC LIMIT 6").fetchall()]
    what = tr("no loan balance is dated {as_of}, the last day of {period}", as_of=period.as_of, period=period)
    do = tr("ask for the export of that day, or name another period; the data hold {dates}", dates=", ".join(dates) or "-")
    return Problem("no_balances", STOP, "", "", None, "loan_balance.as_of", period.as_of.isoformat(), f"{what}; {do}")


def missing_tables(tables: frozenset[str], clean: Clean, period: Period, on: frozenset[str]) -> list[Problem]:
    """Return notes on tables without rows for the period, and on tables that are not in the package: once a theme, once a table of all.

    Each says which measures and rules of the themes that are on cannot be had.
    """
    covered = tables_with_rows(clean, period)
    notes = []
    for name, spec in all_tables().items():
        if name in clean.tables and name not in covered and spec.theme in on:
            says = tr("the table {title} holds no row for {period}", title=spec.title, period=period)
            notes.append(_note("no_rows_for_period", [spec], says + ("" if name in tables else _without([name], on))))
    beside: dict[str, tuple[TableSpec, list[str]]] = {}
    for name, (spec, says) in _not_covered(clean, period).items():
        beside.setdefault(says, (spec, []))[1].append(name)
    for says, (spec, names) in beside.items():
        if spec.name in clean.tables and (without := _without(names, on)):
            notes.append(_note("no_rows_for_period", [spec], says + without))
    absent = [spec for name, spec in all_tables().items() if name not in clean.tables | tables and spec.theme in on and name != "waiver"]
    for specs in _once_a_theme(absent):
        if without := _without([spec.name for spec in specs], on):
            titles = "、".join(spec.title for spec in specs)
            notes.append(_note("table_absent", specs, tr("the table {title} is not in the package", title=titles) + without))
    return notes


def _note(check: str, specs: list[TableSpec], says: str) -> Problem:
    return Problem(check, NOTE, "", "", None, ", ".join(spec.name for spec in specs), "", says)


def _once_a_theme(absent: list[TableSpec]) -> Iterator[list[TableSpec]]:
    """Yield the tables that every theme may use one by one, those of one theme together."""
    yield from ([spec] for spec in absent if spec.theme == EVERYWHERE)
    for theme in all_themes():
        if specs := [spec for spec in absent if spec.theme == theme]:
            yield specs


def _without(tables: list[str], on: frozenset[str]) -> str:
    """Return what cannot be said without `tables`, as the second half of a sentence; blank where nothing rests on them."""
    gone = frozenset(tables)
    measures = [m.title for m in measures_of(on).values() if any(gone & _tables_of(t) for t in m.arguments)]
    rules = [rule.title for rule in rules_of(on).values() if gone & rule.tables()]
    if not measures and not rules:
        return ""
    return tr(
        "; undefined without it: {measures}; rules not run: {rules}", measures="、".join(measures) or "-", rules="、".join(rules) or "-"
    )


def _tables_of(argument: str) -> frozenset[str]:
    """Return the input tables that a term, or a measure by that name, rests on."""
    if argument in tally_of():
        return tally_of()[argument].needs()
    measure = all_measures().get(argument)
    return frozenset().union(*map(_tables_of, measure.arguments)) if measure else frozenset()
