"""`RunReconciler`: looks after runs that nobody looks after, and lets those begin who wait.

What a crash, a lost hint or a broken engine left undone is found in the tables, at start and every few seconds: rows
whose workflow ended without them are closed, workflows of rows that have none are started, waiting runs are served.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from pressrun.background_tasks import RECONCILE, SERVE_QUEUE
from pressrun.db import runs as run_queries
from pressrun.engine.outcomes import failure_of
from pressrun.errors import DiskFull, RunCrashed
from pressrun.events.model import Error
from pressrun.failpoints import failpoint

if TYPE_CHECKING:
    from pressrun.background import Background
    from pressrun.db.engine import Database
    from pressrun.engine.engine import Engine
    from pressrun.runs.activity import Activity
    from pressrun.runs.guard import RunGuard
    from pressrun.runs.hints import LaneHints
    from pressrun.runs.lifecycle import RunLifecycle
    from pressrun.runs.model import Run

_ABANDONED_AFTER_PASSES = 5  # of the reconciler, 12 s: the engine takes up what it has within about one
_RECONCILE_EVERY_S = 3.0  # arbitrary (1..10): the worst wait for a row whose workflow ended without it

_INTERRUPTED = "The run was interrupted and cannot go on; start it again."

_log = structlog.get_logger(__name__)


class RunReconciler:
    """One per process. Open with `open_reconciler`."""

    def __init__(
        self,
        database: Database,
        guard: RunGuard,
        lifecycle: RunLifecycle,
        engine: Engine,
        hints: LaneHints,
        activity: Activity,
    ) -> None:
        self._database = database
        self._guard = guard
        self._lifecycle = lifecycle
        self._engine = engine
        self._hints = hints
        self._activity = activity
        # passes in a row in which a run's workflow was there and nobody executed it
        self._unattended: dict[str, int] = {}

    async def recover(self) -> None:
        """At start: what the engine cannot know. Slots of an earlier boot, and runs admitted but never started."""
        await self._lifecycle.adopt_slots()
        await self._reconcile(at_start=True)

    async def watch(self) -> None:
        """Reconciles once, when it is time again."""
        await self._activity.pause(_RECONCILE_EVERY_S)
        await self._reconcile()

    async def serve_lanes(self) -> None:
        """Lets those begin who wait in the lanes of the next hints."""
        for lane in await self._hints.take():
            await self._promote(lane)

    async def _promote(self, lane: str) -> None:
        for operation_id in await self._guard.promote(lane):
            failpoint("promote.committed")
            run = await self._lifecycle.find(operation_id)
            if run is not None:
                await self._engine.start(run.workflow_id)

    async def _reconcile(self, *, at_start: bool = False) -> None:
        stirs = self._activity.stirs
        await self._database.keep_room()
        if not await self._database.read(run_queries.any_active):
            self._unattended = {}
            if self._database.has_room:
                self._activity.rest(stirs)
            return
        lanes = await self._guard.waiting_lanes()
        if lanes:
            await self._lifecycle.end_cancelled_waiting()
        for lane in lanes:
            await self._promote(lane)
        before, self._unattended = self._unattended, {}
        for run in await self._lifecycle.active(at_start=at_start):
            if run.status == "running":
                await self._reconcile_run(run, before.get(run.operation_id, 0))

    async def _reconcile_run(self, run: Run, unattended: int) -> None:
        executing = run.operation_id in self._engine.executing()
        state = "active" if executing else await self._engine.state(run.workflow_id)
        if state == "unknown":
            await self._begin(run)
        elif state == "active" and not executing:
            self._unattended[run.operation_id] = unattended + 1
            self._engine.take_up()
        abandoned = self._unattended.get(run.operation_id, 0) >= _ABANDONED_AFTER_PASSES
        if abandoned or (state == "ended" and await self._is_active(run.operation_id)):
            _log.error("a run's workflow ended without it", operation_id=run.operation_id, abandoned=abandoned)
            error = Error(code=RunCrashed.code, message=_INTERRUPTED, stage=run.stage, retryable=True)
            await self._fail(run, error)
            self._unattended.pop(run.operation_id, None)

    async def _begin(self, run: Run) -> None:
        """Starts its workflow; on a full disk it ends, for which room is kept: else it held its slot until somebody
        made some.
        """
        try:
            await self._engine.go_on(run.workflow_id)
        except DiskFull as full:
            _log.exception("a run could not begin, the disk is full", operation_id=run.operation_id)
            await self._fail(run, failure_of(full, run.stage))

    async def _is_active(self, operation_id: str) -> bool:
        run = await self._lifecycle.find(operation_id)
        return run is not None and not run.ended

    async def _fail(self, run: Run, error: Error) -> None:
        claim = await self._lifecycle.fail(run.operation_id, run.attempt, error)
        if claim is not None:
            await self._engine.end(claim)


@asynccontextmanager
async def open_reconciler(reconciler: RunReconciler, background: Background) -> AsyncIterator[None]:
    """Recovers, then watches until closed."""
    await reconciler.recover()
    async with background.running((RECONCILE, reconciler.watch), (SERVE_QUEUE, reconciler.serve_lanes)):
        yield
