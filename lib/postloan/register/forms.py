"""The forms that people fill in: which cells of a paper are which fields of which input table, one YAML file a form in `forms/` of a theme.

A form is known by the heads of its cells alone, so it is read also where a program has lost everything else of the paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from postloan import themes
from postloan.data.intake.heading import plain_heading
from postloan.data.schema import TableSpec, all_tables
from postloan.errors import BadTheme, did_you_mean
from postloan.language import tr
from postloan.yaml_file import build, named, read_yaml


@dataclass(frozen=True)
class Judged:
    """The code of a field where the text of each field of `where` begins with one of its words."""

    code: str
    where: dict[str, list[str]]


@dataclass(frozen=True)
class Form:
    """One form. Its rows go into the table `fills`.

    `item` are the heads of the cell with the index number of a finding, which stands for the table's key; without them the key fields are among `cells`.
    `matter` are the heads of the cell with the finding's title, which must be that of the number. `cells` are the heads of each field; `shared` those of cells that stand once for the whole form, `goes_with` the fields that such a field
    is told of: a day of reply only beside a reply. `signed` are the heads of the cells that name a person. `nothing` are words that say nothing yet,
    `spellings` words of this form for a code. The heads of a `card` stand beside its cells, those of any other form above its columns. `by_number`: the
    number of the notice may stand above the form; `whole_paper`: shared cells may stand in any table of the paper. `judged` are the codes that several
    persons' words make together. `typed`: it is a workbook of `postloan blank`, with all heads that its table needs.
    """

    title: str
    fills: str
    cells: dict[str, list[str]]
    name: str = ""
    theme: str = ""
    item: list[str] = field(default_factory=list)
    matter: list[str] = field(default_factory=list)
    shared: dict[str, list[str]] = field(default_factory=dict)
    goes_with: dict[str, list[str]] = field(default_factory=dict)
    signed: list[str] = field(default_factory=list)
    nothing: dict[str, list[str]] = field(default_factory=dict)
    spellings: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    judged: dict[str, Judged] = field(default_factory=dict)
    card: bool = False
    by_number: bool = False
    whole_paper: bool = False
    typed: bool = False

    @property
    def table(self) -> TableSpec:
        """The description of the table that it fills."""
        return all_tables()[self.fills]

    @property
    def heads(self) -> Mapping[str, str]:
        """The field of each head of a cell of one item; those of a finding's index number and title are `ITEM` and `MATTER`."""
        return _by_head({**self.cells, ITEM: self.item, MATTER: self.matter})

    @property
    def labels(self) -> Mapping[str, str]:
        """The field of each head of a cell for the whole form; that of a person's name is `SIGNED`."""
        return _by_head({**self.shared, SIGNED: self.signed})


ITEM, MATTER, SIGNED = "index_no", "matter", "signed"


def head_key(text: str) -> str:
    """Return the key that all spellings of the head of a cell share: remarks in brackets and a colon at its end are no part of it."""
    plain = plain_heading(text)[0]
    return plain.partition("(")[0].strip(":* ") or plain


def _by_head(heads: Mapping[str, list[str]]) -> dict[str, str]:
    return {head_key(head): name for name, words in heads.items() for head in words}


@cache
def all_forms() -> list[Form]:
    """Return every form, and for each table that forms fill its own workbook. Raises `BadTheme` with file and key."""
    drawn = list(_forms())
    tables = {form.fills: form.table for form in drawn}
    heads = {name: {field: spec.headers for field, spec in table.fields.items()} for name, table in tables.items()}
    return [*drawn, *(Form(table.title, name, heads[name], name, table.theme, typed=True) for name, table in tables.items())]


def _forms() -> Iterator[Form]:
    for theme, path in themes.files("forms/*.yaml"):
        where = themes.place(path)
        said = read_yaml(path, BadTheme)
        judged = named(said.pop("judged", {}), f"{where}: judged", BadTheme)
        codes = {name: build(Judged, of, f"{where}: judged: {name}", BadTheme) for name, of in judged.items()}
        form = build(Form, {**said, "judged": codes}, where, BadTheme, {"name": path.stem, "theme": theme})
        if form.fills not in all_tables():
            raise BadTheme(tr("there is no table '{name}'", name=form.fills), f"{where}: fills", did_you_mean(form.fills, all_tables()))
        fields_named = (
            ("cells", form.cells),
            ("shared", form.shared),
            ("goes_with", form.goes_with),
            ("nothing", form.nothing),
            ("spellings", form.spellings),
            ("judged", form.judged),
        )
        for key, fields in fields_named:
            for name in fields:
                if name not in form.table.fields:
                    raise BadTheme(tr("unknown field '{name}'", name=name), f"{where}: {key}", did_you_mean(name, form.table.fields))
        yield form
