"""Rows that repeat are recorded as rows, and read as what they would be told one by one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from officefill import Properties, Shown, Traced
from officefill.language.provenance import record_part
from officefill.ooxml.package import Package, read_file, read_package
from postloan.figures.book import Book
from postloan.papers.paper_template import NAMESPACE, paper_template
from postloan.papers.record.identity import identity
from postloan.papers.record.paper_record import Figure, read_record
from postloan.papers.record.paper_text import lines_of, parts_now
from postloan.papers.record.record_writer import RecordWriter

DAY = date(2014, 6, 30)
WHO = Properties(title="明细", author="某某支行", created=datetime(2014, 6, 30))
LOANS = [
    ["{% for u in units %}", None],
    ["{{ u.name }}", "{{ u.npl_ratio }}"],
    [
        "{% for l in u.loans %}{{ l.loan_id }}",
        "{{ l.a }}",
        "{{ l.b }}",
        "{{ u.npl_ratio }}",
        '{{ l.a is none and "不适用" or l.a }}{% endfor %}',
    ],
    ["{% endfor %}", None],
    ["合计", "=SUM(B3:B3)", "{{ loan_balance }}"],
]
values = st.one_of(
    st.integers(-(10**18), 10**18),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**17), max_value=10**17),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-1, max_value=1),
    st.sampled_from(
        [Decimal("0E-9"), Decimal("-0.00"), Decimal("1E+3"), Decimal(1) / 3, "", "007", "=1+1", "_x000D_", " a ", "甲<&>\n乙", "a\tb"]
    ),
    st.text(st.characters(blacklist_categories=["Cs", "Cn", "Co", "Cc"]), max_size=8),
    st.dates(date(1950, 1, 1)),
)
names = st.one_of(st.text("ab甲]", min_size=1, max_size=3), st.integers(0, 9))
loan = st.fixed_dictionaries({"loan_id": names, "a": values, "b": values})
unit = st.fixed_dictionaries(
    {"id": names, "name": st.just("甲"), "npl_ratio": st.decimals(0, 1, places=4), "loans": st.lists(loan, max_size=4)}
)


def draw(path: Path, rows: list[list[str | None]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for line in book.active.iter_rows():
        for cell in line:
            cell.number_format = "yyyy-mm-dd"
    book.save(path)
    return path


def made(template: Path, book: Book, context: dict[str, Any]) -> tuple[Package, Path, Traced]:
    """The paper and what its filling left."""
    left: list[Traced] = []
    seal = RecordWriter(book, "quarterly_report", template, "", {"preparer": "", "reviewer": "", **context}, DAY)

    def watched(traced: Traced) -> bytes:
        left.append(traced)
        return seal(traced)

    paper = template.parent / "paper.xlsx"
    paper.write_bytes(paper_template(template, trace=True).render(context, WHO, watched))
    return read_package(paper, read_file(paper)), paper, left[0]


def told(traced: Traced, book: Book, context: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The figures as each of them would be recorded by itself."""
    return sorted(map(_plain, (_alone(shown, book, context) for shown in traced.shown)))


def _alone(shown: Shown, book: Book, context: dict[str, Any]) -> Figure:
    value = Decimal(shown.value) if isinstance(shown.value, int) else shown.value
    return Figure(0, identity(shown.path, context, book.period, ""), value, shown.text, shown.written, shown.part, shown.cell)


def _plain(figure: Figure) -> tuple[Any, ...]:
    of = figure.identity
    return (figure.part, figure.cell, of.key, of.measure, of.grain, of.subject, of.period, figure.tag, figure.text, _spelt(figure.value))


def _spelt(value: Any) -> str:
    """As it stands, but that a thousand is one number however it is spelt: `1E+3` and `1000` are."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


@example(units=[{"id": "a", "name": "甲", "npl_ratio": Decimal(0), "loans": [{"loan_id": "b", "a": Decimal("1E+3"), "b": ""}]}])
@given(units=st.lists(unit, min_size=1, max_size=3))
def test_rows_are_read_as_the_figures_and_lines_that_stand_in_the_paper(
    units: list[dict[str, Any]], branch2014: Book, tmp_path_factory: pytest.TempPathFactory
) -> None:
    context = {"units": units, "loan_balance": Decimal("12.50")}
    package, paper, traced = made(draw(tmp_path_factory.mktemp("rows") / "book.xlsx", LOANS), branch2014, context)
    record = read_record(paper)
    assert record.lines == lines_of(parts_now(package), [])
    assert sorted(map(_plain, record.figures)) == told(traced, branch2014, context)


def test_figures_come_in_the_order_of_the_sheet(branch2014: Book, tmp_path: Path) -> None:
    loans = [{"loan_id": f"L{n}", "a": None if n == 1 else n, "b": Decimal(n)} for n in range(3)]
    rows: list[list[str | None]] = [["{% for l in loans %}{{ l.loan_id }}", "{{ l.b }}", "{{ l.a|or_gap }}{% endfor %}"], ["{{ count }}"]]
    _, paper, _ = made(draw(tmp_path / "book.xlsx", rows), branch2014, {"loans": loans, "count": 3})
    assert [(figure.cell, figure.identity.key) for figure in read_record(paper).figures] == [
        *(("B1", "loans[L0].b"), ("C1", "loans[L0].a"), ("B2", "loans[L1].b"), ("B3", "loans[L2].b"), ("C3", "loans[L2].a")),
        ("A4", "count"),
    ]


def test_a_row_costs_the_record_its_values_and_no_more(branch2014: Book, tmp_path: Path) -> None:
    template = draw(tmp_path / "book.xlsx", [["{% for l in loans %}{{ l.loan_id }}", "{{ l.a }}", "{{ l.b }}{% endfor %}"]])
    sizes = []
    for count in (100, 200):
        loans = [{"loan_id": f"L{n:05}", "a": Decimal("1000.25"), "b": DAY} for n in range(count)]
        package, _, _ = made(template, branch2014, {"loans": loans})
        part = record_part(package, NAMESPACE)
        assert part is not None
        sizes.append(len(package.parts[part]))
    assert (sizes[1] - sizes[0]) / 100 < len("200\tL00000\tL00000\t1000.25\t2014-06-30\n") + 1
