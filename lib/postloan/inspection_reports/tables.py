"""Reading the reports: what inspection reports say, as small tables that tallies read beside the tables of the package.

A report's text is given in `report_section`, or read from the Word file that `inspection.report_file` names; where both have a
section, the given one counts. What Python measures in the texts is worked into the tables of `tally.WORKED`; one whose tables are not
in the package is not made, and what rests on it is undefined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from postloan.data.screen import Clean
from postloan.file import sha256_file
from postloan.inspection_reports.analysis import Quarter, find_copies, measure_sections
from postloan.inspection_reports.analysis.claims import claims, mentions, statements
from postloan.inspection_reports.sections import Photo, Read, read_reports
from postloan.inspection_reports.sections.photos import decorations, reused
from postloan.inspection_reports.word_text.final_text import final_text
from postloan.language import tr
from postloan.period import Period
from postloan.policy import Policy
from postloan.problem import NOTE, Problem

TEXTS = """
    SELECT i.inspection_id, i.customer_id, c.customer_name, s.section, i.submitted_at, s.text,
        coalesce(i.done_on, CAST(i.submitted_at AS DATE)) AS written_on
    FROM inspection AS i
    JOIN customer AS c ON c.customer_id = i.customer_id
    JOIN section_text AS s ON s.inspection_id = i.inspection_id
    WHERE i.kind = 'periodic' AND i.submitted_at IS NOT NULL AND {dated} AND s.section IN (SELECT section FROM asked_section)
    ORDER BY s.section, i.submitted_at, i.inspection_id
"""
BLANK_FORMS = ("blank_form.docx", "空白检查报告.docx")
"""Names under which a package may hold the blank form."""
SAME_TEXT = ("inspection_id", "section", "text")
UNREAD = ("unreadable_report", "no_section")
"""Problems of a report file after which nothing is known of what the report says."""
KNOWN = {
    "sales": """SELECT s.customer_id, 'sales_revenue' AS kind, asked.first_day, asked.as_of AS last_day, sum(s.sales_revenue) AS amount
        FROM sales AS s CROSS JOIN asked WHERE s.period IN (SELECT period FROM asked_period) GROUP BY ALL HAVING sum(s.sales_revenue) > 0""",
    "deposit": "SELECT customer_id, 'deposit_balance', NULL, as_of, balance FROM deposit",
    "loan_balance": """SELECT l.customer_id, 'loan_balance', NULL, b.as_of, sum(b.balance)
        FROM loan_balance AS b JOIN loan AS l ON l.loan_id = b.loan_id GROUP BY ALL""",
    "credit_line": """SELECT l.customer_id, 'credit_limit', NULL, d.last_day, sum(l.limit_amount)
        FROM credit_line AS l JOIN (SELECT DISTINCT last_day FROM report_claim WHERE kind = 'credit_limit') AS d
        ON l.valid_from <= d.last_day AND l.valid_to >= d.last_day GROUP BY ALL""",
}
"""What the package itself knows of figures that reports quote, by the table it stands in."""
ROUNDED = "*, CAST(similarity AS DECIMAL(9, 6)) AS rounded"
"""Here and not in a tally: engines round a DOUBLE differently."""
LAST_FINDING = {"customer_id": pa.string(), "rule": pa.string(), "title": pa.string(), "index_no": pa.string()}
THIS, LAST = "i.period IN (SELECT period FROM asked_period)", "i.period IN (SELECT period FROM previous_period)"


@dataclass(frozen=True)
class Texts:
    """What came of reading: the tables that now count as being in the package, what could not be read, and what is kept for next quarter."""

    tables: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    kept: pa.Table | None = None


def work(
    con: duckdb.DuckDBPyConnection,
    clean: Clean,
    tables: frozenset[str],
    policy: Policy,
    period: Period,
    kept: pa.Table | None = None,
    last_findings: Iterable[tuple[str, str, str, str]] = (),
) -> Texts:
    """Make the worked tables of the period in the schema in use.

    `kept` is what the run of the quarter before kept (`Texts.kept`): its texts stand in where the package has none of that quarter,
    and its signatures spare the work where the texts are the same. `last_findings` are last quarter's: customer, rule, title, index.
    """
    if "inspection" not in tables:
        return Texts(tables - {"report_section"})
    read, problems, photos = _read(con, clean)
    given = "SELECT inspection_id, section, text FROM report_section" if "report_section" in tables else ""
    if not given and not read:
        return Texts(tables - {"report_section"}, problems)
    _make(con, "section_read", read, {"inspection_id": pa.string(), "section": pa.string(), "text": pa.string()})
    unread = {p.value for p in problems if p.check in UNREAD}
    _make(con, "report_unread", [(i,) for i, file in _files(con) if file in unread], {"inspection_id": pa.string()})
    if given:
        con.execute(f"DELETE FROM report_unread WHERE inspection_id IN (SELECT inspection_id FROM ({given}))")
    first = f"{given} UNION ALL" if given else ""
    only_read = f"WHERE (inspection_id, section) NOT IN (SELECT inspection_id, section FROM ({given}))" if given else ""
    con.execute(f"CREATE TABLE section_text AS {first} SELECT * FROM section_read {only_read}")
    now, last = (con.sql(TEXTS.format(dated=dated)).to_arrow_table() for dated in (THIS, LAST))
    allowed = {name: section.allowed for name, section in policy.sections.items()}
    _table(con, "section_facts", measure_sections(now["inspection_id"], now["section"], now["text"], allowed))
    limits = {name: policy.limit(name, period.as_of) for name in ("copy_similarity", "copied_from_characters")}
    least = int(limits["copied_from_characters"])
    own_words = _form_words(clean.folder)
    quarter = Quarter.of(now, least, own_words)
    copies = find_copies(quarter, _last_quarter(last, kept), float(limits["copy_similarity"]), least, own_words)
    _table(con, "section_copy", copies, ROUNDED)
    problems = [*problems, *_work_photos(con, photos, int(policy.limit("photo_decoration", period.as_of)))]
    _work_claims(con, now, tables)
    _make(con, "last_finding", [row for row in last_findings if row[1] in policy.followed_up], LAST_FINDING)
    return Texts(tables | {"report_section"}, problems, quarter.to_table())


def _work_photos(con: duckdb.DuckDBPyConnection, photos: list[Photo], decoration: int) -> list[Problem]:
    """Photographs that stand in two reports; and a note of each picture that so many have that it counts as part of the form."""
    owners = {
        i: (c, p, s) for i, c, p, s in con.execute("SELECT inspection_id, customer_id, period, submitted_at FROM inspection").fetchall()
    }
    _table(con, "photo_reused", reused(photos, owners, decoration))
    name = {photo.sha256: photo.name for photo in photos}
    return [
        Problem(
            "form_picture",
            NOTE,
            "",
            "",
            None,
            "report_file",
            name[sha256],
            tr("a picture stands in the reports of {count} customers and counts as part of the form, not as a photograph", count=count),
        )
        for sha256, count in sorted(decorations(photos, owners, decoration).items())
    ]


def _work_claims(con: duckdb.DuckDBPyConnection, now: pa.Table, tables: frozenset[str]) -> None:
    """What the reports claim: figures, the statements they rest on, the problems they speak of; and what the package knows of the figures."""
    ids, sections, texts, written_on, names = (now[name] for name in ("inspection_id", "section", "text", "written_on", "customer_name"))
    _table(con, "report_claim", claims(ids, sections, texts, written_on, names))
    finance = now.filter(pc.equal(sections, "finance"))
    _table(con, "report_statement", statements(*(finance[name] for name in ("inspection_id", "text", "written_on"))))
    _table(con, "report_mention", mentions(ids, texts))
    known = [sql for table, sql in KNOWN.items() if table in tables and (table != "loan_balance" or "loan" in tables)]
    nothing = "SELECT '' AS customer_id, '' AS kind, DATE '1900-01-01' AS first_day, DATE '1900-01-01' AS last_day, CAST(0 AS DECIMAL(18, 2)) AS amount"
    con.execute(f"CREATE TABLE known_figure AS {' UNION ALL '.join([f'{nothing} WHERE FALSE', *known])}")


def _last_quarter(last: pa.Table, kept: pa.Table | None) -> pa.Table | None:
    """Last quarter's sections: as the package has them, with the signatures kept of them where these are of the same texts."""
    if kept is None or not last.num_rows:
        return kept if kept is not None else last
    texts = {(i, s): text for i, s, text in zip(*(last[name].to_pylist() for name in SAME_TEXT), strict=True)}
    same = all(texts.get((i, s)) == text for i, s, text in zip(*(kept[name].to_pylist() for name in SAME_TEXT), strict=True))
    return kept if same else last


def _files(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Inspections of the period and the one before whose report is a file."""
    return con.execute(
        f"SELECT inspection_id, report_file FROM inspection AS i WHERE report_file IS NOT NULL AND ({THIS} OR {LAST}) ORDER BY inspection_id"
    ).fetchall()


def _read(con: duckdb.DuckDBPyConnection, clean: Clean) -> Read:
    """The sections and photographs of the reports that are files in the package's folder."""
    files = dict(_files(con))
    if not files or not clean.folder.is_dir():
        return Read([], [], [])
    form = blank_form(clean.folder)
    clean.inputs.update({file: sha256_file(clean.folder / file) for file in files.values() if (clean.folder / file).is_file()})
    return read_reports(clean.folder, files, form)


def blank_form(folder: Path) -> Path | None:
    """The bank's blank form of a report, where the package has one: what it says is nobody's answer, and no likeness."""
    return next((folder / name for name in BLANK_FORMS if (folder / name).is_file()), None)


def _form_words(folder: Path) -> frozenset[str]:
    form = blank_form(folder) if folder.is_dir() else None
    return frozenset(block.text for block in final_text(form)) if form else frozenset()


def _make(con: duckdb.DuckDBPyConnection, name: str, rows: Iterable[tuple], columns: dict[str, pa.DataType]) -> None:
    held = list(zip(*rows, strict=True)) or [() for _ in columns]
    _table(con, name, pa.table(dict(zip(columns, held, strict=True)), schema=pa.schema(columns)))


def _table(con: duckdb.DuckDBPyConnection, name: str, content: pa.Table, columns: str = "*") -> None:
    con.register("worked", content)
    con.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM worked")
    con.unregister("worked")
