"""Pictures behind a slide, or over all of one side of it, as authors ask for them. For the parser child.

`![bg](x)`, `![bg right:40%](x)`, `![bg fit](x)` of Marp stand in the text; `backgroundImage`, `data-background-image`,
`{background-image="x"}`, and `background` and `image` of Slidev are said of a slide. Both become `<figure>`s of the
class `picture-background` that stand alone, so that their pictures are attached, fetched and judged as all others; the
composer takes them out of the flow. What is only said of a slide has the class `backdrop`, and is not read.
"""

from __future__ import annotations

import re
from typing import Any, Final

from markdown_it.token import Token

_URL: Final = re.compile(r"""url\(\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s"'()]{1,2000}))\s*\)""")
_ADDRESS: Final = re.compile(
    r"https?://[^\s\"'<>]{1,2000}|data:image/[^\s\"'<>]+|[^\s\"'<>:]{1,500}\.(?:png|jpe?g|webp|gif|avif|svg)",
    re.IGNORECASE,
)
_WHOLE: Final = frozenset(["contain", "fit", "auto"])
SIZES: Final = _WHOLE | {"cover"}
# Of all tools, the surer first
PICTURE_KEYS: Final = ("background-image", "backgroundImage", "background")
SIZE_KEYS: Final = ("background-size", "backgroundSize")
_SLIDEV_SIDES: Final = {"image": "", "image-left": "left", "image-right": "right"}


def address_of(value: str) -> str:
    """Of the picture that a background names; empty for a colour, a gradient, a film."""
    found = _URL.fullmatch(value.strip())
    said = (found[1] or found[2] or found[3]) if found else value.strip()
    return said if _ADDRESS.fullmatch(said) else ""


def said_pictures(said: dict[str, str]) -> list[Token]:
    """What stands behind a slide of which this is said; nothing for most."""
    source = next((address for key in PICTURE_KEYS if (address := address_of(said.get(key, "")))), "")
    side = ""
    if not source and said.get("layout", "") in _SLIDEV_SIDES:
        source, side = address_of(said.get("image", "")), _SLIDEV_SIDES[said["layout"]]
    if not source:
        return []
    fits = any(said.get(key, "") in _WHOLE for key in SIZE_KEYS)
    image = Token("image", "img", 0, attrs={"src": source, "alt": ""}, children=[], content="")
    return _figure(image, {"side": side, "fit": "contain" if fits else "cover"}, ["backdrop"])


def lift_pictures(tokens: list[Token]) -> list[Token]:
    """The tokens with each such picture of a text in a paragraph of its own, in front of the one that it stood in."""
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        children = (tokens[at + 1].children or []) if token.type == "paragraph_open" and token.level == 0 else []
        pictures = [child for child in children if child.type == "image" and "background" in child.meta]
        if not pictures:
            made.append(token)
            at += 1
            continue
        for picture in pictures:
            made += _figure(picture, picture.meta["background"], [], token.map)
        rest = _without(children, pictures)
        if rest:
            tokens[at + 1].children = rest
            made += tokens[at : at + 3]
        at += 3
    return made


def _without(children: list[Token], pictures: list[Token]) -> list[Token]:
    """What is left of a paragraph, without line ends at its edges; nothing if that is no word."""
    rest = [child for child in children if child not in pictures]
    for edge in (0, -1):
        while rest and (
            rest[edge].type == "softbreak" or (rest[edge].type == "text" and not rest[edge].content.strip())
        ):
            rest.pop(edge)
    return rest


def _figure(image: Token, said: dict[str, Any], classes: list[str], lines: list[int] | None = None) -> list[Token]:
    names = ["picture-background", *classes]
    if said.get("side"):
        names.append(f"picture-{said['side']}")
    scale = round(said.get("scale", 0) / 5) * 5  # a class for each
    if 0 < scale < 100:  # noqa: PLR2004  (percent)
        names.append(f"picture-scale-{scale}")
    if 0 < scale < 100 or said.get("fit", "cover") != "cover":  # noqa: PLR2004
        names.append("picture-contain")
    if said.get("way") == "vertical":
        names.append("picture-vertical")
    opening = Token("paragraph_open", "p", 1, attrs={"class": " ".join(names)}, map=lines, block=True)
    if said.get("share"):
        opening.attrs["style"] = f"--width: {said['share']}"
    inline = Token("inline", "", 0, level=1, children=[image], content="", map=lines, block=True)
    return [opening, inline, Token("paragraph_close", "p", -1, block=True)]
