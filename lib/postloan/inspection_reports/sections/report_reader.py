"""Reads the reports of a package in child processes: a bad file can stop only the process that reads it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from officefill.ooxml.sandbox import Stopped, each_limited, limited
from officefill.ooxml.zip_gate import Reason

from postloan.errors import BadFile
from postloan.inspection_reports.sections.one_report import Form, OneReport, read_form, read_report
from postloan.inspection_reports.sections.report_path import report_path
from postloan.inspection_reports.sections.section_names import section_names
from postloan.inspection_reports.word_text.unreadable import sentence
from postloan.language import tr
from postloan.problem import NOTE, Problem

SECONDS = 30
"""The time limit of one report; an ordinary one takes some milliseconds."""
WORTH_A_CHILD = 40
"""The reports per child process: starting one costs as much as reading about so many."""

Row = tuple[str, str, str]


class Photo(NamedTuple):
    """A picture in an inspection's report: name of its part, SHA-256, dHash (None for a picture without one)."""

    inspection_id: str
    name: str
    sha256: str
    dhash: int | None


class ReportContents(NamedTuple):
    """The content of a package's reports. `rows`: inspection_id, section, text. `unread`: inspection_id and section of each section that
    holds something besides text.
    `strange`: inspection_id and heading of each heading that may be one of a section."""

    rows: list[Row]
    problems: list[Problem]
    photos: list[Photo]
    unread: list[tuple[str, str]]
    strange: list[tuple[str, str]]


def read_reports(folder: Path, files: dict[str, str], blank_form: Path | None = None) -> ReportContents:
    """Return the sections and photographs of the reports in `folder`. `files`: inspection id → path below the folder.

    The text of an empty section is blank. Photographs are all pictures except icons, pictures in headers and footers, and pictures equal or
    similar to one of `blank_form`. A problem (note) is added for each unreadable report (`unreadable_report`; its pictures may be
    readable), a report without known sections (`no_section`), a report of two inspections (`report_file_twice`), and unreadable pictures
    (`unreadable_photo`). Raises `BadFile` for an unreadable `blank_form`. Source: seed S71-S82, contract `inspection.report_file`, traps
    section 1 Word 9, 37, C1-C4, C11, C17, C18.
    """
    section_names()  # a fault in our own table is no fault of a report
    places = {name: report_path(Path(folder), name) for name in dict.fromkeys(files.values())}
    paths = [found for found in dict.fromkeys(places.values()) if isinstance(found, Path)]
    reports = dict(zip(paths, _read(paths, _form(blank_form)) if paths else (), strict=True))
    rows, problems, photos, unread, strange = read = ReportContents([], [], [], [], [])
    first: dict[Path, str] = {}
    for inspection, name in files.items():
        found = places[name]
        report = OneReport({}, found) if isinstance(found, Reason) else reports[found]
        rows += [(inspection, section, text) for section, text in report.sections.items()]
        unread += [(inspection, section) for section in sorted(report.unread)]
        strange += [(inspection, heading) for heading in report.strange]
        photos += [Photo(inspection, *picture) for picture in report.photos if picture.sha256]
        problems += _problems(inspection, name, report)
        if isinstance(found, Path) and first.setdefault(found, inspection) != inspection:
            problems.append(_problem("report_file_twice", name, inspection, _twice(first[found])))
    return read


def _problems(inspection: str, name: str, report: OneReport) -> list[Problem]:
    problems = []
    if report.refused:
        problems.append(_problem("unreadable_report", name, inspection, sentence(report.refused)))
    elif not report.sections:
        says = tr("no section of a report was found in it; write the bank's headings, or add its names to sections.yaml")
        problems.append(_problem("no_section", name, inspection, says))
    if unread := [picture.name for picture in report.photos if not picture.sha256]:
        says = tr("pictures in it are damaged or too large and are not compared ({names}); put them in again", names=", ".join(unread))
        problems.append(_problem("unreadable_photo", name, inspection, says))
    return problems


def _problem(check: str, name: str, inspection: str, says: str) -> Problem:
    named = tr("inspection {inspection}: {says}", inspection=inspection, says=says)
    return Problem(check, NOTE, name, "", None, "report_file", name, named)


def _twice(other: str) -> str:
    return tr("inspection {other} names the same report file; each inspection has a report of its own", other=other)


def _form(path: Path | None) -> Form:
    if path is None:
        return Form()
    try:
        form = limited(read_form, path, seconds=SECONDS)
    except Stopped:
        form = Reason.TOO_LONG
    if isinstance(form, Reason):
        raise BadFile(tr("the bank's blank form cannot be read"), str(path), sentence(form))
    return form


def _read(paths: list[Path], form: Form) -> Iterable[OneReport]:
    """Return the report at each path, in order, read by several child processes."""
    children = max(1, min(os.cpu_count() or 1, len(paths) // WORTH_A_CHILD))
    with ThreadPoolExecutor(children) as threads:
        shares = list(threads.map(lambda share: _read_share(share, form), [paths[child::children] for child in range(children)]))
    return (shares[i % children][i // children] for i in range(len(paths)))


def _read_share(paths: list[Path], form: Form) -> list[OneReport]:
    reports = each_limited(read_report, [(path, form) for path in paths], seconds=SECONDS)
    return [OneReport({}, Reason.TOO_LONG) if isinstance(report, Stopped) else report for report in reports]
