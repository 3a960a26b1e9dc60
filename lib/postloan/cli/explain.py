"""What a measure, a rule, a term or a tally is, in words: printed by `postloan explain` and `postloan list`."""

from __future__ import annotations

from postloan.data.schema import all_tables
from postloan.errors import BadCommand, did_you_mean
from postloan.figures.finding_terms import known_terms
from postloan.figures.measure import Measure, all_measures, formula_cn
from postloan.figures.rule import Rule, all_rules
from postloan.figures.tally import Tally, Term, all_tallies, all_terms
from postloan.language import tr
from postloan.papers.document import all_documents
from postloan.policy import Policy, policy_names, read_policy


def explain(name: str, policy: Policy) -> str:
    """Everything known about the measure, rule, term, tally or table called `name`. Raises `BadCommand`."""
    for known, says in (
        (all_measures(), _measure),
        (all_rules(), _rule),
        (known_terms(), _term),
        (all_tallies(), _tally),
    ):
        if name in known:
            return "\n".join(says(known[name], policy))
    every = [*all_measures(), *all_rules(), *all_terms(), *all_tallies()]
    raise BadCommand(tr("there is no measure or rule '{name}'", name=name), do=did_you_mean(name, every))


def listing() -> dict[str, dict[str, str]]:
    """What there is, by kind: name and title."""
    return {
        tr("documents"): {name: d.title for name, d in all_documents().items()},
        tr("measures"): {name: f"{m.title} ({m.unit_cn})" for name, m in all_measures().items()},
        tr("rules"): {name: f"{r.title} [{r.dimension}]" for name, r in all_rules().items()},
        tr("policies"): {name: read_policy(name).title for name in policy_names()},
        tr("tables"): {name: spec.title for name, spec in all_tables().items()},
    }


def _measure(m: Measure, policy: Policy) -> list[str]:
    lines = [f"{m.name}  {m.title}", "", m.doc.split("\n\n")[0], ""]
    lines += [
        _line(tr("formula"), f"{m.part('Formula')}    ({formula_cn(m)})"),
        _line(tr("unit"), m.unit_cn),
        _line(tr("grain"), ", ".join(m.grains)),
    ]
    lines += [_line(tr("scope"), f"{policy.name}: {policy.scope.title}"), _line(tr("source"), m.part("Source")), "", tr("terms") + ":"]
    for argument in m.arguments:
        lines += [f"  {line}" for line in _argument(argument, policy)]
    return lines


def _argument(name: str, policy: Policy) -> list[str]:
    terms = known_terms()
    if name in terms:
        return _term(terms[name], policy)
    return [f"{name}  {all_measures()[name].title} = {all_measures()[name].part('Formula')}", *_argument_terms(name, policy)]


def _argument_terms(name: str, policy: Policy) -> list[str]:
    return [f"  {line}" for argument in all_measures()[name].arguments for line in _argument(argument, policy)]


def _term(term: Term, policy: Policy) -> list[str]:
    where = all_tallies().get(term.tally)
    source = (
        tr("from {tally}.sql, which rests on {tables}", tally=term.tally, tables=", ".join(sorted(where.tables())))
        if where
        else tr("from the findings")
    )
    return [f"{term.name} ({term.unit})  {term.meaning_cn}", f"  {term.meaning}; {source}"]


def _tally(tally: Tally, policy: Policy) -> list[str]:
    return [f"{tally.name}.sql", _line(tr("row"), tally.row), _line(tr("reads"), ", ".join(tally.reads)), "", tally.sql]


def _rule(rule: Rule, policy: Policy) -> list[str]:
    points = policy.points(rule.name)
    lines = [f"{rule.name}  {rule.title}", "", _line(tr("section"), rule.dimension), _line(tr("severity"), rule.severity)]
    lines += [_line(tr("broken when"), rule.broken_when), _line(tr("over"), f"{rule.over}.sql: {all_tallies()[rule.over].row}")]
    if rule.limit in policy.limits:
        limit = policy.limits[rule.limit]
        lines += [
            _line(
                tr("limit"),
                f"{rule.limit} ({limit.title}): {', '.join(f'{v} {limit.unit} ≥ {since}' for since, v in limit.values.items())}",
            )
        ]
    lines += [_line(tr("points"), tr("{points} each, {cap} at most", points=points.points, cap=points.cap)), _line(tr("words"), rule.words)]
    return [
        *lines,
        _line(tr("scope"), f"{policy.name}: {policy.scope.title}"),
        _line(tr("source"), rule.source),
        _line(tr("needs"), ", ".join(sorted(rule.tables()))),
    ]


def _line(heading: str, text: str) -> str:
    return f"{heading}: {text}"
