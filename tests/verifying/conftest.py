"""Papers of the sample quarter, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from postloan.book import Book
from postloan.papers import papers


@pytest.fixture(scope="session")
def made(branch2014: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the quarter's papers of the whole bank and of one unit."""
    folder = tmp_path_factory.mktemp("made") / "2014Q2"
    for name, units in (("quarterly_brief", []), ("quarterly_report", []), ("monitoring_paper", ["0121"])):
        for path, data in papers(branch2014, name, units):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def brief(made: Path) -> Path:
    return made / "quarterly_brief.docx"


@pytest.fixture(scope="session")
def report(made: Path) -> Path:
    return made / "quarterly_report.docx"


@pytest.fixture(scope="session")
def annex(made: Path) -> Path:
    return made / "quarterly_report.xlsx"
