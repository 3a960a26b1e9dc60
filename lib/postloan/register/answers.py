"""The answers that people wrote into the forms of one paper, item by item, still as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from postloan.papers.record.carried_over import is_carried
from postloan.register.forms import ITEM, MATTER, SIGNED, Form, all_forms, head_key
from postloan.register.paper_tables import PaperRow, PaperTable, tables_in
from postloan.register.ticks import SeveralTicked, chosen, has_boxes

NUMBER = re.compile(r"\s*(?!本)([^\s：:（(]+〔\d{4}〕\d+号)")
"""The number of a notice at the beginning of a paragraph above a form; 本函替代… names another one."""


@dataclass(frozen=True)
class Written:
    """The text of one cell, and where it stands."""

    text: str
    place: str


@dataclass(frozen=True)
class Answer:
    """The answer of one paper to one item: the texts by field, with index number and title of the finding where the form has them. `place` is that of the item."""

    form: Form
    item: str
    matter: str
    texts: Mapping[str, Written]
    signed: str
    place: str


def answers_in(path: Path) -> tuple[list[Answer], bool]:
    """Return the answers in a paper, and True where it has any form, filled in or not. Raises `BadPaper`."""
    found, has_form, tables = list[Answer](), False, tables_in(path)
    for table in tables:
        if fitting := _form_of(table):
            has_form = True
            form, head = fitting
            around = [row for other in tables if other is not table for row in other.rows] if form.whole_paper else []
            found += _of_list(form, table, head, around) if head is not None else _of_card(form, table)
    return found, has_form


def _form_of(table: PaperTable) -> tuple[Form, int | None] | None:
    """Return the form that a table is, with the position of its heads; none for a form whose heads stand beside its cells."""
    best: tuple[int, Form, int | None] | None = None
    for form in all_forms():
        names = set(_key_of(form))
        for at, row in enumerate(table.rows):
            fields = {form.heads[key] for _, text in row.cells if (key := head_key(text)) in form.heads}
            needed = names - {"number"} if form.by_number else {*names, *_required(form)} if form.typed else names
            if needed <= fields and fields - names - {MATTER} and (best is None or len(fields) > best[0]):
                best = len(fields), form, at
        labels = set(_labelled(table.rows, {**form.heads, **form.labels}))
        if form.card and names <= labels and labels - names and (best is None or len(labels) > best[0]):
            best = len(labels), form, None
    return best[1:] if best else None


def _key_of(form: Form) -> list[str]:
    """Return the fields that name an item in the form."""
    return [ITEM] if form.item else [name for name in form.table.key if name in form.cells]


def _required(form: Form) -> list[str]:
    return [name for name, spec in form.table.fields.items() if spec.required]


def _of_list(form: Form, table: PaperTable, head: int, around: Sequence[PaperRow]) -> Iterator[Answer]:
    """Yield the items of a table with heads above its columns; the rows without an item, and those `around`, stand for the whole form."""
    heads = {**{key: name for key, name in form.labels.items() if name == SIGNED}, **form.heads}
    columns = {heads[key]: column for column, text in table.rows[head].cells if (key := head_key(text)) in heads}
    first = columns[_key_of(form)[-1]]
    items, others = list[PaperRow](), [*around, *table.rows[:head]]
    for row in table.rows[head + 1 :]:
        is_item = bool(row.at(first)) and not any(head_key(text) in form.labels for _, text in row.cells)
        (items if is_item else others).append(row)
    beside = _labelled(others, form.labels)
    above = [found[1] for text in table.above if (found := NUMBER.match(text))]
    for row in items:
        texts = {name: Written(row.at(column), row.place) for name, column in columns.items()}
        if form.by_number and above and "number" not in texts:
            texts["number"] = Written(above[-1], row.place)
        yield from _answer(form, texts, beside, row)


def _of_card(form: Form, table: PaperTable) -> Iterator[Answer]:
    """Yield the one item of a table whose heads stand beside its cells."""
    texts = _labelled(table.rows, form.heads)
    yield from _answer(form, texts, _labelled(table.rows, form.labels), table.rows[0])


def _answer(form: Form, texts: Mapping[str, Written], beside: Mapping[str, Written], row: PaperRow) -> Iterator[Answer]:
    """Yield an answer, unless nobody wrote one."""
    key, signed = _key_of(form), [each[SIGNED].text for each in (texts, beside) if SIGNED in each]
    own = {name: one for name, one in texts.items() if name not in (*key, ITEM, MATTER, SIGNED) and says_something(form, name, one.text)}
    if not own:
        return
    own |= {name: made for name in form.judged if name not in own and (made := _judged(form, name, own))}
    told = {
        name: one for name, one in beside.items() if name != SIGNED and says_something(form, name, one.text) and _belongs(form, name, own)
    }
    named = {name: texts[name] for name in key if name != ITEM and name in texts}
    item, matter = (texts[name].text if name in texts else "" for name in (ITEM, MATTER))
    yield Answer(form, item, matter, {**named, **told, **own}, next(filter(None, signed), ""), row.place)


def _judged(form: Form, name: str, own: Mapping[str, Written]) -> Written | None:
    """Return the code that the words of several persons make together; None where they do not say so all of them."""
    judged = form.judged[name]
    if all(of in own and own[of].text.startswith(tuple(words)) for of, words in judged.where.items()):
        return Written(judged.code, own[next(iter(judged.where))].place)
    return None


def says_something(form: Form, name: str, text: str) -> bool:
    """Return True for a text that a person wrote: not one of the words that a form begins with, no text of last quarter, no boxes without a tick, no empty 　年　月　日."""
    spec = form.table.fields[name]
    plain = "".join(text.split())
    if not plain or is_carried(plain) or plain in form.nothing.get(name, ()):
        return False
    if spec.values and has_boxes(text):
        with suppress(SeveralTicked):
            return bool(chosen(text))
    if spec.type in ("date", "time"):
        return any(map(str.isdigit, plain)) or plain.strip("年月日号时分/-.—_　") != ""
    return True


def _belongs(form: Form, name: str, own: Mapping[str, Written]) -> bool:
    return name not in form.goes_with or any(beside in own for beside in form.goes_with[name])


def _labelled(rows: Iterable[PaperRow], labels: Mapping[str, str]) -> dict[str, Written]:
    """Return the text beside each label: of the next cell, or behind a colon in the same one; the first that is filled counts."""
    found: dict[str, Written] = {}
    for row in rows:
        for at, (_, text) in enumerate(row.cells):
            name, value = labels.get(head_key(text)), row.cells[at + 1][1] if at + 1 < len(row.cells) else ""
            if name is None:
                head, _, value = text.replace("：", ":").partition(":")
                name = labels.get(head_key(head)) if value else None
            elif head_key(value) in labels:
                value = ""
            if name is not None and not (found[name].text if name in found else ""):
                found[name] = Written(value.strip(), row.place)
    return found
