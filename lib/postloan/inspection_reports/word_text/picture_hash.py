"""What is kept of a picture so that it is known again: the SHA-256 of its bytes and, of a photograph, the 64-bit dHash of what it shows.

A dHash says of 8 x 8 places whether it gets clearly brighter to the right. It outlives saving again, another size and other colours, not
turning or much cropping. Thresholds depend on the pictures (traps section 1, 37): it is a hint and never breaks a rule.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from postloan.inspection_reports.word_text.refused import Refused
from postloan.inspection_reports.word_text.word_file import WordFile

if TYPE_CHECKING:
    from PIL import Image

NEAR = 5
"""Two pictures whose hashes differ in no more of the 64 bits look alike."""
SMALLEST = 64
"""Pixels; a picture with a shorter side is an icon and no photograph."""
MOST_PIXELS = 64 << 20
"""A larger picture is not unpacked; of a JPEG an eighth of each side is, so that every camera's picture is within."""
CLEAR = 2
"""Shades of 256; a smaller step from one place to the next counts as none: in the sky or on a wall saving again would turn it round."""
LEAST_TOLD = 10
"""A hash with fewer of its 64 bits set, or fewer not set, tells too little: the dark and a white page would look like every other."""

_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")


class Look(NamedTuple):
    """A picture: name of its part, SHA-256 (None where its bytes cannot be read), dHash (None where it has none)."""

    name: str
    sha256: str | None
    dhash: int | None


def looks(file: WordFile, left_out: Container[str] = (), form: Sequence[Look] = ()) -> Iterator[Look]:
    """The pictures of a file in order of name, without icons, without those `left_out` by name and without what is, or looks
    like, a picture of the blank `form`."""
    members = {member.filename: member for member in file.media() if member.filename not in left_out}
    for name in sorted(members):
        try:
            content = file.picture(members[name])
        except Refused:
            yield Look(name, None, None)
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        if any(sha256 == other.sha256 for other in form):
            continue
        shown, is_icon = seen(content)
        if not is_icon and not any(near(shown, other.dhash) for other in form):
            yield Look(name, sha256, shown)


def near(one: int | None, other: int | None) -> bool:
    """Whether two pictures look alike; one without a dHash looks like none."""
    return one is not None and other is not None and (one ^ other).bit_count() <= NEAR


def seen(content: bytes) -> tuple[int | None, bool]:
    """The dHash of a picture and whether it is an icon. No dHash: flat, damaged, too large, or of a format we do not draw (EMF, WMF)."""
    # Most reports come without pictures: they do not pay for Pillow. Named one by one, it does not load all its formats.
    from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin  # noqa: F401

    # Each damage has its own exception, and a picture must not cost its report.
    with suppress(Exception), Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if min(picture.size) < SMALLEST:
            return None, True
        picture.draft("L", (SMALLEST, SMALLEST))  # a JPEG is unpacked small and grey
        if picture.width * picture.height <= MOST_PIXELS:
            return dhash(picture), False
    return None, False


def dhash(picture: Image.Image) -> int | None:
    """The dHash of an opened picture, turned as its camera was held; None where it is flat."""
    from PIL import Image, ImageOps

    ImageOps.exif_transpose(picture, in_place=True)
    grey = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    brighter = [grey[place + 1] - grey[place] >= CLEAR for row in range(0, 72, 9) for place in range(row, row + 8)]
    if not LEAST_TOLD <= sum(brighter) <= len(brighter) - LEAST_TOLD:
        return None
    return sum(bit << place for place, bit in enumerate(brighter))
