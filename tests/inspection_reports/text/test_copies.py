"""What was copied is found and named, what merely sounds alike is not."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from held_out import MAKERS, Report, corpus
from hypothesis import given
from hypothesis import strategies as st
from postloan.inspection_reports.analysis import QuarterTexts, find_copies, mask
from postloan.inspection_reports.analysis.families import families
from postloan.inspection_reports.analysis.similarity import longest_shared_passage, similarity
from rapidfuzz import fuzz

LONG = "企业本季开工正常，{a}万元的订单已经排到下月，车间主任认为人手略紧。仓库里的坯布比上季少了{b}%，多数已被老客户订走。下游回款集中在月末，财务把票据贴现的节奏放慢了一些。"
OTHER = "客户的冷库上月检修，停机四天，冻品转存到邻近的租库。商超渠道压价明显，经营者打算把重心移到社区团购，正在谈两家平台。原粮合同锁到年底，毛利暂时稳住。"


def table(reports: list[Report], section: str = "operations") -> pa.Table:
    columns = {name: [getattr(report, name) for report in reports] for name in ("inspection_id", "customer_id", "customer_name", "text")}
    return pa.table({**columns, "section": [section] * len(reports), "submitted_at": range(len(reports))})


def rows(*given: tuple[str, str, str | None], section: str = "finance", start: int = 0) -> pa.Table:
    """Sections as (inspection, customer, text), submitted in this order."""
    ids, customers, texts = zip(*given, strict=True)
    return pa.table(
        {
            "inspection_id": ids,
            "customer_id": customers,
            "section": [section] * len(ids),
            "submitted_at": range(start, start + len(ids)),
            "text": pa.array(texts, pa.string()),
        }
    )


@pytest.mark.parametrize("maker", list(MAKERS))
@pytest.mark.parametrize("count", [300, pytest.param(2000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("rounding", [int, lambda share: -int(-share // 1)])
def test_copies_are_found_and_the_forms_the_trades_and_the_managers_phrases_are_not(
    maker: str, count: int, rounding: Callable[[float], int]
) -> None:
    reports = corpus(maker, count, seed=count + 1, rounding=rounding)
    origin = {report.inspection_id: report.original or report.inspection_id for report in reports}
    found = {row["inspection_id"]: row for row in find_copies(table(reports)).to_pylist()}
    right = {one for one, row in found.items() if origin[one] == origin[row["other_inspection_id"]]}
    recall = {kind: [report.inspection_id in right for report in reports if report.kind == kind] for kind in "ABC"}
    assert all(recall["A"])
    assert sum(recall["B"]) >= 0.98 * len(recall["B"])
    assert sum(recall["C"]) >= 0.90 * len(recall["C"])
    assert len(right) >= 0.99 * len(found)
    assert all(found[one]["original_inspection_id"] == origin[one] for one in right)


@pytest.mark.parametrize("maker", list(MAKERS))
def test_reports_in_short_sections_are_found_out_section_by_section(maker: str) -> None:
    reports = corpus(maker, 600, seed=77)
    parts = [
        (report, place, "".join(report.sentences[place * len(report.sentences) // 4 : (place + 1) * len(report.sentences) // 4]))
        for report in reports
        for place in range(4)
    ]
    cut = pa.table(
        {
            "inspection_id": [report.inspection_id for report, _, _ in parts],
            "customer_id": [report.customer_id for report, _, _ in parts],
            "customer_name": [report.customer_name for report, _, _ in parts],
            "section": [f"section {place}" for _, place, _ in parts],
            "submitted_at": [int(report.inspection_id[1:]) for report, _, _ in parts],
            "text": [text for _, _, text in parts],
        }
    )
    origin = {report.inspection_id: report.original or report.inspection_id for report in reports}
    found = find_copies(cut).to_pylist()
    right = [row for row in found if origin[row["inspection_id"]] == origin[row["other_inspection_id"]]]
    caught = {row["inspection_id"] for row in right}
    assert all(report.inspection_id in caught for report in reports if report.kind == "A")
    assert len(right) >= 0.99 * len(found)


def test_three_sentences_of_four_are_no_copy_of_a_short_section() -> None:
    shared = LONG.split("。")[:3]
    first, second = (
        "。".join([*shared, "应付账款里有两笔设备尾款存在争议，双方约定仲裁前不付"]),
        "。".join([*shared, "老板的弟弟接手了外贸，客户名册随之换了一半多"]),
    )
    assert find_copies(rows(("R1", "K1", first), ("R2", "K2", second)), similarity=0.85).num_rows == 0


def test_one_copy_among_three_reports_is_found_and_both_are_named() -> None:
    found = find_copies(
        rows(("R1", "K1", LONG.format(a=120, b=8)), ("R2", "K2", OTHER), ("R3", "K3", LONG.format(a="2,300.5", b=11)))
    ).to_pylist()
    assert [(row["inspection_id"], row["other_inspection_id"], row["similarity"]) for row in found] == [
        ("R1", "R3", 1.0),
        ("R3", "R1", 1.0),
    ]
    assert {row["family"] for row in found} == {"finance:R1"}
    assert all(row["passage"] in LONG and len(row["passage"]) > 30 for row in found)


def test_a_family_is_one_family_with_the_report_submitted_first_as_its_original() -> None:
    copies = [(f"R{place}", f"K{place}", LONG.format(a=place, b=place)) for place in range(60)]
    found = find_copies(rows(*copies, ("S", "X", OTHER))).to_pylist()
    assert len(found) == 60
    assert {row["family"] for row in found} == {"finance:R0"}
    assert {row["other_inspection_id"] for row in found if row["inspection_id"] != "R0"} == {"R0"}


def test_two_reports_on_one_customer_are_no_copies_of_each_other() -> None:
    assert find_copies(rows(("R1", "K1", LONG), ("R2", "K1", LONG))).num_rows == 0


def test_the_same_words_in_another_section_are_no_copy() -> None:
    now = pa.concat_tables([rows(("R1", "K1", LONG), section="finance"), rows(("R2", "K2", LONG), section="operations")])
    assert find_copies(now).num_rows == 0


@pytest.mark.parametrize("text", ["", None, "企业经营正常，未见异常。", "无"])
def test_short_and_missing_sections_are_left_out(text: str | None) -> None:
    assert find_copies(rows(("R1", "K1", text), ("R2", "K2", text))).num_rows == 0


def test_an_empty_quarter_has_no_copies() -> None:
    assert find_copies(rows(("R1", "K1", LONG)).slice(0, 0)).num_rows == 0


def test_sections_that_share_the_blank_form_only_are_no_copies() -> None:
    form = "检查人员应当逐项核对企业提供的财务报表、纳税申报表、银行对账单和购销合同，并在本栏写明核对的结果及发现的问题。以下由客户经理双人填写并签字确认，复核人员应当在三个工作日内完成复核并提出意见。"
    first, second = form + "本季产销两旺，新线投产，招了一批熟练工。", form + "老板出国考察，日常由其弟打理，账目齐整。"
    assert find_copies(rows(("R1", "K1", first), ("R2", "K2", second)), least=60, own_words={form}).num_rows == 0


def test_last_quarters_own_text_is_found_and_another_customers_is_not() -> None:
    before = rows(("Q1", "K1", LONG.format(a=5, b=6)), ("Q2", "K2", OTHER))
    now = rows(("R1", "K1", LONG.format(a=7, b=8)), ("R3", "K3", OTHER), start=10)
    found = find_copies(now, before).to_pylist()
    assert [(row["inspection_id"], row["other_inspection_id"], row["own_previous"]) for row in found] == [("R1", "Q1", True)]
    assert found[0]["passage"] in LONG


def test_signatures_kept_in_parquet_give_what_the_texts_give(tmp_path: Path) -> None:
    reports = corpus("form and trade", 80, seed=4)
    kept = QuarterTexts.of(table(reports)).to_table()
    pq.write_table(kept, tmp_path / "signatures.parquet")
    rng = random.Random(1)
    later = table(
        [
            Report(f"N{r.inspection_id}", r.customer_id, r.customer_name, tuple(rng.sample(r.sentences, len(r.sentences))))
            for r in reports[::2]
        ]
    )
    by_texts, by_signatures = find_copies(later, table(reports)), find_copies(later, pq.read_table(tmp_path / "signatures.parquet"))
    assert by_signatures.equals(by_texts)
    assert sum(by_texts["own_previous"].to_pylist()) == 40


def test_kept_signatures_are_used_and_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = rows(("R1", "K1", LONG), start=9)
    kept = QuarterTexts.of(rows(("Q1", "K1", LONG))).to_table()
    quarter = QuarterTexts.of(now)
    monkeypatch.setattr(QuarterTexts, "of", lambda *_, **__: pytest.fail("signed again"))
    assert find_copies(quarter, kept)["other_inspection_id"].to_pylist() == ["Q1"]


def test_signatures_of_another_masking_are_made_again() -> None:
    kept = QuarterTexts.of(rows(("Q1", "K1", LONG)), own_words={"与本表无关的另一句话"}).to_table()
    assert find_copies(rows(("R1", "K1", LONG), start=9), kept)["other_inspection_id"].to_pylist() == ["Q1"]


def test_the_result_does_not_depend_on_the_order_of_the_rows() -> None:
    reports = table(corpus("stock and free", 150, seed=5))
    shuffled = reports.take(random.Random(3).sample(range(150), 150))
    by = [("inspection_id", "ascending")]
    assert find_copies(shuffled).sort_by(by).equals(find_copies(reports).sort_by(by))


SENTENCES = st.lists(st.text("产销库存资金订单", min_size=1, max_size=12), max_size=14)


@given(SENTENCES, SENTENCES)
def test_similarity_is_what_an_outsider_computes_sentence_by_sentence(a: list[str], b: list[str]) -> None:
    def share(these: list[str], those: list[str]) -> float:
        best = [max((fuzz.ratio(one, other) / 100 for other in those), default=0.0) for one in these]
        return sum(len(one) * (alike if alike >= least else 0) for one, alike in zip(these, best, strict=True))

    least = 0.5 if min(len(a), len(b)) < 10 else 0
    length = sum(map(len, a + b))
    assert similarity(a, b) == pytest.approx((share(a, b) + share(b, a)) / length if length else 0.0, abs=1e-5)
    assert similarity(a, b) == pytest.approx(similarity(b, a[::-1]), abs=1e-5)


@given(st.text("产销库存资", max_size=60), st.text("产销库存资", max_size=60))
def test_the_passage_is_the_longest_both_have(a: str, b: str) -> None:
    longest = max((end - start for start in range(len(a)) for end in range(start + 6, len(a) + 1) if a[start:end] in b), default=0)
    found = longest_shared_passage(a, b)
    assert len(found) == longest and found in a and found in b


def test_a_family_reaches_through_its_members() -> None:
    import numpy as np

    assert families(7, np.array([5, 3, 1]), np.array([3, 4, 4])).tolist() == [0, 1, 2, 1, 1, 1, 6]


def test_masking_leaves_copies_alike() -> None:
    one = mask(
        "截至2014年6月30日，浙江华阳纺织有限公司存款1,234.56万元，占百分之十二，法定代表人为张伟，三家供应商。", "浙江华阳纺织有限公司"
    )
    other = mask("截至6月末，江苏东方机械股份有限公司存款88万元，占3.5%，法定代表人为欧建国，五家供应商。", "江苏东方机械股份有限公司")
    assert one == other


def test_masking_leaves_words_with_numerals_alone() -> None:
    assert mask("进一步统一管理，一般情况下十分稳定。") == "进一步统一管理，一般情况下十分稳定。"


@given(st.text("0123456789年月日一二十百万元%.,，。客户甲有限公司张总经理\n\0 ", max_size=80))
def test_masking_many_is_masking_each(text: str) -> None:
    from postloan.inspection_reports.analysis.masking import mask_all

    assert mask_all([text, "另一段", text]) == [mask(text), "另一段", mask(text)]
    assert not re.search(r"\d", mask(text))
