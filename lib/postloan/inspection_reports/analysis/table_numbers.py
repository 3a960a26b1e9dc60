"""The plain numbers of tables in a text: 资产总额 5230.6 under 单位：万元. Their unit or their item stands elsewhere in the table."""

from __future__ import annotations

import re

CELL = "\x01"
"""The mark in place of a table's number."""

_FIELD = re.compile(
    r"[\t|│｜]+|[ \u3000]{2,}|(?:[ \u3000]|(?<=[^\W\d][）)])[:：]|(?<=[^\W\d])[:：])(?=[-−–(（]?\d)|(?<=\d)[ \u3000，,；;](?=[^\W\d]{2,10}[:：])"
)
_PLAIN = re.compile(r"[-−–+(（]?(?:\d{1,3}(?:[,，]\d{3})+|\d{1,11})(?:[.．]\d+)?[)）]?")
_LETTER = re.compile(r"[^\W\d_]")
_UNIT = re.compile(
    r"(?:单\s*位|人民币)\s*[:：为是]?\s*(?:人民币)?[百千万亿]*\s*(?:[美港欧日]?元|吨|%|％)|[以按][百千万亿]*元(?:计|为单位)"
    r"|[(（\[]\s*(?:单位\s*[:：]?\s*)?(?:人民币)?[百千万亿]*\s*(?:[美港欧日]?元|吨|%|％|户|人|天|次|倍)\s*[)）\]]"
    r"|(?:^|[\t|│｜\n、/／，,])\s*(?:人民币)?[百千万亿]*(?:元|%|％)\s*(?=$|[\t|│｜\n])"
)
"""A unit above a table, in its head, beside an item, or in a cell of its own."""
_ITEM = re.compile(
    r"(?:率|[占之环同]比|比例|比重|额|收入|利润|净利|毛利|资产|负债|权益|余额|存款|贷款|借款|款项?|现金|流量|流入|流出|净额|成本|费用?|税金?|存货|库存|产量|产值|销量"
    r"|资金|合计|总计|共计|资本|公积|倍数|系数|天数|人数|户数|笔数|数量|金额|单价|投资|支出|归行|回笼|进账)(?:[(（][^)）]*[)）])?[:：]?$"
)
_NO_ITEM = re.compile(r"电话|手机|传真|账号|帐号|卡号|证号|证件|编号|代码|邮编|序号|日期?$|时间$")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[.．]?(?:1[0-2]|0[1-9]|(?<=[.．])[1-9])(?:[.．]?[0-3]\d)?)?")
"""A year, a month or a day as a column has it in its head."""


def cells_marked(text: str) -> tuple[str, list[str]]:
    """Return the text with `CELL` for each plain number of its tables, and these numbers.

    A line of a table has an item in words and numbers in the fields behind it. Its numbers count where the text names a unit, or where the
    item is one that is counted or measured. Not counted: running numbers before the item, heads with years, account numbers.
    """
    if not _PLAIN.search(text) or not _FIELD.search(text):
        return text, []
    lines, numbers, has_unit = [], list[str](), bool(_UNIT.search(text))
    for line in text.split("\n"):
        marked, found = _line(line, has_unit)
        lines.append(marked)
        numbers += found
    return "\n".join(lines), numbers


def _line(line: str, has_unit: bool) -> tuple[str, list[str]]:
    pieces = re.split(f"({_FIELD.pattern})", line)
    item, places = "", []
    for place in range(0, len(pieces), 2):
        field = pieces[place].strip()
        if item and _PLAIN.fullmatch(field):
            places.append(place)
        elif _LETTER.search(field):
            item = item if places else field
    if not places or _NO_ITEM.search(item) or not (has_unit or _ITEM.search(item)):
        return line, []
    numbers = [pieces[place].strip() for place in places]
    if all(_YEAR.fullmatch(number) for number in numbers):
        return line, []
    for place in places:
        pieces[place] = CELL
    return "".join(pieces), numbers
