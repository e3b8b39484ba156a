"""How long a slide takes to read, and what is shown when. Pure. Times are whole frames, so that nothing drifts."""

from __future__ import annotations

import math
import re

from pressrun.slide_texts import SlideText

SHORTEST_S, LONGEST_S = 3.0, 60.0  # arbitrary: a slide of a picture is looked at, and nobody waits longer than that
_A_LOOK_S = 1.0  # until the eyes have found the first line
_PICTURE_S = 2.0  # arbitrary (1..5): a picture is looked at, too
# Reading aloud and silently in 17 languages (Trauzettel-Klosinski and Dietz, 2012): 228 words a minute in English, 255
# characters in Chinese, 357 in Japanese; somewhat less, for a video does not wait. Thai, Lao, Khmer and Burmese have
# letters and no spaces: 5 letters a word.
_WORD_S = 60 / 200
_IDEOGRAPH_S = 60 / 260
_LETTER_S = 60 / 200 / 5

_IDEOGRAPH = re.compile(r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]")
_UNSPACED = re.compile(r"[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")


def reading_s(text: str) -> float:
    """Of these words alone; 0 of none."""
    ideographs = len(_IDEOGRAPH.findall(text))
    letters = len(_UNSPACED.findall(text))
    words = len(_WORD.findall(_UNSPACED.sub(" ", _IDEOGRAPH.sub(" ", text))))
    return words * _WORD_S + ideographs * _IDEOGRAPH_S + letters * _LETTER_S


def looking_s(slide: SlideText) -> float:
    """How long a slide is looked at by somebody who reads all of it, and the subtitles where they say more."""
    shown = sum(reading_s(block.text) for block in slide.blocks)
    seconds = _A_LOOK_S + max(shown, reading_s(slide.notes)) + _PICTURE_S * len(slide.pictures)
    return min(LONGEST_S, max(SHORTEST_S, seconds))


def frames_of(seconds: float, fps: int) -> int:
    """At least as long."""
    return max(1, math.ceil(round(seconds * fps, 6)))
