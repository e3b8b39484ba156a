"""What it would win to encode the slides of a video while later ones are still captured (decision 0074).

Slides of 1080p by as many browsers as the pool has, and their clips, once one after the other and once a clip as soon
as its slide is there. On two cores both want both.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import anyio

from benchmarks.figures import Figure
from benchmarks.pdf import lesson
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice, plan_slices
from pressrun.exports.media.clips import H264, Encoder, Size
from pressrun.exports.media.ffmpeg import Ffmpeg

_SIZE, _ZOOM = (1920, 1080), 2.1
_CHAPTERS, _ROUNDS, _BROWSERS = 20, 5, 2


def measure(folder: Path) -> Iterator[Figure]:
    yield from anyio.run(_measure, folder)


async def _measure(folder: Path) -> list[Figure]:
    async with open_browser_pool(BrowserPoolConfig(local=_BROWSERS)) as pool:
        slices = await _slices(pool)
        await _once(pool, slices, folder, ahead=False)  # starts the browsers
        rounds = [
            (await _once(pool, slices, folder, ahead=False), await _once(pool, slices, folder, ahead=True))
            for _ in range(_ROUNDS)
        ]
    note = f"{len(slices)} slides 1080p, {_BROWSERS} browsers, median of {_ROUNDS}"
    after, ahead = (median(took[at] for took in rounds) for at in (0, 1))
    return [
        Figure("captured, then encoded", after, "s", note=note),
        Figure("encoded while later slides are captured", ahead, "s", note=note),
        Figure("what that wins", median(one - other for one, other in rounds), "s", note="median of paired rounds"),
    ]


async def _slices(pool: BrowserPool) -> tuple[Slice, ...]:
    async with pool.lease(viewport_width=_SIZE[0], viewport_height=_SIZE[1], zoom=_ZOOM) as lease:
        await lease.load(lesson(_CHAPTERS))
        layout = await lease.layout()
        plan = plan_slices(layout.boxes, layout.height_css_px, lease.viewport_height_css_px, 15, "blocks", 500)
        return tuple(plan.slices)


async def _once(pool: BrowserPool, slices: tuple[Slice, ...], folder: Path, *, ahead: bool) -> float:
    await anyio.to_thread.run_sync(lambda: shutil.rmtree(folder / "work", ignore_errors=True))
    await anyio.Path(folder / "work").mkdir()
    encoder = Encoder(Ffmpeg(folder), Size(*_SIZE), folder / "work", smaller=False, fps=30, codec=H264)
    waiting = [*enumerate(slices)][::-1]
    taken: list[Path] = []
    begun_at = time.perf_counter()

    async def capture() -> None:
        async with pool.lease(viewport_width=_SIZE[0], viewport_height=_SIZE[1], zoom=_ZOOM) as lease:
            await lease.load(lesson(_CHAPTERS))
            while waiting:
                number, piece = waiting.pop()
                path = folder / "work" / f"{number:04d}.png"
                await anyio.Path(path).write_bytes(await lease.capture(piece))
                taken.append(path)
                if ahead:
                    encoding.start_soon(encoder.still, path)

    async with anyio.create_task_group() as encoding:
        async with anyio.create_task_group() as capturing:
            for _ in range(_BROWSERS):
                capturing.start_soon(capture)
        if not ahead:
            for path in taken:
                encoding.start_soon(encoder.still, path)
    return time.perf_counter() - begun_at
