"""Pictures of single pieces, cut out of a slide that shows nothing but them. Blocks; writes files."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from pressrun.slide_shapes import PieceShape
from pressrun.slide_texts import SlideBox

_JPEG_QUALITY = 92  # for what nothing shines through: letters keep their edges
_SMALL_BYTES = 40_000  # a PNG up to this is kept as it is


def cut_out(png: bytes, pieces: Iterable[PieceShape], zoom: float, name: Path) -> dict[int, tuple[Path, SlideBox]]:
    """By its number, each piece of which anything is seen: a file whose name begins with `name`, and where it is.

    `png` shows the pieces on nothing, `zoom` pixels for each CSS px.
    """
    found: dict[int, tuple[Path, SlideBox]] = {}
    with Image.open(io.BytesIO(png)) as opened:
        slide = opened.convert("RGBA")
    for piece in pieces:
        box = piece.box
        left, top = round(box.left * zoom), round(box.top * zoom)
        right, bottom = round((box.left + box.width) * zoom), round((box.top + box.height) * zoom)
        part = slide.crop((max(0, left), max(0, top), min(slide.width, right), min(slide.height, bottom)))
        seen = part.getchannel("A").getbbox() if part.width and part.height else None
        if seen is None:
            continue
        x, y = max(0, left) + seen[0], max(0, top) + seen[1]
        place = SlideBox(
            left=x / zoom, top=y / zoom, width=(seen[2] - seen[0]) / zoom, height=(seen[3] - seen[1]) / zoom
        )
        found[piece.number] = (_written(part.crop(seen), name.with_name(f"{name.name}-{piece.number}")), place)
    return found


def _written(part: Image.Image, name: Path) -> Path:
    png = io.BytesIO()
    part.save(png, "PNG", compress_level=6)
    data, ending = png.getvalue(), ".png"
    lowest, _ = part.getchannel("A").getextrema()
    if len(data) > _SMALL_BYTES and lowest == 255:  # noqa: PLR2004 - opaque
        jpeg = io.BytesIO()
        part.convert("RGB").save(jpeg, "JPEG", quality=_JPEG_QUALITY)
        if len(jpeg.getvalue()) < len(data):
            data, ending = jpeg.getvalue(), ".jpg"
    path = name.with_name(name.name + ending)
    path.write_bytes(data)
    return path


def as_powerpoint_takes_it(picture: Path, to: Path) -> Path:
    """The picture itself, or the same as PNG: PowerPoint has no WebP."""
    if picture.suffix != ".webp":
        return picture
    with Image.open(picture) as opened:
        opened.convert("RGB").save(to, "PNG", compress_level=3)
    return to
