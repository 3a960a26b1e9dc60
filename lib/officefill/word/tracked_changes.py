"""Tracked changes of a Word file: seen, accepted or rejected all at once."""

from __future__ import annotations

from lxml import etree

from officefill.ooxml.namespaces import w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import CELL, PARAGRAPH, ROW, TABLE

INSERTED, DELETED = (w("ins"), w("moveTo")), (w("del"), w("moveFrom"))
_FORMS = tuple(w(f"{name}PrChange") for name in ("p", "r", "sect", "tbl", "tblGrid", "tc", "tr", "tblPrEx")) + (w("numberingChange"),)
_CELLS = (w("cellIns"), w("cellDel"), w("cellMerge"))
_RANGES = tuple(
    w(f"{kind}Range{end}") for kind in ("moveFrom", "moveTo", "customXmlInsRange", "customXmlDelRange") for end in ("Start", "End")
)
_P_MARK = f"{w('pPr')}/{w('rPr')}"


def story_parts(package: Package) -> list[str]:
    """Return the parts of a Word file that hold paragraphs of the paper: body, headers, footers, notes."""
    main = package.main
    return list(
        dict.fromkeys([main, *(name for kind in ("header", "footer", "footnotes", "endnotes") for name in package.related(kind, main))])
    )


def has_changes(package: Package) -> bool:
    """Return True where a change of text is tracked that nobody has accepted or rejected."""
    return any(next(package.tree(part).iter(*INSERTED, *DELETED), None) is not None for part in story_parts(package))


def accept_all(root: etree._Element) -> None:
    """Make every tracked change of a part: what was inserted stays, what was deleted goes."""
    _settle(root, INSERTED, DELETED)
    for node in list(root.iter(*_FORMS)):
        node.getparent().remove(node)


def reject_all(root: etree._Element) -> None:
    """Undo every tracked change of a part: what was inserted goes, what was deleted is back, forms are the old ones."""
    _settle(root, DELETED, INSERTED)
    for text in root.iter(w("delText"), w("delInstrText")):
        text.tag = w("t") if text.tag == w("delText") else w("instrText")
    for change in list(root.iter(*_FORMS)):
        _restore(change)


def _settle(root: etree._Element, kept: tuple[str, ...], dropped: tuple[str, ...]) -> None:
    for row in [row for row in root.iter(ROW) if any(row.find(f"{w('trPr')}/{tag}") is not None for tag in dropped)]:
        row.getparent().remove(row)
    for table in [table for table in root.iter(TABLE) if table.find(f".//{ROW}") is None]:
        table.getparent().remove(table)
    ended = [p for p in root.iter(PARAGRAPH) if any(p.find(f"{_P_MARK}/{tag}") is not None for tag in dropped)]
    for node in [node for node in root.iter(*dropped) if node.getparent().tag not in (w("rPr"), w("trPr"))]:
        if node.getparent() is not None:
            node.getparent().remove(node)
    for paragraph in reversed(ended):
        _join(paragraph)
    for node in list(root.iter(*kept, *dropped, *_RANGES, *_CELLS)):
        parent = node.getparent()
        at = parent.index(node)
        for child in reversed(node):
            parent.insert(at + 1, child)
        parent.remove(node)


def _join(paragraph: etree._Element) -> None:
    """Join a paragraph whose mark goes with the next one, which keeps its own form; a paragraph without any text goes."""
    content = [node for node in paragraph if node.tag != w("pPr")]
    following = next((node for node in paragraph.itersiblings() if node.tag in (PARAGRAPH, TABLE)), None)
    if following is not None and following.tag == PARAGRAPH:
        form = following.find(w("pPr"))
        at = 0 if form is None else following.index(form) + 1
        for node in reversed(content):
            following.insert(at, node)
    elif any(node.tag == w("r") for node in content) or _is_needed(paragraph):
        mark = paragraph.find(_P_MARK)
        for node in [node for node in mark if node.tag in (*INSERTED, *DELETED)]:
            mark.remove(node)
        return
    paragraph.getparent().remove(paragraph)


def _is_needed(paragraph: etree._Element) -> bool:
    """Return True for the only paragraph of a cell, or one that must stand behind a table there."""
    parent = paragraph.getparent()
    last = [node for node in parent if node.tag in (PARAGRAPH, TABLE)]
    return parent.tag == CELL and last[-1] is paragraph and (len(last) == 1 or last[-2].tag == TABLE)


def _restore(change: etree._Element) -> None:
    """Put the old form back that a change of form holds."""
    form, old = change.getparent(), next(iter(change), None)
    if form is None:
        return
    kept = [node for node in form if node.tag in (w("rPr"), w("sectPr")) and form.tag == w("pPr")]
    for node in list(form):
        form.remove(node)
    form.extend([*(old if old is not None else []), *kept])
