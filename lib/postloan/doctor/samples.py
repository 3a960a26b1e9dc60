"""The sample quarter: what templates are shown with before a bank's own data are at hand."""

from __future__ import annotations

from datetime import datetime, time
from functools import cache
from pathlib import Path

from postloan.book import Book
from postloan.context import Context, context
from postloan.doctor.fields import all_fields
from postloan.document import all_documents
from postloan.papers import UNSIGNED, asked_for
from postloan.render import Properties, open_template
from postloan.run import compute, take_in

SAMPLE, PERIOD = "branch2014", "2014Q2"


def samples_folder() -> Path:
    """Where the sample data are: in the checkout, or inside the installed package."""
    inside, checkout = Path(__file__).parents[1] / "data_samples", Path(__file__).parents[3] / "data_samples"
    return inside if inside.is_dir() else checkout


@cache
def sample_book() -> Book:
    """The sample quarter up to its findings, computed once."""
    return compute(take_in(samples_folder() / SAMPLE), PERIOD)


def sample_context(document: str = "") -> Context:
    """Everything a template of `document` may say of the whole bank in the sample quarter."""
    book = sample_book()
    named = frozenset(all_fields(document).shapes["context"])
    return context(book, UNSIGNED.day(book.period)) | asked_for(named, book, "")


def filled(path: Path, document: str = "") -> bytes:
    """The paper that the template at `path` makes of the sample quarter. Raises `BadTemplate`."""
    book = sample_book()
    kind = all_documents().get(document) or next((kind for kind in all_documents().values() if kind.folder == path.parent), None)
    title = kind.title if kind else path.stem
    said = sample_context(document)
    created = datetime.combine(UNSIGNED.day(book.period), time())
    return open_template(path).render(said, Properties(title=title, author=said["institution"], created=created, subject=title))
