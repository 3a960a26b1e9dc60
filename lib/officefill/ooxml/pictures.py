"""Pictures in a paper: PNG only, as wide as the template says, each stored once."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import quoteattr

from officefill.messages import tr
from officefill.ooxml.namespaces import A, R, W

MOST_PIXELS = 10_000
_MOST_CM = 50
_EMU_PER_CM = 360_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
IMAGE_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp", "emf": "image/x-emf"}
IMAGE_TYPES |= {"wmf": "image/x-wmf", "tiff": "image/tiff", "tif": "image/tiff", "svg": "image/svg+xml"}
ARROW = f"{R}/image"
_WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"


class Picture:
    """A checked PNG, the width it is to have, and the name of its part, which begins with `prefix`."""

    def __init__(self, data: bytes, width_cm: Decimal | int, prefix: str) -> None:
        across, down = png_size(data)
        self.data = data
        self.width = int(width_cm * _EMU_PER_CM)
        self.height = max(1, self.width * down // across)
        self.name = f"{prefix}-{hashlib.sha256(data).hexdigest()[:20]}"


def png_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels from the head of a PNG. Raises `ValueError` for another file and for one too large to be meant."""
    if data[:8] != _SIGNATURE or data[12:16] != b"IHDR" or len(data) < 45 or data[-8:-4] != b"IEND":
        raise ValueError(tr("this is no PNG picture"))
    across, down = struct.unpack(">2L", data[16:24])
    if not (0 < across <= MOST_PIXELS and 0 < down <= MOST_PIXELS):
        what = tr("the picture is {across} × {down} pixels, at most {most} are allowed", across=across, down=down, most=MOST_PIXELS)
        raise ValueError(what)
    return across, down


def picture_filter(prefix: str = "") -> Callable[[Any, Any], Picture]:
    """Return the filter `chart|picture(15)`: bytes of a PNG, its width on paper in cm. Names of pictures' parts begin with `prefix`."""

    def picture(value: Any, width_cm: Any) -> Picture:
        if value is None:
            raise TypeError(tr("there is no picture, since the data have nothing to draw; put it between {% if … %} and {% endif %}"))
        if type(value) is not bytes:
            raise TypeError(tr("this is no PNG picture"))
        if type(width_cm) not in (int, Decimal) or not 0 < width_cm <= _MOST_CM:
            raise ValueError(tr("the width of a picture is a number of cm up to {most}", most=_MOST_CM))
        return Picture(value, width_cm, prefix)

    return picture


def drawing(shown: Picture, relationship: str, number: int, words: str) -> str:
    """Return the inline drawing of a picture. Source: ECMA-376 part 1, 20.4.2.8."""
    words = quoteattr(words)
    return (
        f'<w:drawing xmlns:w="{W}"><wp:inline xmlns:wp="{_WP}" distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{shown.width}" cy="{shown.height}"/><wp:docPr id="{number}" name="Picture {number}" descr={words}/>'
        f'<wp:cNvGraphicFramePr><a:graphicFrameLocks xmlns:a="{A}" noChangeAspect="1"/></wp:cNvGraphicFramePr>'
        f'<a:graphic xmlns:a="{A}"><a:graphicData uri="{_PIC}"><pic:pic xmlns:pic="{_PIC}">'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="Picture {number}" descr={words}/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip xmlns:r="{R}" r:embed="{relationship}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{shown.width}" cy="{shown.height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>'
    )
