"""Presentations of many decks: how much of them can be edited, how far LibreOffice's pictures are off the slides.

Decks are composed as runs compose them, of the texts of `composition` (20 languages, lessons, articles) and of decks
with what is hard: formulas, columns, callouts, footnotes, tables, code. The first slides of each. The difference is the
mean over all pixels and colours of a deck. Each file is held against the schemas of ISO/IEC 29500.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean

import anyio
from PIL import Image, ImageChops, ImageStat

from benchmarks.composition import corpora
from benchmarks.figures import Figure
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.ports import Screen
from tests.support.decks import compose
from tests.support.pptx_deck import Presented, all_drawn_by_libreoffice, present
from tests.support.pptx_rules import check_presentation

_SIZE, _ZOOM = (1280, 720), 1.4
_SLIDES = 6  # of each deck; LibreOffice takes most of the time
_TEXTS = Path(__file__).parents[1] / "tests" / "data" / "texts"
_HARD = """
# What is hard

A paragraph with a footnote[^1], `code`, **bold**, *italic*, ~~struck~~, H~2~O and x^2^, and a [link](https://h.example/).

[^1]: The footnote says more.

## Formulas

The area is $A = \\pi r^2$, and

$$\\int_0^1 x^2\\,dx = \\frac{1}{3}$$

## Columns

:::: columns
::: column
- left one
- left two
:::
::: column
1. right one
2. right two
:::
::::

## A table

| Name | What | No. |
|:--|:--:|--:|
| sand | fine and *light* | 1 |
| gravel | coarse, `heavy` | 22 |

> [!NOTE]
> A callout says what is to be noted.

## Code

```python
def flow(depth: float) -> float:
    "How fast."
    return depth ** 0.5  # metres
```

> A quotation of somebody.
"""


def measure(folder: Path) -> Iterator[Figure]:
    yield from anyio.run(_measure, folder)


async def _measure(folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    wanted = os.environ.get("CORPUS")
    async with open_browser_pool(BrowserPoolConfig()) as pool:
        await pool.warm()
        for name, texts in _all().items():
            if wanted in (None, name):
                made = {key: await _made(pool, text, folder / name / key, key) for key, text in texts.items()}
                figures += await anyio.to_thread.run_sync(_judged, name, made, folder / name)
    return figures


def _all() -> Mapping[str, Mapping[str, str]]:
    found = corpora()
    hard = {path.stem: path.read_text() for path in sorted(_TEXTS.glob("*.md")) if "deck" in path.stem}
    return {
        "Declaration": found["Declaration"],
        "lessons": dict(list(found["lessons"].items())[:3]),
        "articles": dict(list(found["articles"].items())[:1]),
        "hard": {"hard": _HARD, **hard},
    }


async def _made(pool: BrowserPool, text: str, folder: Path, name: str) -> Presented:
    await anyio.Path(folder).mkdir(parents=True)
    composed = await compose(pool, text, screen=Screen(*_SIZE, _ZOOM), most=_SLIDES)
    slices = tuple(composed.plan.slices)
    made = await present(pool, composed.deck.html, folder, "editable", size=_SIZE, zoom=_ZOOM, slices=slices)
    made.files[".pptx"] = made.files[".pptx"].rename(folder.parent / f"{name}.pptx")
    check_presentation(made.files[".pptx"])
    return made


def _judged(name: str, made: Mapping[str, Presented], folder: Path) -> list[Figure]:
    shares = {key: each.shares[0] for key, each in made.items()}
    worst = min(shares, key=lambda key: shares[key])
    note = f"{len(made)} decks; the least {shares[worst]:.3f} ({worst})"
    figures = [Figure(f"{name}: editability", mean(shares.values()), "", 0.98, note, more_is_better=True)]
    if shutil.which("soffice") is None:
        return figures
    drawn = all_drawn_by_libreoffice([each.files[".pptx"] for each in made.values()], folder, _SIZE)
    off = {
        key: mean(_difference(*pair) for pair in zip(each.pictures, pages, strict=True))
        for (key, each), pages in zip(made.items(), drawn, strict=True)
    }
    by_deck = ", ".join(f"{key} {off[key]:.1f}" for key in sorted(off, key=lambda key: -off[key])[:6])
    note = f"{sum(map(len, drawn))} slides; by deck, worst first: {by_deck}"
    return [*figures, Figure(f"{name}: mean difference to the slides", mean(off.values()), "%", 2.0, note)]


def _difference(path: Path, page: Image.Image) -> float:
    with Image.open(path) as picture:
        difference = ImageChops.difference(picture.convert("RGB"), page)
    return mean(ImageStat.Stat(difference).mean) / 255 * 100
