"""Write what the papers of the sample quarter say to `tests/golden/`, as text and as cells, for a person to read the difference.

    python scripts/refresh_goldens.py

Run it after a change that is meant to change a paper, and read `git diff tests/golden` before you commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
from docx.oxml.ns import qn
from postloan.figures.book import Book
from postloan.papers.document import all_documents
from postloan.papers.make import papers
from postloan.papers.paths import WHOLE_BANK
from postloan.papers.signing import TODAY
from postloan.run import compute, take_in

os.environ[TODAY] = "1990-01-01"  # papers bear the last day of their period, whenever they are made

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
UNIT = "0121"
"""The unit whose working paper is kept beside the bank's."""
OTHER_UNIT = {"reminder_letter": "0122", "overdue_list": "0123"}
"""By document: another unit, where that one is sent nothing."""


def sample_book() -> Book:
    """The sample quarter."""
    return compute(take_in(ROOT / "data_samples" / "branch2014"), "2014Q2")


def golden_papers(book: Book) -> Iterator[tuple[str, str]]:
    """Name and text of every paper that is kept: those of the bank, and one unit's."""
    for name, kind in all_documents().items():
        subjects = {"bank": WHOLE_BANK, "unit": OTHER_UNIT.get(name, UNIT)}
        for path, content in papers(book, name, [subjects[per] for per in kind.per]):
            yield path.replace("/", "_") + ".txt", text_of(path, content)


def text_of(path: str, content: bytes) -> str:
    """What a paper says, a line a paragraph or row."""
    return "\n".join(_word_lines(content) if path.endswith(".docx") else _excel_lines(content)) + "\n"


def _word_lines(content: bytes) -> Iterator[str]:
    document = docx.Document(BytesIO(content))
    for section in document.sections:
        for part in (section.header, section.footer):
            yield from (f"[{part._element.tag.rpartition('}')[2]}] {p.text}" for p in part.paragraphs if p.text.strip())
    for block in document.element.body.iterchildren():
        if block.tag == qn("w:p"):
            yield "".join(t.text or "" for t in block.iter(qn("w:t"))) + ("[图]" if block.findall(f".//{qn('w:drawing')}") else "")
        elif block.tag == qn("w:tbl"):
            for row in block.iter(qn("w:tr")):
                yield " | ".join("".join(t.text or "" for t in cell.iter(qn("w:t"))) for cell in row.iter(qn("w:tc")))


def _excel_lines(content: bytes) -> Iterator[str]:
    said, written = (openpyxl.load_workbook(BytesIO(content), data_only=only) for only in (True, False))
    for sheet in written:
        yield f"# {sheet.title}"
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    value = said[sheet.title][cell.coordinate].value
                    yield f"{cell.coordinate}\t{value}" + (f"\t{cell.value}" if cell.data_type == "f" else "")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for stale in GOLDEN.glob("*.txt"):
        stale.unlink()
    for name, text in golden_papers(sample_book()):
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")
