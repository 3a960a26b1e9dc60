"""Texts and numbers of charts, and texts of shapes."""

from __future__ import annotations

from collections.abc import Container, Iterator

from lxml import etree

from officefill.excel.cell_text import plain_number
from officefill.ooxml.namespaces import CX, A, C
from officefill.ooxml.package import Package

_A, _C, _CX = f"{{{A}}}", f"{{{C}}}", f"{{{CX}}}"
_SERIES, _VALUES, _POINTS = "\x1d", ("val", "yVal", "xVal", "bubbleSize"), f"{_C}pt"


def charts_of(package: Package, source: str, seen: Container[str] | None = None) -> list[str]:
    """Return the texts of the charts that a part points to, sorted: programs number and order charts as they like. `seen`: only these arrows."""
    arrows = (arrow for arrow in package.relationships(source) if arrow.kind in ("chart", "chartEx") and arrow.target in package.parts)
    return sorted(filter(None, (chart_text(package.tree(arrow.target)) for arrow in arrows if seen is None or arrow.id in seen)))


def chart_text(root: etree._Element) -> str:
    """Return a chart's titles and labels, then each series: its name, its categories, its numbers."""
    series = sorted(_SERIES.join(_series(node)) for node in root.iter(f"{_C}ser"))
    outside = (node for node in root.iter(f"{_A}p") if next(node.iterancestors(f"{_C}ser"), None) is None)
    titles = sorted(filter(None, map(paragraph_text, outside)))
    titles += ["|".join(_points(node, numeric=False)) for node in root.iter(f"{_C}title") if node.find(f"{_C}tx/{_C}strRef") is not None]
    newer = [node.text or "" for node in root.iter(f"{_CX}pt", f"{_CX}v")]
    return "\n".join([*titles, *series, *newer])


def _series(node: etree._Element) -> Iterator[str]:
    yield "|".join(_points(node.find(f"{_C}tx"), numeric=False)) or (node.findtext(f"{_C}tx/{_C}v") or "")
    yield "|".join(_points(node.find(f"{_C}cat"), numeric=True))
    for name in _VALUES:
        yield "|".join(_points(node.find(f"{_C}{name}"), numeric=True))
    yield "|".join(filter(None, map(paragraph_text, node.iter(f"{_A}p"))))


def _points(node: etree._Element | None, *, numeric: bool) -> list[str]:
    """Return the filled points of a copy of cells, with their numbers; a level of categories after the other."""
    if node is None:
        return []
    points = ((point.get("idx", ""), (point.findtext(f"{_C}v") or "").strip()) for point in node.iter(_POINTS))
    return [f"{at}:{plain_number(text) if numeric else text}" for at, text in points if text]


def paragraph_text(node: etree._Element) -> str:
    """Return the text of one paragraph of a drawing."""
    return "".join("\n" if piece.tag == f"{_A}br" else piece.text or "" for piece in node.iter(f"{_A}t", f"{_A}br"))
