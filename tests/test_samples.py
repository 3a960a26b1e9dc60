"""The samples: the program makes the same bytes, and they say what seed text 4 says of its quarter."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from oracle.facts import Facts
from oracle.reading import finding_subjects, findings, measures
from oracle.spelling import contract
from places import ROOT, SAMPLES

REQUIRED = {"sales_return", "operations", "finance", "counterparties", "cash_flow"}
BLANK = {"", "无", "略", "/", "-"}
Row = dict[str, Any]
Tables = dict[str, list[Row]]


# reading the files, without the program


def read_package(folder: Path) -> Tables:
    """Every table of a sample as typed rows: ids are text, money Decimal, blanks None."""
    tables: Tables = {}
    for path in sorted(folder.iterdir()):
        for name, lines in grids(path):
            table = next(t for t, spec in contract().items() if name in {t, spec["title"]})
            tables[table] = [typed(table, row) for row in lines]
    return tables


def grids(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """Each table in a file: its name and its rows by header."""
    if path.suffix == ".csv":
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
        yield path.stem, list(csv.DictReader(text.splitlines()))
    elif path.suffix == ".parquet":
        yield path.stem, pq.read_table(path).to_pylist()
    elif path.suffix == ".xlsx":
        for sheet in openpyxl.load_workbook(path, read_only=True):
            _, header, *rows = sheet.iter_rows(values_only=True)
            yield sheet.title, [dict(zip(header, row, strict=True)) for row in rows]


def typed(table: str, row: Row) -> Row:
    fields = contract()[table]["fields"]
    names = {title: name for name, field in fields.items() for title in (name, field["label"], *field.get("aliases", []))}
    found = {names[title]: cell for title, cell in row.items()}
    return {name: typed_cell(found.get(name), field) for name, field in fields.items()}


def typed_cell(cell: Any, field: Row) -> Any:
    if cell is None or cell == "":
        return None
    if not isinstance(cell, str):
        cell = Decimal(str(cell)) if isinstance(cell, float | int) else cell
        return cell.date() if isinstance(cell, datetime) else cell
    match field["type"]:
        case "money":
            return Decimal(cell.replace(",", ""))
        case "date":
            return date(*map(int, re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?", cell).groups()))
        case "time":
            return datetime.fromisoformat(cell)
        case "flag":
            return cell in {"是", "Y", "true", "1"}
        case "one_of":
            return {label: code for code, label in field["values"].items()}.get(cell, cell)
    return cell


@pytest.fixture(scope="module")
def branch() -> Tables:
    return read_package(SAMPLES / "branch2014")


@pytest.fixture(scope="module")
def values(branch: Tables) -> dict[tuple[str, str, str], Decimal | None]:
    return measures(branch, "2014Q2")


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("samples")
    subprocess.run([sys.executable, ROOT / "scripts" / "make_samples.py", "--out", out], check=True)
    return out


# the files


@pytest.mark.parametrize("name", ["branch2014", "tiny"])
def test_making_a_sample_again_gives_the_files_in_the_tree(remade: Path, name: str) -> None:
    made = {path.name: content(path) for path in (remade / name).iterdir()}
    there = {path.name: content(path) for path in (SAMPLES / name).iterdir() if path.suffix != ".md"}
    assert made == there


def content(path: Path) -> Any:
    """Bytes; of the two compressed formats what is inside, because a newer zlib or pyarrow packs the same content otherwise."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as parts:
            return {part.filename: (part.date_time, parts.read(part)) for part in parts.infolist()}
    return pq.read_table(path) if path.suffix == ".parquet" else path.read_bytes()


@pytest.mark.soak
def test_making_a_sample_twice_gives_the_same_bytes(remade: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "make_samples.py", "--out", tmp_path, "branch2014"], check=True)
    first, second = ({path.name: path.read_bytes() for path in (out / "branch2014").iterdir()} for out in (remade, tmp_path))
    assert first == second


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_samples.py", "--out", tmp_path, "brnach2014"], capture_output=True, check=False
    )
    assert run.returncode == 2
    assert not list(tmp_path.iterdir())


def test_the_two_samples_stay_small() -> None:
    sizes = [path.stat().st_size for name in ("branch2014", "tiny") for path in (SAMPLES / name).iterdir()]
    assert max(sizes) < 2**20
    assert sum(sizes) < 1_500_000


@pytest.mark.parametrize("name", ["branch2014", "tiny"])
def test_keys_are_unique_required_fields_filled_and_references_found(name: str) -> None:
    tables = read_package(SAMPLES / name)
    for table, rows in tables.items():
        spec = contract()[table]
        keys = Counter(tuple(row[field] for field in spec["key"]) for row in rows)
        assert max(keys.values()) == 1, (table, keys.most_common(1))
        for field, rule in spec["fields"].items():
            cells = {row[field] for row in rows}
            assert None not in cells or not rule.get("required"), (table, field)
            if "refers" in rule:
                other, key = rule["refers"].split(".")
                assert cells - {None} <= {row[key] for row in tables[other]}, (table, field)
            if rule["type"] == "one_of":
                assert cells - {None} <= set(rule["values"]), (table, field)


def test_the_branch_comes_in_the_formats_clerks_send() -> None:
    folder = SAMPLES / "branch2014"
    assert (folder / "客户.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        (folder / "员工.csv").read_bytes().decode("utf-8")
    assert "喆" in (folder / "员工.csv").read_bytes().decode("gb18030")
    book = openpyxl.load_workbook(folder / "授信与存款.xlsx")
    assert book.sheetnames == ["授信额度", "存款余额"]
    assert book["授信额度"]["A1"].value.startswith("澜州分行授信额度清单")
    assert {type(cell.value) for cell in book["授信额度"]["A"][2:]} == {str}
    assert (folder / "account_transaction.parquet").exists()


# what seed text 4 states


def test_the_stated_figures_hold(values: dict[tuple[str, str, str], Decimal | None]) -> None:
    stated = {
        "customers_in_scope": 58,
        "reports_submitted": 60,
        "reports_outside_scope": 2,
        "customers_inspected": 58,
        "inspection_coverage": 1,
        "customers_on_time": 44,
        "customers_late": 14,
        "customers_missing": 0,
        "acceptance_exposure": Decimal("70280000.00"),
        "recovered_loans": 16,
        "recovered_customers": 15,
        "early_recovered_loans": 5,
        "early_recovered_customers": 5,
        "at_maturity_recovered_loans": 10,
        "at_maturity_recovered_customers": 10,
        "overdue_recovered_loans": 0,
        "ab_errors": 2,
        "meetings_held": 6,
    }
    assert {name: values[name, "bank", ""] for name in stated} == stated


def test_late_reports_are_where_the_seed_puts_them(branch: Tables, values: dict[tuple[str, str, str], Decimal | None]) -> None:
    late = {row["unit_name"]: values.get(("customers_late", "unit", row["unit_id"])) or 0 for row in branch["unit"]}
    assert {name: count for name, count in late.items() if count} == {"营业部": 1, "市场一部": 8, "市场三部": 4, "市场五部": 1}
    fifth = next(row["unit_id"] for row in branch["unit"] if row["unit_name"] == "市场五部")
    theirs = {row["customer_id"] for row in branch["customer"] if row["unit_id"] == fifth}
    submitted = {row["submitted_at"].date() for row in branch["inspection"] if row["customer_id"] in theirs and row["submitted_at"]}
    assert max(submitted) == date(2014, 6, 23)


def test_findings_are_those_the_seed_names(branch: Tables) -> None:
    found = findings(branch, "2014Q2")
    assert found == {
        "report_late": 14,
        "ab_not_corporate_rm": 2,
        "report_section_blank": 3,
        "report_too_simple": 1,
        "meeting_materials_late": 6,
        "deposit_below_floor": found["deposit_below_floor"],
        "class5_above_floor": 1,
    }


def test_the_two_b_holders_are_of_market_one_and_all_meetings_are_waived(branch: Tables) -> None:
    found = finding_subjects(branch, "2014Q2")
    assert [f.unit_id for f in found if f.rule == "ab_not_corporate_rm"] == ["0121", "0121"]
    assert {f.waived for f in found if f.rule == "meeting_materials_late"} == {True}
    assert not any(f.waived for f in found if f.rule != "meeting_materials_late")


def test_three_reports_have_the_three_named_defects(branch: Tables) -> None:
    units = {row["unit_id"]: row["unit_name"] for row in branch["unit"]}
    customers = {row["customer_id"]: row for row in branch["customer"]}
    defects = {}
    for report, sections in reports(branch, "2014Q2"):
        blank = sorted(name for name in REQUIRED if (sections.get(name) or "") in BLANK)
        bare = sorted(name for name in {"sales_return", "finance"} - set(blank) if len(re.findall(r"\d(?:万元|%)", sections[name])) < 2)
        short = sum(len(sections.get(name) or "") for name in REQUIRED) < 300
        if blank or bare or short:
            defects[units[customers[report["customer_id"]]["unit_id"]]] = (blank, bare, short)
    assert defects == {
        "市场一部": ([], ["sales_return"], False),
        "营业部": (["finance"], [], False),
        "市场四部": (["cash_flow", "counterparties"], [], True),
    }


def test_the_section_without_figures_has_not_one_digit(branch: Tables) -> None:
    bare = [s["sales_return"] for _, s in reports(branch, "2014Q2") if not re.search(r"\d", s["sales_return"])]
    assert len(bare) == 1
    assert len(bare[0]) >= 60


def test_the_off_sheet_loan_of_80_million_was_looked_at_on_site_each_quarter(branch: Tables) -> None:
    (loan,) = [row for row in branch["loan"] if row["product"] == "nonstandard"]
    looked = [(row["period"], row["kind"], row["mode"]) for row in branch["inspection"] if row["customer_id"] == loan["customer_id"]]
    assert (loan["principal"], loan["on_balance_sheet"]) == (Decimal("80000000.00"), False)
    assert looked == [("2014Q1", "special", "onsite"), ("2014Q2", "special", "onsite")]


# what it leaves blank, chosen plausibly


def test_what_the_seed_leaves_blank_is_plausible(values: dict[tuple[str, str, str], Decimal | None]) -> None:
    def within(name: str, low: str, high: str) -> bool:
        return Decimal(low) < values[name, "bank", ""] < Decimal(high)

    assert within("deposit_to_limit", "0.15", "0.19")
    assert within("sales_return_rate", "0.38", "0.48")
    assert within("onsite_rate", "0.45", "0.70")
    assert within("npl_ratio", "0.005", "0.02")
    assert within("npl_ratio_change", "-0.01", "-0.001")


def test_one_customer_keeps_exactly_a_fifth_and_passes(branch: Tables, values: dict[tuple[str, str, str], Decimal | None]) -> None:
    ratios = {subject: value for (name, grain, subject), value in values.items() if (name, grain) == ("deposit_to_limit", "customer")}
    (exact,) = [customer_id for customer_id, ratio in ratios.items() if ratio == Decimal("0.2")]
    assert exact not in {f.customer_id for f in finding_subjects(branch, "2014Q2") if f.rule == "deposit_below_floor"}


def test_the_quarter_before_was_worse(branch: Tables, values: dict[tuple[str, str, str], Decimal | None]) -> None:
    before = measures(branch, "2014Q1")
    for better in ("customers_late", "customers_missing", "ab_errors", "report_defects"):
        assert values[better, "bank", ""] < before[better, "bank", ""]
    for better in ("onsite_rate", "deposit_to_limit", "sales_return_rate", "inspection_coverage"):
        assert values[better, "bank", ""] > before[better, "bank", ""]


# the texts


def reports(tables: Tables, period: str) -> list[tuple[Row, dict[str, str]]]:
    """Submitted periodic reports with their sections."""
    sections: dict[str, dict[str, str]] = {}
    for row in tables["report_section"]:
        sections.setdefault(row["inspection_id"], {})[row["section"]] = row["text"]
    wanted = [row for row in tables["inspection"] if row["period"] == period and row["kind"] == "periodic" and row["submitted_at"]]
    return [(row, sections[row["inspection_id"]]) for row in wanted]


def masked(tables: Tables, text: str) -> set[str]:
    """Shingles of five characters of a text without names, numbers and dates."""
    for row in tables["customer"] + tables["staff"]:
        text = text.replace(row.get("customer_name") or row["staff_name"], "人")
    text = re.sub(r"\d+(?:\.\d+)?", "0", text)
    return {text[i : i + 5] for i in range(len(text) - 4)}


@pytest.mark.parametrize("section", sorted(REQUIRED))
def test_no_two_reports_of_the_quarter_read_alike(branch: Tables, section: str) -> None:
    texts, before = (
        {row["customer_id"]: masked(branch, s[section]) for row, s in reports(branch, period) if len(s.get(section) or "") >= 60}
        for period in ("2014Q2", "2014Q1")
    )
    pairs = [*combinations(texts.values(), 2), *((texts[c], before[c]) for c in texts.keys() & before.keys())]
    assert max(len(a & b) / len(a | b) for a, b in pairs) < 0.70


def test_in_the_quarter_before_some_reports_were_copied(branch: Tables) -> None:
    texts = Counter(s.get("counterparties") for _, s in reports(branch, "2014Q1") if len(s.get("counterparties") or "") >= 60)
    assert sum(count > 1 for count in texts.values()) >= 3


def test_sections_are_of_a_length_people_write(branch: Tables) -> None:
    lengths = [len(s[name]) for _, s in reports(branch, "2014Q2") for name in REQUIRED if (s.get(name) or "") not in BLANK]
    assert min(lengths) >= 60
    assert max(lengths) <= 320


def test_every_working_day_trap_is_in_the_recoveries(branch: Tables) -> None:
    due = {row["loan_id"]: row["extended_due_on"] or row["due_on"] for row in branch["loan"]}
    paid = {(due[row["loan_id"]], row["paid_on"]) for row in branch["repayment"] if row["principal"] > 0}
    assert {(date(2014, 5, 2), date(2014, 5, 4)), (date(2014, 6, 2), date(2014, 6, 3)), (date(2014, 5, 24), date(2014, 5, 26))} <= paid


# the small one, by hand


def expected() -> list[tuple[str, str, Decimal | None]]:
    """The table of `tiny.md`: measure, subject (blank for the bank), value."""
    text = (SAMPLES / "tiny.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w*) *\| [^|]* \| ([^|]+?) \|$", text, flags=re.MULTILINE)
    return [(name, subject, None if value == "undefined" else Decimal(value.replace(",", ""))) for name, subject, value in rows]


def test_tiny_gives_what_was_worked_out_by_hand() -> None:
    tables = read_package(SAMPLES / "tiny")
    values, units = measures(tables, "2014Q2"), {row["unit_id"] for row in tables["unit"]}
    assert len(expected()) > 50
    for name, subject, value in expected():
        grain = "unit" if subject in units else "customer" if subject else "bank"
        found = values[name, grain, subject]
        assert (found is None) == (value is None), (name, subject)
        assert value is None or round(found, 6) == round(value, 6), (name, subject)


def test_tiny_breaks_the_rules_its_page_lists() -> None:
    text = (SAMPLES / "tiny.md").read_text(encoding="utf-8")
    listed = {name: int(count) for name, count in re.findall(r"^- `(\w+)` × (\d+)", text, flags=re.MULTILINE)}
    assert findings(read_package(SAMPLES / "tiny"), "2014Q2") == listed


def test_tiny_is_in_scope_with_six_customers() -> None:
    assert len(Facts(read_package(SAMPLES / "tiny"), "2014Q2").in_scope) == 6
