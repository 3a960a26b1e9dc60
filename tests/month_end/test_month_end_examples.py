"""The examples in scripts/month_end: their command lines are ours, their periods the month just ended, their files what each system reads."""

import ast
import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from types import SimpleNamespace

import jinja2
import pytest
import typer
from lxml import etree
from places import ROOT
from postloan.cli.main import app

FOLDER = ROOT / "scripts" / "month_end"
LAST_MONTH = (datetime.now(timezone(timedelta(hours=8))).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
posix_only = pytest.mark.skipif(os.name != "posix" or sys.platform == "darwin", reason="needs sh and GNU date")
TASK = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


def text(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def parsed(words):
    """The options of `month-end` as our command line takes them from the words after the program's name; nothing is run."""
    command, at = typer.main.get_command(app), words.index("month-end")
    with command.make_context("postloan", list(words)) as context:
        return command.get_command(context, "month-end").make_context("month-end", words[at + 1 :], parent=context).params


def as_the_shell_gives_it(line, folder):
    """The words that a shell gives to `postloan` in a command line; what runs in its place prints them."""
    shown = folder / "postloan"
    shown.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", encoding="utf-8")
    shown.chmod(0o755)
    line = line.replace("/opt/postloan/bin/postloan", str(shown))
    said = subprocess.run(["/bin/sh", "-c", line], check=True, capture_output=True, text=True, env={**os.environ, "TZ": "Asia/Shanghai"})
    return said.stdout.splitlines()


def cron_line():
    (line,) = [line for line in text("postloan.cron").splitlines() if line[:1].isdigit()]
    *when, command = line.split(None, 5)
    assert when == ["0", "1", "1", "*", "*"]
    return command.replace("\\%", "%")


def service_line():
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string(text("postloan-month-end.service"))
    return unit["Service"]["ExecStart"].replace("%%", "%").replace("$$", "$")


def dag_tree():
    return ast.parse(text("airflow_dag.py"))


def dag_line():
    """The bash command of the DAG, with its period filled in as for a run on 1 March at 01:00 Beijing time."""
    (period,) = [node.value.value for node in dag_tree().body if isinstance(node, ast.Assign) and node.targets[0].id == "PERIOD"]
    (command,) = [k.value for node in ast.walk(dag_tree()) if isinstance(node, ast.Call) for k in node.keywords if k.arg == "bash_command"]
    line = eval(compile(ast.Expression(command), "airflow_dag.py", "eval"), {"__builtins__": {}, "PERIOD": period})
    first = SimpleNamespace(in_timezone=lambda zone: date(2026, 3, 1) if zone == "Asia/Shanghai" else None)
    return (
        jinja2.Environment(undefined=jinja2.StrictUndefined)
        .from_string(line)
        .render(logical_date=first, macros=SimpleNamespace(timedelta=timedelta))
    )


def cmd_line():
    """The command of the Windows batch file, with its variables filled in."""
    (line,) = [line for line in text("month_end.cmd").splitlines() if "postloan.exe" in line]
    line = line.replace("%PERIOD%", "2026-02").replace(" %*", "")
    assert "%" not in line
    return line.replace("\\", "/").replace('"C:/postloan/Scripts/postloan.exe"', "").strip()


# Command lines


@posix_only
@pytest.mark.parametrize("line", [cron_line, service_line])
def test_what_the_shell_gives_us_is_a_month_end_of_the_month_just_ended(line, tmp_path):
    asked = parsed(as_the_shell_gives_it(line(), tmp_path))
    assert asked["period"] == LAST_MONTH
    assert asked["data"] == "/srv/postloan/data" and asked["out"] == "/srv/postloan/out"


def test_the_dag_asks_for_the_month_before_its_run():
    asked = parsed(shlex.split(dag_line())[1:])
    assert asked["period"] == "2026-02" and asked["out"] == "/srv/postloan/out"


def test_the_batch_file_asks_for_a_month_end():
    asked = parsed(shlex.split(cmd_line()))
    assert asked["period"] == "2026-02" and asked["out"] == "D:/postloan/out"


def test_a_misspelt_option_would_be_noticed():
    with pytest.raises(Exception, match="--worker-s"):
        parsed([*shlex.split(cmd_line()), "--worker-s", "2"])


def test_the_advice_to_make_up_for_what_failed_is_an_option():
    assert parsed([*shlex.split(cmd_line()), "--only-failed"])["only_failed"] is True


# Files


def test_only_exit_codes_of_the_contract_are_named():
    for name in ("postloan.cron", "month_end.cmd"):
        (line,) = [line for line in text(name).splitlines() if "Exit codes" in line]
        assert re.findall(r"\b(\d) [a-z]", line) == ["0", "1", "2", "3", "4", "5"]


def test_every_example_speaks_both_languages_and_is_short():
    for path in FOLDER.iterdir():
        if path.is_file():
            assert re.search(r"[\u4e00-\u9fff]", text(path.name)) and len(text(path.name).splitlines()) <= 50, path.name


def test_the_units_are_what_systemd_reads(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    for name in ("postloan-month-end.service", "postloan-month-end.timer"):
        # The program and its user are not on the machine of the tests.
        said = text(name).replace("User=postloan\n", "")
        (tmp_path / name).write_text(said, encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))], check=False, capture_output=True, text=True
    )
    told = [line for line in verified.stderr.splitlines() if "postloan" in line]
    assert told == []


def test_the_timer_fires_when_cron_does():
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(text("postloan-month-end.timer"))
    assert unit["Timer"]["OnCalendar"] == "*-*-01 01:00:00 Asia/Shanghai" and unit["Timer"]["Persistent"] == "true"


def test_the_task_runs_the_batch_file_every_first_and_never_twice_at_once():
    task = etree.fromstring((FOLDER / "month_end.xml").read_bytes())
    assert task.xpath("string(//t:Exec/t:Command)", namespaces=TASK).endswith("\\month_end.cmd")
    assert task.xpath("//t:DaysOfMonth/t:Day/text()", namespaces=TASK) == ["1"] and len(task.xpath("//t:Months/*", namespaces=TASK)) == 12
    assert task.xpath("string(//t:StartBoundary)", namespaces=TASK).endswith("T01:00:00+08:00")
    assert task.xpath("string(//t:MultipleInstancesPolicy)", namespaces=TASK) == "IgnoreNew"
    # A declared encoding would contradict the text that PowerShell hands over.
    assert text("month_end.xml").startswith('<?xml version="1.0"?>')


def test_the_batch_file_is_read_by_cmd():
    content = (FOLDER / "month_end.cmd").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf") and content.count(b"\n") == content.count(b"\r\n")
    lines = content.decode().splitlines()
    assert lines[:2] == ["@echo off", "chcp 65001 >nul"] and lines[0].isascii(), "the code page is set before any Chinese"
    assert lines[-1] == "exit /b %ERRORLEVEL%"


def test_the_dag_compiles_and_asks_for_nothing_but_airflow_and_the_library():
    compile(text("airflow_dag.py"), "airflow_dag.py", "exec")
    imported = {n.module for n in ast.walk(dag_tree()) if isinstance(n, ast.ImportFrom)}
    imported |= {alias.name for n in ast.walk(dag_tree()) if isinstance(n, ast.Import) for alias in n.names}
    assert {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names) == {"airflow", "pendulum"}
    names = {n.id for n in ast.walk(dag_tree()) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    bound = {a.asname or a.name for n in ast.walk(dag_tree()) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names} | {"PERIOD"}
    assert names <= bound
