"""The loops and conditions that a tag of a template stands in: the names that they add, and the branches that absent themes leave out."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches

from jinja2 import nodes
from officefill.language.expressions import BadTag, paths
from officefill.language.tags import CLOSES

from postloan.papers.condition import truth, value_of
from postloan.papers.fields.shapes import Field, FieldPath

Known = tuple[FieldPath, Field | None]
"""A value: its path from the context (may be blank), and its field (None for an unknown one)."""
THEMES = "themes"
"""The group of the themes by name: `{% if themes.meetings %}` stands around what a template says of a theme."""
_MISSPELT = 0.8
"""The least similarity of a misspelt theme's name to an installed one."""


@dataclass
class _Scope:
    """A loop or condition. `off`: its branch is left out, since a theme is not installed; `settled`: so are the branches after it."""

    kind: str
    names: dict[str, Known] = field(default_factory=dict)
    off: bool = False
    settled: bool = False


class Scopes:
    """The loops and conditions that are open, from the outermost to the innermost."""

    def __init__(self, themes: Collection[str]) -> None:
        self._themes, self._open = themes, list[_Scope]()

    @property
    def off(self) -> bool:
        """True inside a branch that absent themes leave out."""
        return any(scope.off for scope in self._open)

    @property
    def names(self) -> list[str]:
        """The names that loops have added."""
        return [name for scope in self._open for name in scope.names]

    def named(self, name: str) -> Known | None:
        """Return the value that a loop has given this name."""
        return next((scope.names[name] for scope in reversed(self._open) if name in scope.names), None)

    def loop(self, item: str, known: Known) -> None:
        """Begin a loop over items."""
        self._open.append(_Scope("for", {item: known, "loop": ((), None)}))

    def branch(self, kind: str, condition: nodes.Expr | None) -> None:
        """Begin a branch of a condition: `if`, `elif` or `else`."""
        holds = True if condition is None else self._decided(condition)
        if kind == "if":
            self._open.append(_Scope(kind, off=holds is False, settled=holds is True))
        elif self._open:
            scope = self._open[-1]
            scope.off, scope.settled = scope.settled or holds is False, scope.settled or holds is True

    def close(self, kind: str) -> None:
        """End the loop or condition that a tag of this kind ends."""
        if self._open and CLOSES[self._open[-1].kind] == kind:
            self._open.pop()

    def near(self, theme: str) -> bool:
        """True for the misspelt name of an installed theme."""
        return bool(get_close_matches(theme, self._themes, 1, _MISSPELT))

    def _decided(self, condition: nodes.Expr) -> bool | None:
        """Return the truth of a condition where absent themes that it names decide it, else None."""
        named = {path[1] for path in paths(condition) if path[0] == THEMES and len(path) > 1}
        absent = {name: False for name in named if name not in self._themes and not self.near(name)}
        with suppress(BadTag):
            return truth(value_of(condition)({THEMES: absent})) if absent else None
        return None
