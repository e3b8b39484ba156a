"""Export `contact_sheet`: all slides small on one picture, with their numbers.

What is held is the sheet and one slide: a sheet of the most slides a run has takes as much memory as one of few.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any, NamedTuple

import anyio.to_thread
from PIL import Image, ImageDraw, ImageFont

from pressrun.exports.contract import ExportWork
from pressrun.worker_threads import stop_if_cancelled

_MOST_PIXELS = 12_000_000  # of a sheet: 36 MB; arbitrary (4..50 million), a large screen has 8
_WIDEST = 480  # of one small slide, px: text is still read
_GAP = 16
_LABEL = 22
_PAPER, _INK, _EDGE = "#ffffff", "#444444", "#c8c8c8"
_TELL_EVERY = 10


class _Grid(NamedTuple):
    """Where the small slides are: `across` in a row, each of that size, px."""

    across: int
    down: int
    width: int
    height: int

    def corner(self, number: int) -> tuple[int, int]:
        """Upper left one of a slide, by its number from 0."""
        row, column = divmod(number, self.across)
        return _GAP + column * (self.width + _GAP), _GAP + row * (self.height + _LABEL + _GAP)

    @property
    def size(self) -> tuple[int, int]:
        """Of the sheet."""
        right, bottom = self.corner(self.across * self.down - 1)
        return right + self.width + _GAP, bottom + self.height + _LABEL + _GAP


async def make(work: ExportWork) -> bytes:
    """A PNG. A cancel waits for one slide, or a part of the sheet."""
    total = len(work.slides)
    grid = _grid(total, work.spec.viewport_width / work.spec.viewport_height)
    sheet = Image.new("RGB", grid.size, _PAPER)
    font = ImageFont.load_default(_LABEL - 8)  # Pillow's own: no font of the machine is needed
    for number, (_, path) in enumerate(work.slides):
        await anyio.to_thread.run_sync(_put, sheet, font, grid, number, path)
        if number % _TELL_EVERY == _TELL_EVERY - 1:
            await work.progress((number + 1) / total, f"Slide {number + 1} of {total} is on the sheet")
    return await anyio.to_thread.run_sync(_png, sheet)


def _grid(total: int, shape: float) -> _Grid:
    """About as wide as high for people who look at it on a screen: columns by the slides' shape (width to height)."""
    across = max(1, min(total, math.ceil(math.sqrt(total * 1.4 / shape))))
    down = math.ceil(total / across)
    width = min(_WIDEST, int(math.sqrt(_MOST_PIXELS * shape / (across * down))))
    return _Grid(across, down, width, max(1, round(width / shape)))


def _put(sheet: Image.Image, font: Any, grid: _Grid, number: int, path: Path) -> None:
    import pyvips  # noqa: PLC0415 - 50 ms and 20 MB that only who makes a sheet pays

    picture: Any = pyvips.Image.thumbnail(str(path), grid.width, height=grid.height, size="force")
    picture = picture.flatten() if picture.hasalpha() else picture
    small = Image.frombytes("RGB", (picture.width, picture.height), picture.colourspace("srgb").write_to_memory())
    left, top = grid.corner(number)
    sheet.paste(small, (left, top))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((left - 1, top - 1, left + grid.width, top + grid.height), outline=_EDGE)
    pen.text((left + grid.width / 2, top + grid.height + 4), str(number + 1), fill=_INK, font=font, anchor="ma")


def _png(sheet: Image.Image) -> bytes:
    written = _Written()
    sheet.save(written, "PNG", compress_level=6)
    return written.getvalue()


class _Written(io.BytesIO):
    """The file: Pillow deflates the largest sheet in a second or two, and writes it in pieces of 64 KB."""

    def write(self, data: Any) -> int:
        stop_if_cancelled()
        return super().write(data)
