"""Signing papers: a sign-off holds as long as the paper says what it said, whoever saves it; a run overwrites none that is signed."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import docx
import openpyxl
import pytest
from command_line import Said, postloan
from officefill.ooxml.package import pack, read_package, write_package
from officefill.word.tracked_changes import accept_all, reject_all
from places import TINY
from postloan.file import csv_rows
from postloan.register.sign_off import signed_content
from postloan.register.stale_sign_offs import stale_sign_offs
from rich_files import single_edits

PAPERS = ("quarterly_brief.docx", "quarterly_report.docx", "quarterly_report.xlsx", "monitoring_paper/0121_市场一部.xlsx")


@pytest.fixture
def out(sample_run: Path, tmp_path: Path) -> Path:
    """An output folder with some papers of the sample quarter."""
    for name in PAPERS:
        to = tmp_path / "out" / "2014Q2" / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample_run / "2014Q2" / name, to)
    return tmp_path / "out"


def paper(out: Path, name: str) -> Path:
    return out / "2014Q2" / name


def sign(path: Path, role: str, name: str, *more: str) -> Said:
    return postloan("sign", path, "--as", role, "--by", name, "--on", "2014-07-10", *more)


def signed(path: Path) -> tuple[int, int]:
    """How many sign-offs the paper bears, and how many of them are stale."""
    content = signed_content(read_package(path, path.read_bytes()))
    return len(content.sign_offs), len(content.stale)


def verified(*words: object) -> dict:
    (found,) = json.loads(postloan("verify", *words, "--json").output)["papers"]
    return found


@pytest.mark.parametrize("name", PAPERS)
def test_a_signed_paper_is_verified_and_registered(out: Path, name: str) -> None:
    path = paper(out, name)
    assert sign(path, "preparer", "王芳", "--office", "客户经理").code == 0
    assert sign(path, "reviewer", "李明", "--note", "同意").code == 0
    found = verified(path)
    assert [(one["role"], one["signer"], one["office"], one["state"]) for one in found["sign_offs"]] == [
        ("preparer", "王芳", "客户经理", "current"),
        ("reviewer", "李明", "", "current"),
    ]
    assert found["remarks"] == []
    rows = list(csv.DictReader(io.StringIO((out / "signoffs.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["paper"], row["period"], row["signed_on"]) for row in rows] == [(f"2014Q2/{name}", "2014Q2", "2014-07-10")] * 2
    assert len({row["content_hash"] for row in rows}) == 1
    assert len(list((path.parent / "signed").iterdir())) == 2


@pytest.mark.parametrize("name", PAPERS)
def test_every_changed_character_makes_a_sign_off_stale(out: Path, name: str) -> None:
    path = paper(out, name)
    sign(path, "preparer", "王芳")
    for was, now, package in single_edits(Random(name), path.read_bytes(), 40):
        content = signed_content(package)
        assert len(content.sign_offs) == len(content.stale) == 1 or _touched_the_signature(was, content), (was, now)


def _touched_the_signature(was: str, content: object) -> bool:
    return "校验码" in was and not content.sign_offs  # type: ignore[attr-defined]


def test_saving_by_other_programs_makes_none_stale(out: Path, converted: Callable[..., list[Path]], tmp_path: Path) -> None:
    for kind in ("docx", "xlsx"):
        paths = [paper(out, name) for name in PAPERS if name.endswith(kind)]
        for path in paths:
            sign(path, "preparer", "王芳", "--office", "客户经理", "--note", "同意")
        again = []
        for number, path in enumerate(paths):
            again.append(tmp_path / f"{number}.{kind}")
            docx.Document(str(path)).save(str(again[-1])) if kind == "docx" else openpyxl.load_workbook(path).save(again[-1])
        for saved in [*again, *converted(kind, tmp_path / "office", *paths), *converted(kind, tmp_path / "both", *again)]:
            assert signed(saved) == (1, 0), saved


def test_verify_says_what_changed_since(out: Path) -> None:
    path = paper(out, "quarterly_brief.docx")
    sign(path, "preparer", "王芳")
    opened = docx.Document(str(path))
    opened.paragraphs[4].add_run("另加一句。")
    opened.save(str(path))
    kinds = {remark["kind"]: remark["says"] for remark in verified(path)["remarks"]}
    assert "王芳" in kinds["signoff_stale"]
    assert kinds["changed_since_signed"].endswith("另加一句。")
    assert sign(path, "preparer", "王芳").code == 0
    assert signed(path) == (1, 0)


def test_a_signature_edited_or_taken_away_is_told(out: Path) -> None:
    path = paper(out, "quarterly_brief.docx")
    sign(path, "preparer", "王芳")
    opened = docx.Document(str(path))
    line = opened.paragraphs[-1]
    line.runs[0].text = line.text.replace("王芳", "王方")
    opened.save(str(path))
    assert signed(path) == (1, 1)
    opened.element.body.remove(line._p)
    opened.save(str(path))
    assert "signoff_missing" in {remark["kind"] for remark in verified(path)["remarks"]}


def test_who_prepares_does_not_review(out: Path) -> None:
    path = paper(out, "quarterly_brief.docx")
    sign(path, "preparer", "王芳")
    found = sign(path, "reviewer", "王芳")
    assert found.code == 2 and "both preparer and reviewer" in found.errors
    assert sign(path, "preparer", "赵一").code == 2
    assert sign(path, "checker", "赵一").code == 2
    assert signed(path) == (1, 0)


def test_a_paper_with_an_open_review_note_is_not_signed(out: Path) -> None:
    path = paper(out, "quarterly_brief.docx")
    opened = docx.Document(str(path))
    opened.add_comment(opened.paragraphs[3].runs, "口径是否一致？", author="李明")
    opened.save(str(path))
    found = sign(path, "preparer", "王芳")
    assert found.code == 2 and "李明：口径是否一致？" in found.errors
    assert [remark["kind"] for remark in verified(path)["remarks"]] == ["note_open"]
    assert signed(path) == (0, 0)


def test_notes_on_a_sheet_are_open_until_somebody_closes_them(out: Path) -> None:
    path = paper(out, "monitoring_paper/0121_市场一部.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["复核记录"] if "复核记录" in book.sheetnames else book.create_sheet("复核记录")
    sheet.append(["意见", "提出人", "答复", "关闭人"])
    sheet.append(["口径是否一致？", "李明", "一致", None])
    book.save(path)
    assert sign(path, "preparer", "王芳").code == 2
    sheet.cell(sheet.max_row, 4).value = "李明"
    book.save(path)
    assert sign(path, "preparer", "王芳").code == 0
    assert signed(path) == (1, 0)


def test_a_redline_is_not_signed(out: Path, tmp_path: Path) -> None:
    old, new, to = paper(out, "quarterly_brief.docx"), tmp_path / "quarterly_brief.docx", tmp_path / "redline.docx"
    opened = docx.Document(str(old))
    opened.paragraphs[4].add_run("另加一句。")
    opened.save(str(new))
    assert postloan("diff", old, new, "--redline", to).code == 1
    for settle, wanted in ((accept_all, new), (reject_all, old)):
        package = read_package(to, to.read_bytes())
        settle(package.tree(package.main))
        assert signed_content(package).lines == signed_content(read_package(wanted, wanted.read_bytes())).lines
    assert sign(to, "preparer", "王芳").code == 2
    assert postloan("diff", paper(out, PAPERS[2]), paper(out, PAPERS[2]), "--redline", to).code == 2


def changed_data(folder: Path) -> Path:
    """The tiny data with one balance of the quarter's end lower by 10,000."""
    shutil.copytree(TINY, folder)
    path = folder / "loan_balance.csv"
    head, *rows = csv_rows(path.read_bytes())
    amount = head.index("balance")
    row = next(row for row in rows if row[0] == "2014-06-30")
    row[amount] = str(int(row[amount]) - 10000)
    path.write_text("\n".join(",".join(f'"{text}"' for text in line) for line in [head, *rows]), encoding="utf-8")
    return folder


def test_a_run_lays_its_paper_beside_the_signed_one(tmp_path: Path) -> None:
    out, run = (
        tmp_path / "out",
        ("run", "quarterly_brief", "monitoring_paper", "--unit", "全行", "--period", "2014Q2", "--prepared-on", "2014-07-10"),
    )
    assert postloan(*run, "--data", TINY, "--out", out).code == 0
    brief, book = paper(out, "quarterly_brief.docx"), paper(out, "monitoring_paper/全行.xlsx")
    for path in (brief, book):
        assert sign(path, "preparer", "王芳").code == 0
    signed_bytes = brief.read_bytes()
    assert postloan(*run, "--data", TINY, "--out", out).code == 0
    assert not list(out.glob("2014Q2/**/*草稿*"))
    data = changed_data(tmp_path / "data")
    assert "signoff_data_moved" in {remark["kind"] for remark in verified(brief, "--data", data)["remarks"]}
    assert postloan(*run, "--data", data, "--out", out).code == 0
    assert brief.read_bytes() == signed_bytes
    assert signed(brief) == signed(book) == (1, 0)
    draft, redline = paper(out, "quarterly_brief_草稿.docx"), paper(out, "quarterly_brief_修订.docx")
    assert paper(out, "monitoring_paper/全行_草稿.xlsx").is_file() and signed(draft) == (0, 0)
    package = read_package(redline, redline.read_bytes())
    accept_all(package.tree(package.main))
    assert signed_content(package).lines == signed_content(read_package(draft, draft.read_bytes())).lines
    assert sign(draft, "preparer", "王芳").code == 0
    said = {one.paper: one.says for one in stale_sign_offs(out / "2014Q2")}
    assert said == {"quarterly_brief.docx": "已按新的数据或模板另出草稿", "monitoring_paper/全行.xlsx": "已按新的数据或模板另出草稿"}
    assert (
        "quarterly_brief.docx"
        in (out / "2014Q2" / "morning.html").read_text(encoding="utf-8").partition('id="stale"')[2].partition("</table>")[0]
    )


def test_the_morning_page_names_sign_offs_that_do_not_hold(out: Path) -> None:
    changed, gone, holds = (paper(out, name) for name in PAPERS[:3])
    for path in (changed, gone, holds):
        sign(path, "preparer", "王芳", "--office", "客户经理")
    opened = docx.Document(str(changed))
    opened.paragraphs[4].add_run("另加一句。")
    opened.save(str(changed))
    gone.unlink()
    said = [(one.paper, one.role, one.person, one.says) for one in stale_sign_offs(out / "2014Q2")]
    assert said == [
        ("quarterly_brief.docx", "编制", "王芳（客户经理）", "签批后材料有改动，或签批行已不在"),
        ("quarterly_report.docx", "编制", "王芳（客户经理）", "材料已不在"),
    ]


def test_a_paper_that_lost_its_record_is_signed_by_its_place(out: Path) -> None:
    path = paper(out, "quarterly_report.xlsx")
    package = read_package(path, path.read_bytes())
    kept = {name: pack(data) for name, data in package.parts.items() if not name.startswith("customXml/")}
    path.write_bytes(write_package(kept))
    assert sign(path, "approver", "陈行长").code == 0
    (row,) = csv.DictReader(io.StringIO((out / "signoffs.csv").read_text(encoding="utf-8-sig")))
    assert (row["document"], row["period"], row["role"]) == ("quarterly_report", "2014Q2", "approver")


def test_a_note_asked_after_the_signature_makes_it_not_stale(out: Path) -> None:
    path = paper(out, "monitoring_paper/0121_市场一部.xlsx")
    sign(path, "preparer", "王芳")
    book = openpyxl.load_workbook(path)
    book["复核记录"]["C3"].value, book["复核记录"]["D3"].value = "依据何在？", "李明"
    book.save(path)
    assert signed(path) == (1, 0)
    assert sign(path, "reviewer", "李明").code == 2
    book["复核记录"]["C2"].value = "意  见"
    book.save(path)
    assert signed(path) == (1, 1)
