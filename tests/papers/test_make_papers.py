"""Papers are filled in a child process: the same bytes however it is made, and limits that hold."""

import pytest
from officefill.ooxml import sandbox as limited
from postloan.errors import BadTemplate
from postloan.papers import make as module
from postloan.papers.make import papers, without_database


@pytest.mark.soak
def test_a_fresh_python_fills_the_same_papers_as_a_fork_and_as_this_process(tiny, monkeypatch):
    here = list(papers(tiny, "quarterly_report"))
    monkeypatch.setattr(limited, "_Fork", limited._FreshPython)
    assert list(papers(tiny, "quarterly_report")) == here
    monkeypatch.setenv(limited.INSIDE, "1")
    assert list(papers(tiny, "quarterly_report")) == here


def test_a_document_that_takes_too_long_ends_in_words(tiny, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0)
    monkeypatch.setattr(module, "SECONDS_A_PAPER", 0)
    with pytest.raises(BadTemplate, match="quarterly_brief.*\n.*more than 0 seconds"):
        list(papers(tiny, "quarterly_brief"))


def test_the_child_cannot_reach_for_the_database(tiny):
    apart = without_database(tiny)
    assert apart.clean.con is None and apart.period == tiny.period and apart.clean.inputs == tiny.clean.inputs
    with pytest.raises(AttributeError):
        _ = apart.unit_names
