"""Captures a second: the pool and whole runs next to the raw bound, in turns, so that all meet the same weather.

The raw bound is a bare script that does nothing but the fast way (decision 0017): one browser for each core, one page
each on a view of the picture's size, scroll, `Page.captureScreenshot`, decode, write. It breaks no pages, checks
nothing and tells nobody.
"""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import anyio
import httpx
from anyio.abc import TaskGroup
from playwright.async_api import CDPSession, async_playwright

from benchmarks.figures import Figure
from pressrun.browser.addresses import default_local
from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.chromium.process import sealing_flags
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.drawing import Picture, draw
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.image import ImageOptions
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.slide_texts import SlideTexts
from tests.support.runs import chapter, post_to_end
from tests.support.server import start_server

WIDTH, HEIGHT, ZOOM = 1920, 1080, 2.1
SCREEN = Screen(WIDTH, HEIGHT, ZOOM)
_CSS_HEIGHT = HEIGHT / ZOOM
_SLIDES = 20
_LONG = 80  # long enough for two pages a browser (decision 0021)
_ROUNDS = 5
_LONG_ROUNDS = 3
_WORDS = "The river carries sand and stones down to the sea, and lays them down where it slows. " * 12
SPEED, SIZE, JPEG = ImageOptions(), ImageOptions(png_mode="size"), ImageOptions("jpeg")


def document(slides: int) -> str:
    """A deck of exactly that many screens, 20 of them about 91 KB with their pictures."""
    height = f"{_CSS_HEIGHT:.4f}px"
    parts = "".join(
        f"<section><h1>Part {n}</h1><p>{_WORDS}</p><svg viewBox='0 0 100 20'><defs><linearGradient id=g{n}>"
        f"<stop stop-color='hsl({n * 17},70%,60%)'/><stop offset=1 stop-color='#fff'/></linearGradient></defs>"
        f"<rect width=100 height=20 fill='url(#g{n})'/></svg><ul><li>one<li>two<li>three</ul></section>"
        for n in range(slides)
    )
    style = (
        "body{margin:0;font:12px/1.4 sans-serif}"
        f"section{{height:{height};padding:0 40px;display:flow-root;box-sizing:border-box}}"
    )
    return f"<!doctype html><style>{style}</style>{parts}"


def slices(count: int) -> list[tuple[int, Slice]]:
    """The screens of `document`, one below the other."""
    return [(n + 1, Slice(n * _CSS_HEIGHT, (n + 1) * _CSS_HEIGHT)) for n in range(count)]


def measure(folder: Path) -> Iterator[Figure]:
    with (
        start_server(folder / "runs", PRESSRUN_CAPTURE_CACHE_MAX_BYTES="0") as server,
        httpx.Client(base_url=server.url, timeout=120) as http,
    ):
        yield from _short(anyio.run(_rounds_of, _short_ways, _ROUNDS, folder, http))
        taken = anyio.run(_rounds_of, _long_ways, _LONG_ROUNDS, folder, http)
    yield Figure("pool, PNG speed, 80 slides", _LONG / median(taken["long"]), "slides/s")
    yield Figure("pool, JPEG, 80 slides", _LONG / median(taken["long jpeg"]), "slides/s")


def _short(taken: dict[str, list[float]]) -> Iterator[Figure]:
    raw, pool = median(taken["raw"]), median(taken["pool"])
    slides = _SLIDES
    yield Figure("raw bound, PNG speed", slides / raw, "slides/s", note=f"{default_local()} browsers, {_ROUNDS} rounds")
    yield _rate("pool, PNG speed", slides / pool, 15)
    yield _rate("pool, PNG size", slides / median(taken["size"]), 11)
    yield _rate("pool, JPEG", slides / median(taken["jpeg"]), 24)
    yield _ratio("pool / raw bound", taken["raw"], taken["pool"], 0.95)
    yield _ratio("whole run over HTTP / raw bound of its document", taken["raw run"], taken["run"], 0.85)
    note = f"least {min(taken['run']):.2f} s"
    yield Figure("lone run of 20 slides, POST to `complete`, warm", median(taken["run"]), "s", target=1.6, note=note)


def _rate(name: str, value: float, target: float) -> Figure:
    return Figure(name, value, "slides/s", target=target, more_is_better=True)


def _ratio(name: str, bound: Sequence[float], ours: Sequence[float], target: float) -> Figure:
    shares = [theirs / mine for theirs, mine in zip(bound, ours, strict=True)]
    return Figure(name, median(shares), "x", target=target, more_is_better=True, note="median of paired rounds")


Way = Callable[[int], Awaitable[float]]
Raw = Callable[[str, Path], Awaitable[float]]
Ways = Callable[[BrowserPool, Raw, Path, httpx.Client], Awaitable[dict[str, Way]]]


async def _rounds_of(ways_of: Ways, rounds: int, folder: Path, http: httpx.Client) -> dict[str, list[float]]:
    """Seconds of each way, round after round."""
    async with open_browser_pool(BrowserPoolConfig(local=default_local())) as pool, raw_browsers() as raw:
        ways = await ways_of(pool, raw, folder, http)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(-1, rounds):
            for name, way in ways.items():
                took_s = await way(number)
                if number >= 0:  # the first round warms caches up
                    taken[name].append(took_s)
    return taken


async def _short_ways(pool: BrowserPool, raw: Raw, folder: Path, http: httpx.Client) -> dict[str, Way]:
    html = document(_SLIDES)
    _, end = await anyio.to_thread.run_sync(_run, http, "warm")
    lesson = await anyio.Path(end["folder"], "deck.html").read_text()
    assert end["screenshot_count"] == _SLIDES, end["screenshot_count"]
    return {
        "raw": lambda _: raw(html, folder),
        "pool": lambda _: drawn(pool, html, SPEED, _SLIDES, folder),
        "size": lambda _: drawn(pool, html, SIZE, _SLIDES, folder),
        "jpeg": lambda _: drawn(pool, html, JPEG, _SLIDES, folder),
        "raw run": lambda _: raw(lesson, folder),
        "run": lambda number: _timed_run(http, number),
    }


async def _long_ways(pool: BrowserPool, raw: Raw, folder: Path, http: httpx.Client) -> dict[str, Way]:
    long = document(_LONG)
    return {
        "long": lambda _: drawn(pool, long, SPEED, _LONG, folder),
        "long jpeg": lambda _: drawn(pool, long, JPEG, _LONG, folder),
    }


async def _timed_run(http: httpx.Client, number: int) -> float:
    took_s, _ = await anyio.to_thread.run_sync(_run, http, f"round {number}")
    return took_s


def _run(http: httpx.Client, name: str) -> tuple[float, dict[str, Any]]:
    begun_at = time.perf_counter()
    end = post_to_end(http, text=chapter(_SLIDES), output_name=name)[-1]
    assert end["type"] == "complete", end
    return time.perf_counter() - begun_at, end


async def drawn(pool: BrowserPool, html: str, options: ImageOptions, count: int, folder: Path) -> float:
    """How long the pool takes for a document of `count` screens, written to `folder`."""

    async def plan(layout: DocumentLayout) -> SlicePlan:
        assert abs(layout.height_css_px - count * _CSS_HEIGHT) < 2 + count / 10, layout.height_css_px
        return SlicePlan(tuple(piece for _, piece in slices(count)), truncated=False)

    async def read(_: SlideTexts) -> Sequence[tuple[int, Slice]]:
        return slices(count)

    async def save(index: int, image: bytes) -> None:
        await anyio.Path(folder, f"pool-{index % 50}.bin").write_bytes(image)

    begun_at = time.perf_counter()
    await draw(pool, Picture(html, SCREEN, options), run="bench", plan=plan, read=read, save=save)
    return time.perf_counter() - begun_at


@asynccontextmanager
async def raw_browsers() -> AsyncIterator[Callable[[str, Path], Awaitable[float]]]:
    """The raw bound: gives a function that takes the 20 screens of a document and says how long that took."""
    count = default_local()
    async with async_playwright() as playwright:
        args = [*sealing_flags(BrowserPoolConfig()), "--no-sandbox"]
        browsers = [
            await playwright.chromium.launch(executable_path=find_chromium(None), args=args) for _ in range(count)
        ]

        async def take(html: str, folder: Path) -> float:
            begun_at = time.perf_counter()
            left = iter(range(_SLIDES))
            async with anyio.create_task_group() as tasks:
                for browser in browsers:
                    tasks.start_soon(_work, browser, html, left, folder, tasks)
            return time.perf_counter() - begun_at

        yield take
        for browser in browsers:
            await browser.close()


async def _work(browser: Any, html: str, left: Iterator[int], folder: Path, tasks: TaskGroup) -> None:
    viewport = {"width": -int(-WIDTH / ZOOM // 1), "height": -int(-HEIGHT / ZOOM // 1)}
    context = await browser.new_context(viewport=viewport, device_scale_factor=ZOOM)
    page = await context.new_page()
    session: CDPSession = await context.new_cdp_session(page)
    metrics = {**viewport, "deviceScaleFactor": ZOOM, "mobile": False, "scale": ZOOM, "dontSetVisibleSize": True}
    await session.send("Emulation.setDeviceMetricsOverride", metrics)
    await session.send("Emulation.setVisibleSize", {"width": WIDTH, "height": HEIGHT})
    await page.set_content(html)
    for number in left:
        await page.evaluate("top => scrollTo(0, top)", number * _CSS_HEIGHT)
        options = {"format": "png", "optimizeForSpeed": True, "fromSurface": False}
        answer = await session.send("Page.captureScreenshot", options)
        # As a careful script would: the next is taken while this one is decoded and written.
        tasks.start_soon(anyio.to_thread.run_sync, _write, folder / f"raw-{number}.png", answer["data"])
    await context.close()


def _write(path: Path, shot: str) -> None:
    path.write_bytes(base64.b64decode(shot))
