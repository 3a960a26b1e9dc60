"""Comments of a Word file carried over into another version of it: answers, days and what is resolved come along."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from officefill.content.alignment import align
from officefill.ooxml.namespaces import w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import PARAGRAPH, RUN, text_of

_KINDS = ("comments", "commentsExtended", "commentsIds", "commentsExtensible", "people")
_ID, _REFERENCE = w("id"), w("commentReference")


def carry_comments(old: Package, new: Package) -> bool:
    """Put the comments of `old` beside the same paragraphs of `new`, or beside the one before. Return False where there is nothing to carry.

    A new file with comments of its own is left as it is.
    """
    if not old.first("comments", old.main) or new.first("comments", new.main):
        return False
    before, now = (list(package.tree(package.main).iter(PARAGRAPH)) for package in (old, new))
    if not now:
        return False
    place = 0
    for i, j in align([text_of(one) for one in before], [text_of(one) for one in now]):
        place = j if j is not None else place
        for number in _numbers(before[i]) if i is not None else ():
            _enclose(now[place], number)
    for kind in _KINDS:
        _copy(old, new, kind)
    new.save(new.main)
    return True


def _numbers(paragraph: etree._Element) -> list[str]:
    return [node.get(_ID, "") for node in paragraph.iter(_REFERENCE) if next(node.iterancestors(PARAGRAPH)) is paragraph]


def _enclose(paragraph: etree._Element, number: str) -> None:
    box = [above for above in paragraph.iterancestors(PARAGRAPH)]
    paragraph = box[-1] if box else paragraph
    begin, end = (paragraph.makeelement(w(f"commentRange{which}"), {_ID: number}) for which in ("Start", "End"))
    reference = etree.SubElement(paragraph.makeelement(RUN), _REFERENCE, {_ID: number}).getparent()
    form = paragraph.find(w("pPr"))
    paragraph.insert(0 if form is None else paragraph.index(form) + 1, begin)
    paragraph.extend((end, reference))


def _copy(old: Package, new: Package, kind: str) -> None:
    """Copy a part of this kind; links and pictures in comments stay behind."""
    arrow = next((arrow for arrow in old.relationships(old.main) if arrow.kind == kind and arrow.target in old.parts), None)
    if arrow is None or arrow.target in new.parts:
        return
    root = deepcopy(old.tree(arrow.target))
    for node in list(root.iter(w("hyperlink"), w("drawing"), w("pict"), w("object"))):
        parent = node.getparent()
        for child in list(node) if node.tag == w("hyperlink") else ():
            node.addprevious(child)
        parent.remove(node)
    new.trees[arrow.target] = root
    new.save(arrow.target)
    new.declare(old.content_type(arrow.target), part=arrow.target)
    new.add_arrow(new.main, f"rIdCarried{kind}", arrow.type, f"/{arrow.target}")
