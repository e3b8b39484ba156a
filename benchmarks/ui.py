"""The UI in a real Chromium against the real server on loopback: what it loads, when, how it scrolls and types.

Each page is opened in a browser profile of its own, with nothing in its cache. `ui` is all of it; `ui-page`,
`ui-typing`, `ui-run`, `ui-library` and `ui-memory` are its parts, for a machine that is quiet for three minutes only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import anyio
import httpx
from playwright.sync_api import Browser, Page

from benchmarks.figures import Figure, percentile
from benchmarks.history import fill
from pressrun.api.pages import WEB_ROOT
from tests.support.chromium import open_chromium
from tests.support.runs import chapter, post_to_end
from tests.support.server import Server, start_server
from tests.support.ui import generate, is_over, open_part, source_of

_OPENED = 5  # of each page
_SLIDES = 500
_CHARACTERS = 400_000
_LETTERS = 40
_RUNS = 100

# When the first element of a selector was there; long tasks; from a key to the end of the frame that shows it.
_WATCH = """
window.watched = { seenAt: null, long: [], keys: [] };
new MutationObserver((_, observer) => {
  if (document.querySelector(SELECTOR) === null) return;
  requestAnimationFrame(() => { watched.seenAt ??= performance.now(); });
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) watched.long.push([startTime, duration]);
}).observe({ type: "longtask" });
addEventListener("keydown", ({ timeStamp }) => {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => watched.keys.push(performance.now() - timeStamp);
    port2.postMessage(null); // behind the frame
  });
}, true);
"""
# Milliseconds from frame to frame.
_SCROLL = """async () => {
  const step = innerHeight / 2;
  const frames = [];
  let before = performance.now();
  for (let at = 0; at < document.documentElement.scrollHeight; at += step) {
    scrollTo(0, at);
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  return frames.slice(1);
}"""


def measure(folder: Path) -> Iterator[Figure]:
    for name, part in PARTS.items():
        (folder / name).mkdir()
        yield from part(folder / name)


def first_page(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "data") as server, open_chromium() as browser:
        yield from _first_page(browser, server)


def typing(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "data") as server, open_chromium() as browser:
        yield from _typing(browser, server)


def run_page(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "data") as server, open_chromium() as browser:
        yield from _run_page(browser, server)


def library(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "data"):
        pass  # which gives folder and database the same name
    anyio.run(fill, folder / "data")
    with open_chromium() as browser, start_server(folder / "data") as server:
        _opened(browser, server, "/runs", "main li a")  # the server has looked at all files once
        seen_ms = [_opened(browser, server, "/runs", "main li a")[0] for _ in range(_OPENED)]
        yield Figure("library of 10 000 runs: first row", median(seen_ms), "ms", target=200, note=_times(seen_ms))


def memory(folder: Path) -> Iterator[Figure]:
    """Of one page that makes run after run, as somebody does all day."""
    with start_server(folder / "data") as server, open_chromium() as browser:
        page = _page(browser, "#source")
        page.goto(server.url)
        used_mb: list[float] = []
        for number in range(1, _RUNS + 1):
            generate(page, f"# Run {number}\n\nWater moves.")
            is_over(page)
            page.get_by_role("link", name="New", exact=True).click()
            source_of(page).wait_for()
            if number % 10 == 0:
                used_mb.append(_heap_mb(page))
        grown = used_mb[-1] - used_mb[1]
        note = f"after 10, 20 … {_RUNS} runs: {' '.join(f'{used:.1f}' for used in used_mb)} MB"
        yield Figure(f"memory of the page from run 20 to run {_RUNS}", grown, "MB", target=2, note=note)


def _heap_mb(page: Page) -> float:
    """What is left on the heap of script once its rubbish is gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / 1e6


def _opened(browser: Browser, server: Server, path: str, selector: str) -> tuple[float, list[str]]:
    """Milliseconds from the start of the navigation to the first frame with it, and the scripts that came."""
    page = _page(browser, selector)
    scripts: list[str] = []
    page.on("response", lambda answer: scripts.append(answer.url) if answer.url.endswith(".js") else None)
    page.goto(server.url + path)
    page.wait_for_selector(selector)
    page.wait_for_timeout(500)  # what comes later
    seen_ms: float = page.evaluate("watched.seenAt")
    page.context.close()
    return seen_ms, scripts


def _page(browser: Browser, selector: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(f"const SELECTOR = {json.dumps(selector)};{_WATCH}")
    return page


def _first_page(browser: Browser, server: Server) -> Iterator[Figure]:
    _opened(browser, server, "/", "#source")  # the server has read its files
    opened = [_opened(browser, server, "/", "#source") for _ in range(_OPENED)]
    sizes = {url.rpartition("/")[2]: _gzip_bytes(url) for _, scripts in opened for url in scripts}
    editor = {name: size for name, size in sizes.items() if name.startswith("codeEditor")}
    first = sum(sizes.values()) - sum(editor.values())
    yield Figure("first page: script, gzip, without the editor", first / 1000, "kB", target=120)
    yield Figure("first page: the editor, which comes later, gzip", sum(editor.values()) / 1000, "kB")
    seen_ms = [seen for seen, _ in opened]
    yield Figure("first page: the text field is there", median(seen_ms), "ms", target=300, note=_times(seen_ms))


def _gzip_bytes(url: str) -> int:
    path = WEB_ROOT / "assets" / url.rpartition("/")[2]
    twin = path.with_name(f"{path.name}.gz")
    return (twin if twin.is_file() else path).stat().st_size


def _typing(browser: Browser, server: Server) -> Iterator[Figure]:
    text = chapter(900, "Long")[:_CHARACTERS]
    page = _page(browser, "#source")
    page.add_init_script(f"localStorage.setItem('pressrun.draft', {json.dumps(json.dumps({'source': text}))})")
    page.goto(server.url)
    source = source_of(page)
    for place, key in (("beginning", "Control+Home"), ("end", "Control+End")):
        source.click()
        page.keyboard.press(key)
        page.wait_for_timeout(1000)
        page.evaluate("watched.keys = []")
        page.keyboard.type("so it goes " * (_LETTERS // 11), delay=60)  # as somebody who types quickly
        page.wait_for_timeout(500)
        took_ms: list[float] = page.evaluate("watched.keys")
        note = f"median {median(took_ms):.0f} ms, slowest {max(took_ms):.0f} ms of {len(took_ms)}"
        name = f"typing in {_CHARACTERS} characters, at the {place}: key to frame, p95"
        yield Figure(name, percentile(took_ms, 0.95), "ms", target=50, note=note)
    page.context.close()


def _run_page(browser: Browser, server: Server) -> Iterator[Figure]:
    with httpx.Client(base_url=server.url, timeout=300) as http:
        options: dict[str, Any] = {"viewport_width": 640, "viewport_height": 360, "max_screenshots": _SLIDES}
        made = post_to_end(http, text=chapter(_SLIDES + 20), **options)
        run = made[0]["operation_id"]
        lines = len(http.get(f"/runs/{run}/log?format=jsonl").text.splitlines())
    page = _page(browser, "[aria-label='Open slide 1']")
    page.goto(f"{server.url}/runs/{run}")
    page.wait_for_selector("[aria-label='Open slide 1']")
    page.wait_for_timeout(1500)
    yield _long_tasks(page, f"run of {_SLIDES} slides, opened", len(made))
    frames_ms: list[float] = page.evaluate(_SCROLL)
    page.wait_for_timeout(1500)
    late = sum(took > 1000 / 60 * 1.5 for took in frames_ms)
    note = f"slowest {max(frames_ms):.0f} ms of {len(frames_ms)} frames, half a screen each"
    yield Figure(f"run of {_SLIDES} slides, scrolled: frames that came late", late, "frames", target=0, note=note)
    yield _long_tasks(page, f"run of {_SLIDES} slides, scrolled to its end", len(made))
    open_part(page, "Log")
    page.wait_for_timeout(1500)
    yield _long_tasks(page, f"its log of {lines} lines, opened", len(made))
    page.context.close()


def _long_tasks(page: Page, what: str, events: int) -> Figure:
    long: list[list[float]] = page.evaluate("watched.long.splice(0)")
    slowest = max((duration for _, duration in long), default=0)
    return Figure(
        f"{what}: tasks over 50 ms", len(long), "tasks", target=0, note=f"slowest {slowest:.0f} ms, {events} events"
    )


def _times(values: list[float]) -> str:
    return " ".join(f"{value:.0f}" for value in values)


PARTS = {
    "ui-page": first_page,
    "ui-typing": typing,
    "ui-run": run_page,
    "ui-library": library,
    "ui-memory": memory,
}
