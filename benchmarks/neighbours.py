"""What a crowd costs whoever asks for one thing beside it: list requests by the thousand, a caller that floods."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.apps import allow_descriptors
from benchmarks.figures import Figure, percentile
from pressrun.api.tokens import new_token
from tests.support.runs import events_of
from tests.support.server import start_server
from tests.support.storms import crowd, drained, get

_CONNECTIONS = 500
_PIPELINED = 20
_LISTED = 60  # runs there are, so that a list is a full page
_FLOOD_S = 60
_FLOODERS = 8  # connections of the caller that floods
_EVERY_S = 2  # so often the quiet one asks


def measure(folder: Path) -> Iterator[Figure]:
    allow_descriptors()
    yield from _lists(folder)
    yield from _callers(folder)


def _lists(folder: Path) -> Iterator[Figure]:
    """500 connections that ask for the list 20 times each, without waiting for an answer; beside them a run that
    begins, and a POST that is repeated by its key, whose answer has to be read.
    """
    with start_server(folder / "lists") as server:
        for number in range(_LISTED):
            _started_s(server.url, f"listed {number}")
        alone_s = percentile([_started_s(server.url, f"alone {number}") for number in range(9)], 0.5)
        _started_s(server.url, "again", key="again")
        with crowd(server.port, _CONNECTIONS, get("/runs") * _PIPELINED) as clients, drained(clients):
            begun_s = [_started_s(server.url, f"beside {number}") for number in range(3)]
            again_s = [_started_s(server.url, "again", key="again") for _ in range(3)]
    note = f"{_CONNECTIONS} connections, {_PIPELINED} list requests each, slowest of 3"
    yield Figure("beside list requests: POST to first event", max(begun_s), "s", target=1, note=note)
    yield Figure("beside list requests: POST repeated by its key", max(again_s), "s", target=1)
    yield Figure("the former alone, median", alone_s, "s")


def _callers(folder: Path) -> Iterator[Figure]:
    """One token sends runs as fast as it can for a minute, in lanes of its own; another sends one now and then."""
    tokens = {name: new_token(name) for name in ("flood", "quiet")}
    lines = ",".join(line for _, line in tokens.values())
    with start_server(folder / "callers", PRESSRUN_TOKENS=lines) as server:
        over, statuses = threading.Event(), dict[int, int]()

        def flood(worker: int) -> None:
            with _client(server.url, tokens["flood"][0]) as http:
                number = 0
                while not over.is_set():
                    number += 1
                    body = {"text": f"flood {worker} {number}", "lane": f"flood-{worker}-{number % 50}"}
                    later = {"Prefer": "respond-async"}
                    answer = http.post("/generate-sse", json={**body, "on_busy": "queue"}, headers=later)
                    statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

        workers = [threading.Thread(target=flood, args=(worker,)) for worker in range(_FLOODERS)]
        for worker in workers:
            worker.start()
        try:
            times = list(_now_and_then(server.url, tokens["quiet"][0]))
        finally:
            over.set()
            for worker in workers:
                worker.join()
    told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    note = f"{len(times)} runs beside {told}"
    yield Figure("a quiet caller's run begins, slowest", max(times), "s", target=2, note=note)
    yield Figure("a quiet caller's run begins, p50", percentile(times, 0.5), "s")


def _now_and_then(url: str, token: str) -> Iterator[float]:
    end_at = time.perf_counter() + _FLOOD_S
    while time.perf_counter() < end_at:
        yield _started_s(url, f"quiet {time.perf_counter()}", token=token, lane="quiet")
        time.sleep(_EVERY_S)


def _client(url: str, token: str | None) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"} if token else {})


def _started_s(
    url: str, text: str, *, token: str | None = None, lane: str = "default", key: str | None = None
) -> float:
    """From the POST of a run that makes a document only, on a new connection, to `started`; infinite if refused."""
    begun_at = time.perf_counter()
    body = {"text": text, "outputs": ["html"], "lane": lane}
    headers = {"Idempotency-Key": key} if key else {}
    with _client(url, token) as http, http.stream("POST", "/generate-sse", json=body, headers=headers) as answer:
        if not answer.is_success:
            return float("inf")
        took_s = float("inf")
        for event in events_of(answer):
            if event["type"] == "started":
                took_s = min(took_s, time.perf_counter() - begun_at)
    return took_s
