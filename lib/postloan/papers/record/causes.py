"""Fingerprints of everything behind a paper: they explain why a figure changed from one paper to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

from postloan import themes
from postloan.figures import rule, tally
from postloan.figures.book import Book
from postloan.file import PACKAGE

DATA, POLICY, CALENDAR, RULES, MEASURES, TEMPLATE = "data", "policy", "calendar", "rules", "measures", "template"
REPORTS = "report_files"
SHORT = 16
"""Hex digits of a fingerprint: enough to tell versions apart, short enough to read out."""


def with_template(made_from: Mapping[str, str], template: bytes) -> dict[str, str]:
    """Return `made_from`, the causes of a book, with the fingerprint of the template added."""
    return {**made_from, TEMPLATE: _of(template)}


def causes_of(book: Book) -> dict[str, str]:
    """Return the fingerprints of all that the figures of `book` are made from, by name; an input file is `data/<file>`."""
    return {
        **_inputs(book.clean.inputs),
        POLICY: _of(json.dumps(asdict(book.policy), ensure_ascii=False, sort_keys=True, default=str).encode()),
        CALENDAR: _of(json.dumps([book.calendar.base, sorted((d.isoformat(), w) for d, w in book.calendar.exceptions.items())]).encode()),
        **causes_of_program(),
    }


def _inputs(hashes: Mapping[str, str]) -> dict[str, str]:
    """Return one fingerprint per table and one for all report files: their names are customers' names, and there may be thousands."""
    reports = {name: print_ for name, print_ in hashes.items() if "/" in name}
    tables = {f"{DATA}/{name}": print_[:SHORT] for name, print_ in sorted(hashes.items()) if name not in reports}
    return tables | ({f"{DATA}/{REPORTS}": _of(json.dumps(sorted(reports.items())).encode())} if reports else {})


@cache
def causes_of_program() -> Mapping[str, str]:
    """Return the fingerprint of the rules, and that of the measures with their SQL and Python."""
    rules = [path for _, path in themes.files("rules/*.yaml")]
    tallies = [path for _, path in themes.files("*.sql", tally.FOLDER)]
    measures = [*(PACKAGE / "figures" / "measures").glob("*.py"), *(path for _, path in themes.files("measures.py"))]
    computed = [*sorted(tallies), *sorted(measures), PACKAGE / "numbers.py"]
    return {RULES: _of_files([*rules, Path(rule.__file__)]), MEASURES: _of_files(computed)}


def _of_files(paths: list[Path]) -> str:
    return _of(b"\0".join(path.read_bytes().replace(b"\r\n", b"\n") for path in paths))


def _of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:SHORT]
