"""The core without HTTP, engine and browser: database, log, guard, lifecycle, on a real SQLite file or Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pressrun.db.engine import Database, open_database
from pressrun.db.notifier import open_notifier
from pressrun.events.log import EventLog
from pressrun.events.model import Complete, Progress
from pressrun.ids import OperationIds
from pressrun.runs.catalog import RunCatalog
from pressrun.runs.guard import RunGuard
from pressrun.runs.journal import RunJournal
from pressrun.runs.lifecycle import RunLifecycle
from pressrun.runs.model import Run
from pressrun.runs.submission import Submission
from pressrun.settings import GuardConfig
from pressrun.spec import RunSpec
from tests.support.clock import ManualClock

ROUTE = "/generate-sse"
COMPLETE = Complete(screenshot_count=0, screenshot_files=[], artifacts=[], truncated=False, duration_s=0, folder="f")

PUBLISHING = Progress(stage="publish", progress=96, message="Publishing")


@dataclass
class Core:
    database: Database
    log: EventLog
    journal: RunJournal
    guard: RunGuard
    lifecycle: RunLifecycle
    clock: ManualClock
    ids: OperationIds
    catalog: RunCatalog

    def submission(self, text: str = "hello", **values: object) -> Submission:
        return Submission(self.ids.new(), ROUTE, RunSpec(text=text), **values)  # type: ignore[arg-type]

    async def begin(self, text: str = "hello", **values: object) -> Run:
        outcome = await self.guard.admit(self.submission(text, **values))
        assert isinstance(outcome, Run)
        return outcome

    async def complete(self, run: Run) -> None:
        assert await self.lifecycle.finish(run.operation_id, 1, COMPLETE)


@asynccontextmanager
async def open_core(
    where: Path | str,
    clock: ManualClock | None = None,
    *,
    owner: str = "process-1",
    config: GuardConfig | None = None,
    pooled: bool = False,
) -> AsyncIterator[Core]:
    """`where`: a folder for a SQLite file, or the URL of a Postgres database."""
    clock = clock or ManualClock()
    place = where / "pressrun.sqlite" if isinstance(where, Path) else where
    async with open_database(place, pooled=pooled) as database:
        telling = nullcontext(None) if isinstance(where, Path) else open_notifier(database)
        async with telling as notifier:
            log = EventLog(database, committed=notifier.committed if notifier else None)
            journal = RunJournal(database, log, clock)
            config = config or GuardConfig(dedup_window_s=5, run_max_s=1800)
            guard = RunGuard(database, log, journal, clock, config, owner=owner)
            lifecycle = RunLifecycle(database, journal, clock, owner=owner)
            yield Core(
                database, log, journal, guard, lifecycle, clock, OperationIds(), RunCatalog(database, _remove_nothing)
            )


async def _remove_nothing(_operation_id: str, _created_at: datetime) -> bool:
    return False


def progress(value: int) -> Progress:
    return Progress(stage="render", progress=value, message="x")
