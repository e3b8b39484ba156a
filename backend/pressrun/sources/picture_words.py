"""What authors say of a picture beside its address: how large, on which side, behind a slide. For the parser child.

https://marpit.marp.app/image-syntax: words in the alternative text; and braces behind it, as Pandoc has them.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Final

from markdown_it.token import Token

from pressrun.sources.attributes import css_length, read_attributes
from pressrun.sources.line_numbers import Lines

_NUMBER: Final = r"(?:\d{1,5}(?:\.\d{1,6})?|\.\d{1,6})"
_WORD: Final = re.compile(
    rf"(?P<bg>bg)|(?P<side>left|right)(?::(?P<share>{_NUMBER}%))?"
    rf"|(?P<name>w|h|width|height):(?P<size>{_NUMBER}(?:px|em|rem|ex|ch|cm|mm|in|pt|pc|%)?|auto)"
    rf"|(?P<scale>{_NUMBER}%)|(?P<fit>fit|cover|contain|auto)|(?P<way>vertical|horizontal)"
)
_FILTER: Final = re.compile(
    r"(?:blur|brightness|contrast|drop-shadow|grayscale|hue-rotate|invert|opacity|saturate|sepia)(?::[\w.,%()#-]{1,80})?"
)
_MARP_PICTURE: Final = re.compile(r"(?:^|\s)(?:bg(?:\s|$)|(?:w|h|width|height):[\d.a])")
_PX_OF: Final = {
    "px": 1.0, "em": 20.0, "rem": 20.0, "ex": 10.0, "ch": 10.0,
    "cm": 37.8, "mm": 3.78, "in": 96.0, "pt": 1.333, "pc": 16.0
}  # fmt: skip
_SLIDE: Final = {"width": 1280.0, "height": 720.0}  # of Marp, px: what a picture behind one is measured by


def settle_pictures_of(tokens: list[Token], lines: Lines, *, marp: bool) -> list[tuple[str, int]]:
    """Takes them off the words, and puts them on the tokens. Answers what of it is not done here, and its line."""
    undone: list[tuple[str, int]] = []
    for at, token in enumerate(tokens):
        children = token.children or []
        for image, follower in [pair for pair in zip_longest(children, children[1:]) if pair[0].type == "image"]:
            said = _words_of(image, undone, lines.number(token.map[0]) if token.map else 1, marp=marp)
            read = read_attributes(follower.content, 0) if follower is not None and follower.type == "text" else None
            if read is not None and follower is not None:
                follower.content = follower.content[read.end :]
                said |= {key: value for key, value in read.attributes.values.items() if key in ("width", "height")}
            for name in ("width", "height"):
                if (size := _html_size(str(said.get(name, "")))) is not None:
                    image.attrSet(name, size)
            if "bg" in said:
                image.meta["background"] = {**said, "share": css_length(said.get("share", "")), "scale": _scale(said)}
            elif "side" in said and at and tokens[at - 1].type == "paragraph_open":
                tokens[at - 1].attrJoin("class", f"picture-{said['side']}")
                if share := css_length(said.get("share", "")):
                    tokens[at - 1].attrSet("style", f"--width: {share}")
        if children and not all(child.content for child in children if child.type == "text"):
            token.children = [child for child in children if child.type != "text" or child.content]
    return undone


def _words_of(image: Token, undone: list[tuple[str, int]], line: int, *, marp: bool) -> dict[str, str]:
    """What the alternative text says of the picture; only what is said to a reader is left of it."""
    is_sized = _MARP_PICTURE.search(image.content) is not None
    if not (marp or is_sized):
        return {}
    said: dict[str, str] = {}
    kept: list[str] = []
    for word in image.content.split():
        found = _WORD.fullmatch(word) if is_sized else None
        if found is not None:
            said |= {name: value for name, value in found.groupdict().items() if value}
            if found["name"]:
                size = found["size"]
                said["width" if found["name"].startswith("w") else "height"] = f"0{size}" if size[0] == "." else size
        elif _FILTER.fullmatch(word):
            undone.append((f"{word}, a filter,", line))
        else:
            kept.append(word)
    if len(kept) < len(image.content.split()):
        image.content = " ".join(kept)
        image.children = [Token("text", "", 0, content=image.content)] if kept else []
    return said


def _scale(said: dict[str, str]) -> float:
    """How large a picture behind a slide or at its side is, in percent of that; 0 where nobody says, 100 for more."""
    share = float(said["share"].removesuffix("%")) / 100 if said.get("share") else 0.5
    found = [float(said["scale"].removesuffix("%"))] if "scale" in said else []
    for name, whole in _SLIDE.items():
        size = _html_size(said.get(name, "")) or ""
        if size.endswith("%"):
            found.append(float(size[:-1]))
        elif size:
            found.append(100 * float(size) / (whole * share if name == "width" and "side" in said else whole))
    return min(100.0, *found) if found else 0.0


def _html_size(said: str) -> str | None:
    """Pixels or percent, as `width` and `height` of a picture have them."""
    length = css_length(said)
    found = re.fullmatch(r"([\d.]+)(\D+)", length) if length else None
    if found is None:
        return None
    if found[2] == "%":
        return f"{found[1]}%"
    return str(round(float(found[1]) * _PX_OF[found[2]])) if found[2] in _PX_OF else None
