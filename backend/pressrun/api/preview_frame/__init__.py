"""The empty page in which the UI shows a preview's deck: what it may do, and its one script.

A deck is somebody's text. Shown here it has no origin, loads nothing and runs nothing: the page is sandboxed, and its
policy names its own script by its digest. The UI sends the deck in by `postMessage`, so nothing of it is ever kept at
an address, and a server with tokens needs none that opens it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

FRAME_PATH = "/preview/frame"

_FOLDER = Path(__file__).parent


def _own(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


_DIGEST = base64.b64encode(hashlib.sha256(_own("frame.js").encode()).digest()).decode()

FRAME_HEADERS = {
    "Content-Security-Policy": (
        f"sandbox allow-scripts; default-src 'none'; script-src 'sha256-{_DIGEST}'; style-src 'unsafe-inline'; "
        "img-src data:; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-cache",
}


@cache
def frame_html() -> str:
    """The whole page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Preview</title>\n'
        f"<style>\n{_own('frame.css')}</style>\n</head>\n<body>\n<script>{_own('frame.js')}</script>\n</body>\n</html>\n"
    )
