"""Pictures in the cells of a sheet: each is anchored at its cell in the sheet's drawing, beside what is drawn there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from lxml import etree

from officefill.excel.cells import column_of
from officefill.ooxml.namespaces import ARROW_ID, XDR, A, R, insert_before, s
from officefill.ooxml.package import Package, part_bytes, relationships_name, with_relationships
from officefill.ooxml.pictures import ARROW, Picture

_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"
_AFTER_DRAWING = [s(name) for name in ("legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls")]
_AFTER_DRAWING += [s(name) for name in ("webPublishItems", "tableParts", "extLst")]


@dataclass(frozen=True)
class Placed:
    """A picture, the cell it is in (column letters, row), and what it is called for those who cannot see it."""

    picture: Picture
    column: str
    row: str
    words: str


def settle_drawing(package: Package, sheet: str, tree: etree._Element, application: str) -> str:
    """Return the drawing of a sheet, made and declared if it has none. PNG is declared, too."""
    package.declare("image/png", extension="png")
    if found := package.first("drawing", sheet):
        return found
    name, arrow = f"xl/drawings/{application}-{sheet.rsplit('/', 1)[-1]}", f"{application}Drawing"
    package.parts[name] = part_bytes(f'<xdr:wsDr xmlns:xdr="{XDR}" xmlns:a="{A}">\n</xdr:wsDr>')
    package.declare(_DRAWING_TYPE, part=name)
    package.add_arrow(sheet, arrow, f"{R}/drawing", f"/{name}")
    insert_before(tree, etree.Element(s("drawing"), {ARROW_ID: arrow}, nsmap={"r": R}), _AFTER_DRAWING)
    return name


def next_number(root: etree._Element) -> int:
    """The first number that no shape of a drawing has."""
    return max((int(node.get("id", "0")) for node in root.iter("{*}cNvPr") if node.get("id", "").isdecimal()), default=0) + 1


def with_pictures(drawing: str, shown: Iterable[Placed], number: int) -> str:
    """A drawing written out, with pictures added; their shapes are numbered from `number`."""
    before, end, name = drawing.rpartition("</")
    return before + "".join(_anchor(each, number + k) for k, each in enumerate(shown)) + end + name


def picture_parts(package: Package, drawing: str, shown: Iterable[Placed]) -> Mapping[str, bytes]:
    """Return the parts that pictures in a drawing need: each picture once, and the arrows to them."""
    pictures = {each.picture.name: each.picture for each in shown}
    added = {name: (ARROW, f"/xl/media/{name}.png") for name in pictures}
    arrows = with_relationships(deepcopy(package.arrows(drawing)), added)
    return {relationships_name(drawing): arrows, **{f"xl/media/{name}.png": picture.data for name, picture in pictures.items()}}


def _anchor(shown: Placed, number: int) -> str:
    """One picture as large as it is meant to be, its corner in that of its cell. Source: ECMA-376 part 1, 20.5.2.24 (oneCellAnchor)."""
    size = f'cx="{shown.picture.width}" cy="{shown.picture.height}"'
    about = f'id="{number}" name="Picture {number}" descr={quoteattr(shown.words)}'
    return (
        f'<xdr:oneCellAnchor xmlns:xdr="{XDR}" xmlns:a="{A}" xmlns:r="{R}">'
        f"<xdr:from><xdr:col>{column_of(shown.column) - 1}</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{int(shown.row) - 1}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext {size}/>"
        f'<xdr:pic><xdr:nvPicPr><xdr:cNvPr {about}/><xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="{shown.picture.name}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        f'<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr>'
        "</xdr:pic><xdr:clientData/></xdr:oneCellAnchor>"
    )
