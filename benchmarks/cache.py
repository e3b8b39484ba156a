"""A deck rendered again with nothing changed, over HTTP, next to its first time: what the capture cache is for.

The document differs from round to round, so that each first time is one; both are the whole run from the POST to
`complete` on a warm server. Between the two nothing is changed but the name of the output.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.figures import Figure
from benchmarks.rivals.deck import SLIDES, deck
from tests.support.runs import run_to_end
from tests.support.server import start_server

_ROUNDS = 5
_SPEC = {"zoom": 1, "overlap": 0, "page_breaks": "scroll"}


def measure(folder: Path) -> Iterator[Figure]:
    firsts, agains = [], []
    with (
        start_server(folder / "cache", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as server,
        httpx.Client(base_url=server.url, timeout=300) as http,
    ):
        _take(http, deck(), "warm up")
        for number in range(_ROUNDS):
            html = deck().replace("Part", f"Chapter {number}.")
            firsts.append(_take(http, html, "first"))
            agains.append(_take(http, html, "again"))
    yield Figure("deck, first time", median(firsts), "s", note=f"{SLIDES} slides PNG 1920x1080, {_ROUNDS} rounds")
    yield Figure("the same again, nothing changed", median(agains) * 1000, "ms")
    ratio = median(first / again for first, again in zip(firsts, agains, strict=True))
    yield Figure("first time / again", ratio, "x", target=20, more_is_better=True, note="median of paired rounds")


def _take(http: httpx.Client, html: str, name: str) -> float:
    begun_at = time.perf_counter()
    end = run_to_end(http, html=html, output_name=name, **_SPEC)[-1]
    took_s = time.perf_counter() - begun_at
    assert end["type"] == "complete", end
    assert end["screenshot_count"] == SLIDES, end
    return took_s
