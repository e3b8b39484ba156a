"""The picture of a theme, by which people choose one: four slides in 640 x 360 pixels.

Drawn by the Chromium and with the fonts of this machine, as any slide; so it is made by a command, and not by a server.
"""

from __future__ import annotations

import io

from PIL import Image

from pressrun.browser.composing import compose_deck, plan_of_deck
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import open_browser_pool
from pressrun.browser.ports import Screen
from pressrun.sources.look import Look
from pressrun.sources.text import compose_text
from pressrun.themes.catalog import Theme, deck_css

WIDTH, HEIGHT = 640, 360
_SCREEN = Screen(WIDTH * 2, HEIGHT * 2, 1.4)  # twice the size, and reduced: letters are smoother
_TEXT = """---
title: {label}
theme: {name}
---

# {label}

{words}

---

## Three kinds of work

Every river does *three things* at once.

1. **Erosion**: it loosens rock.
2. **Transport**: it takes the load along.
3. **Deposition**: where it slows down.

> [!NOTE]
> Clay is the exception.

---

> The water that you touch is the last of what has passed, and the first of that which comes.

---

## What can it carry?

| Grain | Diameter | Moves at |
|:------|---------:|---------:|
| Sand | 0.06 – 2 mm | 0.2 m/s |
| Pebble | 4 – 64 mm | 0.7 m/s |
| Boulder | over 256 mm | 4 m/s |
"""


async def draw_preview(theme: Theme) -> bytes:
    """A WebP of four slides: title, text, quotation, table.

    Raises: BrowserFailure, ComposeFailed.
    """
    text = _TEXT.format(name=theme.name, label=theme.label, words=theme.words)
    document = await compose_text(text, title=None, look=Look(theme.name, {theme.name: theme}))
    size = {"viewport_width": _SCREEN.width, "viewport_height": _SCREEN.height, "zoom": _SCREEN.zoom}
    async with open_browser_pool(BrowserPoolConfig(local=1)) as pool:
        async with pool.lease(**size) as lease:  # type: ignore[arg-type]
            deck = await compose_deck(lease, document.html, deck_css(), _SCREEN)
        assert deck is not None  # noqa: S101  (it is made from text)
        async with pool.lease(**size) as lease:  # type: ignore[arg-type]
            await lease.load(deck.html, opened=False)
            plan = plan_of_deck(deck.slides, await lease.layout(), _SCREEN, 15, 4)
            pictures = [await lease.capture(piece) for piece in plan.slices]
    return _laid_out(pictures)


def _laid_out(pictures: list[bytes]) -> bytes:
    """Two by two, a line between."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), "#808080")
    size = (WIDTH // 2 - 1, HEIGHT // 2 - 1)
    for number, picture in enumerate(pictures[:4]):
        slide = Image.open(io.BytesIO(picture), formats=["PNG"]).convert("RGB")
        place = (number % 2 * (WIDTH // 2 + 1), number // 2 * (HEIGHT // 2 + 1))
        sheet.paste(slide.resize(size, Image.Resampling.LANCZOS), place)
    made = io.BytesIO()
    sheet.save(made, "WEBP", quality=82, method=6)
    return made.getvalue()
