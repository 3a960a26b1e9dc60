"""The lineage of terms: the rows of the package behind a term.

The head of a tally states it for each of its terms, in SQL over row-level tallies:

    -- behind loan_balance: loan_balance · sum(balance) · scope_loan WHERE scope_loan.as_of = asked.as_of
    -- related customers_late: inspection · periodic_report WHERE customer_id IN (…)

Table, aggregate, rows. The term is the aggregate over the rows *behind* it, for the bank and every unit; without a row the term is the
aggregate over the rest (tests/audit/trace/test_row_sets.py proves both). *Related* rows help to understand the term; they prove nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from postloan.data.schema import all_tables
from postloan.errors import BadMeasure, did_you_mean
from postloan.figures.finding_terms import known_terms
from postloan.figures.span import Span, with_names
from postloan.figures.tally import all_tallies
from postloan.language import tr

BEHIND, RELATED = "behind", "related"
_LINE = re.compile(r"^-- (behind|related) (\w+): (\w+) · (?:(\w+\([^·]*\)) · )?(\w+)(?: WHERE (.+))?$", re.MULTILINE)
_READ = "periodic_report WHERE inspection_id NOT IN (SELECT inspection_id FROM report_unread)"
FROM_FINDINGS = f"""
-- behind reports_scored: inspection · count(*) · {_READ}
-- related report_points: inspection · {_READ}
"""
"""The lineage of the terms that no tally has; the rest of these come from findings alone."""


@dataclass(frozen=True)
class Lineage:
    """One line. `relation`: a tally. `where`: a condition over its rows and `asked`. `aggregate`: blank for related rows."""

    kind: str
    term: str
    table: str
    aggregate: str
    relation: str
    where: str

    @property
    def rows(self) -> str:
        """SQL of the rows, from `FROM` on."""
        return f"{self.relation} CROSS JOIN {all_tallies()[self.relation].asked} WHERE {self.where or 'TRUE'}"

    def tallies(self) -> set[str]:
        """Return the tallies named in the line."""
        return {word for word in re.findall(r"\w+", f"{self.relation} {self.where}") if word in all_tallies()}

    def tables(self) -> frozenset[str]:
        """Return the input tables that decide about the rows behind the term."""
        return frozenset().union(*(all_tallies()[name].tables() for name in self.tallies()))

    def over(self, span: Span) -> Lineage:
        """Return the line of the same term over other days."""
        relations = {name: span.named(name) for name in self.tallies()}
        where = with_names(self.where, {"asked": span.key, **relations})
        return replace(self, term=span.named(self.term), relation=relations[self.relation], where=where)


def read_lineage(text: str, where: str) -> list[Lineage]:
    """The lines in the head of a tally. Raises `BadMeasure` where one names what there is not."""
    lines = [Lineage(*(part or "" for part in found)) for found in _LINE.findall(text)]
    if len(lines) != len(re.findall(r"^-- (?:behind|related) ", text, re.MULTILINE)):
        raise BadMeasure(tr("a line of lineage reads 'behind TERM: TABLE · AGGREGATE · TALLY WHERE …'"), where)
    for line in lines:
        for word, known in ((line.term, known_terms()), (line.table, all_tables()), (line.relation, all_tallies())):
            if word not in known:
                raise BadMeasure(tr("the lineage names an unknown '{word}'", word=word), where, did_you_mean(word, known))
        if (line.kind == BEHIND) != bool(line.aggregate):
            raise BadMeasure(tr("rows behind a term have an aggregate, related rows have none"), f"{where}: {line.term}")
    return lines


@cache
def all_lineage() -> dict[str, list[Lineage]]:
    """The lines of every term, those behind it first."""
    lines = read_lineage(FROM_FINDINGS, "lineage.py")
    for tally in all_tallies().values():
        if not tally.span:
            of_tally = read_lineage(tally.sql, tally.place)
            lines += [*of_tally, *(line.over(span) for span in tally.spans for line in of_tally)]
    return {name: sorted((line for line in lines if line.term == name), key=lambda line: line.kind) for name in known_terms()}
