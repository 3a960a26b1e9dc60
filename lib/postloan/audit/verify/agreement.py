"""Checks that a figure shown at several places is the same at all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from postloan.audit.verify.places import PlaceNames, place_of
from postloan.audit.verify.remark import Remark
from postloan.audit.verify.sheet_rows import SheetRows
from postloan.audit.verify.text_pieces import printed
from postloan.papers.record.finished_paper import FinishedPaper, figure_name
from postloan.papers.record.paper_record import by_key


def agreement_remarks(paper: FinishedPaper, remarks: Iterable[Remark], rows: Mapping[str, SheetRows]) -> Iterator[Remark]:
    """Yield a remark for each changed figure that differs from another place of the paper. As made, all places agree."""
    changed = {id(r.figure): (r.figure, r) for r in remarks if r.figure is not None and r.kind == "figure_changed"}
    if not changed:
        return
    texts = {key: str(remark.slots["now"]) for key, (_, remark) in changed.items()}
    keyed, places = by_key(paper.record.figures), PlaceNames(paper)
    for figure, remark in changed.values():
        text = texts[id(figure)]
        for other in keyed[figure.identity.key]:
            other_text = texts.get(id(other), other.text)
            if other is not figure and not _agree((text, figure.tag), (other_text, other.tag)):
                place = places.words(place_of(paper, other, dict(rows)))
                slots = {"figure": figure_name(other), "now": text, "other": other_text, "place": place}
                yield Remark("figures_disagree", *remark.position, slots, figure=figure)
                break


def _agree(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Return True if two texts, with their tags, can be roundings of one value; texts that are no numbers must be equal."""
    first, second = printed(*one), printed(*other)
    if first is None or second is None:
        return one[1] != other[1] or one[0] == other[0]
    return abs(first.value - second.value) <= max(first.half, second.half)
