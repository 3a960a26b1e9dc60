"""`postloan diff`: the figures that differ between two finished papers, with the causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from officefill.content.alignment import align

from postloan.audit.verify.basis import basis
from postloan.audit.verify.current_data import cause_words
from postloan.audit.verify.line_changes import excerpts, short
from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_changes import rows_of_paper, sheet_remarks
from postloan.audit.verify.sheet_rows import rows_of
from postloan.audit.verify.word_changes import CHARTS, word_remarks
from postloan.data.intake.naming import table_of
from postloan.data.schema import all_tables
from postloan.errors import BadCommand
from postloan.language import tr
from postloan.papers.record.causes import CALENDAR, DATA, MEASURES, POLICY, REPORTS, RULES, TEMPLATE
from postloan.papers.record.finished_paper import FinishedPaper, figure_name, open_paper
from postloan.papers.record.paper_record import Figure
from postloan.register.sign_off import SIGN_SHEET, sign_off_of

HAND, PERIOD, UNKNOWN = "hand", "period", "unknown"
_REPORT_TABLES = frozenset({"inspection", "report_section"})


@dataclass(frozen=True)
class FigureChange:
    """One figure with different texts in two papers; blank for a missing one. `why`: every possible cause."""

    key: str
    name: str
    old: str
    new: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class PaperDifference:
    """The difference of two papers: figures, and lines as old and new text."""

    old: FinishedPaper
    new: FinishedPaper
    changes: list[FigureChange]
    lines: list[tuple[str, str]]

    @property
    def differs(self) -> bool:
        return bool(self.changes or self.lines)

    def plain(self) -> dict[str, Any]:
        """Return the difference as plain values."""
        return {
            "old": str(self.old.path),
            "new": str(self.new.path),
            "figures": [{**asdict(change), "why": list(change.why)} for change in self.changes],
            "lines": [{"old": old, "new": new} for old, new in self.lines],
        }

    def words(self) -> Iterator[str]:
        """Yield the difference in words."""
        yield tr("{figures} figures and {lines} lines differ", figures=len(self.changes), lines=len(self.lines))
        for change in self.changes:
            why = tr(", ").join(_why_words(cause) for cause in change.why)
            yield f"  {change.name}  {change.old or '—'} → {change.new or '—'}  [{why}]"
        for old, new in self.lines:
            # Of a line in both papers only the changed piece is shown; it may stand far behind the beginning.
            was, is_ = excerpts(old, new)[:2] if old and new else (short(old), short(new))
            yield from (line for line, text in ((f"  - {was}", old), (f"  + {is_}", new)) if text)


def _why_words(cause: str) -> str:
    kind, _, file = cause.partition("/")
    return f"{cause_words().get(kind, tr('not known'))}{' ' + file if file else ''}"


def difference(old: Path, new: Path) -> PaperDifference:
    """Compare two papers of one document about one unit. Raises `BadPaper`, and `BadCommand` for papers of different kinds."""
    one, other = open_paper(old), open_paper(new)
    for name in ("document", "template", "unit"):
        if one.record.about.get(name, "") != other.record.about.get(name, ""):
            what = tr("the papers are not of one kind: {one} and {other}", one=_kind(one), other=_kind(other))
            raise BadCommand(what, f"{old.name}, {new.name}", tr("compare two papers of the same document about the same unit"))
    return PaperDifference(one, other, list(_changes(one, other)), list(_lines(one, other)))


def _kind(paper: FinishedPaper) -> str:
    return " ".join(filter(None, (paper.record.about.get(name, "") for name in ("document", "template", "unit"))))


# Figures


@dataclass(frozen=True)
class _CurrentFigure:
    """A figure of one paper, and its current text."""

    figure: Figure
    text: str

    @property
    def by_hand(self) -> bool:
        return self.text != self.figure.text


def _changes(old: FinishedPaper, new: FinishedPaper) -> Iterator[FigureChange]:
    """Yield each changed figure once, by its key; several different texts of one figure are listed each."""
    left, right = _shown(old), _shown(new)
    for key in dict.fromkeys([*left, *right]):
        listed = set[tuple[str, str]]()
        for one, other in _pairs(left.get(key, []), right.get(key, [])):
            texts = (one.text if one else "", other.text if other else "")
            if texts[0] != texts[1] and texts not in listed:
                listed.add(texts)
                figure = (other or one).figure  # type: ignore[union-attr]
                yield FigureChange(key, figure_name(figure), *texts, tuple(_why(old, new, one, other)))


def _shown(paper: FinishedPaper) -> dict[str, list[_CurrentFigure]]:
    rows = rows_of_paper(paper) if not paper.is_word else {}
    remarks = word_remarks(paper) if paper.is_word else sheet_remarks(paper, rows)
    now = {id(r.figure): _now(r) for r in remarks if r.figure is not None}
    found: dict[str, list[_CurrentFigure]] = {}
    for figure in paper.record.figures:
        found.setdefault(figure.identity.key, []).append(_CurrentFigure(figure, now.get(id(figure), figure.text)))
    return found


def _now(remark: Remark) -> str:
    return str(remark.slots.get("now", ""))


def _pairs(old: list[_CurrentFigure], new: list[_CurrentFigure]) -> Iterator[tuple[_CurrentFigure | None, _CurrentFigure | None]]:
    """Yield the places of one figure in both papers: equal tags in order, then the rest."""
    rest = list(new)
    lone = []
    for one in old:
        match = next((other for other in rest if other.figure.tag == one.figure.tag), None)
        if match is None:
            lone.append(one)
        else:
            rest.remove(match)
            yield one, match
    for one in lone:
        yield (one, rest.pop(0)) if rest else (one, None if not new else new[0])
    for other in rest:
        yield None if not old else old[0], other


def _why(old: FinishedPaper, new: FinishedPaper, one: _CurrentFigure | None, other: _CurrentFigure | None) -> Iterator[str]:
    if (one and one.by_hand) or (other and other.by_hand):
        yield HAND
        if one and other and one.figure.text == other.figure.text:
            return
    causes = list(_causes(old, new, one, other))
    yield from causes or ([] if (one and one.by_hand) or (other and other.by_hand) else [UNKNOWN])


def _causes(old: FinishedPaper, new: FinishedPaper, one: _CurrentFigure | None, other: _CurrentFigure | None) -> Iterator[str]:
    """Yield the changes between the papers that can have changed the figure."""
    before, after = old.record, new.record
    changed = {name for name in {*before.causes, *after.causes} if before.causes.get(name) != after.causes.get(name)}
    other_period = before.about.get("period") != after.about.get("period")
    same_value = one is not None and other is not None and one.figure.value == other.figure.value and not other_period
    if TEMPLATE in changed and (one is None or other is None or one.figure.tag != other.figure.tag or same_value):
        yield TEMPLATE
    if same_value:
        return
    if other_period:
        yield PERIOD
    sources = basis((other or one).figure.identity)  # type: ignore[union-attr]
    if not other_period:
        files = [name for name in sorted(changed) if name.startswith(f"{DATA}/")]
        yield from (name for name in files if sources & _tables(name, [*before.causes, *after.causes]))
    yield from (name for name in (RULES, MEASURES, POLICY, CALENDAR) if name in changed & sources)


def _tables(cause: str, causes: list[str]) -> frozenset[str]:
    """Return the input tables in a file. A workbook of several sheets may hold every table without a file of its own."""
    name = cause.removeprefix(f"{DATA}/")
    if name == REPORTS:
        return _REPORT_TABLES
    if table := table_of(Path(name)):
        return frozenset({table})
    own = {table_of(Path(other.removeprefix(f"{DATA}/"))) for other in causes if other.startswith(f"{DATA}/")}
    return frozenset(all_tables()) - own


# Lines


def _lines(old: FinishedPaper, new: FinishedPaper) -> Iterator[tuple[str, str]]:
    """Yield lines with different words, figures left out."""
    left, right = _texts(old), _texts(new)
    for i, j in align([blank for _, blank in left], [blank for _, blank in right]):
        one, other = left[i] if i is not None else ("", ""), right[j] if j is not None else ("", "")
        if one[1] != other[1]:
            yield one[0], other[0]


def _texts(paper: FinishedPaper) -> list[tuple[str, str]]:
    """Return every line, with and without its figures."""
    if not paper.is_word:
        return list(_rows(paper))
    found = []
    for name, part in paper.parts.items():
        spans: dict[int, list[tuple[int, int]]] = {}
        for span in part.spans.values():
            for line, start, end in span.pieces:
                spans.setdefault(line, []).append((start, end))
        found += [(text, _without(text, spans.get(n, []))) for n, (_, text) in enumerate(part.lines) if _is_compared(name, text)]
    return [line for line in found if line[1].strip()]


def _is_compared(part: str, text: str) -> bool:
    """Return True for a filled line of the paper itself: sign-offs come and go."""
    return bool(text.strip()) and CHARTS not in part and sign_off_of(text) is None


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def _rows(paper: FinishedPaper) -> Iterator[tuple[str, str]]:
    figures: Mapping[str, set[str]] = _figure_cells(paper)
    for name, part in ((name, part) for name, part in paper.parts.items() if name != SIGN_SHEET):
        words = {place: cell.text for place, cell in part.cells.items() if not cell.is_number and not cell.text.startswith("=")}
        for number, row in rows_of(words).items():
            kept = "\t".join(text for column, text in row.items() if f"{column}{number}" not in figures.get(name, ()))
            if kept:
                yield "\t".join(row.values()), kept


def _figure_cells(paper: FinishedPaper) -> dict[str, set[str]]:
    rows = rows_of_paper(paper)
    found: dict[str, set[str]] = {}
    for figure in paper.record.figures:
        place = rows[figure.part].place(figure.cell) if figure.part in rows else None
        if place:
            found.setdefault(figure.part, set()).add(place)
    return found
