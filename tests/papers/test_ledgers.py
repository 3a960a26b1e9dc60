"""Ledgers: every one makes a sheet whose totals are the sums of its rows, and what is wrong with one is said with file and key."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from places import BRANCH, ROOT, TINY
from postloan.audit.trace import trace
from postloan.audit.verify import verify
from postloan.errors import BadLedger
from postloan.figures.book import Book
from postloan.papers.context import context
from postloan.papers.document import document
from postloan.papers.fields.fields import all_fields
from postloan.papers.ledgers import Ledger, all_ledgers, read_ledger
from postloan.papers.ledgers import rows as rows_module
from postloan.papers.ledgers import workbook as workbook_module
from postloan.papers.ledgers.columns import TYPES
from postloan.papers.ledgers.rows import ledger_rows, ledger_totals, standing
from postloan.papers.make import papers
from postloan.papers.on_demand import listed
from postloan.papers.record.paper_record import read_record
from postloan.run import compute, make_papers, take_in
from postloan.yaml_file import read_yaml

from tests.papers.record.test_regeneration import type_cells

NAME = "ledgers"
DATA = {"branch2014": BRANCH, "tiny": TINY}
RECOVERIES = all_ledgers()["recoveries"].path


@pytest.fixture(scope="module", params=list(DATA))
def bank(request: pytest.FixtureRequest) -> Book:
    book: Book = request.getfixturevalue(request.param)
    return book


@pytest.fixture(scope="module")
def made(bank: Book) -> dict[str, bytes]:
    """The papers of the document of ledgers: the bank's, and each unit's."""
    return dict(papers(bank, NAME))


def of_tallies(book: Book) -> list[str]:
    """The ledgers over tallies that this book has."""
    return [name for name, ledger in all_ledgers().items() if ledger.tally and ledger.theme in book.themes and not ledger.by_name]


def opened(data: bytes, *, values: bool = True) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def said_of(book: Book, unit: str = "", name: str = NAME) -> dict[str, Any]:
    said = context(book, book.period.as_of, unit)
    return said | listed(document(name), book, unit, said)


def head(sheet: Worksheet, ledger: Ledger) -> int:
    """The row of the heads."""
    first = next(iter(ledger.columns.values())).label
    return next(row for row in range(3, 12) if sheet.cell(row, 1).value == first)


def shown(sheet: Worksheet, ledger: Ledger, column: str) -> list[Any]:
    """The values of a column below its head, down to the end of the filter."""
    place, last = list(ledger.columns).index(column) + 1, int(sheet.auto_filter.ref.rpartition(":")[2].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return [sheet.cell(row, place).value for row in range(head(sheet, ledger) + 1, last + 1)]


def written(tmp_path: Path, text: str, name: str = "mine") -> Ledger:
    """The ledger that a file of a theme describes."""
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return read_ledger(path, "recoveries", read_yaml(path, BadLedger), {})


# Sheets


def test_every_ledger_stands_in_the_workbook_of_the_bank_and_of_every_unit(bank: Book, made: dict[str, bytes]) -> None:
    assert list(made) == [f"{NAME}.xlsx", *(f"{NAME}/{unit}_{bank.unit_names[unit]}.xlsx" for unit in bank.units())]
    for unit, data in zip(["", *bank.units()], made.values(), strict=True):
        book, said = opened(data), said_of(bank, unit)
        assert book.sheetnames == ["目录", *(all_ledgers()[name].sheet for name in said["ledgers"])]
        cover = [[cell.value for cell in row] for row in book["目录"].iter_rows(min_row=5, max_row=4 + len(said["ledgers"]))]
        assert cover == [[n, of["title"], of["sheet"], of["rows"]] for n, of in enumerate(said["ledger_list"], 1)]


def test_the_rows_of_a_sheet_are_those_of_its_ledger_and_its_totals_their_sums(bank: Book, made: dict[str, bytes]) -> None:
    seen = 0
    for unit, data in zip(["", *bank.units()], made.values(), strict=True):
        book, said = opened(data), said_of(bank, unit)
        for ledger in map(all_ledgers().__getitem__, said["ledgers"]):
            sheet, rows = book[ledger.sheet], said[ledger.rows]
            assert [sheet.cell(head(sheet, ledger), n).value for n in range(1, len(ledger.columns) + 1)] == [
                column.label for column in ledger.columns.values()
            ]
            for name, column in ledger.totals().items():
                cells = shown(sheet, ledger, name)
                assert [cell for cell in cells if cell is not None] == [
                    pytest.approx(row[column.shown]) if TYPES[column.type].adds_up else row[column.shown] for row in rows
                ]
                place = list(ledger.columns).index(name) + 1
                kinds = [row[ledger.apart] if ledger.apart else "" for row in rows]
                for nth, kind in enumerate(ledger.columns[ledger.apart].values if ledger.apart else [""]):
                    of = [cell for cell, code in zip(cells, kinds, strict=False) if code == kind]
                    wanted = len(of) if column.total == "count" else sum(map(Decimal, map(str, of)), Decimal(0))
                    assert Decimal(str(sheet.cell(3 + nth, place).value)) == wanted, (ledger.name, name, kind)
                    seen += bool(wanted)
    assert seen > 3


def test_a_sheet_is_drawn_to_be_read_filtered_and_printed(made: dict[str, bytes]) -> None:
    book = opened(next(iter(made.values())), values=False)
    for ledger in (ledger for ledger in all_ledgers().values() if ledger.sheet in book.sheetnames):
        sheet = book[ledger.sheet]
        row = head(sheet, ledger)
        assert sheet.freeze_panes == f"{'AB'[ledger.frozen]}{row + 1}" and sheet.auto_filter.ref.startswith(f"A{row}:")
        assert (
            sheet.print_title_rows == f"$1:${row}" and sheet.page_setup.paperSize in (8, 9) and sheet.sheet_properties.pageSetUpPr.fitToPage
        )
        assert not sheet.sheet_view.showGridLines and not sheet.sheet_view.tabSelected and "&P" in sheet.oddFooter.center.text
        for place, column in enumerate(ledger.columns.values(), 1):
            assert sheet.cell(row + 1, place).number_format == TYPES[column.type].format
        totals = [cell.value for cell in sheet[3] if cell.data_type == "f"]
        assert len(totals) == len(ledger.totals()) and all("SUBTOTAL(" in text or ledger.apart for text in totals)


def test_a_ledger_without_rows_says_so_and_still_counts(tiny: Book, tmp_path: Path, converted: Callable[..., list[Path]]) -> None:
    empty = next(papers(tiny, NAME, ["002"]))[1]
    sheet = opened(empty)["非标业务监测台账"]
    assert [sheet["A6"].value, sheet["F3"].value] == ["本期无。", 0] and sheet.max_row == 6
    (tmp_path / "empty.xlsx").write_bytes(empty)
    (again,) = converted("xlsx", tmp_path / "out", tmp_path / "empty.xlsx")
    assert openpyxl.load_workbook(again, data_only=True)["非标业务监测台账"]["F3"].value == 0


def test_libreoffice_counts_what_the_sheets_say(tiny: Book, tmp_path: Path, converted: Callable[..., list[Path]]) -> None:
    data = next(papers(tiny, NAME, ["全行"]))[1]
    (tmp_path / "tiny.xlsx").write_bytes(data)
    (again,) = converted("xlsx", tmp_path / "out", tmp_path / "tiny.xlsx")
    (page,) = converted("pdf", tmp_path / "out", tmp_path / "tiny.xlsx")
    (lines,) = converted("csv", tmp_path / "out", tmp_path / "tiny.xlsx")
    rows = [[row[0], row[-1]] for row in csv.reader(lines.open(encoding="utf-8"))]
    assert page.read_bytes().startswith(b"%PDF") and ["1", str(len(tiny.findings_made))] in rows
    said, counted = opened(data), openpyxl.load_workbook(again, data_only=True)
    formulas = [cell for sheet in opened(data, values=False) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert len(formulas) > 8
    for cell in formulas:
        shown_now, anew = (book[cell.parent.title][cell.coordinate].value for book in (said, counted))
        assert anew == pytest.approx(shown_now), (cell.parent.title, cell.coordinate, cell.value)


def test_a_bank_of_many_rows_gets_the_sums_of_its_units(bank: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MOST_LISTED", 1)
    for name in of_tallies(bank):
        ledger = all_ledgers()[name]
        rows = ledger_rows(bank, ledger)
        said = standing(bank, [ledger], "", {})
        if len(rows) > 1:
            units = {(row["unit_id"], row[ledger.apart] if ledger.apart else "") for row in rows}
            assert len(said[name]) == len(units) and len({row["key"] for row in said[name]}) == len(units)
            counted = replace(ledger, columns={n: c for n, c in ledger.columns.items() if c.total != "count"})
            without = [{k: v for k, v in of.items() if k != "rows"} if isinstance(of, dict) else 0 for of in said["ledgers"][name].values()]
            wanted = [
                {k: v for k, v in of.items() if k != "rows"} if isinstance(of, dict) else 0 for of in ledger_totals(counted, rows).values()
            ]
            assert [of for of in without if of] == [of for of in wanted if of]
        for unit in bank.units():
            assert standing(bank, [ledger], unit, {})[name] == [row for row in rows if row["unit_id"] == unit]


def test_rows_have_the_types_their_fields_say_and_keys_of_their_own(bank: Book) -> None:
    kinds = {"money": Decimal, "count": int, "date": date, "text": str, "truth": bool, "ratio": Decimal, "number": Decimal}
    for name in of_tallies(bank):
        ledger = all_ledgers()[name]
        rows, fields = ledger_rows(bank, ledger), all_fields().shapes[f"ledger {name}"]
        assert len({row["key"] for row in rows}) == len(rows)
        for row in rows:
            assert row.keys() == fields.keys()
            assert {
                field for field, value in row.items() if value is not None and not isinstance(value, kinds[fields[field].type])
            } == set()


def test_amounts_in_wan_are_exact_and_add_up(branch2014: Book, tmp_path: Path) -> None:
    ledger = written(
        tmp_path, "title: 收回\ntally: recovery\ncolumns: {customer: , principal: {label: 收回本金, unit: 万元, total: sum}}\n"
    )
    rows = ledger_rows(branch2014, ledger)
    assert sum(row["principal"] for row in rows) * 10000 == branch2014.figure("recovered_amount")
    assert ledger_totals(ledger, rows) == {"rows": len(rows), "principal": Decimal("10650.000000")}


# Whose they are


def test_what_people_typed_into_a_ledger_survives_when_it_is_made_again(tiny: Book, tmp_path: Path) -> None:
    path = next(path for path in make_papers(tiny, "monitoring_notice", tmp_path) if path.suffix == ".xlsx")
    typed = next(region.cell for region in read_record(path).regions if region.name == "台账处置结果")
    offered = openpyxl.load_workbook(path)["台账"].data_validations.dataValidation[0]
    assert str(offered.formula1) == '"到期收回,展期或续贷,清收保全"'
    type_cells(path, **{typed: "已约谈"})
    make_papers(tiny, "monitoring_notice", tmp_path)
    assert openpyxl.load_workbook(path)["台账"][typed].value == "已约谈" and not (path.parents[1] / "edited").exists()


def test_figures_of_a_ledger_are_traced_to_rows_and_verified(
    bank: Book, made: dict[str, bytes], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data = DATA[request.node.callspec.params["bank"]]
    paper = tmp_path / "ledgers.xlsx"
    paper.write_bytes(made["ledgers.xlsx"])
    found = trace(paper, str(data))
    assert [one.figure.identity.key for one in found.figures if one.agrees is False] == []
    by_key = {one.figure.identity.key: one for one in found.figures}
    said = said_of(bank)
    for name in of_tallies(bank):
        ledger = all_ledgers()[name]
        for column in ledger.totals().values():
            for code in ledger.columns[ledger.apart].values if ledger.apart else [""]:
                key = ".".join(filter(None, ("ledgers", name, code, "rows" if column.total == "count" else column.name)))
                one = by_key[key if column.total in ("sum", "count") else column.total]
                rows = [row for row in said[name] if not code or row[ledger.apart] == code]
                (part,) = one.calculation.parts
                behind = {row["customer_id"] for row in rows} if name == "early_warning" else rows  # a customer has several indicators
                assert sum(link.span.count for link in part.links) == len(behind), key
                assert all(link.sum in (None, one.figure.value) for link in part.links)
        for row in said[name]:
            shown_in_row = [one for key, one in by_key.items() if key.startswith(f"{name}[{row['key']}]")]
            assert shown_in_row and all([link.span.count for link in one.calculation.parts[0].links] == [1] for one in shown_in_row)
    assert [one.remarks for one in verify([paper])] == [[]]


# On and off


def test_a_ledger_of_a_theme_that_is_off_or_has_no_data_stands_nowhere(tmp_path: Path) -> None:
    package = tmp_path / "package"
    shutil.copytree(TINY, package, ignore=shutil.ignore_patterns("acceptance.csv"))
    book = compute(take_in(package), "2014Q2")
    assert [row["kind"] for row in ledger_rows(book, all_ledgers()["maturities"])] != []
    assert {row["kind"] for row in ledger_rows(book, all_ledgers()["maturities"])} == {"loan"}
    off = replace(book, results=replace(book.results, themes=frozenset(["", "portfolio", "inspections", "maturities"])))
    said = said_of(off)
    assert list(said["ledgers"]) == ["findings", "maturities"] and "recoveries" not in said
    (annex,) = [data for path, data in papers(off, "quarterly_report", ["全行"]) if path.endswith(".xlsx")]
    assert opened(annex).sheetnames == ["贷款质量", "检查评价", "图表", "客户明细", "问题清单", "问题汇总", "指标与方法"]
    (package / "repayment.csv").unlink()
    assert "recoveries" not in said_of(compute(take_in(package), "2014Q2"))["ledgers"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program, to be changed."""
    folder = tmp_path_factory.mktemp("program")
    for name in ("lib", "templates", "reports"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def sheets_of(program: Path, name: str = NAME) -> str:
    """The sheets of the bank's workbook of a document as a copy of the program makes them, or what it says."""
    asked = f"""
import io, openpyxl
from postloan import language
from postloan.errors import STOPPING
language.use("en")
try:
    from postloan.papers.make import papers
    from postloan.run import compute, take_in
    made = papers(compute(take_in({str(TINY)!r}), "2014Q2"), {name!r}, ["全行"])
    print(*(sheet for path, data in made if path.endswith("xlsx") for sheet in openpyxl.load_workbook(io.BytesIO(data)).sheetnames))
except STOPPING as fault:
    print(type(fault).__name__, fault)
"""
    environment = os.environ | {"PYTHONPATH": str(program / "lib"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, encoding="utf-8", check=False)
    return (done.stdout + done.stderr).strip()


@pytest.mark.soak
def test_a_theme_without_its_folder_is_gone_and_a_new_ledger_is_one_file(program: Path) -> None:
    themes = program / "lib" / "postloan" / "themes"
    shutil.rmtree(themes / "nonstandard")
    (themes / "portfolio" / "ledgers").mkdir(exist_ok=True)
    (themes / "portfolio" / "ledgers" / "acceptances.yaml").write_text(
        "title: 承兑汇票敞口台账\ntally: open_acceptance\norder: draft_id\ncolumns: {unit: , customer: , draft_id: , exposure: {label: 敞口, type: money, total: sum}}\n",
        encoding="utf-8",
    )
    assert sheets_of(program) == "目录 问题清单 承兑汇票敞口台账 逾期欠息 收回明细 到期监测台账"
    (themes / "recoveries" / "ledgers" / "recoveries.yaml").write_text("title: [", encoding="utf-8")
    assert sheets_of(program).startswith("BadLedger recoveries/ledgers/recoveries.yaml:1")
    shutil.rmtree(themes / "recoveries" / "ledgers")
    assert sheets_of(program, "quarterly_report").startswith(
        "贷款质量 检查评价 授信资金 贷款收回 图表 客户明细 问题清单 问题汇总 指标与方法"
    )


COMPOSE = """
import hashlib
from postloan.papers.document import document
from postloan.template_doctor.whole_template import whole_template
print(hashlib.sha256(whole_template(document("quarterly_report"), "book.xlsx")).hexdigest())
"""


def test_a_composed_workbook_is_the_same_whatever_was_imported_before() -> None:
    # openpyxl gives XML namespaces names of its own, for the whole process.
    first, second = (
        subprocess.run([sys.executable, "-c", before + COMPOSE], capture_output=True, text=True, check=True).stdout
        for before in ("", "import openpyxl\n")
    )
    assert first == second


def test_the_workbook_that_people_drew_wins(tiny: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Workbook()
    own.active.title = "我的台账"
    own.active.append(["收回", "{{ ledgers.recoveries.rows }}"])
    own.active.append(["{% for r in recoveries %}{{ r.customer }}", "{{ r.principal }}{% endfor %}"])
    own.active["B2"].number_format = "0.000"
    own.save(tmp_path / "recoveries.xlsx")
    monkeypatch.setattr(workbook_module, "templates_folder", lambda: tmp_path)
    for name, place in ((NAME, 3), ("quarterly_report", 6)):
        book = opened(next(data for path, data in papers(tiny, name, ["全行"]) if path.endswith(".xlsx")))
        assert "我的台账" in book.sheetnames[place:] and "收回明细" not in book.sheetnames
        sheet, rows = book["我的台账"], ledger_rows(tiny, all_ledgers()["recoveries"])
        assert sheet["B1"].value == len(rows) > 1 and sheet["A2"].value == rows[0]["customer"]
        assert sheet["B3"].value == rows[1]["principal"] and sheet["B3"].number_format == "0.000"


# Wrong ones


@pytest.mark.parametrize(
    ("was", "now", "place", "says"),
    [
        ("tally: recovery", "tally: recoverys", "tally", "unknown: 'recoverys'"),
        ("tally: recovery", "talley: recovery", "", "unknown key 'talley'"),
        ("tally: recovery", "tally: {a: b}", "tally", "a list is expected"),
        ("tally: recovery", "", "tally, walks", "either a tally or a list"),
        ("title: 贷款收回明细", "", "", "missing: title"),
        ("title: 贷款收回明细", "title: [a]", "title", "a text is expected"),
        ("sheet: 收回明细", "sheet: a/b", "sheet", "no such name"),
        ("sheet: 收回明细", "per: [bank, customers]", "per", "unknown: 'customers'"),
        ("sheet: 收回明细", "when: sometimes", "when", "unknown: 'sometimes'"),
        ("sheet: 收回明细", "frozen: -1", "frozen", "no number"),
        ("sheet: 收回明细", "apart: kind", "apart", "there is no column 'kind'"),
        ("sheet: 收回明细", "apart: unit", "apart", "is no code"),
        ("sheet: 收回明细", "faded: unit", "faded", "is no flag"),
        ("order: unit_id,", "order: unit_id; x,", "order", "cannot be read"),
        ("  moment:", "  momentt:", "columns: momentt", "did you mean 'moment'"),
        ("  moment:", "  moment: {typ: code}", "columns: moment", "unknown key 'typ'"),
        ("  moment:", "  moment: {type: kode}", "columns: moment: type", "unknown type 'kode'"),
        ("  moment:", "  moment: {width: wide}", "columns: moment: width", "no number"),
        ("  moment:", "  moment: {values: [a]}", "columns: moment: values", "keys and values"),
        ("  moment:", "  moment: 5", "columns: moment", "keys and values"),
        ("  moment:", "  moment: {total: sum}", "columns: moment: total", "cannot be added up"),
        ("total: recovered_amount", "total: summ", "columns: principal: total", "did you mean 'sum'"),
        ("total: recovered_amount", "total: sum, unit: 亿", "columns: principal: unit", "there is no unit"),
        ("total: recovered_amount", "total: recovered_amount, unit: 万元", "columns: principal: total", "no measure"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_key(tmp_path: Path, was: str, now: str, place: str, says: str) -> None:
    text = RECOVERIES.read_text(encoding="utf-8")
    assert was in text
    with pytest.raises(BadLedger) as told:
        written(tmp_path, text.replace(was, now, 1))
    assert told.value.where == ": ".join(filter(None, ("mine.yaml", place))) and says in str(told.value) and told.value.exit_code == 4


@pytest.mark.parametrize(
    ("was", "now", "place"),
    [
        ("order: unit_id,", "order: unit_idd,", "order"),
        ("  moment:", "  interest:", "columns: interest"),
        ("  moment:", "  nothing: {label: 无, type: text}", "columns: nothing"),
    ],
)
def test_what_the_tally_lacks_is_said_when_its_rows_are_read(tiny: Book, tmp_path: Path, was: str, now: str, place: str) -> None:
    ledger = written(tmp_path, RECOVERIES.read_text(encoding="utf-8").replace(was, now, 1))
    with pytest.raises(BadLedger, match="the tally 'recovery' has no column") as told:
        ledger_rows(tiny, ledger)
    assert told.value.where == f"mine.yaml: {place}"


@pytest.mark.parametrize("note", ["{{ nope }}", "{{ as_of }}", "{% for x %}", "{{ as_of|date_zh }}"])
def test_a_note_may_say_what_templates_may_say(tmp_path: Path, note: str) -> None:
    ledger = written(tmp_path, re.sub("(?m)^note: .*", f"note: '{note}'", RECOVERIES.read_text(encoding="utf-8")))
    with pytest.raises(BadLedger) as told:
        workbook_module._check_words(ledger, NAME)
    assert told.value.where == "mine.yaml: note"
