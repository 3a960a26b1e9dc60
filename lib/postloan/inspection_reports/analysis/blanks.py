"""Sections that say nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

LONGEST = 40
"""A longer text that has any word is not blank."""

_WORD = re.compile(r"[^\W_]")

NOTHING = {
    "无",
    "没有",
    "暂无",
    "暂无内容",
    "无内容",
    "无相关内容",
    "无此项",
    "无此项内容",
    "无此情况",
    "无相关情况",
    "无相关信息",
    "无填写内容",
    "空",
    "空白",
    "空缺",
    "略",
    "省略",
    "从略",
    "不适用",
    "不涉及",
    "未涉及",
    "无涉及",
    "不详",
    "未知",
    "未填",
    "未填写",
    "未填报",
    "未录入",
    "待填",
    "待填写",
    "待补",
    "待补充",
    "待补录",
    "待完善",
    "待定",
    "待查",
    "同上",
    "同前",
    "如上",
    "请填写",
    "请输入",
    "此处填写",
    "在此填写",
    "点击填写",
    "点击输入",
    "点击此处输入文字",
    "单击此处输入文字",
    "na",
    "nil",
    "none",
    "null",
    "nan",
    "tbd",
    "tba",
    "todo",
    "x",
    "xx",
    "xxx",
    "xxxx",
}
"""What people write into a box they have nothing for (contract report_section_blank), lower case, without signs and spaces."""


def is_blank(text: str | None, allowed: Collection[str] = frozenset()) -> bool:
    """Whether a section is blank: nothing, signs alone (/, -, ——, …), or a word for nothing (无, 略, 不适用; seed S76, domain M5).

    `allowed` are words the policy accepts as an answer (无): a section that says one of them is not blank. Width, case, spaces, and the
    signs round a word make no difference.
    """
    text = (text or "").strip()
    if len(text) > LONGEST and _WORD.search(text):
        return False
    words = _bare(text)
    if not words:
        return _signs(text) not in {_signs(word) for word in allowed} - {""}
    return words not in {_bare(word) for word in allowed} and (words in NOTHING or _once(words) in NOTHING)


def _bare(text: str) -> str:
    """Letters and digits alone, in half width and lower case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(sign)[0] in "LN")


def _signs(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _once(words: str) -> str:
    """The repeated part where a text is one word over and over (无无无, 略略)."""
    repeated = re.fullmatch(r"(.+?)\1*", words)
    return repeated[1] if repeated else words
