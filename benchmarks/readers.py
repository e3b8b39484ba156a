"""Many readers of one run: what an idle one costs, how fast events reach all, next to what sse-starlette does.

Two baselines: `generator`, what its tutorials say, a generator for each reader that encodes each event anew; and
`shared`, the same response with frames that are encoded once for all readers, all that is ready in one piece.
The clients are bare sockets in this process, which is cheap enough not to be what is measured. Throughput rounds are
interleaved with the baseline's, so that both meet the same weather.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import median

import httpx

from benchmarks.apps import allow_descriptors, pour, serving
from benchmarks.figures import Figure, percentile

_KINDS = {
    "pressrun": "Pressrun, appended durably meanwhile",
    "generator": "a sse-starlette generator each",
    "shared": "sse-starlette, frames shared",
}
_READERS = 1_000
_EVENTS = 100
_ROUNDS = 3
_PACED = (40, 0.1)  # events, and seconds between them
_IDLE = 10_000
_AT_ONCE = 20  # readers that come together; a crowd costs more, for a moment
_ADDRESSES = 4  # of clients, 127.0.0.1 ..: each has its own 28 000 ports
_FRAME = re.compile(rb"id: (\d+)\n(?:event: \w+\n)?data: .*?\n\n")
_AT = re.compile(rb'"at": ?"([^"]+)"')
_LIMIT_S = 60


def measure(folder: Path) -> Iterator[Figure]:
    allow_descriptors()
    yield from _fan_out(folder)
    yield from _idle(folder)


def _fan_out(folder: Path) -> Iterator[Figure]:
    rates: dict[str, list[float]] = {kind: [] for kind in _KINDS}
    costs: dict[str, list[float]] = {kind: [] for kind in _KINDS}
    latencies: list[float] = []
    for number in range(_ROUNDS):
        for kind in _KINDS:
            serving_it = _serving(kind, folder / f"{kind}-{number}")
            with serving_it as (url, port, pid, path), Readers(port, path, _READERS) as readers:
                busy_s = _cpu_s(pid)
                rates[kind].append(_throughput(url, readers))
                costs[kind].append((_cpu_s(pid) - busy_s) / (_READERS * _EVENTS) * 1e6)
                if (kind, number) == ("pressrun", 0):
                    latencies = _latencies_ms(url, readers)
    note = f"{_READERS} readers x {_EVENTS} events, median of {_ROUNDS} rounds"
    for kind, says in _KINDS.items():
        yield Figure(f"fan-out, {says}", median(rates[kind]), "/s", note=note)
        yield Figure(f"CPU for an event delivered, {says}", median(costs[kind]), "us")
    for kind, target in (("generator", 1.2), ("shared", None)):
        ratio = median(mine / other for mine, other in zip(rates["pressrun"], rates[kind], strict=True))
        yield Figure(f"fan-out, Pressrun / {_KINDS[kind]}", ratio, "x", target=target, more_is_better=True)
    note = f"from the event's `at` to each of {_READERS} readers, {1 / _PACED[1]:g} events a second"
    yield Figure("delivery, p50", percentile(latencies, 0.5), "ms", note=note)
    yield Figure("delivery, p99", percentile(latencies, 0.99), "ms", target=100)


@contextlib.contextmanager
def _serving(kind: str, folder: Path) -> Iterator[tuple[str, int, int, str]]:
    """URL, port, process id and path of the stream."""
    if kind == "pressrun":
        with quiet_run(folder) as run:
            yield run
    else:
        with serving(kind, folder) as (url, port, pid):
            yield url, port, pid, "/events"


def _idle(folder: Path) -> Iterator[Figure]:
    with quiet_run(folder / "idle") as (_, port, pid, path):
        with Readers(port, path, 200):
            pass  # the first ones pay for threads, connections, caches
        before = _rss_kb(pid)
        with Readers(port, path, _IDLE):
            each_kb = (_rss_kb(pid) - before) / _IDLE
            busy_s = _cpu_s(pid)
            time.sleep(10)
            share = 10 * (_cpu_s(pid) - busy_s)
        yield Figure("idle reader, memory", each_kb, "KB", target=20, note=f"RSS of the server, {_IDLE} readers")
        yield Figure(f"{_IDLE} idle readers, share of one core", share, "%", note="a heartbeat every 10 s each")


def _throughput(url: str, readers: Readers) -> float:
    """Frames a second, from the first append to the last frame at the last reader; every reader gets all."""
    before = readers.frames()
    begun_at = time.perf_counter()
    with _asking(url + pour(_EVENTS, 0)):
        readers.read_until(before + _EVENTS)
    return _READERS * _EVENTS / (time.perf_counter() - begun_at)


def _latencies_ms(url: str, readers: Readers) -> list[float]:
    count, pace_s = _PACED
    readers.arrivals = []
    with _asking(url + pour(count, pace_s)):
        readers.read_until(readers.frames() + count)
    happened: dict[bytes, float] = {}
    found = []
    for arrived_at, chunk in readers.arrivals:
        for frame in _FRAME.finditer(chunk):
            seq = frame[1]
            if seq not in happened:
                at = _AT.search(frame[0])
                assert at is not None
                happened[seq] = datetime.fromisoformat(at[1].decode()).timestamp()
            found.append((arrived_at - happened[seq]) * 1000)
    assert len(found) == count * _READERS
    return found


class Readers:
    """So many open streams of one path; a context manager. Each has its first frame when it is entered."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self._port = port
        self._path = path
        self._count = count
        self._frames: dict[socket.socket, int] = {}
        self._selector = selectors.DefaultSelector()
        self.arrivals: list[tuple[float, bytes]] | None = None

    def __enter__(self) -> Readers:
        for number in range(self._count):
            source = (f"127.0.0.{1 + number % _ADDRESSES}", 0)
            client = socket.create_connection(("127.0.0.1", self._port), source_address=source)
            client.sendall(f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            client.setblocking(False)
            self._frames[client] = 0
            self._selector.register(client, selectors.EVENT_READ)
            if number % _AT_ONCE == 0:
                self.read_until(1)
        self.read_until(1)
        self.read_until(0, wait_s=0.5)  # what is on its way
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for client in self._frames:
            client.close()

    def frames(self) -> int:
        """How many events each of them has seen; fails when they have not seen the same."""
        counts = set(self._frames.values())
        assert len(counts) == 1, counts
        return counts.pop()

    def read_until(self, frames: int, wait_s: float = _LIMIT_S) -> None:
        """Until every reader has that many events; with `frames` 0 what comes within `wait_s`."""
        behind = sum(seen < frames for seen in self._frames.values())
        deadline = time.monotonic() + wait_s
        while behind or not frames:
            ready = self._selector.select(max(0, deadline - time.monotonic()))
            if not ready:
                assert not frames, f"{behind} readers have not seen {frames} events in {wait_s} s"
                return
            for key, _ in ready:
                client = key.fileobj
                assert isinstance(client, socket.socket)
                chunk = client.recv(262_144)
                assert chunk, "a stream ended"
                if self.arrivals is not None:
                    self.arrivals.append((time.time(), chunk))
                seen = self._frames[client]
                self._frames[client] = now = seen + chunk.count(b"\ndata: {")
                behind -= seen < frames <= now


@contextlib.contextmanager
def quiet_run(folder: Path) -> Iterator[tuple[str, int, int, str]]:
    """A real server with a run in it that waits; URL, port, process id, path of its stream."""
    with serving("pressrun", folder) as (url, port, pid):
        body = {"text": "Rivers", "composer": "ai"}
        answer = httpx.post(url + "/generate-sse", json=body, headers={"Prefer": "respond-async"})
        yield url, port, pid, answer.raise_for_status().headers["location"]


@contextlib.contextmanager
def _asking(url: str) -> Iterator[None]:
    """POSTs in a thread meanwhile."""
    asking = threading.Thread(target=lambda: httpx.post(url, timeout=_LIMIT_S).raise_for_status())
    asking.start()
    yield
    asking.join()


def _rss_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
