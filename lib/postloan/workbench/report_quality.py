"""What the quality of one unit's inspection reports looks like: plain rows from a book, with passages fit to be shown.

A row names reports, customers and people as the data do; who shows it decides what of that is shown. A `Passage` may be shown as it is.
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
from postloan.figures.find import Finding, report_scores
from postloan.figures.rule import label
from postloan.inspection_reports.analysis import is_blank
from postloan.inspection_reports.analysis.masking import NAME, NAMES_AFTER, NAMES_BEFORE, names_of
from postloan.inspection_reports.sections import pictures
from postloan.language import tr
from postloan.papers.context import change_word

Row = dict[str, Any]
Passage = list[tuple[str, bool]]
"""Consecutive pieces of a text, each with whether it is to be highlighted."""
Span = tuple[int, int]

DIMENSION = "报告质量"
MEASURES = ("report_score", "hard_section_pass_rate", "blank_rate")
FULL_MARKS = Decimal(100)
LONGEST_SHOWN = 200
"""Characters of a report's text in one passage, at the most."""
PASSAGES_A_REPORT = 2
"""Of one report no more passages are shown, or they would add up to the report."""
SHORTEST_SHARED = 4
"""A shorter run of characters that two passages share says nothing."""

PHOTOS = (("inspection_id", "photo"), ("other_inspection_id", "other_photo"))
PHOTO_PIXELS = 320
"""The longer side of a photograph as it is shown."""

CUSTOMER, COMPANY, SOMEBODY, DIGITS = "某客户", "某公司", "某人", "＊＊＊＊"
_LONG_NUMBER = re.compile(r"[A-Za-z\d]*\d{6,}[A-Za-z\d]*|\d{3,6}(?:[ \-－—]\d{4}){2,}")
"""Ids, accounts, contracts, telephones; of amounts those in yuan go with them."""
_FULL, _UNREAD = "满分（未扣分）", "未能读取"


def unit_to_show(book: Book, unit: str) -> str:
    """`unit`, or where it is blank the one whose reports score lowest. Raises `BadCommand` where there is no such unit."""
    if unit and unit not in book.units():
        raise BadCommand(tr("no customer in scope and no finding belongs to unit '{unit}'", unit=unit), do=did_you_mean(unit, book.units()))
    scores = {name: score for name in book.units() if (score := book.figure("report_score", "unit", name)) is not None}
    if not unit and not scores:
        raise BadCommand(tr("no unit handed in a report for {period}", period=book.period), do=tr("name another period or another unit"))
    return unit or min(scores, key=lambda name: (scores[name], name))


def reports(book: Book, unit: str) -> list[Row]:
    """Every submitted report of the unit: inspection_id, customer_id, findings, score and band, both None where it could not be read."""
    held, scores = defaultdict(list), report_scores(book.findings_made, book.policy)
    unread = {row[0] for row in _query(book, "SELECT inspection_id FROM report_unread")}
    for finding in _quality(book, unit):
        held[finding.row["inspection_id"]].append(finding)
    rows = []
    for row in book.rows("periodic_report", "inspection_id"):
        if row["unit_id"] == unit:
            report = str(row["inspection_id"])
            score = None if report in unread else scores.get(report, FULL_MARKS)
            shown = {"inspection_id": report, "customer_id": row["customer_id"], "findings": held[report]}
            rows.append(shown | {"score": score, "band": None if score is None else book.policy.band(score)})
    return rows


def distribution(book: Book, unit: str) -> dict[str, int]:
    """How many of the unit's reports have full marks, how many are in each band below, and how many could not be read if any."""
    bands = sorted(book.policy.bands.items(), key=lambda band: -band[1])
    tops = [FULL_MARKS, *(floor for _, floor in bands)]
    names = {name: f"{name}（{floor}≤分<{top}）" for (name, floor), top in zip(bands, tops, strict=False)}
    counts = Counter(_class(row, names) for row in reports(book, unit))
    return {name: counts[name] for name in (_FULL, *names.values(), *([_UNREAD] if counts[_UNREAD] else []))}


def _class(row: Row, names: dict[str, str]) -> str:
    return _UNREAD if row["score"] is None else _FULL if row["score"] == FULL_MARKS else names[row["band"]]


def change_word_of(book: Book, measure: str, now: Decimal | None, before: Decimal | None) -> str | None:
    """The word the change of one of `MEASURES` has earned on the policy's ladder (S79), None where it is undefined.

    The ladder is of ratios: a score counts as its share of full marks.
    """
    whole = FULL_MARKS if measure == "report_score" else 1
    return change_word(book.policy.change_words, *(None if value is None else value / whole for value in (now, before)))


def managers(book: Book, unit: str) -> list[Row]:
    """The unit's managers (管户客户经理) whose reports were scored, the lowest score first (S78 to S81).

    Figures now and before, the band, the word the score's change has earned, and the index numbers of what was found.
    """
    holder_of = {row["customer_id"]: row["staff_id"] for row in book.rows("customer_holder", "customer_id")}
    rows = []
    for held in (row for row in book.rows("holder", "staff_id") if row["unit_id"] == unit):
        manager = str(held["staff_id"])
        now, before = ({name: read(name, "manager", manager) for name in MEASURES} for read in (book.figure, book.previous))
        score = now["report_score"]
        if score is not None:
            found = [f.index_no for f in book.findings_made if f.rule.dimension == DIMENSION and holder_of.get(f.customer_id) == manager]
            word = change_word_of(book, "report_score", score, before["report_score"])
            rows.append({**held, **now, "before": before, "word": word, "band": book.policy.band(score), "index_nos": found})
    return sorted(rows, key=lambda row: (row["report_score"], row["staff_id"]))


def worst(book: Book, unit: str, most: int = 5) -> list[Row]:
    """The `most` reports of the unit that score lowest: rows of `reports`, whose `found` has one entry a finding.

    Each entry is the finding, the label of its section and its offending passage, empty where the finding is about no text or enough
    of the report is shown already.
    """
    rows = [row for row in reports(book, unit) if row["findings"]]
    rows.sort(key=lambda row: (row["score"] if row["score"] is not None else FULL_MARKS, -len(row["findings"]), row["inspection_id"]))
    texts, names = section_texts(book, [row["inspection_id"] for row in rows[:most]]), known_names(book)
    return [row | {"found": list(_found(book, row, texts, names))} for row in rows[:most]]


def _found(book: Book, row: Row, texts: dict[tuple[str, str], str], names: dict[str, str]) -> Iterator[Row]:
    said = {section: text.strip() for (report, section), text in texts.items() if report == row["inspection_id"]}
    shown = 0
    for finding in row["findings"]:
        section = _section(book, finding, said)
        text = said.get(section, "")
        passage = excerpt(text, _places(text, finding.row.get("passage") or text), names) if shown < PASSAGES_A_REPORT else []
        shown += bool(passage)
        called = label(section, "report_section.section") if section else ""
        yield {"finding": finding, "section": called, "passage": passage, "is_empty": bool(section) and not text}


def _section(book: Book, finding: Finding, said: dict[str, str]) -> str:
    """The section a finding is about: its own, the one its passage stands in, of a report too simple the shortest; "" for none."""
    if finding.row.get("section"):
        return finding.row["section"]
    if finding.row.get("passage"):
        return next((section for section, text in said.items() if finding.row["passage"] in text), "")
    written = [section for section in book.policy.sections if not is_blank(said.get(section))]
    return min(written, key=lambda section: len(said[section]), default="") if finding.rule.name == "report_too_simple" else ""


def similar_pair(book: Book, unit: str) -> Row | None:
    """The copied section of the unit most like its source, None where nothing was copied.

    The finding, the label of the section, how many such findings the unit has, and the two passages `here` and `there`. Where the
    source's text is only known from last quarter's run, `there` is the longest passage both have.
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
    """What the sections of these inspections say, by inspection and section; nothing where the data hold no texts."""
    asked = "SELECT inspection_id, section, coalesce(text, '') FROM section_text WHERE inspection_id IN (SELECT unnest(?))"
    return {(inspection, section): text for inspection, section, text in _query(book, asked, list(inspections))}


def known_names(book: Book) -> dict[str, str]:
    """Every name of a customer, whole or shortened, and of a member of staff in the data, with what is shown instead."""
    names: dict[str, str] = {}
    for table, instead in (("customer", CUSTOMER), ("staff", SOMEBODY)):
        if table in book.clean.tables:
            found = book.clean.con.execute(f"SELECT {table}_name FROM {table}").fetchall()
            names |= {form: instead for (name,) in found for form in (names_of(name) if instead == CUSTOMER else [name])}
    return names


def excerpt(text: str, marked: Iterable[Span], names: dict[str, str]) -> Passage:
    """At most `LONGEST_SHOWN` characters of `text` round the longest of the places `marked`, names and long numbers masked.

    What is masked is masked before anything is cut, so that no half of a name is left at an end.
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
    """Where to cut so that the longest run of what is marked comes to stand in the middle."""
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
    """The text in pieces, each with its place and what is shown of it: one character, or what stands for a name or number."""
    at = 0
    for start, end, instead in sorted(_hidden(text, names), key=lambda span: (span[0], -span[1])):
        if start >= at:
            yield from ((place, place + 1, text[place]) for place in range(at, start))
            yield start, end, instead
        at = max(at, end)
    yield from ((place, place + 1, text[place]) for place in range(at, len(text)))


def _hidden(text: str, names: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """The places of names and long numbers: names in the data, and beside these companies by their legal form, people by their title."""
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
    """Rows of what was read from the reports; none where the data hold no texts."""
    if "report_section" not in book.tables:
        return []
    with in_schema(book.clean.con, book.schema) as con:
        return con.execute(sql, given).fetchall()


def photo_pairs(book: Book, unit: str, most: int = PASSAGES_A_REPORT) -> list[tuple[Finding, bytes, bytes]]:
    """Photographs of the unit's reports that stand in another report too, or are like one there: the finding, and both as small PNG."""
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
