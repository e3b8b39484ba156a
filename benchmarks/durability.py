"""What durability costs, and how soon a run goes on after a crash.

The cost: a deck of 20 slides through the whole server (engine, log, fsync, manifest, HTTP) against the same pipeline
called in memory, in rounds by turns: same browser settings, no engine, no tables, no fsync; staging on a tmpfs.
Recovery: from the start of `pressrun serve` after a kill -9, or from the SIGSTOP of one of two servers on a Postgres,
to the first new event at a reader.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from unittest.mock import patch

import anyio
import anyio.to_thread
import httpx

from benchmarks.figures import Figure, percentile
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.browser.addresses import default_local
from pressrun.browser.pool.pool import BrowserPoolConfig, open_browser_pool
from pressrun.browser.setup.self_test import Seal
from pressrun.events.model import AnyBody
from pressrun.pipeline.context import Rendered, Results, RunContext
from pressrun.pipeline.export import ExportMeans
from pressrun.pipeline.pipeline import Pipeline
from pressrun.settings import Settings
from pressrun.spec import RunSpec
from pressrun.telemetry import SecretMask, configure_logging
from tests.support.postgres import find_binaries, start_postgres
from tests.support.runs import chapter, events_of, follow, post_to_end, posting
from tests.support.server import Server, start_server

_SLIDES, _ROUNDS, _CRASHES = 20, 9, 5


def measure(folder: Path) -> Iterator[Figure]:
    configure_logging(level="WARNING", mask=SecretMask())
    durable, in_memory = anyio.run(_by_turns, folder)
    shares = [(ours - bare) / bare * 100 for ours, bare in zip(durable, in_memory, strict=True)]
    note = f"{_SLIDES} slides, median of {_ROUNDS} paired rounds"
    yield Figure("durability: the whole server, POST to `complete`", median(durable), "s", note=note)
    yield Figure("durability: the same pipeline in memory", median(in_memory), "s", note=note)
    yield Figure("durability: overhead", median(shares), "%", target=5, note=note)
    recoveries = [_recovery_s(folder / f"crash-{number}") for number in range(_CRASHES)]
    note = f"start of `pressrun serve` to the reader's first new event, {_CRASHES} crashes"
    yield Figure("recovery after kill -9, median", median(recoveries), "s", note=note)
    yield Figure("recovery after kill -9, slowest", max(recoveries), "s", target=3)
    yield from _frozen(folder)


async def _by_turns(folder: Path) -> tuple[list[float], list[float]]:
    durable, in_memory = [], []
    with start_server(
        folder / "server", PRESSRUN_RUN_DEDUP_WINDOW_S="0", PRESSRUN_CAPTURE_CACHE_MAX_BYTES="0"
    ) as server:
        async with _pipeline() as pipeline:
            for number in range(_ROUNDS + 1):
                text = chapter(_SLIDES, f"round {number}")
                durable.append(await anyio.to_thread.run_sync(_run_durably, server, text))
                in_memory.append(await _run_in_memory(pipeline, text))
    return durable[1:], in_memory[1:]  # the first round warms both


def _run_durably(server: Server, text: str) -> float:
    with httpx.Client(base_url=server.url, timeout=120) as http:
        begun_at = time.perf_counter()
        end = post_to_end(http, text=text)[-1]
        took_s = time.perf_counter() - begun_at
    assert end["type"] == "complete", end
    assert end["screenshot_count"] == _SLIDES, end
    return took_s


async def _run_in_memory(pipeline: Pipeline, text: str) -> float:
    async def nothing(*_bodies: AnyBody) -> None:
        return None

    begun_at = time.perf_counter()
    operation_id = str(uuid.uuid4())
    with patch("pressrun.artifacts.disk.os.fsync"):
        context = RunContext(
            operation_id=operation_id,
            attempt=1,
            spec=RunSpec(text=text),
            created_at=datetime.now(UTC),
            staging=await pipeline.store.open_staging(operation_id, 1),
            emit=nothing,
            seal=nothing,
            captured={},
            exported={},
        )
        results = Results()
        for stage in pipeline.stages:
            results.add(await stage.call(context, results))
    assert len(results.of(Rendered).slides) == _SLIDES
    return time.perf_counter() - begun_at


@asynccontextmanager
async def _pipeline() -> AsyncIterator[Pipeline]:
    with _memory() as folder:
        store = LocalArtifactStore(folder)
        await store.prepare()
        async with open_browser_pool(BrowserPoolConfig(executable=None, local=default_local())) as pool:
            yield Pipeline(
                pool=pool,
                seal=Seal(pool),
                store=store,
                ai=None,
                ai_cache=None,
                captures=None,
                exports=ExportMeans(Settings(), folder / "cache"),
                egress=None,
                versions={},
                show_paths=True,
            )


@contextmanager
def _memory() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pressrun-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _recovery_s(folder: Path) -> float:
    folder.mkdir()
    with start_server(folder / "data") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        with posting(http, text=chapter(30)) as (_, events):
            event = next(event for event in events if event["type"] == "screenshot")
            server.kill()
        seen = max(event["seq"], _last_seq(server))
        begun_at = time.monotonic()
        server.start()
        path, headers = f"/runs/{event['operation_id']}/events", {"Last-Event-ID": str(seen)}
        with http.stream("GET", path, headers=headers) as answer:
            next(event for event in events_of(answer) if event["type"] == "started")
            return time.monotonic() - begun_at


def _last_seq(server: Server) -> int:
    """Nothing that the dead process wrote counts as new."""
    with closing(sqlite3.connect(server.data_dir / "pressrun.sqlite")) as database:
        return int(database.execute("SELECT max(last_seq) FROM runs").fetchone()[0])


def _frozen(folder: Path) -> Iterator[Figure]:
    binaries = find_binaries()
    if binaries is None:
        return
    with start_postgres(binaries, durable=True) as postgres:
        times = [_freeze_s(folder / f"frozen-{n}", postgres.database(f"frozen {n}")) for n in range(_CRASHES)]
    note = f"SIGSTOP to the reader's first new event at the other server, {_CRASHES} times"
    yield Figure("Postgres: frozen process taken over, median", percentile(times, 0.5), "s", target=3, note=note)
    yield Figure("Postgres: frozen process taken over, slowest", max(times), "s")


def _freeze_s(folder: Path, url: str) -> float:
    folder.mkdir()
    env = {"PRESSRUN_DATABASE_URL": url}
    with start_server(folder / "data", **env) as left, start_server(folder / "data", **env) as right:
        with (
            httpx.Client(base_url=left.url, timeout=60) as http,
            httpx.Client(base_url=right.url, timeout=60) as other,
            posting(http, text=chapter(40)) as (_, events),
        ):
            operation_id = next(event for event in events if event["type"] == "screenshot")["operation_id"]
            os.kill(left.pid, signal.SIGSTOP)
            frozen_at = time.monotonic()
            try:
                with other.stream("GET", f"/runs/{operation_id}/events") as answer:
                    next(e for e in events_of(answer) if e["type"] == "started" and e["attempt"] == 2)
                    took_s = time.monotonic() - frozen_at
            finally:
                os.kill(left.pid, signal.SIGCONT)
            follow(other, operation_id)
        return took_s
