"""Outputs at a URL: whole or absent, whatever the store does; nothing sent twice; people's text brought back; one run at a time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import docx
import pytest
from notebookrun.job import Job
from notebookrun.progress import Progress
from places import TINY
from postloan.errors import BadCommand, CannotFile
from postloan.file import PREFIX, is_url, put
from postloan.month_end.plan import Plan
from postloan.month_end.plan import Request as Asked
from postloan.month_end.run_record import Record, file_record
from postloan.remote import object_store as store_module
from postloan.remote.object_store import LOCK, STALE, Store
from postloan.remote.publisher import copies_folder, run_and_publish
from postloan.run import run

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install '.[cluster]'")
from fsspec.implementations.memory import MemoryFileSystem

DOCUMENTS = ["monitoring_notice", "quarterly_brief"]
OF_THE_HOUR = ("book/", "jobs.jsonl", "logs/", "morning.html", "run.json")
"""What of a run tells of the run itself, or stays in the mirror."""


class Flaky(MemoryFileSystem):
    """A store in memory that fails from a given write on; a write that fails has written half, unless the store takes objects at once."""

    protocol = "flaky"
    store: dict = {}  # noqa: RUF012 - shared by all, as that of its base
    pseudo_dirs = [""]  # noqa: RUF012
    writes, fails_from, halves = 0, 10**9, True

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("flaky://", "memory://") if isinstance(path, str) else path)

    @classmethod
    def begin(cls, fails_from: int = 10**9) -> None:
        cls.writes, cls.fails_from = 0, fails_from

    def _count(self) -> None:
        Flaky.writes += 1
        if Flaky.writes > Flaky.fails_from:
            raise ConnectionError("the line is down")

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        try:
            self._count()
        except ConnectionError:
            if Flaky.halves:
                super().pipe_file(path, value[: len(value) // 2])
            raise
        super().pipe_file(path, value)

    def cp_file(self, path1, path2, **kwargs):
        self._count()
        super().cp_file(path1, path2, **kwargs)

    def rm_file(self, path):
        self._count()
        super().rm_file(path)


fsspec.register_implementation("flaky", Flaky, clobber=True)


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory) -> Iterator[Path]:
    """Where mirrors lie: one place for all, since each environment has workers of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSTLOAN_MIRRORS", str(folder := tmp_path_factory.mktemp("mirrors")))
        yield folder


@pytest.fixture(autouse=True)
def places(mirrors) -> None:
    """No mirror yet, and stores that are empty."""
    shutil.rmtree(mirrors, ignore_errors=True)
    for kind in (MemoryFileSystem, Flaky):
        kind.store.clear()
        kind.pseudo_dirs[:] = [""]
    Flaky.begin()
    Flaky.halves = True


def request(out: str | Path, **more) -> Asked:
    return Asked(str(TINY), "2014Q2", str(out), DOCUMENTS, **more)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """An undisturbed run in a folder."""
    out = tmp_path_factory.mktemp("plain")
    assert run(request(out)).exit_code == 0
    return out


def in_folder(out: Path) -> dict[str, bytes]:
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return {path: content for path, content in files.items() if not path.endswith(LOCK)}


def in_store(store: Store) -> dict[str, bytes]:
    names = [path for under in ("2014Q2", "notices.csv", "index_numbers.csv", LOCK) for path in store.listing(under)]
    return {name: store.read(name) for name in names}


def papers(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if not path.removeprefix("2014Q2/").startswith(OF_THE_HOUR)}


def replayed(source: Path, shown: Progress, asked: Asked, also, folder: Path) -> Record:
    """A run as far as its files go: those of a run that was, job by job, its record at the end."""
    said = json.loads((source / "2014Q2" / "run.json").read_bytes())
    record = Record(said["parameters"], said["period"], said["as_of"], said["policy"], said["program"], said["started"])
    files = {path: content for path, content in in_folder(source).items() if not path.startswith("2014Q2/book/")}
    of_jobs = {f"2014Q2/{file}": job["document"] for job in said["jobs"] for file in job["files"]}
    for name in dict.fromkeys(of_jobs.values()):
        own = [path for path, document in of_jobs.items() if document == name]
        for path in own:
            put(folder / path, files[path])
        for hearer in also:
            hearer.ended(Job(name, name, files=[path.removeprefix("2014Q2/") for path in own]))
    for path in files.keys() - of_jobs.keys() - {"2014Q2/run.json"}:
        put(folder / path, files[path])
    file_record(record, folder / "2014Q2")
    return record


def replay(url: str, source: Path) -> Record:
    def of(plan, shown, said, also):
        return replayed(source, shown, said, also, Path(plan.request.out))

    return run_and_publish(Plan(request(url)), Progress(), of)


@pytest.mark.parametrize("kind", ["memory", *(pytest.param(kind, marks=pytest.mark.soak) for kind in ("file", "flaky"))])
def test_a_run_at_a_url_files_what_a_run_in_a_folder_does(kind, plain, tmp_path):
    url = f"{kind}://{tmp_path.as_posix()}/out"
    record = run(request(url))
    assert record.exit_code == 0
    store = Store.of(url)
    made = in_store(store)
    assert papers(made) == papers(in_folder(plain))
    told = json.loads(made["2014Q2/run.json"])
    assert told["parameters"]["out"] == url and str(copies_folder()) not in made["2014Q2/run.json"].decode()
    assert all(path in made for path in ("2014Q2/jobs.jsonl", "2014Q2/morning.html", "2014Q2/logs/run.log"))
    assert not any("/book/" in path or PREFIX in path or path == LOCK for path in made)


def test_a_second_run_with_nothing_changed_sends_no_paper_again(plain):
    url = "flaky://bank/out"
    replay(url, plain)
    first = in_store(Store.of(url))
    marks = Store.of(url).listing("2014Q2")
    again = run(request(url))
    assert {job.state for job in again.jobs} == {"unchanged"}
    assert papers(in_store(Store.of(url))) == papers(first)
    sent = {path for path, mark in Store.of(url).listing("2014Q2").items() if mark != marks.get(path)}
    assert sent == {"2014Q2/run.json", "2014Q2/morning.html", "2014Q2/logs/run.log"}


def test_a_lost_mirror_is_filled_again_and_nothing_is_made_twice(plain):
    url = "memory://bank/out"
    replay(url, plain)
    shutil.rmtree(copies_folder())
    again = run(request(url))
    assert {job.state for job in again.jobs} == {"unchanged"}
    assert papers(in_store(Store.of(url))) == papers(in_folder(plain))


@pytest.mark.soak
def test_what_someone_typed_into_a_paper_in_the_store_is_there_again(plain, tmp_path):
    url = "memory://bank/out"
    replay(url, plain)
    store, path = Store.of(url), "2014Q2/quarterly_brief.docx"
    edited = tmp_path / "edited.docx"
    edited.write_bytes(store.read(path))
    paper = docx.Document(str(edited))
    paper.paragraphs[0].add_run("由人修改")
    paper.save(str(edited))
    store.put(path, edited.read_bytes())
    record = run(request(url))
    assert [job.edited > 0 for job in record.jobs if job.document == "quarterly_brief" and not job.unit] == [True]
    assert store.read("2014Q2/edited/quarterly_brief.docx") == edited.read_bytes(), "the edited paper is kept in the store too"
    assert "由人修改" in store.read("2014Q2/edited/quarterly_brief.csv").decode()


@pytest.mark.soak
def test_a_paper_that_someone_deleted_is_made_again(plain):
    url = "memory://bank/out"
    replay(url, plain)
    Store.of(url).remove("2014Q2/quarterly_brief.docx")
    assert [job.key for job in run(request(url)).jobs if job.state == "made"] == [("quarterly_brief", "")]
    assert papers(in_store(Store.of(url))) == papers(in_folder(plain))


# A store that fails


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("takes_at_once", [True, False])
def test_a_store_that_fails_at_any_write_has_old_or_new_objects_and_the_next_run_puts_the_rest(takes_at_once, step, plain, monkeypatch):
    if takes_at_once:
        monkeypatch.setattr(store_module, "AT_ONCE", store_module.AT_ONCE | {"flaky"})
        Flaky.halves = False
    url, new = "flaky://bank/out", {path: content for path, content in in_folder(plain).items() if "/book/" not in path}
    old = {path: b"of the night before" for path in list(new)[::2]}
    store = Store.of(url)
    replay(url, plain)
    new["2014Q2/run.json"] = store.read("2014Q2/run.json")
    assert in_store(store) == {path: content for path, content in new.items()}
    shutil.rmtree(copies_folder())
    fails = 0
    while True:
        Flaky.store.clear()
        for path, content in old.items():
            store.system.pipe_file(f"/bank/out/{path}", content)
        Flaky.begin(fails)
        try:
            code = replay(url, plain).exit_code
        except CannotFile as fault:
            code = fault.exit_code
            assert "the line is down" in str(fault) and fault.do
        Flaky.begin()
        seen = {path: content for path, content in in_store(store).items() if PREFIX not in path and path != LOCK}
        assert all(content in (old.get(path), new[path]) for path, content in seen.items())
        assert old.keys() <= seen.keys(), "an old object is replaced, never taken away first"
        if code == 0:
            break
        assert code == 5
        assert replay(url, plain).exit_code == 0
        assert in_store(store) == new
        shutil.rmtree(copies_folder())
        fails += step
    assert fails > 2 * len(new) if not takes_at_once else fails > len(new)


@pytest.mark.soak
def test_a_run_killed_before_it_published_is_gone_on_with(plain):
    url = "memory://bank/out"

    class Killed(BaseException):
        pass

    def dies(plan, shown, said, also):
        replayed(plain, shown, said, (), Path(plan.request.out))
        raise Killed

    with pytest.raises(Killed):
        run_and_publish(Plan(request(url)), Progress(), dies)
    assert set(in_store(Store.of(url))) <= {LOCK}
    record = run(request(url))
    assert record.exit_code == 0 and {job.state for job in record.jobs} == {"unchanged"}
    assert papers(in_store(Store.of(url))) == papers(in_folder(plain))


# One run at a time


def test_another_run_at_work_is_told_with_who_and_since_when_and_a_dead_one_is_taken_over(monkeypatch):
    store = Store.of("memory://bank/out")
    with store.locked("one"):
        with pytest.raises(CannotFile, match="has been at work there since") as told, store.locked("two"):
            pass
        assert f"memory://bank/out/{LOCK}" in told.value.do
        with store.locked("one") as said:
            assert said == "", "what a killed run of the same mirror left keeps nobody out"
    with store.locked("one"):
        later = datetime.now(UTC) + STALE + timedelta(minutes=1)
        monkeypatch.setattr(store_module, "_now", lambda: later)
        with store.locked("two") as said:
            assert "has died" in said
    assert store.listing(LOCK) == {}
    store.put(LOCK, b"not JSON")
    with pytest.raises(CannotFile), store.locked("two"):
        pass


def test_places_that_are_none_are_refused_with_what_to_do(tmp_path, monkeypatch):
    assert is_url("s3://bucket/out") and is_url("file:///out") and not is_url("C:/out") and not is_url("C:\\out") and not is_url("/out")
    with pytest.raises(BadCommand, match="password") as told:
        Store.of("sftp://me:secret@host/out")
    assert "secret" not in str(told.value)
    with pytest.raises(BadCommand, match="no way to such a place"):
        Store.of("nowhere://out")
    with pytest.raises(BadCommand):
        run(replace(request("nowhere://out")))
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(BadCommand, match="fsspec is not installed"):
        Store.of("s3://bucket/out")
