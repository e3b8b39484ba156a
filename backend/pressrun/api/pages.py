"""The UI: its built files, and the one page that answers a browser at every path of its own."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

WEB_ROOT = Path(__file__).resolve().parent.parent / "web"


async def index(request: Request, status: int = HTTPStatus.OK) -> Response:
    """The UI's page; a hint how to build it where it was not."""
    page = WEB_ROOT / "index.html"
    if not await anyio.to_thread.run_sync(page.is_file):
        return PlainTextResponse(
            "The user interface is not built. Run `make setup` (or `npm ci && npm run build` in frontend/).\n", 503
        )
    return FileResponse(page, status, headers={"Cache-Control": "no-cache", "Vary": "Accept"})


def wants_page(request: Request) -> bool:
    """Whether a person's browser is navigating here, rather than a program asking for JSON."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")
