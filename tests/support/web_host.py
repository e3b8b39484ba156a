"""Some host on the web, on loopback: raw sockets, so that it can drip, lie and break off as a test wants."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.tls import TLSListener

Say = Callable[[bytes], Awaitable[None]]
Behaviour = Callable[[bytes, Say], Awaitable[None]]
"""What to say to a request, given its head; the connection is closed afterwards."""


@dataclass
class WebHost:
    """`requests`: the head and body of each request, as it came. `hung_up`: a client closed its end first."""

    port: int
    address: str = "127.0.0.1"
    requests: list[bytes] = field(default_factory=list)
    hung_up: anyio.Event = field(default_factory=anyio.Event)

    @property
    def authority(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"


@asynccontextmanager
async def open_web_host(
    behave: Behaviour, *, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None, stays: bool = False
) -> AsyncIterator[WebHost]:
    """`stays`: after an answer the connection is left open for more."""
    listener = await anyio.create_tcp_listener(local_host=address)
    host = WebHost(listener.extra(SocketAttribute.local_port), address)

    async def handle(stream: SocketStream) -> None:
        try:
            async with stream:
                request = await _read_request(stream)
                host.requests.append(request)
                await behave(request, stream.send)
                if stays:
                    await stream.receive()
        except (anyio.BrokenResourceError, anyio.EndOfStream):
            host.hung_up.set()

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon((TLSListener(listener, tls, standard_compatible=False) if tls else listener).serve, handle)
        yield host
        tasks.cancel_scope.cancel()


async def _read_request(stream: SocketStream) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += await stream.receive()
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += await stream.receive()
    return head + b"\r\n\r\n" + body


def answering(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    async def behave(_request: bytes, say: Say) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        await say("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return behave


def redirecting(location: str, status: str = "302 Found") -> Behaviour:
    return answering(b"", f"Location: {location}", status=status)
