"""What a smaller PNG costs: libvips, which writes it, beside Pillow, which is there for other work (decision 0052).

One slide of the deck as Chromium hands it over in mode `speed`, at two sizes; encoded anew here. CPU of the process,
so that a busy machine shows less; the ways take turns.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import anyio
from PIL import Image

from benchmarks.figures import Figure
from benchmarks.pool import document
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import open_browser_pool
from pressrun.browser.slides.image import _smaller
from pressrun.browser.slides.page_breaks import Slice

_SIZES = ((1280, 720), (1920, 1080))
_ZOOM = 2.1
_ROUNDS = 15
_LEVEL = 3  # of Pillow: 1 and 2 take as long for more bytes, 6 half as long again for a tenth less


def measure(folder: Path) -> Iterator[Figure]:
    for (width, height), shot in zip(_SIZES, anyio.run(_shots), strict=True):
        taken: dict[str, list[float]] = {"libvips": [], "Pillow": []}
        sizes: dict[str, int] = {}
        ways: dict[str, Callable[[bytes], bytes]] = {"libvips": _smaller, "Pillow": _by_pillow}
        for number in range(-1, _ROUNDS):
            for name, way in ways.items():
                begun_at = time.process_time()
                sizes[name] = len(way(shot))
                if number >= 0:  # the first round imports
                    taken[name].append((time.process_time() - begun_at) * 1000)
        for name in ways:
            note = f"{sizes[name] // 1000} of {len(shot) // 1000} KB, median of {_ROUNDS} rounds"
            yield Figure(f"PNG {width}x{height} written anew, {name}", median(taken[name]), "ms", note=note)
        ratio = median(slow / quick for slow, quick in zip(taken["Pillow"], taken["libvips"], strict=True))
        yield Figure(f"PNG {width}x{height}, Pillow / libvips", ratio, "x", note="CPU")


async def _shots() -> list[bytes]:
    shots = []
    async with open_browser_pool(BrowserPoolConfig()) as pool:
        for width, height in _SIZES:
            async with pool.lease(viewport_width=width, viewport_height=height, zoom=_ZOOM) as lease:
                await lease.load(document(3))
                shots.append(await lease.capture(Slice(0, height / _ZOOM)))
    return shots


def _by_pillow(png: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        picture.save(out, "PNG", compress_level=_LEVEL)
    return min(out.getvalue(), png, key=len)
