"""The sample quarter: templates are shown with it before a bank has data of its own."""

from __future__ import annotations

from datetime import datetime, time
from functools import cache
from pathlib import Path

from officefill import Properties
from officefill.ooxml.package import read_file

from postloan.figures.book import Book
from postloan.file import packaged
from postloan.papers.context import Context, context
from postloan.papers.document import all_documents
from postloan.papers.fields.fields import all_fields, with_nothing_at
from postloan.papers.fields.template_tags import absent_names
from postloan.papers.on_demand import listed, with_asked
from postloan.papers.paper_template import paper_template
from postloan.run import compute, take_in

SAMPLE, PERIOD = "branch2014", "2014Q2"


def samples_folder() -> Path:
    """Return the folder of the sample data, in the checkout or in the installed package."""
    return packaged("data_samples")


@cache
def sample_book() -> Book:
    """Return the sample quarter with its figures and findings, computed once."""
    return compute(take_in(samples_folder() / SAMPLE), PERIOD)


def sample_context(document: str = "") -> Context:
    """Return all values for a template of `document` about the whole bank in the sample quarter."""
    book = sample_book()
    named = frozenset(all_fields(document).shapes["context"])
    said = context(book, book.period.as_of)
    return with_asked(said | (listed(all_documents()[document], book, "", said) if document else {}), named, book, "")


def sample_paper(path: Path, document: str = "") -> bytes:
    """Return the paper of the sample quarter, made from the template at `path`. Raises `BadTemplate`."""
    book = sample_book()
    kind = all_documents().get(document) or next((kind for kind in all_documents().values() if kind.folder == path.parent), None)
    title = kind.title if kind else path.stem
    values = with_nothing_at(sample_context(document), absent_names(path, read_file(path), document))
    created = datetime.combine(book.period.as_of, time())
    return paper_template(path).render(values, Properties(title=title, author=values["institution"], created=created, subject=title))
