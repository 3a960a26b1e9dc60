"""Rules that read the reports: each just under, at and over its limit, from given sections and from Word files."""

import csv
import random
import shutil
from io import BytesIO

import docx
import pytest
from PIL import Image
from places import BRANCH, TINY
from postloan.figures.book_writer import parquet_bytes
from postloan.figures.compute import make_book
from postloan.run import compute, take_in
from postloan.workbench.report_cells import similar_photos
from postloan.workbench.report_quality import photo_pairs

REPORTS = ("R1", "R2", "R3", "R5", "R5B", "R6", "R7")
SECTIONS = ("sales_return", "operations", "finance", "counterparties", "cash_flow")
LABELS = {"sales_return": "销售资金归行分析", "operations": "客户生产经营综合核查分析", "finance": "客户财务情况核查", "counterparties": "上下游交易对手分析", "cash_flow": "企业现金流分析"}  # fmt: skip
HANZI = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光果珍李柰菜重芥姜海咸河淡鳞潜羽翔"


def words(length, seed):
    """Text of exactly `length` characters that says nothing and is like no other seed's."""
    return "".join(HANZI[(seed * 37 + i * (seed % 7 + 3) + i * i) % len(HANZI)] for i in range(length))


def full(seed):
    """A report with nothing to complain of."""
    text = {name: words(70, seed * 5 + n) for n, name in enumerate(SECTIONS)}
    return text | {name: f"收入{seed}1万元，回笼{seed}2万元，" + text[name] for name in ("sales_return", "finance")}


def book(tmp_path, texts=None, policy="branch2014", inspection=None, files=(), **tables):
    """The book of `tiny` with these section texts instead of its own; `texts` maps a report to its sections."""
    data = tmp_path / "data"
    shutil.copytree(TINY, data)
    reports = {name: full(seed) for seed, name in enumerate(REPORTS, 1)} | (texts or {})
    rows = [(report, name, text) for report, sections in reports.items() for name, text in sections.items() if report not in files]
    write(data / "report_section.csv", ["inspection_id", "section", "text"], rows)
    for name, change in {"inspection": inspection or (lambda row: row), **tables}.items():
        held = list(csv.DictReader((data / f"{name}.csv").open(encoding="utf-8", newline="")))
        write(data / f"{name}.csv", list(held[0]), [list(change(row).values()) for row in held])
    return make_book(data, "2014Q2", policy)


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def found(made, rule):
    return sorted((f.row["inspection_id"], f.row.get("section", "")) for f in made.findings_made if f.rule.name == rule)


TEXT_RULES = [
    "report_section_blank", "report_no_numbers", "report_too_simple", "report_boilerplate",
    "report_stale_statements", "report_figure_mismatch", "report_no_followup",
]  # fmt: skip


def test_full_reports_break_no_rule(tmp_path):
    made = book(tmp_path)
    assert not [f for f in made.findings_made if f.rule.name in TEXT_RULES]
    assert made.figure("report_score") is not None and made.figure("blank_rate") == 0


def test_a_blank_section_is_one_finding_and_its_length_none(tmp_path):
    blanks = dict(zip(REPORTS, ["", "无", "/", "-", "略", "不适用", " 无。 "], strict=True))
    made = book(tmp_path, {report: full(seed) | {"cash_flow": blank} for seed, (report, blank) in enumerate(blanks.items(), 1)})
    assert found(made, "report_section_blank") == [(report, "cash_flow") for report in REPORTS]
    assert found(made, "report_no_numbers") == []


def test_an_absent_section_is_blank_and_a_word_the_policy_allows_is_not(tmp_path):
    policy = tmp_path / "own.yaml"
    policy.write_text("based_on: branch2014\nsections: {cash_flow: {allowed: [无]}}\n", encoding="utf-8")
    texts = {"R1": {k: v for k, v in full(1).items() if k != "operations"}, "R3": full(3) | {"cash_flow": "无"}}
    assert found(book(tmp_path, texts, str(policy)), "report_section_blank") == [("R1", "operations")]


def test_two_numeric_facts_are_enough_and_one_is_not(tmp_path):
    texts = {
        "R1": full(1) | {"finance": "资产5万元，" + words(70, 90)},
        "R3": full(3) | {"finance": "资产5万元，负债率40%，" + words(70, 91)},
    }
    made = book(tmp_path, texts)
    assert found(made, "report_no_numbers") == [("R1", "finance")]
    finding = next(f for f in made.findings_made if f.rule.name == "report_no_numbers")
    assert (finding.value, finding.limit) == ("1", "2")


def test_a_report_is_too_simple_under_300_characters_or_with_two_short_sections(tmp_path):
    def sized(seed, *lengths):
        facts = {"sales_return": "1万元，2万元，", "finance": "3万元，4万元，"}
        sizes = dict(zip(SECTIONS, lengths, strict=True))
        return {n: facts.get(n, "") + words(size - len(facts.get(n, "")), seed + i) for i, (n, size) in enumerate(sizes.items())}

    texts = {
        "R1": sized(100, 60, 60, 60, 60, 60),  # 300 and none short
        "R3": sized(110, 61, 60, 60, 60, 58),  # 299
        "R6": sized(120, 90, 90, 90, 90, 59),  # one short
        "R7": sized(130, 90, 90, 90, 59, 59),  # two short
    }
    assert [report for report, _ in found(book(tmp_path, texts), "report_too_simple")] == ["R3", "R7"]


def test_a_copy_with_names_and_numbers_changed_is_found_and_names_the_original(tmp_path):
    text = "经现场核实，{0}本季开工正常，订单较上季增长{1}%，仓库存货{2}万元，账实相符。主要客户回款及时，用电量与产量匹配，未发现停产、欠薪、涉诉情况。"
    texts = {
        "R1": full(1) | {"operations": text.format("甲一纺织厂", 12, 345)},
        "R6": full(6) | {"operations": text.format("乙三机械厂", 9, 78)},
    }
    made = book(tmp_path, texts)
    assert found(made, "report_boilerplate") == [("R1", "operations"), ("R6", "operations")]
    late = next(f for f in made.findings_made if f.rule.name == "report_boilerplate" and f.row["inspection_id"] == "R1")
    assert "R6" in late.evidence and "用电量与产量匹配" in late.evidence and "乙三机械厂" in late.words
    assert made.figure("report_defects") == 3  # both, and the one tiny has without a review


def test_copying_ones_own_report_of_last_quarter_is_found_also_from_what_that_run_kept(tmp_path):
    text = "现场查看生产线开工、仓库存货和项目建设情况，核查用水用电及担保等情况，与企业管理人员进行了面谈，了解到企业订单充足，经营稳定，未发现异常。"
    made = book(tmp_path, {"R1": full(1) | {"operations": text}})
    kept = tmp_path / "out"
    shutil.copytree(tmp_path / "data", tmp_path / "before")
    section = tmp_path / "before" / "inspection.csv"
    section.write_text(section.read_text(encoding="utf-8").replace("2014Q2", "2014Q1").replace("2014-06", "2014-03"), encoding="utf-8")
    before = compute(take_in(tmp_path / "before"), "2014Q1")
    assert found(made, "report_boilerplate") == []
    (kept / "2014Q1").mkdir(parents=True)
    (kept / "2014Q1" / "report_texts.parquet").write_bytes(parquet_bytes(before.report_texts))
    again = compute(take_in(tmp_path / "data"), "2014Q2", out=kept)
    own = [f for f in again.findings_made if f.rule.name == "report_boilerplate"]
    assert ("R1", "operations") in found(again, "report_boilerplate") and all("上季报告" in f.words for f in own)


def test_statements_older_than_the_policy_allows(tmp_path):
    cited = {"R1": "2014年2月末", "R3": "2014年1月末", "R6": "2013年末", "R7": "2014年5月末"}
    told = {report: f"根据财务报表，{day}资产总额120万元，负债总额60万元，" for report, day in cited.items()}
    texts = {report: full(seed) | {"finance": text + words(60, 200 + seed)} for seed, (report, text) in enumerate(told.items(), 10)}
    assert found(book(tmp_path, texts), "report_stale_statements") == [("R3", ""), ("R6", "")]


@pytest.mark.parametrize(
    ("quoted", "broken"), [("100万元", False), ("105万元", False), ("104万元", False), ("110万元", True), ("60万元", False)]
)
def test_a_quoted_figure_that_the_tables_contradict(tmp_path, quoted, broken):
    text = f"2014年4月至5月，企业销售收入{quoted}，我行回笼30万元，" + words(60, 210)
    made = book(tmp_path, {"R1": full(1) | {"sales_return": text}})  # the tables hold 1,000,000 yuan for the quarter
    assert (found(made, "report_figure_mismatch") == [("R1", "")]) == broken


def test_a_problem_of_last_quarter_that_the_report_does_not_speak_of(tmp_path):
    policy = tmp_path / "own.yaml"
    policy.write_text("based_on: branch2014\nfollowed_up: [class5_above_floor]\n", encoding="utf-8")

    def overdue(row):
        return row | (
            {"class5": "pass", "principal_overdue_from": "2014-01-15"}
            if row["as_of"] == "2014-03-31" and row["loan_id"] in ("L01", "L03")
            else {}
        )

    spoken = {"R2": full(2) | {"operations": "上季提示的逾期问题已经整改。" + words(70, 220)}}
    made = book(tmp_path, spoken, str(policy), loan_balance=overdue)
    assert found(made, "report_no_followup") == [("R1", "")]


def word(path, sections):
    paper = docx.Document()
    for name, text in sections.items():
        paper.add_heading(LABELS[name], 1)
        paper.add_paragraph(text)
    paper.save(path)


def test_a_word_report_counts_as_its_sections_do_and_an_unreadable_one_is_named_and_left_alone(tmp_path):
    names = {"R1": "报告/R1.docx", "R3": "报告/R3.docx"}
    unread = book(tmp_path, inspection=lambda row: row | {"report_file": names.get(row["inspection_id"], "")}, files=names)
    assert {p.value for p in unread.problems_found if p.field == "report_file"} == set(names.values())
    assert not [report for report, _ in found(unread, "report_section_blank") if report in names]
    (tmp_path / "data" / "报告").mkdir()
    word(tmp_path / "data" / names["R1"], full(1) | {"counterparties": "略"})
    (tmp_path / "data" / names["R3"]).write_bytes(b"\xd0\xcf\x11\xe0 an old file")
    made = make_book(tmp_path / "data", "2014Q2")
    assert found(made, "report_section_blank") == [("R1", "counterparties")]
    assert [(p.check, p.value) for p in made.problems_found if p.field == "report_file"] == [("unreadable_report", names["R3"])]
    assert made.figure("reports_submitted") == 7


def test_one_photograph_in_two_customers_reports_is_reuse_and_a_likeness_only_a_hint(tmp_path):
    names = {"R1": "R1.docx", "R6": "R6.docx", "R7": "R7.docx"}
    book(tmp_path, inspection=lambda row: row | {"report_file": names.get(row["inspection_id"], "")})
    rng = random.Random(5)
    scene = Image.new("RGB", (640, 480))
    for _ in range(60):
        x, y, side = rng.randrange(600), rng.randrange(440), rng.randrange(20, 160)
        scene.paste(tuple(rng.randrange(256) for _ in range(3)), (x, y, x + side, y + side))
    scene.save(tmp_path / "a.png")
    scene.resize((500, 375)).save(tmp_path / "b.jpg", quality=70)
    for report, picture in (("R1", "a.png"), ("R6", "a.png"), ("R7", "b.jpg")):
        paper = docx.Document()
        paper.add_heading(LABELS["operations"], 1)
        paper.add_picture(str(tmp_path / picture))
        paper.save(tmp_path / "data" / names[report])
    made = make_book(tmp_path / "data", "2014Q2")
    assert found(made, "report_photo_reused") == [("R1", "")]  # R6 came in first
    alike = [f for f in made.findings_made if f.rule.name == "photo_alike"]
    assert len(alike) == 1 and alike[0].rule.severity == "hint" and alike[0].deduction == 0
    ((finding, here, there),) = photo_pairs(made, "002")
    assert finding.rule.name == "report_photo_reused" and here == there and Image.open(BytesIO(here)).size == (320, 240)
    assert similar_photos(made, "002").data.count("<img") == 2


def test_the_blank_forms_own_words_are_no_answer(tmp_path):
    book(tmp_path, inspection=lambda row: row | {"report_file": "R1.docx" if row["inspection_id"] == "R1" else ""}, files=("R1",))
    guidance = "本项请填写企业经营现金流、投资现金流和筹资现金流的构成、变化及原因，并说明与上季相比的差异。"
    form = dict.fromkeys(SECTIONS, "") | {"cash_flow": guidance}
    word(tmp_path / "data" / "R1.docx", full(1) | {"cash_flow": guidance})
    assert found(make_book(tmp_path / "data", "2014Q2"), "report_section_blank") == []
    word(tmp_path / "data" / "空白检查报告.docx", form)
    assert found(make_book(tmp_path / "data", "2014Q2"), "report_section_blank") == [("R1", "cash_flow")]


def test_reports_of_last_quarter_whose_text_was_not_exported_are_undefined_and_not_blank(tmp_path, branch2014):
    data = tmp_path / "data"
    shutil.copytree(BRANCH, data)
    kept = {row[0] for row in branch2014.clean.con.execute("SELECT inspection_id FROM inspection WHERE period = '2014Q2'").fetchall()}
    header, *lines = (data / "检查报告章节.csv").read_text(encoding="utf-8-sig").splitlines()
    (data / "检查报告章节.csv").write_text(
        "\n".join([header, *(line for line in lines if line.split(",")[0] in kept)]) + "\n", encoding="utf-8-sig"
    )
    made = make_book(data, "2014Q2")
    assert branch2014.previous("blank_rate") > 0 and made.figure("blank_rate") == branch2014.figure("blank_rate")
    assert made.previous("blank_rate") is made.previous("report_score") is made.previous("score") is None
    assert made.previous("inspection_coverage") == branch2014.previous("inspection_coverage")


def test_a_section_with_a_picture_is_judged_only_where_its_text_suffices(tmp_path):
    book(tmp_path, inspection=lambda row: row | {"report_file": f"{row['inspection_id']}.docx" if row["submitted_at"] else ""})
    data = tmp_path / "data"
    (data / "report_section.csv").unlink()
    for seed, report in enumerate(REPORTS, 1):
        paper = docx.Document()
        for name, text in full(seed).items():
            paper.add_heading(LABELS[name], 1)
            paper.add_paragraph("" if (report, name) in {("R1", "finance"), ("R3", "finance"), ("R6", "counterparties")} else text)
            if (report, name) in {("R1", "finance"), ("R2", "operations"), ("R6", "counterparties")}:
                scene = BytesIO()
                Image.effect_noise((200, 150), 90).save(scene, "PNG")
                paper.add_picture(scene)
        paper.save(data / f"{report}.docx")
    made = make_book(data, "2014Q2")
    assert found(made, "report_section_blank") == [("R3", "finance")]
    assert found(made, "report_no_numbers") == [] and found(made, "report_too_simple") == [("R3", "")]
    told = {p.file: p.says for p in made.problems_found if p.check == "section_unread"}
    assert set(told) == {"R1.docx", "R6.docx"} and LABELS["finance"] in told["R1.docx"]


def test_a_report_without_text_in_a_package_of_files_is_told_and_not_judged(tmp_path):
    book(
        tmp_path,
        inspection=lambda row: (
            row | {"report_file": f"{row['inspection_id']}.docx" if row["inspection_id"] in REPORTS[:4] + REPORTS[5:] else ""}
        ),
    )
    data = tmp_path / "data"
    (data / "report_section.csv").unlink()
    for seed, report in enumerate(REPORTS, 1):
        word(data / f"{report}.docx", full(seed))
    (data / "R3.docx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(500) + "EncryptedPackage".encode("utf-16-le"))
    (data / "R6.docx").unlink()
    scan, picture = docx.Document(), BytesIO()
    Image.effect_noise((200, 150), 90).save(picture, "PNG")
    scan.add_picture(picture)
    scan.save(data / "R7.docx")
    made = make_book(data, "2014Q2")
    assert [rule for rule in TEXT_RULES if found(made, rule)] == []
    told = {
        (p.check, p.says.split(":")[0].removeprefix("inspection "))
        for p in made.problems_found
        if p.check in ("unreadable_report", "no_report_text")
    }
    assert {report for _, report in told} == {"R3", "R6", "R7", "R5B"}
    assert made.figure("reports_unread") == 4 and made.figure("reports_submitted") == 7


def test_a_section_that_may_stand_under_a_strange_heading_is_told_and_not_judged(tmp_path):
    named = {"R1": "钱款运转", "R3": "其他事项"}
    book(tmp_path, inspection=lambda row: row | {"report_file": f"{row['inspection_id']}.docx" if row["inspection_id"] in REPORTS else ""})
    data = tmp_path / "data"
    (data / "report_section.csv").unlink()
    for seed, report in enumerate(REPORTS, 1):
        paper = docx.Document()
        for number, (name, text) in zip("一二三四五", full(seed).items(), strict=True):
            other = named.get(report) if name == "cash_flow" else None
            paper.add_paragraph(f"{number}、{other or LABELS[name]}")
            paper.add_paragraph(text)
        paper.save(data / f"{report}.docx")
    made = make_book(data, "2014Q2")
    assert found(made, "report_section_blank") == [("R3", "cash_flow")]
    assert [(p.file, "钱款运转" in p.says) for p in made.problems_found if p.check == "section_unread"] == [("R1.docx", True)]


TABLE = "单位：万元\n项目\t本期\t上年同期\n资产总额\t5230.6\t5011.2\n销售收入\t98\t1350\n流动比率\t1.35\t1.41\n"


def test_a_table_of_plain_numbers_has_numbers_and_quotes_nothing(tmp_path):
    made = book(tmp_path, {"R1": full(1) | {"finance": TABLE + words(70, 300)}})
    assert found(made, "report_no_numbers") == found(made, "report_figure_mismatch") == []
