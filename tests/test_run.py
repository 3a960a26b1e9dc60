"""The command line as an outside program uses it: files, exit codes, and nothing half-made."""

import csv
import json
import shutil
from pathlib import Path

import docx
import pytest
from command_line import postloan, postloan_process
from places import BRANCH, ROOT, TINY
from postloan.file import lock, sha256_file


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(sample_run):
    """What a run of the sample quarter has filed."""
    return sample_run / "2014Q2"


def test_a_run_makes_every_paper_and_says_so(folder):
    said = (folder.parent / "said.txt").read_text(encoding="utf-8")
    papers = {str(path.relative_to(folder)) for path in folder.rglob("*.docx")} | {
        str(path.relative_to(folder)) for path in folder.rglob("*.xlsx")
    }
    assert {"quarterly_brief.docx", "quarterly_report.docx", "quarterly_report.xlsx"} <= papers
    assert len([paper for paper in papers if paper.startswith("monitoring_paper")]) == 2 * 7  # six units and the bank, Word and Excel
    assert len([paper for paper in papers if paper.startswith("quarterly_")]) == 3 * 7  # summary, report and annex
    assert str(folder) in said and "67" in said


def test_the_record_names_every_input_and_output_by_its_hash(folder):
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["period"] == "2014Q2" and record["as_of"] == "2014-06-30" and record["policy"]["name"] == "branch2014"
    assert {path.name for path in BRANCH.iterdir()} == set(record["inputs"])
    assert all(sha256_file(BRANCH / name) == digest for name, digest in record["inputs"].items())
    filed = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")}
    assert {path for path in filed if not path.startswith("book/")} == {
        *record["outputs"],
        "run.json",
        "jobs.jsonl",
        "morning.html",
        "logs/run.log",
    }
    assert all(sha256_file(folder / name) == digest for name, digest in record["outputs"].items())
    assert all(outcome["state"] == "made" for outcome in record["documents"].values())


def test_the_csv_files_have_the_columns_of_the_contract(folder):
    measures, findings = rows(folder / "measures.csv"), rows(folder / "findings.csv")
    assert list(measures[0]) == ["measure", "grain", "subject", "value", "unit", "scope", "as_of"]
    assert list(findings[0]) == [
        "index_no",
        "rule",
        "severity",
        "unit_id",
        "customer_id",
        "subject",
        "words",
        "value",
        "limit",
        "deduction",
        "waived",
        "evidence",
    ]
    assert (folder / "problems.csv").read_text(encoding="utf-8-sig").splitlines()[0] == "check,consequence,file,sheet,row,field,value,says"
    bank = {row["measure"]: row["value"] for row in measures if row["grain"] == "bank"}
    facts = {
        "customers_in_scope": "58",
        "reports_submitted": "60",
        "reports_outside_scope": "2",
        "customers_late": "14",
        "acceptance_exposure": "70280000.00",
    }
    assert {name: bank[name] for name in facts} == facts
    late = [row["subject"] + ":" + row["value"] for row in measures if row["measure"] == "customers_late" and row["grain"] == "unit"]
    assert [one for one in late if not one.endswith(":0")] == ["0110:1", "0121:8", "0123:4", "0125:1"]
    assert len({row["index_no"] for row in findings}) == len(findings)


def test_executed_notebooks_hold_no_customer_and_no_absolute_path(folder):
    names = [row["客户名称"] for row in csv.DictReader((BRANCH / "客户.csv").open(encoding="utf-8-sig", newline=""))]
    for path in (folder / "notebooks").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text]
        assert str(folder.parent) not in text and str(ROOT) not in text and str(Path.home()) not in text


@pytest.mark.parametrize(
    "some",
    [
        # Notices have numbers, which depend on who else gets one.
        ("quarterly_brief", "quarterly_report", "monitoring_paper", "--unit", "全行", "--unit", "0121"),
        pytest.param((), marks=pytest.mark.soak),
    ],
    ids=["some", "all"],
)
def test_a_second_run_anywhere_in_the_world_makes_the_same_bytes(folder, some, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["run", *some, "--period", "2014Q2", "--data", BRANCH, "--out", "out"]
    elsewhere = {"TZ": "America/New_York", "PYTHONHASHSEED": "7", "LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}
    assert postloan_process(*words, **elsewhere).code == 0
    first, second = filed_of(folder), filed_of(tmp_path / "out" / "2014Q2")
    assert second.keys() == first.keys() if not some else {"measures.csv", "quarterly_report.xlsx"} <= second.keys() < first.keys()
    assert [name for name in second if second[name] != first[name]] == []


def filed_of(folder):
    """What a run has filed, by name, but for what tells of the run itself."""
    of_the_hour = ("run.json", "jobs.jsonl", "morning.html", "run.log")
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in of_the_hour and not path.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["run", "--period", "2014Q5", "--data", TINY], 2, "2014Q2"),
        (["run", "quarterly_breif", "--period", "2014Q2", "--data", TINY], 2, "quarterly_brief"),
        (["run", "quarterly_brief", "--period", "2014Q2", "--data", TINY, "--policy", "branch2015"], 4, "branch2014"),
        (["run", "quarterly_brief", "--period", "2014Q3", "--data", TINY], 3, "2014-09-30"),
        (["run", "quarterly_brief", "--period", "2014Q2", "--data", ROOT / "reports"], 3, "stop"),
        (["run", "--period", "2014Q2", "--data", ROOT / "nowhere"], 2, "nowhere"),
        (["check", "--period", "2014Q2", "--data", ROOT / "nowhere"], 2, "nowhere"),
        (["month-end", "--period", "2014Q2", "--data", TINY], 2, "2014-06"),
        (["run", "--period", "2014Q2", "--prepared-on", "30.6.2014", "--data", TINY], 2, "2014-06-30"),
        (["nothing"], 2, ""),
    ],
)
def test_exit_codes_and_words_of_what_goes_wrong(tmp_path, words, code, says):
    got, said, errors = postloan(*words, *(["--out", tmp_path] if words[0] != "nothing" else []))
    assert got == code and says in said + errors
    assert "Traceback" not in said + errors


def test_data_that_stop_the_run_leave_their_problems_and_a_record(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(TINY, data)
    (data / "loan.csv").write_text("loan_id,customer_id\nL1,0001\n", encoding="utf-8")
    code, *_ = postloan("run", "--period", "2014Q2", "--data", data, "--out", tmp_path / "out")
    assert code == 3
    assert any(row["consequence"] == "stop" and row["file"] == "loan.csv" for row in rows(tmp_path / "out" / "2014Q2" / "problems.csv"))
    assert json.loads((tmp_path / "out" / "2014Q2" / "run.json").read_text(encoding="utf-8"))["exit_code"] == 3


def test_data_of_another_day_stop_the_run_and_say_which_days_there_are(tmp_path):
    code, said, _ = postloan("run", "--period", "2014Q3", "--data", TINY, "--out", tmp_path)
    assert code == 3 and "2014-06-30" in said
    assert [(row["check"], row["consequence"]) for row in rows(tmp_path / "2014Q3" / "problems.csv")][-1] == ("no_balances", "stop")


def test_a_second_run_on_the_same_folder_is_refused_and_the_lock_frees_itself(tmp_path):
    folder = tmp_path / "2014Q2"
    folder.mkdir()
    words = ("run", "quarterly_brief", "--unit", "全行", "--period", "2014Q2", "--data", TINY, "--out", tmp_path)
    with lock(folder):
        code, _, errors = postloan(*words)
        assert code == 5 and "another run" in errors
    code, *_ = postloan(*words)
    assert code == 0 and (folder / "quarterly_brief.docx").exists()


def test_what_could_not_be_made_is_named_and_the_rest_is_there(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(TINY, data)
    units = (data / "unit.csv").read_text(encoding="utf-8").splitlines()
    name = units[2].split(",")[1]
    (data / "unit.csv").write_text("\n".join(units).replace(name, "𠮷祥支行") + "\n", encoding="utf-8")  # no font of charts holds it
    words = ("run", "quarterly_report", "monitoring_paper", "--unit", "全行", "--period", "2014Q2", "--data", data, "--out", tmp_path)
    code, said, _ = postloan(*words)
    assert code == 1 and "not made" in said and "20BB7" in said
    assert (tmp_path / "2014Q2" / "monitoring_paper" / "全行.docx").exists() and not (
        tmp_path / "2014Q2" / "quarterly_report.docx"
    ).exists()


def test_a_unit_nobody_knows_stops_the_run_before_anything_is_made(tmp_path):
    code, said, _ = postloan("run", "--period", "2014Q2", "--data", TINY, "--out", tmp_path, "--unit", "999")
    assert code == 2 and "999" in said
    assert not list((tmp_path / "2014Q2").rglob("*.docx"))


def test_named_units_only(tmp_path):
    code, *_ = postloan(
        "run",
        "monitoring_paper",
        "--period",
        "2014Q2",
        "--data",
        TINY,
        "--out",
        tmp_path,
        "--unit",
        "002",
        "--preparer",
        "王一",
        "--reviewer",
        "李二",
    )
    assert code == 0
    assert {path.suffix for path in (tmp_path / "2014Q2" / "monitoring_paper").iterdir()} == {".docx", ".xlsx"}
    assert all(path.name.startswith("002") for path in (tmp_path / "2014Q2" / "monitoring_paper").iterdir())


def test_month_end_makes_what_is_due_for_the_month_and_at_its_end_for_the_quarter(month_end, tmp_path):
    code, said, _ = postloan("month-end", "--period", "2014-05", "--data", TINY, "--out", tmp_path)
    assert code == 3 and "2014-05-31" in said and not list(tmp_path.rglob("*.docx"))
    made = json.loads((month_end / "said.json").read_text(encoding="utf-8"))
    assert made["period"] == "2014-06"
    assert [(record["period"], len(record["documents"])) for record in made["runs"]] == [("2014-06", 4), ("2014Q2", 7)]


def test_a_months_run_does_not_say_that_no_quarterly_inspection_was_done(tmp_path):
    code, _, _ = postloan("run", "quarterly_brief", "--unit", "全行", "--period", "2014-06", "--data", TINY, "--out", tmp_path)
    bank = {row["measure"]: row["value"] for row in rows(tmp_path / "2014-06" / "measures.csv") if row["grain"] == "bank"}
    assert code == 0 and bank["customers_in_scope"] == "6" and bank["customers_missing"] == bank["inspection_coverage"] == ""
    noted = {row["field"] for row in rows(tmp_path / "2014-06" / "problems.csv") if row["check"] == "no_rows_for_period"}
    assert "inspection" in noted


@pytest.mark.soak
def test_a_half_years_reports_are_not_copies_of_themselves(tmp_path):
    code, *_ = postloan(
        "run", "quarterly_brief", "--period", "2014H1", "--policy", "annual_credit", "--data", BRANCH, "--unit", "全行", "--out", tmp_path
    )
    copies = [row for row in rows(tmp_path / "2014H1" / "findings.csv") if row["rule"] == "report_boilerplate"]
    assert code == 0 and all(row["evidence"].split("；")[0].count(row["subject"].split("/")[0]) == 1 for row in copies)
    assert len(copies) < 60


def test_check_says_every_problem_in_the_language_asked_for(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(TINY, data)
    (data / "deposit.csv").write_text(
        "as_of,customer_id,balance\n2014-06-30,0001,1.234\n2014-13-01,0002,5\n2014-06-30,0001,2\n", encoding="utf-8"
    )
    code, said, _ = postloan("check", "--period", "2014Q2", "--data", data, lang="zh")
    assert code == 0 and "deposit.csv:2" in said and "deposit.csv:3" in said and "两位小数" in said
    code, said, _ = postloan("check", "--period", "2014Q2", "--data", data, "--out", tmp_path / "out", "--json")
    assert {p["row"] for p in json.loads(said)["problems"]} >= {2, 3}
    assert len(rows(tmp_path / "out" / "2014Q2" / "problems.csv")) == len(json.loads(said)["problems"])


def test_explain_and_list_speak_of_everything():
    code, said, _ = postloan("list")
    assert code == 0 and all(word in said for word in ("npl_ratio", "report_late", "branch2014", "quarterly_brief", "loan_balance"))
    code, said, _ = postloan("explain", "npl_ratio", lang="zh")
    assert code == 0 and "npl_balance / loan_balance" in said and "customer_loan.sql" in said and "口径" in said
    code, _, errors = postloan("explain", "npl_rato")
    assert code == 2 and "npl_ratio" in errors


@pytest.mark.parametrize("some", [("quarterly_brief", "--unit", "全行"), pytest.param((), marks=pytest.mark.soak)], ids=["some", "all"])
def test_the_berka_bank_runs_whole(real_data, some, tmp_path):
    policy = tmp_path / "personal.yaml"
    policy.write_text(
        'based_on: branch2014\ntitle: 个人消费贷款\nversion: "1"\nsource: test\ncalendar: weekends\n'
        "scope: {title: 个人消费贷款, segments: [personal], products: [consumption], source: test}\n",
        encoding="utf-8",
    )
    words = ("run", *some, "--period", "1994Q1", "--data", real_data / "berka_1994q1", "--policy", policy, "--out", tmp_path)
    code, said, _ = postloan(*words)
    assert code == 0, said
    bank = {row["measure"]: row["value"] for row in rows(tmp_path / "1994Q1" / "measures.csv") if row["grain"] == "bank"}
    assert bank["loans_in_scope"] == "38" and bank["loan_balance"] == "4172830.20" and bank["inspection_coverage"] == ""
    notes = [row for row in rows(tmp_path / "1994Q1" / "problems.csv") if row["check"] == "table_absent"]
    assert len(notes) == len({row["field"] for row in notes}) and {"inspection", "ab_role", "meeting"} <= {row["field"] for row in notes}


def test_the_small_firms_screen_whole(real_data):
    code, said, _ = postloan("check", "--period", "2019Q4", "--data", real_data / "sme_2019", "--json")
    record = json.loads(said)
    assert record["rows"]["customer"] == 123 and record["rows"]["sales"] > 500
    assert code in (0, 3) and not [p for p in record["problems"] if p["consequence"] == "drop"]


def test_a_run_of_one_document_whose_template_is_wrong_exits_4(tmp_path):
    for folder in ("templates", "reports", "lib"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    body = tmp_path / "templates" / "quarterly_brief" / "body.docx"
    paper = docx.Document(str(body))
    paper.add_paragraph("{{ npl_ratoi|percent }}")
    paper.save(str(body))
    words = ("run", "quarterly_brief", "--unit", "全行", "--period", "2014Q2", "--data", TINY, "--out", tmp_path / "out")
    code, said, _ = postloan_process(*words, PYTHONPATH=str(tmp_path / "lib"))
    assert code == 4 and "npl_ratio" in said
