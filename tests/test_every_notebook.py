"""Walks the notebooks in `reports/`: what they may hold, and what an executed copy of each tells and does not tell."""

import ast
import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from notebookrun.parameters import read_parameters
from notebookrun.run import run_notebook
from places import BRANCH, ROOT, TINY
from postloan.month_end.plan import Request
from postloan.month_end.workers import POOL
from postloan.papers.document import all_documents, notebooks_folder

NOTEBOOKS = sorted((ROOT / "reports").glob("*.ipynb"))
ONCE = {"monitoring_notice", "monitoring_paper", "quarterly_brief", "rectification_notice", "reminder_letter"}
"""Notebooks that are run once only, unless one soaks."""
ASKED_FOR = {"management_opinion", "monthly_focus", "signal_form"}
"""Notebooks of documents that the samples give nothing to say."""
LISTS = {"ledgers", "overdue_list", *ASKED_FOR}
"""Notebooks of documents that are lists: they have fewer cells, and no chart."""
OF_DOCUMENTS = [path for path in NOTEBOOKS if path.stem in all_documents()]
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_of_a_document = pytest.mark.parametrize("path", OF_DOCUMENTS, ids=lambda path: path.stem)


def cells(path: Path) -> list:
    return nbformat.read(path, as_version=4).cells


def code(path: Path) -> list[str]:
    return [cell.source for cell in cells(path) if cell.cell_type == "code"]


def test_every_document_has_its_notebook():
    assert [path.stem for path in OF_DOCUMENTS] == sorted(all_documents())
    assert notebooks_folder() == ROOT / "reports"


@each
def test_it_is_stored_without_output_as_jupyterlab_would_save_it(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert cell.cell_type != "code" or (cell.outputs == [] and cell.execution_count is None)


@each_of_a_document
def test_it_asks_just_what_the_command_line_gives(path):
    assert list(read_parameters(path)) == [*Request("d", "2014Q2", "o").parameters()]


@each
def test_every_parameter_says_what_it_is(path):
    assert all(parameter.says for parameter in read_parameters(path).values())


@each
def test_it_is_a_workbench_and_no_workshop(path):
    for source in code(path):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(
                node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.BinOp | ast.For | ast.While | ast.comprehension
            ), source


@each
def test_every_code_cell_has_words_before_it_that_say_what_to_look_at(path):
    kinds = [cell.cell_type for cell in cells(path)]
    assert kinds == ["markdown"] + ["markdown", "code"] * (len(kinds) // 2)
    numbered = [f"## {nth}" for nth in range(1, len(kinds) // 2)]
    assert [heading[:4] for heading in headings(path)[1:]] == ["## 参", *numbered] and len(numbered) >= (3 if path.stem in LISTS else 5)


@each_of_a_document
def test_it_bears_the_title_of_its_document(path):
    assert all_documents()[path.stem].title in headings(path)[0]


def headings(path: Path) -> list[str]:
    return [re.findall(r"^#+ .*", cell.source)[0] for cell in cells(path) if cell.cell_type == "markdown"]


def given(path: Path, data: Path, folder: Path, **more: object) -> dict[str, object]:
    """What the command line gives, as far as the notebook asks for it; what else it asks keeps its default."""
    defaults = {name: parameter.default for name, parameter in read_parameters(path).items()}
    of_a_unit = {"unit": "002"} if data == TINY and "unit" in defaults else {}
    asked = Request(str(data), "2014Q2", str(folder), **more).parameters() | of_a_unit
    return defaults | {name: value for name, value in asked.items() if name in defaults}


@pytest.fixture(scope="module", params=[TINY, pytest.param(BRANCH, marks=pytest.mark.soak)], ids=lambda path: path.name)
def data(request) -> Path:
    """The sample that notebooks are run on."""
    return request.param


@pytest.fixture(scope="module")
def made(data, tmp_path_factory) -> dict[str, Path]:
    """The executed copy of each notebook on the sample, by its name."""
    out, copies = tmp_path_factory.mktemp("made"), {}
    for path in NOTEBOOKS:
        copies[path.stem] = out / "2014Q2" / "notebooks" / path.name
        outcome = run_notebook(path, given(path, data, out), copies[path.stem], POOL)
        assert outcome.state == "made", outcome.reason
    return copies


def text_of(copy: Path) -> str:
    """All an executed copy says, but for its pictures."""
    notebook = nbformat.read(copy, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    return nbformat.writes(notebook)


WITHOUT_CHART = {"tiny": {*LISTS, "reminder_letter"}, "branch2014": LISTS}
"""In tiny nothing falls due next month."""


NOTHING_TO_TELL = ("management_opinion", "signal_form")
"""Neither sample has signals or matters: these show the tables of the data alone."""


@each
def test_a_copy_shows_tables_and_a_chart(path, data, made):
    outputs = [output for cell in cells(made[path.stem]) for output in cell.get("outputs", [])]
    shown = [kind for output in outputs for kind in output.get("data", {})]
    short = path.stem in WITHOUT_CHART[data.name]
    least = 1 if path.stem in NOTHING_TO_TELL else 2 if short else 3
    assert shown.count("text/html") >= least and ("image/png" in shown) is not short
    assert not [output for output in outputs if output.output_type in ("error", "stream")]


@each_of_a_document
def test_a_copy_has_links_that_lead_to_the_papers(path, data, made):
    copy = made[path.stem]
    links = [unquote(link) for link in re.findall(r"\]\(([^)]*)\)", text_of(copy).split("## 3" if path.stem in LISTS else "## 5")[-1])]
    nothing = path.stem in ASKED_FOR or (data == TINY and path.stem == "reminder_letter")
    assert bool(links) is not nothing and all((copy.parent / link).is_file() for link in links)


@each
def test_a_copy_holds_no_customer_and_no_absolute_path(path, data, made):
    text = text_of(made[path.stem])
    with open(data / ("客户.csv" if data == BRANCH else "customer.csv"), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    names = [
        cell for number, name, *_ in rows[1:] for cell in (number, name) if not cell.isdecimal() or len(cell) > 4
    ]  # "0001" is a figure
    assert len(names) >= 8
    assert not [name for name in names if name in text]
    assert not [place for place in (ROOT, Path.home(), Path(sys.prefix), made[path.stem].parents[2]) if f"{place}/" in text]


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.stem, marks=pytest.mark.soak if path.stem in ONCE else ()) for path in NOTEBOOKS]
)
def test_running_again_elsewhere_gives_the_same_copy(path, data, made, tmp_path):
    again = tmp_path / "other" / "2014Q2" / "notebooks" / path.name
    assert run_notebook(path, given(path, data, tmp_path / "other"), again, POOL).state == "made"
    assert again.read_bytes() == made[path.stem].read_bytes()


@pytest.mark.soak
@pytest.mark.parametrize("stems", [[path.stem for path in NOTEBOOKS]])
def test_by_hand_they_do_the_same_and_nbval_is_content_with_them(stems, sample_run, tmp_path):
    shutil.copytree(ROOT / "reports", tmp_path / "reports", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(BRANCH, tmp_path / "data_samples" / "branch2014")
    paths = [str(tmp_path / "reports" / f"{stem}.ipynb") for stem in stems]
    command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), *paths]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stdout
    by_hand, by_the_run = papers_of(tmp_path / "out" / "2014Q2"), papers_of(sample_run / "2014Q2")
    assert by_hand and by_hand == {name: content for name, content in by_the_run.items() if name.parts[0].partition(".")[0] in stems}


def papers_of(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.suffix in (".docx", ".xlsx")}


def test_a_branch_number_stays_text_all_the_way(tmp_path):
    unit = "00123"
    path, copy = ROOT / "reports" / "monitoring_paper.ipynb", tmp_path / "2014Q2" / "notebooks" / "monitoring_paper.ipynb"
    outcome = run_notebook(path, given(path, TINY, tmp_path, units=[unit]), copy, POOL)
    assert outcome.state == "failed" and unit in outcome.reason
    assert json.loads(copy.read_text(encoding="utf-8"))["metadata"]["papermill"]["parameters"]["units"] == [unit]
