"""`open_engine`: DBOS, launched for as long as the application lives; on a SQLite file of its own, or on Postgres."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, _workflow_commands

from pressrun.db import postgres, sqlite
from pressrun.engine.engine import WORKFLOW_VERSION, Engine

if TYPE_CHECKING:
    from pressrun.artifacts.store import LocalArtifactStore
    from pressrun.clock import Clock
    from pressrun.engine.ports import RunBook
    from pressrun.pipeline.pipeline import Pipeline

_EXECUTOR_ID = "pressrun"  # on SQLite: one process (the data folder's lock sees to that), which continues all its runs
_CONNECTIONS = 8  # arbitrary (5..20): of a Postgres that other processes use too; DBOS would take 20
_POLL_SOON_S = 0.1  # a run goes on that much after a start, or after it was handed back; DBOS looks once a second
_START_LASTS_S = 5.0
_POLL_S = 1.0  # DBOS' own: runs of processes that are gone are taken over through that line
_POLL_ALONE_S = 3.0  # arbitrary (1..5): on SQLite nobody else is there, and each look is a write transaction
_NEVER_NEEDED_S = 60.0  # arbitrary (10..)


@asynccontextmanager
async def open_engine(
    pipeline: Pipeline,
    store: LocalArtifactStore,
    book: RunBook,
    clock: Clock,
    *,
    where: Path | str,
    process: str,
    run_deadline_s: float,
    grace_s: float,
    leaving: Callable[[float], Awaitable[None]] | None = None,
) -> AsyncIterator[Engine]:
    """Launches DBOS on its own SQLite file, where runs left unfinished go on within about a second; or, if `where` is
    a URL, in its own schema of that Postgres as `process`, where somebody has to call `take_over`.

    Must be opened on the loop the runs shall live on. At the end runs get `grace_s` to finish, then are handed back:
    `leaving` tells others how long that may last at most, and with 0 that they may have them.
    """
    if isinstance(where, Path):
        await anyio.to_thread.run_sync(sqlite.use_wal, where)
    logging.getLogger("dbos").setLevel(logging.WARNING)
    with _config(where, process) as config:
        dbos = DBOS(config=config)
        # private, so pinned (dbos==3.4.*): where the runs of an earlier process wait; tests/behaviour/test_chaos.py
        line = dbos._registry.get_internal_queue()
        pace = _Pace(line, _POLL_ALONE_S if isinstance(where, Path) else _POLL_S)
        pace.hasten(_START_LASTS_S)
        # private too: what is late or delayed in its own words, of which we have nothing, but the look is two writes
        _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = _NEVER_NEEDED_S
        engine = Engine(pipeline, store, book, clock, run_deadline_s=run_deadline_s, expect_runs=pace.hasten)
        try:
            DBOS.launch()
            yield engine
        finally:
            pace.close()
            with anyio.CancelScope(shield=True):
                busy = bool(engine.executing())
                if leaving is not None and busy:
                    await leaving(grace_s)
                await engine.drain(grace_s)
                await anyio.to_thread.run_sync(lambda: DBOS.destroy(destroy_registry=True))
                if leaving is not None and busy and not engine.executing():
                    await leaving(0)  # not before: as long as DBOS runs here, it would take them up again itself


class _Pace:
    """How often DBOS looks for runs that were left by others: seldom, for an idle server shall not keep a core busy."""

    def __init__(self, line: Any, usual_s: float) -> None:
        self._line = line
        self._usual_s = usual_s
        self._until_s = 0.0
        self._slower: asyncio.TimerHandle | None = None

    def hasten(self, for_s: float) -> None:
        """Often, for that long: then there are some."""
        loop = asyncio.get_running_loop()
        self._until_s = max(self._until_s, loop.time() + for_s)
        self.close()
        self._line._polling_interval_sec = _POLL_SOON_S
        self._slower = loop.call_at(self._until_s, setattr, self._line, "_polling_interval_sec", self._usual_s)

    def close(self) -> None:
        if self._slower is not None:
            self._slower.cancel()


@contextmanager
def _config(where: Path | str, process: str) -> Iterator[DBOSConfig]:
    config = DBOSConfig(
        name="pressrun",
        executor_id=_EXECUTOR_ID if isinstance(where, Path) else process,
        application_version=str(WORKFLOW_VERSION),
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
        notification_listener_polling_interval_sec=1.0,
    )
    if isinstance(where, Path):
        url, pool = f"sqlite:///{where}", sqlite.open_engine_pool(where, _CONNECTIONS)
    else:
        url, pool = where, postgres.open_engine_pool(where, _CONNECTIONS)
    try:
        yield {**config, "system_database_url": url, "system_database_engine": pool}
    finally:
        pool.dispose()
