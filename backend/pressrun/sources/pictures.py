"""The pictures of clean HTML: what is inside the document stays, what is elsewhere becomes a box that says so.

Runs in the parser child, on the output of `sanitise`: there every `<img` is an element and every attribute is quoted.
"""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
from urllib.parse import unquote_to_bytes

from pressrun.sources.svg import clean_svg

MAX_PIXELS = 50_000_000  # SAFETY: what a picture may unfold to in the renderer
MAX_NAMED = 10  # addresses in warnings: beyond it the number is enough

_IMG = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_DATA = re.compile(r"data:image/(png|jpe?g|webp|gif|svg\+xml)((?:;[a-z0-9=-]+)*),", re.IGNORECASE)
_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}

Warnings = list[tuple[str, str]]


class _Refused(Exception):
    """This picture is not shown; the message says why."""


def settle_pictures(body: str) -> tuple[str, Warnings]:
    """The body with every picture shown or replaced, and (code, message) for each that was replaced."""
    blocked: list[str] = []
    refused: list[str] = []

    def settle(found: re.Match[str]) -> str:
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(found.group(1))}
        source = attributes.get("src", "").strip()
        if not source.lower().startswith("data:"):
            blocked.append(source)
            return _box(attributes.get("alt", ""), _short(source))
        try:
            attributes["src"] = _check_data(source)
        except _Refused as exc:
            refused.append(str(exc))
            return _box(attributes.get("alt", ""), str(exc))
        return "<img" + "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items()) + ">"

    return _IMG.sub(settle, body), [
        *blocked_warnings(blocked),
        *(("picture_refused", why) for why in refused[:MAX_NAMED]),
    ]


def blocked_warnings(sources: list[str]) -> Warnings:
    """One warning for each address that will not be loaded, ten at most, then one with the number of the others."""
    distinct = list(dict.fromkeys(filter(None, sources)))
    named = [
        ("blocked_resource", f"Not loaded, a document reaches nothing outside itself: {_short(s)}") for s in distinct
    ]
    more = len(distinct) - MAX_NAMED
    rest = [("blocked_resource", f"{more} more resources outside the document are not loaded")] if more > 0 else []
    return named[:MAX_NAMED] + rest


def _short(source: str) -> str:
    return source if len(source) <= 200 else source[:199] + "…"  # noqa: PLR2004  (arbitrary: one line of a log)


def _box(alt: str, why: str) -> str:
    name = html.escape(alt.strip() or "Picture")
    return (
        f'<span class="missing-picture" role="img" aria-label="{name}"><span class="missing-name">{name}</span>'
        f'<span class="missing-source">{html.escape(why)}</span></span>'
    )


def _check_data(source: str) -> str:
    found = _DATA.match(source)
    if found is None:
        raise _Refused("This kind of embedded picture is not shown; PNG, JPEG, WebP, GIF and SVG are.")
    kind, options = found.group(1).lower(), found.group(2).lower()
    data = _decode(source[found.end() :], is_base64=options.endswith(";base64"))
    if kind == "svg+xml":
        cleaned = clean_svg(data)
        if cleaned is None:
            raise _Refused("An embedded SVG picture is not well-formed and is not shown.")
        return "data:image/svg+xml;base64," + base64.b64encode(cleaned).decode()
    _check_raster(data, _FORMATS[kind])
    return f"data:image/{kind};base64," + base64.b64encode(data).decode()


def _decode(data: str, *, is_base64: bool) -> bytes:
    if not is_base64:
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(re.sub(r"\s+", "", unquote_to_bytes(data).decode("ascii", "replace")), validate=True)
    except binascii.Error:
        raise _Refused("An embedded picture is not valid base64 and is not shown.") from None


def _check_raster(data: bytes, format: str) -> None:
    from PIL import Image  # noqa: PLC0415  (a tenth of a second that a text without pictures need not pay)

    try:
        with Image.open(io.BytesIO(data), formats=[format]) as picture:
            width, height = picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _Refused(f"An embedded picture is not a valid {format} and is not shown.") from None
    if width * height > MAX_PIXELS:
        raise _Refused(f"An embedded picture of {width} x {height} pixels is not shown; 50 megapixels are the limit.")
