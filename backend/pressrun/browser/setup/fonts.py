"""Which scripts this machine's Chromium can really draw. Owns the probe; what to do about it is the caller's.

A character without a font is drawn as the missing-glyph box, the same box for all. So each script's sample is drawn
next to a code point that no font has, in one picture, and compared: what counts is what Chromium shows, not what
fontconfig lists.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

from PIL import Image

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import Slice

SAMPLES: Final = {"Latin": "é", "Devanagari": "क", "Arabic": "ع", "CJK": "語", "emoji": "😀"}

_MISSING: Final = "\U0010fffd"  # the last private-use character (Unicode 23.5): no font of a distribution draws it
_CELL_PX: Final = 80  # room for a 40 px glyph on every side
_DOCUMENT = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #fff; color: #000 }}
i {{ position: absolute; top: 0; width: {cell}px; height: {cell}px; overflow: hidden;
     font: normal 40px/{cell}px sans-serif; text-align: center }}
</style><body style="height: {cell}px">{cells}"""


async def scripts_without_font(pool: BrowserPool, samples: Mapping[str, str] = SAMPLES) -> list[str]:
    """The names of `samples` whose character Chromium draws as a missing glyph, in their order.

    Raises:
        BrowserFailure: no page could be opened.
    """
    characters = [_MISSING, *samples.values()]
    height = 240  # the least that a slide may have
    async with pool.lease(viewport_width=max(320, _CELL_PX * len(characters)), viewport_height=height, zoom=1) as lease:
        await lease.load(_document(characters))
        picture = await lease.capture(Slice(0, height))
    missing, *drawn = _cells(picture, len(characters))
    return [name for name, cell in zip(samples, drawn, strict=True) if cell == missing or _is_blank(cell)]


def _document(characters: list[str]) -> str:
    cells = "".join(f'<i style="left: {_CELL_PX * i}px">{character}</i>' for i, character in enumerate(characters))
    return _DOCUMENT.format(cell=_CELL_PX, cells=cells)


def _cells(picture: bytes, count: int) -> list[bytes]:
    with Image.open(io.BytesIO(picture), formats=["PNG"]) as image:
        pixels = image.convert("RGB")
    return [pixels.crop((_CELL_PX * i, 0, _CELL_PX * (i + 1), _CELL_PX)).tobytes() for i in range(count)]


def _is_blank(cell: bytes) -> bool:
    return cell.count(b"\xff") == len(cell)
