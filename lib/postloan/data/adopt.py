"""Writing a profile from the files of a sender, for a person to correct: headings and codes not known, with what is nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from postloan.data.intake import open_package
from postloan.data.intake.blanks import header_key, stripped
from postloan.data.intake.csv_file import first_lines
from postloan.data.intake.excel_file import read_book
from postloan.data.intake.header import SEARCHED_ROWS, find_header, known_headers, nearest_fields
from postloan.data.intake.heading import field_of
from postloan.data.intake.markup_file import read_markup
from postloan.data.intake.naming import files_in, kind_of, table_named
from postloan.data.intake.source import Unreadable
from postloan.data.schema import TableSpec, all_tables
from postloan.data.screen import screen
from postloan.language import tr
from postloan.problem import Problem

MOST_CODES = 40


class SeenSheet(NamedTuple):
    """A file or sheet: its name without the ending, and its first rows."""

    name: str
    rows: list[list[str]]


def profile_seen(folder: Path) -> str:
    """Return a profile, as YAML, of the files in a folder: what is known, and blanks with suggestions for what is not."""
    lines = [
        f"title: {folder.resolve().name}",
        f"# {tr('correct what stands behind the signs #, then run with --profile and this file')}",
        "tables:",
    ]
    codes = _unknown_codes(folder)
    for table, sheets in _by_table(folder).items():
        lines += _of_table(all_tables()[table], sheets, codes.get(table, {}))
    return "\n".join(lines) + "\n"


def _by_table(folder: Path) -> Mapping[str, list[SeenSheet]]:
    found: dict[str, list[SeenSheet]] = {}
    for sheet in _sheets(folder):
        if table := table_named(sheet.name) or _likely_table(sheet.rows):
            found.setdefault(table, []).append(sheet)
    return found


def _sheets(folder: Path) -> Iterator[SeenSheet]:
    for path in files_in(folder):
        try:
            match kind_of(path):
                case "text":
                    yield SeenSheet(path.stem, first_lines(path))
                case "excel" | "markup" as kind:
                    sheets = [s for s in (read_markup(path) if kind == "markup" else read_book(path)) if not s.hidden]
                    for sheet in sheets:
                        yield SeenSheet(path.stem if len(sheets) == 1 else sheet.name, sheet.grid.head(SEARCHED_ROWS))
        except Unreadable:
            continue


def _likely_table(rows: list[list[str]]) -> str | None:
    """Return the table of which a sheet's headings name most fields, or come nearest to."""
    labels = _labels(rows)
    scores = {name: _score(labels, spec) for name, spec in all_tables().items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= 2 else None


def _score(labels: list[str], spec: TableSpec) -> float:
    known, keys = known_headers(spec), {header_key(f.label) for f in spec.fields.values()}
    named = sum(field_of(label, known) is not None for label in labels)
    near = sum(bool(get_close_matches(header_key(label), keys, n=1, cutoff=0.6)) for label in labels if not field_of(label, known))
    return named + near / 2 - 0.01 * len(spec.fields)


def _labels(rows: list[list[str]]) -> list[str]:
    """Return the headings of a sheet: the row of its first ones that holds most texts without digits."""
    rows = [[stripped(text or "") for text in row] for row in rows[:SEARCHED_ROWS]]
    best = max(rows, key=lambda row: sum(bool(text) and not any(c.isdigit() for c in text) for text in row), default=[])
    return [text for text in best if text]


def _of_table(spec: TableSpec, sheets: list[SeenSheet], codes: Mapping[str, list[str]]) -> list[str]:
    lines = [f"  {spec.name}:  # {spec.title}", f"    files: [{', '.join(_quoted(sheet.name) for sheet in sheets)}]", "    heads:"]
    known, given = known_headers(spec), set()
    labels: dict[str, None] = {}
    for sheet in sheets:
        header = find_header(sheet.rows, spec)
        labels |= dict.fromkeys(filter(None, header.labels if header and len(header.columns) > 1 else _labels(sheet.rows)))
    for label in labels:
        if name := field_of(label, known):
            lines.append(f"      {_quoted(label)}: {name}")
            given.add(name)
        else:
            near = "、".join(f"{n}（{spec.fields[n].label}）" for n in nearest_fields(label, spec))
            lines.append(
                f"      # {_quoted(label)}:  {tr('not known; is it {near}?', near=near) if near else tr('not known; not needed, or name a field')}"
            )
    if lacking := [f"{n}（{f.label}）" for n, f in spec.fields.items() if f.required and n not in given]:
        lines.append(f"      # {tr('required and not seen: {fields}', fields='、'.join(lacking))}")
    if not given:
        lines[2] = "    heads: {}"
    if codes:
        lines.append("    codes:")
        for name, words in codes.items():
            values = " ".join(f"{code}={label}" for code, label in spec.fields[name].values.items()) or "yes no"
            lines += [f"      {name}:  # {values}", *(f"        {_quoted(word)}: ''" for word in words[:MOST_CODES])]
    return lines


def _unknown_codes(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Return the words that are no codes, by table and field."""
    clean = screen(open_package(folder))
    table_of = {place: name for name, place in clean.places.items()}
    found: dict[str, dict[str, list[str]]] = {}
    for problem in clean.problems:
        table = table_of.get((problem.file, problem.sheet))
        if table and _is_code(problem):
            words = found.setdefault(table, {}).setdefault(problem.field, [])
            words += [problem.value] if problem.value not in words else []
    return found


def _is_code(problem: Problem) -> bool:
    return problem.check in ("unknown_code", "bad_flag")


def _quoted(text: str) -> str:
    return "'" + " ".join(text.replace("'", "''").split()) + "'"
