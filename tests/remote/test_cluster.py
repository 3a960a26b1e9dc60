"""Notebooks on a Dask cluster of two real worker processes: the same papers, whoever is lost on the way, and no paper of another program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import places
import pytest
from notebookrun.job import Job
from notebookrun.progress import Progress
from postloan.errors import BadCommand
from postloan.file import PREFIX
from postloan.month_end.jobs import Task
from postloan.month_end.manifest import document_key, program_key
from postloan.month_end.plan import Request
from postloan.remote import dask_cluster as cluster_module
from postloan.remote.dask_cluster import ClusterRun, RunsAtWork, check_workers, fault_of_worker, on_worker
from postloan.run import run

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")
from dask import config as dask_config

TINY, BRANCH = str(places.TINY), str(places.BRANCH)
OF_THE_HOUR = {"said.txt", "jobs.jsonl", "run.log", "run.log.1", "morning.html", "run.json", ".postloan.lock"}
"""What of a run tells of the run itself."""


@pytest.fixture(scope="module")
def dask() -> Iterator[distributed.LocalCluster]:
    """Two worker processes on this machine, each with two threads."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=":0", memory_limit=0, host="127.0.0.1"
    ) as made:
        yield made


def files(out: Path) -> dict[str, bytes]:
    found = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file() and path.name not in OF_THE_HOUR}
    made = {name: path.read_bytes() for name, path in found.items()}
    if register := made.get("notices.csv"):  # in the order in which documents ended
        made["notices.csv"] = b"\n".join(sorted(register.splitlines()))
    return made


class AfterJobs(Progress):
    """Does something once, when so many jobs have ended."""

    def __init__(self, jobs: int, act) -> None:
        super().__init__()
        self.left, self.act = jobs, act

    def ended(self, job: Job) -> None:
        self.left -= 1
        if self.left == 0:
            self.act()


@pytest.mark.soak
def test_every_paper_is_the_same_byte_for_byte_as_without_a_cluster(dask, sample_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # workers work elsewhere, so a relative folder must mean the same to them
    record = run(Request(os.path.relpath(BRANCH), "2014Q2", "out", cluster=dask.scheduler_address))
    assert (record.exit_code, record.stopped) == (0, "")
    assert {job.state for job in record.jobs} == {"made"} and {job.tries for job in record.jobs} == {1}
    assert files(tmp_path / "out") == files(sample_run)
    again = run(Request(BRANCH, "2014Q2", "out", cluster=dask.scheduler_address))
    assert {job.state for job in again.jobs} == {"unchanged"}


@pytest.mark.soak
def test_the_work_of_a_worker_that_is_killed_is_done_by_others_and_the_loss_is_kept_with_its_reason(dask, sample_run, tmp_path):
    def kill() -> None:
        with distributed.Client(dask.scheduler_address, set_as_default=False) as client:
            busiest = max(client.processing().items(), key=lambda of: len(of[1]))[0]
        os.kill(next(worker.pid for worker in dask.workers.values() if worker.worker_address == busiest), signal.SIGKILL)

    record = run(Request(BRANCH, "2014Q2", str(tmp_path), cluster=dask.scheduler_address), AfterJobs(2, kill))
    assert record.exit_code == 0 and {job.state for job in record.jobs} == {"made"}
    assert files(tmp_path) == files(sample_run)
    told = [json.loads(line) for line in (tmp_path / "2014Q2" / "jobs.jsonl").read_text(encoding="utf-8").splitlines()]
    again = [job for job in told if job["tries"] > 1]
    assert again and all("the worker was lost" in job["reasons"] for job in again)
    assert not list(tmp_path.rglob(PREFIX + "*"))


@pytest.mark.soak
def test_papers_go_from_a_cluster_to_a_url_too(dask, sample_run, tmp_path, monkeypatch):
    monkeypatch.setenv("POSTLOAN_MIRRORS", str(tmp_path / "mirrors"))
    url = f"file://{(tmp_path / 'store').as_posix()}"
    record = run(Request(BRANCH, "2014Q2", url, ["quarterly_brief"], cluster=dask.scheduler_address))
    assert record.exit_code == 0
    made = files(tmp_path / "store")
    assert made["2014Q2/quarterly_brief.docx"] == files(sample_run)["2014Q2/quarterly_brief.docx"]


@pytest.mark.soak
def test_two_runs_at_once_share_the_workers(dask, sample_run, tmp_path):
    records = []

    def one(name: str) -> None:
        records.append(run(Request(BRANCH, "2014Q2", str(tmp_path / name), ["monitoring_paper"], cluster=dask.scheduler_address)))

    threads = [threading.Thread(target=one, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record.exit_code for record in records] == [0, 0]
    papers = {name: content for name, content in files(sample_run).items() if name.startswith("2014Q2/monitoring_paper/")}
    assert papers and all(files(tmp_path / name).items() >= papers.items() for name in ("a", "b"))


@pytest.mark.soak
def test_ctrl_c_kills_the_notebooks_on_the_workers(dask, tmp_path):
    def stop() -> None:
        raise KeyboardInterrupt

    record = run(Request(BRANCH, "2014Q2", str(tmp_path), cluster=dask.scheduler_address), AfterJobs(3, stop))
    assert record.exit_code == 1 and record.stopped == "interrupted"
    with distributed.Client(dask.scheduler_address, set_as_default=False) as client:
        deadline = time.monotonic() + 60
        while any(client.processing().values()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(client.processing().values())
    assert run(Request(BRANCH, "2014Q2", str(tmp_path), cluster=dask.scheduler_address)).exit_code == 0


@pytest.mark.soak
def test_a_scheduler_that_is_lost_ends_the_run_and_the_next_one_goes_on(sample_run, tmp_path):
    begin = "from distributed.cli.dask_{} import main; main()"

    def start(kind: str, *words: str) -> subprocess.Popen[bytes]:
        words = (sys.executable, "-c", begin.format(kind), *words, "--dashboard-address", "127.0.0.1:0")
        return subprocess.Popen(words, stderr=subprocess.DEVNULL, cwd=tmp_path)

    file = str(tmp_path / "scheduler.json")
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)
    worker = start("worker", "--scheduler-file", file, "--nthreads", "2", "--local-directory", str(tmp_path / "dask"))
    try:
        while not Path(file).is_file():
            time.sleep(0.1)
        address = json.loads(Path(file).read_text(encoding="utf-8"))["address"]
        with dask_config.set({"distributed.comm.timeouts.connect": "2s"}):
            record = run(Request(BRANCH, "2014Q2", str(tmp_path / "out"), cluster=address), AfterJobs(1, scheduler.kill))
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert record.exit_code == 1 and any("scheduler of the cluster is lost" in job.reason for job in record.jobs)
    assert run(Request(BRANCH, "2014Q2", str(tmp_path / "out"))).exit_code == 0
    assert files(tmp_path / "out") == files(sample_run)


# Workers that must not be used


@pytest.mark.soak
def test_a_worker_of_another_version_is_refused_before_anything_is_made(dask, tmp_path):
    workers = list(dask.workers.values())
    with distributed.Client(dask.scheduler_address, set_as_default=False) as client:
        address = workers[0].worker_address
        client.run(_pretend, "another program", workers=[address])
        try:
            record = run(Request(TINY, "2014Q2", str(tmp_path), cluster=dask.scheduler_address))
        finally:
            client.run(_pretend, "", workers=[address])
    assert record.exit_code == 2 and "another version of postloan" in record.stopped and address in record.stopped
    assert "install the same on every machine" in record.stopped and record.jobs == []


_OWN_KEY = program_key


def _pretend(key: str) -> None:
    """Let a worker take its program for another one; blank for its own again."""
    from postloan.month_end import manifest

    manifest.program_key = (lambda: key) if key else _OWN_KEY


def run_of(folder: Path) -> ClusterRun:
    (folder / "book").mkdir()
    (folder / "book" / "book.json").write_text("{}", encoding="utf-8")
    return ClusterRun("run", "en", folder, folder / "book")


def test_a_job_that_reaches_a_worker_of_another_version_or_without_the_folder_is_not_made(tmp_path):
    def never(job: Task):
        raise AssertionError(job)

    job, told = Task("quarterly_brief", "小结"), run_of(tmp_path)
    done = on_worker(never, told, {"quarterly_brief": "another"}, job)
    assert done.state == "failed" and done.reason.startswith("BadCommand: the worker has another version of postloan")
    away = replace(told, kept=tmp_path / "elsewhere")
    done = on_worker(never, away, {"quarterly_brief": document_key("quarterly_brief")}, job)
    assert done.state == "failed" and "does not see" in done.reason


def test_a_worker_that_does_not_see_the_output_folder_says_so(tmp_path):
    made = {"quarterly_brief": document_key("quarterly_brief")}
    assert "does not see" in str(fault_of_worker(tmp_path / f"{PREFIX}abc", made, "en"))
    (tmp_path / f"{PREFIX}abc").write_text("of another run", encoding="utf-8")
    assert "does not see" in str(fault_of_worker(tmp_path / f"{PREFIX}abc", made, "en"))
    (tmp_path / f"{PREFIX}abc").write_text("abc", encoding="utf-8")
    assert fault_of_worker(tmp_path / f"{PREFIX}abc", made, "en") is None
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}abc"]


def test_a_cluster_that_is_not_there_has_no_worker_or_no_dask_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "PATIENCE", 1)
    with pytest.raises(BadCommand, match="no scheduler answers there"):
        check_workers("tcp://127.0.0.1:9", tmp_path, [])
    with pytest.raises(BadCommand, match="no scheduler answers there"):
        check_workers("no such kind://x", tmp_path, [])
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", host="127.0.0.1") as empty,
        pytest.raises(BadCommand, match="has no worker"),
    ):
        check_workers(empty.scheduler_address, tmp_path, [])
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadCommand, match="Dask is not installed") as told:
        check_workers("tcp://127.0.0.1:9", tmp_path, [])
    assert "postloan[cluster]" in told.value.do


# What a worker keeps at hand


def test_a_process_of_the_cluster_begins_with_new_workers_when_a_run_comes_and_nothing_is_at_work(tmp_path):
    closed: list[str] = []
    bench = RunsAtWork(lambda: closed.append("close"))
    first, second, third = (ClusterRun(name, "en", tmp_path, tmp_path / f"book of {name}") for name in ("one", "two", "three"))
    with bench.at_work(first) as goes_on, bench.at_work(second):
        assert goes_on
    with bench.at_work(second):
        pass
    assert closed == ["close"], "one run does not end what another has at work"
    with bench.at_work(third):
        bench.end("three")
    with bench.at_work(third) as goes_on:
        assert not goes_on
    assert closed == ["close"] * 3


@pytest.mark.soak
def test_a_run_on_the_command_line_takes_the_address(dask, tmp_path):
    words = ["run", "quarterly_brief", "--period", "2014Q2", "--data", TINY, "--out", str(tmp_path), "--cluster", dask.scheduler_address]
    done = subprocess.run([sys.executable, "-m", "postloan", "--lang", "zh", *words], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "2014Q2" / "quarterly_brief.docx").is_file()
