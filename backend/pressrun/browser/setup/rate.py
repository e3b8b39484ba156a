"""How fast this machine captures, for `pressrun doctor --browser`: a plain page, several leases at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import anyio
import anyio.to_thread

from pressrun.browser.chromium.memory import browser_memory_bytes
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import BrowserFailure
from pressrun.spec import ImageFormat

_WIDTH, _HEIGHT = 1920, 1080
_SLIDES: Final = 10  # of each lease; enough that the first, slower one does not count much
_WORDS: Final = "The river carries sand and stones down to the sea, and lays them down where it slows. " * 12
_PAGE: Final = (
    "<!doctype html><meta charset=utf-8><style>section{{height:1080px;overflow:hidden;font:24px/1.5 sans-serif}}"
    "</style>{sections}"
)


@dataclass(frozen=True, slots=True)
class Rate:
    """Pictures of 1920 x 1080 a second, and the most memory that was seen meanwhile."""

    format: ImageFormat
    pictures_per_s: float
    memory_bytes: int


async def measure_rate(pool: BrowserPool, format: ImageFormat, leases: int) -> Rate:
    """Raises: BrowserFailure."""
    sections = "".join(
        f"<section style='background:hsl({number * 36},70%,92%)'><h1>Part {number}</h1><p>{_WORDS}</section>"
        for number in range(_SLIDES)
    )
    html = _PAGE.format(sections=sections)
    ready, go = [anyio.Event() for _ in range(leases)], anyio.Event()

    failures: list[BrowserFailure] = []

    async def work(number: int) -> None:
        try:
            await capture_all(number)
        except BrowserFailure as exc:
            failures.append(exc)
            ready[number].set()

    async def capture_all(number: int) -> None:
        async with pool.lease(viewport_width=_WIDTH, viewport_height=_HEIGHT, zoom=1) as lease:
            await lease.load(html)
            await lease.layout()
            ready[number].set()
            await go.wait()
            for slide in range(_SLIDES):
                await lease.capture(Slice(slide * _HEIGHT, (slide + 1) * _HEIGHT), format)

    async with anyio.create_task_group() as tasks:
        for number in range(leases):
            tasks.start_soon(work, number)
        for event in ready:
            await event.wait()
        begun_at = time.perf_counter()
        go.set()
        memory = sum((await anyio.to_thread.run_sync(browser_memory_bytes)).values())
    took_s = time.perf_counter() - begun_at
    if failures:
        raise failures[0]
    return Rate(format, leases * _SLIDES / took_s, memory)
