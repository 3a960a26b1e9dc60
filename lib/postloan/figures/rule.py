"""Rules as data: one YAML file each in the `rules/` of its theme. A rule confronts the rows of one tally with a limit and has its sentence beside it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from postloan import themes
from postloan.data.schema import all_tables
from postloan.errors import BadRule, did_you_mean
from postloan.figures.tally import all_tallies
from postloan.language import tr
from postloan.numbers import FILTERS
from postloan.yaml_file import build, read_yaml

ABOUT = {"report": "inspection_id", "inspection": "inspection_id", "loan": "loan_id", "customer": "customer_id", "staff": "", "unit": ""}
"""Subjects of rules, and the column of the tally that names each; every tally of a rule has `unit_id` besides."""


@dataclass(frozen=True)
class SameFault:
    """The fault that a finding shares with those of another rule: then it costs nothing beside them.

    `rule` is the other rule, `by` the columns that both tallies share. The fault is the same where the column `extent` of this finding's row is
    not above the sum of the column `other_extent` over the rows of the others; without that, above their number.
    """

    rule: str
    by: list[str]
    extent: str
    other_extent: str = ""


SEVERITIES = ("high", "medium", "low", "hint")


@dataclass(frozen=True)
class Dimension:
    """One section of the quarter's checklist: its letter in index numbers, and the paragraph of the quarter's brief that speaks of it."""

    letter: str
    brief_sentence: str = "—"


@cache
def checklist_sections() -> dict[str, Dimension]:
    """Return the sections of the quarter's checklist in the order of their letters: those of every bank, and those that themes add.

    Themes may share a section. Raises `BadRule` where two sections have one letter.
    """
    found: dict[str, Dimension] = {}
    for _, path in themes.files("dimensions.yaml", Path(__file__).parent):
        for title, says in read_yaml(path, BadRule).items():
            where = f"{themes.place(path)}: {title}"
            section = build(Dimension, {"letter": says} if isinstance(says, str) else says, where, BadRule)
            taken = [other for other, one in found.items() if one.letter == section.letter and other != title]
            if taken or found.get(title, section) != section:
                what = tr(
                    "the letter '{letter}' is that of the section '{title}' already", letter=section.letter, title=(taken or [title])[0]
                )
                raise BadRule(what, where, tr("give another letter"))
            found[title] = section
    return dict(sorted(found.items(), key=lambda section: section[1].letter))


@cache
def dimensions() -> dict[str, str]:
    """Return the sections of the quarter's checklist in their order, each with its letter in an index number."""
    return {title: section.letter for title, section in checklist_sections().items()}


@dataclass(frozen=True, eq=False)
class Rule:
    """Is the business in order? `broken_when` and `subject` are SQL over the rows of the tally `over`.

    `value` and `limit` name a column of the tally; `value` may name a measure, `limit` a limit of the policy.
    `words` says what is wrong, `evidence` where one can see it, `basis` what is required. `staff` names the column that holds a staff id,
    where a person is named. `about` says what kind of subject a finding has (`ABOUT`), `counts_in` the measures that count it beside
    `findings`; an `absence` rule finds that something is not there or too little, which may also mean that it was not read. `remedy` is what
    a unit is asked to do, where it is not to put the matter right (整改): what is late stays late, and is explained.
    `leaves_undefined` names the terms that count the same: they are undefined where the rule leaves somebody unjudged.
    `population` says which rows are looked at, where these are not all of `over`: TALLY, or TALLY WHERE CONDITION.
    `same_fault` names the rule that charges the same fault already.
    """

    title: str
    dimension: str
    about: str
    over: str
    broken_when: str
    subject: str
    severity: str
    words: str
    evidence: str
    basis: str
    source: str
    name: str = ""
    theme: str = ""
    value: str = ""
    limit: str = ""
    staff: str = ""
    counts_in: list[str] = field(default_factory=list)
    leaves_undefined: list[str] = field(default_factory=list)
    absence: bool = False
    remedy: str = ""
    population: str = ""
    same_fault: SameFault | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process gets of it: compiled sentences belong to this one."""
        return {name: value for name, value in self.__dict__.items() if name != "sentences"}

    @property
    def letter(self) -> str:
        """The letter of its section."""
        return dimensions()[self.dimension]

    @property
    def place(self) -> str:
        """Its file, as errors name it."""
        return f"{self.theme}/rules/{self.name}.yaml" if self.theme else f"{self.name}.yaml"

    @property
    def columns(self) -> list[str]:
        """The columns that its tally must have."""
        shared = [*self.same_fault.by, self.same_fault.extent] if self.same_fault else []
        return ["unit_id", *filter(None, [ABOUT[self.about], self.staff]), *shared]

    @property
    def population_rows(self) -> tuple[str, str]:
        """The tally that holds its population, and the condition for the rows."""
        tally, _, condition = self.population.partition(" WHERE ")
        return tally.strip() or self.over, condition.strip() or "TRUE"

    def tables(self) -> frozenset[str]:
        """The input tables without which the rule does not run."""
        return all_tallies()[self.over].tables()

    @cached_property
    def sentences(self) -> tuple[Any, Any]:
        """`words` and `evidence`, ready to be filled."""
        try:
            return _sentences().from_string(self.words), _sentences().from_string(self.evidence)
        except TemplateError as fault:
            raise BadRule(tr("the sentence cannot be read: {what}", what=fault), self.place) from fault


def label(code: str, field: str) -> str:
    """The Chinese label of a code, e.g. `pass` of `loan_balance.class5` is 正常."""
    table, name = field.split(".")
    return all_tables()[table].fields[name].values[code]


@cache
def _sentences() -> ImmutableSandboxedEnvironment:
    sentences = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    sentences.filters = {**FILTERS, "label": label}
    return sentences


def read_rule(path: Path, theme: str = "") -> Rule:
    """Return the rule in the file at `path`; the file's name is the rule's. Raises `BadRule` with file and key."""
    where = themes.place(path)
    read = read_yaml(path, BadRule)
    if "same_fault" in read:
        read["same_fault"] = build(SameFault, read["same_fault"], f"{where}: same_fault", BadRule)
    rule = build(Rule, read, where, BadRule, {"name": path.stem, "theme": theme})
    for key, known in (("over", all_tallies()), ("dimension", dimensions()), ("severity", SEVERITIES), ("about", ABOUT)):
        if (word := getattr(rule, key)) not in known:
            raise BadRule(tr("unknown: '{word}'", word=word), f"{where}: {key}", did_you_mean(word, known))
    for key in ("title", "broken_when", "subject", "words", "evidence", "basis", "source"):
        if not getattr(rule, key).strip():
            raise BadRule(tr("a text is expected here"), f"{where}: {key}")
    if (tally := rule.population_rows[0]) not in all_tallies():
        raise BadRule(tr("unknown: '{word}'", word=tally), f"{where}: population", did_you_mean(tally, all_tallies()))
    return rule


@cache
def all_rules() -> dict[str, Rule]:
    """Return every rule by name, in the order of the checklist. Raises `BadRule`."""
    found: dict[str, Rule] = {}
    for theme, path in themes.files("rules/*.yaml"):
        rule = read_rule(path, theme)
        if rule.name in found:
            raise BadRule(tr("there is a rule '{name}' already", name=rule.name), rule.place, tr("give another name"))
        found[rule.name] = rule
    return dict(sorted(found.items(), key=lambda named: (named[1].letter, named[0])))


def rules_of(on: Collection[str]) -> dict[str, Rule]:
    """Return the rules of the themes that are on."""
    return {name: rule for name, rule in all_rules().items() if rule.theme in on}
