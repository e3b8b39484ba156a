"""What takes minutes: cost over 20, 200 and 2 000 slides, 10 000 captures, 1 000 leases, a storm of 50 kills.

Not among those that run when none is named. Through the pool itself: over HTTP a run has 500 slides at most.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import anyio
import httpx

from benchmarks.figures import Figure
from benchmarks.pool import SPEED, document, drawn, slices
from pressrun.browser.addresses import default_local
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.drawing import Picture, draw
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.image import ImageOptions
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.procfs import children_of, rss_bytes_of
from pressrun.slide_texts import SlideTexts
from tests.browser.conftest import open_contexts
from tests.browser.test_storm import leases, open_descriptors, survive
from tests.support.pool_contract import QUICK
from tests.support.runs import chapter, post_to_end
from tests.support.server import start_server

_CONFIG = BrowserPoolConfig(local=default_local(), max_height_css_px=1_200_000)  # 2 000 slides are a little over it
_PATIENT = replace(QUICK, ping_timeout_s=10, close_timeout_s=10)  # a busy machine must not look like a lost browser
_SMALL = Screen(640, 360, 1)
_PER_RUN = 500


def linear(folder: Path) -> Iterator[Figure]:
    """Cost per slide and memory of this process, over ever longer documents."""
    per_slide, grown_mb = anyio.run(_linear, folder)
    for count, took_s in per_slide.items():
        yield Figure(f"per slide in a run of {count}", took_s * 1000, "ms")
    yield from _over_http(folder)
    yield Figure("per slide, 2 000 / 200 slides", per_slide[2000] / per_slide[200], "x", target=1.1)
    yield Figure(
        "memory after 2 000 slides above that after 200", grown_mb, "MB", target=20, note="RSS of this process"
    )


def _over_http(folder: Path) -> Iterator[Figure]:
    """Whole runs, POST to `complete`, pictures written and published; warm, the first round of each not counted."""
    with (
        start_server(folder / "runs", PRESSRUN_CAPTURE_CACHE_MAX_BYTES="0") as server,
        httpx.Client(base_url=server.url, timeout=300) as http,
    ):
        for count, rounds in ((20, 6), (200, 3), (_PER_RUN, 2)):
            took = []
            for number in range(rounds):
                begun_at = time.perf_counter()
                events = post_to_end(http, text=chapter(count), max_screenshots=count, output_name=f"{count} {number}")
                took.append((time.perf_counter() - begun_at) / count * 1000)
                assert (events[-1]["type"], events[-1]["screenshot_count"]) == ("complete", count), events[-1]
            yield Figure(f"per slide in a run of {count} over HTTP", median(took[1:]), "ms")


async def _linear(folder: Path) -> tuple[dict[int, float], float]:
    taken: dict[int, list[float]] = {}
    rss: dict[int, int] = {}
    async with open_browser_pool(_CONFIG) as pool:
        await drawn(pool, document(20), SPEED, 20, folder)
        for count, rounds in ((20, 6), (200, 2), (2000, 1), (200, 1)):
            html = document(count)
            took = [await drawn(pool, html, SPEED, count, folder) for _ in range(rounds)]
            taken.setdefault(count, []).extend(took)
            rss.setdefault(count, rss_bytes_of(os.getpid()) or 0)
    return {count: median(took) / count for count, took in taken.items()}, (rss[2000] - rss[200]) / 1e6


def flat(folder: Path) -> Iterator[Figure]:
    """10 000 captures: memory of this process, and of what it has started; what is left of it afterwards."""
    thousands, orphans, contexts = anyio.run(_flat, 10_000)
    # Medians of three, for the driver's goes up and down by 30 MB between looks.
    before, after = median(thousands[:3]), median(thousands[-3:])
    note = "all processes: " + " ".join(f"{rss / 1e6:.0f}" for rss in thousands) + " MB"
    yield Figure("memory, the last 3 000 of 10 000 captures / the first", after / before, "x", target=1.05, note=note)
    yield Figure("contexts left after 10 000 captures", contexts, "", target=0)
    yield Figure("processes left after 10 000 captures", orphans, "", target=0)


async def _flat(captures: int) -> tuple[list[int], int, int]:
    known = children_of(os.getpid())
    async with open_browser_pool(_CONFIG) as pool:
        thousands = []
        for _ in range(captures // 1_000):
            for _ in range(1_000 // _PER_RUN):
                await _draw_small(pool, _PER_RUN)
            thousands.append(_rss_of_all())
        contexts = await open_contexts(pool)
    return thousands, len(children_of(os.getpid()) - known), contexts


async def _draw_small(pool: BrowserPool, count: int) -> None:
    async def plan(_: DocumentLayout) -> SlicePlan:
        return SlicePlan(tuple(piece for _, piece in slices(count)), truncated=False)

    async def read(_: SlideTexts) -> Sequence[tuple[int, Slice]]:
        return slices(count)

    async def save(index: int, image: bytes) -> None:
        assert image

    picture = Picture(document(count), _SMALL, ImageOptions("jpeg"))
    await draw(pool, picture, run="flat", plan=plan, read=read, save=save)


def _rss_of_all() -> int:
    """Of this process, the driver and the browsers' main processes: pages come and go with their runs."""
    drivers = children_of(os.getpid())
    browsers = {pid for driver in drivers for pid in children_of(driver)}
    return sum(rss_bytes_of(pid) or 0 for pid in {os.getpid(), *drivers, *browsers})


def leaks(_folder: Path) -> Iterator[Figure]:
    """1 000 leases, every third cut off in the middle."""
    grown, contexts = anyio.run(_leaks)
    yield Figure("descriptors more after 1 000 leases", grown, "", target=1)
    yield Figure("contexts left after 1 000 leases", contexts, "", target=0)


async def _leaks() -> tuple[int, int]:
    async with open_browser_pool(_PATIENT) as pool:
        await leases(pool, 20)
        before = open_descriptors()
        await leases(pool, 1_000)
        return open_descriptors() - before, await open_contexts(pool)


def storm(_folder: Path) -> Iterator[Figure]:
    """50 random kills in a run of 200 slides: it completes or ends with its code, then the pool is whole in 5 s."""
    for seed in range(3):
        begun_at = time.perf_counter()
        hits = anyio.run(_storm, seed)
        yield Figure(f"storm {seed + 1} survived after", time.perf_counter() - begun_at, "s", note=f"{hits} kills")


async def _storm(seed: int) -> int:
    return (await survive(kills=50, slides=200, seed=seed)).hits
