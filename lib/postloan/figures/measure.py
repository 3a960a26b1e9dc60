"""Measures: one figure each, a pure function of plain numbers whose argument names are terms or other measures.

The wiring is checked when a measure is declared. Undefined is not zero: a missing argument or a zero denominator gives None,
decided here and nowhere else.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import cache
from importlib import import_module

from postloan import themes
from postloan.errors import BadMeasure, did_you_mean
from postloan.figures.finding_terms import known_terms
from postloan.language import tr

Number = Decimal | int
Figures = dict[str, Decimal | None]
"""Figures of one subject by measure."""


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

    @property
    def unit_cn(self) -> str:
        """The unit as papers print it."""
        return "比率" if self.unit == "ratio" else self.unit

    def of(self, values: Mapping[str, Number | None]) -> Decimal | None:
        """The figure, or None where an argument is missing or the denominator is zero."""
        given = [values.get(name) for name in self.arguments]
        return None if None in given else self.of_arguments([Decimal(value) for value in given])  # type: ignore[arg-type]

    def of_arguments(self, given: Sequence[Decimal | None]) -> Decimal | None:
        """The figure of decimal arguments in their order."""
        if None in given:
            return None
        try:
            return self.function(*given)  # type: ignore[return-value]
        except (DivisionByZero, InvalidOperation):
            return None

    def of_columns(self, columns: Sequence[Sequence[Decimal | None]]) -> list[Decimal | None]:
        """The figures of many subjects at once, from a column of decimals for each argument."""
        try:
            return [self.function(*given) if all(given) else self.of_arguments(given) for given in zip(*columns, strict=True)]  # type: ignore[misc]
        except (DivisionByZero, InvalidOperation):
            return [self.of_arguments(given) for given in zip(*columns, strict=True)]

    def part(self, heading: str) -> str:
        """What the docstring says under `Formula:` or `Source:`."""
        return next(
            (line.strip().removeprefix(f"{heading}:").strip() for line in self.doc.splitlines() if line.strip().startswith(f"{heading}:")),
            "",
        )


_registry: dict[str, Measure] = {}
_theme = themes.EVERYWHERE
"""The theme whose measures are being declared."""


def measure(
    unit: str, title: str, *, grains: tuple[str, ...] = ("bank", "unit"), difference: bool = False
) -> Callable[[Callable[..., Number]], Callable[..., Number]]:
    """Declare a function as a measure. Its argument names are terms or measures declared before it."""

    def declare(function: Callable[..., Number]) -> Callable[..., Number]:
        arguments, doc = tuple(inspect.signature(function).parameters), inspect.getdoc(function) or ""
        _declare(Measure(function.__name__, unit, title, function, arguments, grains, doc, _theme, difference))
        return function

    return declare


def tallied(name: str, title: str, source: str, *, term: str = "") -> None:
    """Declare a measure that is a term of a tally, as it stands."""
    terms = known_terms()
    term = term or name
    if term not in terms:
        raise BadMeasure(tr("unknown term '{term}'", term=term), name, did_you_mean(term, terms))
    doc = f"{terms[term].meaning}.\n\nFormula: {term}\nSource: {source}"
    _declare(Measure(name, terms[term].unit, title, lambda value: value, (term,), ("bank", "unit"), doc, _theme))


def _declare(declared: Measure) -> None:
    known = {*known_terms(), *_registry}
    for argument in declared.arguments:
        if argument not in known:
            code = declared.function.__code__
            raise BadMeasure(
                tr("the measure asks for an unknown term '{term}'", term=argument),
                f"{code.co_filename}:{code.co_firstlineno}",
                did_you_mean(argument, known),
            )
    for heading in ("Formula", "Source"):
        if not declared.part(heading):
            raise BadMeasure(tr("the docstring lacks '{heading}:'", heading=heading), declared.name)
    _registry[declared.name] = declared


@cache
def all_measures() -> dict[str, Measure]:
    """Return every measure by name, in the order of the reports: the scope's, then theme by theme, then the score's."""
    global _theme
    import_module("postloan.figures.measures.scope")
    try:
        for _theme, _ in themes.files("measures.py"):
            import_module(f"postloan.themes.{_theme}.measures")
    finally:
        _theme = themes.EVERYWHERE
    import_module("postloan.figures.measures.score")
    return dict(_registry)


def measures_of(on: Collection[str]) -> dict[str, Measure]:
    """Return the measures of the themes that are on."""
    return {name: declared for name, declared in all_measures().items() if declared.theme in on}


def figures(terms: Mapping[str, Number | None], grain: str, measures: Mapping[str, Measure]) -> Figures:
    """Return the figures of `measures` at `grain` from the terms of one subject."""
    values: dict[str, Number | None] = dict(terms)
    made: Figures = {}
    for name, declared in measures.items():
        if grain in declared.grains or grain == "bank":
            made[name] = values[name] = declared.of(values)
    return made


def formula_cn(measure: Measure) -> str:
    """Return the formula of a measure in the Chinese titles of measures and meanings of terms."""
    meanings = {t.name: t.meaning_cn for t in known_terms().values()}
    if measure.part("Formula") in meanings:
        return meanings[measure.part("Formula")]
    titles = meanings | {name: m.title for name, m in all_measures().items()}
    named = re.sub(r"[a-z][a-z_0-9]+", lambda found: titles.get(found[0], found[0]), measure.part("Formula"))
    return named.replace(" / ", " ÷ ").replace(" - ", " － ").replace(" + ", " ＋ ").replace("max(0, ", "不低于零的（").replace(")", "）")
