"""Papers of the sample quarter, and the data they are held against."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from places import BRANCH
from postloan.audit.verify.current_data import CurrentData

PAPERS = ("quarterly_brief.docx", "quarterly_report.docx", "quarterly_report.xlsx", "monitoring_paper/0121_*")


@pytest.fixture(scope="session")
def made(sample_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the quarter's papers of the whole bank and of one unit, without the record of their run."""
    filed, folder = sample_run / "2014Q2", tmp_path_factory.mktemp("made") / "2014Q2"
    for path in (path for pattern in PAPERS for path in filed.glob(pattern)):
        copy = folder / path.relative_to(filed)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder


@pytest.fixture(scope="session")
def today() -> CurrentData:
    """The data that the papers were made from."""
    return CurrentData(str(BRANCH))
