"""Figures quoted: the customer's own, of one time, with their unit; everything else is left alone."""

import csv
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from places import BRANCH
from postloan.inspection_reports.analysis.claims import claims
from postloan.inspection_reports.analysis.quoted_figures import quoted_figures

WRITTEN = date(2014, 6, 10)


def read(text: str) -> list[tuple[str, int, str]]:
    return [(quoted.kind, int(quoted.amount), quoted.period) for quoted in quoted_figures(text, WRITTEN)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4月至5月企业实现销售收入496.08万元，通过我行账户回笼325万元", [("sales_revenue", 4960800, "4月至5月")]),
        ("企业提供的开票汇总显示4月至5月销售4121.28万元，其中200万元货款", [("sales_revenue", 41212800, "4月至5月")]),
        ("剔除贷款发放后，4月至5月货款流入只有375万元，与2416.00万元的销售额相比，归行率15.53%", [("sales_revenue", 24160000, "4月至5月")]),
        (
            "截至检查日，企业本季销售1649.57万元，我行回款130.09万元（4月至5月口径），上季度同口径为27.63%",
            [("sales_revenue", 16495700, "4月至5月")],
        ),
        ("企业2014年一季度销售收入为人民币1200万元，同比增长5%", [("sales_revenue", 12000000, "2014年一季度")]),
        ("上年同期销售收入1200万元，本季度销售收入1300万元", [("sales_revenue", 13000000, "本季度")]),
        (
            "企业在我行存款余额为１，２００．５０万元，贷款余额800万元，授信额度1亿元。",
            [("deposit_balance", 12005000, ""), ("loan_balance", 8000000, ""), ("credit_limit", 10**8, "")],
        ),
        ("截至2014年3月31日，该户在我行存款余额三百二十万元。", [("deposit_balance", 3200000, "2014年3月31日")]),
        ("3月末在我行存款余额300万元，目前存款余额500万元", [("deposit_balance", 3000000, "3月末"), ("deposit_balance", 5000000, "目前")]),
        ("4月至5月销售收入871万元，在我行存款余额500万元", [("sales_revenue", 8710000, "4月至5月"), ("deposit_balance", 5000000, "")]),
        ("存款较3月末增加，我行存款余额500万元", [("deposit_balance", 5000000, "")]),
        ("我行贷款余额800万元，他行贷款余额500万元", [("loan_balance", 8000000, "")]),
        ("该户存款余额500万元，贷款余额为800万元", [("deposit_balance", 5000000, ""), ("loan_balance", 8000000, "")]),
        ("我行给予企业授信额度1200万元（敞口800万元）", [("credit_limit", 12000000, "")]),
        ("我行贷款余额500万元（较年初增加20万元，增长5%）", [("loan_balance", 5000000, "")]),
        ("4-6月销售收入9800万元[4月至6月]，较上年增长3%", [("sales_revenue", 98000000, "4-6月")]),
        ("贷款余额500万元（我行），均为流动资金贷款", [("loan_balance", 5000000, "")]),
        ("贷款余额500万元，均为流动资金贷款，他行贷款300万元", [("loan_balance", 5000000, "")]),
        ("保证人清泉公司净资产3000万元。借款人1-5月销售收入300万元。", [("sales_revenue", 3000000, "1-5月")]),
    ],
)
def test_the_customers_own_figures_are_taken(text: str, found: list[tuple[str, int, str]]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "企业实现销售收入约1200万元",
        "销售收入1200余万元",
        "销售收入1200万元左右",
        "销售收入1000-1200万元",
        "销售收入100万元、200万元",
        "销售收入1200万",
        "销售收入1200万美元",
        "销售收入1200",
        "销售收入同比增加100万元",
        "上年同期销售收入1200万元",
        "预计全年销售收入5000万元",
        "完成销售收入目标1200万元",
        "若销售收入300万元",
        "钢材销售收入300万元",
        "大修和备件业务收入130万元",
        "其客户销售收入300万元",
        "月均销售收入300万元",
        "本季销售270万元的设备",
        "其中：销售收入500万元",
        "全部销售情况如下，其中4月销售收入500万元",
        "保证人清泉公司净资产3000万元，销售收入2000万元。2014年1-5月销售收入300万元。",
        "子公司1-5月销售收入300万元",
        "在我行开户，他行存款余额500万元",
        "存款500万元",
        "银行存款余额300万元",
        "客户承诺季末前从他行调回156万元存款作为补充",
        "预计沉淀存款250万元",
        "我行日均存款余额500万元",
        "我行存款、贷款余额分别为100万元、200万元",
        "企业在各行贷款余额5000万元，其中我行800万元",
        "我行流动资金贷款余额800万元",
        "我行对外担保余额200万元",
        "征信显示他行授信额度2000万元",
        "短期借款542万元均在我行及同业",
        "截至3月末，贷款余额500万元（他行），资产负债率63%。",
        "贷款余额500万元 (含工行200万元)，",
        "4-6月销售收入9800万元（合并口径），较上年增长3%。",
        "4-6月销售收入9800万元【合并报表】",
        "4-6月销售收入9800万元〔集团〕",
        "4-6月销售收入9800万元[母公司单体]",
        "4-6月销售收入9800万元（含子公司）",
        "4-6月销售收入9800万元（含税）",
        "4-6月销售收入9800万元（4-6月）（并表）",
        "4-6月销售收入9800万元（合并口径",
        "4-6月9800万元的销售收入（合并）",
        "贷款余额500万元，均为他行贷款，我行无贷款",
        "贷款余额500万元，其中他行500万元",
        "授信额度500万元——全部为他行授信",
        "4-6月销售收入9800万元，系合并口径",
        "",
    ],
)
def test_better_miss_than_invent(text: str) -> None:
    assert read(text) == []


def test_sales_have_the_days_of_their_span_and_balances_one_day() -> None:
    def days(text: str, written_on: date | None = WRITTEN) -> tuple[date | None, date | None]:
        [quoted] = quoted_figures(text, written_on)
        return quoted.first_day, quoted.last_day

    assert days("一季度销售收入100万元") == (date(2014, 1, 1), date(2014, 3, 31))
    assert days("本季度销售收入100万元") == (date(2014, 4, 1), date(2014, 6, 30))
    assert days("二季度销售收入100万元", date(2014, 7, 3)) == (date(2014, 4, 1), date(2014, 6, 30))
    assert days("2014年三季度销售收入100万元") == (None, None)
    assert days("上季末我行存款余额100万元") == (None, date(2014, 3, 31))
    assert days("目前我行存款余额100万元") == (None, WRITTEN)
    assert days("6月末我行存款余额100万元") == (None, None)
    assert days("截至5月末销售收入100万元") == (None, None)
    assert days("一季度销售收入100万元", None) == (None, None)


@pytest.mark.parametrize("called", ["澜州龙舟实业有限责任公司", "澜州龙舟实业公司", "龙舟实业"])
def test_a_report_may_call_its_customer_by_name(called: str) -> None:
    text = f"截至检查日，{called}在我行存款余额500万元。"
    assert quoted_figures(text, WRITTEN) == []
    [quoted] = quoted_figures(text, WRITTEN, "澜州龙舟实业有限责任公司")
    assert (quoted.amount, quoted.passage) == (5000000, f"{called}在我行存款余额500万元")
    assert claims(["a"], ["finance"], [text], None, ["澜州龙舟实业有限责任公司"]).num_rows == 1


def test_the_passage_is_the_clause_as_written() -> None:
    [quoted] = quoted_figures("经查，企业４月至５月实现销售收入１，２００．５万元，回款正常。", WRITTEN)
    assert quoted.passage == "企业４月至５月实现销售收入１，２００．５万元"
    assert quoted.step == 1000


def test_a_table_has_each_figure_once_and_none_of_sections_on_others() -> None:
    text = "一季度销售收入100.00万元，经营正常。"
    found = claims(
        pa.array(["a", "a", "a", "b"]),
        pa.array(["sales_return", "finance", "guarantee", "finance"]),
        pa.array([text, text, text, None]),
        [WRITTEN] * 4,
    )
    assert found.select(["inspection_id", "section", "kind", "amount", "step", "period"]).to_pylist() == [
        {
            "inspection_id": "a",
            "section": "sales_return",
            "kind": "sales_revenue",
            "amount": Decimal("1000000.00"),
            "step": Decimal("100.00"),
            "period": "一季度",
        }
    ]
    assert claims([], [], []).schema == found.schema
    assert claims(["a"], ["finance"], ["一季度销售收入99999999999999999元"]).num_rows == 0


def test_the_sample_reports_quote_two_months_of_sales_that_are_within_the_quarters() -> None:
    inspections = {row["检查编号"]: row for row in _rows("贷后检查.csv")}
    sales = {
        (row["客户编号"], row["季度"]): Decimal(row["销售收入"].replace(",", "")) for row in _rows("销售与回款.csv") if row["销售收入"]
    }
    sections = [row for row in _rows("检查报告章节.csv") if row["章节"] == "销售资金归行分析"]
    ids, texts = ([row[name] for row in sections] for name in ("检查编号", "内容"))
    quarter_ends = [date(2014, 3, 20) if inspections[i]["季度"] == "2014Q1" else date(2014, 6, 20) for i in ids]
    found = claims(ids, ["sales_return"] * len(ids), texts, quarter_ends).to_pylist()
    assert len(found) > 0.9 * len(ids)
    assert {row["kind"] for row in found} == {"sales_revenue"}
    assert {(row["first_day"].month, row["last_day"].month) for row in found} == {(1, 2), (4, 5)}
    shares = [
        row["amount"] / sales[key]
        for row in found
        if (key := (inspections[row["inspection_id"]]["客户编号"], inspections[row["inspection_id"]]["季度"])) in sales
    ]
    assert Decimal("0.6") < min(shares) < max(shares) < Decimal("0.7")


def _rows(name: str) -> list[dict[str, str]]:
    with (BRANCH / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
