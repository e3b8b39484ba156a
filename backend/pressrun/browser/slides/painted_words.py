"""The words that slides show, as the page tells them: what `in_page/words/` is asked, and its answer.

Of boxes that are painted, not of pixels: text behind something else counts as shown. The script says the rest.
"""

from __future__ import annotations

from typing import Any

from pressrun.browser.ports import Screen
from pressrun.browser.slides.composition.score import score_of
from pressrun.browser.slides.page_breaks import SlicePlan
from pressrun.slide_texts import SlideTexts


def question(plan: SlicePlan, screen: Screen) -> dict[str, Any]:
    """For a page that is loaded and measured, and in which nothing was scrolled yet."""
    return {
        "places": [piece.place for piece in plan.slices],
        "width": screen.width / screen.zoom,
        "height": screen.height / screen.zoom,
        "truncated": plan.truncated,
    }


def texts_of(answer: str) -> SlideTexts:
    """The page's answer."""
    texts = SlideTexts.model_validate_json(answer)
    return texts.model_copy(update={"composition": score_of(texts)})
