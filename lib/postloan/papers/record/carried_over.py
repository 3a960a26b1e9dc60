"""Roll-forward: what people wrote into last quarter's paper about an item that this quarter's paper has, too, and notes that nobody closed.

Only words are carried over, of regions that belong to an item by its key and that the program leaves empty; each begins with the mark `CARRIED` and
its quarter, so that nobody takes it for a judgement of this quarter. A state, a tick, a day or a verdict on the whole paper is of its own quarter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from lxml import etree
from officefill.language.regions import Kept, Region
from officefill.ooxml.namespaces import w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import PARAGRAPH, RUN, TEXT

from postloan.papers.record.regeneration import EarlierPapers, KeptRegions
from postloan.papers.record.review_notes import CLOSED, NOTES_SHEET, comment_threads

CARRIED = "承上季"
"""The beginning of a text that was carried over."""
QUESTION, CLOSER = "复核意见", "复核关闭人"
"""The regions of the sheet of notes that hold what is asked, and the person who closed it."""
_WORDS = re.compile(r"[^\W\d_]")


@dataclass
class CarriedOver:
    """The texts of last quarter's papers that this quarter's papers of one document take over; `texts` by the path of a paper."""

    last: EarlierPapers
    period: str
    texts: dict[str, KeptRegions] = field(default_factory=dict)

    def kept(self, path: str, template: Path) -> KeptRegions:
        """Return the texts for the paper at `path`; none where last quarter had no such paper."""
        typed = self.last.kept(path, template)
        regions = self.last.found[path].record.regions if path in self.last.found else []
        notes = [region for region in regions if region.part == NOTES_SHEET]
        items = [region for region in regions if region.key and region.part != NOTES_SHEET and not region.made]
        found = {
            of: marked(typed[of], self.period) for one in items if (of := (one.name, one.key)) in typed and _WORDS.search(typed[of].text)
        }
        self.texts[path] = found | self._open_notes(notes, typed)
        return self.texts[path]

    def _open_notes(self, regions: list[Region], typed: KeptRegions) -> KeptRegions:
        """Return the rows of the sheet of notes that ask something and that nobody has closed, one below the other."""
        rows: dict[str, dict[str, Kept]] = {}
        for one in regions:
            if kept := typed.get((one.name, one.key)):
                rows.setdefault(one.key, {})[one.name] = kept
        still_open = [
            row | {QUESTION: marked(row[QUESTION], self.period)} for row in rows.values() if QUESTION in row and CLOSER not in row
        ]
        return {(name, str(at)): kept for at, row in zip(count(1), still_open, strict=False) for name, kept in row.items()}


def marked(kept: Kept, period: str) -> Kept:
    """Return a text with the mark and its quarter; one that was carried before keeps the mark that it has."""
    if is_carried(kept.text):
        return kept
    mark = _mark(period)
    return replace(kept, text=mark + kept.text, value=mark + kept.text, xml=_with_run(kept.xml, mark) if kept.xml else "")


def _mark(period: str) -> str:
    return f"{CARRIED}（{period}）："


def is_carried(text: str) -> bool:
    """Return True for a text of an earlier quarter that nobody has made his own yet by taking its mark away."""
    return text.lstrip().startswith(CARRIED)


def _with_run(xml: str, mark: str) -> str:
    """Return the content of a Word region with the mark as a run at its beginning."""
    room = etree.fromstring(f"<region>{xml}</region>")
    paragraph = next(room.iter(PARAGRAPH), room)
    run = etree.Element(RUN)
    etree.SubElement(run, TEXT).text = mark
    form = paragraph.find(w("pPr"))
    paragraph.insert(0 if form is None else 1, run)
    return "".join(etree.tostring(node, encoding="unicode") for node in room)


def leave_open_comments(package: Package, period: str) -> int:
    """Take out of a Word file the comments that are closed or the program's own, and mark the others. Return how many those are."""
    still_open = [nodes for note, nodes in comment_threads(package) if note.state != CLOSED]
    left = {node.get(w("id")) for nodes in still_open for node in nodes}
    comments = package.tree(package.first("comments", package.main)).iter(w("comment")) if still_open else ()
    for node in [*package.tree(package.main).iter(w("commentReference")), *comments]:
        if node.get(w("id")) not in left:
            node.getparent().remove(node)
    for comment, *_ in still_open:
        first = next(comment.iter(TEXT), None)
        if first is not None and not is_carried(first.text or ""):
            first.text = _mark(period) + (first.text or "")
    return len(still_open)
