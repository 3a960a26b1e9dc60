"""What several tests share: the sample quarter read once, and where the folders are."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: on a busy machine an example may take any time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from postloan import language
from postloan.figures.book import Book
from postloan.run import compute, take_in


@pytest.fixture(autouse=True)
def english() -> None:
    """Messages in English, whatever the machine speaks and the test before chose."""
    language.use("en")


@pytest.fixture(scope="session")
def branch2014() -> Book:
    """The sample quarter, up to its findings."""
    return compute(take_in(ROOT / "data_samples" / "branch2014"), "2014Q2")


@pytest.fixture(scope="session")
def tiny() -> Book:
    """The dozen loans one can check by hand."""
    return compute(take_in(ROOT / "data_samples" / "tiny"), "2014Q2")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data beside the project; skips where it is not there."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real data is not beside the project")
    return folder
