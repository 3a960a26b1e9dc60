"""The command line in the user's language: its help, and its answers to wrong usage.

Help texts are written in both languages: options as `English / 中文`, commands as an English sentence before a Chinese one. The library of
the command line speaks English only; `_CHINESE` has its sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

LANGUAGE_OPTION = "--lang"
_BOTH = " / "
_HAN = re.compile(r"[一-鿿]")
_HEADS = r"(?m)^{0}:$"
_CHINESE = (
    (r"Usage: ", "用法："),
    (r"\[OPTIONS\]", "[选项]"),
    (r"COMMAND \[ARGS\]\.\.\.", "命令 [参数]..."),
    (_HEADS.format("Options"), "选项："),
    (_HEADS.format("Arguments"), "参数："),
    (_HEADS.format("Commands"), "命令："),
    (r"Show this message and exit\.", "显示帮助并退出。"),
    (r"\[required\]", "[必填]"),
    (r"\[default:\s+", "[默认："),
    (r"Try '(.+) --help' for help\.", r"查看帮助：\1 --help"),
    (r"(?m)^Error: ", "错误："),
    (r"No such option: (\S+)", r"没有选项 \1"),
    (r"No such command '(.*?)'\.", r"没有命令“\1”。"),
    (r"\(Possible options: (.*)\)", r"（可用：\1）"),
    (r"Did you mean (?:one of: )?'?(.+?)'?\?", r"是不是 \1？"),
    (r"Missing (?:option|argument|parameter):? '(.+?)'\.", r"缺少 \1。"),
    (r"Missing command\.", "缺少命令。"),
    (r"Option '(.+?)' requires an argument\.", r"选项 \1 后要写值。"),
    (r"Option '(.+?)' does not take a value\.", r"选项 \1 后不写值。"),
    (r"Got unexpected extra argument(?:\(s\)|s)? \((.*)\)", r"多出参数：\1"),
    (r"Invalid value for '(.+?)': ", r"\1 的值不对："),
    (r"Input should be a valid integer.*", "应为整数"),
    (r"Input should be greater than or equal to (\S+)", r"应不小于\1"),
    (r"Path '(.*)' does not exist\.", r"没有文件“\1”。"),
)


def language_of(argv: Sequence[str]) -> tuple[list[str], str]:
    """Return the command line without `--lang`, wherever that stands, and the language it asks for; blank where it asks for none."""
    left, language, words = list[str](), "", iter(argv)
    for word in words:
        if word == LANGUAGE_OPTION:
            language = next(words, "")
        elif word.startswith(f"{LANGUAGE_OPTION}="):
            language = word.partition("=")[2]
        elif word == "--":
            return [*left, word, *words], language
        else:
            left.append(word)
    return left, language


def in_language(command: Any, language: str) -> Any:
    """Return the command, and those below it, with their help in one language."""
    get_help = command.get_help
    command.get_help = lambda context: said(get_help(context), language)
    command.help = _sentence(command.help or "", language)
    command.short_help = None
    for option in command.params:
        option.help = (option.help or "").split(_BOTH)[-1 if language == "zh" else 0]
    for other in getattr(command, "commands", {}).values():
        in_language(other, language)
    return command


def said(text: str, language: str) -> str:
    """Return what the library says, in the language."""
    for pattern, chinese in _CHINESE if language == "zh" else ():
        text = re.sub(pattern, chinese, text)
    return text


def _sentence(text: str, language: str) -> str:
    """Return the part of a command's help in the language: its first paragraph ends in Chinese."""
    first, blank, more = text.partition("\n\n")
    found = _HAN.search(first)
    if not found:
        return text
    return first[found.start() :] if language == "zh" else first[: found.start()].rstrip() + blank + more
