"""The two Excel books: what they show, what their formulas count to, and that they can be printed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from math import isclose
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from officefill import Properties
from openpyxl import Workbook
from oracle.packages import make_package
from postloan.figures.book import Book
from postloan.figures.compute import make_book
from postloan.figures.finding_terms import known_terms
from postloan.figures.measure import all_measures, figures
from postloan.figures.tally import all_tallies, all_terms
from postloan.numbers import NOT_APPLICABLE
from postloan.papers.context import context
from postloan.papers.document import document
from postloan.papers.ledgers import all_ledgers
from postloan.papers.ledgers.rows import ledger_totals
from postloan.papers.ledgers.workbook import template_bytes
from postloan.papers.on_demand import listed, with_asked
from postloan.papers.paper_template import paper_template
from postloan.themes import all_themes

SOFFICE = shutil.which("soffice")
REPORT, PAPER = "quarterly_report", "monitoring_paper"
DAY = date(2014, 7, 4)
Said = dict[str, Any]
ODD_NAMES = ("甲&乙", "=1+1", "{{恒丰}}", "逾期<30天", "@甲")
BASIC = {"", *(name for name, theme in all_themes().items() if theme.basic)}
CUSTOMER_TERMS = [term for tally in all_tallies().values() if tally.grain == "customer" and tally.theme in BASIC for term in tally.terms]
# LibreOffice keeps the results it finds in a file unless it is told to count anew (0: always).
COUNT_ANEW = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""


def said_of(book: Book, unit: str = "") -> Said:
    """What the templates of a paper about `unit`, or the bank, may say."""
    said = context(book, DAY, unit, "张三", "")
    return with_asked(said | listed(document(REPORT), book, unit, said), {"customers", "recoveries", "terms"}, book, unit)


def fill(name: str, said: Said) -> bytes:
    properties, kind = Properties(title="附表", author="澜州分行", created=datetime(2014, 7, 4)), document(name)
    totals = {name: ledger_totals(ledger, said[ledger.rows]) for name in said["ledgers"] if (ledger := all_ledgers()[name])}
    data = template_bytes(kind, "book.xlsx", [name for name in kind.ledgers or () if name in totals], all_themes())
    return paper_template(kind.folder / "book.xlsx", data=data).render(said | {"ledgers": totals}, properties)


def opened(data: bytes, *, values: bool = True) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def drawn(name: str) -> Workbook:
    """The template as it was drawn."""
    return openpyxl.load_workbook(document(name).folder / "book.xlsx")


def column(book: Workbook, sheet: str, first: int, letter: str) -> list[Any]:
    """The values of a column from row `first` on, up to the first blank one."""
    found = []
    while (value := book[sheet][f"{letter}{first + len(found)}"].value) is not None:
        found.append(value)
    return found


def texts(book: Workbook) -> Iterator[str]:
    return (cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str))


@pytest.fixture(scope="module")
def bank(branch2014: Book) -> Said:
    return said_of(branch2014)


@pytest.fixture(scope="module")
def odd(bank: Said) -> Said:
    """The quarter with customers whose names mean something to Excel, to XML or to the engine."""
    names = {c["customer_id"]: name for c, name in zip(bank["customers"], ODD_NAMES, strict=False)}
    renamed = {
        key: [{**r, "customer": names.get(r["customer_id"], r["customer"])} for r in bank[key]]
        for key in ("customers", "recoveries", "findings")
    }
    return bank | renamed


@pytest.fixture(scope="module")
def nothing(bank: Said) -> Said:
    """A quarter in which nothing is there: every list is empty, every sum zero, every ratio undefined."""
    zero = figures(dict.fromkeys(known_terms(), 0), "bank", all_measures())
    lists: Said = {key: [] for key in ("units", "customers", "recoveries", "arrears", "findings", "waivers")}
    none_held = {"findings": [], "count": 0, "customers": 0, "waived": 0, "deduction": Decimal(0)}
    sections = [{**s, **none_held, "rules": [{**r, **none_held} for r in s["rules"]]} for s in bank["sections"]]
    return (
        bank
        | zero
        | {
            "before": zero,
            "sections": sections,
            "findings_waived": 0,
            "deduction_listed": Decimal(0),
            "terms": dict.fromkeys(all_terms(), 0),
        }
        | lists
    )


@pytest.fixture(scope="module")
def unknown(bank: Said) -> Said:
    """A quarter without a single figure, as where no table but the customers is in the package."""
    none = dict.fromkeys(all_measures())
    units = [{**u, **none, "findings": Decimal(0), "deduction": Decimal(0), "score": Decimal(100), "before": none} for u in bank["units"]]
    rows = [{**c, **dict.fromkeys(all_terms())} for c in bank["customers"]]
    kept = {
        "findings": [],
        "deduction": Decimal(0),
        "score": Decimal(100),
        "sections": [],
        "findings_waived": 0,
        "deduction_listed": Decimal(0),
    }
    return bank | none | kept | {"before": none, "units": units, "customers": rows, "recoveries": [], "terms": dict.fromkeys(all_terms())}


# What they show


def test_ids_are_texts_amounts_are_numbers_and_dates_are_dates(bank: Said) -> None:
    book = opened(fill(REPORT, bank))
    assert column(book, "客户明细", 7, "C") == [c["customer_id"] for c in bank["customers"]]
    assert column(book, "收回明细", 5, "E")[:17] == [r["loan_id"] for r in bank["recoveries"]]
    balance = book["客户明细"]["G7"]
    assert Decimal(str(balance.value)) == bank["customers"][0]["loan_balance"] and balance.number_format == "#,##0.00"
    assert book["收回明细"]["H5"].value.date() == bank["recoveries"][0]["paid_on"]


def test_units_and_the_bank_have_their_figures(bank: Said) -> None:
    sheet = opened(fill(REPORT, bank))["检查评价"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=7, max_row=7 + len(bank["units"]))]
    assert [row[0] for row in rows] == [*(u["id"] for u in bank["units"]), "合计"]
    for row, of in zip(rows, [*bank["units"], bank], strict=True):
        assert row[2] == of["customers_in_scope"] and isclose(row[6], of["inspection_coverage"]) and row[17] == of["deduction"]
        assert row[19] == of["band"]


def test_findings_stand_in_their_order_with_all_they_say(bank: Said) -> None:
    report, paper = opened(fill(REPORT, bank)), opened(fill(PAPER, bank))
    assert (
        column(report, "问题清单", 5, "A")
        == column(paper, "底稿", 8, "B")[: len(bank["findings"])]
        == [f["index_no"] for f in bank["findings"]]
    )
    assert {f["fact"] for f in bank["findings"]} | {f["evidence"] for f in bank["findings"]} <= set(texts(paper))


def test_every_rule_is_summed_up_under_its_section(bank: Said) -> None:
    sheet = opened(fill(REPORT, bank))["问题汇总"]
    wanted = [[of["title"], of["count"], of["waived"], of["deduction"]] for s in bank["sections"] for of in (s, *s["rules"])]
    first = 9 + len(bank["sections"])
    rows = [[sheet.cell(row, column).value for column in (2, 6, 7, 9)] for row in range(first, first + len(wanted))]
    assert rows == wanted and len(wanted) == len(bank["sections"]) + sum(map(bool, bank["rules"].values()))


def test_who_decided_not_to_deduct_and_why_stands_in_the_paper(bank: Said) -> None:
    found = list(texts(opened(fill(PAPER, bank))))
    assert bank["waivers"] and all({w["reason"], w["approved_by"], "、".join(w["units"])} <= set(found) for w in bank["waivers"])


def test_a_paper_of_one_unit_holds_its_findings_only(branch2014: Book) -> None:
    said = said_of(branch2014, "0121")
    sheet = opened(fill(PAPER, said))["底稿"]
    assert sheet["C2"].value == "市场一部" and sheet["N2"].value == "0121-2014Q2"
    assert sheet[f"C{8 + len(said['findings'])}"].value == len(said["findings"])


def test_odd_names_are_printed_as_they_are(odd: Said) -> None:
    for name, sheet, letter, first in ((REPORT, "客户明细", "D", 7), (PAPER, "底稿", "E", 8)):
        data = fill(name, odd)
        cells = [c for c in opened(data, values=False)[sheet][letter][first - 1 :] if c.value in ODD_NAMES]
        assert cells and all(cell.data_type == "s" for cell in cells)
    assert set(ODD_NAMES) <= set(column(opened(fill(REPORT, odd)), "客户明细", 7, "D"))


def test_a_paper_without_findings_says_so(nothing: Said, bank: Said) -> None:
    assert "按已执行的监测程序未发现问题。" in texts(opened(fill(PAPER, nothing)))
    assert "本期监测未发现问题。" not in texts(opened(fill(PAPER, bank)))


def test_undefined_figures_are_said_to_be_so_and_never_zero(unknown: Said) -> None:
    book = opened(fill(REPORT, unknown))
    for sheet, columns in (("贷款质量", "CGLN"), ("授信资金", "DFIJ"), ("贷款收回", "CE")):
        for row in range(7, 8 + len(unknown["units"])):
            assert {book[sheet][f"{c}{row}"].value for c in columns} == {NOT_APPLICABLE}, (sheet, row)
    assert book["客户明细"]["G7"].value == NOT_APPLICABLE and book["检查评价"]["O7"].value == NOT_APPLICABLE


def test_lists_and_what_hangs_on_them_grow_together(bank: Said) -> None:
    report, paper = opened(fill(REPORT, bank)), opened(fill(PAPER, bank))
    customers, findings = len(bank["customers"]), len(bank["findings"])
    assert report["客户明细"].auto_filter.ref == f"A6:BH{6 + customers}"
    assert report["问题清单"].auto_filter.ref == f"A4:O{4 + findings}"
    (states,) = paper["底稿"].data_validations.dataValidation
    assert str(states.sqref) == f"N8:N{7 + findings}" and "待整改" in states.formula1
    assert {f["status"] for f in bank["findings"]} <= set(re.findall(r"[^\",]+", states.formula1))


# What they count to


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """A bank made up of every edge there is."""
    folder = tmp_path_factory.mktemp("bank") / "package"
    make_package(folder, 7, "2014Q2", 60)
    return said_of(make_book(folder, "2014Q2"))


@pytest.fixture(
    scope="module", params=[("nothing", "unknown"), pytest.param(("bank", "odd", "edge"), marks=pytest.mark.soak)], ids="-".join
)
def counted(
    request: pytest.FixtureRequest, branch2014: Book, bank: Said, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[bytes, Workbook]]:
    """Filled books by name, and the same ones counted anew."""
    room = tmp_path_factory.mktemp("counted")
    made = {f"{name}-{kind}": fill(name, request.getfixturevalue(kind)) for name in (REPORT, PAPER) for kind in request.param}
    made[f"{PAPER}-unit"] = fill(PAPER, said_of(branch2014, "0121"))
    made["stale"] = with_stale_value(fill(PAPER, bank))
    for name, data in made.items():
        (room / f"{name}.xlsx").write_bytes(data)
    return {name: (made[name], openpyxl.load_workbook(path, data_only=True)) for name, path in count_anew(room, made).items()}


def count_anew(room: Path, names: dict[str, bytes]) -> dict[str, Path]:
    (room / "profile" / "user").mkdir(parents=True)
    (room / "profile" / "user" / "registrymodifications.xcu").write_text(COUNT_ANEW, encoding="utf-8")
    profile = f"-env:UserInstallation={(room / 'profile').as_uri()}"
    files = [room / f"{name}.xlsx" for name in names]
    subprocess.run(
        [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", room / "out", *files],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return {name: room / "out" / f"{name}.xlsx" for name in names}


def with_stale_value(data: bytes) -> bytes:
    """The book with 999 for the result of its first formula."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, re.sub(rb"</f><v>[^<]*</v>", b"</f><v>999</v>", text, count=1) if "sheet1" in name else text)
    return out.getvalue()


def disagreements(data: bytes, anew: Workbook) -> Iterator[str]:
    """Each formula whose value in the file is not what it counts to."""
    shown = opened(data)
    for sheet in opened(data, values=False):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                said, counts = (book[sheet.title][cell.coordinate].value for book in (shown, anew))
                if not (
                    isinstance(said, int | float) and isinstance(counts, int | float) and isclose(said, counts, rel_tol=1e-12, abs_tol=1e-9)
                ):
                    yield f"{sheet.title}!{cell.coordinate} {cell.value}: {said!r}, counted {counts!r}"


@pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed")
def test_every_formula_counts_to_the_value_it_carries(counted: dict[str, tuple[bytes, Workbook]]) -> None:
    assert {name: wrong for name, pair in counted.items() if name != "stale" and (wrong := list(disagreements(*pair)))} == {}


@pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed")
def test_a_value_that_its_formula_does_not_give_would_be_noticed(counted: dict[str, tuple[bytes, Workbook]]) -> None:
    assert len(list(disagreements(*counted["stale"]))) == 1


def test_the_sums_of_units_and_bank_are_formulas(bank: Said) -> None:
    book = opened(fill(REPORT, bank), values=False)
    for sheet, least in (("贷款质量", 12), ("检查评价", 12), ("授信资金", 8), ("贷款收回", 12)):
        for row in range(7, 8 + len(bank["units"])):
            assert sum(cell.data_type == "f" for cell in book[sheet][row]) >= least, (sheet, row)


# How they are drawn


NOT_LISTED = (
    "customers_on_time",
    "customers_late",
    "customers_missing",
    "customers_onsite",
    "report_duties",
    "reports_unread",
    "classed_in_time_balance",
    *(f"{kind}_{what}" for kind in ("extended", "rollover", "renewal") for what in ("loans", "balance")),
)
"""Terms without a column: duties stand for the customers of a quarter and add up to all of them; what is unread has no customer's row; classes and
arrears have columns of their own; loans that were extended or repay another are listed loan by loan."""


def test_every_term_is_a_column_of_the_customers() -> None:
    said = " ".join(texts(drawn(REPORT)))
    assert [term for term in CUSTOMER_TERMS if f"c.{term} " not in said and term not in NOT_LISTED] == []


@pytest.mark.parametrize("name", [REPORT, PAPER])
def test_every_sheet_can_be_printed_on_a4_or_a3_at_nine_points(name: str) -> None:
    for sheet in drawn(name):
        assert sheet.page_setup.paperSize in (8, 9) and sheet.page_setup.orientation in ("landscape", "portrait"), sheet.title
        assert sheet.print_title_rows and sheet.freeze_panes and not sheet.sheet_view.showGridLines, sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage or sheet.page_setup.scale >= 55, sheet.title
        assert "&P" in sheet.oddFooter.center.text and "{{ period }}" in sheet.oddHeader.right.text, sheet.title


@pytest.mark.parametrize("name", [REPORT, PAPER])
def test_every_written_cell_has_a_named_style(name: str) -> None:
    bare = [
        f"{s.title}!{c.coordinate}"
        for s in drawn(name)
        for row in s.iter_rows()
        for c in row
        if c.value is not None and c.style == "Normal"
    ]
    assert bare == []
