"""`open_engine`: DBOS, launched for as long as the application lives; on a SQLite file of its own, or on Postgres."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from pressrun.db import postgres, sqlite
from pressrun.engine.engine import Engine
from pressrun.engine.recovery import RecoveryQueue
from pressrun.stages import WORKFLOW_VERSION

if TYPE_CHECKING:
    from pressrun.artifacts.ports import ArtifactStore
    from pressrun.background import Background
    from pressrun.clock import Clock
    from pressrun.engine.ports import RunRecords
    from pressrun.pipeline.pipeline import Pipeline

_EXECUTOR_ID = "pressrun"  # on SQLite: one process (the data folder's lock sees to that), which continues all its runs
_CONNECTIONS = 8  # arbitrary (5..20): of a Postgres that other processes use too; DBOS would take 20


@asynccontextmanager
async def open_engine(
    pipeline: Pipeline,
    store: ArtifactStore,
    records: RunRecords,
    clock: Clock,
    *,
    where: Path | str,
    process: str,
    run_deadline_s: float,
    grace_s: float,
    background: Background,
    has_left: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Engine]:
    """Launches DBOS on its own SQLite file, where runs left unfinished go on within about a second; or, if `where` is
    a URL, in its own schema of that Postgres as `process`, where somebody has to call `take_over`.

    Must be opened on the loop the runs shall live on. At the end runs get `grace_s` to finish, then are handed back;
    when an exception is the end, they are handed back at once. `has_left()` is called when others may have them.
    """
    if isinstance(where, Path):
        await anyio.to_thread.run_sync(sqlite.use_wal, where)
    logging.getLogger("dbos").setLevel(logging.WARNING)
    with _config(where, process) as config:
        DBOS(config=config)
        queue = RecoveryQueue(background)
        engine = Engine(pipeline, store, records, clock, queue, run_deadline_s=run_deadline_s)
        try:
            with queue.in_place_of_polling(on_postgres=isinstance(where, str)):
                DBOS.launch()
            yield engine
        except BaseException:
            engine.hand_back()
            raise
        finally:
            with anyio.CancelScope(shield=True):
                busy = engine.is_busy
                await engine.drain(grace_s)
                await anyio.to_thread.run_sync(lambda: DBOS.destroy(destroy_registry=True))
                if has_left is not None and busy and not engine.is_busy:
                    await has_left()  # not before: as long as DBOS runs here, it would take them up again itself


@contextmanager
def _config(where: Path | str, process: str) -> Iterator[DBOSConfig]:
    config = DBOSConfig(
        name="pressrun",
        executor_id=_EXECUTOR_ID if isinstance(where, Path) else process,
        application_version=str(WORKFLOW_VERSION),
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
    )
    if isinstance(where, Path):
        url, pool = f"sqlite:///{where}", sqlite.open_engine_pool(where, _CONNECTIONS)
    else:
        url, pool = where, postgres.open_engine_pool(where, _CONNECTIONS)
    try:
        yield {**config, "system_database_url": url, "system_database_engine": pool}
    finally:
        pool.dispose()
