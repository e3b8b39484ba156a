"""The pictures of clean HTML: what is inside the document stays, what is elsewhere becomes a box that says so.

Runs in the parser child, on the output of `sanitise`: there every `<img` is an element and every attribute is quoted.
"""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote_to_bytes

from pressrun.attachments import path_in
from pressrun.sources.svg import clean_svg

MAX_PIXELS = 50_000_000  # SAFETY "Inside": what a picture may unfold to in the renderer
MAX_NAMED = 10  # addresses in warnings: beyond it the number is enough

_IMG = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_DATA = re.compile(r"data:image/[a-z0-9.+-]{1,40}((?:;[a-z0-9=\"._-]+)*),", re.IGNORECASE)
_FETCHED = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}  # also what they are called
_EMBEDDED = {**_FETCHED, "BMP": "bmp", "ICO": "x-icon"}  # what Chromium draws

Warnings = list[tuple[str, str]]


class _Refused(Exception):
    """This picture is not shown; the message says why."""


def settle_pictures(body: str, *, keep_remote: bool = False, attached: Collection[str] = ()) -> tuple[str, Warnings]:
    """The body with every picture shown or replaced, and (code, message) for each that was replaced.

    `keep_remote`: pictures on the web stay as they are, for somebody else to fetch; so do those `attached`, by path.
    """
    blocked: list[str] = []
    refused: list[str] = []
    reduced: Warnings = []

    def settle(found: re.Match[str]) -> str:
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(found.group(1))}
        source = attributes.get("src", "").strip()
        if keep_remote and source.lower().startswith(("http://", "https://")):
            return found.group()
        if attached and path_in(source) in attached:
            return found.group()
        if not source.lower().startswith("data:"):
            blocked.append(source)
            return missing_box(attributes.get("alt", ""), source)
        try:
            attributes["src"], told = _check_data(source)
            reduced.extend(told)
        except _Refused as exc:
            refused.append(str(exc))
            return missing_box(attributes.get("alt", ""), str(exc))
        return "<img" + "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items()) + ">"

    return _IMG.sub(settle, body), [
        *blocked_warnings(blocked),
        *(("picture_refused", why) for why in refused[:MAX_NAMED]),
        *list(dict.fromkeys(reduced))[:MAX_NAMED],
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


def missing_box(alt: str, why: str) -> str:
    """What stands where a picture would: its words, and why it is not there."""
    why = _short(why)
    name = html.escape(alt.strip() or "Picture")
    return (
        f'<span class="missing-picture" role="img" aria-label="{name}"><span class="missing-name">{name}</span>'
        f'<span class="missing-source">{html.escape(why)}</span></span>'
    )


def judge_picture(blob: bytes = b"") -> dict[str, Any]:
    """What a fetched picture is: `media_type`, with its `blob` in base64, changed where it had to be, and the
    `warnings` of that; or `refused`, and why.

    What the host says it is does not count.
    """
    content = blob
    if content.lstrip()[:1] == b"<" or content[:3] == b"\xef\xbb\xbf":
        cleaned = clean_svg(content, embedded_picture)
        if cleaned is None:
            return {"refused": "it is no picture, or an SVG that is not well-formed"}
        encoded = base64.b64encode(cleaned.data)
        return {"media_type": "image/svg+xml", "blob": encoded, "warnings": cleaned.warnings()}
    found = _header_of(content, list(_FETCHED))
    if found is None:
        return {"refused": "it is no PNG, JPEG, WebP, GIF, AVIF or SVG picture"}
    format, pixels = found
    if pixels > MAX_PIXELS:
        return {"refused": f"it has {pixels / 1e6:.0f} megapixels; {MAX_PIXELS / 1e6:.0f} are the limit"}
    return {"media_type": f"image/{_FETCHED[format]}", "blob": base64.b64encode(content)}


def why_refused(source: str) -> str | None:
    """Why a data: URI of a document must not reach the browser: it would unfold to too much. None: it may."""
    kind, _, encoded = source[11:].partition(",")
    is_base64 = kind.lower().endswith(";base64")
    try:
        data = _decode(encoded, is_base64=is_base64)
    except _Refused:
        return None  # the browser shows a broken picture
    if kind.lower().startswith("svg"):
        return "An embedded SVG picture that defines entities is not shown." if b"<!ENTITY" in data.upper() else None
    found = _header_of(data, None)
    if found is None or found[1] <= MAX_PIXELS:
        return None
    return f"An embedded picture of {found[1] / 1e6:.0f} megapixels is not shown; 50 megapixels are the limit."


def _header_of(data: bytes, formats: list[str] | None) -> tuple[str, int] | None:
    """Format and pixels, from the header alone; None if it is none of the formats (None: all that are known)."""
    from PIL import Image  # noqa: PLC0415  (a tenth of a second that a text without pictures need not pay)

    wanted = list(_EMBEDDED) if formats is None else formats
    maximum, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # the limit is ours, and only the header is read
    try:
        with Image.open(io.BytesIO(data), formats=wanted) as picture:
            return str(picture.format), picture.size[0] * picture.size[1]
    except (OSError, ValueError, SyntaxError):
        return None
    finally:
        Image.MAX_IMAGE_PIXELS = maximum


def embedded_picture(source: str) -> str | None:
    """The data: URI of a picture in a picture, as it may be shown; None if it may not."""
    try:
        return _check_data(source, within=True)[0]
    except _Refused:
        return None


def _check_data(source: str, *, within: bool = False) -> tuple[str, Warnings]:
    """The data: URI to be shown, called by what it is and not by what it says. Raises: _Refused."""
    found = _DATA.match(source)
    if found is None:
        raise _Refused("This kind of embedded picture is not shown; PNG, JPEG, WebP, GIF, AVIF, BMP, ICO and SVG are.")
    data = _decode(source[found.end() :], is_base64=found.group(1).lower().endswith(";base64"))
    if source[11:14].lower() == "svg" or data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        cleaned = clean_svg(data, None if within else embedded_picture)
        if cleaned is None:
            raise _Refused("An embedded SVG picture is not well-formed and is not shown.")
        return "data:image/svg+xml;base64," + base64.b64encode(cleaned.data).decode(), cleaned.warnings()
    header = _header_of(data, None)
    if header is None:
        raise _Refused("An embedded picture is no valid PNG, JPEG, WebP, GIF, AVIF, BMP, ICO or SVG and is not shown.")
    format, pixels = header
    if pixels > MAX_PIXELS:
        raise _Refused(
            f"An embedded picture of {pixels / 1e6:.0f} megapixels is not shown; 50 megapixels are the limit."
        )
    return f"data:image/{_EMBEDDED[format]};base64," + base64.b64encode(data).decode(), []


def _decode(data: str, *, is_base64: bool) -> bytes:
    if not is_base64:
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(re.sub(r"\s+", "", unquote_to_bytes(data).decode("ascii", "replace")), validate=True)
    except binascii.Error:
        raise _Refused("An embedded picture is not valid base64 and is not shown.") from None
