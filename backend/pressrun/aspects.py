"""The shapes of slides that a text may name in its front matter, and the pixels that they stand for. Pure."""

from __future__ import annotations

import re
from typing import Final

# By the longer side of 1920 pixels, or what leaves 1080 of height
SIZES: Final = {
    "16:9": (1920, 1080),
    "16:10": (1728, 1080),
    "4:3": (1440, 1080),
    "3:2": (1620, 1080),
    "1:1": (1080, 1080),
    "4:5": (1080, 1350),
    "3:4": (1080, 1440),
    "9:16": (1080, 1920),
}
# `aspectratio: 169` of Beamer, and words
_ALSO: Final = {
    "169": "16:9",
    "1610": "16:10",
    "43": "4:3",
    "32": "3:2",
    "square": "1:1",
    "portrait": "9:16",
    "landscape": "16:9",
}
_LINE: Final = re.compile(
    r"^(?:aspect|size|aspectRatio|aspectratio)[ \t]*+[:=][ \t]*+[\"']?([\w:/ ]{1,12}+)[\"']?[ \t]*+(?:#.*)?$",
    re.MULTILINE,
)


def size_of_aspect(said: str) -> tuple[int, int] | None:
    """Pixels, width first; None if that is no shape that is known."""
    word = re.sub(r"\s", "", said.lower()).replace("/", ":")
    return SIZES.get(_ALSO.get(word, word))


def size_in(front_matter: str) -> tuple[int, int] | None:
    """What the first line of that kind says that can be read."""
    return next(filter(None, (size_of_aspect(found) for found in _LINE.findall(front_matter))), None)
