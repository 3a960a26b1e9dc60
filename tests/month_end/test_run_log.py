"""The log of a run: one line a thing, no values of the data, and old logs that go."""

import errno
import os

import pytest
from notebookrun.job import Job
from notebookrun.redact import error_class, without_quotes
from postloan.errors import BadTemplate, CannotFile, Fault
from postloan.month_end.run_log import RunLog
from postloan.month_end.run_record import BookUsed, Record

CUSTOMER = "张三钢铁有限公司"
PAPER = ("monitoring_paper", "在线监测工作底稿")


def lines(log):
    return log.path.read_text(encoding="utf-8").splitlines()


def record(**more):
    return Record({}, "2014Q2", "2014-06-30", {"name": "branch2014", "version": "1"}, "0.5.0", "2014-07-01T00:00:00+00:00", **more)


def test_a_run_reads_from_begin_to_end_a_line_a_thing(tmp_path):
    with RunLog(tmp_path, now=lambda: 1404176523.9) as log:
        log.began(record(), 2)
        log.book(record(book=BookUsed("c0ffee" * 10, False, 0.44)))
        log.started(Job(*PAPER, "001", "城东支行", tries=1))
        log.ended(Job(*PAPER, "001", "城东支行", "made", "", 1, 2.26))
        log.ended(Job(*PAPER, "002", "城西支行", "failed", f"cell [3]: KeyError: '{CUSTOMER}'", 2, 1.0))
        log.finished(record(exit_code=1, jobs=[Job(*PAPER, state="made"), Job(*PAPER, "2", state="failed")]))
    assert lines(log) == [
        "2014-07-01T01:02:03Z began period=2014Q2 policy=branch2014 program=0.5.0 jobs=2",
        "2014-07-01T01:02:03Z book key=c0ffeec0ffee fresh=False seconds=0.4 stop=0 drop=0 blank=0 note=0",
        "2014-07-01T01:02:03Z started document=monitoring_paper unit=001 attempt=1",
        "2014-07-01T01:02:03Z ended document=monitoring_paper unit=001 state=made attempt=1 seconds=2.3",
        '2014-07-01T01:02:03Z ended document=monitoring_paper unit=002 state=failed attempt=2 seconds=1.0 error=KeyError reason="cell [3]: KeyError"',
        "2014-07-01T01:02:03Z finished exit_code=1 done=1 not_done=1",
    ]
    assert log.path == tmp_path / "logs" / "run.log"


@pytest.mark.parametrize(
    ("reason", "kept", "kind"),
    [
        (f"cell [3]: KeyError: '{CUSTOMER}'", "cell [3]: KeyError", "KeyError"),
        (f"第3格：KeyError：'{CUSTOMER}'", "第3格：KeyError", "KeyError"),
        (f"duckdb.BinderException: {CUSTOMER}", "duckdb.BinderException", "duckdb.BinderException"),
        (f"StopIteration: {CUSTOMER}: BadTemplate: x", "StopIteration", "StopIteration"),
        ("cell [4]: BadTemplate: body.docx: Sheet1: unknown name", "cell [4]: BadTemplate: body.docx: Sheet1: unknown name", "BadTemplate"),
        ("the notebook took more than 600 s", "the notebook took more than 600 s", ""),
        ("the notebook ended without making a/b.docx", "the notebook ended without making a/b.docx", ""),
        ("", "", ""),
        ("KeyError", "KeyError", "KeyError"),
    ],
)
def test_a_reason_that_quotes_is_cut_to_its_class_unless_it_is_ours(reason, kept, kind):
    assert without_quotes(reason) == kept and error_class(reason) == kind


def test_an_error_that_stopped_the_run_is_told_whole_only_where_it_is_ours(tmp_path):
    with RunLog(tmp_path) as log:
        log.error(ValueError(CUSTOMER))
        log.error(BadTemplate("body.docx", [Fault("unknown name", "paragraph 3")]))
        log.error(CannotFile("the disk is full", "o"))
    assert CUSTOMER not in log.path.read_text(encoding="utf-8") and lines(log)[0].endswith(" stopped error=ValueError")
    assert "paragraph 3" in lines(log)[1] and "the disk is full" in lines(log)[2]


def test_no_value_can_add_a_line_or_a_key(tmp_path):
    with RunLog(tmp_path) as log:
        log.started(Job("d", "t", '1 state=made\n2026 ended\u2028"', tries=1))
        log.started(Job("d", "t", "\ud800", tries=1))
    assert len(lines(log)) == 2 and r'unit="1 state=made\n2026 ended' in lines(log)[0] and log.lost == 0


def test_each_run_begins_a_new_file_and_the_oldest_go(tmp_path):
    for n in range(6):
        with RunLog(tmp_path, kept=3) as log:
            log.say("began", run=n)
    assert sorted(p.name for p in log.path.parent.iterdir()) == ["run.log", "run.log.1", "run.log.2", "run.log.3"]
    assert "run=5" in lines(log)[0] and "run=4" in (tmp_path / "logs" / "run.log.1").read_text(encoding="utf-8")


def test_a_long_log_is_carried_on_in_a_new_file_and_no_line_is_lost(tmp_path):
    with RunLog(tmp_path, kept=50, largest=1000) as log:
        for n in range(200):
            log.say("ended", number=n)
    files = list(log.path.parent.iterdir())
    told = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(told) == 200 and all(file.stat().st_size <= 1000 for file in files)


def test_a_log_that_cannot_be_written_stops_nothing_and_is_counted(tmp_path):
    (tmp_path / "logs").write_text("in the way", encoding="utf-8")
    with RunLog(tmp_path) as log:
        log.say("began")
    assert log.lost == 1


def test_a_full_disk_loses_lines_and_nothing_else(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "run.log").symlink_to("/dev/full")
    with RunLog(tmp_path, largest=0) as log:
        log.say("began")
    assert log.lost == 1


def test_an_old_log_that_is_held_open_elsewhere_is_carried_on(tmp_path, monkeypatch):
    with RunLog(tmp_path) as log:
        log.say("first")

    def held(*_):
        raise PermissionError(errno.EACCES, "held")

    monkeypatch.setattr(os, "rename", held)  # what Windows does while a viewer has the file
    with RunLog(tmp_path) as log:
        log.say("second")
    assert [line.split()[1] for line in lines(log)] == ["first", "second"] and log.lost == 0
