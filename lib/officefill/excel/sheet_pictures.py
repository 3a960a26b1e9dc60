"""Pictures in the cells of a sheet: each is anchored at its cell in the sheet's drawing, beside what is drawn there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from lxml import etree

from officefill.excel.cells import S, column_of
from officefill.ooxml.package import (
    TYPES,
    Package,
    declare,
    no_relationships,
    part_bytes,
    relationships_name,
    with_relationships,
    write_xml,
)
from officefill.ooxml.pictures import ARROW, Picture

_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"
_AFTER_DRAWING = {f"{{{S}}}{name}" for name in ("legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls")}
_AFTER_DRAWING |= {f"{{{S}}}{name}" for name in ("webPublishItems", "tableParts", "extLst")}


@dataclass(frozen=True)
class Placed:
    """A picture, the cell it is in (column letters, row), and what it is called for those who cannot see it."""

    picture: Picture
    column: str
    row: str
    words: str


def settle_drawing(package: Package, sheet: str, tree: etree._Element, application: str) -> str:
    """The drawing of a sheet, made and declared if it has none. PNG is declared, too."""
    found = package.related("drawing", sheet)
    types = package.tree(TYPES)
    declare(types, extension="png", kind="image/png")
    name = found[0] if found else f"xl/drawings/{application}-{sheet.rsplit('/', 1)[-1]}"
    if not found:
        package.parts[name] = part_bytes(f'<xdr:wsDr xmlns:xdr="{_XDR}" xmlns:a="{_A}">\n</xdr:wsDr>')
        declare(types, part=name, kind=_DRAWING_TYPE)
        arrows, arrow = relationships_name(sheet), f"{application}Drawing"
        root = package.tree(arrows) if arrows in package.parts else no_relationships()
        package.parts[arrows] = with_relationships(root, {arrow: (f"{_R}/drawing", f"/{name}")})
        drawing = etree.Element(f"{{{S}}}drawing", {f"{{{_R}}}id": arrow}, nsmap={"r": _R})
        after = next((child for child in tree if child.tag in _AFTER_DRAWING), None)
        tree.append(drawing) if after is None else after.addprevious(drawing)
    package.parts[TYPES] = part_bytes(write_xml(types))
    return name


def next_number(root: etree._Element) -> int:
    """The first number that no shape of a drawing has."""
    return max((int(node.get("id", "0")) for node in root.iter("{*}cNvPr") if node.get("id", "").isdecimal()), default=0) + 1


def with_pictures(drawing: str, shown: Iterable[Placed], number: int) -> str:
    """A drawing written out, with pictures added; their shapes are numbered from `number`."""
    before, end, name = drawing.rpartition("</")
    return before + "".join(_anchor(each, number + k) for k, each in enumerate(shown)) + end + name


def picture_parts(package: Package, drawing: str, shown: Iterable[Placed]) -> Mapping[str, bytes]:
    """The parts that pictures in a drawing need: each picture once, and the arrows to them."""
    pictures = {each.picture.name: each.picture for each in shown}
    arrows = relationships_name(drawing)
    root = etree.fromstring(package.parts[arrows]) if arrows in package.parts else no_relationships()
    added = {name: (ARROW, f"/xl/media/{name}.png") for name in pictures}
    return {arrows: with_relationships(root, added), **{f"xl/media/{name}.png": picture.data for name, picture in pictures.items()}}


def _anchor(shown: Placed, number: int) -> str:
    """One picture as large as it is meant to be, its corner in that of its cell. Source: ECMA-376 part 1, 20.5.2.24 (oneCellAnchor)."""
    size = f'cx="{shown.picture.width}" cy="{shown.picture.height}"'
    about = f'id="{number}" name="Picture {number}" descr={quoteattr(shown.words)}'
    return (
        f'<xdr:oneCellAnchor xmlns:xdr="{_XDR}" xmlns:a="{_A}" xmlns:r="{_R}">'
        f"<xdr:from><xdr:col>{column_of(shown.column) - 1}</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{int(shown.row) - 1}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext {size}/>"
        f'<xdr:pic><xdr:nvPicPr><xdr:cNvPr {about}/><xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="{shown.picture.name}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        f'<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr>'
        "</xdr:pic><xdr:clientData/></xdr:oneCellAnchor>"
    )
