"""Measures: one figure each, a pure function of plain numbers whose argument names are terms or other measures.

The wiring is checked when a measure is declared. Undefined is not zero: a missing argument or a zero denominator gives None,
decided here and nowhere else.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import cache
from importlib import import_module
from pathlib import Path

from postloan import themes
from postloan.errors import BadMeasure, BadPolicy, PostloanError, did_you_mean
from postloan.figures.finding_terms import known_terms
from postloan.figures.tally import all_families, tally_of
from postloan.language import tr
from postloan.policy import Policy

Number = Decimal | int
Figures = dict[str, Decimal | None]
"""Figures of one subject by measure."""
NOTHING_GIVEN: Mapping[str, Decimal | None] = {}


@dataclass(frozen=True)
class Measure:
    """One figure: its formula is the body of `function`."""

    name: str
    unit: str
    title: str
    function: Callable[..., Number]
    arguments: tuple[str, ...]
    grains: tuple[str, ...]
    doc: str
    theme: str = ""
    difference: bool = False
    """A ratio that is a difference of two, printed in 百分点 (contract)."""
    within_quarter: bool = False
    """Undefined in a half-year or year: several quarters' acts of one customer are no one act; there duties (户次) are counted instead."""
    place: str = ""
    """Its file and line, as errors name them."""

    @property
    def unit_cn(self) -> str:
        """The unit as papers print it."""
        return "比率" if self.unit == "ratio" else self.unit

    def of(self, values: Mapping[str, Number | None]) -> Decimal | None:
        """The figure, or None where an argument is missing or the denominator is zero."""
        given = [values.get(name) for name in self.arguments]
        return None if None in given else self.of_arguments([Decimal(value) for value in given])  # type: ignore[arg-type]

    def of_arguments(self, given: Sequence[Decimal | None]) -> Decimal | None:
        """The figure of decimal arguments in their order. Raises `BadMeasure` where the function fails."""
        if None in given:
            return None
        try:
            made = self.function(*given)
        except (DivisionByZero, InvalidOperation):
            return None
        except Exception as fault:
            raise self._failed(fault) from fault
        if not isinstance(made, int | Decimal):
            raise BadMeasure(tr("the measure is no exact number: {value}", value=made), self.place)
        return made  # type: ignore[return-value]

    def of_columns(self, columns: Sequence[Sequence[Decimal | None]]) -> list[Decimal | None]:
        """The figures of many subjects at once, from a column of decimals for each argument."""
        try:
            return [self.function(*given) if all(given) else self.of_arguments(given) for given in zip(*columns, strict=True)]  # type: ignore[misc]
        except (DivisionByZero, InvalidOperation):
            return [self.of_arguments(given) for given in zip(*columns, strict=True)]
        except Exception as fault:
            raise self._failed(fault) from fault

    def _failed(self, fault: Exception) -> BadMeasure:
        return BadMeasure(tr("the measure cannot be computed: {what}", what=f"{type(fault).__name__}: {fault}"), self.place)

    def part(self, heading: str) -> str:
        """Return the words of the docstring under `Formula:` or `Source:`."""
        return next(
            (line.strip().removeprefix(f"{heading}:").strip() for line in self.doc.splitlines() if line.strip().startswith(f"{heading}:")),
            "",
        )


GRAINS = ("bank", "unit", "manager", "customer")
"""The kinds of subjects that a measure may have."""
_registry: dict[str, Measure] = {}
_theme = themes.EVERYWHERE
"""The theme whose measures are being declared."""
EVERYWHERE_FIRST, EVERYWHERE_LAST = "postloan.figures.measures.scope", "postloan.figures.measures.score"
_BROKEN_DOWN_BY = re.compile(r"\{\w+\}")


def _place() -> str:
    return f"{_theme or 'figures'}/measures.py"


def measure(
    unit: str, title: str, *, grains: tuple[str, ...] = ("bank", "unit"), difference: bool = False, within_quarter: bool = False
) -> Callable[[Callable[..., Number]], Callable[..., Number]]:
    """Declare a function as a measure. Its argument names are terms or measures declared before it."""

    def declare(function: Callable[..., Number]) -> Callable[..., Number]:
        code, arguments = function.__code__, inspect.signature(function).parameters
        where = f"{themes.place(Path(code.co_filename))}:{code.co_firstlineno}"
        for argument in arguments.values():
            if argument.kind is not argument.POSITIONAL_OR_KEYWORD:
                raise BadMeasure(
                    tr("a measure takes plain arguments: {argument}", argument=argument), where, "def npl_ratio(npl_balance, …):"
                )
        if not isinstance(grains, tuple) or not set(grains) <= set(GRAINS):
            raise BadMeasure(tr("unknown: '{word}'", word=grains), f"{where}: grains", str(GRAINS))
        doc = inspect.getdoc(function) or ""
        declared = Measure(
            function.__name__, unit, title, function, tuple(arguments), grains, doc, _theme, difference, within_quarter, where
        )
        _declare(declared, where)
        return function

    return declare


def tallied(name: str, title: str, source: str, *, term: str = "", within_quarter: bool = False) -> None:
    """Declare a measure that is a term of a tally, as it stands."""
    terms, where = known_terms(), f"{_place()}: {name}"
    term = term or name
    if term not in terms:
        raise BadMeasure(tr("unknown term '{term}'", term=term), where, did_you_mean(term, terms))
    doc = f"{terms[term].meaning}.\n\nFormula: {term}\nSource: {source}"
    made = Measure(name, terms[term].unit, title, lambda value: value, (term,), ("bank", "unit"), doc, _theme, place=where)
    _declare(replace(made, within_quarter=within_quarter), where)


def broken_down(*families: tuple[str, str, str]) -> None:
    """Declare measures that are terms broken down, value by value.

    A family is the term's name as the head of its tally has it, title and source: `("{moment}_recovered_amount", "{moment}收回金额", "收回按到期日分提前、到期、逾期")`.
    """
    known = {name: family for name, family in all_families().items() if "{" in name}
    for name, *_ in families:
        if name not in known:
            where = f"{_place()}: {name}"
            raise BadMeasure(tr("no term is broken down as '{name}'", name=name), where, did_you_mean(name, known))
    for row in zip(*(known[name].items() for name, *_ in families), strict=True):
        for (term, label), (_, title, source) in zip(row, families, strict=True):
            tallied(term, _BROKEN_DOWN_BY.sub(label, title), source)


def _declare(declared: Measure, where: str) -> None:
    known = {*known_terms(), *_registry}
    if declared.name in _registry:
        raise BadMeasure(tr("there is a measure '{name}' already", name=declared.name), where, tr("give another name"))
    for argument in declared.arguments:
        if argument not in known:
            raise BadMeasure(tr("the measure asks for an unknown term '{term}'", term=argument), where, did_you_mean(argument, known))
    for heading in ("Formula", "Source"):
        if not declared.part(heading):
            raise BadMeasure(tr("the docstring lacks '{heading}:'", heading=heading), where)
    _registry[declared.name] = declared


@cache
def all_measures() -> dict[str, Measure]:
    """Return every measure by name, in the order of the reports: the scope's, then theme by theme, then the score's. Raises `BadMeasure`."""
    _import(themes.EVERYWHERE, EVERYWHERE_FIRST)
    for theme, _ in themes.files("measures.py"):
        _import(theme, f"postloan.themes.{theme}.measures")
    _import(themes.EVERYWHERE, EVERYWHERE_LAST)
    return dict(_registry)


def _import(theme: str, module: str) -> None:
    """Import a module that declares measures; of one that cannot be imported none stay."""
    global _theme, _registry
    before, _theme = dict(_registry), theme
    try:
        import_module(module)
    except (Exception, SystemExit) as fault:
        _registry = before
        if isinstance(fault, PostloanError):
            raise
        raise BadMeasure(tr("the file cannot be run: {what}", what=f"{type(fault).__name__}: {fault}"), _place()) from fault
    finally:
        _theme = themes.EVERYWHERE


@cache
def terms_behind(name: str) -> tuple[str, ...]:
    """Return the terms on which a measure or a term rests, in the order of the arguments."""
    declared = all_measures().get(name)
    if declared is None:
        return (name,)
    return tuple(term for part in declared.arguments for term in (terms_behind(part) if part != name else (part,)))


@cache
def is_cumulative(name: str) -> bool:
    """Tell if a measure grows from a first day to the period's last: then it compares with the same days a year before."""
    spans = (tally_of()[term].span for term in terms_behind(name) if term in tally_of())
    return any(span and span.cumulative for span in spans)


def measures_of(on: Collection[str]) -> dict[str, Measure]:
    """Return the measures of the themes that are on."""
    return {name: declared for name, declared in all_measures().items() if declared.theme in on}


def check_ceilings(policy: Policy) -> None:
    """Check that the ceilings of bands name ratios. Raises `BadPolicy`."""
    ratios = [name for name, declared in all_measures().items() if declared.unit == "ratio"]
    for name in policy.band_ceilings:
        if name not in ratios:
            raise BadPolicy(tr("unknown: '{word}'", word=name), f"policy {policy.name}: band_ceilings", did_you_mean(name, ratios))


def figures(
    terms: Mapping[str, Number | None], grain: str, measures: Mapping[str, Measure], given: Mapping[str, Decimal | None] = NOTHING_GIVEN
) -> Figures:
    """Return the figures of `measures` at `grain` from the terms of one subject; those `given` stand as they are."""
    values: dict[str, Number | None] = dict(terms)
    made: Figures = {}
    for name, declared in measures.items():
        if grain in declared.grains or grain == "bank":
            made[name] = values[name] = given[name] if name in given else declared.of(values)
    return made


def formula_cn(measure: Measure) -> str:
    """Return the formula of a measure in the Chinese titles of measures and meanings of terms."""
    meanings = {t.name: t.meaning_cn for t in known_terms().values()}
    if measure.part("Formula") in meanings:
        return meanings[measure.part("Formula")]
    titles = meanings | {name: m.title for name, m in all_measures().items()}
    named = re.sub(r"[a-z][a-z_0-9]+", lambda found: titles.get(found[0], found[0]), measure.part("Formula"))
    return (
        named.replace(" / ", " ÷ ")
        .replace(" - ", " － ")
        .replace(" + ", " ＋ ")
        .replace("max(0, ", "不低于零的（")
        .replace("(", "（")
        .replace(")", "）")
    )
