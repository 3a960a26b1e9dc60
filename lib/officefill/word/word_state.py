"""One filling of a Word template: its parts' states, and the filters that print words, figures, pictures and regions for people."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from officefill.excel.chart import CHART_FILTERS
from officefill.language.program import INTERNAL, Program, State
from officefill.language.provenance import BOOKMARK, FIGURES, KEPT, Shown
from officefill.language.regions import Kept, KeptRegions, Region, twice
from officefill.ooxml.pictures import Picture, drawing
from officefill.word.captions import caption
from officefill.word.charts import FilledCharts, chart_filter
from officefill.word.merged_cells import is_first, none_begun
from officefill.word.region_marks import figures_in, made_text
from officefill.word.repeated_columns import columns_now, items_across
from officefill.word.repeats import ending_with_paragraph, table_or_nothing

_NEEDS_CARE = re.compile("[&<>\t\n\r\x00-\x1f\ud800-\udfff\ufffe\uffff\U0010fffe\U0010ffff]")
_BREAKS = {"\n": '</w:t><w:br/><w:t xml:space="preserve">', "\t": '</w:t><w:tab/><w:t xml:space="preserve">'}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", **_BREAKS})


@dataclass
class FilledPaper:
    """The results of one filling over all parts: charts, pictures by name, figures by number, regions, and the numbers given last."""

    last_drawing: int
    last_bookmark: int
    kept: KeptRegions
    charts: FilledCharts
    pictures: dict[str, Picture] = field(default_factory=dict)
    shown: dict[int, Shown] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    figures: int = 0

    def bookmark(self, prefix: str, name: str) -> tuple[str, str]:
        """Return the beginning and the end of a bookmark with a number that no other has."""
        self.last_bookmark += 1
        mark = f'{prefix}id="{self.last_bookmark}"'
        return f'<{prefix}bookmarkStart {mark} {prefix}name="{name}"/>', f"<{prefix}bookmarkEnd {mark}/>"


class WordState(State):
    """A run of one part of a Word template."""

    def __init__(self, program: Program, paper: FilledPaper) -> None:
        super().__init__(program)
        self.paper, self.pictures, self.text = paper, dict[str, None](), ""
        self.kept: list[Kept] = []


def _words(state: State, value: Any, line: int) -> str:
    if type(value) is str and not _NEEDS_CARE.search(value):
        return value
    return state.words(value, line).translate(_ESCAPES)


def _traced_words(state: WordState, value: Any, line: int) -> str:
    state.text = state.words(value, line)
    return state.text.translate(_ESCAPES)


def _figure(printed: str, state: WordState, line: int, value: Any, prefix: str) -> str:
    """Return the run of a tag with its bookmark round it, where the value is a figure that the record tells of."""
    if type(value) not in FIGURES or line not in state.program.traced:
        return printed
    paper = state.paper
    paper.figures += 1
    number = paper.figures
    paper.shown[number] = Shown(number, state.path(line), value, state.text, state.written(line), state.program.part)
    begin, end = paper.bookmark(prefix, f"{BOOKMARK}{number}")
    return begin + printed + end


def _keep(made: str, state: WordState, line: int, name: str, key: Any, *form: str) -> str:
    """Return a region for people, with the words they typed into the paper before or else those of the template.

    `form`: its kind, and the prefix of Word's namespace.
    """
    paper, (kind, prefix) = state.paper, form
    region = Region(len(paper.regions) + 1, name, state.words(key, line), kind, state.program.part, made=made_text(made))
    if any((region.name, region.key) == (other.name, other.key) for other in paper.regions):
        return state.refuse(line, *twice(region))
    paper.regions.append(region)
    kept = paper.kept.get((region.name, region.key))
    if kept is not None:
        for number in figures_in(made):
            del paper.shown[number]
        state.kept.append(kept)
    inside = kept.xml if kept else made
    begin, end = paper.bookmark(prefix, f"{KEPT}{kind}_{region.number}")
    return f"{begin}{end}{inside}" if kind in ("cell", "rest") else f"{begin}{inside}{end}"


def _picture(state: WordState, value: Any, line: int, words: str) -> str:
    if type(value) is not Picture:
        return state.refuse_value(value, line)
    state.paper.pictures[value.name] = value
    state.pictures[value.name] = None
    return drawing(value, value.name, int(_drawing_number(state)), words)


def _drawing_number(state: WordState, _kind: str = "") -> str:
    """Return the next number of a drawing; no two of a paper are the same."""
    state.paper.last_drawing += 1
    return str(state.paper.last_drawing)


WORD_FILTERS = {
    **INTERNAL,
    **CHART_FILTERS,
    "-words": _words,
    "-picture": _picture,
    "-number": _drawing_number,
    "-chart": chart_filter,
    "-table": table_or_nothing,
    "-cell": ending_with_paragraph,
    "-keep": lambda made, *_: made,
    "-column-items": items_across,
    "-columns": columns_now,
    "-merged-none": none_begun,
    "-merged-first": is_first,
    "-caption": caption,
}
TRACED_FILTERS = {"-words": _traced_words, "-figure": _figure, "-keep": _keep}
