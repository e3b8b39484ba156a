"""How a page could reach the network, and a listener on this machine that must stay silent while a page tries it.

Knows no browser. `self_test` tries them in the browsers of this machine, `remote_seal` in those elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.abc import SocketAttribute, SocketStream, UDPSocket

from pressrun.errors import BrowserUnavailable
from pressrun.groups import open_task_group

SETTLE_S: Final = 0.2  # arbitrary: a request that gets out is there within 20 ms, also for names and on busy machines
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


@asynccontextmanager
async def open_listener(host: str = "127.0.0.1") -> AsyncIterator[Listener]:
    """Hears TCP and UDP on one port of an address of this machine."""
    tcp = await anyio.create_tcp_listener(local_host=host)
    port = tcp.extra(SocketAttribute.local_port)  # noqa: S610  (no query: anyio's word for an attribute)
    async with tcp, await anyio.create_udp_socket(local_host=host, local_port=port) as udp:
        listener = Listener(f"{host}:{port}")
        async with open_task_group() as tasks:
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


def page_of_ways(address: str) -> str:
    """A document that tries them all against a listener; those by script only where its scripts run."""
    named = f"http://localhost:{address.rpartition(':')[2]}"
    return _PAGE.format(url=f"http://{address}", named=named, address=address)
