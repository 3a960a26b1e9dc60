"""Papers of data that would have stopped the run bear 草稿, and papers of data that lost a little say how much."""

import io
import re
import shutil
import zipfile
from dataclasses import replace

import pytest
from places import TINY
from postloan.data.intake import open_package
from postloan.data.screen import screen
from postloan.errors import BadFile
from postloan.figures.book import Settings
from postloan.figures.compute import compute
from postloan.papers.make import papers
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


@pytest.mark.parametrize("document", ["quarterly_report", "monitoring_paper"])
def test_every_header_and_the_title_say_draft(tmp_path, document):
    line = "2014-06-30,L98,9000000,?,A1,,"
    with pytest.raises(BadFile):
        book_of(tmp_path / "stopped", line, draft=False)
    for path, paper in papers(book_of(tmp_path / "draft", line, draft=True), document):
        heads, title = headers(paper)
        assert heads and all("草稿" in head for head in heads), path
        assert "<dc:title>草稿 " in title


def test_a_little_lost_balance_is_said_on_every_page(tmp_path):
    made = dict(papers(book_of(tmp_path / "lost", "2014-06-30,L98,1000,?,A1,,", draft=False), "quarterly_brief"))
    heads, title = headers(made["quarterly_brief.docx"])
    assert heads and all("未采用" in head and "1000" in head and "草稿" not in head for head in heads)
    assert "草稿" not in title


def test_a_paper_printed_on_both_sides_is_a_draft_on_each_page(tmp_path):
    made = dict(papers(book_of(tmp_path / "draft", "2014-06-30,L98,9000000,?,A1,,", draft=True), "quarterly_brief"))
    with zipfile.ZipFile(io.BytesIO(made["quarterly_brief.docx"])) as parts:
        assert b"evenAndOddHeaders" in parts.read("word/settings.xml")
        sections = re.findall(r"<w:sectPr.*?</w:sectPr>", parts.read("word/document.xml").decode(), re.DOTALL)
    kinds = [set(re.findall(r'<w:headerReference [^>]*w:type="(\w+)"', section)) for section in sections]
    assert {"default", "even"} <= set().union(*kinds)
