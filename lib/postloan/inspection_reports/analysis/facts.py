"""Numeric facts: numbers that state an amount, not a time, an item or a telephone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from postloan.inspection_reports.analysis.masking import BETWEEN
from postloan.inspection_reports.analysis.table_numbers import CELL, cells_marked

_DIGIT, _SCALE = "〇零一二三四五六七八九十两壹贰叁肆伍陆柒捌玖拾", "百千万亿佰仟萬億"
_CN = rf"[{_DIGIT}][{_DIGIT}{_SCALE}]*"
_BEGIN = r"(?<![A-Za-z\d.．])"
_YEAR = r"(?:19|2[01])\d\d"
_END_OF = r"(?:[度末底初]|[上中下]旬|份)?"

_MONEY = "元|圆|美元|港元|港币|欧元|日元|英镑"
_MEASURED = "吨|公斤|千克|斤|公里|千米|厘米|毫米|平方米|平方公里|平米|㎡|立方米|立方|米|亩|公顷|升|千瓦时|千瓦|兆瓦|千伏安|kWh|KWH|kW|MW|kg|锭|标箱|TEU"
_COUNTED = "个百分点|百分点|个基点|基点|BP|bp|倍|成|个工作日|个月|个季度|小时|分钟|天|岁|年|家|户|笔|人|名|位|次|份|张|台|套|辆|件|只|条|项|处|栋|幢|间|座|批|款|艘|架|箱|瓶|桶|包|匹|双|股|宗|个"
_IN_ARABIC_ONLY = "折|番|克|度|分|周|头|车|起|角|t"  # 十分, 一度, 一起 are words
_NO_ASPECT = r"(?!个?(?:方面|层面|维度|角度|环节)|成[本立功员品交长绩果套熟]|项目|人民币|份额|位于|处[于理置]|次级|名[下称义]|条[件款]|台账|年[度报]|分[析别布行]|天[津然]|包[括含]|折[旧扣]|度假|起诉)"
"""Words that begin with the sign of a unit: 3成本 is no share."""
_UNIT = f"(?:{_MEASURED}|{_COUNTED}|{_MONEY}|{_IN_ARABIC_ONLY})"
_CN_UNIT = f"(?:{_MEASURED}|{_COUNTED})"

_NO_FACTS = [
    rf"第\s*(?:\d+|{_CN})[\u4e00-\u9fff]?",  # 第二次, 第3季度
    rf"单位\s*[:：]?\s*(?:人民币)?[{_SCALE}]*元",  # head of a table
    rf"(?:^|(?<=[\n\0。；;：:]))[(（]?\d{{1,2}}[.．、)）](?:\s*{_YEAR}\s*年(?:\s*\d{{1,2}}\s*月(?:\s*\d{{1,2}}\s*日)?)?|(?!\d))",  # 1. 2、(3) before a sentence
    rf"{_BEGIN}(?:{_YEAR}|\d\d)\s*年\s*\d{{1,2}}\s*(?:[-—~～至到]\s*\d{{1,2}}\s*)?月{_END_OF}(?:\s*\d{{1,2}}\s*[日号])?",
    rf"{_BEGIN}(?:{_YEAR}\s*[-—~～至到]\s*)?{_YEAR}\s*年{_END_OF}|{_BEGIN}\d\d\s*年[度末底初]",
    rf"{_BEGIN}\d{{1,2}}\s*(?:[-—~～至到、]\s*\d{{1,2}}\s*)?(?:月{_END_OF}(?:\s*\d{{1,2}}\s*[日号])?|[日号])",
    rf"{_BEGIN}{_YEAR}([-/.])(?:1[0-2]|0?[1-9])(?:\1[0-3]?\d(?!\d)|(?![\d.]|\s*[%％‰{_SCALE}元吨]))",
    rf"{_BEGIN}\d{{1,2}}[:：]\d\d(?!\d)|{_BEGIN}\d{{1,2}}\s*[时点](?:\s*\d{{1,2}}\s*分|半|整)?",
    rf"{_BEGIN}(?:{_YEAR})?[QHqh][1-4](?!\d)|{_BEGIN}[1-4一二三四]季度?",
    rf"[〇零一二三四五六七八九]{{4}}年|(?:[〇零一二三四五六七八九]{{2}}年)?[一二三四五六七八九十]{{1,2}}月{_END_OF}|[{_DIGIT}]{{1,3}}[日号]",
    rf"{_BEGIN}(?:1[3-9]\d[-\s]?\d{{4}}[-\s]?\d{{4}}|0\d{{2,3}}\s*[-－—)）\s]\s*\d{{7,8}}|[48]00-?\d{{3,4}}-?\d{{3,4}}|\d{{12,}}[Xx]?)(?!\d)",  # telephones, accounts
    r"(?<=[统唯单同专])一|一(?:个(?!月|百分点|工作日|季度|基点)|[次位名条件份成批套款步般定些种直样致旦律切体笔家户台项张只股人])",  # 统一, 一般, 一个, 一笔: words
]
_NUMBER = r"\d(?:\d{0,2}(?:[,，]\d{3})+(?!\d)|\d*)(?:[.．]\d+)?"
_SPAN = rf"{_NUMBER}\s*(?:[%％‰]?\s*[-–—~～至到]\s*{_NUMBER}\s*)?"
_RATIO_BEFORE = "|".join(
    f"(?<={name}{link})"
    for name in (
        "率",
        "[（(][%％元][）)]",
        "[（(][万亿千]元[）)]",
        "比例",
        "占比",
        "之比",
        "比值",
        "系数",
        "倍数",
        "指数",
        "天数",
        "人数",
        "户数",
    )
    for link in ("", "[为是约仅达:： ]", "约为", "仅为", "达到", "升至", "降至", "[：:] ", "分别为")
)
_FACTS = [
    rf"(?:[¥￥$€]|人民币|RMB|USD|CNY|EUR|HKD)\s*{_SPAN}(?:[多余]?[{_SCALE}]*{_UNIT})?",
    rf"{_BEGIN}[-−+]?{_SPAN}(?:[%％‰]|[多余几]?\s*(?:[{_SCALE}]+{_UNIT}?|{_NO_ASPECT}{_UNIT}))",
    rf"{_BEGIN}\d{{1,3}}(?:[,，]\d{{3}})+(?:\.\d+)?(?!\d)",  # grouped as only money is
    rf"[百千万]分之(?:{_CN}(?:点[{_DIGIT}]+)?|百|{_NUMBER})",
    # ratios have no unit: 流动比率1.35, 资产负债率为63.12
    rf"(?:{_RATIO_BEFORE})[-−+]?{_NUMBER}(?![\d.．:：]|\s*[-–—~～至到/年月日号季])",
    rf"{_BEGIN}[-−+]?{_NUMBER}(?=\s*[(（](?:单位\s*[:：]?\s*)?(?:人民币)?[{_SCALE}]*(?:元|吨|%|％|\s)[)）])",  # 30（万元）; 单位：万元 is a blank by now
    CELL,
    rf"(?<![{_SCALE}数几第]){_CN}(?:点[{_DIGIT}]+)?[多余几]?[{_SCALE}]*(?:{_NO_ASPECT}{_CN_UNIT}|(?<=[十拾{_SCALE}多余几])(?:{_MONEY}))",
]
_NO_FACT = re.compile(rf"(?=[\d第单QHqh一{_DIGIT}(（])(?:" + "|".join(_NO_FACTS) + ")")
_FACT = re.compile(rf"(?=[\d¥￥$€人RUCEH\-−+百千万{CELL}{_DIGIT}])(?:" + "|".join(_FACTS) + ")")


def numeric_facts(text: str | None) -> list[str]:
    """Return the numeric facts of a text in order: numbers with a unit, percentages and amounts, unchanged (seed S71, domain D-NUM).

    Numerals are Arabic or Chinese (1,234.56万元, 12.5%, 三百二十万元, 百分之八, 3家). Not counted: dates and quarters, times of day, telephone and
    account numbers, numbering marks, ordinals (第二次), words with a numeral (一般, 十分), and numbers without a unit, except numbers grouped like
    amounts (1,234.56), ratios (流动比率1.35) and the numbers of a table with a unit or with items. A span (20-30万元) is one fact.
    """
    return _in_texts([text or ""])[0]


def count_facts(texts: Sequence[str]) -> list[int]:
    """Return the number of numeric facts in each text."""
    return [len(found) for found in _in_texts(texts)]


def _in_texts(texts: Sequence[str]) -> list[list[str]]:
    marked = [cells_marked(text.replace(BETWEEN, " ").replace(CELL, " ")) for text in texts]
    plain = _NO_FACT.sub(" ", BETWEEN.join(text for text, _ in marked)).split(BETWEEN) if texts else []
    return [_with_cells(_FACT.findall(text), cells) for text, (_, cells) in zip(plain, marked, strict=True)]


def _with_cells(facts: list[str], cells: list[str]) -> list[str]:
    """Return the facts with the numbers of tables in place of their marks."""
    numbers = iter(cells)
    return [next(numbers) if fact == CELL else fact for fact in facts] if cells else facts
