"""What a second run does again: nothing where nothing has changed, and only what depends on what has."""

import csv
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from notebookrun.progress import Progress
from places import TINY
from postloan.month_end.plan import Plan, Request
from postloan.month_end.run_record import Record
from postloan.month_end.unchanged import unchanged_run
from postloan.run import run

RECORD_PART = "customXml/item"


DOCUMENTS = ["monitoring_paper", "quarterly_brief"]


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> tuple[Request, Record]:
    """A run, and its record. Whoever changes something in its folder puts it back."""
    room = tmp_path_factory.mktemp("first")
    shutil.copytree(TINY, room / "data")
    request = Request(str(room / "data"), "2014Q2", str(room / "out"), DOCUMENTS)
    return request, run(request)


def papers_of(folder: Path) -> dict[str, dict[str, bytes]]:
    """Every paper's parts, but for the record's, which names the files it was made from."""
    found = {}
    for path in sorted(folder.rglob("*.docx")) + sorted(folder.rglob("*.xlsx")):
        with zipfile.ZipFile(path) as package:
            found[path.relative_to(folder).as_posix()] = {n: package.read(n) for n in package.namelist() if not n.startswith(RECORD_PART)}
    return found


def changed_unit(data: Path) -> str:
    """One report of one unit handed in a month later: its unit."""
    path = data / "inspection.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    row = next(r for r in rows if r["period"] == "2014Q2" and r["submitted_at"].startswith("2014-06-2"))
    row["submitted_at"] = row["submitted_at"].replace("2014-06-2", "2014-07-2", 1)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    customers = csv.DictReader((data / "customer.csv").read_text(encoding="utf-8-sig").splitlines())
    return next(r["unit_id"] for r in customers if r["customer_id"] == row["customer_id"])


def test_a_second_run_with_nothing_changed_says_so_and_makes_nothing(first):
    request, record = first
    stamps = {path: path.stat().st_mtime_ns for path in request.folder.rglob("*.docx")}
    again = unchanged_run(Plan(request), Progress())
    assert again is not None and again.exit_code == 0 and {job.state for job in again.jobs} == {"unchanged"}
    assert again.outputs == record.outputs and again.moved == record.moved and again.problems == record.problems
    assert {path: path.stat().st_mtime_ns for path in request.folder.rglob("*.docx")} == stamps
    written = json.loads((request.folder / "run.json").read_text(encoding="utf-8"))
    assert written["started"] == again.started and all(outcome["unchanged"] for outcome in written["documents"].values())
    assert unchanged_run(Plan(request), Progress()) is not None, "a third time too"


def test_anything_changed_is_looked_at_again(first):
    request, record = first
    paper = request.folder / "monitoring_paper" / "全行.docx"

    def data():
        changed_unit(Path(request.data))

    def hand():
        paper.write_bytes(paper.read_bytes() + b" ")

    def gone():
        paper.unlink()

    def register():
        (Path(request.out) / "notices.csv").write_text("x\n", encoding="utf-8")

    def stopped():
        path = request.folder / "run.json"
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "exit_code": 1}), encoding="utf-8")

    good = {path: path.read_bytes() for path in (paper, request.folder / "run.json", Path(request.data) / "inspection.csv")}
    for change in (data, hand, gone, register, stopped):
        change()
        assert unchanged_run(Plan(request), Progress()) is None, change.__name__
        (Path(request.out) / "notices.csv").unlink(missing_ok=True)
        for path, content in good.items():
            path.write_bytes(content)
        assert unchanged_run(Plan(request), Progress()) is not None
        good[request.folder / "run.json"] = (request.folder / "run.json").read_bytes()
    assert unchanged_run(Plan(replace(request, prepared_on="2014-07-05")), Progress()) is None and record.exit_code == 0


@pytest.mark.soak  # once in two whole runs an unchanged unit was made anew, too; alone it never was
def test_a_change_in_one_unit_makes_its_papers_and_the_banks_anew_and_no_others(first, tmp_path):
    for folder in (first[0].data, first[0].out):
        shutil.copytree(folder, tmp_path / Path(folder).name)
    request = replace(first[0], data=str(tmp_path / "data"), out=str(tmp_path / "out"))
    unit = changed_unit(Path(request.data))
    record = run(request)
    made = {(job.document, job.unit) for job in record.jobs if job.state == "made"}
    assert {of for _, of in made} == {"", unit} and ("monitoring_paper", unit) in made
    (tmp_path / "anew").mkdir()
    shutil.copy(tmp_path / "out" / "index_numbers.csv", tmp_path / "anew")  # a finding keeps its number from run to run
    anew = run(Request(request.data, "2014Q2", str(tmp_path / "anew"), request.documents))
    assert anew.exit_code == 0 and papers_of(request.folder) == papers_of(anew_folder := tmp_path / "anew" / "2014Q2"), anew_folder
