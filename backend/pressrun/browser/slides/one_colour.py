"""Whether a picture shows one colour and nothing else, told cheaply: by its size first. Pure."""

from __future__ import annotations

import io
from typing import Final

# Of a picture of one colour of 640 x 360 to 7680 x 4320: at most 0.017 bytes for a pixel and 1 400 for the rest, in
# every format and mode (fast PNG is the largest; Chromium 156). A slide full of text has three times that, and more.
_BYTES_A_PIXEL: Final = 0.017
_BYTES_BESIDES: Final = 2_000
_SAME: Final = 3  # of 255: what anti-aliasing leaves of text in the very colour of its background


def may_be_one_colour(size_bytes: int, width: int, height: int) -> bool:
    """Whether it is worth a look; nearly no slide is."""
    return size_bytes <= width * height * _BYTES_A_PIXEL + _BYTES_BESIDES


def is_one_colour(picture: bytes) -> bool:
    """Whether all pixels are alike, as far as an eye can tell. Some 20 ms for 1920 x 1080: in a thread."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - only for a picture that is suspect

    try:
        with Image.open(io.BytesIO(picture)) as image:
            extrema = image.convert("RGB").getextrema()
    except UnidentifiedImageError:
        return False
    return all(high - low <= _SAME for low, high in extrema)  # type: ignore[misc] # three bands
