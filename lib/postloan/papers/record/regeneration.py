"""Making a paper again over one that people have worked on: what they typed into their regions comes along, and no edit is lost in silence.

A paper whose machine-made lines were changed by hand is never simply written over: the edited file goes to `edited/`, and
`edited/<document>.csv` lists every place with the text as made, by hand, and as made now.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
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
from postloan.papers.record.finished import chart_numbers, charts_changed, is_word
from postloan.papers.record.ledger import Ledger, ledger_of
from postloan.papers.record.sealing import lines_of_package

FOLDER = "edited"
"""Where edited papers are kept, below the period's folder."""
PATIENCE = 60
"""Seconds to wait for another paper's list of edits to be filed."""
KeptRegions = Mapping[tuple[str, str], Kept]


class Edit(NamedTuple):
    """One place of a paper that people changed outside their regions, or typed text that found no place in the new paper."""

    paper: str
    copy: str
    place: str
    as_made: str
    by_hand: str
    made_now: str


@dataclass
class _Earlier:
    """A paper as it lies in the folder: its record, its package, what stands in every region that can be found, what is kept of it."""

    ledger: Ledger
    package: Package
    held: dict[tuple[str, str], Kept]
    kept: dict[tuple[str, str], Kept]


@dataclass
class EarlierPapers:
    """The papers that lie in a period's folder where new ones of `document` will."""

    folder: Path
    document: str
    found: dict[str, _Earlier] = field(default_factory=dict)
    strange: dict[str, str] = field(default_factory=dict)

    def kept(self, path: str, template: Path) -> KeptRegions:
        """What people typed into the regions of the paper at `path` below the folder; nothing where there is none."""
        file = self.folder / path
        if not file.is_file():
            return {}
        try:
            package = read_package(file, read_file(file))
            ledger = ledger_of(package)
        except (BadPaper, BadTemplate) as fault:
            self.strange[path] = fault.what
            return {}
        held = _held(ledger, package, template) if ledger.regions else {}
        self.found[path] = _Earlier(ledger, package, held, _typed(ledger, held))
        return self.found[path].kept

    def keep_edited(self, path: str, new: bytes) -> list[Edit]:
        """Keeps a copy of the paper at `path` if people changed more of it than the `new` one takes over; gives the places."""
        file = self.folder / path
        if path in self.strange:
            places = [("", self.strange[path], "", "")]
        elif path in self.found and file.read_bytes() != new:
            earlier = self.found[path]
            made = ledger_of(read_package(file, new))
            places = [*_changed(earlier.ledger, earlier.package, made), *_homeless(earlier, made)]
        else:
            return []
        if not places:
            return []
        copy = _free_name(self.folder, path)
        put(self.folder / copy, file.read_bytes())
        return [Edit(path, copy, *place) for place in places]

    def tell(self, edits: list[Edit]) -> Path:
        """Adds `edits` to the document's list; gives its path."""
        path = _list(self.folder, self.document)
        path.parent.mkdir(parents=True, exist_ok=True)
        with lock(path.parent, PATIENCE):  # other units' papers may be made at the same time
            put(path, csv_bytes(Edit._fields, [*_told(path), *edits]))
        return path


def edits_told(folder: Path, document: str, papers: Collection[str]) -> int:
    """How many places edited by hand were told so far of these papers of `document`."""
    return sum(row[0] in papers for row in _told(_list(folder, document)))


def _list(folder: Path, document: str) -> Path:
    return folder / FOLDER / f"{document}.csv"


def _told(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))[1:] if path.is_file() else []


def _typed(ledger: Ledger, held: dict[tuple[str, str], Kept]) -> dict[tuple[str, str], Kept]:
    """What people typed: regions that still hold what the machine put there are made anew."""
    made = {(region.name, region.key): region.made for region in ledger.regions}
    return {name: of for name, of in held.items() if of.xml.count("<w:drawing") or _words(of.text) != _words(made[name])}


def _held(ledger: Ledger, package: Package, template: Path) -> dict[tuple[str, str], Kept]:
    """What stands in every region that can be found, fit for papers of `template`."""
    if is_word(package.tree(package.related("officeDocument")[0])):
        return kept_in_word(package, ledger.regions, read_package(template, read_file(template)))
    return kept_in_sheets(package, ledger.regions, ledger.lines)


def _words(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _changed(ledger: Ledger, package: Package, new: Ledger) -> Iterator[tuple[str, str, str, str]]:
    """Each place outside regions where the paper no longer says what the machine wrote: the text made, by hand, and made now."""
    now = lines_of_package(package, ledger.regions)
    for part, made in ledger.lines.items():
        lines = now.get(part, [])
        if "/charts/" in part or [text for _, text in made] == [text for _, text in lines]:
            continue
        if any(place for place, _ in made):
            yield from _changed_cells(part, dict(made), dict(lines), dict(new.lines.get(part, ())))
        else:
            yield from _changed_lines(part, *([text for _, text in some] for some in (made, lines, new.lines.get(part, []))))
    yield from _changed_charts(ledger, package, new)


def _changed_charts(ledger: Ledger, package: Package, new: Ledger) -> Iterator[tuple[str, str, str, str]]:
    for name, now, numbers, drawn in charts_changed(ledger.lines, package):
        again = chart_numbers(new.lines.get(name, ()))
        for at, (was, is_) in enumerate(zip(numbers, drawn, strict=False)):
            if was != is_:
                place = tr("{chart}, number {number} it draws", chart=PurePosixPath(now).stem, number=at + 1)
                yield place, was, is_, again[at] if at < len(again) else ""


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
    """The place of a line: the body is not named, headers, footers and notes are."""
    stem = PurePosixPath(part).stem
    kind = stem.rstrip("0123456789")
    said = {"header": tr("header"), "footer": tr("footer"), "footnotes": tr("footnotes"), "endnotes": tr("endnotes")}.get(kind, kind)
    named = f"{said}{stem.removeprefix(kind)}"
    return tr("paragraph {number}", number=number) if stem == "document" else tr("{part}, paragraph {number}", part=named, number=number)


def _homeless(earlier: _Earlier, new: Ledger) -> Iterator[tuple[str, str, str, str]]:
    """Text people typed into regions that the new paper does not have, and regions that could not be found in the edited one."""
    there = {(region.name, region.key) for region in new.regions}
    for (name, key), kept in earlier.kept.items():
        if (name, key) not in there:
            yield _place(name, key), "", kept.text, tr("the paper has no such region any more")
    for region in (region for region in earlier.ledger.regions if (region.name, region.key) not in earlier.held):
        yield _place(region.name, region.key), region.made, tr("the region is not to be found in the edited paper"), ""


def _place(name: str, key: str) -> str:
    return f"{name} {key}".strip()


def _free_name(folder: Path, path: str) -> str:
    """A name below `edited/` that no earlier copy has."""
    pure = PurePosixPath(FOLDER) / path
    names = (pure if number == 1 else pure.with_stem(f"{pure.stem} ({number})") for number in range(1, 10_000))
    return str(next(name for name in names if not (folder / name).exists()))
