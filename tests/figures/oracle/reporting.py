"""Inspections with their reports, meetings and waivers of the invented bank."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from oracle.bank import Bank
from oracle.quarter import DAY, deadline, previous
from oracle.spelling import Row

REQUIRED = ["sales_return", "operations", "finance", "counterparties", "cash_flow"]
CHARACTERS = (
    "企业生产经营情况良好原料采购渠道稳定产品销路畅通订单充足设备运转率高员工队伍厂区仓库存货管理规范应收账款回笼及时"
    "主要客户合作多种市场需求旺盛价格波动较小成本控制得当利润水平提升纳税记录完整水电消耗匹配负债结构合理偿债能力强"
    "担保人实力雄厚抵押物足值权属清晰行业前景广阔技术改造项目进展顺利环保达标安全措施落实股东关系融洽管理团队经验丰富"
)
SIMPLE_RULES = ["report_late", "report_missing", "ab_missing_a", "ab_missing_b", "one_inspector", "deposit_below_floor", "meeting_missing"]


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute))


def make_inspections(bank: Bank, customer: Row) -> None:
    """One case of reports of one customer: on time to the minute, late by a minute, twice, never, of another kind or period."""
    end = deadline(bank.period)
    just, late, early = at(end, 23, 59), at(end + DAY), at(end - 9 * DAY, 9, 30)
    ours, earlier, half = bank.period, previous(bank.period), f"{bank.period[:4]}H{1 if bank.period[5] in '12' else 2}"
    month = f"{bank.last:%Y-%m}"
    menu: list[list[tuple[str, str, datetime | None]]] = [
        *[[("periodic", ours, early)]] * 5,
        [],
        [("periodic", ours, just)],
        [("periodic", ours, late)],
        [("periodic", ours, at(end))],
        [("periodic", ours, late + 13 * DAY), ("periodic", ours, early)],
        [("periodic", ours, late + DAY), ("periodic", ours, late + 5 * DAY)],
        [("periodic", ours, late + 40 * DAY)],
        [("periodic", ours, None)],
        [("periodic", ours, None), ("periodic", ours, early)],
        [("focused", ours, early)],
        [("first", ours, early), ("special", ours, just)],
        [("periodic", earlier, early - 91 * DAY)],
        [("periodic", half, early)],
        [("periodic", month, early), ("periodic", ours, just)],
        [("periodic", ours, early), ("periodic", earlier, early - 91 * DAY), ("focused", ours, None)],
    ]
    for kind, period, submitted in bank.deal("reports", menu):
        inspection = _inspection(bank, customer, kind, period, submitted)
        _sections(bank, inspection)


def _inspection(bank: Bank, customer: Row, kind: str, period: str, submitted: datetime | None) -> Row:
    spans = [row for row in bank.tables["ab_role"] if row["customer_id"] == customer["customer_id"]]
    done = bank.rng.choice(_done_days(bank, spans))
    first, second = _inspectors(bank, spans)
    reviewer, reviewed = _review(bank, first, second, submitted)
    return bank.add(
        "inspection",
        inspection_id=bank.number("inspection", 10),
        customer_id=customer["customer_id"],
        period=period,
        kind=kind,
        mode=bank.deal("mode", ["onsite", "onsite", "offsite"]),
        done_on=done,
        submitted_at=submitted,
        inspector_a=first,
        inspector_b=second,
        reviewer_id=reviewer,
        reviewed_at=reviewed,
    )


def _done_days(bank: Bank, spans: list[Row]) -> list[date | None]:
    """Days of the quarter and around it, and the first and last days of the customer's assignments."""
    s, e = bank.first, bank.last
    edges = [day + shift for row in spans for day in (row["valid_from"], row["valid_to"]) if day for shift in (-DAY, 0 * DAY, DAY)]
    near = [day for day in edges if s - 3 * DAY <= day <= e + 3 * DAY]
    return [bank.day(), bank.day(), bank.day(), s, e, s - 30 * DAY, e + DAY, None, None, *near]


def _inspectors(bank: Bank, spans: list[Row]) -> tuple[str | None, str | None]:
    known = [row["staff_id"] for row in spans] or [None]
    other = bank.rng.choice(bank.tables["staff"])["staff_id"]
    third = bank.rng.choice(bank.tables["staff"])["staff_id"]
    one, two = bank.rng.choice(known), bank.rng.choice(known)
    menu = ["two known"] * 6 + ["known other", "other known", "blank known", "known blank", "others", "same", "blank"]
    return {
        "two known": (one, two),
        "known other": (one, other),
        "other known": (other, one),
        "blank known": (None, one),
        "known blank": (one, None),
        "others": (other, third),
        "same": (one, one),
        "blank": (None, None),
    }[bank.deal("inspectors", menu)]


def _review(bank: Bank, first: str | None, second: str | None, submitted: datetime | None) -> tuple[str | None, datetime | None]:
    moment = submitted or at(bank.last, 10)
    reviewer = next(row["staff_id"] for row in bank.tables["staff"] if row["staff_id"] not in (first, second))
    before, after = moment - timedelta(days=2), moment + timedelta(minutes=1)
    menu = ["good"] * 7 + ["nobody", "no time", "first", "second", "after", "equal", "midnight"]
    return {
        "good": (reviewer, before),
        "nobody": (None, before),
        "no time": (reviewer, None),
        "first": (first, before),
        "second": (second, before),
        "after": (reviewer, after),
        "equal": (reviewer, moment),
        "midnight": (reviewer, at(moment.date())),
    }[bank.deal("review", menu)]


def _sections(bank: Bank, inspection: Row) -> None:
    """Sections that are plainly good (long, numeric, unlike any other) or plainly blank; nothing in between."""
    blanks = bank.deal("blank sections", [0, 0, 0, 0, 0, 1, 2, 3, 5])
    empty = set(bank.rng.sample(REQUIRED, blanks))
    for section in [*REQUIRED, bank.rng.choice(["guarantee", "marketing", "conclusion"])]:
        text: Any = _prose(bank)
        if section in empty:
            text = bank.deal("blank text", [None, "absent", "无", "/", "-", "略", "不适用"])
        if text != "absent":
            bank.add("report_section", inspection_id=inspection["inspection_id"], section=section, text=text)


def _prose(bank: Bank) -> str:
    rng = bank.rng
    words = ["".join(rng.choices(CHARACTERS, k=rng.randint(9, 17))) for _ in range(10)]
    facts = [f"收入{bank.money(900, 9000)}万元", f"增长{rng.randint(11, 99)}.{rng.randint(1, 9)}%", f"余额{rng.randint(300, 9000)}万元"]
    return "，".join([*words[:4], *facts, *words[4:]]) + "。"


def make_meetings(bank: Bank, unit_ids: list[str]) -> None:
    """Per unit one case of meetings, with materials on day 7, on day 8, before the meeting and never."""
    ours, earlier, half = bank.period, previous(bank.period), f"{bank.period[:4]}H1"
    menu = [[("post_loan", ours)]] * 4 + [
        [],
        [("risk_analysis", ours)],
        [("post_loan", earlier)],
        [("post_loan", half)],
        [("post_loan", ours)] * 3,
        [("post_loan", ours), ("risk_analysis", ours), ("post_loan", earlier)],
    ]
    for unit_id in unit_ids:
        for kind, period in bank.deal("meetings", menu):
            held = bank.deal("held", [bank.day(), bank.day(), bank.last, bank.last + DAY, bank.first])
            delay = bank.deal("materials", [7, 8, 0, -2, None])
            bank.add(
                "meeting",
                meeting_id=bank.number("meeting", 6),
                unit_id=unit_id,
                period=period,
                kind=kind,
                held_on=held,
                materials_submitted_on=None if delay is None else held + delay * DAY,
            )


def make_waivers(bank: Bank) -> None:
    """By rule only, by unit, by customer, by both, and of another period."""
    ours, earlier = bank.period, previous(bank.period)
    rules = bank.rng.sample(SIMPLE_RULES, len(SIMPLE_RULES))
    customers = bank.rng.sample(bank.tables["customer"], min(30, len(bank.tables["customer"])))
    _waiver(bank, rules[0], ours, None, None)
    _waiver(bank, rules[1], earlier, None, None)
    for unit in bank.rng.sample(bank.tables["unit"], 6):
        _waiver(bank, rules[2], ours, unit["unit_id"], None)
        _waiver(bank, "meeting_missing", ours, unit["unit_id"], None)
    for customer in customers:
        rule = bank.rng.choice([*rules[3:], "ab_not_corporate_rm", "class5_above_floor", "report_not_reviewed"])
        other = bank.rng.choice(bank.tables["unit"])["unit_id"]
        _waiver(
            bank, rule, bank.rng.choice([ours, ours, earlier]), bank.rng.choice([None, customer["unit_id"], other]), customer["customer_id"]
        )


def _waiver(bank: Bank, rule: str, period: str, unit_id: str | None, customer_id: str | None) -> None:
    fields = {"rule": rule, "period": period, "unit_id": unit_id, "customer_id": customer_id}
    if not any(all(row[name] == value for name, value in fields.items()) for row in bank.tables["waiver"]):
        bank.add("waiver", **fields, reason="上级批准", approved_by="孙平", approved_on=bank.last)
