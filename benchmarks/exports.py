"""Presentations: what 20 slides take, how much of them can be edited, how far LibreOffice's picture is off the slide.

Whole seconds as a run waits for them (two cores, warm browser): the page is loaded for the editable one, the pictures
of the exact one are there. The difference is the mean over all pixels and colours; 0 is the same picture. Emoji are in
none of LibreOffice's PDFs, and count as different.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

import anyio
from PIL import Image, ImageChops, ImageStat

from benchmarks.figures import Figure
from benchmarks.pdf import lesson
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.sources.look import Look
from pressrun.sources.text import compose_text
from pressrun.spec import PptxMode
from pressrun.themes.catalog import BUILT_IN
from tests.support.pptx_deck import Presented, drawn_by_libreoffice, present

_ROUNDS = 5
_CHAPTERS = 20
_FULL, _SMALL = ((1920, 1080), 2.1), ((1280, 720), 1.4)
_LESSON = Path(__file__).parents[1] / "examples" / "lesson.md"
_TARGETS: dict[PptxMode, float] = {"exact": 1.0, "editable": 3.0}


def measure(folder: Path) -> Iterator[Figure]:
    yield from anyio.run(_measure, folder)


async def _measure(folder: Path) -> list[Figure]:
    figures = []
    async with open_browser_pool(BrowserPoolConfig()) as pool:
        await _made(pool, lesson(3), folder / "warm", "both")  # imports, and starts the browser
        for mode, target in _TARGETS.items():
            rounds = [await _made(pool, lesson(_CHAPTERS), folder / f"{mode}-{n}", mode) for n in range(_ROUNDS)]
            slides, size_kb = len(rounds[0].pictures), rounds[0].files[".pptx"].stat().st_size // 1000
            note = f"{slides} slides, {size_kb} KB, median of {_ROUNDS}"
            figures.append(Figure(f"{mode} presentation", median(r.took_s for r in rounds), "s", target, note))
        for theme in BUILT_IN:
            html = (await compose_text(_LESSON.read_text(encoding="utf-8"), title=None, look=Look(theme))).html
            made = await _made(pool, html, folder / theme, "editable", _SMALL)
            share = Figure(f"the lesson in {theme}: editability", made.shares[0], "", 0.98, more_is_better=True)
            figures += [share, *await _drawn(made, folder / theme, theme)]
    return figures


async def _drawn(made: Presented, folder: Path, theme: str) -> list[Figure]:
    if shutil.which("soffice") is None:
        return []
    pages = await anyio.to_thread.run_sync(drawn_by_libreoffice, made.files[".pptx"], folder, _SMALL[0])
    shares = []
    for path, page in zip(made.pictures, pages, strict=True):
        with Image.open(path) as picture:
            difference = ImageChops.difference(picture.convert("RGB"), page)
        shares.append(mean(ImageStat.Stat(difference).mean) / 255 * 100)
    note = f"{len(shares)} slides, the worst {max(shares):.1f} %"
    return [Figure(f"the lesson in {theme}: mean difference to the slides", mean(shares), "%", 2.0, note)]


async def _made(
    pool: BrowserPool, html: str, folder: Path, mode: PptxMode, screen: tuple[tuple[int, int], float] = _FULL
) -> Presented:
    await anyio.Path(folder).mkdir(parents=True)
    return await present(pool, html, folder, mode, size=screen[0], zoom=screen[1])
