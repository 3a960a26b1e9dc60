"""Terms that count findings: declared in `findings.yaml` (in `figures/`, and in themes), each by what it counts and of which findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from postloan import themes
from postloan.errors import BadMeasure, did_you_mean
from postloan.figures.finding import Finding
from postloan.figures.rule import ABOUT, SEVERITIES, Rule, dimensions
from postloan.figures.tally import all_terms
from postloan.figures.tally_head import Term
from postloan.language import tr
from postloan.yaml_file import build, read_yaml

COUNTED_OF_FINDINGS = ("finding", "points", "customer_id", "inspection_id", "unit_id", "loan_id")
"""Ways to count the findings of one subject: them, their points (each rule up to its cap), or the distinct values of a column."""
SCORES = ("report_score", "score")
"""Sums of scores, which rest on findings and are none of them."""
COUNTED = (*COUNTED_OF_FINDINGS, *SCORES, "report", "cap", "cap_checked", "score_weight")
"""Values made beside: reports read, their scores; caps of the scorecard, of all rules and of those that ran; scores of units, their weights."""
PICKED_BY = ("counts_in", "about", "dimension", "severity", "theme", "rule")


@dataclass(frozen=True)
class FindingTerm(Term):
    """A term over the findings of one subject. `where` picks by attributes of their rules: all of them must fit."""

    counts: str = "finding"
    where: dict[str, str] = field(default_factory=dict)
    theme: str = ""

    def takes(self, rule: Rule) -> bool:
        """Tell if the findings of `rule` count."""
        said: dict[str, Any] = {name: getattr(rule, name) for name in ("about", "dimension", "severity", "theme")} | {"rule": rule.name}
        return all(wanted in rule.counts_in if key == "counts_in" else said[key] == wanted for key, wanted in self.where.items())

    def count(self, findings: Iterable[Finding]) -> int:
        """Return how many of the findings there are, or of the values in the column that the term counts."""
        taken = [finding for finding in findings if self.takes(finding.rule)]
        if self.counts == "finding":
            return len(taken)
        return len({value for finding in taken if (value := finding.row.get(self.counts)) is not None})


@cache
def finding_terms() -> dict[str, FindingTerm]:
    """Return every term over findings by name. Raises `BadMeasure`."""
    found: dict[str, FindingTerm] = {}
    for theme, path in themes.files("findings.yaml", Path(__file__).parent):
        for name, mapping in read_yaml(path, BadMeasure).items():
            where = f"{themes.place(path)}: {name}"
            if name in found or name in all_terms():
                raise BadMeasure(tr("there is a term '{name}' already", name=name), where, tr("give another name"))
            found[name] = _term(name, mapping, theme, where)
    return found


def _term(name: str, mapping: Any, theme: str, where: str) -> FindingTerm:
    term = build(FindingTerm, mapping, where, BadMeasure, {"name": name, "tally": "findings", "theme": theme})
    words = {"about": ABOUT, "severity": SEVERITIES, "dimension": dimensions()}
    picked = [("where", key, PICKED_BY) for key in term.where]
    picked += [(f"where: {key}", word, words[key]) for key, word in term.where.items() if key in words]
    for key, word, known in (("counts", term.counts, COUNTED), *picked):
        if word not in known:
            raise BadMeasure(tr("unknown: '{word}'", word=word), f"{where}: {key}", did_you_mean(word, known))
    return term


@cache
def known_terms() -> dict[str, Term]:
    """Return every term: those of tallies, and those over findings."""
    return {**all_terms(), **finding_terms()}
