"""Procedures in the words of papers: executed, not applicable, not checked (已执行、不适用、未检查、未执行)."""

from __future__ import annotations

from typing import Any

from postloan.figures.procedures import ABSENT, EMPTY, OFF, RAN, UNREADABLE, Procedure

WORDS = {
    RAN: "已执行（总体{population}，检查{tested}，发现{exceptions}）",
    EMPTY: "不适用（总体为0）",
    ABSENT: "未检查（{why}）",
    UNREADABLE: "未检查（总体{population}，{why}）",
    OFF: "未执行（政策停用）",
}
NEVER_COUNTED = Procedure("", "", ABSENT, why="无可检查的机构")
"""The procedure of a rule for a unit that manages no customer in scope."""


def procedure_said(procedure: Procedure | None) -> dict[str, Any]:
    """Return what templates may say of the procedure of one rule; only one that ran may be called executed."""
    found = procedure or NEVER_COUNTED
    words = WORDS[found.state].format(**found._asdict())
    if found.state == RAN and found.why:
        words = f"{words[:-1]}；{found.why}）"
    numbers = {name: getattr(found, name) for name in ("population", "tested", "exceptions", "why")}
    return {**numbers, "state": found.state, "ran": found.state == RAN, "done": words}


def section_said(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the state of a section of the checklist from its rules: it was looked at where one of them ran or had nothing to look at."""
    states = {rule["state"] for rule in rules}
    empty = EMPTY in states and RAN not in states
    return {
        "ran": RAN in states,
        "looked_at": bool(states & {RAN, EMPTY}),
        "not_run": [rule["title"] for rule in rules if rule["state"] not in (RAN, EMPTY)],
        "outcome": WORDS[EMPTY] if empty else "未发现问题" if RAN in states else "未检查：缺少所需数据或规则未启用",
        "procedures": "；".join(f"{rule['title']}：{rule['done']}" for rule in rules),
    }
