"""Decks as a run composes them, in a real browser: what their slides say, and how much of the text that is."""

from __future__ import annotations

from dataclasses import dataclass

from pressrun.browser.composing import Deck, compose_deck, plan_of_deck
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.page_breaks import SlicePlan
from pressrun.coverage import Coverage
from pressrun.slide_texts import SlideText, SlideTexts
from pressrun.sources.coverage import measure_coverage
from pressrun.sources.document import wrap_fragment
from pressrun.sources.look import Look
from pressrun.sources.markdown import render_markdown
from pressrun.themes.catalog import deck_css

SCREEN = Screen(640, 360, 0.7)  # 914 x 514 CSS px, as 1920 x 1080 at zoom 2.1


@dataclass(frozen=True, slots=True)
class Composed:
    """A deck and its slides."""

    deck: Deck
    plan: SlicePlan
    texts: SlideTexts
    coverage: Coverage

    @property
    def layouts(self) -> list[str]:
        return [slide.layout for slide in self.texts.slides]

    @property
    def said(self) -> list[list[str]]:
        """What stands on each slide, block by block."""
        return [[block.text for block in slide.blocks] for slide in self.texts.slides]

    def slide_with(self, words: str) -> SlideText:
        return next(slide for slide in self.texts.slides if any(words in block.text for block in slide.blocks))


def document_of(text: str, theme: str = "paper") -> str:
    """As the Markdown composer makes it."""
    made = render_markdown(text)
    told = {name: made[name] for name in ("title", "lang", "dir", "upright")}
    return wrap_fragment(made["html"], look=Look(theme), **told)


async def compose(
    pool: BrowserPool, text: str, *, screen: Screen = SCREEN, theme: str = "paper", most: int = 500
) -> Composed:
    """The deck of the text."""
    return await compose_document(pool, document_of(text, theme), text, screen=screen, most=most)


async def compose_document(
    pool: BrowserPool, html: str, text: str, *, screen: Screen = SCREEN, most: int = 500
) -> Composed:
    """The deck of a document that was made of the text."""
    size = {"viewport_width": screen.width, "viewport_height": screen.height, "zoom": screen.zoom}
    async with pool.lease(**size) as lease:  # type: ignore[arg-type]
        deck = await compose_deck(lease, html, deck_css(), screen, most)
    assert deck is not None
    async with pool.lease(**size) as lease:  # type: ignore[arg-type]
        await lease.load(deck.html, opened=False)
        plan = plan_of_deck(deck.slides, await lease.layout(), screen, 15, most)
        texts = await lease.texts(plan)
    found = measure_coverage("text", text, texts.model_dump_json().encode())
    return Composed(deck, plan, texts, Coverage.model_validate(found))
