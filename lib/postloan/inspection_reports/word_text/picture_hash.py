"""The fingerprints of a picture: the SHA-256 of its bytes and, of a photograph, the 64-bit dHash of its content.

A dHash has one bit for each of 8 x 8 places: the picture gets clearly brighter to the right there. It survives saving, another size and
other colours, but not turning or much cropping. Good thresholds depend on the pictures (traps section 1, 37): a dHash is a hint only.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from officefill.ooxml.zip_gate import Refused

from postloan.inspection_reports.word_text.word_file import WordFile

if TYPE_CHECKING:
    from PIL import Image

NEAR = 5
"""The most different bits, of 64, between the hashes of similar pictures."""
SMALLEST = 64
"""The shortest side of a photograph in pixels; a smaller picture is an icon."""
MOST_PIXELS = 64 << 20
"""The largest picture that is unpacked. A JPEG is unpacked to an eighth of each side, so every camera's picture fits."""
CLEAR = 2
"""The smallest step in brightness, of 256, from one place to the next: saving again could reverse a smaller one in a sky or a wall."""
LEAST_BITS = 10
"""The least bits set, and the least not set, in a hash: with fewer a dark or white page would be similar to every other."""

_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")


class PictureHash(NamedTuple):
    """The fingerprints of a picture: name of its part, SHA-256 (None for unreadable bytes), dHash (None for a picture without one)."""

    name: str
    sha256: str | None
    dhash: int | None


def picture_hashes(file: WordFile, left_out: Container[str] = (), form: Sequence[PictureHash] = ()) -> Iterator[PictureHash]:
    """Yield the pictures of a file in order of name, without icons, without the names in `left_out`, and without pictures equal or similar
    to one of the blank `form`."""
    members = {member.filename: member for member in file.media() if member.filename not in left_out}
    for name in sorted(members):
        try:
            content = file.picture(members[name])
        except Refused:
            yield PictureHash(name, None, None)
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        if any(sha256 == other.sha256 for other in form):
            continue
        dhash, is_icon = hash_picture(content)
        if not is_icon and not any(near(dhash, other.dhash) for other in form):
            yield PictureHash(name, sha256, dhash)


def near(one: int | None, other: int | None) -> bool:
    """Return True if two pictures are similar; a picture without a dHash is similar to none."""
    return one is not None and other is not None and (one ^ other).bit_count() <= NEAR


def hash_picture(content: bytes) -> tuple[int | None, bool]:
    """Return the dHash of a picture, and True for an icon. No dHash: flat, damaged, too large, or of an unknown format (EMF, WMF)."""
    # Most reports have no pictures and need no Pillow. Named one by one, it does not load all its formats.
    from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin  # noqa: F401

    # Each damage has its own exception, and a picture must not cost its report.
    with suppress(Exception), Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if min(picture.size) < SMALLEST:
            return None, True
        picture.draft("L", (SMALLEST, SMALLEST))  # a JPEG is unpacked small and grey
        if picture.width * picture.height <= MOST_PIXELS:
            return dhash_of(picture), False
    return None, False


def dhash_of(picture: Image.Image) -> int | None:
    """Return the dHash of an opened picture, turned as its camera was held; None for a flat picture."""
    from PIL import Image, ImageOps

    ImageOps.exif_transpose(picture, in_place=True)
    grey = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    brighter = [grey[place + 1] - grey[place] >= CLEAR for row in range(0, 72, 9) for place in range(row, row + 8)]
    if not LEAST_BITS <= sum(brighter) <= len(brighter) - LEAST_BITS:
        return None
    return sum(bit << place for place, bit in enumerate(brighter))
