"""Decks composed again after an edit are the decks that are composed from nothing, whatever was edited."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.composition import lesson

from pressrun.browser.composing_again import NeedsWhole, ShownDeck, compose_shown
from pressrun.browser.kept_slides import KeptSlides
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.browser.setup.self_test import Seal
from pressrun.pipeline.preview import Previews
from pressrun.spec import RunSpec
from pressrun.themes.catalog import deck_css
from tests.support.decks import SCREEN, document_of
from tests.support.generated_documents import Markdown

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.usefixtures("warm_parser")]

# texts that are edited three times each; more of them by hand
TEXTS = int(os.environ.get("PRESSRUN_EDITED_TEXTS", "6"))
SCREENS = [SCREEN, Screen(480, 360, 0.7), Screen(360, 640, 0.8), Screen(640, 360, 1.3)]
THEMES = ["paper", "blueprint", "chalk", "gazette", "ink", "legible", "meadow", "plum", "swiss", "terracotta"]
UDHR = sorted((Path(__file__).parents[1] / "data" / "udhr").glob("*.md"))
SIZE = {"viewport_width": SCREEN.width, "viewport_height": SCREEN.height, "zoom": SCREEN.zoom}


async def shown(
    pool: BrowserPool, html: str, kept: KeptSlides | None, screen: Screen = SCREEN, most: int = 500
) -> ShownDeck | None:
    async with pool.lease(viewport_width=screen.width, viewport_height=screen.height, zoom=screen.zoom) as lease:
        return await compose_shown(lease, kept, html, deck_css(), screen, 15, most)


def told(deck: ShownDeck | None) -> Any:
    """All of it but where things stand, which is the slide's own and told in hundredths of a px."""
    assert deck is not None
    texts = deck.texts.model_dump(exclude={"composition"})
    for slide in texts["slides"]:
        for part in (*slide["blocks"], *slide["pictures"], *slide["links"]):
            del part["box"]
    slides = [(slide.fill, slide.overfull, slide.face, slide.rest) for slide in deck.deck.slides]
    return deck.deck.html, slides, len(deck.plan.slices), deck.plan.truncated, texts


def made_up(chance: random.Random) -> str:
    """Some ten to thirty slides."""
    texts: list[Callable[[], str]] = [
        lambda: lesson(chance.randint(0, 99), chance.randint(2_000, 6_000)),
        lambda: "\n\n---\n\n".join(lesson(chance.randint(0, 99), 600) for _ in range(6)),
        lambda: chance.choice(UDHR).read_text()[:7_000],
        lambda: "\n\n".join([lesson(1, 3_000), "## Middle", Markdown(chance).text(), "## Last", lesson(2, 3_000)]),
    ]
    return chance.choice(texts)()


def edited(chance: random.Random, text: str) -> str:
    parts = text.split("\n\n")
    at = chance.randrange(len(parts))
    edits: list[Callable[[], Any]] = [
        lambda: parts.__setitem__(at, f"{parts[at]} inserted"),
        lambda: parts.__setitem__(at, parts[at].replace(" ", " 7 ", 1)),
        lambda: parts.pop(at),
        lambda: parts.insert(at, chance.choice(parts)),
        lambda: parts.insert(at, chance.choice(["# New", "## Newer", "### Newest", "---", "- one\n- two\n- three"])),
        lambda: parts.__setitem__(at, parts[at].lstrip("#")),
        lambda: parts.append("One more at the end."),
    ]
    chance.choice(edits)()
    return "\n\n".join(parts)


@pytest.mark.parametrize("seed", range(TEXTS))
async def test_an_edited_text_gives_the_deck_that_it_gives_from_nothing(pool: BrowserPool, seed: int) -> None:
    chance = random.Random(seed)
    text, screen, theme = made_up(chance), chance.choice(SCREENS), chance.choice(THEMES)
    kept = KeptSlides()
    await shown(pool, document_of(text, theme), kept, screen)
    for _ in range(3):
        text = edited(chance, text)
        html = document_of(text, theme)
        try:
            again = await shown(pool, html, kept, screen)
        except NeedsWhole:
            continue
        assert told(again) == told(await shown(pool, html, None, screen))


@pytest.mark.promise("preview")
@pytest.mark.parametrize("theme", ["paper", "swiss"])
async def test_a_word_asks_a_page_for_the_slides_that_it_changes_alone(pool: BrowserPool, theme: str) -> None:
    text = lesson(5, 15_000)
    kept = KeptSlides()
    first = await shown(pool, document_of(text, theme), kept)
    assert first is not None
    total = len(first.deck.slides)
    assert kept.slides_made == total > 20
    middle = text.index(" ", len(text) // 2)
    for number in range(3):
        html = document_of(f"{text[:middle]} {'more ' * 9 * number}{text[middle:]}", theme)
        made = kept.slides_made
        again = await shown(pool, html, kept)
        assert told(again) == told(await shown(pool, html, None))
        assert kept.slides_made - made < total / 3


async def test_numbers_of_pages_headings_that_go_on_and_titles_are_those_of_the_whole(pool: BrowserPool) -> None:
    parts = [f"## Part {number}\n\n" + "\n\n".join([lesson(number, 900)[10:]] * 2) for number in range(8)]
    kept = KeptSlides()
    for order in ([0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 4, 5, 6, 7], [3, 1, 2, 4, 5, 6, 7], [3, 1, 2, 4, 4, 5, 6, 7, 0]):
        html = document_of('# A & "B" <i>\n\n' + "\n\n".join(parts[at] for at in order))
        html = html.replace("<html ", '<html data-page-numbers="" data-footer="A foot" ', 1)
        assert told(await shown(pool, html, kept)) == told(await shown(pool, html, None))
    assert kept.slides_kept > 0


async def test_a_heading_that_goes_on_behind_a_line_of_dashes_is_the_one_of_now(pool: BrowserPool) -> None:
    sentences = "\n\n".join(["The river carries sand and stones down to the sea. " * 6] * 8)
    text = "\n\n---\n\n".join(f"## Part {at}\n\nOne.\n\nTwo.\n\nThree.\n\n---\n\n{sentences}" for at in range(9))
    kept = KeptSlides()
    await shown(pool, document_of(text), kept)
    html = document_of(text.replace("Part 3", "The third part"))
    again = await shown(pool, html, kept)
    assert kept.slides_kept > 0
    assert told(again) == told(await shown(pool, html, None))


async def test_words_that_nobody_sees_and_pictures_that_are_missing_are_told_again(pool: BrowserPool) -> None:
    hidden = "\n\n![a lost one](https://example.org/a.png)\n\n<div hidden>never seen</div>\n\n"
    text = "\n\n".join(f"## Part {at}\n\n{lesson(at, 700)[12:]}{hidden if at in (2, 5) else ''}" for at in range(8))
    kept = KeptSlides()
    await shown(pool, document_of(text), kept)
    html = document_of(text.replace("## Part 6", "## The sixth part"))
    again = await shown(pool, html, kept)
    assert kept.slides_kept > 0
    assert told(again) == told(await shown(pool, html, None))
    assert again is not None
    assert len(again.texts.lost_pictures) == 2


class Proved(Seal):
    async def check(self) -> None:
        return


@pytest.mark.parametrize(
    ("before", "after", "most"),
    [
        ("## Part 3", "## Part 3\n\nCalled[^1].\n\n[^1]: A note.", 500),  # a footnote
        ("## Part 3", "## Part 3\n\n<table>" + "<tr><td>" + "<br>".join("abcdefgh" * 9) + "</table>", 500),  # overfull
        ("## Part 3", "## Part 3 " + "longer " * 90, 500),
        ("## Part 3", "## Part three", 3),  # more slides than may be
    ],
)
async def test_what_cannot_be_told_apart_is_composed_as_a_whole(
    pool: BrowserPool, before: str, after: str, most: int
) -> None:
    text = "\n\n".join(f"## Part {at}\n\n{lesson(at, 700)[12:]}" for at in range(8))
    previews = Previews(pool, Proved(pool), asks_ai=False)
    await previews.make(RunSpec(text=text, max_screenshots=most, **SIZE), 1)
    changed = RunSpec(text=text.replace(before, after), max_screenshots=most, **SIZE)
    again = await previews.make(changed, 1)
    anew = await Previews(pool, Proved(pool), asks_ai=False).make(changed, 1)
    assert again == anew
