"""Pictures for tests: scenes as a customer manager would photograph them, drawn by chance, and what people do to a photograph."""

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter


def scene(seed: int, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """A yard or a hall: sky or ceiling, ground, buildings or shelves, some things in front, grain as of a camera."""
    chance = random.Random(seed)
    width, height = size
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    horizon = int(height * chance.uniform(0.25, 0.65))
    for top, bottom in ((0, horizon), (horizon, height)):
        shade, slope = chance.randint(60, 230), chance.uniform(-0.1, 0.1)
        for row in range(top, bottom, 4):
            draw.rectangle((0, row, width, row + 4), _colour(chance, shade + slope * (row - top)))
    for _ in range(chance.randint(4, 9)):
        left, across, tall = chance.randint(-100, width), chance.randint(width // 12, width // 3), chance.randint(height // 8, height // 2)
        top = horizon - chance.randint(0, tall)
        draw.rectangle((left, top, left + across, top + tall), _colour(chance, chance.randint(20, 240)))
        for window in range(left + 15, left + across - 30, 45):
            draw.rectangle((window, top + 15, window + 22, top + 45), _colour(chance, chance.randint(20, 240)))
    for _ in range(chance.randint(3, 8)):
        x, y, wide = chance.randint(0, width), chance.randint(horizon, height), chance.randint(40, width // 5)
        draw.ellipse((x, y, x + wide, y + wide * chance.uniform(0.4, 1.2)), _colour(chance, chance.randint(10, 245)))
    return grainy(picture.filter(ImageFilter.GaussianBlur(2)), seed)


def _colour(chance: random.Random, shade: float) -> tuple[int, ...]:
    return tuple(min(255, max(0, int(shade) + chance.randint(-12, 12))) for _ in range(3))


def grainy(picture: Image.Image, seed: int, strength: float = 0.06) -> Image.Image:
    """With the noise of a camera."""
    noise = Image.frombytes("RGB", (256, 256), random.Random(-seed).randbytes(3 * 256 * 256)).resize(picture.size, Image.Resampling.NEAREST)
    return Image.blend(picture, noise, strength)


def dark(seed: int, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """A picture taken at night: nothing but noise."""
    return grainy(Image.new("RGB", size, (14, 12, 16)), seed)


def paper(seed: int, size: tuple[int, int] = (900, 1270)) -> Image.Image:
    """A scan of the same printed form, filled in by chance."""
    chance = random.Random(seed)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((300, 60, 600, 100), "black")
    for row in range(160, 1200, 40):
        draw.rectangle((80, row, 220, row + 14), (60, 60, 60))
        draw.rectangle((240, row, 240 + chance.randint(20, 560), row + 14), (60, 60, 60))
    return picture


def logo(size: tuple[int, int] = (240, 120)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for i, colour in enumerate(("red", "navy", "orange", "gray")):
        draw.ellipse((10 + 55 * i, 20 + 10 * i, 70 + 55 * i, 80 + 10 * i), colour)
    return picture


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def cropped(picture: Image.Image, share: float) -> Image.Image:
    """Without that share of each side."""
    width, height = picture.size
    return picture.crop((int(width * share), int(height * share), int(width * (1 - share)), int(height * (1 - share))))


def brighter(picture: Image.Image) -> Image.Image:
    return picture.point(lambda shade: min(255, int(shade * 1.15 + 8)))


def dated(picture: Image.Image) -> Image.Image:
    """With a date stamped into the corner."""
    width, height = picture.size
    stamped = picture.copy()
    ImageDraw.Draw(stamped).text((int(width * 0.72), int(height * 0.94)), "2014-06-28 10:31", "yellow", font_size=height // 28)
    return stamped


ALTERED: dict[str, Callable[[Image.Image], bytes]] = {
    "saved again as JPEG 60": lambda picture: saved(picture, quality=60),
    "saved again as JPEG 20": lambda picture: saved(picture, quality=20),
    "a third of the size": lambda picture: saved(picture.resize((picture.width // 3, picture.height // 3)), quality=75),
    "stretched": lambda picture: saved(picture.resize((1000, 1000)), quality=75),
    "as PNG": lambda picture: saved(picture, "PNG"),
    "brighter": lambda picture: saved(brighter(picture), quality=75),
    "grey": lambda picture: saved(picture.convert("L"), quality=75),
    "a date stamped in": lambda picture: saved(dated(picture), quality=75),
    "cropped by 1 % a side": lambda picture: saved(cropped(picture, 0.01), quality=75),
    "cropped by 2 % a side": lambda picture: saved(cropped(picture, 0.02), quality=75),
    "cropped by 5 % a side": lambda picture: saved(cropped(picture, 0.05), quality=75),
    "turned by 1 degree": lambda picture: saved(cropped(picture.rotate(1), 0.02), quality=75),
    "mirrored": lambda picture: saved(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=75),
}
"""What people do to a photograph before they use it again; the last some that a dHash is not made for."""
