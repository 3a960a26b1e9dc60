"""Finished papers against today's data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from editing import edited, errors, kinds, replaced
from postloan.audit.verify import remarks_of
from postloan.audit.verify.current_data import CurrentData
from postloan.errors import BadCommand
from postloan.papers.record.finished_paper import FinishedPaper, open_paper


@pytest.fixture(scope="module")
def corrected(corrected_data: Path) -> CurrentData:
    return CurrentData(str(corrected_data))


def about(paper: FinishedPaper, **told: str) -> FinishedPaper:
    """The paper with something else in its record."""
    return replace(paper, record=replace(paper.record, about={**paper.record.about, **told}))


def test_the_same_data_say_the_same_of_every_paper(made: Path, today: CurrentData) -> None:
    for path in sorted(path for path in made.rglob("*") if path.suffix in (".docx", ".xlsx")):
        assert [remark.says for remark in remarks_of(open_paper(path), today)] == []


def test_figures_that_today_would_be_others_are_out_of_date(brief: Path, corrected: CurrentData) -> None:
    assert [remark.says for remark in remarks_of(open_paper(brief), corrected)] == [
        "out of date: 收回贷款金额（2014Q2） is 1.065亿元 here, 1.066亿元 by today's data",
        "out of date: 到期收回金额（2014Q2） is 7900万元 here, 7910万元 by today's data",
    ]


def test_a_sheet_s_figures_are_out_of_date_at_their_cells(annex: Path, corrected: CurrentData) -> None:
    remarks = remarks_of(open_paper(annex), corrected)
    assert set(kinds(remarks)) == {"figure_stale"}
    assert {(remark.part, remark.at) for remark in remarks} >= {("收回明细", "I8"), ("贷款收回", "E7")}


def test_with_another_template_figures_are_compared_by_name(brief: Path, corrected: CurrentData) -> None:
    paper = open_paper(brief)
    other = replace(paper, record=replace(paper.record, causes={**paper.record.causes, "template": "0", "rules": "0"}))
    remarks = remarks_of(other, corrected)
    assert sorted(set(kinds(remarks))) == ["cause_changed", "figure_stale", "template_changed"]
    assert len(errors(remarks)) == 2


def test_a_policy_of_the_bank_s_own_must_be_given(brief: Path, today: CurrentData) -> None:
    with pytest.raises(BadCommand, match="none of the program's"):
        remarks_of(about(open_paper(brief), policy="our_own"), today)


def test_customers_of_the_data_are_known_names(brief: Path, today: CurrentData, tmp_path: Path) -> None:
    path = edited(brief, tmp_path / "a.docx", replaced("具体问题", "澜州长江水泥有限公司的具体问题"))
    assert "name_unknown" not in kinds(remarks_of(open_paper(path)))
    told = [remark.says for remark in remarks_of(open_paper(path), today) if remark.kind == "name_unknown"]
    assert told == ["unknown name '澜州长江水泥有限公司'; did you mean '澜州长河水泥有限公司'?"]
