"""The sample quarter: what templates are shown with before a bank's own data are at hand."""

from __future__ import annotations

from datetime import datetime, time
from functools import cache
from pathlib import Path

from officefill import Properties, open_template

from postloan.figures.book import Book
from postloan.file import packaged
from postloan.papers.context import Context, context
from postloan.papers.document import all_documents
from postloan.papers.fields.fields import all_fields
from postloan.papers.make import UNSIGNED, asked_for
from postloan.run import compute, take_in

SAMPLE, PERIOD = "branch2014", "2014Q2"


def samples_folder() -> Path:
    """Where the sample data are: in the checkout, or inside the installed package."""
    return packaged("data_samples")


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
