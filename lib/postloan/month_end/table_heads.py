"""The heads of the tables that a run files, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable

from postloan.errors import BadCommand
from postloan.language import tr

LANGUAGES = ("en", "zh")
_CHINESE = {
    "measure": "指标",
    "grain": "层级",
    "subject": "对象",
    "value": "值",
    "unit": "单位",
    "scope": "口径",
    "as_of": "数据日",
    "index_no": "索引号",
    "rule": "规则",
    "severity": "严重程度",
    "unit_id": "机构编号",
    "customer_id": "客户编号",
    "words": "事实",
    "limit": "标准",
    "deduction": "扣分",
    "waived": "不扣分",
    "evidence": "证据",
    "check": "检查项",
    "consequence": "处理",
    "file": "文件",
    "sheet": "工作表",
    "row": "行",
    "field": "字段",
    "says": "说明",
    "state": "状态",
    "population": "总体",
    "tested": "已检查",
    "exceptions": "例外",
    "why": "原因",
}


def heads(names: Iterable[str], language: str) -> list[str]:
    """Return the heads of the fields `names` in a language. Raises `BadCommand` for one that is not in `LANGUAGES`."""
    if language not in LANGUAGES:
        raise BadCommand(tr("there is no language '{name}'", name=language), "--heads", do=", ".join(LANGUAGES))
    return [_CHINESE[name] for name in names] if language == "zh" else list(names)
