"""Rules as data: one YAML file each in `rules/`. A rule confronts the rows of one tally with a limit and has its sentence beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from postloan.data.schema import all_tables
from postloan.errors import BadRule, did_you_mean
from postloan.figures.tally import all_tallies
from postloan.language import tr
from postloan.numbers import FILTERS
from postloan.yaml_file import build, read_yaml

FOLDER = Path(__file__).parent / "rules"
DIMENSIONS = {"定期检查": "A", "报告质量": "B", "AB角制度": "C", "贷后例会": "D", "资金归行": "E", "风险分类": "F"}
"""The sections of the quarter's checklist (S47) and the letter each has in an index number."""
SEVERITIES = ("high", "medium", "low", "hint")


@dataclass(frozen=True)
class Rule:
    """Is the business in order? `broken_when` and `subject` are SQL over the rows of the tally `over`.

    `value` and `limit` name a column of the tally; `value` may name a measure, `limit` a limit of the policy.
    `words` says what is wrong, `evidence` where one can see it, `basis` what is required. `staff` names the column that holds a staff id, where a person is named.
    """

    title: str
    dimension: str
    over: str
    broken_when: str
    subject: str
    severity: str
    words: str
    evidence: str
    basis: str
    source: str
    name: str = ""
    value: str = ""
    limit: str = ""
    staff: str = ""

    @property
    def letter(self) -> str:
        return DIMENSIONS[self.dimension]

    def tables(self) -> frozenset[str]:
        """The input tables without which the rule does not run."""
        return all_tallies()[self.over].tables()

    @cached_property
    def sentences(self) -> tuple[Any, Any]:
        """`words` and `evidence`, ready to be filled."""
        try:
            return _sentences().from_string(self.words), _sentences().from_string(self.evidence)
        except TemplateError as fault:
            raise BadRule(tr("the sentence cannot be read: {what}", what=fault), f"{self.name}.yaml") from fault


def label(code: str, field: str) -> str:
    """The Chinese label of a code, e.g. `pass` of `loan_balance.class5` is 正常."""
    table, name = field.split(".")
    return all_tables()[table].fields[name].values[code]


@cache
def _sentences() -> ImmutableSandboxedEnvironment:
    sentences = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    sentences.filters = {**FILTERS, "label": label}
    return sentences


def read_rule(path: Path) -> Rule:
    """The rule in the file at `path`; the file's name is the rule's. Raises `BadRule`."""
    rule = build(Rule, {"name": path.stem, **read_yaml(path)}, path.name)
    for what, word, known in (
        ("tally", rule.over, all_tallies()),
        ("dimension", rule.dimension, DIMENSIONS),
        ("severity", rule.severity, SEVERITIES),
    ):
        if word not in known:
            raise BadRule(tr("unknown {what} '{word}'", what=what, word=word), path.name, did_you_mean(word, known))
    return rule


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by name, in the order of the checklist."""
    rules = (read_rule(path) for path in sorted(FOLDER.glob("*.yaml")))
    return {rule.name: rule for rule in sorted(rules, key=lambda r: (r.letter, r.name))}
