"""A PDF of slides: what 20 and 200 take, with the page that is loaded for it, and beside one `page.pdf` for each slide.

Whole seconds as a run waits for them (two cores, warm browser), memory of this process at its highest, and size.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import anyio
import anyio.to_thread

from benchmarks.figures import Figure
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice, plan_slices
from pressrun.exports.pdf import finished
from pressrun.sources.document import wrap_fragment
from pressrun.sources.look import Look

_AT = datetime(2026, 11, 30, tzinfo=UTC)
_ROUNDS = 5
_FEW, _MANY = 20, 200  # chapters, each about a slide
_WORDS = "Die Elbe trägt Sand und Kies zur Nordsee und legt sie dort ab, wo sie langsam wird. " * 9


def measure(folder: Path) -> Iterator[Figure]:
    yield from anyio.run(_measure)


def lesson(slides: int) -> str:
    """That many chapters, each about a slide."""
    chapters = "".join(f"<h2>Kapitel {n}</h2><p>{_WORDS}</p>" for n in range(slides))
    return wrap_fragment(f"<h1>Flüsse</h1>{chapters}", title="Flüsse", look=Look("paper"), lang="de")


async def _measure() -> list[Figure]:
    figures = []
    async with open_browser_pool(BrowserPoolConfig()) as pool:
        await _once(pool, 3)  # imports, and starts the browser
        for slides, target in ((_FEW, 1.5), (_MANY, None)):
            rounds = [await _once(pool, slides) for _ in range(_ROUNDS)]
            pages, size_kb = rounds[0][2:]
            note = f"{pages} pages, {size_kb} KB, median of {_ROUNDS}; loaded, measured and finished in it"
            figures.append(Figure(f"PDF of {slides} chapters", median(r[0] for r in rounds), "s", target, note))
            note = "of one thread, part of the above"
            figures.append(Figure("the same: cutting it, CPU", median(r[1] for r in rounds), "s", note=note))
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures.append(Figure("the same: memory of the process at its highest", peak_mb, "MB"))
        took_s = await _one_print_each(pool, _FEW)
        figures.append(
            Figure(f"{_FEW} chapters, one page.pdf for each slide", took_s, "s", note="without putting them together")
        )
    return figures


async def _once(pool: BrowserPool, slides: int) -> tuple[float, float, int, int]:
    html = lesson(slides)
    begun_at = time.perf_counter()
    async with pool.lease(viewport_width=1920, viewport_height=1080, zoom=2.1) as lease:
        slices = await _slices(lease, html)
        cpu_s = time.process_time()
        pdf = await lease.pdf_of_slides(slices, "blocks", _AT)
        cpu_s = time.process_time() - cpu_s
    pdf = await anyio.to_thread.run_sync(finished, pdf, "de")
    return time.perf_counter() - begun_at, cpu_s, len(slices), len(pdf) // 1000


async def _slices(lease: Lease, html: str) -> tuple[Slice, ...]:
    await lease.load(html)
    layout = await lease.layout()
    return plan_slices(layout.boxes, layout.height_css_px, lease.viewport_height_css_px, 15, "blocks", 500).slices


async def _one_print_each(pool: BrowserPool, slides: int) -> float:
    """As decktape does: each slide is brought to the top and printed by itself."""
    async with pool.lease(viewport_width=1920, viewport_height=1080, zoom=2.1) as lease:
        slices = await _slices(lease, lesson(slides))
        begun_at = time.perf_counter()
        for _ in slices:
            await lease.pdf()
        return time.perf_counter() - begun_at
