"""What the front matter of a deck says of the look of all its slides. For the parser child; pure.

The tools of decks have names of their own for one thing; what cannot be read is left to `directives`, which names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pressrun.aspects import size_of_aspect
from pressrun.sources.titles import plain_line

_THEME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_COLOUR: Final = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
_FONT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,79}")
_TRUE: Final = frozenset(["true", "yes", "on", "1", "c", "c/t", "h.v", "all"])  # of reveal: the forms of a number
_FALSE: Final = frozenset(["false", "no", "off", "0"])
_RUNNING: Final = {"true": "numbered", "false": "none", "numbered": "numbered", "plain": "plain", "none": "none"}
_WRITING: Final = {
    "vertical": "vertical", "vertical-rl": "vertical", "tategaki": "vertical",
    "horizontal": "horizontal", "horizontal-tb": "horizontal", "yokogaki": "horizontal",
}  # fmt: skip
_NUMBERS: Final = ("paginate", "page_numbers", "page-numbers", "slide-number", "slideNumber")
_ASPECTS: Final = ("aspect", "size", "aspectRatio", "aspectratio")


def look_of(fields: Mapping[str, Any], lines: Mapping[str, int]) -> tuple[dict[str, Any], set[str]]:
    """What can be used, by the names of `look.Look` (and `theme_line`); and which keys say it."""
    made: dict[str, Any] = {}
    used: set[str] = set()
    for key, inner, value in _said(fields):
        found = _read(key, value)
        if found is not None:
            used.add(inner or key)
            made.update({name: each for name, each in found.items() if name not in made})
    if "theme" in made:
        made["theme_line"] = lines.get("theme", 1)
    return made, used


def _said(fields: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Key, the one at the outermost level that it is of, and value."""
    for key, value in fields.items():
        if key == "brand" and isinstance(value, dict):
            for name, each in value.items():
                yield f"brand.{name}", key, each
        else:
            yield key, "", value
    formats = fields.get("format")
    if isinstance(formats, dict):  # Quarto: format: revealjs: footer: …
        for inside in formats.values():
            if isinstance(inside, dict):
                for key, value in inside.items():
                    yield str(key), "format", value


def _read(key: str, value: Any) -> dict[str, Any] | None:
    text = str(value).strip() if isinstance(value, str | bool) else ""
    word = text.lower()
    if key in _ASPECTS:
        return {} if size_of_aspect(text) is not None else None
    if key in _NUMBERS:
        return {"page_numbers": word in _TRUE} if word in _TRUE | _FALSE else None
    if key in ("running_heading", "running-heading"):
        return {"running_heading": _RUNNING[word]} if word in _RUNNING else None
    if key in ("writing_mode", "writing-mode"):
        return {"writing_mode": _WRITING[word]} if word in _WRITING else None
    if key == "footer":
        return {"footer": plain_line(text)} if text else None
    pattern, name = _PATTERNS.get(key, (_THEME, ""))
    return {name: text} if name and pattern.fullmatch(text) else None


_PATTERNS: Final = {
    "theme": (_THEME, "theme"),
    "brand.accent": (_COLOUR, "accent"),
    "brand.heading_font": (_FONT, "heading_font"),
    "brand.body_font": (_FONT, "body_font"),
}
