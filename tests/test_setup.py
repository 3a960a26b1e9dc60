"""Two commands from a fresh clone: what they rest on."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from places import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
SCRIPT = ROOT / "scripts" / "start.py"


@pytest.fixture
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def locked() -> dict[str, set[str]]:
    """Package → its versions in the lock (several where Pythons differ)."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions


def test_every_package_is_locked_by_version_and_hash_and_by_no_address() -> None:
    entries = re.split(r"\n(?=[^ #\n])", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE).strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", entry), entry
    assert "://" not in LOCK


def test_the_lock_is_of_what_the_project_declares() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = declared["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        name, at_least = requirement.split(">=")
        assert at_least in locked()[name], f"{name} was measured with {at_least}"
    assert {"hatchling", "editables"} <= locked().keys(), "the build backend is locked too"


def test_the_lock_serves_windows() -> None:
    assert re.search(r"^colorama==\S+ ; sys_platform == 'win32'", LOCK, re.MULTILINE)
    assert re.search(r"^pywinpty==\S+ ; os_name == 'nt'", LOCK, re.MULTILINE)


def test_ci_runs_the_command_a_person_runs_and_then_what_soaks() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    tests = [line for line in ci if not line.startswith("#") and "scripts/start.py test" in line]
    assert tests[0] == "python3 scripts/start.py test" and '-m "soak or hypothesis"' in tests[1] and len(tests) == 2
    assert "set -euo pipefail" in ci


def test_an_old_python_can_read_the_script_and_is_told_what_it_needs(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))
    monkeypatch.setattr(sys, "version_info", (3, 8, 10))
    assert "Python 3.8 is too old: install Python 3.11" in start.fault_of_python()
    assert start.main(["test"]) == 2


def test_a_python_without_venv_is_told_the_package(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert start.fault_of_python() == ""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    assert "python3-venv" in start.fault_of_python()


def project_in(folder: Path, start: ModuleType) -> Path:
    """A folder that looks set up."""
    (folder / "requirements.lock").write_text("filelock==4.2.12\n", encoding="utf-8")
    program = Path(start.program(folder, "python"))
    program.parent.mkdir(parents=True)
    program.touch()
    start.stamp_of(folder).write_text(start.wanted(folder), encoding="utf-8")
    return folder


def test_a_set_up_folder_is_ready_at_once(start: ModuleType, tmp_path: Path) -> None:
    assert start.is_ready(project_in(tmp_path, start))


@pytest.mark.parametrize("fault", ["lock changed", "half made", "python gone", "moved", "other python"])
def test_an_environment_that_does_not_fit_is_not_ready(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    (tmp_path / "here").mkdir()
    project = project_in(tmp_path / "here", start)
    if fault == "lock changed":
        (project / "requirements.lock").write_text("filelock==4.2.13\n", encoding="utf-8")
    elif fault == "half made":
        start.stamp_of(project).unlink()
    elif fault == "python gone":
        Path(start.program(project, "python")).unlink()
    elif fault == "moved":
        project = project.rename(tmp_path / "there")
    else:
        monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert not start.is_ready(project)


def test_a_package_that_is_not_the_locked_one_stops_the_set_up_and_leaves_it_undone(start: ModuleType, tmp_path: Path) -> None:
    """The real set-up, up to the package: its only wheel lies in a folder and has another hash."""
    lock = f"nothing==1 --hash=sha256:{'0' * 64}\n"
    (tmp_path / "requirements.lock").write_text(lock, encoding="utf-8")
    start.environment = lambda: dict(os.environ, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path), PIP_CONFIG_FILE=os.devnull)
    (tmp_path / "nothing-1-py3-none-any.whl").write_bytes(b"another wheel")
    with pytest.raises(SystemExit, match="安装失败"):
        start.set_up(tmp_path)
    assert Path(start.program(tmp_path, "python")).exists() and not start.is_ready(tmp_path)


def test_a_call_without_words_says_which_there_are() -> None:
    said = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, encoding="utf-8", check=False)
    assert said.returncode == 2
    assert "start.py sample" in said.stdout and "start.py test" in said.stdout
