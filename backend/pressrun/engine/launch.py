"""`open_engine`: DBOS, launched for as long as the application lives; on a SQLite file of its own, or on Postgres."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
_POLL_AT_START_S = 0.1  # a run goes on that much after a start; DBOS would look once a second, from the first on
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
) -> AsyncIterator[Engine]:
    """Launches DBOS on its own SQLite file, where runs left unfinished go on within about a second; or, if `where` is
    a URL, in its own schema of that Postgres as `process`, where somebody has to call `take_over`.

    Must be opened on the loop the runs shall live on. At the end runs get `grace_s` to finish, then are handed back.
    """
    if isinstance(where, Path):
        await anyio.to_thread.run_sync(sqlite.use_wal, where)
    logging.getLogger("dbos").setLevel(logging.WARNING)
    with _config(where, process) as config:
        dbos = DBOS(config=config)
        # private, so pinned (dbos==3.4.*): where the runs of an earlier process wait; tests/behaviour/test_chaos.py
        line = dbos._registry.get_internal_queue()
        line._polling_interval_sec = _POLL_AT_START_S
        # private too: what is late or delayed in its own words, of which we have nothing, but the look is two writes
        _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = _NEVER_NEEDED_S
        poll_s = _POLL_ALONE_S if isinstance(where, Path) else _POLL_S
        # once they are taken up: an idle server shall not keep a core busy
        slower = asyncio.get_running_loop().call_later(_START_LASTS_S, setattr, line, "_polling_interval_sec", poll_s)
        engine = Engine(pipeline, store, book, clock, run_deadline_s=run_deadline_s)
        try:
            DBOS.launch()
            yield engine
        finally:
            slower.cancel()
            with anyio.CancelScope(shield=True):
                await engine.drain(grace_s)
                await anyio.to_thread.run_sync(lambda: DBOS.destroy(destroy_registry=True))


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
