"""From the texts of an answer to a row of its table: values as intake reads them, and each text that cannot be read, told with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from postloan.data.intake.blanks import half_width
from postloan.data.intake.cells import CellFault, Noted, parse
from postloan.data.schema import FieldSpec
from postloan.data.screen import Clean
from postloan.language import tr
from postloan.register.answers import Answer, Written
from postloan.register.forms import Form
from postloan.register.index import FindingIndex
from postloan.register.ticks import SeveralTicked, chosen, has_boxes

STAFF = "staff"


@dataclass(frozen=True)
class Unread:
    """A text that could not be read: where it stands, the field, the text, and what to do."""

    place: str
    field: str
    text: str
    says: str


@dataclass(frozen=True)
class Reading:
    """One answer as a row of its table: its key, the values by field with the texts they were read from; `unread` are the others.

    Without a `key` nothing can be filed.
    """

    answer: Answer
    key: Mapping[str, Any]
    values: Mapping[str, tuple[Any, Written]]
    unread: list[Unread] = field(default_factory=list)


@dataclass(frozen=True)
class References:
    """The things that texts refer to: findings by index number, staff by id and by name, the numbers of the notices that went out (None: not known)."""

    findings: FindingIndex
    staff: Mapping[str, list[str]]
    notices: frozenset[str] | None = None


def staff_by_name(clean: Clean) -> dict[str, list[str]]:
    """Return the ids of the members of staff of each name, and each id by itself."""
    found: dict[str, list[str]] = {}
    if STAFF in clean.tables:
        for number, name in clean.con.execute("SELECT staff_id, staff_name FROM staff ORDER BY ALL").fetchall():
            found.setdefault(_plain(name), []).append(number)
            found.setdefault(number, []).append(number)
    return found


def read_answer(answer: Answer, of: References) -> Reading:
    """Return the row that an answer is."""
    values, unread = dict[str, tuple[Any, Written]](), list[Unread]()
    for name, written in answer.texts.items():
        try:
            value = _value(answer.form, answer.form.table.fields[name], written.text, of)
        except SeveralTicked:
            value = CellFault("several_ticked", tr("it is not to be seen which box is ticked; tick one"))
        if isinstance(value, CellFault):
            unread.append(Unread(written.place, name, written.text, value.says))
        elif value is not None:
            values[name] = value, written
    key = {name: values.pop(name)[0] for name in answer.form.table.key if name in values}
    if answer.form.item:
        key, why = _key_of_finding(answer, of)
    else:
        why = _missing(answer.form, key, of)
    if why:
        unread.append(Unread(answer.place, "", answer.item or " ".join(map(str, key.values())), why))
        key = {}
    return Reading(answer, key, values, unread)


def _key_of_finding(answer: Answer, of: References) -> tuple[dict[str, Any], str]:
    found = of.findings.finding(answer.item)
    if found is None:
        return {}, tr("no finding has this index number; give the output folder of its quarter with --out, or write the number as printed")
    if answer.matter and _plain(answer.matter) != _plain(found.rule):
        says = tr(
            "this index number stands for another finding ({title}); give the output folder of its quarter with --out", title=found.rule
        )
        return {}, says
    return {name: value or None for name, value in found._asdict().items()}, ""


def _missing(form: Form, key: Mapping[str, Any], of: References) -> str:
    """Return why a row cannot be filed under its key; blank where it can."""
    if labels := [form.table.fields[name].label for name in form.table.key if name not in key]:
        return not_said(labels)
    if of.notices is not None and form.by_number and key.get("number") not in of.notices:
        return tr("no notice of this number went out; write the number as printed")
    return ""


def not_said(labels: Iterable[str]) -> str:
    """Return the advice where a form lacks what a row must have."""
    return tr("the form does not say {labels}; write it into the form", labels="、".join(labels))


def _value(form: Form, spec: FieldSpec, text: str, of: References) -> Any:
    """Return the value of a text, None where it says nothing, a `CellFault` where it cannot be read."""
    if spec.values and has_boxes(text):
        text = chosen(text)
    if spec.refers == "staff.staff_id" and text.strip():
        return _person(text, of)
    spec = replace(spec, spellings=_with_words_of(form, spec))
    if spec.values:
        text = text.strip("。，；;,. \n")
    read = parse(text, spec)
    return read.value if isinstance(read, Noted) else read


def _with_words_of(form: Form, spec: FieldSpec) -> dict[str, list[str]]:
    words = form.spellings.get(spec.name, {})
    return {code: [*spec.spellings.get(code, ()), *words.get(code, ())] for code in {**spec.spellings, **words}}


def _person(text: str, of: References) -> Any:
    found = of.staff.get(_plain(text), [])
    if len(found) == 1:
        return found[0]
    if not found:
        return CellFault("unknown_person", tr("no member of staff has this name or number; write the number (工号)"))
    return CellFault("several_persons", tr("{count} members of staff have this name; write the number (工号)", count=len(found)))


def _plain(name: str) -> str:
    return "".join(half_width(name).split())
