"""Policies: a bank's scopes, deadlines, limits and points, by date (口径、时限、限额、扣分标准).

A policy is one YAML file in `policies/`, or a bank's own file given by path. `based_on` names the policy it starts from; the
file then holds differences only. A limit is a list of dated values: old periods keep old limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from postloan import themes
from postloan.data.schema import all_tables
from postloan.errors import BadPolicy, did_you_mean
from postloan.language import tr
from postloan.period import Period
from postloan.policy.merging import joined, merged
from postloan.workdays import Calendar
from postloan.yaml_file import build, named, read_yaml

FOLDER = Path(__file__).parent
ROLLS = ("none", "next_workday", "previous_workday")
WEIGHTED, POOLED = "weighted", "pooled"
BANK_SCORES = (WEIGHTED, "mean", POOLED)
"""The mean of the units' scores weighted by customers in scope; their plain mean; or a hundred less the findings of all units under one set of caps."""
NOT_GRADED = "不评等"
"""What stands in place of a band where too little was checked."""


@dataclass(frozen=True)
class Scope:
    """A named population (口径): which loans of which customers are looked at."""

    title: str
    segments: list[str]
    products: list[str]
    off_balance_sheet_counts: bool
    low_risk_counts: bool
    source: str


@dataclass(frozen=True)
class Deadline:
    """The day by which reports are due: `day` of the last month of the quarter; `roll` says what a day off does to it."""

    day: int
    roll: str
    source: str


@dataclass(frozen=True)
class Limit:
    """A dated number a rule looks at. `values` maps the first day on which a value holds to the value; null says that from this day there is none."""

    title: str
    unit: str
    source: str
    values: dict[str, Decimal | None]

    def begun(self, day: date) -> bool:
        """Tell if `day` is not before the first day of any value."""
        return any(date.fromisoformat(since) <= day for since in self.values)

    def on(self, day: date) -> Decimal | None:
        """Return the value in force on `day`; None before the first, and where the policy says null."""
        begun = [since for since in sorted(self.values) if date.fromisoformat(since) <= day]
        value = self.values[begun[-1]] if begun else None
        return None if value is None else Decimal(value)


@dataclass(frozen=True)
class Section:
    """The least that one required section of an inspection report must hold: numeric facts and characters.

    `called` is what papers call the analysis when it is missing; `hard` marks those that are hard to fill in (填写重难点, S80);
    `allowed` are words such as 无 that are an answer there and no blank.
    """

    called: str
    facts: int = 0
    characters: int = 0
    hard: bool = False
    allowed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Points:
    """The points that one finding of a rule costs, and the most that all findings of the rule cost together."""

    points: Decimal
    cap: Decimal


@dataclass(frozen=True)
class Ceiling:
    """The best band that a bank or unit may have whose measure is above a value: no 优秀 beside red figures."""

    above: Decimal
    band: str
    source: str


@dataclass(frozen=True)
class Policy:
    """Everything a bank decides for itself. Ratios are 0..1, points are 分.

    `bank_score` says how the bank's score is made of its units' (`BANK_SCORES`); below the share `band_least_checked` there is no band.
    `band_ceilings` are named by measures. `report_scorecard` grades single inspection reports; without it the scorecard does.
    """

    name: str
    title: str
    version: str
    source: str
    scope: Scope
    report_deadline: Deadline
    calendar: str
    limits: dict[str, Limit]
    sections: dict[str, Section]
    scorecard: dict[str, Points]
    bands: dict[str, Decimal]
    change_words: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    rules_off: list[str] = field(default_factory=list)
    followed_up: list[str] = field(default_factory=list)
    themes: list[str] | None = None
    bank_score: str = WEIGHTED
    band_least_checked: Decimal = Decimal("0.8")
    band_ceilings: dict[str, Ceiling] = field(default_factory=dict)
    report_scorecard: dict[str, Points] = field(default_factory=dict)

    def limit(self, name: str, day: date) -> Decimal:
        """The limit called `name` on `day`. Raises `BadPolicy` where none is in force."""
        value = self.limits[name].on(day)
        if value is None:
            raise BadPolicy(
                tr("the limit '{name}' has no value on {day}", name=name, day=day), self.name, tr("add a dated value to the policy")
            )
        return value

    def limits_on(self, day: date) -> dict[str, Decimal | None]:
        """Return every limit on `day`, None for those that the policy says not to be in force. Raises `BadPolicy` for one not said to be either."""
        return {name: limit.on(day) if limit.begun(day) else self.limit(name, day) for name, limit in self.limits.items()}

    def points(self, rule: str) -> Points:
        """The points of `rule`; a rule the scorecard does not name costs nothing."""
        return self.scorecard.get(rule, Points(Decimal(0), Decimal(0)))

    def deadline(self, period: Period, calendar: Calendar) -> date:
        """The last day on which the period's reports are on time (that day included)."""
        day = period.quarter.as_of.replace(day=self.report_deadline.day)
        if self.report_deadline.roll == "next_workday":
            return calendar.on_or_after(day)
        if self.report_deadline.roll == "previous_workday":
            return calendar.on_or_before(day)
        return day

    def band(self, score: Decimal) -> str:
        """The name of the band that `score` falls in (优秀, 良好 …)."""
        return next(name for name, floor in sorted(self.bands.items(), key=lambda item: -item[1]) if score >= floor)

    def grade(self, figures: Mapping[str, Decimal | None]) -> str | None:
        """Return the band of a bank or unit with these figures: None without a score, `NOT_GRADED` where too little was checked."""
        score, checked = figures.get("score"), figures.get("checked_share")
        if score is None:
            return None
        if checked is not None and checked < self.band_least_checked:
            return NOT_GRADED
        return min([self.band(score), *(ceiling.band for ceiling in self.ceilings(figures).values())], key=lambda band: self.bands[band])

    def ceilings(self, figures: Mapping[str, Decimal | None]) -> dict[str, Ceiling]:
        """Return the ceilings by measure that these figures are above."""
        made = {name: figures.get(name) for name in self.band_ceilings}
        return {
            name: self.band_ceilings[name] for name, value in made.items() if value is not None and value > self.band_ceilings[name].above
        }


_KINDS = {"limits": Limit, "sections": Section, "scorecard": Points, "report_scorecard": Points, "band_ceilings": Ceiling}
BROUGHT = ("limits", "scorecard", "report_scorecard", "band_ceilings", "policies")
"""What the `limits.yaml` of a theme may say: for every policy, and under `policies` for a packaged one by name."""


def policy_names() -> list[str]:
    """The policies that come with the program."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_policy(name_or_file: str) -> Policy:
    """A policy by its name or title, or from a bank's own YAML file given by path. Raises `BadPolicy`."""
    path = _policy_path(name_or_file)
    return make_policy(path.stem, _differences_applied(path, ()))


def _policy_path(name_or_file: str) -> Path:
    if (path := FOLDER / f"{name_or_file}.yaml").exists() and "/" not in name_or_file:
        return path
    for path in sorted(FOLDER.glob("*.yaml")):
        if read_yaml(path).get("title") == name_or_file:
            return path
    path = Path(name_or_file)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    raise BadPolicy(
        tr("there is no policy '{name}'", name=name_or_file),
        do=did_you_mean(name_or_file, policy_names()) + " " + tr("or give a .yaml file"),
    )


def _differences_applied(path: Path, seen: tuple[str, ...]) -> dict[str, Any]:
    mapping = read_yaml(path)
    base = mapping.pop("based_on", None)
    if not isinstance(base, str | None):
        raise BadPolicy(tr("a text is expected here"), f"{path.name}: based_on", did_you_mean(str(base), policy_names()))
    brought = _of_themes(path.stem) if path.parent == FOLDER else {}
    if base is None:
        return merged(brought, mapping)
    if base in seen:
        raise BadPolicy(tr("policies are based on each other in a circle: {names}", names=" → ".join([*seen, base])), path.name)
    return merged(joined(_differences_applied(_policy_path(base), (*seen, base)), brought), mapping)


def make_policy(name: str, mapping: dict[str, Any]) -> Policy:
    """The policy called `name` from its whole mapping. Raises `BadPolicy`."""
    where = f"policy {name}"
    given = merged(_of_themes(""), {key: value for key, value in mapping.items() if key != "name"})
    for key, kind in (("scope", Scope), ("report_deadline", Deadline)):
        if key in given:
            given[key] = build(kind, given[key], f"{where}: {key}")
    for key, kind in _KINDS.items():
        said = named(given.get(key, {}), f"{where}: {key}")
        given[key] = {n: build(kind, m, f"{where}: {key}: {n}") for n, m in said.items()}
    policy = build(Policy, given, where, given={"name": name})
    _check(policy, where)
    return policy


@cache
def _of_themes(policy: str) -> dict[str, Any]:
    """Return what themes bring along for one of the packaged policies, or for every policy where `policy` is blank."""
    found: dict[str, Any] = {}
    for _, path in themes.files("limits.yaml"):
        brought, where = read_yaml(path), themes.place(path)
        of_policies = named(brought.pop("policies", {}), f"{where}: policies")
        for key, words, known in (("", brought, BROUGHT), (": policies", of_policies, policy_names())):
            if unknown := [word for word in words if word not in known]:
                raise BadPolicy(tr("unknown key '{key}'", key=unknown[0]), f"{where}{key}", did_you_mean(unknown[0], known))
        _check_brought(brought, found if not policy else {}, where)
        for name, said in of_policies.items():
            for key in ("limits", "scorecard", "report_scorecard"):
                named(named(said, f"{where}: policies: {name}").get(key, {}), f"{where}: policies: {name}: {key}")
        found = joined(found, named(of_policies.get(policy, {}), f"{where}: policies: {policy}") if policy else brought)
    return found


def _check_brought(brought: Mapping[str, Any], before: Mapping[str, Any], where: str) -> None:
    """Raise `BadPolicy` for limits and points of a theme that cannot be read, or that a theme `before` it has brought."""
    for key, kind in (("limits", Limit), ("scorecard", Points), ("report_scorecard", Points)):
        for name, said in named(brought.get(key, {}), f"{where}: {key}").items():
            made = build(kind, said, f"{where}: {key}: {name}")
            if name in before.get(key, {}):
                raise BadPolicy(tr("'{name}' stands in another theme already", name=name), f"{where}: {key}", tr("give another name"))
            if isinstance(made, Limit):
                _check_limit(made, f"{where}: {key}: {name}")


def _check(policy: Policy, where: str) -> None:
    rules = {path.stem for _, path in themes.files("rules/*.yaml")}
    themes.check_names(policy.themes, f"{where}: themes")
    values = {f"{t}.{f}": all_tables()[t].fields[f].values for t, f in (("customer", "segment"), ("loan", "product"))}
    named = [("scope: segments", policy.scope.segments, values["customer.segment"])]
    named += [("scope: products", policy.scope.products, values["loan.product"])]
    named += [("sections", list(policy.sections), all_tables()["report_section"].fields["section"].values)]
    named += [(key, getattr(policy, key), rules) for key in ("scorecard", "report_scorecard", "rules_off", "followed_up")]
    named += [("bank_score", [policy.bank_score], BANK_SCORES)]
    named += [(f"band_ceilings: {name}: band", [ceiling.band], list(policy.bands)) for name, ceiling in policy.band_ceilings.items()]
    for place, words, known in named:
        for word in words:
            if word not in known:
                raise BadPolicy(tr("unknown: '{word}'", word=word), f"{where}: {place}", did_you_mean(word, known))
    if policy.report_deadline.roll not in ROLLS:
        raise BadPolicy(tr("roll is one of {known}", known=", ".join(ROLLS)), f"{where}: report_deadline")
    if not 1 <= policy.report_deadline.day <= 28:
        raise BadPolicy(tr("the day of a deadline is 1 to 28"), f"{where}: report_deadline")
    if min(policy.bands.values(), default=1) != 0:
        raise BadPolicy(tr("the lowest band must begin at 0"), f"{where}: bands")
    for name, limit in policy.limits.items():
        _check_limit(limit, f"{where}: limits: {name}")


def _check_limit(limit: Limit, where: str) -> None:
    for since in limit.values:
        try:
            date.fromisoformat(since)
        except ValueError:
            raise BadPolicy(tr("'{text}' is no date", text=since), where, tr("write it like 2014-06-30")) from None
