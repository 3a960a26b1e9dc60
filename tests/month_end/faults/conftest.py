"""What all disturbed runs are held against, and the processes that start them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest
from disturbing import TINY, Starter, Undisturbed, files, finished_jobs, words
from postloan.audit.verify import verify

LANES = 2


@pytest.fixture(scope="session")
def starters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Starter]]:
    """One for each run at a time."""
    made = [Starter(tmp_path_factory.mktemp("starter")) for _ in range(LANES)]
    yield made
    for starter in made:
        starter.close()


@pytest.fixture
def starter(starters: list[Starter]) -> Starter:
    """One is enough."""
    return starters[0]


@pytest.fixture(scope="session")
def undisturbed(starters: list[Starter], tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A folder as an earlier run on other data left it; and what it is after a run on the sample that nobody disturbs."""
    room = tmp_path_factory.mktemp("undisturbed")
    data, earlier, out = room / "data", room / "earlier", room / "out"
    shutil.copytree(TINY, data)
    lines = (data / "loan_balance.csv").read_text(encoding="utf-8").splitlines()
    (data / "loan_balance.csv").write_text("\n".join(line.replace("00,pass", "01,pass") for line in lines) + "\n", encoding="utf-8")
    assert starters[0].start(words(earlier, data=data)).ended() == 0
    shutil.copytree(earlier, out)
    begun = time.monotonic()
    assert starters[0].start(words(out)).ended() == 0
    seconds = time.monotonic() - begun
    old, new = files(earlier), files(out)
    papers = [out / name for name in new if name.endswith((".docx", ".xlsx"))]
    assert len([name for name in new if old.get(name) != new[name]]) > 10 and not any(checked.errors for checked in verify(papers))
    return Undisturbed(earlier, data, old, new, finished_jobs(out / "2014Q2"), seconds)
