"""Papers of the sample quarter, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from places import BRANCH

LATER = ("20140603", '"15,000,000.00"', '"15,100,000.00"')
"""One repayment of the quarter, and what the sender corrects it to."""


@pytest.fixture(scope="session")
def brief(made: Path) -> Path:
    return made / "quarterly_brief.docx"


@pytest.fixture(scope="session")
def report(made: Path) -> Path:
    return made / "quarterly_report.docx"


@pytest.fixture(scope="session")
def annex(made: Path) -> Path:
    return made / "quarterly_report.xlsx"


@pytest.fixture(scope="session")
def corrected_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quarter's data with one repayment corrected."""
    data = tmp_path_factory.mktemp("corrected") / "data"
    shutil.copytree(BRANCH, data)
    path = data / "还款.csv"
    lines = path.read_bytes().decode("gb18030").splitlines(keepends=True)
    day, old, new = LATER
    path.write_bytes("".join(line.replace(old, new) if line.startswith(day) else line for line in lines).encode("gb18030"))
    return data
