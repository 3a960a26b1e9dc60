"""Every document there is: it has its notebook, its papers hold for every kind of bank, and the sample quarter's stay as they were read."""

import re
import zipfile
from io import BytesIO

import pytest
import refresh_goldens as goldens
from oracle.packages import make_package
from places import TINY
from postloan.papers.document import all_documents, notebook_of
from postloan.papers.make import papers
from postloan.papers.paths import WHOLE_BANK
from postloan.run import compute, take_in

DOCUMENTS = list(all_documents())
LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|None|nan|Decimal|不适用户|不适用份|，，|。。|、。|（）|\(\)|：。")


@pytest.fixture(scope="session")
def said(branch2014):
    return dict(goldens.golden_papers(branch2014))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_has_a_title_a_template_and_a_notebook(name):
    kind = all_documents()[name]
    assert kind.title and kind.templates and set(kind.per) <= {"bank", "unit"}
    assert notebook_of(name).exists()
    drawn = [template for template in kind.templates if (kind.folder / template).is_file()]
    assert drawn == kind.templates or kind.ledgers  # a workbook of ledgers alone is drawn by the program


def test_the_papers_of_the_sample_quarter_say_what_was_read_and_kept(said):
    kept = {path.name: path.read_text(encoding="utf-8") for path in goldens.GOLDEN.glob("*.txt")}
    assert said.keys() == kept.keys()
    for name in said:
        assert said[name].splitlines() == kept[name].splitlines(), (
            f"{name} changed: if it was meant to, run scripts/refresh_goldens.py and read the difference"
        )


@pytest.fixture(scope="session")
def other_banks(tmp_path_factory, tiny):
    """Banks of other kinds: every edge, without inspections, with loans only."""
    books = {"tiny": tiny}
    for name, left_out in (
        ("every edge", ()),
        ("no inspections", ("inspection", "report_section", "meeting", "waiver")),
        ("loans only", ("inspection", "report_section", "meeting", "waiver", "ab_role", "staff_role", "staff", "certificate", "credit_line", "deposit", "acceptance", "repayment", "sales", "account_transaction")),
    ):  # fmt: skip
        folder = tmp_path_factory.mktemp("bank") / "package"
        make_package(folder, 7, "2014Q2", 60, left_out)
        books[name] = compute(take_in(folder), "2014Q2")
    return books


@pytest.mark.parametrize("every_unit", [False, pytest.param(True, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(
    "bank", ["every edge", *(pytest.param(bank, marks=pytest.mark.soak) for bank in ("tiny", "no inspections", "loans only"))]
)
def test_its_papers_can_be_made_for_any_bank_without_a_blank_or_a_left_over(other_banks, bank, name, every_unit):
    last = other_banks[bank].units()[-1]  # an odd one, of which nearly nothing is known
    made = list(papers(other_banks[bank], name, [] if every_unit else [WHOLE_BANK, last]))
    assert made or all_documents()[name].tells or all_documents()[name].over  # who has nothing to be told gets no notice
    for path, content in made:
        text = goldens.text_of(path, content)
        assert len(text) > 200
        assert not LEFT_OVER.search(text), (
            f"{path}: …{text[max(0, LEFT_OVER.search(text).start() - 40) : LEFT_OVER.search(text).end() + 40]}…"
        )


@pytest.fixture(scope="module")
def tiny_again():
    return compute(take_in(TINY), "2014Q2")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_equal_books_make_equal_bytes_with_true_properties(tiny, tiny_again, name):
    first, second = (dict(papers(book, name)) for book in (tiny, tiny_again))
    assert first == second
    for content in first.values():
        core = zipfile.ZipFile(BytesIO(content)).read("docProps/core.xml").decode()
        assert "2014-06-30" in core and all_documents()[name].title in core
        assert "python-docx" not in core and "openpyxl" not in core


@pytest.mark.soak
def test_a_customer_may_be_called_anything(tmp_path):
    names = {"0001": "甲&乙", "0002": "A<B>公司", "0003": "{{恒丰}}", "0004": "=1+1", "0005": "{% if %}", "0006": "喆赟珺镕㎡〇"}
    folder = tmp_path / "package"
    folder.mkdir()
    for source in TINY.glob("*.csv"):
        text = source.read_text(encoding="utf-8")
        if source.stem == "customer":
            lines = [line.split(",") for line in text.splitlines()]
            at, key = lines[0].index("customer_name"), lines[0].index("customer_id")
            for line in lines[1:]:
                line[at] = names.get(line[key], line[at])
            text = "\n".join(map(",".join, lines)) + "\n"
        (folder / source.name).write_text(text, encoding="utf-8")
    book = compute(take_in(folder), "2014Q2")
    named = {finding.customer_name for finding in book.findings_made}
    assert named & set(names.values())
    for name in DOCUMENTS:
        for path, content in papers(book, name):
            text = goldens.text_of(path, content)
            if path.startswith("monitoring_paper/全行"):
                assert all(called in text for called in named)
