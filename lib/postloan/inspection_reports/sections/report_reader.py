"""Reading the reports of a package, in child processes: no file can take more down than the child that reads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from postloan.errors import BadFile, CannotFile
from postloan.inspection_reports.sections.placing import place
from postloan.inspection_reports.word_text.picture_hash import Look
from postloan.inspection_reports.word_text.refused import Reason, sentence
from postloan.language import tr
from postloan.problem import NOTE, Problem

SECONDS = 30
"""What one report may take; an ordinary one takes some milliseconds."""
WORTH_A_CHILD = 40
"""Reports per child: starting one costs as much as reading about so many."""

Row = tuple[str, str, str]
Answer = dict


class Photo(NamedTuple):
    """A picture of an inspection's report: name of its part, SHA-256, dHash (None where it has none: `picture_hash.seen`)."""

    inspection_id: str
    name: str
    sha256: str
    dhash: int | None


class Read(NamedTuple):
    """What the reports of a package hold. `rows`: inspection_id, section, text."""

    rows: list[Row]
    problems: list[Problem]
    photos: list[Photo]


def read_reports(folder: Path, files: dict[str, str], blank_form: Path | None = None) -> Read:
    """The sections and photographs of the reports in `folder` that `files` names: inspection id → path from the folder.

    A text is blank where a section is there and nobody wrote in it. Photographs are all pictures but icons, those of headers and footers
    and those that `blank_form` has or that look like one of them. A note for each report that is not read (`unreadable_report`; its
    pictures may be), holds no section we know (`no_section`), stands for two inspections (`report_file_twice`), or has pictures that are
    not read (`unreadable_photo`). Raises `BadFile` where `blank_form` itself cannot be read.
    Source: seed S71-S82, contract `inspection.report_file`, traps section 1 Word 9, 37, C1-C4, C11, C17, C18.
    """
    places = {name: place(Path(folder), name) for name in dict.fromkeys(files.values())}
    paths = [found for found in dict.fromkeys(places.values()) if isinstance(found, Path)]
    answers = dict(zip(paths, _read(paths, blank_form), strict=True))
    rows, problems, photos = read = Read([], [], [])
    first: dict[Path, str] = {}
    for inspection, name in files.items():
        found = places[name]
        answer = {"refused": found.value} if isinstance(found, Reason) else answers[found]
        rows += [(inspection, section, text) for section, text in answer.get("sections", {}).items()]
        photos += [Photo(inspection, *look) for look in answer.get("photos", ()) if Look(*look).sha256]
        problems += _problems(inspection, name, answer)
        if isinstance(found, Path) and first.setdefault(found, inspection) != inspection:
            problems.append(_problem("report_file_twice", name, inspection, _twice(first[found])))
    return read


def _problems(inspection: str, name: str, answer: Answer) -> list[Problem]:
    problems = []
    if "refused" in answer:
        problems.append(_problem("unreadable_report", name, inspection, sentence(Reason(answer["refused"]))))
    elif not answer["sections"]:
        says = tr("no section of a report was found in it; write the bank's headings, or add its names to sections.yaml")
        problems.append(_problem("no_section", name, inspection, says))
    if unread := [Look(*look).name for look in answer.get("photos", ()) if not Look(*look).sha256]:
        says = tr("pictures in it are damaged or too large and are not compared ({names}); put them in again", names=", ".join(unread))
        problems.append(_problem("unreadable_photo", name, inspection, says))
    return problems


def _problem(check: str, name: str, inspection: str, says: str) -> Problem:
    named = tr("inspection {inspection}: {says}", inspection=inspection, says=says)
    return Problem(check, NOTE, name, "", None, "report_file", name, named)


def _twice(other: str) -> str:
    return tr("inspection {other} names the same report file; each inspection has a report of its own", other=other)


def _read(paths: list[Path], blank_form: Path | None) -> list[Answer]:
    """The answer for each path, in order."""
    if not paths:
        return []
    children = max(1, min(os.cpu_count() or 1, len(paths) // WORTH_A_CHILD))
    shares = [paths[i::children] for i in range(children)]
    with ThreadPoolExecutor(children) as threads:
        answered = list(threads.map(lambda share: _read_share(share, blank_form), shares))
    return [answered[i % children][i // children] for i in range(len(paths))]


def _read_share(paths: list[Path], blank_form: Path | None) -> list[Answer]:
    """The answer for each path; the report at which a child ends is the one that took too much, and the next child goes on behind it."""
    answers: list[Answer] = []
    while len(answers) < len(paths):
        answers += _one_child(paths[len(answers) :], blank_form)
        if len(answers) < len(paths):
            answers.append({"refused": Reason.TOO_LONG.value})
    return answers


def _one_child(paths: list[Path], blank_form: Path | None) -> list[Answer]:
    with tempfile.TemporaryDirectory(prefix="postloan-", ignore_cleanup_errors=True) as private:
        listed = Path(private) / "reports.json"
        listed.write_text(json.dumps([str(path) for path in paths]), encoding="utf-8")
        form = [str(Path(blank_form).resolve())] if blank_form else []
        with _child(str(listed), *form) as lines:
            _check_ready(next(lines, None), blank_form)
            return list(lines)


def _check_ready(said: Answer | None, blank_form: Path | None) -> None:
    if said and "ready" in said:
        return
    if blank_form:
        reason = Reason(said["refused"]) if said else Reason.TOO_LONG
        raise BadFile(tr("the bank's blank form cannot be read"), str(blank_form), sentence(reason))
    raise CannotFile(tr("the process that reads Word reports does not start"), sys.executable)


@contextmanager
def _child(*arguments: str) -> Iterator[Iterable[Answer]]:
    """Run the child; gives an iterator over what it says. A child that is silent for too long is ended."""
    package = str(Path(__file__).parents[3])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    # PYTHONSAFEPATH: a file named like a library in the working folder must not be imported (traps B10).
    environment = os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "postloan.inspection_reports.sections.child", *arguments]
    nothing = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing) as process:
        heard, done = [time.monotonic()], threading.Event()
        threading.Thread(target=_watch, args=(process, heard, done), daemon=True).start()
        try:
            yield _said(process, heard)
        finally:
            done.set()
            process.kill()


def _watch(process: subprocess.Popen, heard: list[float], done: threading.Event) -> None:
    while not done.wait(1):
        if time.monotonic() - heard[0] > SECONDS:
            process.kill()
            return


def _said(process: subprocess.Popen, heard: list[float]) -> Iterator[Answer]:
    for line in process.stdout or ():
        heard[0] = time.monotonic()
        if not line.endswith(b"\n"):  # the child died while it spoke
            return
        if line.strip():  # else a sign of life
            yield json.loads(line)
