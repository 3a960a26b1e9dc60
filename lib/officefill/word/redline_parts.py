"""Pieces of one Word file made fit to stand in another: the parts, notes and styles that they need come along."""

from __future__ import annotations

import posixpath
from copy import deepcopy

from lxml import etree

from officefill.comments.note import free_name
from officefill.ooxml.namespaces import R, w
from officefill.ooxml.package import Package, Relationship
from officefill.word.redline_keys import NOTES, Source, plain

_R = f"{{{R}}}"
_FIRST_DRAWING = 800_000
_STYLES = (w("pStyle"), w("rStyle"), w("tblStyle"))


def bring_along(node: etree._Element, source: Source, target: Source) -> etree._Element:
    """Return a copy of a node of `source` that can stand in `target`: its pictures, charts, notes, links and styles are there."""
    copy = plain(node)
    arrows = {arrow.id: arrow for arrow in source.package.relationships(source.part)}
    for piece in list(copy.iter("*")):
        for name in [name for name in piece.attrib if name.startswith(_R)]:
            if arrow := arrows.get(piece.get(name, "")):
                piece.set(name, _arrow(arrow, source.package, target))
        if etree.QName(piece).localname == "docPr":  # two drawings of one number are one to some programs
            piece.set("id", str(_FIRST_DRAWING + target.drawings()))
        if piece.tag in NOTES:
            piece.set(w("id"), _note(piece, source, target))
        if piece.tag in _STYLES:
            _style(piece.get(w("val"), ""), source.package, target.package)
    return copy


def _arrow(arrow: Relationship, package: Package, target: Source) -> str:
    """Return the id of an arrow of `target` to the same place, made where there is none."""
    there, into = target.package, arrow.target
    if not arrow.external:
        same = next((name for name, data in there.parts.items() if data == package.parts[into] and name.startswith("word/")), "")
        into = same or _copy_part(into, package, there)
    for other in there.relationships(target.part):
        if other.target == into and other.type == arrow.type:
            return other.id
    taken = {node.get("Id") for node in there.arrows(target.part)}
    identifier = next(f"rIdOld{number}" for number in range(1, len(taken) + 2) if f"rIdOld{number}" not in taken)
    there.add_arrow(target.part, identifier, arrow.type, into if arrow.external else f"/{into}")
    target.__dict__.pop("arrows", None)  # it has one more
    return identifier


def _copy_part(name: str, package: Package, there: Package) -> str:
    """Copy a part with all that it points to; return its new name."""
    folder, base = posixpath.split(name)
    stem, dot, extension = base.rpartition(".")
    new = free_name(there, f"{folder}/{stem.rstrip('0123456789')}{{number}}{dot}{extension}")
    there.parts[new] = package.parts[name]
    there.declare(package.content_type(name), part=new)
    for arrow in package.relationships(name):
        into = arrow.target if arrow.external else f"/{_copy_part(arrow.target, package, there)}"
        there.add_arrow(new, arrow.id, arrow.type, into)
    return new


def _note(reference: etree._Element, source: Source, target: Source) -> str:
    """Return the id of a note of `target` with the same text, made where there is none."""
    kind, tag = NOTES[reference.tag]
    note, there = source.note(reference), target.package
    if note is None:
        return reference.get(w("id"), "")
    part = there.first(kind, there.main)
    if not part:
        old = source.package.first(kind, source.package.main)
        part = _copy_part(old, source.package, there)
        there.add_arrow(there.main, f"rIdOld{kind}", f"{R}/{kind}", f"/{part}")
        return reference.get(w("id"), "")
    root, text = there.tree(part), source.note_text(reference)
    for other in root.iter(w(tag)):
        like = deepcopy(reference)
        like.set(w("id"), other.get(w("id"), ""))
        if other.get(w("type")) is None and target.note_text(like) == text:
            return other.get(w("id"), "")
    copy = deepcopy(note)
    number = max((int(other.get(w("id"), "0")) for other in root.iter(w(tag))), default=0) + 1
    copy.set(w("id"), str(number))
    root.append(copy)
    there.save(part)
    return str(number)


def _style(name: str, package: Package, there: Package) -> None:
    """Add a style that the new file has not."""
    ours, theirs = there.first("styles", there.main), package.first("styles", package.main)
    if not name or not ours or not theirs:
        return
    root = there.tree(ours)
    if any(node.get(w("styleId")) == name for node in root.iter(w("style"))):
        return
    if (found := next((node for node in package.tree(theirs).iter(w("style")) if node.get(w("styleId")) == name), None)) is not None:
        root.append(deepcopy(found))
        there.save(ours)
