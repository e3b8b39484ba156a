"""The UI: its built files, and the one page that answers a browser at every path of its own."""

from __future__ import annotations

import re
import secrets
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Scope

WEB_ROOT = Path(__file__).resolve().parent.parent / "web"

UI_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types pressrun-worker"  # frontend/src/stream/transports/choose.ts
)

_NONCE = "STYLE-NONCE"  # as frontend/index.html has it
_NONCE_BYTES = 16  # of CSP 3, 7.1: at least 128 bits

# The code of each screen, or what it asks for first, with its addresses, as frontend/vite.config.ts writes it.
_SCREEN = re.compile(r'[ \t]*<link rel="(\w+)" [^>]*data-screen="([^"]*)"[^>]*>\n?')


async def index(request: Request, status: int = HTTPStatus.OK, *, ahead: bool = False) -> Response:
    """The UI's page; a hint how to build it where it was not. `ahead`: its browser may ask without a token.

    Each answer has a word of its own, which lets the page apply the style sheets that the editor makes
    (frontend/src/lib/cspNonce.ts). So it has no validator: a 304 would bring another word than the page that is kept.
    """
    try:
        page = await anyio.to_thread.run_sync((WEB_ROOT / "index.html").read_text, "utf-8")
    except FileNotFoundError:
        return PlainTextResponse(
            "The user interface is not built. Run `make setup` (or `npm ci && npm run build` in frontend/).\n", 503
        )
    path = request.url.path
    # What is asked for ahead of the screen has neither a token nor what its address narrows.
    ahead = ahead and not request.url.query
    named = {"modulepreload"} | ({"preload"} if ahead else set())
    page = _SCREEN.sub(lambda link: link[0] if link[1] in named and fnmatchcase(path, link[2]) else "", page)
    nonce = secrets.token_urlsafe(_NONCE_BYTES)
    csp = UI_CSP.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'")
    headers = {"Cache-Control": "no-cache", "Vary": "Accept", "Content-Security-Policy": csp}
    return HTMLResponse(page.replace(_NONCE, nonce), status, headers)


def wants_page(scope: Scope) -> bool:
    """Whether a person's browser is navigating here, rather than a program asking for JSON."""
    return scope["method"] == "GET" and any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )
