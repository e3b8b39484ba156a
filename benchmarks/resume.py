"""Resuming at the end of a long log, and what following it holds in memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import anyio
from sqlalchemy import insert

from benchmarks.figures import Figure, percentile
from pressrun.db import Connection
from pressrun.db import runs as run_queries
from pressrun.db.tables import events
from pressrun.events.model import Log
from tests.support.core import Core, open_core

_EVENTS = 100_000
_RESUMES = 200


def measure(folder: Path) -> Iterator[Figure]:
    times_ms, held_kb = anyio.run(_resume, folder)
    note = f"cursor 10 before the end of {_EVENTS} events, empty tail"
    yield Figure("resume at the end of a long log, p50", percentile(times_ms, 0.5), "ms", target=20, note=note)
    yield Figure("resume at the end of a long log, p99", percentile(times_ms, 0.99), "ms")
    yield Figure("reading that log from its start, memory held after", held_kb, "KB", note="the tail, shared by all")


async def _resume(folder: Path) -> tuple[list[float], float]:
    async with open_core(folder) as core:
        run = await core.begin()
        await core.database.write(_fill, core, run.operation_id)
        times_ms = []
        for _ in range(_RESUMES):
            begun_at = time.perf_counter()
            with core.log.following(run.operation_id, _EVENTS - 10, _nobody) as follower:
                assert len(await follower.read()) == 10
            times_ms.append((time.perf_counter() - begun_at) * 1000)
        with core.log.following(run.operation_id, 0, _nobody) as follower:
            tracemalloc.start()
            while follower.cursor < _EVENTS:
                for event in await follower.read():
                    event.frame  # noqa: B018 - made once, and kept with the event
            held_kb = tracemalloc.get_traced_memory()[0] / 1024
            tracemalloc.stop()
        return times_ms, held_kb


def _fill(connection: Connection, core: Core, operation_id: str) -> None:
    now = core.clock.now()
    body = Log(message="Drew part 17 of 50: the river carries sand and stones down to the sea")
    common = {"operation_id": operation_id, "attempt": 1, "at": now}
    rows = (core.journal.encode(operation_id, seq, now, body) for seq in range(2, _EVENTS + 1))
    connection.execute(insert(events), [{**common, **row._asdict()} for row in rows])
    run_queries.update_where(connection, operation_id, {"last_seq": _EVENTS})


def _nobody() -> None:
    """Nothing new comes here."""
