"""The links of a printed PDF: those that lead anywhere but to the web, a mailbox or a telephone lead nowhere. Pure.

Chromium prints the link of every element, in frames and SVG too, as an action of the kind /URI with a plain string.
What is not allowed is overwritten by as many blanks: every offset of the file stays right.
"""

from __future__ import annotations

import re
from typing import Final

_ACTION: Final = re.compile(rb"/URI\s*(?:\(((?:\\.|[^\\()])*)\)|<([0-9A-Fa-f\s]*)>)", re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ALLOWED: Final = (b"http:", b"https:", b"mailto:", b"tel:")
_IGNORED: Final = bytes(range(0x21))


def without_bad_links(pdf: bytes) -> bytes:
    """The same bytes where every link is allowed. Blocks for some milliseconds with each 10 MB."""
    edited: bytearray | None = None
    at = pdf.find(b"/URI")
    while at >= 0:
        found = _ACTION.match(pdf, at)
        if found is not None and not _is_allowed(found):
            edited = bytearray(pdf) if edited is None else edited
            start, end = found.span(1 if found[1] is not None else 2)
            edited[start:end] = b" " * (end - start)
        at = pdf.find(b"/URI", at + 4)
    return pdf if edited is None else bytes(edited)


def _is_allowed(found: re.Match[bytes]) -> bool:
    if found[1] is not None:
        address = _ESCAPE.sub(_unescaped, found[1])
    else:
        digits = b"".join(found[2].split())
        address = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return address.translate(None, _IGNORED).lower().startswith(_ALLOWED)


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code.isdigit():
        return bytes([int(code, 8) & 0xFF])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(code, code)
