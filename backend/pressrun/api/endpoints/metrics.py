"""GET /metrics: what this process counts, in Prometheus' text format. The only file that knows that format.

Packages count in plain numbers (`pressrun.durations`); read here when somebody asks; nothing is kept between.
Names follow prometheus.io/docs/practices/naming; what a label may be is a closed set (a status, a format, a code, the
name of a browser in the settings), never anything a client chose.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from pressrun import __version__
from pressrun.api.state import AppState, state_of
from pressrun.browser.chromium.memory import browser_memory_bytes
from pressrun.durations import Durations
from pressrun.runs.model import TRANSITIONS

if TYPE_CHECKING:
    from prometheus_client import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def get_metrics(request: Request) -> Response:
    """GET /metrics"""
    # imported when first asked for: a server that nobody scrapes does not pay for it at its start (0.05 s)
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest  # noqa: PLC0415

    state = state_of(request)
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    counts, webhooks = await state.catalog.count_runs(), await state.catalog.count_webhooks()
    memory = await anyio.to_thread.run_sync(browser_memory_bytes)
    families = [
        *_runs(counts, webhooks),
        *_log(state),
        *_browsers(state),
        *_children(memory),
        *_cache(state),
        *_previews(state),
        *_background(state),
    ]
    registry.register(_Told(families))
    return Response(generate_latest(registry), headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})


class _Told:
    """Families that were read already, as the registry wants to be given them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _gauge(name: str, says: str, values: Mapping[str, float], label: str = "") -> Metric:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    family = GaugeMetricFamily(f"pressrun_{name}", says, labels=[label] if label else [])
    for value_of, value in values.items():
        family.add_metric([value_of] if label else [], value)
    return family


def _counter(name: str, says: str, values: Mapping[str, float], label: str = "") -> Metric:
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415

    family = CounterMetricFamily(f"pressrun_{name}", says, labels=[label] if label else [])
    for value_of, value in values.items():
        family.add_metric([value_of] if label else [], value)
    return family


def _histogram(name: str, says: str, values: Mapping[str, Durations], label: str = "") -> Metric:
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415

    family = HistogramMetricFamily(f"pressrun_{name}", says, labels=[label] if label else [])
    for value_of, durations in values.items():
        buckets = [("+Inf" if math.isinf(bound) else str(bound), float(count)) for bound, count in durations.up_to()]
        family.add_metric([value_of] if label else [], buckets, durations.sum_s)
    return family


def _runs(counts: Mapping[str, int], webhooks: Mapping[str, int]) -> Iterator[Metric]:
    yield _gauge("info", "Which Pressrun this is", {__version__: 1}, "version")
    by_status: dict[str, float] = {status: float(counts.get(status, 0)) for status in TRANSITIONS}
    yield _gauge("runs", "Runs in the history, by status; of all processes on one database", by_status, "status")
    yield _gauge("webhooks", "Webhooks, by state; of all processes on one database", webhooks, "state")


def _log(state: AppState) -> Iterator[Metric]:
    log = state.log
    yield _counter("events", "Events written, by type; `complete`, `error`, `cancelled` end a run", log.written, "type")
    yield _counter("run_errors", "Runs that ended as an error, by its code", log.errors, "code")
    yield _gauge("open_streams", "Readers that follow a run here", {"": float(log.readers())})
    yield _gauge("database_has_room", "0 while a full disk lets no run begin", {"": float(state.database.has_room)})


def _browsers(state: AppState) -> Iterator[Metric]:
    pressure, counters = state.pool.pressure(), state.pool.counters
    yield _gauge("browser_capacity", "Captures that all browsers take at a time", {"": float(pressure.capacity)})
    yield _gauge("browser_waiting", "Who waits in the queue for a browser", {"": float(pressure.waiting)})
    named = {browser.name: browser for browser in pressure.browsers}
    for name, says in (
        ("leases", "Contexts that are lent"),
        ("capturing", "Captures under way"),
    ):
        values = {name_of: float(getattr(browser, name)) for name_of, browser in named.items()}
        yield _gauge(f"browser_{name}", says, values, "browser")
    up = {name_of: float(browser.state == "up") for name_of, browser in named.items()}
    yield _gauge("browser_up", "1 while the browser runs", up, "browser")
    memory = {name_of: float(browser.rss_bytes) for name_of, browser in named.items() if browser.rss_bytes is not None}
    yield _gauge("browser_resident_bytes", "Memory of the browser's main process", memory, "browser")
    for name, says in (
        ("started", "Browsers started"),
        ("recycled", "Browsers replaced after their share of contexts or memory"),
        ("lost", "Browsers that died"),
        ("frozen", "Browsers that did not answer and were killed"),
        ("slept", "Browsers ended because nobody needed them"),
    ):
        values = {name_of: float(getattr(browser.counts, name)) for name_of, browser in named.items()}
        yield _counter(f"browser_{name}", says, values, "browser")
    yield _counter("page_failures", "Calls into a page that failed, by code", counters.failures, "code")
    yield _histogram("capture_seconds", "A capture in Chromium, by format", counters.captures, "format")
    yield _histogram("lease_wait_seconds", "Waiting for a page of a browser", {"": counters.waits})


def _children(memory: Mapping[str, int]) -> Iterator[Metric]:
    yield _gauge("child_resident_bytes", "Memory of the browsers, drivers and parsers started here", memory, "kind")


def _background(state: AppState) -> Iterator[Metric]:
    says = "Failures of background tasks, by task"
    yield _counter("background_failures", says, state.background.failures, "task")


def _cache(state: AppState) -> Iterator[Metric]:
    if state.captures is None:
        return
    for name, says in (
        ("hits", "Pictures that were not captured again"),
        ("misses", "Pictures that were looked for and not there"),
        ("kept", "Pictures that were put into the cache"),
        ("corrupt", "Pictures that were not what they had been"),
    ):
        yield _counter(f"capture_cache_{name}", says, {"": getattr(state.captures.counts, name)})


def _previews(state: AppState) -> Iterator[Metric]:
    yield _counter("previews", "Previews that were asked for, by what became of them", state.previews.counts, "outcome")
    yield _histogram("preview_seconds", "A preview that was made anew", {"": state.previews.took})
