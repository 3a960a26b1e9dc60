"""What several tests share: the sample quarter read once, and folders that are made once a test run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

# Only for `format: iri`, and it builds its grammars while it is imported: three seconds in each process (see notebookrun.kernel).
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# Papers of tests bear the last day of their period where a test gives no other: today is another one tomorrow.
os.environ["POSTLOAN_TODAY"] = "1990-01-01"

import pytest
from command_line import postloan, postloan_process
from filelock import FileLock
from hypothesis import HealthCheck, settings
from places import BRANCH, SHARED, TINY
from postloan import language
from postloan.figures.book import Book
from postloan.month_end.workers import POOL
from postloan.run import compute, take_in

# No test is timed: on a busy machine an example may take any time. A few examples, the same ones each time, unless one says
# `--hypothesis-profile soak`, which tries many new ones. Fixtures of a function serve all its examples.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.register_profile("default", UNTIMED, max_examples=10, derandomize=True, database=None)
settings.register_profile("soak", UNTIMED, max_examples=100)
settings.load_profile("default")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return as many workers as there are processors; none where single files are named, which a worker's start would only slow down."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS and all(".py" in word for word in config.args)
    return 0 if named else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture(scope="session", autouse=True)
def workers_stay() -> Iterator[None]:
    """Workers of a run rest until the next run in this process: each costs three seconds to start. A run that is stopped ends them."""
    close = POOL.close
    with patch.object(POOL, "close", lambda: close() if POOL._stopped else None):
        yield
    close()


def _forget_test() -> None:
    """Take pytest's name of the test out of the environment: a worker serves one environment, and would serve one test."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup() -> None:
    _forget_test()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call() -> None:
    _forget_test()


@pytest.fixture(autouse=True)
def english() -> None:
    """Messages in English, whatever the machine speaks and the test before chose."""
    language.use("en")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return the folder of a name, filled by `make` once a test run, whichever worker asks first. Tests only read what lies there."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "once"
    shared.mkdir(exist_ok=True)

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        made, whole = shared / name, shared / f"{name}.made"
        with FileLock(shared / f"{name}.lock"):
            if not whole.exists():
                shutil.rmtree(made, ignore_errors=True)
                made.mkdir()
                make(made)
                whole.touch()
        return made

    return folder


@pytest.fixture(scope="session")
def branch2014() -> Book:
    """The sample quarter, up to its findings."""
    return compute(take_in(BRANCH), "2014Q2")


@pytest.fixture(scope="session")
def tiny() -> Book:
    """The dozen loans one can check by hand."""
    return compute(take_in(TINY), "2014Q2")


@pytest.fixture(scope="session")
def sample_run(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """An output folder of the sample quarter, made by a process of its own; `said.txt` in it is what that printed."""

    def make(out: Path) -> None:
        code, output, errors = postloan_process("run", "--period", "2014Q2", "--data", BRANCH, "--out", out)
        assert code == 0, errors
        (out / "said.txt").write_text(output, encoding="utf-8")

    return once("sample_run", make)


@pytest.fixture(scope="session")
def month_end(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """An output folder of June of the tiny sample, where a quarter ends too; `said.json` in it is what the command line printed."""

    def make(out: Path) -> None:
        code, output, errors = postloan("month-end", "--period", "2014-06", "--data", TINY, "--out", out, "--json")
        assert code == 0, errors
        (out / "said.json").write_text(output, encoding="utf-8")

    return once("month_end", make)


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Path]]:
    """Return files as LibreOffice writes them in another format, all in one start and with one profile; skip where it is not installed."""
    if not (program := shutil.which("soffice")):
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation={tmp_path_factory.mktemp('office').as_uri()}"

    def convert(kind: str, folder: Path, *files: Path) -> list[Path]:
        command = [program, profile, "--headless", "--convert-to", kind, "--outdir", folder, *files]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return [folder / f"{file.stem}.{kind}" for file in files]

    return convert


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data beside the project; skips where it is not there."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real data is not beside the project")
    return SHARED
