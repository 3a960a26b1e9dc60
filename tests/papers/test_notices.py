"""What falls due is told once: three months ahead by notice, a month ahead by letter, and findings in a notice to rectify them."""

from __future__ import annotations

import calendar
import csv
import json
import re
import shutil
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import BytesIO, StringIO
from pathlib import Path

import docx
import pytest
from command_line import postloan
from officefill.ooxml.package import read_package
from oracle.facts import SCOPE_SEGMENTS, Facts
from oracle.packages import make_package
from places import SAMPLES
from postloan.errors import BadCommand, CannotFile
from postloan.figures.book import Book
from postloan.file import lock
from postloan.month_end.plan import Request
from postloan.papers.document import all_documents
from postloan.papers.make import papers
from postloan.papers.notice_register import REGISTER, WITHDRAWN, read_register
from postloan.papers.notices import SOURCES
from postloan.papers.notices_before import reply_by
from postloan.papers.paths import to_send
from postloan.papers.record.paper_record import record_of
from postloan.papers.signing import Signing
from postloan.run import compute, make_papers, run, take_in

NOTICES = ("monitoring_notice", "reminder_letter", "rectification_notice")
HEADS = {
    "unit": "unit_id,unit_name,level,parent_id",
    "customer": "customer_id,customer_name,segment,unit_id",
    "loan": "loan_id,customer_id,unit_id,product,on_balance_sheet,is_low_risk,principal,disbursed_on,due_on,extended_due_on",
    "loan_balance": "as_of,loan_id,balance,class5",
    "acceptance": "draft_id,customer_id,unit_id,face_amount,margin,cash_pledge,issued_on,due_on",
}
UNITS = ["001,某某分行,tier1_branch,", "002,甲部,department,001", "003,乙部,department,001"]
CUSTOMERS = ["C1,甲一公司,corporate,002", "C2,乙一公司,small_business,003", "C3,丙某,personal,003"]
ALWAYS = ("L0", "2030-12-31")
"""A loan far from due, so that there is always a balance."""


def bank(
    folder: Path, dates: list[str], loans: list[tuple], acceptances: list[tuple] | None = None, customers: list[str] = CUSTOMERS
) -> Path:
    """A package of loans (id, due, extended, customer) with a balance on each date, and acceptances (id, issued, due, customer)."""
    lent = [(*loan, *("", "C1")[len(loan) - 2 :]) for loan in [ALWAYS, *loans]]
    rows = {
        "unit": UNITS,
        "customer": customers,
        "loan": [f"{loan},{of},002,working_capital,Y,N,1000000,2012-01-05,{due},{extended}" for loan, due, extended, of in lent],
        "loan_balance": [f"{day},{loan},900000,pass" for day in dates for loan, *_ in lent],
    }
    if acceptances is not None:
        rows["acceptance"] = [f"{draft},{of},002,500000,500000,,{issued},{due}" for draft, issued, due, of in acceptances]
    folder.mkdir(parents=True, exist_ok=True)
    for table, lines in rows.items():
        (folder / f"{table}.csv").write_text("\n".join([HEADS[table], *lines]) + "\n", encoding="utf-8")
    return folder


@lru_cache(maxsize=8)
def book_of(data: Path, period: str) -> Book:
    """The figures of a package that no test changes."""
    return compute(take_in(data), period)


def told(data: Path, period: str, name: str) -> set[str]:
    """The loans and acceptances that a run without a register tells of."""
    items = to_send(book_of(data, period), name).items
    return {item.says["business_id"] for of in items.values() for item in of}


def register(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO((out / REGISTER).read_text(encoding="utf-8-sig"))))


def text(path: Path) -> str:
    document = docx.Document(path)
    return "\n".join("".join(t.text or "" for t in p.iter("{*}t")) for p in document.element.body.iter("{*}p"))


# When


@pytest.mark.parametrize(
    ("month", "ahead", "other"),
    [
        ("2014-02", ["2014-05-31", "2014-05-29"], ["2014-06-01"]),  # the 31st of February is its 28th
        ("2014-01", [], ["2014-05-31"]),
        ("2016-02", ["2016-05-31"], []),
        ("2013-11", ["2014-02-28"], ["2014-03-01"]),
        ("2014-06", ["2014-07-01"], ["2014-06-30", "2014-06-02"]),  # due on the day itself, or past due: nothing is ahead
    ],
)
def test_a_notice_goes_out_three_months_ahead_by_the_calendar(tmp_path, month, ahead, other):
    last = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
    assert told(falling_due(tmp_path, f"{month}-{last}", [*ahead, *other]), month, "monitoring_notice") == each_kind(ahead)


def test_a_letter_lists_just_what_falls_due_next_month(tmp_path):
    next_month = ["2014-07-01", "2014-07-31"]
    data = falling_due(tmp_path, "2014-06-30", [*next_month, "2014-06-30", "2014-08-01", "2015-07-15"])
    for period in ("2014-06", "2014Q2", "2014H1"):
        assert told(data, period, "reminder_letter") == each_kind(next_month)


def falling_due(folder: Path, day: str, dates: list[str]) -> Path:
    """A package with a loan and an acceptance due on each of the dates, and balances on a day."""
    return bank(folder, [day], [(f"L{due}", due) for due in dates], [(f"D{due}", "2012-01-05", due, "C1") for due in dates])


def each_kind(dates: list[str]) -> set[str]:
    return {f"{kind}{due}" for due in dates for kind in "LD"}


def test_december_looks_into_january(tmp_path):
    data = bank(tmp_path, ["2014-12-31"], [("L1", "2015-01-20"), ("L2", "2015-02-01")])
    assert told(data, "2014-12", "reminder_letter") == {"L1"}


def test_an_extension_moves_the_date(tmp_path):
    data = bank(tmp_path, ["2014-06-30"], [("L1", "2014-07-15", "2015-07-15"), ("L2", "2014-01-15", "2014-08-15")])
    assert told(data, "2014-06", "monitoring_notice") == {"L2"}
    assert told(data, "2014-06", "reminder_letter") == set()


def test_acceptances_count_from_issue_whatever_their_margin_but_not_those_of_other_segments(tmp_path):
    drafts = [("D1", "2014-06-30", "2014-09-30", "C1"), ("D2", "2014-07-01", "2014-09-30", "C1"), ("D3", "2014-01-01", "2014-09-30", "C3")]
    data = bank(tmp_path, ["2014-06-30"], [], drafts)
    assert told(data, "2014-06", "monitoring_notice") == {"D1"}


@pytest.mark.parametrize(
    ("seed", "period"),
    [(5, "2013Q4"), *(pytest.param(*case, marks=pytest.mark.soak) for case in ((1, "2014Q2"), (4, "2015Q1"), (13, "2014Q4")))],
)
def test_an_independent_count_tells_of_the_same(tmp_path, seed, period):
    tables = make_package(tmp_path / "package", seed, period, 150, ("report_section",))
    facts = Facts(tables, period)
    following = facts.last.year * 12 + facts.last.month  # months from nought: the one after the last
    lent = [(row["loan_id"], facts.loan[row["loan_id"]]["extended_due_on"] or facts.loan[row["loan_id"]]["due_on"]) for row in facts.at_end]
    drawn = [
        (row["draft_id"], row["due_on"])
        for row in facts.rows("acceptance")
        if row["issued_on"] <= facts.last and facts.customer[row["customer_id"]]["segment"] in SCOPE_SEGMENTS
    ]
    ahead = [(business, due) for business, due in lent + drawn if due > facts.last]
    noticed = {business for business, due in ahead if three_months_before(due) <= facts.last}
    reminded = {business for business, due in ahead if due.year * 12 + due.month - 1 == following}
    assert noticed and reminded and len(noticed) < len(ahead)
    assert told(tmp_path / "package", period, "monitoring_notice") == noticed
    assert told(tmp_path / "package", period, "reminder_letter") == reminded


def three_months_before(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - 3, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def test_a_unit_with_nothing_but_an_acceptance_gets_its_notice(tmp_path):
    data = bank(tmp_path, ["2014-06-30"], [], [("D1", "2014-06-01", "2014-09-01", "C2")])
    assert list(to_send(compute(take_in(data), "2014-06"), "monitoring_notice").items) == ["003"]


# Once


MONTHS = {"2014-04": "2014-04-30", "2014-05": "2014-05-31", "2014-06": "2014-06-30"}


@pytest.fixture(scope="module")
def quarter(tmp_path_factory) -> Path:
    """Three months of a bank with something new in each, something extended in the last."""
    loans = [("L1", "2014-07-15"), ("L2", "2014-08-20", "", "C2"), ("L3", "2014-09-30"), ("L4", "2014-07-31")]
    return bank(tmp_path_factory.mktemp("quarter"), list(MONTHS.values()), loans, [("D1", "2014-03-01", "2014-08-31", "C2")])


def send(data: Path, period: str, out: Path, *names: str, **given: str) -> list[Path]:
    book = book_of(data, period)
    return [path for name in names or NOTICES[:2] for path in make_papers(book, name, out, signing=Signing(**given))]


def test_over_three_months_nothing_is_sent_twice_and_numbers_have_no_gap(quarter, tmp_path):
    out = tmp_path / "out"
    for period in MONTHS:
        send(quarter, period, out)
    rows = [row for row in register(out) if row["document"] == "信贷业务监测通知书"]
    assert [(row["about"].split()[1], row["file"][:7]) for row in rows] == [
        ("L1", "2014-04"),
        ("L4", "2014-04"),
        ("L2", "2014-05"),
        ("D1", "2014-05"),
        ("L3", "2014-06"),
    ]
    assert [row["number"] for row in rows] == [f"监通〔2014〕{n}号" for n in range(1, 6)]
    letters = [row for row in register(out) if row["document"] == "到期业务提示函"]
    assert [(row["about"].split()[1], row["number"]) for row in letters] == [("L1", "提函〔2014〕1号"), ("L4", "提函〔2014〕1号")]
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.docx")} == {row["file"] for row in rows + letters}


def test_the_same_period_again_gives_the_same_bytes(quarter, tmp_path):
    out = tmp_path / "out"
    for period in MONTHS:
        send(quarter, period, out)
    files = {path: path.read_bytes() for path in out.rglob("*.*") if not path.name.startswith(".")}
    for period in ("2014-05", "2014-04", "2014-06"):
        send(quarter, period, out)
    assert {path: path.read_bytes() for path in out.rglob("*.*") if not path.name.startswith(".")} == files
    assert len(files) == 3 * 2 + 1 + 1  # a month's notices with their ledger; the letter; the register


def test_what_a_month_has_told_its_quarter_does_not_tell_again(quarter, tmp_path):
    out = tmp_path / "out"
    for period in MONTHS:
        send(quarter, period, out)
    before = (out / REGISTER).read_bytes()
    assert send(quarter, "2014Q2", out) == []
    assert (out / REGISTER).read_bytes() == before


def test_an_extension_is_told_anew_three_months_before_its_own_date(tmp_path):
    out, dates = tmp_path / "out", ["2014-04-30", "2014-06-30"]
    send(bank(tmp_path / "one", dates, [("L1", "2014-07-15")]), "2014-04", out)
    send(bank(tmp_path / "two", dates, [("L1", "2014-07-15", "2014-09-15")]), "2014-06", out, "monitoring_notice")
    assert [(row["number"], row["due_on"]) for row in register(out)] == [
        ("监通〔2014〕1号", "2014-07-15"),
        ("监通〔2014〕2号", "2014-09-15"),
    ]
    said = text(out / "2014-06" / "monitoring_notice" / "002_甲部.docx")
    assert "（已展期）将于2014年9月15日到期" in said and "原到期日2014年7月15日" in said and "监通〔2014〕2号" in said


def test_numbers_begin_anew_with_the_year_of_the_paper(quarter, tmp_path):
    out = tmp_path / "out"
    send(quarter, "2014-04", out, "monitoring_notice")
    send(quarter, "2014-05", out, "monitoring_notice", prepared_on="2015-01-04")
    assert [row["number"] for row in register(out)] == ["监通〔2014〕1号", "监通〔2014〕2号", "监通〔2015〕1号", "监通〔2015〕2号"]


def test_data_that_are_mended_in_between_keep_the_numbers_given_and_add_new_ones(quarter, tmp_path):
    out = tmp_path / "out"
    send(quarter, "2014-05", out)
    before = register(out)
    loans = [("L2", "2014-08-20", "", "C2"), ("L4", "2014-07-31"), ("L5", "2014-08-01")]
    send(bank(tmp_path / "mended", list(MONTHS.values()), loans, []), "2014-05", out)
    assert [row for row in register(out) if row in before] == before
    new = {row["key"]: row["number"] for row in register(out) if row not in before and row["content"] != WITHDRAWN}
    assert new == {"monitoring_notice|loan|L5|2014-08-01": "监通〔2014〕5号"}


def test_named_units_only_take_their_own_numbers(quarter, tmp_path):
    book, out = book_of(quarter, "2014-05"), tmp_path / "out"
    for units in (["003"], []):
        make_papers(book, "monitoring_notice", out, units)
    assert [(row["unit"], row["number"]) for row in register(out)] == [
        ("003 乙部", "监通〔2014〕1号"),
        ("003 乙部", "监通〔2014〕2号"),
        ("002 甲部", "监通〔2014〕3号"),
        ("002 甲部", "监通〔2014〕4号"),
    ]


# Whatever happens


def test_papers_that_could_not_be_filed_are_made_up_for_by_the_next_month_with_their_numbers(quarter, tmp_path):
    out = tmp_path / "out"
    in_the_way = out / "2014-05" / "monitoring_notice" / "003_乙部.docx"
    in_the_way.mkdir(parents=True)
    with pytest.raises(CannotFile):
        send(quarter, "2014-05", out, "monitoring_notice")
    given = {row["key"]: row["number"] for row in register(out)}
    assert len(given) == 4 and {row["made"] for row in register(out)} == {""}
    send(quarter, "2014-06", out, "monitoring_notice")
    rows = register(out)
    assert given.items() <= {row["key"]: row["number"] for row in rows}.items() and len(rows) == 5
    assert {(row["file"][:7], row["made"]) for row in rows} == {("2014-06", "已成文")}
    assert send(quarter, "2014-05", out, "monitoring_notice") == []


def test_a_run_that_fails_over_papers_already_sent_does_not_unsend_them(quarter, tmp_path):
    out = tmp_path / "out"
    send(quarter, "2014-05", out, "monitoring_notice")
    paper = out / "2014-05" / "monitoring_notice" / "003_乙部.docx"
    paper.unlink()
    paper.mkdir()
    with pytest.raises(CannotFile):
        send(quarter, "2014-05", out, "monitoring_notice")
    assert {row["made"] for row in register(out)} == {"已成文"}


def test_a_register_that_excel_has_saved_is_still_understood(quarter, tmp_path):
    out = tmp_path / "out"
    send(quarter, "2014-04", out)
    saved = (
        (out / REGISTER).read_text(encoding="utf-8-sig").replace(",2014-07-15,2014-04-30,", ",2014/7/15,2014/4/30,").replace("\n", "\r\n")
    )
    (out / REGISTER).write_bytes(saved.encode("gb18030"))
    send(quarter, "2014-05", out)
    assert [row["number"] for row in register(out)][:2] == ["监通〔2014〕1号", "监通〔2014〕2号"]
    assert len(register(out)) == 4


@pytest.mark.parametrize(
    "content",
    [b"", "编号,文种\n监通〔2014〕1号,通知书\n".encode(), b"\xff\xfe\x00", "number,document,unit,customer,about,due_on,prepared_on,file,made,key\n一号,,,,,,,2014-04/x,,k\n".encode()],
)  # fmt: skip
def test_a_register_that_cannot_be_understood_stops_the_notices_and_stays_as_it_is(quarter, tmp_path, content):
    out = tmp_path / "out"
    out.mkdir()
    (out / REGISTER).write_bytes(content)
    with pytest.raises(CannotFile, match="register"):
        send(quarter, "2014-04", out)
    assert (out / REGISTER).read_bytes() == content and not list(out.rglob("*.docx"))


def test_a_row_that_stands_twice_is_refused(quarter, tmp_path):
    out = tmp_path / "out"
    send(quarter, "2014-04", out)
    whole = (out / REGISTER).read_text(encoding="utf-8")
    (out / REGISTER).write_text(whole + whole.splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(CannotFile, match="twice"):
        read_register(out)


def test_a_lock_can_be_waited_for(tmp_path):
    with lock(tmp_path), pytest.raises(CannotFile), lock(tmp_path, 0.05):
        pass
    with lock(tmp_path, 0.05):
        pass


def test_excel_shows_names_of_the_register_and_calculates_none(tmp_path):
    customers = ["=1+1,=2+2,corporate,002", *CUSTOMERS]
    data = bank(tmp_path / "data", ["2014-04-30"], [("L1", "2014-07-15", "", "=1+1")], None, customers)
    for _ in range(2):
        send(data, "2014-04", tmp_path / "out", "monitoring_notice")
    assert [row["customer"] for row in register(tmp_path / "out")] == ["'=1+1 =2+2"]
    cells = [cell for row in csv.reader(StringIO((tmp_path / "out" / REGISTER).read_text(encoding="utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]


# What the papers say


def test_each_notice_is_a_page_of_its_own_with_its_number_and_slip(branch2014):
    made = dict(papers(branch2014, "monitoring_notice"))
    items = to_send(branch2014, "monitoring_notice").items
    assert sum(map(len, items.values())) == len({entry.number for entry in to_send(branch2014, "monitoring_notice").entries}) > 20
    for unit, of in items.items():
        path = next(path for path in made if path.startswith(f"monitoring_notice/{unit}") and path.endswith(".docx"))
        document = docx.Document(BytesIO(made[path]))
        said = text(BytesIO(made[path]))
        assert len(document.sections) == len(of) and len(document.tables) == 2 * len(of)
        numbers = re.findall(r"^监通〔2014〕\d+号$", said, re.MULTILINE)  # above the notice, and in the slip
        assert len(numbers) == 2 * said.count("回　执（监通〔2014〕") == 2 * len(of)
        assert all(item.says["business_id"] in said for item in of)


def test_a_letter_sums_loans_and_acceptances_apart(branch2014):
    (said,) = [text(BytesIO(content)) for path, content in papers(branch2014, "reminder_letter", ["0122"])]
    items = to_send(branch2014, "reminder_letter", ["0122"]).items["0122"]
    balance = sum((item.says["balance"] for item in items if item.says["kind"] == "loan"), Decimal(0))
    face = sum((item.says["amount"] for item in items if item.says["kind"] == "acceptance"), Decimal(0))
    assert balance and face
    assert f"余额{balance / 10000:.0f}万元；银行承兑汇票1张，票面金额{face / 10000:.0f}万元" in said
    assert f"{balance + face:,.2f}" not in said and "2014年7月到期业务的提示函" in said


def test_each_figure_of_a_notice_is_known_by_what_it_is_about(tiny):
    (content,) = [content for path, content in papers(tiny, "monitoring_notice") if path.endswith(".docx")]
    keys = [figure.identity.key for figure in record_of(read_package(Path("paper.docx"), content)).figures]
    balances = [key for key in keys if key.endswith(".balance")]
    items = [item for of in to_send(tiny, "monitoring_notice").items.values() for item in of]
    assert sorted(balances) == sorted(f"notices[{item.key}].balance" for item in items if item.says["kind"] == "loan") != []


def test_data_without_acceptances_say_so_in_the_letter(tmp_path):
    data = bank(tmp_path, ["2014-06-30"], [("L1", "2014-07-15")])
    ((_, content),) = papers(compute(take_in(data), "2014-06"), "reminder_letter")
    assert "本期数据不含银行承兑汇票记录" in text(BytesIO(content))


def test_every_finding_is_told_with_what_is_asked_for(branch2014, tiny):
    for book in (branch2014, tiny):
        listed = "\n".join(text(BytesIO(content)) for _, content in papers(book, "rectification_notice"))
        assert all(listed.count(f.index_no) == 2 for f in book.findings_made)  # in the list and in the reply slip
    hints, late = (
        [f for f in tiny.findings_made if test(f.rule)] for test in (lambda r: r.severity == "hint", lambda r: r.remedy == "说明原因")
    )
    waived = [f for f in tiny.findings_made if f.waived]
    assert hints and listed.count("核实\n") == len(hints) and late and listed.count("说明原因\n") == len(late)
    assert waived and listed.count("整改（不扣分）\n") == len(waived)


@pytest.mark.parametrize(
    ("paper", "due", "reply"),
    [
        ("2014-06-30", "2014-07-25", "2014-07-10"),  # ten days later
        ("2014-06-30", "2014-07-07", "2014-07-04"),  # due on a Monday: the Friday before
        ("2014-06-25", "2014-08-01", "2014-07-07"),  # ten days later is a Saturday
        ("2014-06-30", "2014-07-01", "2014-06-30"),  # never before the paper
        ("2014-06-30", "2014-06-20", "2014-07-10"),  # due already: ten days later
    ],
)
def test_a_reply_is_asked_for_on_a_working_day_before_the_due_date_and_not_before_the_paper(tiny, paper, due, reply):
    wanted = reply_by(tiny.policy, tiny.calendar, tiny.period, date.fromisoformat(paper), date.fromisoformat(due))
    assert wanted == date.fromisoformat(reply)


def test_what_documents_tell_is_what_there_is_to_tell():
    told_by = {kind.tells for kind in all_documents().values() if kind.tells}
    flags = {"maturities.notice_now", "maturities.due_next_month", "warning_signal.to_handle", "matters.opinion_now"}
    assert told_by == {*SOURCES, *flags}
    marks = [kind.mark for kind in all_documents().values() if kind.tells]
    assert len(set(marks)) == len(marks) and all(marks)
    assert {kind.numbered for kind in all_documents().values() if kind.tells} <= {"item", "unit"}


# The command line


def test_at_the_end_of_a_quarter_the_month_and_the_quarter_are_made_each_in_its_folder(month_end):
    monthly, quarterly = (json.loads((month_end / period / "run.json").read_text(encoding="utf-8")) for period in ("2014-06", "2014Q2"))
    reasons = [record["documents"][name]["reason"] for record, name in ((monthly, "monitoring_notice"), (monthly, "reminder_letter"))]
    assert "nothing to send to 1 units: 乙部" in reasons[0] and "nothing to send to 2 units: 甲部、乙部" in reasons[1]
    assert {"monitoring_notice", "reminder_letter"} <= monthly["documents"].keys() and "rectification_notice" in quarterly["documents"]
    assert [path for path in monthly["outputs"] if "notice/" in path] == [
        "monitoring_notice/002_甲部.docx",
        "monitoring_notice/002_甲部.xlsx",
    ]
    assert monthly["documents"]["reminder_letter"]["state"] == "made" and not (month_end / "2014-06" / "reminder_letter").exists()
    assert {row["made"] for row in register(month_end)} == {"已成文"}


def test_a_month_within_a_quarter_makes_what_is_monthly(quarter, tmp_path):
    code, said, errors = postloan("month-end", "--period", "2014-05", "--data", quarter, "--out", tmp_path / "out")
    assert code == 0, said + errors
    assert {path.name for path in (tmp_path / "out").iterdir()} - {".postloan.lock"} == {"2014-05", REGISTER}


def test_a_unit_nobody_knows_is_refused_by_notices_too(quarter, tmp_path):
    code, said, errors = postloan(
        "run", "reminder_letter", "--period", "2014-06", "--data", quarter, "--out", tmp_path / "out", "--unit", "999"
    )
    assert code == 2 and "999" in said + errors


# What went out never changes


TINY = SAMPLES / "tiny"


def changed_tiny(folder: Path) -> Path:
    """The sample whose report R2 has its reviewer named after all: one finding less for unit 002."""
    data = Path(shutil.copytree(TINY, folder))
    inspections = data / "inspection.csv"
    reviewed = inspections.read_text(encoding="utf-8").replace(
        "2014-06-23 10:00,0102,0101,,,", "2014-06-23 10:00,0102,0101,0109,2014-06-22 10:00,"
    )
    inspections.write_text(reviewed, encoding="utf-8")
    return data


def run_notices(data: Path, out: Path, day: str) -> None:
    run(Request(str(data), "2014Q2", str(out), ["rectification_notice"], prepared_on=day))


@pytest.fixture(scope="module")
def sent_once(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("sent") / "out"
    run_notices(TINY, out, "2014-07-05")
    return out


@pytest.fixture
def out_sent(sent_once, tmp_path) -> Path:
    """An output folder from which the notices of the sample to rectify have gone out."""
    return Path(shutil.copytree(sent_once, tmp_path / "out"))


def test_a_change_of_the_data_is_told_by_a_new_notice_that_names_the_old(out_sent, tmp_path):
    out, changed = out_sent, changed_tiny(tmp_path / "changed")
    sent = {path: path.read_bytes() for path in (out / "2014Q2").rglob("*.docx")}
    rows, index = register(out), {row["about"].split()[0]: row["key"] for row in register(out)}
    run_notices(TINY, out, "2014-07-08")
    assert register(out) == rows
    run_notices(changed, out, "2014-07-10")
    assert {path: path.read_bytes() for path in sent} == sent
    new = [row for row in register(out) if row not in rows]
    assert [row for row in register(out) if row in rows] == rows
    assert {(row["number"], row["replaces"], row["file"]) for row in new} == {
        ("整通〔2014〕3号", "整通〔2014〕1号", "2014Q2/rectification_notice/002_甲部_2.docx")
    }
    assert "本通知替代整通〔2014〕1号" in text(out / new[0]["file"])
    assert {row["about"].split()[0]: row["key"] for row in new}.items() <= index.items()


def test_index_numbers_are_kept_over_runs_and_never_given_twice(tmp_path):
    out, changed = tmp_path / "out", changed_tiny(tmp_path / "changed")
    found = []
    for data in (changed, TINY, changed):
        run_notices(data, out, "2014-07-05")
        rows = csv.DictReader(StringIO((out / "2014Q2" / "findings.csv").read_text(encoding="utf-8-sig")))
        found.append({(row["rule"], row["unit_id"], row["customer_id"], row["subject"]): row["index_no"] for row in rows})
    assert found[0] == found[2] and found[0].items() <= found[1].items()
    assert len(set(found[1].values())) == 12


def test_a_half_year_tells_nothing_that_its_quarters_have_told(out_sent):
    out = out_sent
    before = register(out)
    run(Request(str(TINY), "2014H1", str(out), ["rectification_notice"], prepared_on="2014-07-05"))
    new = [row for row in register(out) if row not in before]
    assert {row["key"].split("|")[1] for row in new} <= {"2014Q1"}


def test_a_run_that_does_not_begin_leaves_the_folder_as_it_was(out_sent, tmp_path):
    out = out_sent
    before = {path: path.read_bytes() for path in (out / "2014Q2").glob("*.*")}
    with pytest.raises(BadCommand):
        run_notices(tmp_path / "nofolder", out, "2014-07-05")
    with pytest.raises(BadCommand):
        run(Request(str(TINY), "2014Q2", str(out), ["rectification_notice"], ["没有的机构"], prepared_on="2014-07-05"))
    assert {path: path.read_bytes() for path in (out / "2014Q2").glob("*.*")} == before


# Withdrawals


MENDS = [
    ("inspection", "2014-06-23 10:00,0102,0101,,,", "2014-06-18 10:00,0102,0101,0109,2014-06-17 10:00,"),
    ("deposit", "2014-06-30,0002,300000,", "2014-06-30,0002,3000000,"),
]
"""What must be otherwise in the sample for unit 002 to have no findings."""


def lending(folder: Path, *loans: tuple, **others: list) -> Path:
    return bank(folder, ["2014-04-30"], list(loans), **others)


DUE, LATER = ("L1", "2014-07-15"), ("L1", "2016-07-15")
OTHER = ("L2", "2014-07-20")


def rows_withdrawn(out: Path) -> list[tuple[str, str, str]]:
    return [(row["number"], row["replaces"], row["file"]) for row in register(out) if row["content"] == WITHDRAWN]


@pytest.mark.parametrize("document", ["monitoring_notice", "reminder_letter"])
def test_a_notice_of_which_nothing_is_so_any_more_is_withdrawn_once_by_another_that_names_it(tmp_path, document):
    out, period = tmp_path / "out", "2014-04" if document == "monitoring_notice" else "2014-06"
    day = "2014-04-30" if document == "monitoring_notice" else "2014-06-30"
    told, mended = (bank(tmp_path / name, [day], [loan, ("L9", "2015-12-31")]) for name, loan in (("told", DUE), ("mended", LATER)))
    send(told, period, out, document)
    sent, rows = {path: path.read_bytes() for path in out.rglob("*.docx")}, register(out)
    made = send(mended, period, out, document)
    mark = all_documents()[document].mark
    (withdrawn,) = rows_withdrawn(out)
    number = rows[0]["number"].replace("〕1号", "〕2号")
    assert withdrawn == (number, rows[0]["number"], f"{period}/{document}/002_甲部_2.docx") and number.startswith(mark)
    assert [row for row in register(out) if row["content"] != WITHDRAWN] == rows
    assert {path: path.read_bytes() for path in sent} == sent
    said = text(out / withdrawn[2])
    assert f"《{all_documents()[document].title}》（{rows[0]['number']}）所列事项经更正数据后不再成立，现予撤销" in said
    assert withdrawn[0] in said and "贷款 L1" in said and "甲一公司" in said
    assert out / withdrawn[2] in made
    before = {path: path.read_bytes() for path in out.rglob("*.*") if path.is_file()}
    assert out / withdrawn[2] in send(mended, period, out, document)
    assert {path: path.read_bytes() for path in out.rglob("*.*") if path.is_file()} == before


def test_what_comes_back_after_a_withdrawal_is_told_again_and_replaces_nothing(tmp_path):
    out = tmp_path / "out"
    told, mended = lending(tmp_path / "told", DUE), lending(tmp_path / "mended", LATER)
    for data in (told, mended, told, told, mended):
        send(data, "2014-04", out, "monitoring_notice", prepared_on="2014-05-05")
    assert [(row["number"], row["replaces"], row["content"] == WITHDRAWN) for row in register(out)] == [
        ("监通〔2014〕1号", "", False),
        ("监通〔2014〕2号", "监通〔2014〕1号", True),
        ("监通〔2014〕3号", "", False),
        ("监通〔2014〕4号", "监通〔2014〕3号", True),
    ]
    assert "替代" not in text(out / "2014-04/monitoring_notice/002_甲部_3.docx")


def test_of_notices_numbered_one_by_one_only_those_that_are_gone_are_withdrawn(tmp_path):
    out = tmp_path / "out"
    send(lending(tmp_path / "told", DUE, OTHER, ("L3", "2014-07-21")), "2014-04", out, "monitoring_notice", prepared_on="2014-05-05")
    mended = lending(tmp_path / "mended", OTHER, ("L4", "2014-07-22"))
    send(mended, "2014-04", out, "monitoring_notice", prepared_on="2014-05-06")
    new = [(row["number"], row["about"], row["replaces"], row["file"][-9:]) for row in register(out)[3:]]
    assert new == [
        ("监通〔2014〕4号", "贷款 L4", "", "甲部_2.docx"),
        ("监通〔2014〕5号", "贷款 L1", "监通〔2014〕1号", "甲部_3.docx"),
        ("监通〔2014〕5号", "贷款 L3", "监通〔2014〕3号", "甲部_3.docx"),
    ]
    assert "（监通〔2014〕1号、监通〔2014〕3号）所列事项" in text(out / "2014-04/monitoring_notice/002_甲部_3.docx")
    before = register(out)
    send(mended, "2014-04", out, "monitoring_notice", prepared_on="2014-05-07")
    assert register(out) == before


def test_nothing_is_withdrawn_of_what_was_not_delivered_or_could_not_be_read(tmp_path):
    out = tmp_path / "out"
    draft = ("D1", "2014-01-05", "2014-07-30", "C1")
    send(lending(tmp_path / "told", DUE, acceptances=[draft]), "2014-04", out, "monitoring_notice")
    before = register(out)
    send(lending(tmp_path / "without", DUE), "2014-04", out, "monitoring_notice")
    damaged = lending(tmp_path / "damaged", DUE, acceptances=[draft])
    drafts = (damaged / "acceptance.csv").read_text(encoding="utf-8")
    (damaged / "acceptance.csv").write_text(drafts.replace("2014-07-30", "某日"), encoding="utf-8")
    send(damaged, "2014-04", out, "monitoring_notice")
    assert register(out) == before
    send(lending(tmp_path / "gone", DUE, acceptances=[]), "2014-04", out, "monitoring_notice")
    assert len(rows_withdrawn(out)) == 1


def test_a_notice_to_rectify_is_withdrawn_on_the_command_line_when_all_its_findings_are_gone(out_sent, tmp_path):
    out, data = out_sent, Path(shutil.copytree(TINY, tmp_path / "mended"))
    asked = ["run", "rectification_notice", "--period", "2014Q2", "--out", out, "--prepared-on", "2014-07-05", "--data"]
    sent = [row for row in register(out) if row["unit"].startswith("002")]
    for table, old, new in MENDS:
        lines = (data / f"{table}.csv").read_text(encoding="utf-8")
        assert old in lines
        (data / f"{table}.csv").write_text(lines.replace(old, new), encoding="utf-8")
    assert postloan(*asked, data).code == 0
    withdrawn = [row for row in register(out) if row["content"] == WITHDRAWN]
    assert [row["key"] for row in withdrawn] == [row["key"] for row in sent] and len(sent) == 3
    assert {(row["number"], row["replaces"]) for row in withdrawn} == {("整通〔2014〕3号", "整通〔2014〕1号")}
    paper = out / "2014Q2/rectification_notice/002_甲部_2.docx"
    assert "《信贷业务整改通知书》（整通〔2014〕1号）所列事项" in text(paper)
    assert paper.relative_to(out / "2014Q2").as_posix() in json.loads((out / "2014Q2/run.json").read_text(encoding="utf-8"))["outputs"]
    before = register(out)
    assert postloan(*asked, data, "--preparer", "某某").code == 0
    assert register(out) == before and "错误0处" in postloan("verify", paper, lang="zh").output
