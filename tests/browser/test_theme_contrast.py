"""Every theme can be read: contrast of text on what is really behind it, in every layout, as Chromium computes it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from playwright import async_api

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.composition.layouts import LAYOUTS
from pressrun.themes.catalog import BUILT_IN
from tests.support.decks import compose

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

AA = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum; of large type as well, where 3 would do
LEGIBLE = 7.0  # AAA, which that theme promises
TALL = Screen(640, 2400, 0.7)  # so that a slide of each layout holds all of it
CONTRAST = (Path(__file__).parents[1] / "support" / "contrast.js").read_text(encoding="utf-8")
EVERYTHING = """
[A link](https://example.org), **strong**, *em*, `code`, ~~gone~~, ==marked==, <kbd>Ctrl</kbd>.[^1]

- item
    1. deeper
- [x] done

> A quotation, **loud**, with [a link](https://example.org) and `code`.

> [!NOTE]
> Of `code` and **strong** and [a link](https://example.org)

> [!TIP]
> tip

> [!IMPORTANT]
> important

> [!WARNING]
> warning

> [!CAUTION]
> caution

| Head | `code` |
|---|---|
| cell | [link](https://example.org) |
| **strong** | ==marked== |
| third | `code` |

```python {2}
class A(B):  # comment
    def f(self, x: int = 1) -> str: return "s" + str(None)  # comment
@property
for x in y: raise ValueError(f"{x}")
```

```diff
+ new
- old
```

term
: meaning

![picture](missing.png "A caption")

##### Small heading

[^1]: A note with `code` and [a link](https://example.org).
"""
DECK = "---\ntitle: All\nsubtitle: of it\npaginate: true\nfooter: A footer\n---\n\n" + "\n\n".join(
    f"---\nlayout: {layout}\n---\n\n# Heading\n\n{EVERYTHING}".replace("[^1]", f"[^{layout}]")
    for layout in sorted(LAYOUTS)
)


class Seen(NamedTuple):
    """A text on a slide."""

    layout: str
    element: str
    words: str
    contrast: float


@pytest.mark.parametrize("theme", BUILT_IN)
async def test_every_text_of_a_theme_can_be_read_on_what_is_behind_it(
    pool: BrowserPool, page: async_api.Page, theme: str
) -> None:
    deck = (await compose(pool, DECK, theme=theme, screen=TALL)).deck
    await page.set_content(deck.html)
    seen = [Seen(*each) for each in await page.evaluate(CONTRAST)]
    assert {each.layout for each in seen} >= LAYOUTS
    least = LEGIBLE if theme == "legible" else AA
    faint = sorted({each for each in seen if each.contrast < least}, key=lambda each: each.contrast)
    assert not faint, "\n".join(f"{each.contrast:5} {each.layout}: {each.element} {each.words!r}" for each in faint)
