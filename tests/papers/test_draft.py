"""Papers of data that would have stopped the run bear 草稿, and papers of data that lost a little say how much."""

import io
import json
import re
import shutil
import zipfile
from dataclasses import replace

import docx
import pytest
from command_line import postloan
from places import TINY
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.errors import BadFile
from postloan.figures.compute import compute
from postloan.figures.settings import Settings
from postloan.papers.make import papers
from postloan.papers.notice_register import read_register
from postloan.papers.paths import WHOLE_BANK
from postloan.period import Period
from postloan.policy import read_policy
from postloan.workdays import Calendar


def book_of(folder, line, draft):
    shutil.copytree(TINY, folder)
    with (folder / "loan_balance.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    policy = read_policy("branch2014")
    settings = Settings(Period.parse("2014Q2"), policy, Calendar.load(policy.calendar, None))
    return compute(screen(open_package(folder)), replace(settings, draft=draft))


def headers(paper):
    with zipfile.ZipFile(io.BytesIO(paper)) as parts:
        wanted = [name for name in parts.namelist() if name.startswith(("word/header", "xl/worksheets/sheet"))]
        return [parts.read(name).decode() for name in wanted], parts.read("docProps/core.xml").decode()


STOPPING = "2014-06-30,L98,9000000,?,A1,,"


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    """The book of a draft, of data that stop a run."""
    with pytest.raises(BadFile):
        book_of(tmp_path_factory.mktemp("stopped") / "data", STOPPING, draft=False)
    return book_of(tmp_path_factory.mktemp("draft") / "data", STOPPING, draft=True)


@pytest.mark.parametrize("document", ["quarterly_report", "monitoring_paper"])
def test_every_header_and_the_title_say_draft(draft, document):
    for path, paper in papers(draft, document, [WHOLE_BANK, "002"]):
        heads, title = headers(paper)
        assert heads and all("草稿" in head for head in heads), path
        assert "<dc:title>草稿 " in title


def test_a_little_lost_balance_is_said_on_every_page(tmp_path):
    made = dict(papers(book_of(tmp_path / "lost", "2014-06-30,L98,1000,?,A1,,", draft=False), "quarterly_brief", [WHOLE_BANK]))
    heads, title = headers(made["quarterly_brief.docx"])
    assert heads and all("未采用" in head and "1000" in head and "草稿" not in head for head in heads)
    assert "草稿" not in title


def test_a_paper_printed_on_both_sides_is_a_draft_on_each_page(draft):
    made = dict(papers(draft, "quarterly_brief", [WHOLE_BANK]))
    with zipfile.ZipFile(io.BytesIO(made["quarterly_brief.docx"])) as parts:
        assert b"evenAndOddHeaders" in parts.read("word/settings.xml")
        sections = re.findall(r"<w:sectPr.*?</w:sectPr>", parts.read("word/document.xml").decode(), re.DOTALL)
    kinds = [set(re.findall(r'<w:headerReference [^>]*w:type="(\w+)"', section)) for section in sections]
    assert {"default", "even"} <= set().union(*kinds)


# Finished drafts


TOTAL = "as_of,source,measure,unit_id,value,difference_reason\n2014-06-30,ledger,loan_balance,,15000001,\n"


@pytest.fixture(scope="module")
def differing(tmp_path_factory):
    """The sample with a control total that stops a run."""
    data = tmp_path_factory.mktemp("differing") / "data"
    shutil.copytree(TINY, data)
    (data / "control_total.csv").write_text(TOTAL, encoding="utf-8")
    return data


def made(data, out, *documents, draft=True):
    asked = ["run", *documents, "--period", "2014Q2", "--data", data, "--out", out, "--prepared-on", "2014-07-05"]
    assert postloan(*asked, *(["--draft"] if draft else [])).code == 0
    return out / "2014Q2"


def papers_in(folder):
    return sorted(path for path in folder.iterdir() if path.suffix in (".docx", ".xlsx"))


def test_verify_tells_a_draft_and_finds_no_damage_in_it(differing, tmp_path):
    folder = made(differing, tmp_path, "quarterly_report", "--unit", "002") / "quarterly_report"
    for more in ([], ["--data", differing]):
        said = postloan("verify", *papers_in(folder), *more, lang="zh")
        assert said.code == 1 and said.output.count("草稿，不得签发") == 2 == said.output.count("错误1处，提示0处"), said
    told = json.loads(postloan("verify", papers_in(folder)[0], "--json").output)["papers"][0]
    assert told["draft"] == "草稿" and [remark["kind"] for remark in told["remarks"]] == ["draft"]


def test_a_draft_whose_mark_was_taken_out_is_still_told(differing, tmp_path):
    paper = made(differing, tmp_path, "quarterly_brief") / "quarterly_brief.docx"
    document = docx.Document(paper)
    document.core_properties.title = "小结"
    for section in document.sections:
        for header in (section.header, section.first_page_header, section.even_page_header):
            for paragraph in header.paragraphs:
                for run in paragraph.runs:
                    run.text = ""
    document.save(paper)
    assert "草稿，不得签发" in postloan("verify", paper, lang="zh").output


def test_a_paper_that_is_no_draft_is_not_told_as_one(tmp_path):
    said = postloan("verify", made(TINY, tmp_path, "quarterly_brief", draft=False) / "quarterly_brief.docx", lang="zh")
    assert said.code == 0 and "草稿" not in said.output


def test_notices_of_a_draft_did_not_go_out_and_their_numbers_are_taken_over(differing, tmp_path):
    notice = made(differing, tmp_path, "rectification_notice") / "rectification_notice/002_甲部.docx"
    drafted = read_register(tmp_path)
    assert drafted and not any(entry.made for entry in drafted.values()) and "草稿" in postloan("verify", notice, lang="zh").output
    made(TINY, tmp_path, "rectification_notice", draft=False)
    assert read_register(tmp_path).keys() == drafted.keys() and all(entry.made for entry in read_register(tmp_path).values())
    assert "草稿" not in postloan("verify", notice, lang="zh").output
