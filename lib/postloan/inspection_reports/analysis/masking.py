"""Masks names, numbers, dates and the form's own words, so that a copy with another customer's facts reads like its original.

Two sections that differ only in facts must become equal: if masking takes a character too many, it takes it from both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NUMBER, NAME = "#", "@"
"""The characters that replace a number or date, and a name."""

BETWEEN = "\0"
"""The separator of texts masked in one step; no pattern matches across it."""

SHORTEST_OWN_WORDS = 4
"""The shortest piece of the form that is masked: shorter ones (合计, 本季度) are everybody's words."""

SHORTEST_NAME = 3
"""The shortest form of a customer's name, without place and legal form, that is masked."""

_DIGITS, _SCALES = "〇零一二三四五六七八九十两", "百千万亿"
_NUMBERS = re.compile(
    rf"(?:百分之)?\d(?:[\d.,，:：/~～\-—%％‰年月日号时]*[\d%％‰年月日号])?(?:[{_SCALES}]+|(?<=[年月])[初末底])?"
    rf"|(?:百分之)?[{_DIGITS}百][{_DIGITS}{_SCALES}点]*[{_DIGITS}{_SCALES}][年月日]?"
    rf"|百分之[{_DIGITS}百]|[{_DIGITS}](?=[个家户笔次年月日天人名成倍台套条项元季份批])"
)

# Both patterns search from right to left, in the reversed text: a name's end has a mark of its own (有限公司, 先生), its beginning has
# none. So a company's name begins at the nearest sign or word that is rarely part of a name.
_NO_NAME = r"\s\0-/:-?\[-`{-~#@，。、；：！？（）《》“”‘’为是与和及对向由给的了在从至于系被将把以称即如等其户"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付"
    "方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟申欧耿关兰焦俞左柳甘祝包"
)
NAMES_BEFORE = re.compile(
    rf"(?:司公(?:任责)?限有(?:份股)?|司公团集)[^{_NO_NAME}]{{1,14}}|(?P<title>生先|士女|理经总|长事董|长厂)[\u4e00-\u9fff]{{1,2}}[{_SURNAMES}]"
)
NAMES_AFTER = re.compile(
    rf"(法定代表人|实际控制人|联系人|负责人|经办人|总经理|董事长|股东|会计|主查|协查)([为是系：:]?)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}"
)

_LEGAL_FORM = re.compile(r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$|集团$|厂$")
_PLACE = re.compile(r"^(?:[\u4e00-\u9fff*]{1,6}?[省市区县州]+|[\u4e00-\u9fff*]{2})")


def names_of(customer_name: str | None) -> list[str]:
    """Return the forms of a customer's name in reports, longest first: whole, without legal form, without place too."""
    if not customer_name:
        return []
    short = _LEGAL_FORM.sub("", customer_name)
    forms = {customer_name, short, _PLACE.sub("", short)}
    return sorted((form for form in forms if len(form) >= SHORTEST_NAME), key=len, reverse=True)


def pieces(own_words: Iterable[str]) -> list[str]:
    """Return the blank form's text in pieces, longest first: cut at line ends and at gaps."""
    cut = {piece.strip() for text in own_words for piece in re.split(r"[\n\r\t]+|[_＿…]+|\s{2,}", text)}
    return sorted((piece for piece in cut if len(piece) >= SHORTEST_OWN_WORDS), key=len, reverse=True)


def without_own_words(texts: Sequence[str], own_words: Iterable[str]) -> list[str]:
    """Return the texts with a line end for each piece of the blank form."""
    joined = BETWEEN.join(text.replace(BETWEEN, "") for text in texts)
    for piece in pieces(own_words):
        joined = joined.replace(piece, "\n")
    return joined.split(BETWEEN) if texts else []


def mask_all(texts: Sequence[str], customer_names: Sequence[str | None] = (), own_words: Iterable[str] = ()) -> list[str]:
    """Mask many texts in one step, as `mask` does. `customer_names` belong to the texts one by one; none is allowed."""
    texts = without_own_words(texts, own_words)
    named = [_without(text, names_of(name)) for text, name in zip(texts, customer_names, strict=True)] if customer_names else texts
    turned = NAMES_BEFORE.sub(lambda found: (found["title"] or "") + NAME, BETWEEN.join(named)[::-1])
    joined = NAMES_AFTER.sub(rf"\1\2{NAME}", turned[::-1])
    return _NUMBERS.sub(NUMBER, joined).split(BETWEEN) if texts else []


def mask(text: str, customer_name: str | None = None, own_words: Iterable[str] = ()) -> str:
    """Return `text` with numbers and dates as `#`, names as `@`, and line ends for the blank form's own words.

    Names are the customer's own, whole or shortened, companies with a legal form (…有限公司), and people beside a title (法定代表人…, …先生).
    Numbers are in Arabic or Chinese numerals; a scale (万, 亿) and a percent sign belong to them, a unit does not.
    Source: seed S77, contract report_boilerplate.
    """
    return mask_all([text], [customer_name], own_words)[0]


def _without(text: str, names: list[str]) -> str:
    for name in names:
        if name in text:
            text = text.replace(name, NAME)
    return text
