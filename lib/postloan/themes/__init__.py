"""The registry of themes: one folder of business content each (tables, SQL, measures, rules, ledgers, sections, limits, examples).

Everything that a theme adds stands in its folder, and nothing else in the program names a theme. A policy says which themes are on; a
theme that is off leaves no trace in figures, findings, notes and papers. Without its folder a theme is gone, and the rest runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from postloan.errors import BadTheme, did_you_mean
from postloan.language import tr
from postloan.yaml_file import THEMES, build, place, read_yaml

__all__ = ["EVERYWHERE", "Theme", "all_themes", "check_names", "files", "place", "themes_on"]
EVERYWHERE = ""
"""The theme of content that every theme may use: it is never off."""


@dataclass(frozen=True)
class Theme:
    """One folder of business content.

    `order` is its place in papers. A `basic` theme is on unless a policy names the themes itself; any other is on where the package holds
    all tables that it `needs`, or, where none is named, at least one of its own.
    """

    title: str
    purpose: str
    order: int
    name: str = ""
    folder: Path = Path()
    basic: bool = False
    needs: list[str] = field(default_factory=list)

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables that it adds."""
        return frozenset(path.stem for path in self.folder.glob("tables/*.yaml"))

    def on_with(self, tables: frozenset[str]) -> bool:
        """Tell if the theme is on by default where the package holds `tables`."""
        return self.basic or (frozenset(self.needs) <= tables if self.needs else bool(self.tables & tables))


@cache
def all_themes() -> dict[str, Theme]:
    """Return every theme by name, in the order of papers. Raises `BadTheme`."""
    themes = [_theme(path.parent) for path in sorted(THEMES.glob("*/theme.yaml"))]
    return {theme.name: theme for theme in sorted(themes, key=lambda theme: (theme.order, theme.name))}


def _theme(folder: Path) -> Theme:
    path = folder / "theme.yaml"
    return build(Theme, read_yaml(path, BadTheme), place(path), BadTheme, {"name": folder.name, "folder": folder})


def files(pattern: str, everywhere: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the files that match `pattern`, each with its theme: those of the folder `everywhere` first, then theme by theme."""
    for path in sorted(everywhere.glob(Path(pattern).name)) if everywhere else ():
        yield EVERYWHERE, path
    for name, theme in all_themes().items():
        for path in sorted(theme.folder.glob(pattern)):
            yield name, path


def themes_on(named: Iterable[str] | None, tables: frozenset[str]) -> frozenset[str]:
    """Return the themes that are on: those `named` by a policy, else those that are on by default for the package's `tables`."""
    if named is not None:
        return frozenset([EVERYWHERE, *named])
    return frozenset([EVERYWHERE, *(name for name, theme in all_themes().items() if theme.on_with(tables))])


def check_names(named: Iterable[str] | None, where: str) -> None:
    """Raise `BadTheme` for a theme that nobody knows."""
    for name in named or ():
        if name not in all_themes():
            raise BadTheme(tr("there is no theme '{name}'", name=name), where, did_you_mean(name, all_themes()))
