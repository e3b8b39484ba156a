"""Proof that a page reaches nothing: the main ways out, tried against a listener of our own on loopback.

Chromium's seal is made of flags, and a distribution's wrapper, a policy file or a new version may undo one. So a server
shows nobody's document before a page of ours has tried to get out and has failed. The full list of ways is a test
(tests/browser/test_seal.py); here are those that a change of Chromium is likeliest to open.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

import anyio
from anyio.abc import SocketAttribute, SocketStream, UDPSocket

from pressrun.browser.page_breaks import Slice
from pressrun.browser.pool import BrowserPool
from pressrun.errors import BrowserFailure, BrowserUnavailable

_log = logging.getLogger(__name__)

_SETTLE_S: Final = 0.2  # arbitrary: a request that gets out is there within 20 ms, also for names and on busy machines
_ACCEPTED_S: Final = 5.0  # our own connection to our own listener

_PAGE: Final = """<!doctype html><link rel=stylesheet href="{url}/link"><link rel=preconnect href="{url}">
<style>@import "{url}/import"; @font-face{{font-family:F;src:url({url}/font)}}
p{{font-family:F;background:url({url}/css)}}</style><p>x<img src="{url}/picture"><img src="{named}/name">
<iframe src="{url}/frame"></iframe><object data="{url}/object"></object><video src="{url}/video" autoplay></video>
<svg><image href="{url}/svg" /></svg>
<script>
const tries = [
  () => fetch("{url}/fetch", {{mode: "no-cors"}}), () => fetch("{named}/named", {{mode: "no-cors"}}),
  () => navigator.sendBeacon("{url}/beacon", "x"), () => new WebSocket("ws://{address}/socket"),
  () => new EventSource("{url}/events"), () => window.open("{url}/window"),
  () => new RTCPeerConnection({{iceServers: [{{urls: "stun:{address}"}}]}}).createDataChannel("x"),
  () => {{ const p = new RTCPeerConnection({{iceServers: [{{urls: "stun:{address}"}}]}}); p.createDataChannel("x");
          p.createOffer().then((offer) => p.setLocalDescription(offer)); }},
  () => new Worker(URL.createObjectURL(new Blob(['fetch("{url}/worker")']))),
  () => new WebTransport("https://{address}/"),
];
for (const attempt of tries) {{ try {{ Promise.resolve(attempt()).catch(() => 0); }} catch {{ }} }}
</script>"""


@dataclass(slots=True)
class Listener:
    """What must stay silent. `hits`: what came, in the order in which it came."""

    address: str
    hits: list[str] = field(default_factory=list)
    _came: anyio.Event = field(default_factory=anyio.Event)

    def note(self, hit: str) -> None:
        self.hits.append(hit)
        self._came.set()

    async def prove_hearing(self) -> None:
        """Reaches itself, so that silence means something. Raises: BrowserUnavailable."""
        host, _, port = self.address.partition(":")
        with anyio.move_on_after(_ACCEPTED_S):
            async with await anyio.connect_tcp(host, int(port)):
                await self._came.wait()
        if not self.hits:
            raise BrowserUnavailable("The seal of Chromium could not be tested: loopback does not work here.")
        self.hits.clear()


class Exit(Protocol):
    """How a document is shown; `show_page` is the one that counts."""

    async def __call__(self, pool: BrowserPool, html: str, /) -> None: ...


@asynccontextmanager
async def open_listener() -> AsyncIterator[Listener]:
    """Hears TCP and UDP on one port of loopback."""
    tcp = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = tcp.extra(SocketAttribute.local_port)  # noqa: S610  (no query: anyio's word for an attribute)
    async with tcp, await anyio.create_udp_socket(local_host="127.0.0.1", local_port=port) as udp:
        listener = Listener(f"127.0.0.1:{port}")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tcp.serve, lambda stream: _hear(listener, stream))
            tasks.start_soon(_hear_udp, listener, udp)
            yield listener
            tasks.cancel_scope.cancel()


async def _hear(listener: Listener, stream: SocketStream) -> None:
    async with stream:
        listener.note("TCP")


async def _hear_udp(listener: Listener, udp: UDPSocket) -> None:
    async for _ in udp:
        listener.note("UDP")


async def show_page(pool: BrowserPool, html: str) -> None:
    """As a run would, but with the document's scripts on: what they cannot reach nothing else can."""
    async with pool.lease(viewport_width=320, viewport_height=240, zoom=1, scripts=True) as lease:
        await lease.load(html)
        await lease.capture(Slice(0, 240))
        await anyio.sleep(_SETTLE_S)


class Seal:
    """Whether this pool's pages reach nothing, tested once. One per pool; `check` before a document is shown."""

    def __init__(self, pool: BrowserPool, show: Exit = show_page) -> None:
        self._pool = pool
        self._show = show
        self._testing = anyio.Lock()
        self._proved = False
        self.leak: str | None = None

    async def warm(self) -> None:
        """Tests ahead of the first run."""
        try:
            await self.check()
        except BrowserFailure as exc:
            (_log.critical if self.leak else _log.warning)("the seal of the browser: %s", exc)

    async def check(self) -> None:
        """Returns at once when it was proved before; else tests, or waits for the test.

        Raises:
            BrowserUnavailable: a page got out; for good, until the server starts anew.
            BrowserFailure: it could not be tested now; the next check tries again.
        """
        if self._proved:
            return
        async with self._testing:
            if not self._proved and self.leak is None:
                await self._test()
        if self.leak is not None:
            raise BrowserUnavailable(self.leak)

    async def _test(self) -> None:
        failure: BrowserFailure | None = None
        try:
            async with open_listener() as listener:
                try:
                    await self._try_out(listener)
                except BrowserFailure as exc:
                    failure = exc  # raised outside of the listener's task group, which would wrap it
        except OSError as exc:  # no descriptor left, or the port is somebody's for UDP
            raise BrowserUnavailable("The seal of Chromium could not be tested just now; try again shortly.") from exc
        if failure is not None:
            raise failure
        self._proved = not listener.hits
        if listener.hits:
            ways = " and ".join(sorted(set(listener.hits)))
            self.leak = (
                f"Chromium is not sealed: a page reached this machine over {ways}. No document is shown until that is "
                "mended: set PRESSRUN_CHROMIUM to a Chromium itself, not a wrapper; then `pressrun doctor`."
            )

    async def _try_out(self, listener: Listener) -> None:
        await listener.prove_hearing()
        named = f"http://localhost:{listener.address.partition(':')[2]}"
        page = _PAGE.format(url=f"http://{listener.address}", named=named, address=listener.address)
        await self._show(self._pool, page)
