"""The quality of one unit's inspection reports: plain rows from a book, with passages that may be shown.

A row names reports, customers and people as in the data: the caller decides about showing them. A `Passage` may be shown as it is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from difflib import SequenceMatcher
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image

from postloan.errors import BadCommand, did_you_mean
from postloan.figures.book import Book, in_schema
from postloan.figures.find import points_in_report, report_scores
from postloan.figures.finding import Finding
from postloan.figures.rule import label
from postloan.inspection_reports.analysis import is_blank
from postloan.inspection_reports.analysis.masking import NAME, NAMES_AFTER, NAMES_BEFORE, names_of
from postloan.inspection_reports.sections import pictures
from postloan.language import tr
from postloan.papers.context import change_word

Row = dict[str, Any]
Passage = list[tuple[str, bool]]
"""Consecutive pieces of a text, each with a mark: True for a highlighted piece."""
Span = tuple[int, int]

DIMENSION = "报告质量"
MEASURES = ("report_score", "hard_section_pass_rate", "blank_rate")
FULL_MARKS = Decimal(100)
LONGEST_SHOWN = 200
"""The longest passage of a report, in characters."""
PASSAGES_A_REPORT = 2
"""The most passages shown of one report: more would add up to the report."""
SHORTEST_SHARED = 4
"""The shortest common run of characters that counts as shared."""

PHOTOS = (("inspection_id", "photo"), ("other_inspection_id", "other_photo"))
PHOTO_PIXELS = 320
"""The longer side of a photograph on the page, in pixels."""

CUSTOMER, COMPANY, SOMEBODY, DIGITS = "某客户", "某公司", "某人", "＊＊＊＊"
_LONG_NUMBER = re.compile(r"[A-Za-z\d]*\d{6,}[A-Za-z\d]*|\d{3,6}(?:[ \-－—]\d{4}){2,}")
"""Ids, accounts, contracts and telephone numbers; amounts in yuan look the same and are masked too."""
_FULL, _UNREAD = "满分（未扣分）", "未能读取"


def unit_to_show(book: Book, unit: str) -> str:
    """Return `unit`, or for a blank one the unit with the lowest report score. Raises `BadCommand` for an unknown unit."""
    if unit and unit not in book.units():
        raise BadCommand(tr("no customer in scope and no finding belongs to unit '{unit}'", unit=unit), do=did_you_mean(unit, book.units()))
    scores = {name: score for name in book.units() if (score := book.figure("report_score", "unit", name)) is not None}
    if not unit and not scores:
        raise BadCommand(tr("no unit handed in a report for {period}", period=book.period), do=tr("name another period or another unit"))
    return unit or min(scores, key=lambda name: (scores[name], name))


def reports(book: Book, unit: str) -> list[Row]:
    """Return the unit's submitted reports: inspection_id, customer_id, findings, score and band (both None for an unreadable report)."""
    findings, scores = defaultdict(list), report_scores(book.findings_made, book.policy)
    unread = {row[0] for row in _query(book, "SELECT inspection_id FROM report_unread")}
    for finding in _quality(book, unit):
        findings[finding.row["inspection_id"]].append(finding)
    rows = []
    for row in book.rows("periodic_report", "inspection_id"):
        if row["unit_id"] == unit:
            report = str(row["inspection_id"])
            score = None if report in unread else scores.get(report, FULL_MARKS)
            found = {"inspection_id": report, "customer_id": row["customer_id"], "findings": findings[report]}
            rows.append(found | {"score": score, "band": None if score is None else book.policy.band(score)})
    return rows


def distribution(book: Book, unit: str) -> dict[str, int]:
    """Return the number of the unit's reports with full marks, in each band below, and of unreadable reports, if any."""
    bands = sorted(book.policy.bands.items(), key=lambda band: -band[1])
    tops = [FULL_MARKS, *(floor for _, floor in bands)]
    names = {name: f"{name}（{floor}≤分<{top}）" for (name, floor), top in zip(bands, tops, strict=False)}
    counts = Counter(_class(row, names) for row in reports(book, unit))
    return {name: counts[name] for name in (_FULL, *names.values(), *([_UNREAD] if counts[_UNREAD] else []))}


def _class(row: Row, names: dict[str, str]) -> str:
    return _UNREAD if row["score"] is None else _FULL if row["score"] == FULL_MARKS else names[row["band"]]


def change_word_of(book: Book, measure: str, now: Decimal | None, before: Decimal | None) -> str | None:
    """Return the word of the policy's ladder (S79) for the change of one of `MEASURES`; None for an undefined change.

    The ladder is for ratios: a score counts as its share of full marks.
    """
    whole = FULL_MARKS if measure == "report_score" else 1
    return change_word(book.policy.change_words, *(None if value is None else value / whole for value in (now, before)))


def managers(book: Book, unit: str) -> list[Row]:
    """Return the unit's managers (管户客户经理) with scored reports, lowest score first (S78 to S81).

    A row has the figures now and before, the band, the word for the score's change, and the index numbers of findings.
    """
    holder_of = {row["customer_id"]: row["staff_id"] for row in book.rows("customer_holder", "customer_id")}
    rows = []
    for row in (row for row in book.rows("holder", "staff_id") if row["unit_id"] == unit):
        manager = str(row["staff_id"])
        now, before = ({name: read(name, "manager", manager) for name in MEASURES} for read in (book.figure, book.previous))
        score = now["report_score"]
        if score is not None:
            found = [f.index_no for f in book.findings_made if f.rule.dimension == DIMENSION and holder_of.get(f.customer_id) == manager]
            word = change_word_of(book, "report_score", score, before["report_score"])
            rows.append({**row, **now, "before": before, "word": word, "band": book.policy.band(score), "index_nos": found})
    return sorted(rows, key=lambda row: (row["report_score"], row["staff_id"]))


def worst(book: Book, unit: str, most: int = 5) -> list[Row]:
    """Return the `most` reports of the unit with the lowest scores below full marks: rows of `reports` with `found`, one entry per finding.

    An entry has the finding, the points that it costs the report, the label of its section and its passage; the passage is empty for a finding without text, and after enough of
    the report is shown.
    """
    rows = [row for row in reports(book, unit) if row["findings"] and row["score"] != FULL_MARKS]
    rows.sort(key=lambda row: (row["score"] if row["score"] is not None else FULL_MARKS, -len(row["findings"]), row["inspection_id"]))
    texts, names = section_texts(book, [row["inspection_id"] for row in rows[:most]]), known_names(book)
    return [row | {"found": list(_found(book, row, texts, names))} for row in rows[:most]]


def _found(book: Book, row: Row, texts: dict[tuple[str, str], str], names: dict[str, str]) -> Iterator[Row]:
    sections = {section: text.strip() for (report, section), text in texts.items() if report == row["inspection_id"]}
    shown = 0
    for finding in row["findings"]:
        section = _section(book, finding, sections)
        text = sections.get(section, "")
        passage = excerpt(text, _places(text, finding.row.get("passage") or text), names) if shown < PASSAGES_A_REPORT else []
        shown += bool(passage)
        title = label(section, "report_section.section") if section else ""
        points = points_in_report(finding, book.policy)
        yield {"finding": finding, "points": points, "section": title, "passage": passage, "is_empty": bool(section) and not text}


def _section(book: Book, finding: Finding, sections: dict[str, str]) -> str:
    """Return the section of a finding: its own, that of its passage, or the shortest of a too simple report; "" for none."""
    if finding.row.get("section"):
        return finding.row["section"]
    if finding.row.get("passage"):
        return next((section for section, text in sections.items() if finding.row["passage"] in text), "")
    written = [section for section in book.policy.sections if not is_blank(sections.get(section))]
    return min(written, key=lambda section: len(sections[section]), default="") if finding.rule.name == "report_too_simple" else ""


def similar_pair(book: Book, unit: str) -> Row | None:
    """Return the copied section of the unit most similar to its source, None for a unit without copies.

    The row has the finding, the label of the section, the number of such findings, and the two passages `here` and `there`. A source known
    from last quarter's run only has the longest common passage as `there`.
    """
    copied = [f for f in _quality(book, unit) if f.rule.name == "report_boilerplate"]
    if not copied:
        return None
    likest = min(copied, key=lambda f: (-f.row["similarity"], f.index_no))
    section, ids = likest.row["section"], [likest.row[name] for name in ("inspection_id", "other_inspection_id")]
    texts, names = section_texts(book, ids), known_names(book)
    here, there = (texts.get((i, section), likest.row["passage"]) for i in ids)
    blocks = SequenceMatcher(None, here, there, autojunk=False).get_matching_blocks()
    shared = [block for block in blocks if block.size >= SHORTEST_SHARED]
    return {
        "finding": likest,
        "section": label(section, "report_section.section"),
        "count": len(copied),
        "here": excerpt(here, [(block.a, block.a + block.size) for block in shared], names),
        "there": excerpt(there, [(block.b, block.b + block.size) for block in shared], names),
    }


def _quality(book: Book, unit: str) -> list[Finding]:
    return [f for f in book.findings_made if f.rule.dimension == DIMENSION and f.unit_id == unit]


# Passages


def section_texts(book: Book, inspections: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the section texts of these inspections, by inspection and section; empty without texts in the data."""
    asked = "SELECT inspection_id, section, coalesce(text, '') FROM section_text WHERE inspection_id IN (SELECT unnest(?))"
    return {(inspection, section): text for inspection, section, text in _query(book, asked, list(inspections))}


def known_names(book: Book) -> dict[str, str]:
    """Return every name of a customer (full and short forms) and of a member of staff, with its replacement."""
    names: dict[str, str] = {}
    for table, instead in (("customer", CUSTOMER), ("staff", SOMEBODY)):
        if table in book.clean.tables:
            found = book.clean.con.execute(f"SELECT {table}_name FROM {table}").fetchall()
            names |= {form: instead for (name,) in found for form in (names_of(name) if instead == CUSTOMER else [name])}
    return names


def excerpt(text: str, marked: Iterable[Span], names: dict[str, str]) -> Passage:
    """Return at most `LONGEST_SHOWN` characters of `text` around the longest of the `marked` places, names and long numbers masked.

    Masking comes before cutting, so that no half of a name is left at an end.
    """
    places = list(marked)
    shown = [
        (sign, any(start < there and here < end for here, there in places)) for start, end, piece in _masked(text, names) for sign in piece
    ]
    begin = _begin(shown)
    cut = shown[begin : begin + LONGEST_SHOWN]
    pieces = [("".join(sign for sign, _ in run), mark) for mark, run in groupby(cut, key=lambda one: one[1])]
    return [*([("…", False)] if begin else []), *pieces, *([("…", False)] if begin + len(cut) < len(shown) else [])]


def _begin(shown: list[tuple[str, bool]]) -> int:
    """Return the first character to show, so that the longest marked run stands in the middle."""
    place, longest, at = 0, 0, 0
    for mark, run in groupby(shown, key=lambda one: one[1]):
        length = len(list(run))
        if mark and length > longest:
            place, longest = at, length
        at += length
    return max(0, min(place - max(0, LONGEST_SHOWN - longest) // 2, len(shown) - LONGEST_SHOWN))


def _places(text: str, passage: str) -> list[Span]:
    begin = text.find(passage)
    return [] if begin < 0 else [(begin, begin + len(passage))]


def _masked(text: str, names: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield the text in pieces with their places: single characters, and replacements of names and numbers."""
    at = 0
    for start, end, instead in sorted(_hidden(text, names), key=lambda span: (span[0], -span[1])):
        if start >= at:
            yield from ((place, place + 1, text[place]) for place in range(at, start))
            yield start, end, instead
        at = max(at, end)
    yield from ((place, place + 1, text[place]) for place in range(at, len(text)))


def _hidden(text: str, names: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield the places of names and long numbers: names in the data, companies by their legal form, people by their title."""
    known = [(*found.span(), instead) for name, instead in names.items() if name in text for found in re.finditer(re.escape(name), text)]
    yield from known
    for start, end, _ in known:
        text = text[:start] + NAME * (end - start) + text[end:]
    yield from ((*found.span(), DIGITS) for found in _LONG_NUMBER.finditer(text))
    yield from ((found.end(2), found.end(), SOMEBODY) for found in NAMES_AFTER.finditer(text))
    for found in NAMES_BEFORE.finditer(text[::-1]):
        behind = found.end("title") if found["title"] else found.start()
        yield len(text) - found.end(), len(text) - behind, SOMEBODY if found["title"] else COMPANY


def _query(book: Book, sql: str, *given: Any) -> list[tuple[Any, ...]]:
    """Return rows about texts read from the reports; none without texts in the data."""
    if "report_section" not in book.tables:
        return []
    with in_schema(book.clean.con, book.schema) as con:
        return con.execute(sql, given).fetchall()


def photo_pairs(book: Book, unit: str, most: int = PASSAGES_A_REPORT) -> list[tuple[Finding, bytes, bytes]]:
    """Return photographs of the unit's reports that are equal or similar to one of another report: the finding, and both as small PNG."""
    files = dict(_query(book, "SELECT inspection_id, report_file FROM inspection WHERE report_file IS NOT NULL"))
    pairs = []
    for finding in [f for f in _quality(book, unit) if f.rule.over == "reused_photo"][:most]:
        here, there = ((finding.row[name], finding.row[photo]) for name, photo in PHOTOS)
        pairs.append((finding, *(_small(dict(_named(book.clean.folder / files[report]))[name]) for report, name in (here, there))))
    return pairs


def _named(path: Path) -> list[tuple[str, bytes]]:
    return [(name, data) for name, _, data in pictures(path)]


def _small(data: bytes) -> bytes:
    out = BytesIO()
    with Image.open(BytesIO(data)) as picture:
        picture.thumbnail((PHOTO_PIXELS, PHOTO_PIXELS))
        picture.convert("RGB").save(out, "PNG")
    return out.getvalue()
