"""The content of inspection reports as small tables, which tallies read beside the tables of the package.

A report's text is given in `report_section`, or read from the Word file named in `inspection.report_file`; a given section comes first. The
tables made here are those of `tally.WORKED`; a table whose sources are not in the package is not made, and its figures are undefined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from postloan.data.relation import lay_down_table
from postloan.data.schema import all_tables
from postloan.data.screen import Clean
from postloan.file import sha256_file
from postloan.inspection_reports import UNREAD
from postloan.inspection_reports.analysis import QuarterTexts, find_copies, measure_sections
from postloan.inspection_reports.analysis.claims import claims
from postloan.inspection_reports.analysis.followup import mentions
from postloan.inspection_reports.analysis.statements import statements
from postloan.inspection_reports.sections import Photo, ReportContents, read_reports
from postloan.inspection_reports.sections.reused_photos import decorations, reused_photos
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
"""File names of the blank form in a package."""
SAME_TEXT = ("inspection_id", "section", "text")
FALL_SHORT = """
    SELECT p.inspection_id, p.section
    FROM section_partly_read AS p
    JOIN section_text AS t ON t.inspection_id = p.inspection_id AND t.section = p.section
    JOIN section_read AS r ON r.inspection_id = p.inspection_id AND r.section = p.section AND r.text IS NOT DISTINCT FROM t.text
    JOIN asked_section AS q ON q.section = p.section
    JOIN section_facts AS f ON f.inspection_id = p.inspection_id AND f.section = p.section
    WHERE f.blank OR f.numeric_facts < q.least_facts OR f.characters < q.least_characters
"""
MISSING = """
    SELECT s.inspection_id, q.section
    FROM (SELECT DISTINCT inspection_id FROM strange_heading) AS s
    CROSS JOIN asked_section AS q
    LEFT JOIN section_text AS t ON t.inspection_id = s.inspection_id AND t.section = q.section
    WHERE t.section IS NULL
"""
KNOWN = {
    "sales": """SELECT s.customer_id, 'sales_revenue' AS kind, asked.first_day, asked.as_of AS last_day, sum(s.sales_revenue) AS amount
        FROM sales AS s CROSS JOIN asked WHERE s.period IN (SELECT period FROM asked_period)
        GROUP BY ALL HAVING sum(s.sales_revenue) > 0""",
    "deposit": "SELECT customer_id, 'deposit_balance', NULL, as_of, balance FROM deposit",
    "loan_balance": """SELECT l.customer_id, 'loan_balance', NULL, b.as_of, sum(b.balance)
        FROM loan_balance AS b JOIN loan AS l ON l.loan_id = b.loan_id GROUP BY ALL""",
    "credit_line": """SELECT l.customer_id, 'credit_limit', NULL, d.last_day, sum(l.limit_amount)
        FROM credit_line AS l JOIN (SELECT DISTINCT last_day FROM report_claim WHERE kind = 'credit_limit') AS d
        ON l.valid_from <= d.last_day AND l.valid_to >= d.last_day GROUP BY ALL""",
}
"""The package's own figures for comparison with quoted ones, by table."""
ROUNDED = "*, CAST(similarity AS DECIMAL(9, 6)) AS rounded"
"""Rounding is done here and not in a tally: engines round a DOUBLE differently."""
NO_FIGURES = """SELECT '' AS customer_id, '' AS kind, DATE '1900-01-01' AS first_day, DATE '1900-01-01' AS last_day,
    CAST(0 AS DECIMAL(18, 2)) AS amount WHERE FALSE"""
PHOTO_READ = {"inspection_id": pa.string(), "name": pa.string()}
LAST_FINDING = {"customer_id": pa.string(), "rule": pa.string(), "title": pa.string(), "index_no": pa.string()}
THIS, LAST = "i.period IN (SELECT period FROM asked_period)", "i.period IN (SELECT period FROM previous_period)"


@dataclass(frozen=True)
class ReportTables:
    """The result of reading. `tables`: the tables now in the package. `kept`: the texts kept for the next quarter's run."""

    tables: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    kept: pa.Table | None = None


@dataclass(frozen=True)
class ReportTableMaker:
    """Makes the tables of a period's reports in the schema in use of `con`."""

    con: duckdb.DuckDBPyConnection
    clean: Clean
    policy: Policy
    period: Period

    def make(
        self, tables: frozenset[str], kept: pa.Table | None = None, last_findings: Iterable[tuple[str, str, str, str]] = ()
    ) -> ReportTables:
        """Make the tables, if `tables`, those in the package, hold reports.

        `kept`: the `ReportTables.kept` of the quarter before. Its texts are used if the package has none of that quarter, and its signatures
        for equal texts. `last_findings`: last quarter's findings as customer, rule, title, index number.
        """
        if "inspection" not in tables:
            return ReportTables(tables - {"report_section"})
        given = "SELECT inspection_id, section, text FROM report_section" if "report_section" in tables else ""
        files = self._files() if self.clean.folder.is_dir() or not given else {}
        if not given and not files:
            return ReportTables(tables - {"report_section"})
        read = self._read(files)
        self._make_section_text(read, given)
        now, last = (self.con.sql(TEXTS.format(dated=dated)).to_arrow_table() for dated in (THIS, LAST))
        allowed = {name: section.allowed for name, section in self.policy.sections.items()}
        self._save("section_facts", measure_sections(now["inspection_id"], now["section"], now["text"], allowed))
        unread = self._make_section_unread(read)
        least, own_words = int(self._limit("copied_from_characters")), _form_words(self.clean.folder)
        quarter = QuarterTexts.of(now, least, own_words)
        copies = find_copies(quarter, _last_quarter(last, kept), float(self._limit("copy_similarity")), least, own_words)
        self._save("section_copy", copies, ROUNDED)
        pictures = self._make_photos(read.photos)
        self._make_claims(now, tables)
        self._save_rows("last_finding", [row for row in last_findings if row[1] in self.policy.followed_up], LAST_FINDING)
        return ReportTables(tables | {"report_section"}, [*read.problems, *unread, *pictures], quarter.to_table())

    def _limit(self, name: str) -> Decimal:
        return self.policy.limit(name, self.period.as_of)

    def _files(self) -> dict[str, str]:
        """Return the report files of this period's inspections and the period's before, by inspection."""
        files = f"SELECT inspection_id, report_file FROM inspection AS i WHERE report_file IS NOT NULL AND ({THIS} OR {LAST})"
        return dict(self.con.execute(f"{files} ORDER BY inspection_id").fetchall())

    def _read(self, files: dict[str, str]) -> ReportContents:
        """Read the sections and photographs of the report files in the package's folder."""
        folder = self.clean.folder
        self.clean.inputs.update({file: sha256_file(folder / file) for file in files.values() if (folder / file).is_file()})
        return read_reports(folder, files, blank_form(folder))

    def _make_section_text(self, read: ReportContents, given: str) -> None:
        """Make the table of all section texts, and that of the reports without readable text."""
        self._save_rows("section_read", read.rows, {"inspection_id": pa.string(), "section": pa.string(), "text": pa.string()})
        unread = {p.value for p in read.problems if p.check in UNREAD}
        without = [] if given else self._without_file()
        read.problems.extend(_no_text(report) for report in without)
        unreadable = [*without, *(i for i, file in self._files().items() if file in unread)]
        self._save_rows("report_unread", [(i,) for i in unreadable], {"inspection_id": pa.string()})
        if given:
            self.con.execute(f"DELETE FROM report_unread WHERE inspection_id IN (SELECT inspection_id FROM ({given}))")
        first = f"{given} UNION ALL" if given else ""
        only_read = f"WHERE (inspection_id, section) NOT IN (SELECT inspection_id, section FROM ({given}))" if given else ""
        self.con.execute(f"CREATE TABLE section_text AS {first} SELECT * FROM section_read {only_read}")

    def _without_file(self) -> list[str]:
        """Return the submitted reports of the period that name no file, in a package whose texts are all in files."""
        nameless = f"SELECT inspection_id FROM inspection AS i WHERE report_file IS NULL AND kind = 'periodic' AND submitted_at IS NOT NULL AND {THIS}"
        return [row[0] for row in self.con.execute(f"{nameless} ORDER BY inspection_id").fetchall()]

    def _make_section_unread(self, read: ReportContents) -> list[Problem]:
        """Make the table of the sections whose text falls short or is missing, and may stand elsewhere: in pictures or objects, or under a
        strange heading.

        Returns a note on each report with such sections.
        """
        self._save_rows("section_partly_read", read.unread, {"inspection_id": pa.string(), "section": pa.string()})
        self._save_rows("strange_heading", read.strange, {"inspection_id": pa.string(), "heading": pa.string()})
        self.con.execute(f"CREATE TABLE section_unread AS {FALL_SHORT} UNION ALL {MISSING}")
        headings: dict[str, list[str]] = {}
        for report, heading in read.strange:
            headings.setdefault(report, []).append(heading)
        names = all_tables()["report_section"].fields["section"].values
        reports: dict[str, list[str]] = {}
        for report, section in self.con.execute("SELECT inspection_id, section FROM section_unread ORDER BY ALL").fetchall():
            reports.setdefault(report, []).append(names.get(section, section))
        files = self._files()
        return [_unread_sections(report, files.get(report, ""), sections, headings.get(report)) for report, sections in reports.items()]

    def _make_photos(self, photos: list[Photo]) -> list[Problem]:
        """Make the tables of all photographs and of those found in two reports. Returns a note on each picture common enough to be part of the form."""
        owners = {
            i: (c, p, s)
            for i, c, p, s in self.con.execute("SELECT inspection_id, customer_id, period, submitted_at FROM inspection").fetchall()
        }
        decoration = int(self._limit("photo_decoration"))
        self._save_rows("photo_read", [(photo.inspection_id, photo.name) for photo in photos], PHOTO_READ)
        self._save("photo_reused", reused_photos(photos, owners, decoration))
        name = {photo.sha256: photo.name for photo in photos}
        return [
            Problem(
                *("form_picture", NOTE, "", "", None, "report_file", name[sha256]),
                tr("a picture stands in the reports of {count} customers and counts as part of the form, not as a photograph", count=count),
            )
            for sha256, count in sorted(decorations(photos, owners, decoration).items())
        ]

    def _make_claims(self, now: pa.Table, tables: frozenset[str]) -> None:
        """Make the tables of quoted figures, cited statements and mentioned problems, and that of the package's own figures."""
        ids, sections, texts, written_on = (now[name] for name in ("inspection_id", "section", "text", "written_on"))
        self._save("report_claim", claims(ids, sections, texts, written_on, now["customer_name"]))
        finance = now.filter(pc.equal(sections, "finance"))
        self._save("report_statement", statements(*(finance[name] for name in ("inspection_id", "text", "written_on"))))
        self._save("report_mention", mentions(ids, texts))
        known = [sql for table, sql in KNOWN.items() if table in tables and (table != "loan_balance" or "loan" in tables)]
        self.con.execute(f"CREATE TABLE known_figure AS {' UNION ALL '.join([NO_FIGURES, *known])}")

    def _save_rows(self, name: str, rows: Iterable[tuple], columns: dict[str, pa.DataType]) -> None:
        values = list(zip(*rows, strict=True)) or [() for _ in columns]
        self._save(name, pa.table(dict(zip(columns, values, strict=True)), schema=pa.schema(columns)))

    def _save(self, name: str, content: pa.Table, columns: str = "*") -> None:
        lay_down_table(self.con, name, content, columns)


def _no_text(report: str) -> Problem:
    says = tr("the inspection has a submitted report, but names no report file; its text is not judged")
    return _note("no_report_text", "", report, says)


def _unread_sections(report: str, file: str, sections: list[str], headings: list[str] | None) -> Problem:
    slots = {"sections": "、".join(sections), "headings": "、".join(headings or ())}
    if headings:
        says = tr("{sections}: may stand under a heading that is not known ({headings}); not judged; write the bank's headings", **slots)
    else:
        says = tr(
            "{sections}: a picture or an embedded file in it is not read, and the text alone falls short; not judged; write its content as text",
            **slots,
        )
    return _note("section_unread", file, report, says)


def _note(check: str, file: str, report: str, says: str) -> Problem:
    return Problem(check, NOTE, file, "", None, "report_file", file, tr("inspection {inspection}: {says}", inspection=report, says=says))


def _last_quarter(last: pa.Table, kept: pa.Table | None) -> pa.Table | None:
    """Return last quarter's sections as in the package, with the kept signatures if they belong to the same texts."""
    if kept is None or not last.num_rows:
        return kept if kept is not None else last
    texts = {(i, s): text for i, s, text in zip(*(last[name].to_pylist() for name in SAME_TEXT), strict=True)}
    same = all(texts.get((i, s)) == text for i, s, text in zip(*(kept[name].to_pylist() for name in SAME_TEXT), strict=True))
    return kept if same else last


def blank_form(folder: Path) -> Path | None:
    """Return the bank's blank form of a report, if the package has one: its words are no answers and no copies."""
    return next((folder / name for name in BLANK_FORMS if (folder / name).is_file()), None)


def _form_words(folder: Path) -> frozenset[str]:
    form = blank_form(folder) if folder.is_dir() else None
    return frozenset(block.text for block in final_text(form)) if form else frozenset()
