"""How fast the no is: 409s at 100 concurrent connections, next to a bare Starlette JSON route in the same uvicorn.

Two baselines, both on uvicorn with h11 as we are. `bare POST`: a route that takes the same request, reads its JSON and
answers 409 with the very JSON that ours did: what a refusal costs that decides nothing. `bare GET`: a route that reads
no body and answers 30 bytes: the cheapest that Starlette can.
The clients are bare sockets in this process: each sends a request as soon as it has its answer. Rounds are interleaved
with the baseline's, so that both meet the same weather.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from statistics import median

import httpx

from benchmarks.apps import serving
from benchmarks.figures import Figure, percentile
from benchmarks.readers import quiet_run

_CONNECTIONS = 100
_ROUNDS = 5
_ROUND_S = 2.0
_BARE = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def measure(folder: Path) -> Iterator[Figure]:
    same, fresh = Round("409, same request"), Round("409, always another request")
    bare_post, bare_get = Round("bare POST"), Round("bare GET")
    with (
        quiet_run(folder / "pressrun") as (url, port, _pid, _path),
        serving("route", folder / "route") as (bare_url, bare_port, _bare_pid),
    ):
        refusal = httpx.post(url + "/generate-sse", json={"text": "Seas"})
        assert refusal.status_code == HTTPStatus.CONFLICT
        httpx.put(bare_url + "/learn", json=refusal.json()).raise_for_status()
        for number in range(_ROUNDS):
            bare_get.add(*hammer(bare_port, lambda _: _BARE, b" 200 "))
            bare_post.add(*hammer(bare_port, lambda _: post("Seas"), b" 409 "))
            same.add(*hammer(port, lambda _: post("Seas"), b" 409 "))
            fresh.add(*hammer(port, lambda count, base=number * 1_000_000: post(f"Seas {base + count}"), b" 409 "))
    for bare in (bare_post, bare_get):
        yield Figure(f"{bare.name}, answers a second", median(bare.rates), "/s", note=f"{_CONNECTIONS} connections")
        yield Figure(f"{bare.name}, p99", median(bare.p99s), "ms")
    for mine in (same, fresh):
        yield Figure(f"{mine.name}, answers a second", median(mine.rates), "/s")
        yield Figure(f"{mine.name}, p99", median(mine.p99s), "ms")
        rates, p99s = mine.times(bare_post, "rates"), mine.times(bare_post, "p99s")
        yield Figure(f"{mine.name} / bare POST, rate", rates, "x", target=0.7, more_is_better=True)
        yield Figure(f"{mine.name} / bare POST, p99", p99s, "x", target=2)
        yield Figure(f"{mine.name} / bare GET, rate", mine.times(bare_get, "rates"), "x")
        yield Figure(f"{mine.name} / bare GET, p99", mine.times(bare_get, "p99s"), "x")


@dataclass
class Round:
    """The figures of one kind of request, round by round."""

    name: str
    rates: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)

    def add(self, rate: float, p99_ms: float) -> None:
        self.rates.append(rate)
        self.p99s.append(p99_ms)

    def times(self, other: Round, what: str) -> float:
        """Median over the rounds of this one's figure as a multiple of the other's."""
        return median(mine / theirs for mine, theirs in zip(getattr(self, what), getattr(other, what), strict=True))


def post(text: str) -> bytes:
    body = json.dumps({"text": text}).encode()
    head = "POST /generate-sse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def hammer(port: int, request: Callable[[int], bytes], expected: bytes) -> tuple[float, float]:
    """Answers a second, and p99 of the time for one, ms."""
    selector = selectors.DefaultSelector()
    sent_at: dict[socket.socket, float] = {}
    times: list[float] = []
    for number in range(_CONNECTIONS):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(request(number))
        sent_at[client] = time.perf_counter()
        selector.register(client, selectors.EVENT_READ)
    begun_at = time.perf_counter()
    while time.perf_counter() - begun_at < _ROUND_S:
        for key, _ in selector.select():
            client = key.fileobj
            assert isinstance(client, socket.socket)
            answer = client.recv(16_384)  # an answer is one segment on loopback: head and body in one go
            assert expected in answer[:16], answer[:200]
            while not _whole(answer):
                answer += client.recv(16_384)
            now = time.perf_counter()
            times.append((now - sent_at[client]) * 1000)
            client.sendall(request(_CONNECTIONS + len(times)))
            sent_at[client] = now
    took_s = time.perf_counter() - begun_at
    selector.close()
    for client in sent_at:
        client.close()
    return len(times) / took_s, percentile(times, 0.99)


def _whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length: ")
    return len(body) >= int(length.partition(b"\r\n")[0])
