"""The command line speaks one language, and takes names as people say them."""

import json
import re

import docx
import pytest
from command_line import postloan, postloan_process
from places import TINY

HAN = re.compile(r"[一-鿿]")
COMMANDS = ["run", "month-end", "check", "pdf", "explain", "list", "lab", "trace", "verify", "diff"]
COMMANDS = [[name] for name in COMMANDS] + [["template"], ["template", "check"], ["template", "fields"], ["template", "new"], []]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_in_one_language(command):
    english, chinese = (postloan(*command, "--help", lang=lang).output for lang in ("en", "zh"))
    assert not HAN.search(english.replace("2014年二季度", "")) and "Usage: postloan" in english
    assert "用法：postloan" in chinese and "显示帮助并退出。" in chinese
    words = set(re.findall(r"[a-z]{4,}", re.sub(r"--[a-z-]+|<[^>]*>|\[[^\]]*\]|s3://\S+|spark://\S+", "", chinese)))
    assert not words & {"the", "show", "message", "options", "with", "folder", "default", "required"}


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (["rn"], "No such command 'rn'. Did you mean 'run'?", "没有命令“rn”。 是不是 run？"),
        (["run"], "Missing option '--period'.", "缺少 --period。"),
        (["run", "--perid"], "No such option: --perid (Possible options: ", "没有选项 --perid （可用："),
        (["check", "--period"], "Option '--period' requires an argument.", "选项 --period 后要写值。"),
        (["list", "x"], "Got unexpected extra argument(s) (x)", "多出参数：x"),
        (["run", "--workers", "z"], "Invalid value for '--workers': Input should be a valid integer", "--workers 的值不对：应为整数"),
    ],
)
def test_wrong_usage_is_told_in_the_language(words, english, chinese):
    for lang, told in (("en", english), ("zh", chinese)):
        said = postloan(*words, lang=lang)
        assert said.code == 2 and told in said.errors and said.output == ""


def test_the_language_stands_anywhere():
    assert postloan("list", "--lang", "zh").output == postloan("list", lang="zh").output != postloan("list").output
    assert postloan("list", "--lang=zh").output == postloan("list", lang="zh").output
    assert postloan("list", "--lang", "fr").code == 2


def test_a_machine_without_a_locale_gets_chinese():
    bare = dict.fromkeys(("LANG", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "POSTLOAN_LANG"), "")
    assert "没有命令" in postloan_process("rn", lang="", **bare).errors
    assert "没有命令" in postloan_process("rn", lang="", **bare | {"LANG": "C.UTF-8"}).errors
    assert "No such command" in postloan_process("rn", lang="", **bare | {"LANG": "en_GB.UTF-8"}).errors


def test_the_version_is_told():
    said = postloan("--version")
    assert re.fullmatch(r"postloan \d+\.\d+\.\d+\n", said.output) and said.code == 0


@pytest.mark.parametrize(
    ("title", "name"), [("不良贷款率", "npl_ratio"), ("定期检查报告迟报", "report_late"), ("季度末不良", ""), ("npl_ratio", "npl_ratio")]
)
def test_measures_and_rules_are_explained_by_title(title, name):
    said = postloan("explain", title)
    assert (said.code, said.output.split(" ")[0]) == ((0, name) if name else (2, ""))


def test_a_run_takes_titles_names_and_chinese_days(tmp_path):
    asked = [
        "--period",
        "2014年二季度",
        "--data",
        TINY,
        "--out",
        tmp_path / "out",
        "--prepared-on",
        "2014年7月5日",
        "--policy",
        "分行季度贷后管理（2014）",
    ]
    said = postloan("run", "季度贷后管理工作小结", *asked, "--unit", "甲部", "--heads", "zh")
    assert said.code == 0, said
    folder = tmp_path / "out" / "2014Q2"
    assert [path.name for path in (folder / "quarterly_brief").iterdir()] == ["002_甲部.docx"]
    heads = {name: (folder / name).read_text(encoding="utf-8-sig").partition("\n")[0] for name in ("measures.csv", "problems.csv")}
    assert heads == {"measures.csv": "指标,层级,对象,值,单位,口径,数据日", "problems.csv": "检查项,处理,文件,工作表,行,字段,值,说明"}


@pytest.mark.parametrize(
    ("today", "said"), [("2014-07-08", "2014年7月8日"), pytest.param("2014-06-25", "2014年6月30日", marks=pytest.mark.soak)]
)
def test_a_paper_bears_todays_date_and_none_before_the_end_of_its_period(tmp_path, monkeypatch, today, said):
    monkeypatch.setenv("POSTLOAN_TODAY", today)
    asked = ["--period", "2014Q2", "--data", TINY, "--out", tmp_path / "out"]
    assert postloan("run", "quarterly_brief", *asked, "--unit", "全行").code == 0
    paragraphs = docx.Document(str(next((tmp_path / "out" / "2014Q2").glob("quarterly_brief*.docx")))).paragraphs
    assert [p.text for p in paragraphs if p.text.strip()][-1].strip() == said
    monkeypatch.setenv("POSTLOAN_TODAY", "2014-07-09")
    again = postloan("run", "quarterly_brief", *asked, "--unit", "全行", "--json")
    assert {job["state"] for job in json.loads(again.output)["jobs"]} == {"unchanged"}, "another day alone makes no new paper"
