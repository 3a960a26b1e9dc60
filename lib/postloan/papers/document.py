"""Documents: one folder in `templates/` each, described by its `document.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from postloan.errors import BadCommand, BadPolicy, did_you_mean
from postloan.file import packaged
from postloan.language import tr
from postloan.yaml_file import build, read_yaml

REGISTER = "notices.csv"
"""The register of notices in the output folder: every item that documents have told a unit."""
DUE = ("month", "quarter", "half", "year")
"""The periods at whose end a document may be due."""


_HOW_OFTEN = re.compile(r"^(月度|季度|半年度|年度)")
ALL = "all"
"""The word of `document.yaml` in place of names where it lists every ledger of the themes that are on."""


@dataclass(frozen=True)
class Placed:
    """A ledger in a document: its title there, and the sheet in front of which it stands; behind all others where that is blank."""

    title: str = ""
    before: str = ""


@dataclass(frozen=True)
class Document:
    """One kind of paper. `per` says for whom it is made; `due` for which periods (`DUE`); `templates` what it is made from.

    The bank's own paper of a document made by unit too is `<name>/全行`, or where `bank_paper` says (a path without suffix).
    One that is sent as notices says what it `tells` (`notices`), the `mark` of its numbers (发文机关代字) and whether it is
    `numbered` by item or by unit; `content` names the values of an item that are told, where that is not all of them. `ledgers` are those whose
    sheets its workbook has: `all`, a list, or each with how it is `Placed`; None is all of them. `sheets` names the theme of each drawn sheet
    that stands only where its theme is on. With `over` a paper is made only for those whom that tally has rows of.
    """

    title: str
    per: list[str]
    due: str
    templates: list[str]
    name: str = ""
    folder: Path = Path()
    tells: str = ""
    mark: str = ""
    numbered: str = "item"
    bank_paper: str = ""
    ledgers: dict[str, Placed] | None = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    over: str = ""
    content: list[str] = field(default_factory=list)

    @property
    def suffix(self) -> str:
        """The suffix of the paper by which the register names its notices."""
        return Path(self.templates[0]).suffix


def templates_folder() -> Path:
    """The folder of the templates: in the checkout, or inside the installed package."""
    return packaged("templates")


@cache
def all_documents(folder: Path | None = None) -> dict[str, Document]:
    """Every document by name, from the folders that hold a `document.yaml`."""
    found = sorted((folder or templates_folder()).glob("*/document.yaml"))
    return {path.parent.name: _document(path) for path in found}


def _document(path: Path) -> Document:
    where = f"{path.parent.name}/document.yaml"
    said = read_yaml(path)
    if "ledgers" in said:
        said["ledgers"] = _ledgers(said["ledgers"], f"{where}: ledgers")
    made = build(Document, said, where, given={"name": path.parent.name, "folder": path.parent})
    if made.due not in DUE:
        raise BadPolicy(tr("there is nothing due by '{due}'", due=made.due), f"{where}: due", did_you_mean(made.due, DUE))
    return made


def _ledgers(said: Any, where: str) -> dict[str, Placed] | None:
    if said == ALL:
        return None
    named = dict.fromkeys(said) if isinstance(said, list) else said
    if not isinstance(named, dict):
        raise BadPolicy(tr("a list is expected here"), where, tr("write all, or [a, b]"))
    return {name: build(Placed, placed or {}, f"{where}: {name}") for name, placed in named.items()}


def notebooks_folder() -> Path:
    """Return the folder of the notebooks: in the checkout, or inside the installed package."""
    return packaged("reports")


def notebook_of(name: str) -> Path:
    """Return the notebook of a document, by name or title. Raises `BadCommand` where there is none."""
    name = _named(name)
    known = {path.stem: path for path in sorted(notebooks_folder().glob("*.ipynb"))}
    if name not in known:
        raise BadCommand(tr("there is no notebook '{name}'", name=name), do=did_you_mean(name, known))
    return known[name]


def _named(title: str) -> str:
    """Return the name of the document with this title; any other text as it is."""
    names = {kind.title: name for name, kind in all_documents().items()}
    return names.get(title) or names.get(_HOW_OFTEN.sub("", title), title)


def document(name: str) -> Document:
    """The document called `name`, or by its title, with or without how often it is due (季度贷后管理报告). Raises `BadCommand`."""
    name = _named(name)
    if name not in all_documents():
        raise BadCommand(tr("there is no document '{name}'", name=name), do=did_you_mean(name, all_documents()))
    return all_documents()[name]
