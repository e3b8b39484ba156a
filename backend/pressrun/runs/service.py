"""`RunService`: what api/ and the command line call. Submit, cancel, retry; and the watch over runs that got lost.

Every background task of the runs belongs to the service's task group, never to a request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import structlog

from pressrun.background import Background
from pressrun.background_tasks import END_CANCELLED, RECONCILE, SERVE_LINE, START_RUN, WEBHOOKS, BackgroundTask
from pressrun.db import runs as run_queries
from pressrun.errors import (
    Conflict,
    DiskFull,
    NotFound,
    RunCrashed,
    RunEnded,
    ServerBusy,
)
from pressrun.events.model import TERMINAL_TYPES, Cancelled, CancelledBy, Error
from pressrun.failpoints import failpoint
from pressrun.ids import OperationIds
from pressrun.runs.activity import Activity
from pressrun.runs.admission import Admission, Policies, admit, follow, intended, may_resume, refusal_nowait
from pressrun.runs.announced import read_announced
from pressrun.runs.explain import Explanation, explain
from pressrun.runs.guard import RunGuard
from pressrun.runs.line import place_all
from pressrun.runs.model import LaneState, Run
from pressrun.runs.places import view
from pressrun.runs.rejection import RunRejected
from pressrun.runs.retry import require_retryable
from pressrun.runs.submission import Submission
from pressrun.spec import RunSpec

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from pressrun.artifacts.model import StoredFile
    from pressrun.artifacts.store import LocalArtifactStore
    from pressrun.db.engine import Database
    from pressrun.engine.engine import Engine
    from pressrun.events.log import EventLog, Follower
    from pressrun.runs.hints import LaneHints
    from pressrun.runs.ledger import RunLedger
    from pressrun.runs.removal import RunRemover
    from pressrun.runs.webhooks import WebhookDeliverer

_CANCEL_GRACE_S = 0.8  # promise: cancelled within a second; what has not stopped by then is cut off from its run
_ABANDONED_AFTER_PASSES = 5  # of the reconciler, 12 s: the engine takes up what it has within about one
_RECONCILE_EVERY_S = 3.0  # arbitrary (1..10): the worst wait for a row whose workflow ended without it

_LET_GO_S = 2.0  # arbitrary (1..5): what has been cancelled stops within a second

_INTERRUPTED = "The run was interrupted and cannot go on; start it again."

_log = structlog.get_logger(__name__)


class RunService:
    """One per process. Open with `open_run_service`."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        guard: RunGuard,
        ledger: RunLedger,
        engine: Engine,
        store: LocalArtifactStore,
        remover: RunRemover,
        tasks: TaskGroup,
        background: Background,
        activity: Activity,
        hints: LaneHints,
    ) -> None:
        self._database = database
        self._log = log
        self._guard = guard
        self._ledger = ledger
        self._engine = engine
        self._store = store
        self._remover = remover
        self._tasks = tasks
        self._background = background
        self._activity = activity
        self._hints = hints
        self._ids = OperationIds()
        self._draining = False
        # passes in a row in which a run's workflow was there and nobody executed it
        self._unattended: dict[str, int] = {}

    def new_operation_id(self) -> str:
        """A name for a run to be."""
        return self._ids.new()

    def refusal_nowait(self, submission: Submission, policies: Policies) -> RunRejected | None:
        """The no that `submit` would raise, where that can be told at once; None: `submit` decides."""
        if self._draining or not self._database.has_room:
            return None
        return refusal_nowait(self._guard, submission, policies)

    async def submit(self, submission: Submission, policies: Policies) -> Admission:
        """Starts the run, or finds the one to follow, as the policies say.

        Raises: RunRejected, IdempotencyKeyReused, ServerBusy while draining.
        """
        if self._draining:
            raise ServerBusy("the server is shutting down; send the request again in a few seconds")
        if not self._database.has_room:
            raise DiskFull
        with anyio.CancelScope(shield=True):  # an accepted run is started whatever becomes of its client
            self._activity.stir()  # before it is committed: whoever looks then finds us awake
            admission = await admit(self._guard, submission, policies)
            failpoint("admit.committed")
            if admission.disposition == "started":
                self._in_background(START_RUN, self._engine.start, admission.run.workflow_id)
            elif admission.replaces is not None:
                await self._make_room(admission.replaces)
            elif admission.disposition == "queued":
                self._hints.give(admission.run.lane)  # its slot may have become free since the guard looked
        return admission

    async def find_resumed(self, submission: Submission, policies: Policies, after: int) -> Admission | None:
        """The run whose events up to `after` the client has seen, where it may be asking for the rest."""
        if not after or not may_resume(submission, policies):
            return None
        row = await self._database.read(run_queries.find_newest, submission.caller, submission.fingerprint, after)
        return None if row is None else follow(view(row))

    async def retry(self, operation_id: str, caller: str | None, policies: Policies, priority: int = 0) -> Admission:
        """Another attempt of a run that ended as error or cancelled, from its last finished stage (decision 0010).

        Raises: NotFound, RunEnded for a complete run, Conflict for an active one, and what `submit` raises.
        """
        run = await self.get(operation_id, caller)
        require_retryable(run)
        with anyio.move_on_after(_LET_GO_S):
            await self._engine.until_gone(operation_id)
        if operation_id in self._engine.executing():
            raise ServerBusy(f"run {operation_id} is still being stopped; try again in a second", retry_after_s=1)
        submission = Submission(
            operation_id=operation_id,
            route="",
            spec=RunSpec.model_validate_json(await self.get_spec(operation_id)),
            lane=run.lane,
            caller=run.caller,
            priority=priority,
            retry=True,
            digest=run.fingerprint,
        )
        return await self.submit(submission, policies)

    async def set_run_paused(self, operation_id: str, caller: str | None, *, paused: bool) -> Run:
        """Holds a waiting run in its line, or lets it go. Raises: NotFound, Conflict when it does not wait."""
        run = await self._guard.line.set_run_paused(operation_id, caller, paused=paused)
        self._hints.give(run.lane)
        return run

    async def set_lane_paused(self, lane: str, *, paused: bool) -> LaneState:
        """From now on nobody begins in the lane, or they do again. Raises: NotFound for a lane there cannot be."""
        slots = self._guard.slots_of(lane)
        if not slots:
            raise NotFound(f"there is no lane {lane}; GET /lanes lists those there are")
        await self._guard.line.set_lane_paused(lane, paused=paused)
        self._hints.give(lane)
        return next((state for state in await self.lanes() if state.lane == lane), LaneState(lane, slots))

    async def lanes(self) -> list[LaneState]:
        """The lanes that are configured, in use or paused."""
        counted = {count.lane: count for count in await self._guard.line.lanes()}
        names = sorted({*counted, *self._guard.configured_lanes})
        return [
            LaneState(name, self._guard.slots_of(name), *(counted[name][1:] if name in counted else ()))
            for name in names
        ]

    async def _make_room(self, operation_id: str) -> None:
        try:
            await self.cancel(operation_id, "replaced")
        except (RunEnded, NotFound):
            return  # it is ending by itself: whoever waits is served when it has

    async def explain(self, submission: Submission, policies: Policies) -> Explanation:
        """What `submit` would do right now, whichever of the policies were given."""
        if policies.on_duplicate is None:
            submission = intended(submission, policies)
        rejection = await self._guard.probe(submission)
        spec = None
        if isinstance(rejection, RunRejected) and rejection.visible:
            spec = await self.get_spec(rejection.active.operation_id)
        return explain(submission, rejection, spec)

    async def cancel(
        self, operation_id: str, by: CancelledBy, *, caller: str | None = None, attempt: int | None = None
    ) -> tuple[Run, bool]:
        """Asks for the run's end; the run, and whether this is news. It has ended within a second.

        Raises: NotFound, RunEnded.
        """
        run, news = await self._ledger.request_cancel(operation_id, by, caller=caller, attempt=attempt)
        failpoint("cancel.committed")
        if run.status == "queued":  # also where whoever asked first died at this very place
            await self._ledger.finish(operation_id, None, Cancelled(by=by))
        elif news:
            self._engine.cancel(operation_id)
            self._in_background(END_CANCELLED, self._ensure_cancelled, operation_id, run.attempt, by)
        return run, news

    async def get(self, operation_id: str, caller: str | None = None) -> Run:
        """The run. Raises: NotFound, also for somebody else's."""
        row = await self._database.read(run_queries.get, operation_id, caller)
        if row is None:
            raise NotFound(f"there is no run {operation_id}")
        return (await place_all(self._database, [view(row)]))[0]

    async def get_spec(self, operation_id: str) -> str:
        """The run's spec as JSON. Raises: NotFound."""
        spec = await self._database.read(run_queries.get_spec, operation_id)
        if spec is None:
            raise NotFound(f"there is no run {operation_id}")
        return spec

    async def find_announced(self, operation_id: str, name: str) -> StoredFile | None:
        """The newest announcement of the file of that exact name, slide, document or export."""
        return await self._database.read(read_announced, operation_id, name)

    async def current(self, lane: str) -> Run | None:
        """The run in the lane's slot."""
        return await self._guard.current_run(lane)

    async def delete(self, operation_id: str, caller: str | None = None) -> None:
        """Removes an ended run with its events, log lines and files. Raises: NotFound, Conflict while it is active."""
        run = await self.get(operation_id, caller)
        if run.ended and await self._remover.remove(operation_id, run.created_at):
            return
        run = await self.get(operation_id, caller)  # as it is now: a retry may have come first, or another DELETE
        raise Conflict(f"run {operation_id} is {run.status}; cancel it first")

    async def count_runs(self) -> dict[str, int]:
        """How many runs of the history have each status."""
        return await self._database.read(run_queries.count_by_status)

    async def set_pinned(self, operation_id: str, caller: str | None, *, pinned: bool) -> Run:
        """Pins or unpins. Raises: NotFound."""
        await self.get(operation_id, caller)
        row = await self._database.write(run_queries.update_where, operation_id, {"pinned": pinned})
        if row is None:
            raise NotFound(f"there is no run {operation_id}")
        return view(row)

    def following(self, operation_id: str, after: int, wake: Callable[[], None], *, live: bool) -> Follower:
        """A place in the run's log behind the cursor; `wake()` is called whenever there may be news.

        `live` False: the run has ended.
        """
        return self._log.following(operation_id, after, wake, live=live)

    def stop_following(self) -> None:
        """Ends every stream; the runs go on. Readers resume by their cursors when the server is back."""
        self._log.close()

    @property
    def stopping(self) -> bool:
        """Whether streams end because of the server, not because of their clients."""
        return self._log.closed

    @property
    def takes_up(self) -> bool:
        """Whether runs that were interrupted are taken up again."""
        return self._engine.takes_up

    def stop_admitting(self) -> None:
        """From now on `submit` raises ServerBusy, and nobody who waits begins here."""
        self._draining = True
        self._hints.close()

    async def recover(self) -> None:
        """At start: what the engine cannot know. Slots of an earlier boot, and runs admitted but never started."""
        self._ids = OperationIds(after=await self._database.read(run_queries.newest_id))
        await self._ledger.adopt_slots()
        await self._reconcile(at_start=True)

    async def watch(self) -> None:
        """Reconciles once, when it is time again."""
        await self._activity.pause(_RECONCILE_EVERY_S)
        await self._reconcile()

    def _in_background(self, task: BackgroundTask, work: Callable[..., Awaitable[None]], *args: object) -> None:
        self._tasks.start_soon(self._background.attempt, task, work, *args)

    async def serve_lanes(self) -> None:
        """Lets those begin who wait in the lanes of the next hints."""
        for lane in await self._hints.take():
            await self._promote(lane)

    async def _promote(self, lane: str) -> None:
        for operation_id in await self._guard.promote(lane):
            failpoint("promote.committed")
            await self._engine.start((await self.get(operation_id)).workflow_id)

    async def _ensure_cancelled(self, operation_id: str, attempt: int, by: CancelledBy) -> None:
        with anyio.move_on_after(_CANCEL_GRACE_S):
            async for event in self._log.follow(operation_id):
                if event.type in TERMINAL_TYPES:
                    return
        if await self._ledger.finish(
            operation_id, attempt, Cancelled(by=by, kept=self._store.staged_names(operation_id))
        ):
            _log.warning("a cancelled run did not stop by itself in time", operation_id=operation_id)

    async def _reconcile(self, *, at_start: bool = False) -> None:
        """Closes rows whose workflow ended without them, starts workflows of rows that have none, serves the lines."""
        stirs = self._activity.stirs
        await self._database.keep_room()
        if not await self._database.read(run_queries.any_active):
            self._unattended = {}
            if self._database.has_room:
                self._activity.rest(stirs)
            return
        lanes = await self._guard.waiting_lanes()
        if lanes:
            await self._ledger.end_cancelled_waiting()
        for lane in lanes:
            await self._promote(lane)
        before, self._unattended = self._unattended, {}
        for run in await self._ledger.active(at_start=at_start):
            if run.status == "running":
                await self._reconcile_run(run, before.get(run.operation_id, 0))

    async def _reconcile_run(self, run: Run, unattended: int) -> None:
        executing = run.operation_id in self._engine.executing()
        state = "active" if executing else await self._engine.state(run.workflow_id)
        if state == "unknown":
            await self._engine.go_on(run.workflow_id)
        elif state == "active" and not executing:
            self._unattended[run.operation_id] = unattended + 1
            self._engine.take_up()
        abandoned = self._unattended.get(run.operation_id, 0) >= _ABANDONED_AFTER_PASSES
        if abandoned or (state == "ended" and not (await self.get(run.operation_id)).ended):
            _log.error("a run's workflow ended without it", operation_id=run.operation_id, abandoned=abandoned)
            error = Error(code=RunCrashed.code, message=_INTERRUPTED, stage=run.stage, retryable=True)
            await self._give_up(run, error)
            self._unattended.pop(run.operation_id, None)

    async def _give_up(self, run: Run, error: Error) -> None:
        claim = await self._ledger.give_up(run.operation_id, run.attempt, error)
        if claim is not None:
            await self._engine.end(claim)


@asynccontextmanager
async def open_run_service(
    database: Database,
    log: EventLog,
    guard: RunGuard,
    ledger: RunLedger,
    engine: Engine,
    store: LocalArtifactStore,
    remover: RunRemover,
    background: Background,
    activity: Activity,
    hints: LaneHints,
    webhooks: WebhookDeliverer | None = None,
) -> AsyncIterator[RunService]:
    """Recovers, then watches until closed."""
    async with anyio.create_task_group() as tasks:
        service = RunService(database, log, guard, ledger, engine, store, remover, tasks, background, activity, hints)
        await service.recover()
        tasks.start_soon(background.for_ever, RECONCILE, service.watch)
        tasks.start_soon(background.for_ever, SERVE_LINE, service.serve_lanes)
        if webhooks is not None:
            tasks.start_soon(background.for_ever, WEBHOOKS, webhooks.watch)
        try:
            yield service
        finally:
            tasks.cancel_scope.cancel()
