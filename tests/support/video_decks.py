"""A deck in three languages that is made into a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pressrun.settings import Settings
from pressrun.slide_texts import SlideTexts
from tests.support.video_work import (
    Work,
    block,
    draw_slides,
    slide,
    texts,
)

ENGLISH = "The river carries sand to the sea. It lays it down where the water is slow, and nobody sees it."


DECK = texts(
    slide(1, block("heading", "Rivers", level=1), block("paragraph", ENGLISH)),
    slide(2, block("heading", "Flüsse", level=1, lang="de"), notes="Der Fluss trägt Sand. Das ist nicht weit."),
    slide(3, block("paragraph", "ទន្លេ នាំ ខ្សាច់ ទៅ សមុទ្រ", lang="km")),  # which espeak-ng does not speak
)


def work_in(folder: Path, deck: SlideTexts | None = DECK, **settings: Any) -> Work:
    return Work(folder, deck, draw_slides(folder), Settings(**settings), title="Rivers; = a\n[CHAPTER] #title")
