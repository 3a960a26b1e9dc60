"""One figure shown at several places must say the same at all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from postloan.audit.verify.places import Places, place_of
from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_rows import Rows
from postloan.audit.verify.words_and_numbers import printed
from postloan.papers.record.finished_paper import FinishedPaper, figure_name
from postloan.papers.record.paper_record import Figure, by_key


def agreement_remarks(paper: FinishedPaper, remarks: Iterable[Remark], rows: Mapping[str, Rows]) -> Iterator[Remark]:
    """For each figure that was changed, a remark where the paper still says something else elsewhere. As made, all places agree."""
    changed = {id(r.figure): r for r in remarks if r.figure is not None and r.kind == "figure_changed"}
    if not changed:
        return
    keyed, places = by_key(paper.record.figures), Places(paper)
    for remark in changed.values():
        assert remark.figure is not None
        mine = str(remark.slots["now"])
        for other in keyed[remark.figure.identity.key]:
            theirs = _text(other, changed)
            if other is not remark.figure and not _agree(mine, remark.figure, theirs, other):
                part, at, span = place_of(paper, other, dict(rows))
                place = places.words(Remark("", part, at, span))
                slots = {"figure": figure_name(other), "now": mine, "other": theirs, "place": place}
                yield Remark("figures_disagree", remark.part, remark.at, remark.span, slots, figure=remark.figure)
                break


def _text(figure: Figure, changed: Mapping[int, Remark]) -> str:
    return str(changed[id(figure)].slots["now"]) if id(figure) in changed else figure.text


def _agree(mine: str, figure: Figure, theirs: str, other: Figure) -> bool:
    """Whether two texts can be roundings of one value; other texts agree only with their like."""
    one, two = printed(mine, figure.tag), printed(theirs, other.tag)
    if one is None or two is None:
        return figure.tag != other.tag or mine == theirs
    return abs(one.value - two.value) <= max(one.half, two.half)
