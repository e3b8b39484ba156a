"""How well a document is dealt out to its slides, by what they say; the same for composed slides and for windows.

Pure. What each figure means stands in `Composition` (slide_texts.py), which goes into slides.json.
"""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import fmean
from typing import Final

from pressrun.slide_texts import Composition, SlideBlock, SlideText, SlideTexts

# Air above and below is no room that something could fill: 7 % at either side, as deck.css has it.
_ROOM_SHARE: Final = 0.86
_ORPHAN_FILL: Final = 0.2  # three lines of text on a slide of 16:9 at zoom 2.1
_UNFILLED: Final = frozenset(("title", "section", "closing"))  # little stands there on purpose
# What ends a sentence, in any script, with what may follow it: brackets, quotation marks, numbers of footnotes.
_SENTENCE_END: Final = re.compile(r"[.!?…:。！？：．｡।॥؟۔։።፧፨။၊។៕᠃᠉꓿⸮‽՜՞།༎]['\"’”»›)\]）」』】〉》\s]*(?:\[\d+\])?\s*$")
# Scripts that need not mark where a sentence ends: nobody can tell by the letters alone.
_UNMARKED: Final = re.compile(r"[\u0e00-\u0eff\u0f00-\u0fff\u1780-\u17ff\u1000-\u109f]\s*$")


def score_of(texts: SlideTexts) -> Composition:
    """Of a run's slides."""
    slides = texts.slides
    room = texts.height * _ROOM_SHARE
    fills = [_fill(slide, room) for slide in slides]
    told = [fill for slide, fill in zip(slides, fills, strict=True) if slide.layout not in _UNFILLED]
    return Composition(
        slides=len(slides),
        mean_fill=round(fmean(told), 3) if told else 0.0,
        least_fill=round(min(told), 3) if told else 0.0,
        breaks_in_sentence=sum(_parts_a_sentence(*pair) for pair in pairwise(slides)),
        without_heading=sum(not _has_heading(slide) for slide in slides),
        orphans=sum(_is_orphan(slide, room) for slide in slides),
        continued_tables_without_head=sum(_lacks_head(*pair) for pair in pairwise(slides)),
    )


def _is_added(block: SlideBlock) -> bool:
    """Whether nothing of it was sent: a heading that goes on, the head of a table that does."""
    return bool(block.added) and "".join(block.text.split()) == "".join("".join(block.added).split())


def _own(slide: SlideText) -> list[SlideBlock]:
    return [block for block in slide.blocks if not _is_added(block)]


def _fill(slide: SlideText, room: float) -> float:
    boxes = [*(block.box for block in slide.blocks), *(picture.box for picture in slide.pictures)]
    if not boxes:
        return 0.0
    return min(1.0, (max(box.top + box.height for box in boxes) - min(box.top for box in boxes)) / room)


def _parts_a_sentence(before: SlideText, slide: SlideText) -> bool:
    above, below = _own(before), _own(slide)
    if not above or not below or not below[0].continues or below[0].kind == "code":
        return False
    text = above[-1].text
    return _SENTENCE_END.search(text[-40:]) is None and _UNMARKED.search(text[-4:]) is None


def _has_heading(slide: SlideText) -> bool:
    return bool(slide.blocks) and slide.blocks[0].kind == "heading"


def _is_orphan(slide: SlideText, room: float) -> bool:
    own = _own(slide)
    if not own or own[0].kind == "heading" or slide.pictures:
        return False
    height = max(block.box.top + block.box.height for block in own) - min(block.box.top for block in own)
    return height < _ORPHAN_FILL * room


def _lacks_head(before: SlideText, slide: SlideText) -> bool:
    """Two tables with nothing between them count as one: slides.json does not tell them apart."""
    above, below = _own(before), _own(slide)
    if not above or not below or above[-1].kind != "cell" or below[0].kind != "cell":
        return False
    return not any(block.kind == "cell" and _is_added(block) for block in slide.blocks)
