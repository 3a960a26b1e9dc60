"""Papers of one unit: every figure in them is the unit's, and no sentence speaks of the bank or of another unit."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
import refresh_goldens as goldens
from officefill.ooxml.package import read_package
from postloan.figures.measure import all_measures
from postloan.papers.document import document
from postloan.papers.paths import WHOLE_BANK, paper_paths
from postloan.papers.record.paper_record import record_of
from postloan.workbench import show

DOCUMENTS = ("quarterly_brief", "quarterly_report")


@pytest.fixture(scope="module")
def made(sample_run):
    """Every unit's papers: by unit, path and bytes."""
    paths = [path for name in DOCUMENTS for path in sorted((sample_run / "2014Q2" / name).iterdir())]
    return [(path.name.partition("_")[0], str(path.relative_to(sample_run / "2014Q2")), path.read_bytes()) for path in paths]


def written(book) -> dict[tuple[str, str, str], Decimal | None]:
    """What measures.csv says: value by measure, grain and subject."""
    return {(name, grain, subject): value for name, grain, subject, value, *_ in book.measure_rows()}


def test_every_measure_in_a_units_paper_is_that_units_in_measures_csv(branch2014, made):
    now, before = written(branch2014), written(branch2014.before)
    managers = {row["staff_id"]: row["unit_id"] for row in branch2014.rows("holder", "staff_id")}
    customers = dict(branch2014.clean.con.execute("SELECT customer_id, unit_id FROM customer").fetchall())
    seen = 0
    for unit, path, content in made:
        for figure in record_of(read_package(Path(path), content)).figures:
            one = figure.identity
            if not one.measure or one.grain == "customer":
                assert one.grain != "customer" or customers[one.subject] == unit, (path, one.key)
                continue
            assert (one.grain, one.subject) == ("unit", unit) or (one.grain == "manager" and managers[one.subject] == unit), (path, one.key)
            of = (one.measure, one.grain, one.subject)
            this, last = now.get(of), before.get(of)
            expected = (None if None in (this, last) else this - last) if one.change else last if one.period != "2014Q2" else this
            assert figure.value == expected, (path, one.key, figure.text)
            seen += 1
    assert seen > 6 * len(all_measures())


def test_every_finding_in_a_units_paper_is_that_units(branch2014, made):
    index_numbers = {finding.index_no: finding.unit_id for finding in branch2014.findings_made}
    for unit, path, content in made:
        text = goldens.text_of(path, content)
        assert all(of == unit for index_no, of in index_numbers.items() if index_no in text), path


def test_a_units_paper_names_neither_the_bank_nor_another_unit(branch2014, made):
    for unit, path, content in made:
        text, others = goldens.text_of(path, content), {branch2014.unit_names[other] for other in branch2014.units() if other != unit}
        for word in ("全行", "各经营行", *others):
            assert word not in text, (path, word, text[max(0, text.find(word) - 30) : text.find(word) + 30])
        assert branch2014.unit_names[unit] in text


def test_no_table_of_a_units_paper_is_left_with_nothing_but_its_head(made):
    import docx

    for _, path, content in made:
        if path.endswith(".docx"):
            assert all(len(table.rows) > 1 for table in docx.Document(BytesIO(content)).tables), path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_banks_own_paper_lies_beside_the_folder_of_the_units(branch2014, name):
    suffixes = {Path(file).suffix for file in document(name).templates}
    assert set(paper_paths(branch2014, name, [WHOLE_BANK])) == {name + suffix for suffix in suffixes}
    assert set(paper_paths(branch2014, name, ["0121"])) == {f"{name}/0121_市场一部{suffix}" for suffix in suffixes}
    assert len(paper_paths(branch2014, name)) == len(suffixes) * (1 + len(branch2014.units()))


def test_what_a_notebook_shows_of_one_unit_is_the_units(branch2014):
    page = show.figures(branch2014, ["customers_in_scope"], ["0121"]).data
    assert "市场一部：2014年二季度主要指标" in page and ">15户<" in page.replace(" ", "")
    assert show.figures(branch2014, ["customers_in_scope"], [WHOLE_BANK]).data == show.figures(branch2014, ["customers_in_scope"]).data
    found = show.findings_by_unit(branch2014, ["0121"]).data
    assert "市场一部" in found and "市场二部" not in found and ">20<" in found.replace(" ", "")
    assert "市场二部" not in show.by_unit(branch2014, ["score"], ["0121"]).data
    assert show.timeliness(branch2014, ["0121"]).data != show.timeliness(branch2014).data
