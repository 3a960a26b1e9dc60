"""Roll-forward: the papers of a quarter that the run has made, made once more with what last quarter's papers hand over (`postloan roll`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from officefill.comments.carried import carry_comments
from officefill.errors import BadTemplate
from officefill.ooxml.package import package_bytes, read_package
from officefill.ooxml.zip_gate import Refused

from postloan.errors import BadCommand
from postloan.figures.book import Book
from postloan.file import is_url, put
from postloan.language import tr
from postloan.month_end.folder_lock import locked_folder
from postloan.month_end.pdf import drop_stale_preview
from postloan.month_end.plan import Plan
from postloan.papers.document import document
from postloan.papers.make import Filed, papers
from postloan.papers.record.carried_over import CarriedOver, leave_open_comments
from postloan.papers.record.paper_record import record_of
from postloan.papers.record.regeneration import EarlierPapers
from postloan.register.signed_papers import beside_signed

WORKING_PAPER = "monitoring_paper"


class Rolled(NamedTuple):
    """The papers of a document, and how many texts of last quarter stand in each; last quarter's papers that could not be read."""

    papers: dict[str, int]
    unreadable: dict[str, str]


def check_roll(plan: Plan) -> None:
    """See before the run that there is something to carry over. Raises `BadCommand`."""
    if is_url(plan.request.out):
        raise BadCommand(tr("papers are carried over only in a folder of this machine"), plan.request.out, tr("give a folder"))
    for name in plan.documents:
        if document(name).tells:
            raise BadCommand(tr("notices are not carried over: '{name}'", name=name), do=tr("name working papers or reports"))
    before = plan.folder.parent / plan.period.before.name
    if not before.is_dir():
        what = tr("there are no papers of {period} to carry over", period=plan.period.before)
        raise BadCommand(what, str(before), tr("give the output folder in which they lie"))


def roll_forward(plan: Plan, book: Book, name: str, units: Iterable[str] = ()) -> Rolled:
    """Make the papers of the document `name` with what last quarter's papers hand over, and file them over those of the run.

    What people typed into the papers that are there already goes before what is carried over.
    """
    before, kind = plan.period.before.name, document(name)
    with locked_folder(plan.folder):
        earlier, carried = EarlierPapers(plan.folder, name), CarriedOver(EarlierPapers(plan.folder.parent / before, name), before)

        def kept(path: str, template: Path) -> dict:
            return {**carried.kept(path, template), **earlier.kept(path, template)}

        made = dict(papers(book, name, list(units), plan.signing, Filed(kept)))
        with_comments = {path: _with_comments(carried.last.folder / path, path, data, before) for path, data in made.items()}
        counts = {path: _count(path, made[path], carried) + comments for path, (_, comments) in with_comments.items()}
        for path, content in beside_signed(earlier, kind, {path: data for path, (data, _) in with_comments.items()}).items():
            drop_stale_preview(plan.folder / path, content)
            put(plan.folder / path, content)
    return Rolled(counts, carried.last.unreadable)


def _with_comments(old: Path, path: str, new: bytes, period: str) -> tuple[bytes, int]:
    """Return a Word paper with the comments of last quarter's that are still open, and how many those are."""
    if not path.endswith(".docx") or not old.is_file():
        return new, 0
    try:
        before, package = read_package(old, old.read_bytes()), read_package(Path(path), new)
        count = leave_open_comments(before, period)
    except (BadTemplate, Refused):  # told as unreadable already
        return new, 0
    if not count or not carry_comments(before, package):
        return new, 0
    return package_bytes(package), count


def _count(path: str, made: bytes, carried: CarriedOver) -> int:
    texts = carried.texts.get(path, {})
    return sum((region.name, region.key) in texts for region in record_of(read_package(Path(path), made)).regions)
