"""How many pixels the pictures embedded in a document unfold to, told by their headers before any browser sees them.

Looks at the text, not at what the text means: whichever element, attribute or style names a picture (img, srcset,
poster, SVG image, every url() of CSS, a frame's own document …), it stands there as a data: URI. Style sheets, SVG and
documents that are data: URIs themselves are looked into. Pure, and linear in the length of the text: no picture is
decoded. What is written so that only a browser can read it is caught by `PageMemory`.
"""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_to_bytes

_MAX_DEPTH: Final = 3  # a picture in an SVG in a style sheet in a document
_HEADER_CHARACTERS: Final = 4_096  # of base64: where all formats but JPEG say their size
_JPEG_CHARACTERS: Final = 1_400_000  # a JPEG's size comes after its profiles and thumbnails, 64 KB each
_MAX_SEGMENTS: Final = 400  # arbitrary: of a JPEG

_URI = re.compile(r"data:([^:,\"'()<>]{0,200}),", re.IGNORECASE)
# Up to a delimiter; over white space only where base64 in long lines goes on.
_PAYLOAD = re.compile(r"[^\s\"'()<>]*(?:\s+[A-Za-z0-9+/=]{16,}(?=[\s\"'()<>]|$))*")
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/\s]")
_MARKERS_OF_SIZE: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def embedded_pixels(text: str) -> int:
    """Pixels of all pictures embedded in an HTML, CSS or SVG text; one that is named several times counts once."""
    sizes: dict[int, int] = {}
    _collect(text, sizes, 0)
    return sum(sizes.values())


def _collect(text: str, sizes: dict[int, int], depth: int) -> None:
    at = 0
    while (found := _URI.search(text, at)) is not None:
        payload = _PAYLOAD.match(text, found.end())
        at = payload.end() if payload is not None else found.end()
        kind = found[1].lower()
        is_base64 = ";base64" in kind
        key = hash(text[found.end() : at])
        if key in sizes:
            continue
        sizes[key] = picture_pixels(_head(text[found.end() : at], is_base64=is_base64))
        if depth < _MAX_DEPTH and sizes[key] == 0 and not kind.startswith(("font/", "image/png", "image/jpeg")):
            whole = text[found.end() : at] if is_base64 else _quoted(text, found)
            _collect(_decode(whole, is_base64=is_base64).decode("utf-8", "replace"), sizes, depth + 1)


def _quoted(text: str, found: re.Match[str]) -> str:
    """What is not base64 may hold blanks and brackets: all up to the quotation mark that it began with."""
    mark = text[found.start() - 1 : found.start()]
    end = text.find(mark, found.end()) if mark in ('"', "'") else -1
    return text[found.end() : end] if end > 0 else text[found.end() : found.end() + _HEADER_CHARACTERS]


def _head(payload: str, *, is_base64: bool) -> bytes:
    """As much of a picture as says its size."""
    data = _decode(payload[:_HEADER_CHARACTERS], is_base64=is_base64)
    if data.startswith(b"\xff\xd8") and len(payload) > _HEADER_CHARACTERS:
        return _decode(payload[:_JPEG_CHARACTERS], is_base64=is_base64)
    return data


def _decode(payload: str, *, is_base64: bool) -> bytes:
    data = unquote_to_bytes(payload)
    if not is_base64:
        return data
    encoded = data.decode("ascii", "replace")
    end = _NO_BASE64.search(encoded)
    letters = "".join((encoded if end is None else encoded[: end.start()]).split())
    return binascii.a2b_base64(letters[: len(letters) // 4 * 4])


def picture_pixels(data: bytes) -> int:
    """Width times height, as the beginning of a PNG, JPEG, GIF, WebP, AVIF, BMP or ICO says; 0: it is none of these."""
    try:
        width, height = _size_of(data)
    except struct.error:  # cut off
        return 0
    return width * abs(height)


def _size_of(data: bytes) -> tuple[int, int]:
    for starts, at, read in _FORMATS:
        if data.startswith(starts, at):
            return read(data)
    return 0, 0


def _size_of_jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(_MAX_SEGMENTS):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker & 0xFF in _MARKERS_OF_SIZE and marker >> 8 == 0xFF:  # noqa: PLR2004
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    return 0, 0


def _size_of_webp(data: bytes) -> tuple[int, int]:
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return width + 1, height + 1
    if data[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _size_of_avif(data: bytes) -> tuple[int, int]:
    """The largest that any of its items has: tiles, thumbnails and the whole say theirs."""
    sizes = [struct.unpack_from(">II", data, found.end() + 4) for found in re.finditer(b"ispe", data)]
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def _size_of_icon(data: bytes) -> tuple[int, int]:
    """256 x 256 at the most, says its own directory; but a PNG in it says what it wants."""
    pngs = [struct.unpack_from(">II", data, found.start() + 16) for found in re.finditer(rb"\x89PNG\r\n\x1a\n", data)]
    return max(pngs, key=lambda size: size[0] * size[1], default=(256, 256))


def _read(pattern: str, at: int) -> Callable[[bytes], tuple[int, int]]:
    def read(data: bytes) -> tuple[int, int]:
        width, height = struct.unpack_from(pattern, data, at)
        return width, height

    return read


_FORMATS: Final[tuple[tuple[bytes | tuple[bytes, ...], int, Callable[[bytes], tuple[int, int]]], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, _read(">II", 16)),
    (b"\xff\xd8", 0, _size_of_jpeg),
    ((b"GIF87a", b"GIF89a"), 0, _read("<HH", 6)),
    (b"WEBP", 8, _size_of_webp),
    (b"ftyp", 4, _size_of_avif),
    (b"BM", 0, _read("<ii", 18)),
    (b"\0\0\1\0", 0, _size_of_icon),
)
