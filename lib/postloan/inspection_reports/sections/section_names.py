"""The names of sections: the alias table, and the test of a line against it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from postloan.errors import BadPolicy
from postloan.language import tr
from postloan.yaml_file import build, read_yaml

NAMES = Path(__file__).with_name("sections.yaml")
LONGEST = 40
"""The most characters of a section's name, without notes in brackets; a longer line is a sentence."""
SHORT = 14
"""The most characters of a marked line that may be a section's by any word in it."""
LONGEST_NOTED = 200
"""The most characters of a name with its notes ("请结合账户流水分析……，不少于200字")."""

_NOTES = re.compile(r"[(（\[【〔].*?[)）\]】〕]")
_ROUND = str.maketrans("", "", "()[]【】〔〕《》〈〉<>“”\"'‘’")
_ENDS = ":;.。、,·•*※★☆●○■□◆◇▲△►-—_~?!"
_NO_HEADING = re.compile(r"[。；;，,！!%％]|\d\S*[万亿元%％]|\d{3}")
_JOINED = re.compile("[及和与暨并、/,;+&]|以及")
_QUESTION = re.compile(r"[?？]\s*$|如何|怎样|怎么|是否|有无|有没有|哪些|吗\s*$")


@dataclass(frozen=True)
class SectionAliases:
    """The names of one section."""

    names: list[str]
    short: list[str]
    stems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _AliasTable:
    sections: dict[str, dict[str, list[str]]]
    beside: list[str]
    endings: list[str]
    others: list[str]


class SectionNames:
    """All names, by `key`."""

    def __init__(
        self, sections: dict[str, SectionAliases], beside: list[str], endings: list[str], where: str, others: Iterable[str] = ()
    ) -> None:
        self.sure: dict[str, str] = {}
        self.short: dict[str, str] = {}
        self.stems: dict[str, str] = {}
        for section, names in sections.items():
            self._add(self.sure, section, names.names, where)
            self._add(self.short, section, names.short, where)
            self.stems |= {key(stem): section for stem in names.stems}
        self.endings = frozenset(map(key, endings))
        self._others = re.compile(_any_of(others) if others else "(?!)")
        self._section = self.stems | self.short | self.sure
        self._first = re.compile("[{}]".format(re.escape("".join({name[0] for name in (*self._section, *beside)}))))
        self._name = re.compile(_any_of(self._section))
        self._names_only = re.compile(f"(?:{_any_of([*self._section, *beside])})+")

    def _add(self, to: dict[str, str], section: str, names: list[str], where: str) -> None:
        for name in map(key, names):
            other = self.sure.get(name) or self.short.get(name)
            if other or not name:
                raise BadPolicy(tr("the name '{name}' stands for two sections or twice for one", name=name), f"{where} {section}")
            to[name] = section

    @property
    def sections(self) -> frozenset[str]:
        """All sections with a name."""
        return frozenset(self._section.values())

    def is_strange(self, heading: str) -> bool:
        """Return True for a short heading in plain words with none of the words of other headings: it may be a section's."""
        return len(heading) <= SHORT + 6 and not _NO_HEADING.search(heading) and not self._others.search(heading)

    def may_name(self, line: str) -> bool:
        """Return True if the first words of a line have the first character of a name: most cells with figures have none."""
        return self._first.search(line, 0, LONGEST) is not None

    def named(self, line: str, marked: bool) -> tuple[str, ...]:
        """Return the sections named by a line: one, several for a marked line with several names, none for any other line.

        A marked line may also have words beside its names (客户财务情况说明).
        """
        if not may_be_a_name(line):
            return ()
        name = key(line)
        section = self.sure.get(name) or (marked and self.short.get(name))
        if section:
            return (section,)
        if not marked or not self._names_only.fullmatch(name):
            return ()
        found = self._name.findall(name)
        sections = tuple(dict.fromkeys(self._section[each] for each in found))
        # A stem alone (财务) may be any word of a list; two that are joined (经营及财务) are two sections.
        certain = {self._section[each] for each in found if each in self.sure or each in self.short}
        return sections if len(sections) > 1 and _JOINED.search(name) else tuple(each for each in sections if each in certain)

    def doubtful(self, line: str) -> tuple[str, ...]:
        """Return the sections that a line may name: one made of names, stems and words beside them, or a question about them."""
        if not may_be_a_name(line) or not (self._names_only.fullmatch(key(line)) or _QUESTION.search(line)):
            return ()
        return tuple(dict.fromkeys(self._section[each] for each in self._name.findall(key(line))))

    def spoken_of(self, line: str) -> tuple[str, ...]:
        """Return nothing: a sure name is the whole of its line."""
        return ()

    def ends(self, line: str) -> bool:
        """Return True if a line is one of the endings."""
        return key(line) in self.endings


class DoubtfulNames(SectionNames):
    """The names with those that only may be names, for the sections `wanted`: all that a plain reading has not found."""

    def __init__(self, names: SectionNames, wanted: Iterable[str]) -> None:
        self.__dict__.update(names.__dict__)
        self.wanted = frozenset(wanted)

    def named(self, line: str, marked: bool) -> tuple[str, ...]:
        return super().named(line, marked) or tuple(section for section in self.doubtful(line) if section in self.wanted)

    def spoken_of(self, line: str) -> tuple[str, ...]:
        """Return the wanted sections that a short marked line has a name or stem of: 贷款资金及销售归行, 现金流充足."""
        found = self._name.findall(key(line)) if len(line) <= SHORT else []
        return tuple(dict.fromkeys(section for each in found if (section := self._section[each]) in self.wanted))


def may_be_a_name(line: str) -> bool:
    """Return True if a line is short enough for a name, without its notes."""
    return len(line) <= LONGEST or len(line) <= LONGEST_NOTED and len(_NOTES.sub("", line)) <= LONGEST


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


@cache
def section_names(path: Path = NAMES) -> SectionNames:
    """Return the alias table in the file at `path`. Raises `BadPolicy`."""
    table = build(_AliasTable, read_yaml(path), path.name)
    sections = {section: build(SectionAliases, names, f"{path.name} {section}") for section, names in table.sections.items()}
    return SectionNames(sections, table.beside, table.endings, path.name, table.others)


@lru_cache(maxsize=10_000)
def key(line: str) -> str:
    """Return the common form of all spellings of a name: no blanks, one width, no notes in brackets, no signs around it."""
    folded = "".join(unicodedata.normalize("NFKC", line).split())
    without_notes = _NOTES.sub("", folded).strip(_ENDS)
    return (without_notes or folded).translate(_ROUND).strip(_ENDS)
