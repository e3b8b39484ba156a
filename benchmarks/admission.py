"""POST to first event, and the rate of refusals, on an embedded server over loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.figures import Figure, percentile
from tests.support.runs import chapter, events_of, posting
from tests.support.server import start_server

_POSTS = 300
_REFUSALS = 1_000


def measure(folder: Path) -> Iterator[Figure]:
    with start_server(folder / "admission") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        times = [_first_event_ms(http, number) for number in range(_POSTS)][20:]
        note = f"{len(times)} runs, document only, one after the other"
        yield Figure("POST to first event, p50", percentile(times, 0.5), "ms", target=8, note=note)
        yield Figure("POST to first event, p95", percentile(times, 0.95), "ms", target=40)
        yield Figure("POST to first event, p99", percentile(times, 0.99), "ms", target=30)
        with posting(http, text=chapter(500), max_screenshots=500) as (_, events):
            operation_id = next(events)["operation_id"]
            refusals = sorted(_refusal_ms(http) for _ in range(_REFUSALS))
            http.post(f"/runs/{operation_id}/cancel")
        yield Figure("409 while a run renders, p50", percentile(refusals, 0.5), "ms", note="one client, keep-alive")
        yield Figure("409 while a run renders, p99", percentile(refusals, 0.99), "ms")


def _first_event_ms(http: httpx.Client, number: int) -> float:
    begun_at = time.perf_counter()
    body = {"text": f"Lesson {number}", "outputs": ["html"], "lane": f"lane-{number}"}
    with http.stream("POST", "/generate-sse", json=body) as answer:
        events = events_of(answer)
        next(events)
        took_ms = (time.perf_counter() - begun_at) * 1000
        for _ in events:
            pass
    return took_ms


def _refusal_ms(http: httpx.Client) -> float:
    begun_at = time.perf_counter()
    assert http.post("/generate-sse", json={"text": "no"}).status_code == 409
    return (time.perf_counter() - begun_at) * 1000
