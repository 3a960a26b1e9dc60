"""Charts of papers and notebooks as PNG: the same figures give the same bytes, on any machine.

Drawn for a type area 15.6 cm wide at 200 dpi, to be read on a black-and-white print: every series has its own grey and hatch,
every bar its number. The font is found by its file; a character it lacks stops the chart, since a box would pass unnoticed.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import east_asian_width

import matplotlib.style
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from postloan.errors import BadFile, CannotFile
from postloan.language import tr
from postloan.numbers import wan_number, whole

WIDTH_CM, DPI = 15.6, 200
MOST_ROWS = 25
"""Rows that fit a page under its heading; the last then sums up the rest, 其余n家."""

# Centimetres: height of a bar with its gap, head with the legend, foot, one hanzi of a name, one digit of a number.
_ROW, _HEAD, _FOOT, _HANZI, _DIGIT = 0.72, 1.0, 0.2, 0.33, 0.2
_BEHIND = 2.6  # 迟报99  未报99
_NAME_AT_MOST = 14
_FAMILY = "postloan charts"


class Series(NamedTuple):
    """The look of one series and its title."""

    title: str
    colour: str
    hatch: str = ""
    ink: str = "black"


class Row(NamedTuple):
    """A name and one number for each series."""

    name: str
    numbers: Sequence[Decimal | int]


ON_TIME, LATE, MISSING = Series("按时", "#d5dde4"), Series("迟报", "#edbb7b", "////"), Series("未报", "#8c2f39", "", "white")
NOW, BEFORE = Series("本季末", "#3f5f7a", "", "white"), Series("上季末", "#d5dde4", "....")
THIS_QUARTER, LAST_QUARTER = NOW._replace(title="本季"), BEFORE._replace(title="上季")
LOANS, ACCEPTANCES = Series("贷款", "#3f5f7a", "", "white"), Series("银行承兑汇票", "#d5dde4", "....")
DEDUCTED, WAIVED = Series("扣分", "#3f5f7a", "", "white"), Series("不扣分", "#d5dde4", "....")


def timeliness_chart(rows: Iterable[tuple[str, Decimal | int, Decimal | int, Decimal | int]]) -> bytes:
    """Customers whose report was on time, late, missing (户), a bar for each unit: rows of (unit, on time, late, missing).

    Past `MOST_ROWS` the units with most late and missing keep their own bars. Errors: as `_stacked`.
    """
    return _stacked([Row(name, numbers) for name, *numbers in rows], (ON_TIME, LATE, MISSING), "户")


def late_chart(rows: Iterable[tuple[str, Decimal | int, Decimal | int]]) -> bytes:
    """Customers whose report was late or missing (户), a bar for each unit: rows of (unit, late, missing)."""
    return _stacked([Row(name, numbers) for name, *numbers in rows], (LATE, MISSING), "户")


def findings_chart(rows: Iterable[tuple[str, Decimal | int, Decimal | int]]) -> bytes:
    """Findings (条) with points and without, a bar for each rule: rows of (rule, with, without)."""
    return _stacked([Row(name, numbers) for name, *numbers in rows], (DEDUCTED, WAIVED), "条")


def maturities_chart(rows: Iterable[tuple[str, Decimal | int, Decimal | int]]) -> bytes:
    """Loans and acceptances that fall due (笔), a bar for each unit: rows of (unit, loans, acceptances)."""
    return _stacked([Row(name, numbers) for name, *numbers in rows], (LOANS, ACCEPTANCES), "笔")


def classification_chart(now: Mapping[str, Decimal | None], before: Mapping[str, Decimal | None] | None = None) -> bytes:
    """Loan balance by class (万元) at the quarter's end and, where given, one quarter before: yuan by the class's Chinese name.

    An undefined balance has no bar and is written 不适用. Errors: as `_stacked`.
    """
    drawn = [(NOW, now), *([(BEFORE, before)] if before else [])]
    return _side_by_side(list(now), drawn, partial(wan_number, separator=True), "万元")


def scores_chart(now: Mapping[str, int], before: Mapping[str, int] | None = None) -> bytes:
    """Reports (份) by what they scored, this quarter and, where given, the one before: numbers by the name of the class.

    Errors: as `_stacked`.
    """
    return _side_by_side(list(now), [(THIS_QUARTER, now), *([(LAST_QUARTER, before)] if before else [])], whole, "份")


def _side_by_side(
    names: Sequence[str],
    drawn: Sequence[tuple[Series, Mapping[str, Decimal | int | None]]],
    says: Callable[[Decimal | int | None], str],
    unit: str,
) -> bytes:
    """A bar a series for each name, with what `says` makes of its number behind it."""
    texts = [[says(values.get(name)) for name in names] for _, values in drawn]
    most = max((float(values.get(name) or 0) for _, values in drawn for name in names), default=0)
    behind = 0.3 + _DIGIT * max((len(text) for column in texts for text in column), default=0)
    with _chart(names, most, unit, behind, _ROW * (0.3 + 0.7 * len(drawn))) as (figure, axes):
        thick = 0.8 / len(drawn)
        for nth, (series, values) in enumerate(drawn):
            places = [row + thick * (nth - (len(drawn) - 1) / 2) for row in range(len(names))]
            bars = axes.barh(places, [float(values.get(name) or 0) for name in names], thick * 0.92, **_look(series))
            _hide_empty(bars)
            axes.bar_label(bars, texts[nth], padding=3)
        return _png(figure, axes, [series for series, _ in drawn])


def _stacked(rows: list[Row], series: Sequence[Series], unit: str) -> bytes:
    """One bar a row, its series end to end, each with its number: inside where there is room, else behind the bar.

    Raises `BadFile` where a name has a character the font lacks, `CannotFile` where there is no font.
    """
    rows, rest = _shortened(rows, series)
    most = max((float(sum(row.numbers)) for row in rows), default=0)
    with _chart([row.name for row in rows], most, unit, _BEHIND) as (figure, axes):
        behind: list[list[str]] = [*([] for _ in rows[:-1]), rest]
        ends = [0.0] * len(rows)
        for nth, one in enumerate(series):
            numbers = [row.numbers[nth] for row in rows]
            bars = axes.barh(range(len(rows)), [float(number) for number in numbers], 0.7, left=ends, **_look(one))
            _hide_empty(bars)
            ground = {"facecolor": one.colour, "edgecolor": "none", "pad": 0.8} if one.hatch else None
            axes.bar_label(bars, [_inside(axes, number) for number in numbers], label_type="center", color=one.ink, bbox=ground)
            for row, number in enumerate(numbers):
                ends[row] += float(number)
                if number and not _inside(axes, number):
                    behind[row].append(f"{one.title}{whole(number)}")
        axes.bar_label(bars, ["  ".join(words) or ("" if end else "0") for words, end in zip(behind, ends, strict=True)], padding=3)
        return _png(figure, axes, series)


def _shortened(rows: list[Row], series: Sequence[Series]) -> tuple[list[Row], list[str]]:
    """`rows` in their order; past `MOST_ROWS` those with most of what is not on time, a last row without a bar, and its text.

    The rest has no bar because it would dwarf all others.
    """
    if len(rows) <= MOST_ROWS:
        return rows, []
    weight = [sum(number for number, one in zip(row.numbers, series, strict=True) if one is not ON_TIME) for row in rows]
    kept = set(sorted(range(len(rows)), key=lambda nth: weight[nth], reverse=True)[: MOST_ROWS - 1])
    left = [row.numbers for nth, row in enumerate(rows) if nth not in kept]
    words = [one.title + whole(sum(numbers)) for one, numbers in zip(series, zip(*left, strict=True), strict=True)]
    return [*(rows[nth] for nth in sorted(kept)), Row(f"其余{len(left)}家", [0] * len(series))], words


def _inside(axes: Axes, number: Decimal | int) -> str:
    """The number if there is room for it inside its bar, else nothing."""
    text = whole(number)
    across = axes.get_xlim()[1]
    room = float(number) / across * axes.get_position().width * WIDTH_CM
    return text if number and room >= _DIGIT * len(text) + 0.1 else ""


# Drawing


@contextmanager
def _chart(names: Sequence[str], most: float, unit: str, behind: float, row: float = _ROW) -> Iterator[tuple[Figure, Axes]]:
    """A figure of one row (of `row` cm) for each name from the top, with `behind` cm for text behind the longest bar, `most`."""
    if not names:
        raise BadFile(tr("there is nothing to draw"), do=tr("leave the chart out of the template where there are no rows"))
    high = _HEAD + _FOOT + row * len(names)
    left = 0.4 + _HANZI * min(_NAME_AT_MOST, max(map(_hanzi, names)))
    look = {"font.family": _font(), "font.size": 9, "axes.linewidth": 0.6, "hatch.linewidth": 0.5, "savefig.dpi": DPI}
    # "default" keeps out what a user's own matplotlibrc may say.
    with matplotlib.style.context(["default", look]), warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        figure = Figure(figsize=(WIDTH_CM / 2.54, high / 2.54))
        axes = figure.add_axes((left / WIDTH_CM, _FOOT / high, 1 - (left + 0.2) / WIDTH_CM, 1 - (_HEAD + _FOOT) / high))
        drawn = WIDTH_CM - left - 0.2
        axes.set(xlim=(0, (most or 1) * drawn / (drawn - behind)), ylim=(len(names) - 0.5, -0.5))
        axes.set_yticks(range(len(names)), [_in_two_lines(name) for name in names])
        axes.tick_params(left=False, bottom=False, labelbottom=False)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        figure.text(1 - 0.2 / WIDTH_CM, 1 - 0.45 / high, f"单位：{unit}", ha="right", va="center")
        yield figure, axes


def _hide_empty(bars: BarContainer) -> None:
    for bar in bars:
        bar.set_visible(bool(bar.get_width()))  # a bar of length 0 would still draw its edge


def _look(series: Series) -> dict[str, Any]:
    return {"facecolor": series.colour, "hatch": series.hatch, "edgecolor": "#333333", "linewidth": 0.5, "label": series.title}


def _png(figure: Figure, axes: Axes, drawn: Iterable[Series]) -> bytes:
    head = 1 - 0.45 / (figure.get_figheight() * 2.54)
    keys = [Patch(**_look(series)) for series in drawn]
    look = {"ncols": 3, "frameon": False, "borderpad": 0, "borderaxespad": 0, "handlelength": 1.6, "columnspacing": 1.4}
    figure.legend(handles=keys, loc="center left", bbox_to_anchor=(axes.get_position().x0, head), **look)
    picture = io.BytesIO()
    try:
        figure.savefig(picture, format="png", metadata={"Software": None})
    except UserWarning as warning:
        what = tr("the font of the charts lacks a character ({what})", what=_character(str(warning)))
        raise BadFile(what, do=tr("correct the name in the data")) from None
    return picture.getvalue()


def _character(warning: str) -> str:
    """The character that matplotlib's warning is about, as a person and as a program would name it."""
    code = re.search(r"Glyph (\d+)", warning)
    return f"{chr(int(code[1]))} U+{int(code[1]):04X}" if code else warning


def _hanzi(text: str) -> float:
    """The width of `text` in hanzi."""
    return sum(1 if east_asian_width(character) in "WF" else 0.6 for character in text)


def _in_two_lines(name: str) -> str:
    if _hanzi(name) <= _NAME_AT_MOST:
        return name
    fits = next(n for n in range(len(name), 0, -1) if _hanzi(name[:n]) <= _NAME_AT_MOST)
    first, second = name[:fits], name[fits:]
    return f"{first}\n{second if _hanzi(second) <= _NAME_AT_MOST else second[: _NAME_AT_MOST - 1] + '…'}"


@cache
def _font() -> str:
    """The family under which matplotlib now knows the font that zhplot carries; a name of our own, for others may share its name."""
    found = find_spec("zhplot")
    if found is None or not found.origin:
        raise CannotFile(tr("there is no font for the charts"), "zhplot", tr("install the package zhplot"))
    font = font_manager.get_font(Path(found.origin).parent / "fonts" / "NotoSansSC-Regular.ttf")
    font_manager.fontManager.ttflist.append(replace(font_manager.ttfFontProperty(font), name=_FAMILY))
    return _FAMILY
