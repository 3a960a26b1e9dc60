"""`postloan verify` and `postloan diff` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest
from editing import edited, replaced
from places import SAMPLES
from postloan.audit.verify import verify
from postloan.cli.main import app
from postloan.errors import BadCommand, BadFile, BadPaper
from postloan.papers.record.finished_paper import open_paper
from typer.testing import CliRunner


def called(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--lang", "en", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_papers_in_order_end_with_0(brief: Path, annex: Path) -> None:
    code, said = called("verify", brief, annex)
    assert code == 0
    counts = [len(open_paper(path).record.figures) for path in (brief, annex)]
    assert said.splitlines() == [
        f"{path.name}: {count} figures; 0 errors, 0 hints" for path, count in zip((brief, annex), counts, strict=True)
    ]


def test_something_found_ends_with_1_and_hints_alone_with_0(brief: Path, tmp_path: Path) -> None:
    code, said = called("verify", edited(brief, tmp_path / "a.docx", replaced("58.62%", "59.62%")))
    assert code == 1
    assert "table 1 row 8 cell 2" in said
    assert called("verify", edited(brief, tmp_path / "b.docx", replaced("进行了", "开展了")))[0] == 0


def test_json_tells_every_remark_with_its_place(brief: Path, tmp_path: Path) -> None:
    code, said = called("verify", "--json", edited(brief, tmp_path / "a.docx", replaced("58.62%", "59.62%")))
    first = json.loads(said)["papers"][0]["remarks"][0]
    assert code == 1
    assert {"severity": "error", "kind": "figure_changed", "part": "word/document.xml", "key": "duty_onsite_rate"}.items() <= first.items()


def test_out_holds_a_copy_with_comments_that_says_the_same_when_checked_again(brief: Path, annex: Path, tmp_path: Path) -> None:
    wrong = edited(brief, tmp_path / "a.docx", replaced("58.62%", "59.62%"))
    code, _ = called("verify", wrong, annex, "--out", tmp_path / "out")
    assert code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.docx", "quarterly_report.xlsx", "verify.csv"]
    said = [comment.text for comment in docx.Document(str(tmp_path / "out" / "a.docx")).comments]
    assert any("was made as 58.62%, now 59.62%" in text for text in said)
    rows = (tmp_path / "out" / "verify.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "file,severity,kind,part,place,says"
    assert len(rows) == len(said) + 1
    again, before = verify([tmp_path / "out" / "a.docx"])[0], verify([wrong])[0]
    assert [remark.says for remark in again.remarks] == [remark.says for remark in before.remarks]


def test_the_copy_never_takes_the_place_of_the_paper(brief: Path) -> None:
    with pytest.raises(BadCommand):
        called("verify", brief, "--out", brief.parent)


def test_files_that_are_no_papers_are_all_named(tmp_path: Path) -> None:
    for name in ("one.docx", "two.docx"):
        (tmp_path / name).write_bytes(b"PK no zip")
    with pytest.raises(BadPaper) as fault:
        called("verify", tmp_path / "one.docx", tmp_path / "two.docx")
    assert "one.docx" in str(fault.value) and "two.docx" in str(fault.value)
    assert fault.value.exit_code == 2


def test_data_that_cannot_be_used_stop_the_check_with_3(brief: Path) -> None:
    with pytest.raises(BadFile) as fault:
        called("verify", brief, "--data", SAMPLES / "broken" / "duplicate_key_contents_differ")
    assert fault.value.exit_code == 3


def test_diff_ends_with_0_for_equal_papers_and_1_for_others(brief: Path, tmp_path: Path) -> None:
    assert called("diff", brief, brief) == (0, "0 figures and 0 lines differ\n")
    code, said = called("diff", brief, edited(brief, tmp_path / "a.docx", replaced("58.62%", "59.62%")))
    assert code == 1
    assert "58.62% → 59.62%  [changed by hand]" in said
    code, said = called("diff", "--json", brief, tmp_path / "a.docx")
    assert json.loads(said)["figures"] == [
        {"key": "duty_onsite_rate", "name": "现场检查率（按户次）（2014Q2）", "old": "58.62%", "new": "59.62%", "why": ["hand"]}
    ]


def test_papers_of_one_name_are_told_apart_by_their_folders(brief: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "one" / brief.name
    wrong.parent.mkdir()
    edited(brief, wrong, replaced("58.62%", "59.62%"))
    _, said = called("verify", brief, wrong, "--out", tmp_path / "out")
    assert [line.partition(": ")[0] for line in said.splitlines() if " figures" in line] == [str(brief), str(wrong)]
    rows = (tmp_path / "out" / "verify.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert rows and all(row.startswith(str(wrong)) for row in rows)


def test_what_word_lays_beside_an_open_file_is_no_paper(brief: Path, tmp_path: Path) -> None:
    owner = tmp_path / f"~${brief.name}"
    owner.write_bytes(b"\x05owner")
    assert called("verify", brief, owner)[0] == 0


def test_a_paper_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    for command in ("verify", "trace"):
        with pytest.raises(BadPaper, match=r"gone\.docx: there is no such file"):
            called(command, tmp_path / "gone.docx")
