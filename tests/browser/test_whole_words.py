"""A long word of a title, of any heading, of a cell or of a large text is shown smaller before it is parted."""

from __future__ import annotations

import pytest
from playwright import async_api

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.themes.catalog import BUILT_IN
from tests.support.decks import compose

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

TALL = Screen(360, 640, 0.7)  # 514 CSS px wide
# Words that stand on several lines or leave their slide: the slide, the word, the size of its type.
PARTED = r"""() => [...document.querySelectorAll("section.slide")].flatMap((section, at) => {
    const found = [], edge = section.getBoundingClientRect();
    const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.parentElement.closest(".running, .slide-footer, pre, code")) continue;
        for (const { 0: word, index } of node.data.matchAll(/[\p{L}\p{M}]{4,}/gu)) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            const rects = [...range.getClientRects()].filter((rect) => rect.width > 0);
            const isOver = rects.some((rect) => rect.left < edge.left || rect.right > edge.right);
            const isParted = rects.some((rect) => rect.top > rects[0].bottom - rects[0].height / 2);
            const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
            if (isOver || isParted) found.push([at + 1, word, size]);
        }
    }
    return found;
})"""
TEXT = """# Donaudampfschifffahrtsgesellschaft

by Kraftfahrzeughaftpflichtversicherung

---

## Rechtsschutzversicherungsgesellschaften here

A slide of a few words.

---

# Unverhältnismäßigkeitsprinzip

---

Straßenverkehrszulassungsordnung

---

> Nahrungsmittelunverträglichkeit

---

## Достопримечательность

### कार्यान्वयनसम्बन्धीव्यवस्थापनसमितिहरूको

नदी। नदी समुद्र तक जाती है।

### தொழில்நுட்பக்கல்லூரிகளுக்கு

ஆறு.

### ηλεκτροεγκεφαλογράφημα

Word.

---

## A table

| Bundesverwaltungsgericht | Wert |
|---|---|
| Aufenthaltsgenehmigungen | b |
| x | y |

---

## Some text

- Betäubungsmittelverschreibungsverordnung
- short
- and another item that is long enough to be no statement, and so that there is text
"""


async def parted(pool: BrowserPool, page: async_api.Page, text: str, theme: str, screen: Screen) -> list[list[object]]:
    made = await compose(pool, text, theme=theme, screen=screen)
    assert made.coverage.is_whole, made.coverage.summary
    await page.set_viewport_size({"width": round(made.texts.width), "height": round(made.texts.height)})
    await page.set_content(made.deck.html)
    return list(await page.evaluate(PARTED))


@pytest.mark.parametrize("theme", BUILT_IN)
async def test_no_word_of_large_type_is_parted_where_smaller_type_holds_it(
    pool: BrowserPool, page: async_api.Page, theme: str
) -> None:
    assert await parted(pool, page, TEXT, theme, TALL) == []


@pytest.mark.parametrize("screen", [Screen(480, 480, 0.9), Screen(640, 480, 1.2), Screen(640, 360, 1.2)])
async def test_no_word_is_parted_where_the_screen_is_a_small_one(
    pool: BrowserPool, page: async_api.Page, screen: Screen
) -> None:
    assert await parted(pool, page, TEXT.partition("---\n\n## A table")[0], "swiss", screen) == []


async def test_a_word_that_no_readable_type_holds_is_parted_at_the_size_of_text_and_runs_over_no_edge(
    pool: BrowserPool, page: async_api.Page
) -> None:
    word = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2
    found = await parted(
        pool, page, f"# {word}\n\nOne.\n\n---\n\n## {word}\n\n{word}\n\n- a\n- b\n\n---\n\n{word}", "paper", TALL
    )
    assert [(at, size) for at, _, size in found] == [(1, 20), (2, 20), (2, 20), (3, 20)]
