"""The lines of a Word file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.content.drawing import charts_of
from officefill.content.line import ContentLine
from officefill.ooxml.namespaces import ARROW_ID, CX, C, w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE, grid_columns, inside

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_VAL, _TYPE, _BOX, _INSTRUCTION = w("val"), w("type"), w("txbxContent"), w("instrText")
_AT_ANY_TIME = re.compile(r"\s*(PAGE|NUMPAGES|SECTIONPAGES|PAGEREF|DATE|TIME|SAVEDATE|PRINTDATE|CREATEDATE|FILENAME)\b")
"""Fields with a result that programs work out anew whenever they like."""
_SKIPPED = frozenset(
    [*map(w, ("pPr", "rPr", "tblPr", "tcPr", "trPr", "sectPr", "sdtPr", "tblGrid", "rt", "del", "moveFrom", "delText")), f"{_MC}Fallback"]
)
_AS_TEXT = {w("tab"): "\t", w("ptab"): "\t", w("cr"): "\n", w("noBreakHyphen"): "\u2011", w("softHyphen"): "\u00ad"}
_NOTES = {w("footnoteReference"): ("footnotes", "footnote"), w("endnoteReference"): ("endnotes", "endnote")}
_OFF = ("0", "false", "off")
_CELLS, _ROW = "\x1c", "\x1d"


def paper_lines(package: Package) -> Iterator[ContentLine]:
    """Yield the body's paragraphs and rows of tables in their order, then text boxes, headers, footers and charts, each kind sorted."""
    main = package.main
    story = _Story(package, main)
    body = package.tree(main).find(w("body"))
    yield from (ContentLine("body", "", text) for text in story.lines(package.tree(main) if body is None else body))
    yield from (ContentLine("box", "", text) for text in sorted(story.boxes))
    for kind in ("header", "footer"):
        texts = {
            "\n".join([*(part := _Story(package, name)).lines(package.tree(name)), *sorted(part.boxes)]) for name in shown(package, kind)
        }
        yield from (ContentLine(kind, "", text) for text in sorted(filter(None, texts)))
    yield from (ContentLine("chart", "", text) for text in charts_of(package, main, _charts_seen(package.tree(main))))


def _charts_seen(root: etree._Element) -> set[str]:
    """Return the ids of the arrows to charts that stand in the paper; a deleted one may leave its part behind."""
    found = (
        node for node in root.iter(f"{{{C}}}chart", f"{{{CX}}}chart") if next(node.iterancestors(w("del"), w("moveFrom")), None) is None
    )
    return {node.get(ARROW_ID, "") for node in found}


def shown(package: Package, kind: str) -> list[str]:
    """Return the headers (or footers) that some page can show."""
    body, settings = package.tree(package.main), package.first("settings", package.main)
    arrows = {arrow.id: arrow.target for arrow in package.relationships(package.main) if not arrow.external}
    both = settings and _is_on(package.tree(settings).find(w("evenAndOddHeaders")))
    found = dict[str, None]()
    earlier = dict[str, str]()
    for section in body.iter(w("sectPr")):
        earlier |= {node.get(_TYPE, "default"): node.get(ARROW_ID, "") for node in section.findall(w(f"{kind}Reference"))}
        types = ["default", *(["first"] if _is_on(section.find(w("titlePg"))) else []), *(["even"] if both else [])]
        found |= dict.fromkeys(arrows.get(earlier[name], "") for name in types if name in earlier)
    return [name for name in found if name in package.parts]


def _is_on(node: etree._Element | None) -> bool:
    return node is not None and node.get(_VAL, "1") not in _OFF


class _Story:
    """One part of a paper. `boxes` are the texts of text boxes met on the way; `fields` the fields open, each as [instruction, state]."""

    def __init__(self, package: Package, part: str) -> None:
        self.package, self.part = package, part
        self.boxes: list[str] = []
        self.fields: list[list[str]] = []
        self.carried = ""

    def lines(self, node: etree._Element) -> Iterator[str]:
        """Yield the filled paragraphs and rows directly in a node, those in content controls too."""
        for child in node:
            if child.tag == PARAGRAPH:
                text = self.carried + self.text(child)
                joined = child.find(f"{w('pPr')}/{w('rPr')}/{w('del')}") is not None
                self.carried = text if joined else ""
                if text and not joined:
                    yield text
            elif child.tag == TABLE:
                yield from filter(None, map(self._row, inside(child, ROW)))
            elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
                yield from self.lines(child)
        if node.tag in (w("body"), CELL, _BOX) and self.carried:
            text, self.carried = self.carried, ""
            yield text

    def _row(self, row: etree._Element) -> str:
        """Return a row as its filled cells, each with the column of the grid in which it begins."""
        if row.find(f"{w('trPr')}/{w('del')}") is not None:
            return ""
        before = row.find(f"{w('trPr')}/{w('gridBefore')}")
        column, cells = 0 if before is None else grid_columns(before), []
        for cell in inside(row, CELL):
            text = "\n".join(self.lines(cell))
            if text:
                cells.append(f"{column}{_CELLS}{text}")
            column += grid_columns(cell)
        return _ROW.join(cells)

    def text(self, paragraph: etree._Element) -> str:
        """Return the text of one paragraph; its text boxes go to `boxes`."""
        found = list[str]()
        depth = len(self.fields)
        self._walk(paragraph, found)
        for field in self.fields[depth:]:  # a field that does not end must not hide the rest
            field[1] = ""
        return "".join(found)

    def _walk(self, node: etree._Element, found: list[str]) -> None:
        for child in node:
            tag = child.tag
            if tag == w("fldChar"):
                self._field(child.get(w("fldCharType"), ""))
            elif tag == _INSTRUCTION:
                if self.fields:
                    self.fields[-1][0] += child.text or ""
            elif tag == _BOX:
                self.boxes += filter(None, ["\n".join(_Story(self.package, self.part).lines(child))])
            elif tag == w("fldSimple") and _AT_ANY_TIME.match(child.get(w("instr"), "")) or tag in _SKIPPED or not isinstance(tag, str):
                continue
            elif not any(state for _, state in self.fields):
                self._add(child, found)
            elif len(child):
                self._walk(child, found)

    def _add(self, child: etree._Element, found: list[str]) -> None:
        tag = child.tag
        if tag in (w("t"), f"{_M}t"):
            found.append(child.text or "")
        elif tag in _AS_TEXT:
            found.append(_AS_TEXT[tag])
        elif tag == w("br"):
            found.append("\n" if child.get(_TYPE, "textWrapping") == "textWrapping" else "")
        elif tag == w("sym"):
            found.append(_symbol(child.get(w("char"), "")))
        elif tag in _NOTES:
            found.append(self._note(child))
        else:
            self._walk(child, found)

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self.fields.append(["", ""])
        elif kind == "separate" and self.fields:
            self.fields[-1][1] = "muted" if _AT_ANY_TIME.match(self.fields[-1][0]) else ""
        elif kind == "end" and self.fields:
            self.fields.pop()

    def _note(self, reference: etree._Element) -> str:
        """Return the text of a note at its reference: programs number notes as they like."""
        kind, tag = _NOTES[reference.tag]
        part = self.package.first(kind, self.package.main)
        notes = self.package.tree(part).iter(w(tag)) if part else ()
        note = next((one for one in notes if one.get(w("id")) == reference.get(w("id"))), None)
        return f"［{'／'.join(_Story(self.package, part).lines(note)).strip()}］" if note is not None else ""


def _symbol(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
