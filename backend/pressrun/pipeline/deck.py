"""The deck of a run: its document, composed to slides, in staging as deck.html beside the document it was made of.

Only documents of our own making are composed (decision 0080); what somebody gave as HTML is shown as it is, and cut.
What the capture cache has of the same document is taken from there, and no browser is asked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import structlog

from pressrun.artifacts.model import StoredFile
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.composing import Deck, DeckSlide, compose_deck
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import PageScriptFailed, Screen
from pressrun.browser.slides.worklist import MAX_RETRIES
from pressrun.errors import BrowserCrashed, RenderTimeout
from pressrun.pipeline.captures import RunDecks, open_decks
from pressrun.pipeline.context import DECK_NAME, Composed, RunContext
from pressrun.sources.document import is_ours
from pressrun.spec import RunSpec
from pressrun.themes.catalog import deck_css

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StagedDeck:
    """A deck, and its file in staging."""

    deck: Deck
    file: StoredFile


def is_composed(spec: RunSpec, made_from: str, html: str) -> bool:
    """Whether a document is, that was made from `text`, `html` … `auto` composes what was not HTML."""
    mode = spec.page_breaks
    if mode == "compose":
        return is_ours(html)
    return mode == "auto" and made_from != "html" and is_ours(html)


async def open_deck(
    context: RunContext, pool: BrowserPool, cache: CaptureCache | None, composed: Composed, html: str
) -> StagedDeck | None:
    """The deck of the run's document; None where it is shown in windows.

    Raises: BrowserFailure, DiskFull.
    """
    if not is_composed(context.spec, composed.compared_with, html):
        if context.spec.page_breaks == "compose":
            await context.warn(
                "not_composed",
                "page_breaks=compose is for documents made from text; this one is shown as it is, and cut between its "
                "blocks, as page_breaks=blocks does.",
            )
        return None
    css = deck_css()
    decks = await open_decks(context, cache, html.encode(), hashlib.sha256(css.encode()).hexdigest())
    kept = await _kept(decks)
    if kept is not None:
        return kept
    await context.progress("render", 0, "Composing the slides")
    try:
        deck = await _compose(context, pool, html, css)
    except PageScriptFailed:
        _log.exception("a document cannot be composed")
        await context.warn(
            "not_composed", "The document could not be composed to slides; it was cut between its blocks instead."
        )
        return None
    except RenderTimeout as exc:
        raise RenderTimeout(
            "The text could not be dealt out on slides in time (PRESSRUN_PAGE_TIMEOUT_S); part its largest table, its "
            "longest paragraph or the one with most formulas, or ask for page_breaks=blocks."
        ) from exc
    if deck is None:
        return None
    file = await context.staging.write(DECK_NAME, deck.html.encode())
    await decks.keep(
        file, {"slides": [[slide.top, slide.height, slide.overfull, slide.face, slide.rest] for slide in deck.slides]}
    )
    return StagedDeck(deck, file)


async def _compose(context: RunContext, pool: BrowserPool, html: str, css: str) -> Deck | None:
    """By another browser if one dies of something else than the document."""
    spec = context.spec
    screen = Screen(spec.viewport_width, spec.viewport_height, spec.zoom, fit=spec.fit)
    for attempt in range(MAX_RETRIES + 1):
        async with pool.lease(
            viewport_width=screen.width, viewport_height=screen.height, zoom=screen.zoom, fit=screen.fit
        ) as lease:
            try:
                return await compose_deck(lease, html, css, screen, spec.max_screenshots)
            except BrowserCrashed:
                if lease.crashed_alone or attempt == MAX_RETRIES:
                    raise
                _log.warning("a browser died while it composed; another one does", attempt=attempt)
    raise AssertionError


async def _kept(decks: RunDecks) -> StagedDeck | None:
    found = await decks.link()
    if found is None:
        return None
    file, note, html = found
    try:
        slides = tuple(_slide_of(told) for told in note["slides"])
    except (KeyError, TypeError, ValueError):
        return None
    return StagedDeck(Deck(html, slides), file) if slides else None


def _slide_of(told: Any) -> DeckSlide:
    top, height, overfull, face, rest = told
    return DeckSlide(float(top), float(height), bool(overfull), str(face), rest=bool(rest))
