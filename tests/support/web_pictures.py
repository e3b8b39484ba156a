"""A host on loopback that has pictures, a font and style sheets; and documents that bring theirs with them."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache

import anyio
from PIL import Image

from pressrun.egress.broker import Egress, open_egress
from pressrun.egress.policy import EgressPolicy
from tests.support.web_host import WebHost, answering, open_web_host


def picture(format: str = "PNG", size: tuple[int, int] = (2, 2)) -> bytes:
    data = io.BytesIO()
    Image.new("1" if size[0] > 100 else "RGB", size).save(data, format)
    return data.getvalue()


@cache
def huge() -> bytes:
    """Made when asked for: it takes half a second, and whoever collects tests imports this module."""
    return picture(size=(16_000, 16_000))


FONT = b"wOF2" + bytes(40)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><rect width="9" height="9"/><script>x()</script></svg>'


LAUGHS = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'


FILES = {
    **{f"/a.{format.lower()}": picture(format) for format in ("PNG", "JPEG", "WEBP", "GIF", "AVIF")},
    "/b.png": picture(size=(3, 3)),
    "/font.woff2": FONT,
    "/s.svg": SVG,
    "/laughs.svg": LAUGHS,
    "/page.html": b"<!doctype html><p>not found",
    "/style.css": b"@import 'more.css'; p { background: url(a.png) }"
    b"@font-face { font-family: F; src: url('font.woff2') }",
    "/more.css": b"h1 { background: url(b.png) } i { background: url(gone.png) }",
    "/circle.css": b"@import 'circle.css'; p { color: red }",
}


@asynccontextmanager
async def web(asked: anyio.Event | None = None) -> AsyncIterator[tuple[WebHost, Egress]]:
    """A host that has FILES, and never answers for silent.png (`asked`: somebody waits for it)."""

    async def behave(request: bytes, say: Callable[[bytes], Awaitable[None]]) -> None:
        path = request.split()[1].decode().partition("?")[0]
        if path == "/silent.png":
            (asked or anyio.Event()).set()
            await anyio.sleep_forever()
        body = huge() if path == "/huge.png" else FILES.get(path)
        kind = "text/css" if path.endswith(".css") else "application/octet-stream"
        status = "200 OK" if body is not None else "404 Not Found"
        await answering(body or b"", f"Content-Type: {kind}", status=status)(request, say)

    async with open_web_host(behave) as host, open_egress(EgressPolicy.parse([host.authority])) as egress:
        yield host, egress


def uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
