"""The texts of inspection reports: sentences by trade and section, no two reports alike unless the story says so."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from samples.bank import dice, read

PHRASES, TRADES = read("phrases"), read("trades")
REQUIRED = ["sales_return", "operations", "finance", "counterparties", "cash_flow"]
SLOT = re.compile(r"\{([^}]*)\}")
ALIKE = 0.60  # well under the 0.80 at which the contract calls a text boilerplate
Facts = dict[str, Any]


def fill(sentence: str, facts: Facts, rng: random.Random) -> str:
    """The sentence with its slots filled: a fact by name, a number of a span, or one of several words."""

    def slot(match: re.Match[str]) -> str:
        content = match[1]
        if "|" in content:
            return str(rng.choice(content.split("|")))
        if ".." not in content:
            return str(facts[content])
        low, high = content.split("..")
        if "." in low:
            return f"{rng.randint(round(float(low) * 10), round(float(high) * 10)) / 10:.1f}"
        return str(rng.randint(int(low), int(high)))

    return SLOT.sub(slot, sentence)


def shingles(sentences: list[str]) -> set[str]:
    """All runs of five characters of a text whose slots are masked."""
    text = SLOT.sub("#", "".join(sentences))
    return {text[i : i + 5] for i in range(len(text) - 4)}


def similarity(a: set[str], b: set[str]) -> float:
    """Jaccard similarity of two sets of shingles."""
    return len(a & b) / len(a | b)


def pick(section: str, trade: str, mode: str, rng: random.Random) -> list[str]:
    """One sentence from each list of the section."""
    lists = PHRASES[section]
    if section == "operations":
        lists = PHRASES[f"operations_{mode}"] + lists
    return [rng.choice(TRADES[trade][choices["trade"]] if isinstance(choices, dict) else choices) for choices in map(_unwrap, lists)]


def _unwrap(choices: list[Any]) -> Any:
    return choices[0] if isinstance(choices[0], dict) else choices


@dataclass
class Writer:
    """Writes sections and remembers what it wrote, so that it never writes nearly the same twice."""

    written: dict[str, list[tuple[str, str, set[str]]]] = field(default_factory=lambda: defaultdict(list))

    def section(self, section: str, customer: str, period: str, mode: str, facts: Facts) -> str:
        """A section unlike every other customer's of the period and unlike the customer's own of other periods."""
        for attempt in range(500):
            rng = dice("section", section, customer, period, str(attempt))
            sentences = pick(section, facts["trade"], mode, rng)
            mine = shingles(sentences)
            rivals = [s for who, when, s in self.written[section] if when == period or who == customer]
            if section not in REQUIRED or all(similarity(mine, s) < ALIKE for s in rivals):
                self.written[section].append((customer, period, mine))
                return "".join(fill(sentence, facts, rng) for sentence in sentences)
        raise ValueError(f"phrases.yaml has too few sentences for {section}: {customer} {period}")

    def report(self, customer: str, period: str, mode: str, facts: Facts) -> dict[str, str]:
        """All sections of one report; the marketing section is left out now and then."""
        wanted = [*REQUIRED, "guarantee", "conclusion"]
        if dice("marketing", customer, period).random() < 0.6:
            wanted.insert(-1, "marketing")
        return {section: self.section(section, customer, period, mode, facts) for section in wanted}


def spoil(report: dict[str, str], defect: str, facts: Facts, rng: random.Random) -> dict[str, str]:
    """The report with one named defect."""
    defects = PHRASES["defects"]
    if defect == "finance_blank":
        return report | {"finance": ""}
    if defect == "cash_flow_blank":
        return report | {"cash_flow": "无"}
    if defect == "sales_return_without_numbers":
        return report | {"sales_return": defects["sales_return_without_numbers"]}
    if defect == "too_simple":
        short = {section: fill(text, facts, rng) for section, text in defects["too_simple"].items()}
        return short | {"counterparties": "略", "conclusion": report["conclusion"]}
    raise ValueError(f"no such defect: {defect}")
