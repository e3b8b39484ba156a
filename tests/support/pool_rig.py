"""How tests get at the browsers of a pool, fakes and Chromium alike, and a run that is drawn by it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Protocol

import anyio

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.drawing import Picture, draw
from pressrun.browser.pool.pool import BrowserPool, Lease
from pressrun.browser.pool.supervisor import Kept
from pressrun.browser.ports import Screen
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.image import ImageOptions
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.slide_texts import SlideTexts
from tests.support.limits import HANG_S, fail_after

QUICK = BrowserPoolConfig(
    local=2,
    contexts=2,
    lease_timeout_s=HANG_S,
    open_timeout_s=HANG_S,
    load_timeout_s=10,
    close_timeout_s=1,
    ping_interval_s=0.1,
    ping_timeout_s=HANG_S,  # who is slow on a busy machine is not frozen
)
FREEZES = replace(QUICK, open_timeout_s=10, ping_timeout_s=1.5)
SMALL: dict[str, Any] = {"viewport_width": 320, "viewport_height": 240, "zoom": 1}
SCREEN = Screen(320, 240, 1)
LINE_CSS_PX = 20


class Rig(Protocol):
    """How the suite gets at the browsers of a pool."""

    def open(self, config: BrowserPoolConfig) -> AbstractAsyncContextManager[BrowserPool]: ...

    def kill(self, pool: BrowserPool, supervisor: int) -> None:
        """SIGKILL from outside."""
        ...

    def freeze(self, pool: BrowserPool, supervisor: int) -> None: ...

    async def open_contexts(self, pool: BrowserPool) -> int:
        """As the browsers themselves see it."""
        ...


def lines(count: int) -> str:
    """A document of that many lines, 20 px each."""
    return f"<style>body,p{{margin:0;line-height:{LINE_CSS_PX}px}}</style>" + "<p>text" * count


class Drawn:
    """A document drawn slide by slide, and what has come of it so far."""

    def __init__(self, pool: BrowserPool, slides: int, run: str = "run") -> None:
        self.saved: list[int] = []
        self.news = anyio.Event()
        self._pool = pool
        self._slides = slides
        self._run = run

    async def plan(self, layout: DocumentLayout) -> SlicePlan:
        assert layout.height_css_px >= self._slides * LINE_CSS_PX
        slices = (Slice(n * LINE_CSS_PX, (n + 1) * LINE_CSS_PX) for n in range(self._slides))
        self._plan = SlicePlan(tuple(slices), truncated=False)
        return self._plan

    async def read(self, texts: SlideTexts) -> Sequence[tuple[int, Slice]]:
        assert [slide.index for slide in texts.slides] == list(range(1, self._slides + 1))
        assert all(slide.blocks for slide in texts.slides)
        return list(enumerate(self._plan.slices, start=1))

    async def save(self, index: int, image: bytes) -> None:
        assert image
        self.saved.append(index)
        self.news.set()
        self.news = anyio.Event()

    async def draw(self, html: str | None = None) -> None:
        picture = Picture(html or lines(self._slides), SCREEN, ImageOptions("jpeg", 30))
        await draw(self._pool, picture, run=self._run, plan=self.plan, read=self.read, save=self.save)

    async def until(self, count: int) -> None:
        while len(self.saved) < count:
            await self.news.wait()

    @property
    def is_whole(self) -> bool:
        return sorted(self.saved) == list(range(1, self._slides + 1))


async def capture_for_ever(lease: Lease) -> None:
    while True:
        await lease.capture(Slice(0, 20), "jpeg", 30)


async def settled(pool: BrowserPool) -> None:
    """Until the pool has closed what callers left to it."""
    while pool._holders:
        for stay in tuple(pool._holders):
            await stay.gone.wait()
        await anyio.lowlevel.checkpoint()


def processes(pool: BrowserPool) -> list[Kept]:
    return [one for supervisor in pool.supervisors for one in supervisor.processes]


def spare_pages(pool: BrowserPool) -> int:
    """Pages that are open in a browser before anybody has asked for them."""
    return sum(one.spare is not None and one.spare.is_there for one in processes(pool))


async def spares_settled(pool: BrowserPool) -> None:
    """Until no spare page is being opened."""
    with fail_after(30):
        while any(  # noqa: ASYNC110 - nothing tells when
            one.spare is not None and one.spare.is_replenishing for one in processes(pool)
        ):
            await anyio.sleep(0.01)
