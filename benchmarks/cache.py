"""A deck rendered again with nothing changed, over HTTP, next to its first time: what the capture cache is for.

The document differs from round to round, so that each first time is one; all are the whole run from the POST to
`complete` on a warm server: the first time, `POST /runs/{id}/rerender` of it, and the same document sent once more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.figures import Figure
from benchmarks.rivals.deck import SLIDES, deck
from tests.support.runs import events_of
from tests.support.server import start_server

_ROUNDS = 5
_SPEC = {"zoom": 1, "overlap": 0, "page_breaks": "scroll"}


def measure(folder: Path) -> Iterator[Figure]:
    firsts, agains, resent = [], [], []
    with (
        start_server(folder / "cache", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as server,
        httpx.Client(base_url=server.url, timeout=300) as http,
    ):
        _take(http, "/generate-sse", html=deck(), **_SPEC)
        for number in range(_ROUNDS):
            html = deck().replace("Part", f"Chapter {number}.")
            took_s, operation_id = _take(http, "/generate-sse", html=html, **_SPEC)
            firsts.append(took_s)
            agains.append(_take(http, f"/runs/{operation_id}/rerender")[0])
            resent.append(_take(http, "/generate-sse", html=html, **_SPEC)[0])
    yield Figure("deck, first time", median(firsts), "s", note=f"{SLIDES} slides PNG 1920x1080, {_ROUNDS} rounds")
    yield Figure("rerender, nothing changed", median(agains) * 1000, "ms")
    yield Figure("the same document sent again", median(resent) * 1000, "ms")
    ratio = median(first / again for first, again in zip(firsts, agains, strict=True))
    yield Figure("first time / rerender", ratio, "x", target=20, more_is_better=True, note="median of paired rounds")


def _take(http: httpx.Client, path: str, **body: object) -> tuple[float, str]:
    """How long the run took, and which it was."""
    begun_at = time.perf_counter()
    with http.stream("POST", path, json=body) as answer:
        assert answer.status_code == 200, answer.read()
        end = list(events_of(answer))[-1]
    took_s = time.perf_counter() - begun_at
    assert end["type"] == "complete", end
    assert end["screenshot_count"] == SLIDES, end
    return took_s, end["operation_id"]
