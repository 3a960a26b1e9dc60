"""The head of a tally: comments in its SQL file that say what a row is, what it reads, and what each term means.

    -- row: one customer in scope …
    -- grain: customer                     one row a customer, with its `customer_id` and `unit_id`
    -- kept: papers                        papers read its rows, so that a run keeps them
    -- reads: customer, inspection         the tables and tallies that the SQL names; `loan.issue_type`: made where that field is filled anywhere
    -- lacks: acceptance                   tables that it names and may lack: they count as empty then
    -- term reports_submitted: 份 · 本期已提交的定期检查报告 · periodic inspections of the period with a submission time
    -- spans: year                         its terms are to be had over these days too (`span.py`)

A tally that only sums the rows of another has no SQL of its own. Its head names those rows and the input table behind them, and each
term ends with its aggregate. A term with a column of the rows in braces is *broken down*: it stands for one term for each value of the
column. The values are listed, each with label and meanings, or they are the codes of a field:

    -- over: recovery · repayment
    -- by moment: early 提前 · 到期日之前 · before the due date
    -- by class5: loan_balance.class5
    -- term {moment}_recovered_amount: 元 · {moment}收回的本金 · principal recovered {moment} · sum(principal)
    -- term loan_balance: 元 · 期末口径内借据余额之和 · their balance · sum(balance) WHERE scope_loan.as_of = asked.as_of

SQL and lines of lineage (`audit/trace/lineage.py`) follow from such a head; `postloan explain TALLY` prints them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from postloan.data.schema import all_tables
from postloan.errors import BadMeasure, did_you_mean
from postloan.figures.span import OFFERED, Span
from postloan.language import tr

_LINE = re.compile(r"^-- (row|grain|kept|over|reads|lacks|spans|by|term)(?: (\S+))?: (.+)$", re.MULTILINE)
_AGGREGATE = re.compile(r"(\w+\(.*?\))(?: WHERE (.+))?")
_BROKEN_DOWN_BY = re.compile(r"\{(\w+)\}")
_LISTED = re.compile(r"(\w+) (\S+) · (.+) · (.+)")
KEYS = {"": "unit_id", "customer": "customer_id, unit_id"}
"""The columns that name the row of a summing tally, by its grain."""


@dataclass(frozen=True)
class Term:
    """One column that measures may ask for. It adds up: over the rows of a unit, and over the rows of the bank.

    `aggregate` and `where` are those of a tally that has no SQL of its own.
    """

    name: str
    unit: str
    meaning_cn: str
    meaning: str
    tally: str
    aggregate: str = ""
    where: str = ""


class Value(NamedTuple):
    """One value of a column by which terms are broken down. Measures bear the label in their titles, terms have the meanings in theirs."""

    code: str
    label: str
    meaning_cn: str
    meaning: str


@dataclass(eq=False)
class Head:
    """The head of the tally `name`. `families` are the terms that one line declares, by that line's name: each name with its value's label.

    `counted` are the conditions of the lines, blank where a line counts every row.
    """

    name: str
    place: str
    row: str = ""
    grain: str = ""
    kept: bool = False
    reads: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    sums: tuple[str, str] | None = None
    breakdowns: dict[str, list[Value]] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    families: dict[str, dict[str, str]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def fault(self, what: str, line: str = "", do: str = "") -> BadMeasure:
        """Return the error about one line of the head."""
        return BadMeasure(what, f"{self.place}: {line}" if line else self.place, do)


def read_head(text: str, name: str, place: str) -> tuple[Head, str]:
    """Return the head of the tally in `text`, and its SQL. Raises `BadMeasure` with file and line."""
    head = Head(name, place)
    found = _LINE.findall(text)
    for line in found:
        _read_line(head, *line)
    if sum(key == "term" for key, *_ in found) != len(re.findall(r"^-- term\b", text, re.MULTILINE)):
        raise head.fault(tr("a line cannot be read"), "term", "-- term NAME: 元 · 含义 · meaning")
    if head.grain not in KEYS:
        raise head.fault(tr("unknown: '{word}'", word=head.grain), "grain", did_you_mean(head.grain, filter(None, KEYS)))
    has_sql = bool(without_comments(text))
    if not head.row or has_sql != bool(head.reads) or has_sql == bool(head.sums):
        what = tr("the head of a tally says what a row is, and what its SQL reads; without SQL, over which rows it sums")
        raise head.fault(what, do="-- row: … -- reads: … | -- row: … -- over: TALLY · TABLE")
    return head, text if has_sql else _summing(head, text)


def without_comments(text: str) -> str:
    """Return the SQL of a file without its head and other lines of comment."""
    return re.sub(r"^--.*\n?", "", text, flags=re.MULTILINE).strip()


def _read_line(head: Head, key: str, name: str, value: str) -> None:
    match key:
        case "row" | "grain":
            setattr(head, key, value)
        case "kept":
            head.kept = True
        case "reads":
            head.reads = value.split(", ")
        case "lacks":
            head.lacks = value.split(", ")
        case "spans":
            head.spans = _spans(head, value.split(", "))
        case "over":
            head.sums = _sums(head, value)
        case "by":
            head.breakdowns[name] = [*head.breakdowns.get(name, []), *_values(head, name, value)]
        case "term":
            line = _term(head, name, value)
            head.counted.append(line.where)
            for label, term in _broken_down(head, line):
                if term.name in head.terms:
                    raise head.fault(tr("there is a term '{name}' already", name=term.name), f"term {name}", tr("give another name"))
                head.terms[term.name] = term
                head.families.setdefault(name, {})[term.name] = label


def _spans(head: Head, words: list[str]) -> list[Span]:
    for word in words:
        if word not in OFFERED:
            raise head.fault(tr("unknown: '{word}'", word=word), "spans", did_you_mean(word, OFFERED))
    return [span for word in words for span in OFFERED[word]]


def _sums(head: Head, value: str) -> tuple[str, str]:
    rows, _, table = value.partition(" · ")
    if table not in all_tables():
        raise head.fault(tr("unknown table '{name}'", name=table), "over", did_you_mean(table, all_tables()))
    return rows, table


def _values(head: Head, column: str, value: str) -> Iterator[Value]:
    """Yield the values that a line gives: one with its words, or every code of a field."""
    if listed := _LISTED.fullmatch(value):
        yield Value(*listed.groups())
        return
    table, _, name = value.partition(".")
    codes = all_tables()[table].fields[name].values if table in all_tables() and name in all_tables()[table].fields else {}
    if not codes:
        raise head.fault(tr("'{value}' is no field with codes", value=value), f"by {column}", "-- by class5: loan_balance.class5")
    yield from (Value(code, label, label, f"{code.replace('_', ' ')} ({label})") for code, label in codes.items())


def _term(head: Head, name: str, value: str) -> Term:
    parts, line = value.split(" · "), f"term {name}"
    if len(parts) != 3 + bool(head.sums):
        do = "元 · 含义 · meaning · sum(principal)" if head.sums else "元 · 含义 · meaning"
        raise head.fault(tr("a line cannot be read"), line, f"-- {line}: {do}")
    if not head.sums:
        return Term(name, *parts, head.name)
    aggregate = _AGGREGATE.fullmatch(parts.pop())
    if not aggregate:
        raise head.fault(tr("the last part of the line is an aggregate"), line, "sum(principal), count(DISTINCT loan_id) WHERE …")
    return Term(name, *parts, head.name, aggregate[1], aggregate[2] or "")


def _broken_down(head: Head, term: Term) -> Iterator[tuple[str, Term]]:
    """Yield the terms that a line stands for, each with the label of its value."""
    columns = _BROKEN_DOWN_BY.findall(term.name)
    if not columns and term.name.isidentifier():
        yield "", term
        return
    if len(columns) != 1 or not _BROKEN_DOWN_BY.sub("x", term.name).isidentifier():
        raise head.fault(tr("a term is called by letters and at most one column in braces"), f"term {term.name}")
    if columns[0] not in head.breakdowns or not head.sums:
        what = tr("no line above says by which values '{column}' breaks down", column=columns[0])
        raise head.fault(what, f"term {term.name}", f"-- by {columns[0]}: CODE 名称 · 含义 · meaning")
    mark = f"{{{columns[0]}}}"
    for value in head.breakdowns[columns[0]]:
        where = f"{columns[0]} = '{value.code}'"
        words = {"meaning_cn": term.meaning_cn.replace(mark, value.meaning_cn), "meaning": term.meaning.replace(mark, value.meaning)}
        name, where = term.name.replace(mark, value.code), f"{term.where} AND {where}" if term.where else where
        yield value.label, replace(term, name=name, where=where, **words)


def _summing(head: Head, text: str) -> str:
    """Return head, lineage and SQL of a tally that sums the rows of another. It has a row wherever there is something to count."""
    assert head.sums is not None
    rows, table = head.sums
    head.reads = [rows]
    counted = list(dict.fromkeys(head.counted))
    of_all = counted[0] if len(counted) == 1 else ""
    behind = (
        f"-- behind {t.name}: {table} · {t.aggregate} · {rows}" + (f" WHERE {t.where}" if t.where else "") for t in head.terms.values()
    )
    sums = (
        f"coalesce({t.aggregate}{f' FILTER (WHERE {t.where})' if t.where != of_all else ''}, 0) AS {t.name}" for t in head.terms.values()
    )
    columns = ",\n    ".join([*KEYS[head.grain].split(", "), *sums])
    asked = "\nCROSS JOIN asked" if any("asked." in where for where in counted) else ""
    where = "" if "" in counted else "\nWHERE " + " OR ".join(f"({one})" for one in counted)
    select = f"SELECT\n    {columns}\nFROM {rows}{asked}{where}\nGROUP BY {KEYS[head.grain]}\n"
    return "\n".join([text.rstrip(), *behind, select])
