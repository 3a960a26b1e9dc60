"""Figures that are quoted in a report and also found in the tables: sales revenue, deposits, loans, credit limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from postloan.inspection_reports.analysis.amounts import AMOUNT, PLAIN, Amount, amount
from postloan.inspection_reports.analysis.cited_periods import CitedPeriod, cited_periods
from postloan.inspection_reports.analysis.claim_words import any_of, blanked, words
from postloan.inspection_reports.analysis.masking import names_of
from postloan.inspection_reports.analysis.statements import clauses, is_compared

UNDATED = date(2000, 1, 1)
"""The day used for an unknown day of writing: such a figure has the words of its period, but no days."""


_AMOUNT = re.compile(AMOUNT)
_BRACKET = re.compile(r"\s*\(([^()]*)(?:\)|$)")
_NEXT_CLAUSE = re.compile(r"\s*(?:[,;:]|[-—–]+|\s)\s*([^,;]*)")


@dataclass(frozen=True)
class QuotedFigure:
    """One figure of the customer, as quoted in a report.

    `kind`: sales_revenue, deposit_balance, loan_balance or credit_limit. `amount`: in yuan. `unit`: as written (万元). `step`: the value of
    one unit of the last digit (10000 yuan in 871万元); the figure is exact to half of it. `period`: its words of time (4月至5月, 本季, 3月末), may
    be blank. `first_day` and `last_day`: its days where they are certain, both for sales, the last alone for a balance; sales of a span
    that was not over at the time of writing (本季, in the quarter) are sales so far. `passage`: its clause.
    """

    kind: str
    amount: Decimal
    unit: str
    step: Decimal
    period: str
    first_day: date | None
    last_day: date | None
    passage: str


class _QuotePatterns(NamedTuple):
    named: re.Pattern[str]
    amount_first: re.Pattern[str]
    before: re.Pattern[str]
    before_amount: re.Pattern[str]
    then: re.Pattern[str]
    spoilt: re.Pattern[str]
    parts: re.Pattern[str]
    bank: re.Pattern[str]
    others: re.Pattern[str]
    not_others: str
    own: re.Pattern[str]
    now: re.Pattern[str]
    in_brackets: re.Pattern[str]
    said_after: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _QuotePatterns:
    of = words()
    names = [name for listed in of["names"].values() for name in listed]
    before, first = any_of(of["before"]), any_of([*of["before"], *of["before_amount"]])
    then = rf"(?!\s*[、和及与]\s*{AMOUNT})\s*(?:\Z|[()、:\s]|{any_of(of['then'])})"
    return _QuotePatterns(
        re.compile(rf"(?P<name>{any_of(names)})(?:{any_of(of['link'])}|\s)*(?P<amount>{AMOUNT})"),
        re.compile(rf"(?P<amount>{AMOUNT})\s*的?(?P<name>{any_of(of['after_amount'])})"),
        re.compile(rf"(?:{before}|[\s\0])*"),
        re.compile(rf"(?:{first}|[\s\0])*"),
        re.compile(then),
        re.compile(any_of(of["not_this_period"])),
        re.compile(any_of(of["parts"])),
        re.compile(rf"(?P<ours>{any_of(of['our_bank'])})|{any_of(of['other_banks'])}"),
        re.compile(any_of(of["other_parties"])),
        any_of(of["not_other_parties"]),
        re.compile(any_of(of["own"])),
        re.compile(any_of(of["now"])),
        re.compile(rf"(?:{any_of(of['in_brackets'])}|{AMOUNT}|[-+]?[\d.,]+%?|[\s\0()])*"),
        re.compile(rf"(?:{any_of(of['said_after'])})[^。]*?(?:{any_of([*of['other_banks'], *of['other_parties'], *of['other_bases']])})"),
    )


@lru_cache(maxsize=1)
def kind_of() -> dict[str, str]:
    """Return the kind of each name of a figure."""
    return {name: kind for kind, names in words()["names"].items() for name in names}


def quoted_figures(text: str, written_on: date | None = None, customer_name: str | None = None) -> list[QuotedFigure]:
    """Return the customer's own figures quoted in a text, in order.

    A figure counts only if kind, amount and unit stand in one clause, the words before them are neutral (claims.yaml: before), and the
    sentence is about the customer and, for balances, our bank. Not counted: figures with a bracket behind them that says anything but their
    time, our bank or a comparison (他行, 合并口径), shares and parts (其中), figures of other parties or times (上年同期), plans, averages, spans (20-30万元), rough figures (约, 余, 左右), amounts without unit. `written_on` dates periods without a year;
    without it figures have no days. `customer_name`: the customer's name, in any short form.
    """
    plain, found, about_others = text.translate(PLAIN), [], False
    if names := names_of(customer_name):
        plain = blanked(plain, any_of(name.translate(PLAIN) for name in names) + "(?:有限|责任|股份|公司)*")
    for sentence in re.finditer(r"[^。!?！？\n]+|\n", plain):
        if sentence[0] == "\n":
            about_others = False
            continue
        named = blanked(sentence[0], _patterns().not_others)
        about_others = bool(_patterns().others.search(named)) or (about_others and not _patterns().own.search(named))
        if not about_others:
            found += _in_sentence(sentence[0], text[sentence.start() : sentence.end()], written_on)
    return found


def _in_sentence(plain: str, original: str, written_on: date | None) -> Iterator[QuotedFigure]:
    parts = _patterns().parts.search(plain)
    for start, clause, _ in clauses(plain[: parts.start()] if parts else plain):
        found = [*_claims(clause)]
        if len(found) == 1 and not _patterns().spoilt.search(clause):
            name, place, end, quoted = found[0]
            kind = kind_of()[name]
            if kind not in words()["flows"] and not _is_ours(name, plain[: start + place]):
                continue
            if _is_qualified(plain[start + end :]):
                continue
            cited = _period(kind, plain, start, start + place, written_on or UNDATED)
            first, last = _days(kind, cited, written_on) if cited else (None, None)
            passage = original[start : start + len(clause)].strip()
            yield QuotedFigure(kind, quoted.yuan, quoted.unit, quoted.step, cited.words if cited else "", first, last, passage)


def _claims(clause: str) -> Iterator[tuple[str, int, int, Amount]]:
    """Yield each figure of a clause: its name, its place, its end, its amount."""
    bare = clause
    for cited in cited_periods(clause, UNDATED):
        bare = bare[: cited.start] + "\0" * (cited.end - cited.start) + bare[cited.end :]
    for pattern, before in ((_patterns().named, _patterns().before), (_patterns().amount_first, _patterns().before_amount)):
        for found in pattern.finditer(bare):
            quoted = amount(found["amount"])
            if quoted and before.fullmatch(bare, 0, found.start()) and _patterns().then.match(bare, found.end()):
                yield found["name"], found.start(), found.end(), quoted


def _is_ours(name: str, before: str) -> bool:
    """Return True for a balance at our bank: the last bank named in its sentence is ours, or none is named and the name means ours."""
    banks = list(_patterns().bank.finditer(before))
    return bool(banks[-1]["ours"]) if banks else name not in words()["said_of_ours"]


def _is_qualified(behind: str) -> bool:
    """Return True if the words behind a figure say that it is another's: a bracket (他行, 合并口径), or the next clause (均为他行贷款)."""
    while bracket := _BRACKET.match(behind):
        inside = bracket[1]
        for cited in cited_periods(inside, UNDATED):
            inside = inside.replace(cited.words, "", 1)
        if not _patterns().in_brackets.fullmatch(inside):
            return True
        behind = behind[bracket.end() :]
    following = _NEXT_CLAUSE.match(behind)
    if not following or not _patterns().said_after.match(following[1]):
        return False
    return bool(_patterns().parts.match(following[1]) or not _AMOUNT.search(following[1]))


def _period(kind: str, sentence: str, clause: int, place: int, written_on: date) -> CitedPeriod | None:
    """Return the period of a figure: one in brackets with 口径 (4月至5月口径), else the last before it in its clause or sentence."""
    flow = kind in words()["flows"]
    cited_all = list(cited_periods(sentence, written_on))
    basis = [cited for cited in cited_all if sentence.startswith("口径", cited.end) and sentence[cited.start - 1 : cited.start] == "("]
    now = [CitedPeriod(*found.span(), found[0], None, written_on, False) for found in _patterns().now.finditer(sentence)]
    before = sorted(
        (cited for cited in cited_all + now if cited.end <= place and not is_compared(cited, sentence)), key=lambda cited: cited.start
    )
    fitting = [cited for cited in before if cited.start >= clause or (cited.first_day is not None) == flow]
    return (basis or fitting or [None])[-1]


def _days(kind: str, cited: CitedPeriod, written_on: date | None) -> tuple[date | None, date | None]:
    flow = kind in words()["flows"]
    begun = cited.first_day or cited.last_day
    sure = written_on is not None and begun <= written_on and flow == (cited.first_day is not None)
    return (cited.first_day, cited.last_day) if sure else (None, None)
