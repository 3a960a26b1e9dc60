"""A document's template with all the sheets that its ledgers may add."""

from postloan.papers.document import Document
from postloan.papers.fields.fields import all_fields
from postloan.papers.ledgers.workbook import ledgers_named, template_bytes
from postloan.themes import EVERYWHERE, all_themes


def whole_template(kind: Document, file: str) -> bytes:
    """Return the template `file` with the sheets of every ledger that the document can fill, whichever themes are on."""
    walked = all_fields(kind.name).shapes["context"]
    return template_bytes(kind, file, tuple(ledger.name for ledger in ledgers_named(kind, [EVERYWHERE, *all_themes()]) if ledger.rows in walked))
