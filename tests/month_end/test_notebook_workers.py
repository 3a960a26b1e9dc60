"""The workers of a run: what they make is what a kernel makes, and each unit gets its own part of the book."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from notebookrun.options import RunOptions
from notebookrun.parameters import read_parameters
from notebookrun.plain_cells import are_plain
from notebookrun.run import Outcome, run_notebook
from notebookrun.worker_pool import WorkerPool
from postloan.figures.book_writer import keep_book
from postloan.month_end import workers
from postloan.month_end.jobs import BOOK, PART
from postloan.month_end.plan import Request
from postloan.month_end.workers import POOL

ROOT = Path(__file__).parents[2]
TINY = ROOT / "data_samples" / "tiny"
NOTEBOOKS = sorted((ROOT / "reports").glob("*.ipynb"))


SOME = [path for path in NOTEBOOKS if path.stem in ("monitoring_paper", "quarterly_brief")]


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    """Workers that have run nothing yet."""
    made = new_pool()
    yield made
    made.close()


def new_pool() -> WorkerPool:
    return WorkerPool(f"{workers.__name__}:{workers.set_up.__name__}", trusted=["postloan"])


def made(path: Path, out: Path, units: list[str], pool: WorkerPool | None = POOL, **given: str) -> bytes:
    """The executed copy of a notebook on the tiny sample."""
    asks = read_parameters(path)
    asked = {name: value for name, value in Request(str(TINY), "2014Q2", str(out), units=units).parameters().items() if name in asks}
    asked = {name: parameter.default for name, parameter in asks.items()} | asked | ({"unit": "002"} if "unit" in asks else {})
    copy = out / "2014Q2" / "notebooks" / path.name
    outcome = run_notebook(path, asked, copy, pool, RunOptions(environment=given))
    assert outcome.state == "made", outcome.reason
    return copy.read_bytes()


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.stem, marks=() if path == SOME[-1] else pytest.mark.soak) for path in NOTEBOOKS]
)
def test_copies_and_papers_are_the_same_to_the_byte_in_both_ways(path, tmp_path):
    copies, papers = [], []
    for way in (POOL, None):
        out = tmp_path / f"{len(copies)}"
        copies.append(made(path, out, [], way))
        papers.append({file.relative_to(out): file.read_bytes() for file in out.rglob("*.*x")})
    assert copies[0] == copies[1] and papers[0] == papers[1]


@pytest.mark.parametrize("paths", [pytest.param(SOME, id="some"), pytest.param(NOTEBOOKS, id="all", marks=pytest.mark.soak)])
def test_a_book_opened_once_gives_every_notebook_of_a_run_the_same_as_one_opened_anew(paths, tiny, pool, tmp_path, monkeypatch):
    keep_book(tiny, tmp_path / "book")
    monkeypatch.setenv(BOOK, str(tmp_path / "book"))
    kept = [made(path, tmp_path / "kept", ["002"], pool) for path in [*paths, *paths]]
    (worker,) = pool._at_rest
    assert worker.is_alive() and kept[: len(paths)] == kept[len(paths) :]
    for path, once in zip(paths[1:], kept[1:], strict=False):  # the first found a new worker
        with closing(new_pool()) as anew:
            assert once == made(path, tmp_path / "anew", ["002"], anew)


def test_a_worker_gives_each_unit_its_own_part_of_the_book(tiny, pool, tmp_path):
    keep_book(tiny, tmp_path / "book")
    path, book = ROOT / "reports" / "monitoring_paper.ipynb", str(tmp_path / "book")

    def of(unit: str, folder: str, way: WorkerPool) -> bytes:
        return made(path, tmp_path / folder / unit, [unit], way, **{BOOK: book, PART: unit})

    one, other, again = of("002", "kept", pool), of("003", "kept", pool), of("002", "again", pool)
    with closing(new_pool()) as anew:
        assert one == again != other == of("003", "anew", anew)


def test_notebooks_of_the_package_leave_their_worker_free():
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        assert are_plain([cell.source for cell in cells if cell.cell_type == "code"], ["postloan"])


# Errors and language


def ran(pool: WorkerPool | None, folder: Path, cell: str) -> tuple[Outcome, dict]:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(cell)]
    )
    nbformat.write(notebook, folder / "report.ipynb")
    outcome = run_notebook(folder / "report.ipynb", {}, folder / "out" / "report.ipynb", pool)
    return outcome, json.loads((folder / "out" / "report.ipynb").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pool", [POOL, None], ids=["workers", "kernel"])
def test_the_message_of_an_error_of_ours_is_kept(pool, tmp_path):
    outcome, copy = ran(pool, tmp_path, "from postloan.errors import BadFile\nraise BadFile('the cupboard is bare', 'kitchen', 'shop')")
    assert outcome.state == "failed"
    assert "the cupboard is bare" in "".join(copy["cells"][0]["source"])


@pytest.mark.parametrize("pool", [POOL, None], ids=["workers", "kernel"])
def test_a_notebook_speaks_the_language_of_the_program_that_runs_it(pool, tmp_path, monkeypatch):
    monkeypatch.setenv("POSTLOAN_LANG", "zh")
    cell = "from postloan.workbench import show\nfrom postloan.papers.document import document\ndocument('no_such')"
    outcome, _ = ran(pool, tmp_path, cell)
    assert "没有文种" in outcome.reason
