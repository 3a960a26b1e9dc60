"""Makes a paper again over an edited one: text in people's regions is carried over, and every other edit is reported.

A paper with edited machine-made lines is not simply overwritten: the edited file goes to `edited/`, and `edited/<document>.csv` lists every
place with the text as made, as edited by hand, and as made now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from officefill.excel.regions import kept_in_sheets
from officefill.language.regions import Kept
from officefill.ooxml.package import Package, read_file, read_package
from officefill.word.regions import kept_in_word

from postloan.errors import BadPaper, BadTemplate
from postloan.file import csv_bytes, lock, put
from postloan.language import tr
from postloan.papers.record.edits import FOLDER, list_path, listed_rows
from postloan.papers.record.paper_record import PaperRecord, record_of
from postloan.papers.record.paper_text import chart_numbers, charts_changed, is_word
from postloan.papers.record.record_writer import lines_of_package

PATIENCE = 60
"""Seconds to wait for another paper's list of edits to be filed."""
KeptRegions = Mapping[tuple[str, str], Kept]


class Edit(NamedTuple):
    """One place that people changed outside their regions, or typed text without a place in the new paper."""

    paper: str
    copy: str
    place: str
    as_made: str
    by_hand: str
    made_now: str


@dataclass
class _EarlierPaper:
    """A paper in the folder: its record, its package, the content of every region found, and the content to carry over."""

    record: PaperRecord
    package: Package
    regions: dict[tuple[str, str], Kept]
    kept: dict[tuple[str, str], Kept]


@dataclass
class EarlierPapers:
    """The papers in a period's folder that new papers of `document` will replace."""

    folder: Path
    document: str
    found: dict[str, _EarlierPaper] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def kept(self, path: str, template: Path) -> KeptRegions:
        """Return the content that people typed into the regions of the paper at `path` below the folder; empty without a paper."""
        file = self.folder / path
        if not file.is_file():
            return {}
        try:
            package = read_package(file, read_file(file))
            record = record_of(package)
        except (BadPaper, BadTemplate) as fault:
            self.unreadable[path] = fault.what
            return {}
        regions = _region_contents(record, package, template) if record.regions else {}
        self.found[path] = _EarlierPaper(record, package, regions, _typed(record, regions))
        return self.found[path].kept

    def keep_edited(self, path: str, new: bytes) -> list[Edit]:
        """Copy the paper at `path` to `edited/` if the `new` one loses an edit. Returns the places of such edits."""
        file = self.folder / path
        if path in self.unreadable:
            places = [("", self.unreadable[path], "", "")]
        elif path in self.found and file.read_bytes() != new:
            earlier = self.found[path]
            made = record_of(read_package(file, new))
            places = [*_changed(earlier.record, earlier.package, made), *_lost_texts(earlier, made)]
        else:
            return []
        if not places:
            return []
        copy = _free_name(self.folder, path)
        put(self.folder / copy, file.read_bytes())
        return [Edit(path, copy, *place) for place in places]

    def list_edits(self, edits: list[Edit]) -> Path:
        """Add `edits` to the document's list. Returns the path of the list."""
        path = list_path(self.folder, self.document)
        path.parent.mkdir(parents=True, exist_ok=True)
        with lock(path.parent, PATIENCE):  # other units' papers may be made at the same time
            put(path, csv_bytes(Edit._fields, [*listed_rows(path), *edits]))
        return path


def _typed(record: PaperRecord, regions: dict[tuple[str, str], Kept]) -> dict[tuple[str, str], Kept]:
    """Return the regions with people's text; a region that still has the machine's text is made anew."""
    made = {(region.name, region.key): region.made for region in record.regions}
    return {name: of for name, of in regions.items() if of.xml.count("<w:drawing") or _words(of.text) != _words(made[name])}


def _region_contents(record: PaperRecord, package: Package, template: Path) -> dict[tuple[str, str], Kept]:
    """Return the content of every region found, in the form that papers of `template` need."""
    if is_word(package.tree(package.related("officeDocument")[0])):
        return kept_in_word(package, record.regions, read_package(template, read_file(template)))
    return kept_in_sheets(package, record.regions, record.lines)


def _words(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _changed(record: PaperRecord, package: Package, new: PaperRecord) -> Iterator[tuple[str, str, str, str]]:
    """Yield each place outside regions with an edit: the text as made, by hand, and made now."""
    now = lines_of_package(package, record.regions)
    for part, made in record.lines.items():
        lines = now.get(part, [])
        if "/charts/" in part or [text for _, text in made] == [text for _, text in lines]:
            continue
        if any(place for place, _ in made):
            yield from _changed_cells(part, dict(made), dict(lines), dict(new.lines.get(part, ())))
        else:
            yield from _changed_lines(part, *([text for _, text in some] for some in (made, lines, new.lines.get(part, []))))
    yield from _changed_charts(record, package, new)


def _changed_charts(record: PaperRecord, package: Package, new: PaperRecord) -> Iterator[tuple[str, str, str, str]]:
    for name, now, numbers, drawn in charts_changed(record.lines, package):
        made_now = chart_numbers(new.lines.get(name, ()))
        for at, (was, is_) in enumerate(zip(numbers, drawn, strict=False)):
            if was != is_:
                place = tr("{chart}, number {number} it draws", chart=PurePosixPath(now).stem, number=at + 1)
                yield place, was, is_, made_now[at] if at < len(made_now) else ""


def _changed_cells(sheet: str, made: dict[str, str], now: dict[str, str], new: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for cell in dict.fromkeys((*made, *now)):
        if made.get(cell, "") != now.get(cell, ""):
            yield f"{sheet}!{cell}", made.get(cell, ""), now.get(cell, ""), new.get(cell, "")


def _changed_lines(part: str, made: list[str], now: list[str], new: list[str]) -> Iterator[tuple[str, str, str, str]]:
    renewed = {
        made_from + step: new_from + step
        for _, made_from, made_to, new_from, new_to in SequenceMatcher(None, made, new, autojunk=False).get_opcodes()
        for step in range(min(made_to - made_from, new_to - new_from))
    }
    for kind, start, end, now_start, now_end in SequenceMatcher(None, made, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for step in range(max(end - start, now_end - now_start)):
            at = start + step
            as_made = made[at] if at < end else ""
            by_hand = now[now_start + step] if now_start + step < now_end else ""
            if as_made != by_hand:
                made_now = new[renewed[at]] if at < end and at in renewed else ""
                yield _paragraph(part, now_start + step + 1), as_made, by_hand, made_now


def _paragraph(part: str, number: int) -> str:
    """Return the place of a line in words; the name of the body is left out."""
    stem = PurePosixPath(part).stem
    kind = stem.rstrip("0123456789")
    names = {"header": tr("header"), "footer": tr("footer"), "footnotes": tr("footnotes"), "endnotes": tr("endnotes")}
    named = f"{names.get(kind, kind)}{stem.removeprefix(kind)}"
    return tr("paragraph {number}", number=number) if stem == "document" else tr("{part}, paragraph {number}", part=named, number=number)


def _lost_texts(earlier: _EarlierPaper, new: PaperRecord) -> Iterator[tuple[str, str, str, str]]:
    """Yield typed text for regions that the new paper does not have, and regions not found in the edited paper."""
    new_regions = {(region.name, region.key) for region in new.regions}
    for (name, key), kept in earlier.kept.items():
        if (name, key) not in new_regions:
            yield _place(name, key), "", kept.text, tr("the paper has no such region any more")
    for region in (region for region in earlier.record.regions if (region.name, region.key) not in earlier.regions):
        yield _place(region.name, region.key), region.made, tr("the region is not to be found in the edited paper"), ""


def _place(name: str, key: str) -> str:
    return f"{name} {key}".strip()


def _free_name(folder: Path, path: str) -> str:
    """Return an unused name below `edited/`."""
    pure = PurePosixPath(FOLDER) / path
    names = (pure if number == 1 else pure.with_stem(f"{pure.stem} ({number})") for number in range(1, 10_000))
    return str(next(name for name in names if not (folder / name).exists()))
