"""The example lesson from POST to `complete`, next to what people write by hand for the same slides: a Playwright loop.

Rounds are interleaved, so that both meet the same weather on the machine. The loop gets its document and its browser
for nothing (both are ready before its clock starts); Pressrun composes, captures, logs, streams, hashes and publishes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import Figure
from pressrun.browser.chromium.executable import find_chromium
from tests.support.runs import post_to_end
from tests.support.server import start_server

LESSON = Path(__file__).parent.parent / "examples" / "lesson.md"
_ROUNDS = 7
_ZOOM = 2.1
_WIDTH, _HEIGHT = 1920, 1080


def measure(folder: Path) -> Iterator[Figure]:
    text = LESSON.read_text(encoding="utf-8")
    with (
        start_server(folder / "deck", PRESSRUN_CAPTURE_CACHE_MAX_BYTES="0") as server,
        httpx.Client(base_url=server.url, timeout=120) as http,
    ):
        first_s, end = _pressrun(http, text, 0)
        html = (Path(end["folder"]) / "document.html").read_text()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(None), args=["--no-sandbox"])
            page = browser.new_page(
                viewport={"width": round(_WIDTH / _ZOOM), "height": round(_HEIGHT / _ZOOM)},
                device_scale_factor=_ZOOM,
            )
            ours, theirs, slides = [], [], int(end["screenshot_count"])
            _loop(page, html, folder)
            for number in range(1, _ROUNDS + 1):
                ours.append(_pressrun(http, text, number)[0])
                took_s, count = _loop(page, html, folder)
                theirs.append(took_s / count)
            browser.close()
    yield Figure("lesson, first run after start", first_s, "s", note=f"{slides} slides PNG 1920x1080")
    yield Figure("lesson, warm, median", median(ours), "s", target=3, note=f"POST to `complete`, {_ROUNDS} rounds")
    yield Figure("lesson, warm, slowest", max(ours), "s", target=3)
    yield Figure("per slide, whole run over HTTP", median(ours) / slides * 1000, "ms")
    yield Figure(
        "per slide, plain Playwright loop", median(theirs) * 1000, "ms", note="page.screenshot PNG after scroll"
    )
    yield Figure("Pressrun / Playwright loop, time per slide", median(ours) / slides / median(theirs), "x", target=1)


def _pressrun(http: httpx.Client, text: str, number: int) -> tuple[float, dict[str, object]]:
    begun_at = time.perf_counter()
    end = post_to_end(http, text=text, output_name=f"round {number}")[-1]
    assert end["type"] == "complete", end
    return time.perf_counter() - begun_at, end


def _loop(page: Page, html: str, folder: Path) -> tuple[float, int]:
    """What the tutorials say: set the content, scroll by the viewport, take a screenshot, until the end."""
    begun_at = time.perf_counter()
    page.set_content(html)
    height = page.evaluate("document.documentElement.scrollHeight")
    step = page.evaluate("window.innerHeight")
    count = 0
    for top in range(0, height, step):
        page.evaluate("top => window.scrollTo(0, top)", top)
        page.screenshot(path=folder / f"{count:04d}.png")
        count += 1
    return time.perf_counter() - begun_at, count
