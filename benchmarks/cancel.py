"""From the request to cancel to the `cancelled` event at a reader, at random instants of a run."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.figures import Figure, percentile
from tests.support.ai_server import MODEL, SILENT, ai_server
from tests.support.runs import chapter, starting
from tests.support.server import start_server

_CANCELS = 100
_SILENT_CANCELS = 20
_CONFLICT = 409


def measure(folder: Path) -> Iterator[Figure]:
    with ai_server(SILENT) as endpoint:
        env = {
            "PRESSRUN_AI_BASE_URL": endpoint.url,
            "PRESSRUN_AI_MODEL": MODEL,
            "PRESSRUN_RUN_DEDUP_WINDOW_S": "0",
        }
        with start_server(folder / "data", **env) as server, httpx.Client(base_url=server.url, timeout=60) as http:
            times, late = _cancel_anywhere(http)
            silent = [_cancel(http, 0.1, composer="ai", text=f"silent {n}") for n in range(_SILENT_CANCELS)]
    note = f"{len(times)} cancels over compose, render, export; {late} came too late"
    yield Figure("cancel to `cancelled`, p50", percentile(times, 0.5), "s", note=note)
    yield Figure("cancel to `cancelled`, p99", percentile(times, 0.99), "s", target=1)
    waited = [took_s for took_s in silent if took_s is not None]
    yield Figure(
        "cancel before the AI's first token, slowest", max(waited), "s", target=1, note=f"{len(waited)} cancels"
    )


def _cancel_anywhere(http: httpx.Client) -> tuple[list[float], int]:
    chance, times, late = random.Random(1), [], 0
    while len(times) < _CANCELS:
        took_s = _cancel(
            http,
            chance.uniform(0, 2),
            composer="markdown",
            text=chapter(40, str(len(times) + late)),
            outputs=["images", "pdf", "zip"],
        )
        if took_s is None:
            late += 1
        else:
            times.append(took_s)
    return times, late


def _cancel(http: httpx.Client, after_s: float, **body: object) -> float | None:
    """None: the run was published already."""
    with starting(http, **body) as (_, events):
        operation_id = next(events)["operation_id"]
        time.sleep(after_s)
        asked_at = time.monotonic()
        answer = http.post(f"/runs/{operation_id}/cancel")
        end = list(events)[-1]
        took_s = time.monotonic() - asked_at
    if answer.status_code == _CONFLICT:
        return None
    assert end["type"] == "cancelled", end
    return took_s
