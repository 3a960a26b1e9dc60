"""Measures, rules, terms and tallies in words, for `postloan explain` and `postloan list`."""

from __future__ import annotations

from collections.abc import Iterator

from postloan.data.schema import all_tables
from postloan.errors import BadCommand, did_you_mean
from postloan.figures.finding_terms import known_terms
from postloan.figures.measure import Measure, all_measures, formula_cn, is_cumulative
from postloan.figures.rule import Rule, all_rules
from postloan.figures.tally import Tally, Term, all_tallies
from postloan.language import tr
from postloan.papers.document import all_documents
from postloan.papers.ledgers import all_ledgers
from postloan.policy import Policy, policy_names, read_policy


def explain(name: str, policy: Policy) -> str:
    """Return everything known about the measure, rule, term or tally called `name`, or by its Chinese title. Raises `BadCommand`."""
    titles = {title: known for known, title in reversed([*_titles()])}
    name = titles.get(name, name)
    if measure := all_measures().get(name):
        lines = _measure(measure, policy)
    elif rule := all_rules().get(name):
        lines = _rule(rule, policy)
    elif term := known_terms().get(name):
        lines = _term(term)
    elif tally := all_tallies().get(name):
        lines = _tally(tally)
    else:
        known = [*all_measures(), *all_rules(), *known_terms(), *all_tallies(), *titles]
        raise BadCommand(tr("there is no measure or rule '{name}'", name=name), do=did_you_mean(name, known))
    return "\n".join(lines)


def _titles() -> Iterator[tuple[str, str]]:
    """Yield names and titles; where two share a title, the first is meant."""
    yield from ((measure.name, measure.title) for measure in all_measures().values())
    yield from ((rule.name, rule.title) for rule in all_rules().values())
    yield from ((term.name, term.meaning_cn) for term in known_terms().values())


def listing() -> dict[str, dict[str, str]]:
    """Return the names and titles of everything there is, by kind."""
    return {
        tr("documents"): {name: document.title for name, document in all_documents().items()},
        tr("measures"): {name: f"{measure.title} ({measure.unit_cn})" for name, measure in all_measures().items()},
        tr("rules"): {name: f"{rule.title} [{rule.dimension}]" for name, rule in all_rules().items()},
        tr("ledgers"): {name: ledger.title for name, ledger in all_ledgers().items()},
        tr("policies"): {name: read_policy(name).title for name in policy_names()},
        tr("tables"): {name: table.title for name, table in all_tables().items()},
    }


def _measure(measure: Measure, policy: Policy) -> list[str]:
    said = {
        tr("formula"): f"{measure.part('Formula')}    ({formula_cn(measure)})",
        tr("unit"): measure.unit_cn,
        tr("grain"): ", ".join(measure.grains),
        tr("scope"): f"{policy.name}: {policy.scope.title}",
        tr("source"): measure.part("Source"),
    }
    if is_cumulative(measure.name):
        said[tr("compared with")] = tr("the same days a year before")
    head = [f"{measure.name}  {measure.title}", "", measure.doc.split("\n\n")[0], ""]
    return [*head, *_lines(said), "", f"{tr('terms')}:", *_arguments(measure)]


def _arguments(measure: Measure) -> list[str]:
    """The arguments of a measure: terms, and measures with their own arguments below them."""
    lines: list[str] = []
    for name in measure.arguments:
        if term := known_terms().get(name):
            lines += _term(term)
        else:
            other = all_measures()[name]
            lines += [f"{name}  {other.title} = {other.part('Formula')}", *_arguments(other)]
    return [f"  {line}" for line in lines]


def _term(term: Term) -> list[str]:
    source = tr("from the findings")
    if tally := all_tallies().get(term.tally):
        source = tr(
            "from {tally}.sql, which rests on {tables}", tally=tally.original or tally.name, tables=", ".join(sorted(tally.tables()))
        )
    return [f"{term.name} ({term.unit})  {term.meaning_cn}", f"  {term.meaning}; {source}"]


def _tally(tally: Tally) -> list[str]:
    return [f"{tally.original or tally.name}.sql", *_lines({tr("row"): tally.row, tr("reads"): ", ".join(tally.reads)}), "", tally.sql]


def _rule(rule: Rule, policy: Policy) -> list[str]:
    points = policy.points(rule.name)
    said = {
        tr("section"): rule.dimension,
        tr("severity"): rule.severity,
        tr("broken when"): rule.broken_when,
        tr("over"): f"{rule.over}.sql: {all_tallies()[rule.over].row}",
    }
    if limit := policy.limits.get(rule.limit):
        values = ", ".join(f"{value} {limit.unit} ≥ {since}" for since, value in limit.values.items())
        said[tr("limit")] = f"{rule.limit} ({limit.title}): {values}"
    said |= {
        tr("points"): tr("{points} each, {cap} at most", points=points.points, cap=points.cap),
        tr("words"): rule.words,
        tr("scope"): f"{policy.name}: {policy.scope.title}",
        tr("source"): rule.source,
        tr("needs"): ", ".join(sorted(rule.tables())),
    }
    return [f"{rule.name}  {rule.title}", "", *_lines(said)]


def _lines(said: dict[str, str]) -> list[str]:
    return [f"{heading}: {text}" for heading, text in said.items()]
