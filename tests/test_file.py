"""A file is absent, the old one, or the new one, whole: whatever fails, and whenever."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postloan import file
from postloan.errors import CannotFile
from postloan.file import PREFIX, csv_bytes, csv_rows, distinct_names, lock, prepare, put, safe_name, sha256_file, sweep

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX limits and signals")
OLD, NEW = b"old " * 1000, b"new " * 2000


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process of its own; `program` is its source."""
    return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, encoding="utf-8")


def strays(folder: Path) -> list[Path]:
    return list(folder.rglob(PREFIX + "*"))


def test_a_file_is_filed_with_its_hash_and_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "2014Q2" / "支行" / "paper.docx"
    assert put(path, NEW) == hashlib.sha256(NEW).hexdigest() == sha256_file(path)
    assert path.read_bytes() == NEW
    assert put(path, OLD) == sha256_file(path)
    assert not strays(tmp_path)


def test_a_file_that_would_not_change_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "measures.csv"
    put(path, OLD)
    os.utime(path, (1, 1))
    put(path, OLD)
    assert path.stat().st_mtime == 1
    put(path, OLD[:-1] + b"!")
    assert path.stat().st_mtime > 1


@posix_only
def test_colleagues_may_read_a_new_file(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        put(tmp_path / "paper.docx", NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "paper.docx").stat().st_mode & 0o777 == 0o644


def failing_at(nth: int, real: Callable, counter: Iterator[int], error: int) -> Callable:
    def fails(*arguments: object, **options: object) -> object:
        if next(counter) == nth:
            raise OSError(error, os.strerror(error))
        return real(*arguments, **options)

    return fails


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EACCES, errno.EDQUOT])
def test_whichever_step_fails_the_old_file_or_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """Fail at the Nth call to the operating system until nothing fails any more."""
    path = tmp_path / "paper.xlsx"
    for nth in range(20):
        put(path, OLD)
        counter = iter(range(100))
        with monkeypatch.context() as faults:
            faults.setattr("builtins.open", failing_at(nth, open, counter, error))
            for step in ("fsync", "replace"):
                faults.setattr(os, step, failing_at(nth, getattr(os, step), counter, error))
            try:
                put(path, NEW)
            except CannotFile as fault:
                assert str(path) in str(fault) and fault.do
                filed = OLD
            else:
                filed = NEW
        assert path.read_bytes() == filed
        assert not strays(tmp_path)
        if next(counter) <= nth:
            break
    assert nth >= 3, "opening, flushing and moving were all made to fail"


@posix_only
@pytest.mark.parametrize("limit", [0, 1, 4096, 7999])
def test_a_write_that_stops_in_the_middle_leaves_the_old_file(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "paper.docx"
    put(path, OLD)
    program = """
import resource, signal, sys
from pathlib import Path
from postloan.errors import CannotFile
from postloan.file import put
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    put(Path(sys.argv[1]), b"new " * 2000)
except CannotFile as fault:
    print(type(fault).__name__)
"""
    assert start(program, str(path), str(limit)).communicate()[0].strip() == "CannotFile"
    assert path.read_bytes() == OLD
    assert not strays(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, where this machine lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "postloan-test", str(disk)]
    if os.name != "posix" or os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_on_a_full_disk_the_old_file_stays_and_the_message_says_so(small_disk: Path) -> None:
    path = small_disk / "paper.xlsx"
    put(path, OLD)
    (small_disk / "other").write_bytes(bytes(2_000_000))
    with pytest.raises(CannotFile, match="the disk is full"):
        put(path, b"x" * 500_000)
    assert path.read_bytes() == OLD
    assert not strays(small_disk)
    with pytest.raises(CannotFile, match="the disk is full"):
        prepare(small_disk, 500_000)


KILLED = """
import sys
from pathlib import Path
from postloan.file import put
path = Path(sys.argv[1])
put(path, b"a" * 1_000_000)
print("ready", flush=True)
while True:
    for letter in (b"b", b"a"):
        put(path, letter * 1_000_000)
"""


@posix_only
def test_a_killed_run_leaves_whole_files_and_strays_that_can_be_swept(tmp_path: Path) -> None:
    moments, left = random.Random(20140620), 0
    whole = {hashlib.sha256(letter * 1_000_000).hexdigest() for letter in (b"a", b"b")}
    for n in range(30):
        path = tmp_path / str(n) / "paper.docx"
        writer = start(KILLED, str(path))
        assert writer.stdout and writer.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, 0.02))
        writer.kill()
        writer.communicate()
        assert sha256_file(path) in whole
        left += len(strays(path.parent))
    assert left, "no kill came in the middle of a write: the test proves nothing"
    sweep(tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["paper.docx"] * 30


class Held(PermissionError):
    """What Windows raises where another program holds the file."""

    winerror = 32


def test_a_file_held_for_a_moment_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_WAITS", (0.0, 0.0, 0.0))
    really, tries = os.replace, iter([Held(13, "held"), Held(13, "held"), None])

    def replace(*paths: Path) -> None:
        if fault := next(tries):
            raise fault
        really(*paths)

    monkeypatch.setattr(os, "replace", replace)
    put(tmp_path / "paper.docx", NEW)
    assert (tmp_path / "paper.docx").read_bytes() == NEW


def test_a_file_that_stays_open_elsewhere_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "paper.docx"
    put(path, OLD)
    monkeypatch.setattr(file, "_WAITS", (0.0, 0.0))

    def replace(*_paths: Path) -> None:
        raise Held(13, "held")

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(CannotFile, match="Excel") as fault:
        put(path, NEW)
    assert str(path) in str(fault.value) and fault.value.exit_code == 5
    assert path.read_bytes() == OLD and not strays(tmp_path)


def test_what_cannot_be_a_folder_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file")
    for folder in (tmp_path / "out", tmp_path / "out" / "2014Q2"):
        with pytest.raises(CannotFile, match="out"):
            prepare(folder, 0)
    with pytest.raises(CannotFile, match="paper"):
        put(tmp_path / "out" / "paper.docx", NEW)
    with pytest.raises(CannotFile, match="the disk is full"):
        prepare(tmp_path, 10**18)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said_before_the_work(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(CannotFile, match="permission"):
        prepare(closed, 0)


def test_preparing_makes_the_folder_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    prepare(tmp_path / "out" / "2014Q2", 1_000_000)
    prepare(tmp_path / "out" / "2014Q2", 1_000_000)
    assert list((tmp_path / "out" / "2014Q2").iterdir()) == []


HOLDER = """
import sys
from pathlib import Path
from postloan.file import lock
with lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_refused_until_the_first_has_died(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert holder.stdout and holder.stdout.readline() == "locked\n"
    with pytest.raises(CannotFile, match="another run is at work") as fault, lock(tmp_path):
        pass
    assert str(tmp_path) in str(fault.value)
    holder.kill()
    holder.communicate()
    with lock(tmp_path):
        pass


def test_a_lock_keeps_out_its_own_process_and_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock(tmp_path):
        with pytest.raises(CannotFile), lock(tmp_path):
            pass
        raise ZeroDivisionError
    with lock(tmp_path):
        pass


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("城东支行", "城东支行"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("", "_"),
        ("城东／城西＼支行", "城东_城西_支行"),
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("支行\u202excod.exe", "支行xcod.exe"),
        ("城\u200b东\u2066支\u2069行\x00\ufeff", "城东支行"),
        (" 城东\t\n\u3000支行\u00a0", "城东 支行"),
        ("城东 \x1b 支行", "城东 支行"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("Lpt1", "_Lpt1"),
        ("COM²", "_COM²"),
        ("CONTROL", "CONTROL"),
        ("支行. . .", "支行"),
        (".hidden", "hidden"),
        ("~$loan", "$loan"),
        (PREFIX + "x", "postloan-x"),
        ("{}100%{季度}", "{}100%{季度}"),
        ("行" * 100, "行" * 40),
        ("e\u0301tage", "\u00e9tage"),
        ("\ud800支行", "支行"),
    ],
)
def test_a_name_of_a_unit_becomes_a_safe_file_name(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.text(), st.integers(4, 150))
def test_every_text_gives_a_name_that_a_folder_takes(text: str, limit: int) -> None:
    name = safe_name(text, limit)
    assert name and len(name.encode()) <= limit
    assert name == Path(name).name and name not in (".", "..") and not name.startswith((".", "~"))
    assert name == name.rstrip(". ") and not set(name) & set('/\\:*?"<>|／\u202e\x00\r\n')
    assert safe_name(name, limit) == name


def test_units_of_one_name_are_told_apart_by_their_id() -> None:
    names = distinct_names({"0101": "城东/支行", "0102": "城东_支行", "0103": "城西支行", "a": "Branch", "b": "BRANCH"})
    assert names == {"0101": "城东_支行_0101", "0102": "城东_支行_0102", "0103": "城西支行", "a": "Branch_a", "b": "BRANCH_b"}


def test_long_names_that_differ_at_the_end_stay_apart_and_short() -> None:
    names = distinct_names({"1": "行" * 50 + "甲", "2": "行" * 50 + "乙"})
    assert len(set(names.values())) == 2
    assert all(len(name.encode()) <= 120 for name in names.values())


def test_ids_that_cannot_tell_two_units_apart_are_refused() -> None:
    with pytest.raises(CannotFile, match="a/b.*a_b"):
        distinct_names({"a/b": "支行", "a_b": "支行"})
    with pytest.raises(CannotFile, match="支行_1"):
        distinct_names({"1": "支行", "2": "支行", "3": "支行_1"})


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_no_two_units_ever_share_a_file(names: dict[str, str]) -> None:
    try:
        distinct = distinct_names(names)
    except CannotFile:
        return
    assert distinct.keys() == names.keys()
    assert len({name.casefold() for name in distinct.values()}) == len(names)


def test_a_table_opens_in_excel_as_it_is() -> None:
    rows = [["npl_ratio", Decimal("0.0100"), None, date(2014, 6, 30), True], ['a,"b"', 3, "=1+1", "x\ny", "x\ry"]]
    assert csv_bytes(["measure", "value", "unit", "as_of", "waived"], rows) == (
        b'\xef\xbb\xbfmeasure,value,unit,as_of,waived\nnpl_ratio,0.0100,,2014-06-30,true\n"a,""b""",3,\'=1+1,"x\ny","x\ry"\n'
    )


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_a_table_reads_back_as_it_was(rows: list[list[str]]) -> None:
    assert csv_rows(csv_bytes(["a", "b"], rows)) == [["a", "b"], *rows]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5", "@SUM(A1)", "\t=1", "\n=1", "'=1", "''=1"])
def test_a_text_is_no_formula_in_excel_and_a_number_stays_one(text: str) -> None:
    made = csv_bytes(["a", "b"], [[text, Decimal(-5)]])
    assert next(csv.reader(io.StringIO(made.decode("utf-8-sig").partition("\n")[2], newline=""))) == [f"'{text}", "-5"]
    assert csv_rows(made)[1] == [text, "-5"]


def test_a_table_with_a_ragged_row_or_a_float_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 columns"):
        csv_bytes(["a", "b"], [["x"]])
    with pytest.raises(TypeError):
        csv_bytes(["a"], [[0.1]])
