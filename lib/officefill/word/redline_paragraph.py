"""One paragraph as two files have it, with tracked changes: pieces of its text, marks and forms that came or went."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import count

from lxml import etree

from officefill.ooxml.namespaces import SPACE, w
from officefill.word.paragraphs import PARAGRAPH, RUN, TEXT
from officefill.word.redline_keys import Source, is_seen

_PIECE = re.compile(r"[A-Za-z]+|[0-9][0-9.,]*%?|.", re.DOTALL)
_FORM, _LETTERS, _CHANGED, _SECTION = w("pPr"), w("rPr"), w("pPrChange"), w("sectPr")
_IN_DELETED = {TEXT: w("delText"), w("instrText"): w("delInstrText")}
FIRST_ID = 900_000
LONELY = 2
"""So few equal pieces between two changes are told as changed, too: a sentence in shreds cannot be read."""


@dataclass
class Marking:
    """The author of the changes, the day (blank: none), and the numbers given to them."""

    author: str
    day: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: count(FIRST_ID))

    def mark(self, kind: str) -> etree._Element:
        """Return a new mark: `ins`, `del` or a change of form."""
        day = {w("date"): f"{self.day}T00:00:00Z"} if self.day else {}
        return etree.Element(w(kind), {w("id"): str(next(self.numbers)), w("author"): self.author, **day})


@dataclass(frozen=True)
class _Piece:
    """A piece of a paragraph: nodes that go together, the form of their run (None: they are no part of a run), and unseen nodes before it."""

    key: tuple[bytes, bytes]
    form: etree._Element | None
    nodes: tuple[etree._Element, ...]
    before: tuple[etree._Element, ...] = ()


def marked_paragraph(paragraph: etree._Element, kind: str, marking: Marking) -> etree._Element:
    """Return a copy of a paragraph that came (`ins`) or went (`del`) as a whole, with its mark."""
    copy = deepcopy(paragraph)
    copy.tail = None
    form = _form(copy)
    if kind == "del":
        for section in form.findall(_SECTION):
            form.remove(section)
    _mark_of(form).insert(0, marking.mark(kind))
    mark_runs(copy, kind, marking)
    return copy


def mark_runs(node: etree._Element, kind: str, marking: Marking) -> None:
    """Mark all runs below a node."""
    for run in [run for run in node.iter(RUN) if run.getparent().tag != w(kind) and next(run.iterancestors(RUN), None) is None]:
        mark = marking.mark(kind)
        run.addprevious(mark)
        mark.append(run)
        if kind == "del":
            _deleted(run)


def _deleted(run: etree._Element) -> None:
    for child in run:
        child.tag = _IN_DELETED.get(child.tag, child.tag)


def _form(paragraph: etree._Element) -> etree._Element:
    form = paragraph.find(_FORM)
    if form is None:
        form = paragraph.makeelement(_FORM)
        paragraph.insert(0, form)
    return form


def _mark_of(form: etree._Element) -> etree._Element:
    """Return the form of a paragraph's mark, made where there is none, at its place."""
    letters = form.find(_LETTERS)
    if letters is None:
        letters = form.makeelement(_LETTERS)
        last = next((node for node in form if node.tag in (_SECTION, _CHANGED)), None)
        if last is None:
            form.append(letters)
        else:
            last.addprevious(letters)
    return letters


def changed_paragraph(old: etree._Element, new: etree._Element, sources: tuple[Source, Source], marking: Marking) -> etree._Element:
    """Return the paragraph `new` with everything that differs from `old` marked."""
    result = etree.Element(PARAGRAPH, dict(new.attrib), nsmap=new.nsmap)
    form = new.find(_FORM)
    if form is not None:
        result.append(deepcopy(form))
    _track_form(result, old, sources, marking)
    before, now = (list(_pieces(node, source)) for node, source in zip((old, new), sources, strict=True))
    matcher = SequenceMatcher(None, [piece.key for piece in before], [piece.key for piece in now], autojunk=False)
    for kind, a, b, c, d in _readable(matcher.get_opcodes()):
        if kind == "equal":
            _emit(result, now[c:d], "", marking)
        else:
            _emit(result, before[a:b], "del", marking)
            _emit(result, now[c:d], "ins", marking)
    result.extend(deepcopy(node) for node in _trailing(new))
    return result


def _readable(codes: Sequence[tuple[str, int, int, int, int]]) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield the codes with lonely equal pieces between two changes joined to them."""
    waiting: tuple[str, int, int, int, int] | None = None
    for at, code in enumerate(codes):
        kind, a, b, _, d = code
        inside = 0 < at < len(codes) - 1
        if waiting and (kind != "equal" or (inside and b - a <= LONELY)):
            waiting = ("replace", waiting[1], b, waiting[3], d)
        elif kind != "equal":
            waiting = code
        else:
            if waiting:
                yield waiting
            waiting = None
            yield code
    if waiting:
        yield waiting


def _track_form(result: etree._Element, old: etree._Element, sources: tuple[Source, Source], marking: Marking) -> None:
    """Keep the form that the paragraph had in the old file, and that of its mark."""
    was, form = old.find(_FORM), _form(result)
    previous = etree.Element(_FORM)
    previous.extend(deepcopy(node) for node in (was if was is not None else ()) if node.tag not in (_LETTERS, _SECTION, _CHANGED))
    current = etree.Element(_FORM)
    current.extend(deepcopy(node) for node in form if node.tag not in (_LETTERS, _SECTION, _CHANGED))
    if sources[0].key(previous) != sources[1].key(current):
        change = marking.mark("pPrChange")
        change.append(previous)
        form.append(change)
    was_letters, letters = old.find(f"{_FORM}/{_LETTERS}"), form.find(_LETTERS)
    empty = etree.Element(_LETTERS)
    if sources[0].key(empty if was_letters is None else was_letters) != sources[1].key(empty if letters is None else letters):
        change = marking.mark("rPrChange")
        change.append(deepcopy(empty if was_letters is None else was_letters))
        _mark_of(form).append(change)
    if not len(form):
        result.remove(form)


# Pieces


def _pieces(paragraph: etree._Element, source: Source) -> Iterator[_Piece]:
    unseen: list[etree._Element] = []
    field_nodes, depth = list[etree._Element](), 0
    for child in paragraph:
        if child.tag == _FORM:
            continue
        if not is_seen(child):
            unseen.append(child)
            continue
        begins = sum(node.get(w("fldCharType")) == "begin" for node in child.iter(w("fldChar")))
        ends = sum(node.get(w("fldCharType")) == "end" for node in child.iter(w("fldChar")))
        if depth or begins:  # a field goes as a whole: half of one is a broken file
            depth += begins - ends
            field_nodes.append(child)
            if depth <= 0:
                yield _whole(field_nodes, source, unseen)
                field_nodes, depth, unseen = [], 0, []
        elif child.tag != RUN:
            yield _whole([child], source, unseen)
            unseen = []
        else:
            for piece in _run_pieces(child, source, unseen):
                yield piece
                unseen = []
    if field_nodes:
        yield _whole(field_nodes, source, unseen)


def _whole(nodes: Iterable[etree._Element], source: Source, unseen: list[etree._Element]) -> _Piece:
    nodes = tuple(nodes)
    return _Piece((b"", b"".join(map(source.key, nodes))), None, nodes, tuple(unseen))


def _run_pieces(run: etree._Element, source: Source, unseen: list[etree._Element]) -> Iterator[_Piece]:
    form = run.find(_LETTERS)
    of_form = b"" if form is None else source.key(form)
    for child in run:
        if child.tag == _LETTERS or not is_seen(child):
            continue
        if child.tag != TEXT:
            yield _Piece((of_form, source.key(child)), run, (child,), tuple(unseen))
            unseen = []
            continue
        for word in _PIECE.findall(child.text or ""):
            node = child.makeelement(TEXT)
            node.text = word
            yield _Piece((of_form, word.encode()), run, (node,), tuple(unseen))
            unseen = []


def _trailing(paragraph: etree._Element) -> list[etree._Element]:
    """Return the unseen nodes behind the last piece."""
    found = list[etree._Element]()
    for child in reversed(paragraph):
        if is_seen(child):
            break
        found.append(child)
    return found[::-1]


def _emit(result: etree._Element, pieces: Sequence[_Piece], kind: str, marking: Marking) -> None:
    """Add pieces to a paragraph: those of one run as one run, texts side by side as one text."""
    run: etree._Element | None = None
    of: etree._Element | None = None
    for piece in pieces:
        if kind != "del" and piece.before:
            result.extend(map(deepcopy, piece.before))
            run = None
        if piece.form is None:
            run = None
            _emit_whole(result, piece, kind, marking)
            continue
        if run is None or piece.form is not of:
            run, of = _new_run(result, piece.form, kind, marking), piece.form
        _add_to_run(run, piece.nodes[0], kind)


def _emit_whole(result: etree._Element, piece: _Piece, kind: str, marking: Marking) -> None:
    for node in piece.nodes:
        copy = deepcopy(node)
        copy.tail = None
        holder = etree.SubElement(result, w("smartTag")) if kind else result
        holder.append(copy)
        if kind:
            mark_runs(holder, kind, marking)
            at = result.index(holder)
            for child in reversed(holder):
                result.insert(at, child)
            result.remove(holder)


def _new_run(result: etree._Element, like: etree._Element, kind: str, marking: Marking) -> etree._Element:
    run = etree.Element(RUN)
    if (form := like.find(_LETTERS)) is not None:
        run.append(deepcopy(form))
    if kind:
        mark = marking.mark(kind)
        mark.append(run)
        result.append(mark)
    else:
        result.append(run)
    return run


def _add_to_run(run: etree._Element, node: etree._Element, kind: str) -> None:
    tag = _IN_DELETED.get(node.tag, node.tag) if kind == "del" else node.tag
    last = run[-1] if len(run) else None
    if node.tag == TEXT and last is not None and last.tag == tag:
        last.text = (last.text or "") + (node.text or "")
        return
    copy = deepcopy(node)
    copy.tail, copy.tag = None, tag
    if node.tag == TEXT:
        copy.set(SPACE, "preserve")
    run.append(copy)
