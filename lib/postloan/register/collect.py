"""Papers that came back are read, and their answers filed as rows of the input tables beside the data, each once.

`collected/` in the data folder keeps a list of every cell that was filed, that differs or that could not be read, with paper, hash, place, person and
day; and each table as it was before something was added to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.errors import BadPaper
from postloan.figures.follow_up import ANSWERS
from postloan.file import csv_bytes, csv_rows, lock, put, sha256_file
from postloan.language import tr
from postloan.register.answers import answers_in
from postloan.register.filing import DIFFERS, UNREAD, CellFiled, Paper, filing
from postloan.register.paper_tables import EXCEL, OTHERS, WORD
from postloan.register.readings import References, read_answer
from postloan.register.table_file import table_file
from postloan.register.waiver_proposals import PROPOSALS, proposals

FOLDER = "collected"
LIST = "collected.csv"
PATIENCE = 60.0
"""Seconds to wait for another collection into the same data."""


@dataclass
class Collected:
    """The end of a collection: the cells of the papers and what became of them, files written, papers that cannot be read, with why, papers
    that nobody has filled in, and True where any paper had answers."""

    cells: list[CellFiled] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    answered: bool = False

    def of(self, *states: str) -> list[CellFiled]:
        """Return the cells in these states."""
        return [cell for cell in self.cells if cell.state in states]

    @property
    def exit_code(self) -> int:
        """0 where everything was read and filed, 1 where something was not, 2 where no paper could be read."""
        if self.failed and not self.cells and not self.empty and not self.answered:
            return BadPaper.exit_code
        return 1 if self.failed or self.of(DIFFERS, UNREAD) else 0


def papers_in(places: Iterable[Path]) -> list[Path]:
    """Return the papers, those of folders too; the files that an Office program keeps beside an open one are none."""
    found: dict[Path, None] = {}
    for place in places:
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        papers = [p for p in inside if p == place or p.suffix.lower() in WORD + EXCEL + OTHERS and not p.name.startswith(("~$", "."))]
        found.update(dict.fromkeys(papers))
    return list(found)


def collect(papers: Sequence[Path], data: Path, clean: Clean, references: References, day: date) -> Collected:
    """File the answers in `papers` as rows of the tables in `data`. Raises `BadFile` and `CannotFile`; then no table is changed."""
    done, read = Collected(), list[Paper]()
    for path in papers:
        try:
            answers, has_form = answers_in(path)
        except BadPaper as fault:
            done.failed[str(path)] = f"{fault.what}; {fault.do}" if fault.do else fault.what
            continue
        if not has_form:
            done.failed[str(path)] = tr("no form was found in it; give a paper that has one, with the heads of its cells as printed")
        elif not answers:
            done.empty.append(str(path))
        else:
            read.append(Paper(path.name, sha256_file(path), [read_answer(answer, references) for answer in answers]))
    folder = data if data.is_dir() else data.parent
    done.answered = bool(read)
    with lock(folder, PATIENCE):
        _file(read, data, clean, day, done)
    return done


def _file(read: Sequence[Paper], data: Path, clean: Clean, day: date, done: Collected) -> None:
    """File what was read table by table: first everything is made ready, then it is written."""
    folder, contents = (data if data.is_dir() else data.parent) / FOLDER, dict[Path, bytes]()
    for name in dict.fromkeys(reading.answer.form.fills for paper in read for reading in paper.readings):
        of_table = [paper._replace(readings=[r for r in paper.readings if r.answer.form.fills == name]) for paper in read]
        file = table_file(data, all_tables()[name])
        found = filing(file, of_table, clean, day)
        done.cells += found.cells
        if found.changes:
            contents[file.path] = file.with_changes(found.changes, clean)
            proposed = proposals(found.rows(file), clean) if name == ANSWERS else b""
            if proposed:
                contents[folder / PROPOSALS] = proposed
    for path, content in contents.items():
        if path.is_file() and path.parent != folder:
            put(folder / f"{path.stem}.{sha256_file(path)[:8]}.before{path.suffix}", path.read_bytes())
        put(path, content)
        done.written.append(path)
    _list(folder / LIST, done)


def _list(path: Path, done: Collected) -> None:
    """Add the cells to the list of everything collected; one that stands there is not added once more."""
    there = [CellFiled(*row) for row in csv_rows(path.read_bytes())[1:]] if path.is_file() else []
    known = {cell.key for cell in there}
    new = [cell for cell in done.cells if cell.key not in known]
    if new:
        put(path, csv_bytes(CellFiled._fields, [*there, *new]))
        done.written.append(path)
