"""GET /metrics: what this process has done and what all have to do, for Prometheus. Nothing is kept between scrapes.

Counters are read from the rooms that count; `pressrun_runs` and `pressrun_webhooks` come from the database, so that
every process of a cluster tells the same of them. There is no label with a name, a lane or an id of anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from pressrun import __version__
from pressrun.api.state import AppState, state_of
from pressrun.browser.memory import browser_memory_bytes
from pressrun.db import runs as run_queries
from pressrun.db import webhooks as webhook_queries
from pressrun.meters import BOUNDS_S, Durations
from pressrun.runs.model import RUN_STATUSES

_BROWSER_EVENTS = {  # of the pool's tally, as it names them
    "started": "Browsers started",
    "recycled": "Browsers replaced after so many pages, or when they had grown",
    "lost": "Browsers that ended by themselves",
    "frozen": "Browsers that were ended because they did not answer",
    "slept": "Browsers that were closed because nobody used them",
}
_CACHE_EVENTS = {
    "hits": "Pictures that were not captured again",
    "misses": "Pictures that were looked for and not there",
    "kept": "Pictures that were put into the cache",
    "corrupt": "Pictures that were not what they had been",
}


async def metrics(request: Request) -> Response:
    """GET /metrics"""
    state = state_of(request)
    runs = await state.database.read(run_queries.count_by_status)
    webhooks = await state.database.read(webhook_queries.count_by_state)
    memory = await anyio.to_thread.run_sync(browser_memory_bytes)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(state, runs, webhooks, memory))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Scrape(Collector):
    """One look at everything."""

    def __init__(
        self, state: AppState, runs: Mapping[str, int], webhooks: Mapping[str, int], memory: Mapping[str, int]
    ) -> None:
        self._state = state
        self._runs = runs
        self._webhooks = webhooks
        self._memory = memory

    def collect(self) -> Iterator[Metric]:
        yield _gauge("pressrun_info", "This server", {(__version__,): 1}, "version")
        statuses = {(status,): self._runs.get(status, 0) for status in RUN_STATUSES}
        yield _gauge("pressrun_runs", "Runs that are kept, by status; `queued` is the line", statuses, "status")
        states = {(state,): count for state, count in sorted(self._webhooks.items())}
        yield _gauge("pressrun_webhooks", "Webhooks by state", states, "state")
        log = self._state.log
        yield _counter("pressrun_events_appended", "Events of runs, appended by this process", {(): log.appended})
        yield _gauge("pressrun_open_streams", "Readers that follow a run just now", {(): log.followers})
        yield from self._pool()
        yield from self._cache()

    def _pool(self) -> Iterator[Metric]:
        pool = self._state.pool
        pressure = pool.pressure()
        places = {(name,): getattr(pressure, name) for name in ("running", "waiting", "free")}
        yield _gauge("pressrun_pool_places", "Pages: in use, free; and who waits for one", places, "state")
        yield _gauge("pressrun_browser_up", "Whether a browser runs", {(): float(pressure.browser == "up")})
        by_kind = {(kind,): size for kind, size in sorted(self._memory.items())}
        yield _gauge("pressrun_child_memory_bytes", "RSS of browsers, drivers and parsers", by_kind, "kind")
        tallies = [browser.tally for browser in getattr(pressure, "browsers", ())]
        for name, text in _BROWSER_EVENTS.items() if tallies else ():
            total = sum(getattr(tally, name) for tally in tallies)
            yield _counter(f"pressrun_browsers_{name}", text, {(): total})
        meters = pool.meters
        counts = {(format,): sum(taken.counts) for format, taken in sorted(meters.captures.items())}
        yield _counter("pressrun_captures", "Pictures captured", counts, "format")
        by_format = {(format,): taken for format, taken in sorted(meters.captures.items())}
        yield _histogram("pressrun_capture_seconds", "How long a capture took, its turn included", by_format, "format")
        waits = {(): meters.lease_wait}
        yield _histogram("pressrun_lease_wait_seconds", "From asking for a page to having it", waits)

    def _cache(self) -> Iterator[Metric]:
        captures = self._state.captures
        if captures is None:
            return
        for name, text in _CACHE_EVENTS.items():
            yield _counter(f"pressrun_capture_cache_{name}", text, {(): getattr(captures.tally, name)})


_Samples = Mapping[Any, float]  # by the values of the labels: a tuple of str


def _gauge(name: str, text: str, samples: _Samples, *labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def _counter(name: str, text: str, samples: _Samples, *labels: str) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def _histogram(name: str, text: str, samples: Mapping[Any, Durations], *labels: str) -> Metric:
    family = HistogramMetricFamily(name, text, labels=labels)
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    for values, taken in samples.items():
        buckets = list(zip(bounds, map(float, accumulate(taken.counts)), strict=True))
        family.add_metric(values, buckets, taken.total_s)
    return family
