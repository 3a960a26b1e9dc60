"""The manifest of a run: each input is hashed once, a change is seen, and a plan is resolved once."""

import hashlib
import os
import shutil
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from notebookrun.progress import Progress
from places import TINY
from postloan.errors import BadCommand
from postloan.file import extension, sha256_file
from postloan.month_end.manifest import book_key, manifest_of, run_key
from postloan.month_end.plan import Plan, Request
from postloan.run import run_plan

OLD = time.time_ns() - 3600 * 10**9
"""A time well before the test: a file of this moment is always read again."""


@pytest.fixture
def request_(tmp_path) -> Request:
    shutil.copytree(TINY, tmp_path / "data")
    for path in (tmp_path / "data").iterdir():
        os.utime(path, ns=(OLD, OLD))
    return Request(str(tmp_path / "data"), "2014Q2", str(tmp_path / "out"), ["quarterly_brief"])


def test_every_input_is_hashed_once_in_a_run(request_, monkeypatch):
    hashed, file_digest = Counter(), hashlib.file_digest

    def counted(file, kind):
        hashed[Path(file.name).name] += 1
        return file_digest(file, kind)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    record = run_plan(Plan(request_), Progress())
    assert record.exit_code == 0 and record.manifest
    assert {name: hashed[name] for name in record.inputs} == dict.fromkeys(record.inputs, 1)


def test_a_file_that_changed_is_hashed_again_and_changes_every_key_that_rests_on_it(request_):
    plan = Plan(request_)
    before, key = manifest_of(plan), run_key(plan)
    assert manifest_of(plan) == before and run_key(plan) == key
    loan = plan.data / "loan.csv"
    content = loan.read_bytes()
    loan.write_bytes(content.replace(b"\n", b" ", 1))
    assert loan.stat().st_size == len(content)
    after = manifest_of(plan)
    assert {name for name in after.data if after.data[name] != before.data[name]} == {"loan.csv"}
    assert book_key(plan, after) != book_key(plan, before) and run_key(plan) != key
    loan.unlink()
    assert run_key(plan) not in ("", key) and "loan.csv" not in manifest_of(plan).data


def test_a_file_written_twice_in_one_tick_of_the_clock_is_read_again(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"one")
    state = path.stat()
    assert sha256_file(path) == hashlib.sha256(b"one").hexdigest()
    with open(path, "r+b") as file:
        file.write(b"two")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert sha256_file(path) == hashlib.sha256(b"two").hexdigest()


def test_options_that_decide_nothing_change_no_key(request_, tmp_path):
    key = run_key(Plan(request_))
    assert run_key(Plan(replace(request_, workers=3, deadline="06:00", engine="local[2]", kernel=True))) == key
    assert run_key(Plan(replace(request_, preparer="张三"))) != key
    policy = tmp_path / "own.yaml"
    policy.write_text("based_on: branch2014\n", encoding="utf-8")
    own = run_key(Plan(replace(request_, policy=str(policy))))
    policy.write_text("based_on: branch2014\nreport_deadline: {day: 18}\n", encoding="utf-8")
    assert run_key(Plan(replace(request_, policy=str(policy)))) != own


@pytest.mark.parametrize(
    "wrong",
    [{"period": "2014Q5"}, {"engine": "sparc"}, {"documents": ["quarterly_breif"]}, {"prepared_on": "2014-06-29"}, {"deadline": "24:30"}],
    ids=str,
)
def test_a_request_that_cannot_be_resolved_stops_before_there_is_a_folder(request_, wrong):
    plan = Plan(replace(request_, **wrong))
    with pytest.raises(BadCommand):
        run_plan(plan, Progress())
    assert not Path(request_.out).exists()


def test_a_plan_resolves_each_value_once(request_):
    plan = Plan(request_)
    assert plan.settings is plan.settings and plan.documents == ["quarterly_brief"] and plan.period.name == "2014Q2"
    assert Plan(replace(request_, documents=[])).documents


def test_a_part_of_the_program_that_no_package_offers_is_named():
    with pytest.raises(BadCommand, match="no installed package offers 'ray'"):
        extension("clusters", "ray")
