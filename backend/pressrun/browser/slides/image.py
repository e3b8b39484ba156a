"""What a picture of a slide is to be, and its bytes from what Chromium hands over. Owns encoding, no page.

PNG in mode `speed` is what Chromium writes fast; `size` is the same pixels written anew by libvips, half as many bytes
(BROWSER "The fast way": 658 KB for 1 440, still twice as fast as Chromium's own small PNG). JPEG and WebP stay
as they come.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread

from pressrun.spec import ImageFormat, PngMode

_COMPRESSION = 3  # of 0..9: measured; higher ones cost more time than they save bytes


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How a slide is written. `quality` is for jpeg and webp, 1..100; `png_mode` for png."""

    format: ImageFormat = "png"
    quality: int = 85
    png_mode: PngMode = "speed"


async def finish(shot: str, options: ImageOptions, encoders: anyio.CapacityLimiter) -> bytes:
    """The picture's bytes from `shot`, what Chromium sent in base64; in a thread of at most `encoders`."""
    return await anyio.to_thread.run_sync(_finish, shot, options, limiter=encoders)


def _finish(shot: str, options: ImageOptions) -> bytes:
    data = base64.b64decode(shot)
    return _smaller(data) if options.format == "png" and options.png_mode == "size" else data


def _smaller(png: bytes) -> bytes:
    """The same pixels in no more bytes, most often in far fewer: a nearly empty slide is small as it comes."""
    import pyvips  # noqa: PLC0415 - 50 ms and 20 MB that only who asks for small files pays

    picture: Any = pyvips.Image.new_from_buffer(png, "", access="sequential")
    small: bytes = picture.write_to_buffer(".png", compression=_COMPRESSION, filter="none", keep="none")
    return min(small, png, key=len)
