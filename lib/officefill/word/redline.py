"""A redline: the newer of two Word files with real tracked changes. All accepted it is the new file, all rejected the old one.

    data = redline(read_package(old, …), read_package(new, …), Marking("王芳", "2014-07-10"))

Body, tables row by row and cell by cell, headers, footers and notes are compared. Sections and styles are the new file's. No library does it
under a licence of ours and without a runtime of its own: see pyproject.toml.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from officefill.content.alignment import align
from officefill.ooxml.namespaces import w
from officefill.ooxml.package import Package, package_bytes
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, text_of
from officefill.word.redline_keys import Source
from officefill.word.redline_paragraph import Marking, changed_paragraph, mark_runs, marked_paragraph
from officefill.word.redline_parts import bring_along
from officefill.word.tracked_changes import accept_all, story_parts

_BOX = w("sdt")
_BLOCKS = (PARAGRAPH, TABLE)
_SECTION = f"{w('pPr')}/{w('sectPr')}"


def redline(old: Package, new: Package, marking: Marking | None = None) -> bytes:
    """Return the Word file `new` with everything marked that differs from `old`; changes that are tracked already count as accepted.

    Both packages are changed on the way.
    """
    marking = marking or Marking("officefill")
    for package in (old, new):
        for part in story_parts(package):
            accept_all(package.tree(part))
    for one, other in zip(_stories(old), _stories(new), strict=False):
        if one[0] == other[0]:
            _Redline(Source(old, one[1]), Source(new, other[1]), marking).story()
    for part in story_parts(new):
        new.save(part)
    return package_bytes(new)


def _stories(package: Package) -> Iterator[tuple[str, str]]:
    """Yield the parts to be compared with their kinds: the body, then headers and footers in the order of the sections."""
    yield "body", package.main
    arrows = {arrow.id: arrow.target for arrow in package.relationships(package.main)}
    seen = set[str]()
    for node in package.tree(package.main).iter(w("headerReference"), w("footerReference")):
        part = arrows.get(next((value for name, value in node.attrib.items() if name.endswith("}id")), ""), "")
        if part in package.parts and part not in seen:
            seen.add(part)
            yield f"{etree.QName(node).localname} {node.get(w('type'), 'default')}", part


class _Redline:
    """The comparison of one part: `sources` are the old and the new one."""

    def __init__(self, old: Source, new: Source, marking: Marking) -> None:
        self.sources, self.marking = (old, new), marking

    def story(self) -> None:
        """Put the marks into the new part."""
        old, new = (source.package.tree(source.part) for source in self.sources)
        bodies = [root if (body := root.find(w("body"))) is None else body for root in (old, new)]
        self._container(*bodies)

    def _container(self, old: etree._Element, new: etree._Element) -> None:
        """Replace the blocks of `new` by those of both, marked."""
        before, now = _blocks(old), _blocks(new)
        pairs = self._pairs(before, now)
        for i, j in pairs:
            if j is None:
                continue
            node = now[j]
            merged = self._pair(before[i], node) if i is not None else self._whole(node, "ins")
            if merged is not node:
                merged.tail = None
                node.addprevious(merged)
                node.getparent().remove(node)
                now[j] = merged
        self._put_back(before, now, pairs, new)

    def _put_back(self, before: list[etree._Element], now: list[etree._Element], pairs: list, new: etree._Element) -> None:
        """Put every block that went before the next one that stays."""
        waiting = list[etree._Element]()
        for i, j in pairs:
            if j is None:
                waiting.append(self._whole(self._brought(before[i]), "del"))
            else:
                for node in waiting:
                    now[j].addprevious(node)
                waiting = []
        last = new.find(w("sectPr"))
        for node in waiting:
            if last is None:
                new.append(node)
            else:
                last.addprevious(node)

    def _pairs(self, old: list[etree._Element], new: list[etree._Element]) -> list[tuple[int | None, int | None]]:
        """Return the pairs of blocks; the last paragraphs are one pair, since the mark of the last one cannot go."""
        together = (
            bool(old and new) and old[-1].tag == new[-1].tag == PARAGRAPH and not _ends_section(old[-1]) and not _ends_section(new[-1])
        )
        inner = (old[:-1], new[:-1]) if together else (old, new)
        keys = [[source.key(node) for node in blocks] for source, blocks in zip(self.sources, inner, strict=True)]
        texts = {key: _text(node) for found, blocks in zip(keys, inner, strict=True) for key, node in zip(found, blocks, strict=True)}
        found = list[tuple[int | None, int | None]]()
        for i, j in align(keys[0], keys[1], lambda key: texts[key]):
            if i is not None and j is not None and not self._comparable(old[i], new[j]):
                found += [(i, None), (None, j)]
            else:
                found.append((i, j))
        return [*found, (len(old) - 1, len(new) - 1)] if together else found

    def _comparable(self, old: etree._Element, new: etree._Element) -> bool:
        if old.tag != new.tag or old.tag not in _BLOCKS:
            return self.sources[0].key(old) == self.sources[1].key(new)
        if old.tag == PARAGRAPH:
            return self._same((old.find(_SECTION),), (new.find(_SECTION),))
        names = (w("tblPr"), w("tblGrid"))
        return self._same([old.find(name) for name in names], [new.find(name) for name in names]) and _is_plain(old) and _is_plain(new)

    def _same(self, old: object, new: object) -> bool:
        of_old, of_new = (
            [source.key(node) if node is not None else b"" for node in nodes]
            for source, nodes in zip(self.sources, (old, new), strict=True)
        )
        return of_old == of_new

    def _pair(self, old: etree._Element, new: etree._Element) -> etree._Element:
        if self.sources[0].key(old) == self.sources[1].key(new):
            return new
        if new.tag == TABLE:
            self._table(old, new)
            return new
        return changed_paragraph(self._brought(old), new, (self.sources[1], self.sources[1]), self.marking)

    def _brought(self, node: etree._Element) -> etree._Element:
        """Return a copy of a block of the old file that can stand in the new one."""
        return bring_along(node, *self.sources)

    def _whole(self, node: etree._Element, kind: str) -> etree._Element:
        """Return a block that came or went as a whole, marked."""
        if node.tag == PARAGRAPH:
            return marked_paragraph(node, kind, self.marking)
        copy = deepcopy(node)
        copy.tail = None
        for row in copy.iter(ROW):
            self._mark_row(row, kind)
        if copy.tag == _BOX:
            for paragraph in [p for p in copy.iter(PARAGRAPH) if next(p.iterancestors(ROW), None) is None]:
                paragraph.getparent().replace(paragraph, marked_paragraph(paragraph, kind, self.marking))
        return copy

    def _mark_row(self, row: etree._Element, kind: str) -> None:
        form = row.find(w("trPr"))
        if form is None:
            form = row.makeelement(w("trPr"))
            exceptions = row.find(w("tblPrEx"))
            row.insert(0 if exceptions is None else 1, form)
        form.append(self.marking.mark(kind))
        mark_runs(row, kind, self.marking)

    # Tables

    def _table(self, old: etree._Element, new: etree._Element) -> None:
        before, now = old.findall(ROW), new.findall(ROW)
        keys = [[source.key(row) for row in rows] for source, rows in zip(self.sources, (before, now), strict=True)]
        texts = {key: _text(row) for found, rows in zip(keys, (before, now), strict=True) for key, row in zip(found, rows, strict=True)}
        waiting = list[etree._Element]()
        last = new.find(w("tblGrid")) if not now else None
        for i, j in align(keys[0], keys[1], lambda key: texts[key]):
            fits = i is not None and j is not None and self._rows_comparable(before[i], now[j])
            if i is not None and not fits:
                waiting.append(self._row(self._brought(before[i]), "del"))
            if j is None:
                continue
            for node in waiting:
                now[j].addprevious(node)
            waiting, last = [], now[j]
            if not fits:
                self._mark_row(now[j], "ins")
            elif keys[0][i] != keys[1][j]:  # type: ignore[index]
                for one, other in zip(before[i].findall(CELL), now[j].findall(CELL), strict=True):  # type: ignore[index]
                    self._container(one, other)
        for node in reversed(waiting):
            last.addnext(node)  # type: ignore[union-attr]

    def _row(self, row: etree._Element, kind: str) -> etree._Element:
        self._mark_row(row, kind)
        return row

    def _rows_comparable(self, old: etree._Element, new: etree._Element) -> bool:
        """Return True for rows of one form with cells of the same forms."""
        forms = [[row.find(w("trPr")), *(cell.find(w("tcPr")) for cell in row.findall(CELL))] for row in (old, new)]
        return len(forms[0]) == len(forms[1]) and self._same(*forms)


def _blocks(container: etree._Element) -> list[etree._Element]:
    return [node for node in container if node.tag in (*_BLOCKS, _BOX)]


def _ends_section(paragraph: etree._Element) -> bool:
    return paragraph.find(_SECTION) is not None


def _is_plain(table: etree._Element) -> bool:
    """Return True for a table whose rows and cells are its own, not those of content controls."""
    return len(list(table.iterchildren(w("sdt"), w("customXml")))) == 0 and all(row.find(w("sdt")) is None for row in table.findall(ROW))


def _text(node: etree._Element) -> str:
    return "\t".join(text_of(paragraph) for paragraph in node.iter(PARAGRAPH)) if node.tag != PARAGRAPH else text_of(node)
