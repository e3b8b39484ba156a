"""The connection rows of SAFETY "Faults" in full size: crowds, slow clients, resets, readers that never read."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.apps import allow_descriptors, pour
from benchmarks.figures import Figure
from benchmarks.readers import quiet_run
from tests.support.runs import cancel, chapter, posting, wait_for_status
from tests.support.server import start_server
from tests.support.storms import (
    cpu_s,
    crowd,
    get,
    post,
    pulse_s,
    reset,
    rss_kb,
    sockets_of,
    until_closed_s,
    wait_until,
)

_CROWD = 10_000
_LORIS = 2_000
_NEVER_READ = 500
_POURED = 1_500  # some 400 KB, more than what the sockets and the server keep for one
_GONE = 1_000
_LIMITED = ("prlimit", "--nofile=128:128")


def measure(folder: Path) -> Iterator[Figure]:
    allow_descriptors()
    yield from _crowd(folder)
    yield from _never_read(folder)
    yield from _slow_loris(folder)
    yield from _gone(folder)
    yield from _descriptor_limit(folder)
    yield from _shutdown(folder)


def _crowd(folder: Path) -> Iterator[Figure]:
    """10 000 that come as fast as they can, with nobody waiting for an answer; then all reset at once."""
    with quiet_run(folder / "crowd") as (url, port, pid, path):
        sockets = sockets_of(pid)
        with crowd(port, 200, get(path)) as readers:
            _first_bytes(readers)  # the first ones pay for threads, connections, caches
        wait_until(lambda: sockets_of(pid) <= sockets, 10)
        before_kb = rss_kb(pid)
        with crowd(port, _CROWD, get(path)) as readers:
            _first_bytes(readers)
            wait_until(lambda: sockets_of(pid) >= sockets + _CROWD, 30)
            each_kb = (rss_kb(pid) - before_kb) / _CROWD
            yield Figure("crowd: idle reader, memory", each_kb, "KB", target=20, note=f"RSS, {_CROWD} came at once")
            yield Figure("crowd: /livez beside them", 1000 * pulse_s(url), "ms")
            reset(readers)
            freed_s = wait_until(lambda: sockets_of(pid) <= sockets, 60)
        yield Figure(f"{_CROWD} resets at once, all freed", freed_s, "s", target=3)


def _never_read(folder: Path) -> Iterator[Figure]:
    with quiet_run(folder / "never-read") as (url, port, pid, path):
        sockets = sockets_of(pid)
        with crowd(port, _NEVER_READ, get(path), receive_bytes=4096):
            wait_until(lambda: sockets_of(pid) >= sockets + _NEVER_READ, 30)
            httpx.post(url + pour(_POURED, 0), timeout=300).raise_for_status()
            dropped_s = wait_until(lambda: sockets_of(pid) <= sockets, 60)
        note = f"from the last of {_POURED} events"
        yield Figure(f"{_NEVER_READ} readers that never read, dropped", dropped_s, "s", target=15, note=note)


def _slow_loris(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "loris") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        quiet_s = [_post_s(http, f"quiet {number}") for number in range(4)][1:]
        head = b"POST /generate-sse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        with (
            crowd(server.port, _LORIS // 2) as silent,
            crowd(server.port, _LORIS // 4, b"GET / HTTP/1.1\r\nX: ") as dripping,
            crowd(server.port, _LORIS // 4, head + b"Content-Length: 900\r\n\r\n") as bodies,
        ):
            stormy_s = [_post_s(http, f"stormy {number}") for number in range(3)]
            closed_s = max(until_closed_s([*silent, *dripping, *bodies], b"x", limit_s=90))
    yield Figure(
        f"{_LORIS} slow-loris sockets, the last closed", closed_s, "s", target=12, note="looked at once a second"
    )
    ratio = sorted(stormy_s)[1] / sorted(quiet_s)[1]
    yield Figure("a real POST beside them / alone, median of 3", ratio, "x", target=1.5)


def _gone(folder: Path) -> Iterator[Figure]:
    """Each in a lane of its own, each a little later than the one before: before, while and after it is admitted."""
    with start_server(folder / "gone") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        sockets = sockets_of(server.pid)
        for number in range(_GONE):
            body = {"text": f"gone {number}", "lane": f"gone-{number}", "on_disconnect": "cancel"}
            with crowd(server.port, 1, post(body)) as clients:
                time.sleep(number % 10 / 500)
                reset(clients)
        lanes = [run["lane"] for run in _all_runs(http)]
        free_s = wait_until(lambda: not any(_is_taken(http, lane) for lane in lanes), 60)
        wait_until(lambda: sockets_of(server.pid) <= sockets + 1, 10)
    note = f"{len(lanes)} of them had started a run; until every lane's slot was free"
    yield Figure(f"{_GONE} clients gone before the first byte", free_s, "s", target=10, note=note)


def _is_taken(http: httpx.Client, lane: str) -> bool:
    return http.get("/runs/current", params={"lane": lane}).status_code != httpx.codes.NO_CONTENT


def _descriptor_limit(folder: Path) -> Iterator[Figure]:
    with (
        start_server(folder / "limit", under=_LIMITED) as server,
        httpx.Client(base_url=server.url, timeout=60) as http,
        posting(http, text=chapter(60, "limit")) as (_, events),
    ):
        operation_id = next(events)["operation_id"]
        with crowd(server.port, 400, get(f"/runs/{operation_id}/events")):
            time.sleep(0.5)
            full_ms = 1000 * pulse_s(server.url)
        cancel(http, operation_id)
        with crowd(server.port, 400):
            silent_ms = 1000 * pulse_s(server.url)
            used_s, logged = cpu_s(server.pid), len(server.log)
            time.sleep(5)
            share = 100 * (cpu_s(server.pid) - used_s) / 5
            grown = len(server.log) - logged
    yield Figure(
        "descriptor limit: /livez among readers", full_ms, "ms", target=100, note="slowest of 5, 128 descriptors"
    )
    yield Figure("descriptor limit: /livez among silent ones", silent_ms, "ms", target=100, note="slowest of 5")
    yield Figure("descriptor limit: share of one core", share, "%", target=10, note="400 silent sockets, 5 s")
    yield Figure("descriptor limit: log", grown / 5, "bytes/s", target=100)


def _shutdown(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "stop") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        with posting(http, text=chapter(60, "goes on")) as (_, events):
            operation_id = next(events)["operation_id"]
            with crowd(server.port, 100, get(f"/runs/{operation_id}/events")) as readers:
                _first_bytes(readers)
                begun_at = time.perf_counter()
                server.stop()
                out_s = time.perf_counter() - begun_at
        server.start()
        wait_for_status(http, operation_id, "complete", limit_s=60)
    yield Figure(
        "SIGTERM with 100 streams and a run: out", out_s, "s", target=25, note="the run went on at the next start"
    )


def _first_bytes(readers: list[socket.socket]) -> None:
    for reader in readers:
        assert reader.recv(12) == b"HTTP/1.1 200"


def _post_s(http: httpx.Client, text: str) -> float:
    begun_at = time.perf_counter()
    with posting(http, text=text) as (_, events):
        assert [event["type"] for event in events][-1] == "complete"
    return time.perf_counter() - begun_at


def _all_runs(http: httpx.Client) -> Iterator[dict[str, str]]:
    cursor: dict[str, str] = {}
    while True:
        page = http.get("/runs", params={"limit": 200, **cursor}).json()
        yield from page["runs"]
        if not page["next_cursor"]:
            return
        cursor = {"cursor": page["next_cursor"]}
