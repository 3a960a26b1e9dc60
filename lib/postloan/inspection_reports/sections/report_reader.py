"""Reads the reports of a package in child processes: a bad file can stop only the process that reads it."""

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
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

from postloan.errors import BadFile, CannotFile
from postloan.inspection_reports.sections.report_path import report_path
from postloan.inspection_reports.word_text.picture_hash import PictureHash
from postloan.inspection_reports.word_text.unreadable import UnreadableReason, sentence
from postloan.language import tr
from postloan.problem import NOTE, Problem

SECONDS = 30
"""The time limit of one report; an ordinary one takes some milliseconds."""
WORTH_A_CHILD = 40
"""The reports per child process: starting one costs as much as reading about so many."""

Row = tuple[str, str, str]
Answer = dict


class Photo(NamedTuple):
    """A picture in an inspection's report: name of its part, SHA-256, dHash (None for a picture without one)."""

    inspection_id: str
    name: str
    sha256: str
    dhash: int | None


class ReportContents(NamedTuple):
    """The content of a package's reports. `rows`: inspection_id, section, text."""

    rows: list[Row]
    problems: list[Problem]
    photos: list[Photo]


def read_reports(folder: Path, files: dict[str, str], blank_form: Path | None = None) -> ReportContents:
    """Return the sections and photographs of the reports in `folder`. `files`: inspection id → path below the folder.

    The text of an empty section is blank. Photographs are all pictures except icons, pictures in headers and footers, and pictures equal or
    similar to one of `blank_form`. A problem (note) is added for each unreadable report (`unreadable_report`; its pictures may be
    readable), a report without known sections (`no_section`), a report of two inspections (`report_file_twice`), and unreadable pictures
    (`unreadable_photo`). Raises `BadFile` for an unreadable `blank_form`. Source: seed S71-S82, contract `inspection.report_file`, traps
    section 1 Word 9, 37, C1-C4, C11, C17, C18.
    """
    places = {name: report_path(Path(folder), name) for name in dict.fromkeys(files.values())}
    paths = [found for found in dict.fromkeys(places.values()) if isinstance(found, Path)]
    answers = dict(zip(paths, _read(paths, blank_form), strict=True))
    rows, problems, photos = read = ReportContents([], [], [])
    first: dict[Path, str] = {}
    for inspection, name in files.items():
        found = places[name]
        answer = {"refused": found.value} if isinstance(found, UnreadableReason) else answers[found]
        rows += [(inspection, section, text) for section, text in answer.get("sections", {}).items()]
        photos += [Photo(inspection, *picture) for picture in answer.get("photos", ()) if PictureHash(*picture).sha256]
        problems += _problems(inspection, name, answer)
        if isinstance(found, Path) and first.setdefault(found, inspection) != inspection:
            problems.append(_problem("report_file_twice", name, inspection, _twice(first[found])))
    return read


def _problems(inspection: str, name: str, answer: Answer) -> list[Problem]:
    problems = []
    if "refused" in answer:
        problems.append(_problem("unreadable_report", name, inspection, sentence(UnreadableReason(answer["refused"]))))
    elif not answer["sections"]:
        says = tr("no section of a report was found in it; write the bank's headings, or add its names to sections.yaml")
        problems.append(_problem("no_section", name, inspection, says))
    if unread := [picture.name for picture in starmap(PictureHash, answer.get("photos", ())) if not picture.sha256]:
        says = tr("pictures in it are damaged or too large and are not compared ({names}); put them in again", names=", ".join(unread))
        problems.append(_problem("unreadable_photo", name, inspection, says))
    return problems


def _problem(check: str, name: str, inspection: str, says: str) -> Problem:
    named = tr("inspection {inspection}: {says}", inspection=inspection, says=says)
    return Problem(check, NOTE, name, "", None, "report_file", name, named)


def _twice(other: str) -> str:
    return tr("inspection {other} names the same report file; each inspection has a report of its own", other=other)


def _read(paths: list[Path], blank_form: Path | None) -> list[Answer]:
    """Return the answer for each path, in order."""
    if not paths:
        return []
    children = max(1, min(os.cpu_count() or 1, len(paths) // WORTH_A_CHILD))
    shares = [paths[i::children] for i in range(children)]
    with ThreadPoolExecutor(children) as threads:
        answers = list(threads.map(lambda share: _read_share(share, blank_form), shares))
    return [answers[i % children][i // children] for i in range(len(paths))]


def _read_share(paths: list[Path], blank_form: Path | None) -> list[Answer]:
    """Return the answer for each path. A child process ends at a report that takes too much; the next process goes on behind it."""
    answers: list[Answer] = []
    while len(answers) < len(paths):
        answers += _one_child(paths[len(answers) :], blank_form)
        if len(answers) < len(paths):
            answers.append({"refused": UnreadableReason.TOO_LONG.value})
    return answers


def _one_child(paths: list[Path], blank_form: Path | None) -> list[Answer]:
    with tempfile.TemporaryDirectory(prefix="postloan-", ignore_cleanup_errors=True) as private:
        listed = Path(private) / "reports.json"
        listed.write_text(json.dumps([str(path) for path in paths]), encoding="utf-8")
        form = [str(Path(blank_form).resolve())] if blank_form else []
        with _child(str(listed), *form) as lines:
            _check_ready(next(lines, None), blank_form)
            return list(lines)


def _check_ready(answer: Answer | None, blank_form: Path | None) -> None:
    if answer and "ready" in answer:
        return
    if blank_form:
        reason = UnreadableReason(answer["refused"]) if answer else UnreadableReason.TOO_LONG
        raise BadFile(tr("the bank's blank form cannot be read"), str(blank_form), sentence(reason))
    raise CannotFile(tr("the process that reads Word reports does not start"), sys.executable)


@contextmanager
def _child(*arguments: str) -> Iterator[Iterable[Answer]]:
    """Run the child process and yield an iterator over its answers. A child that is silent for too long is ended."""
    package = str(Path(__file__).parents[3])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    # PYTHONSAFEPATH: a file named like a library in the working folder must not be imported (traps B10).
    environment = os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "postloan.inspection_reports.sections.reader_process", *arguments]
    nothing = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing) as process:
        last_line, done = [time.monotonic()], threading.Event()
        threading.Thread(target=_watch, args=(process, last_line, done), daemon=True).start()
        try:
            yield _answers(process, last_line)
        finally:
            done.set()
            process.kill()


def _watch(process: subprocess.Popen, last_line: list[float], done: threading.Event) -> None:
    while not done.wait(1):
        if time.monotonic() - last_line[0] > SECONDS:
            process.kill()
            return


def _answers(process: subprocess.Popen, last_line: list[float]) -> Iterator[Answer]:
    for line in process.stdout or ():
        last_line[0] = time.monotonic()
        if not line.endswith(b"\n"):  # the process ended in the middle of a line
            return
        if line.strip():  # an empty line only shows that the process works
            yield json.loads(line)
