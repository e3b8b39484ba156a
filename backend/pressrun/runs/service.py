"""`RunService`: what people ask for. A run is to begin, to go on, to wait or to end.

What becomes of it then is the engine's business, and the reconciler's where something went wrong. Its background tasks
belong to the service's task group, never to a request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from pressrun.background_tasks import END_CANCELLED, START_RUN, BackgroundTask
from pressrun.errors import DiskFull, NotFound, RunEnded, ServerBusy
from pressrun.events.model import Cancelled, CancelledBy
from pressrun.failpoints import failpoint
from pressrun.ids import OperationIds
from pressrun.runs.admission import Admission, Policies, admit, follow, intended, may_resume, refusal_nowait
from pressrun.runs.explain import Explanation, explain
from pressrun.runs.model import LaneState, Run
from pressrun.runs.rejection import RunRejected
from pressrun.runs.retry import require_retryable
from pressrun.runs.submission import Submission
from pressrun.spec import RunSpec

if TYPE_CHECKING:
    from pressrun.background import Background
    from pressrun.engine.engine import Engine
    from pressrun.runs.activity import Activity
    from pressrun.runs.catalog import RunCatalog
    from pressrun.runs.guard import RunGuard
    from pressrun.runs.hints import LaneHints
    from pressrun.runs.lifecycle import RunLifecycle

_LET_GO_S = 2.0  # arbitrary (1..5): what has been cancelled stops within a second

InBackground = Callable[..., None]
"""`(task, work, *args)`: runs it once, under that name."""


class RunService:
    """One per process. Open with `open_run_service`."""

    def __init__(
        self,
        guard: RunGuard,
        lifecycle: RunLifecycle,
        engine: Engine,
        catalog: RunCatalog,
        hints: LaneHints,
        activity: Activity,
        in_background: InBackground,
        *,
        newest_id: str | None,
    ) -> None:
        self._guard = guard
        self._lifecycle = lifecycle
        self._engine = engine
        self._catalog = catalog
        self._hints = hints
        self._activity = activity
        self._in_background = in_background
        self._ids = OperationIds(after=newest_id)
        self._draining = False

    def new_operation_id(self) -> str:
        """A name for a run to be."""
        return self._ids.new()

    def refusal_nowait(self, submission: Submission, policies: Policies) -> RunRejected | None:
        """The refusal that `submit` would raise, where that can be told at once; None: `submit` decides."""
        if self._draining or not self._guard.has_room:
            return None
        return refusal_nowait(self._guard, submission, policies)

    async def submit(self, submission: Submission, policies: Policies, after: int = 0) -> Admission:
        """Starts the run, or finds the one to follow, as the policies say; or the one whose events up to `after` the
        client has seen, where it may be asking for the rest.

        Raises: RunRejected, IdempotencyKeyReused, ServerBusy while draining.
        """
        if after and may_resume(submission, policies):
            run = await self._catalog.find_newest(submission.caller, submission.fingerprint, after)
            if run is not None:
                return follow(run)
        if self._draining:
            raise ServerBusy("the server is shutting down; send the request again in a few seconds")
        if not self._guard.has_room:
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

    async def retry(self, operation_id: str, caller: str | None, policies: Policies, priority: int = 0) -> Admission:
        """Another attempt of a run that ended as error or cancelled, from its last finished stage (decision 0010).

        Raises: NotFound, RunEnded for a complete run, Conflict for an active one, and what `submit` raises.
        """
        run = await self._catalog.get(operation_id, caller)
        require_retryable(run)
        with anyio.move_on_after(_LET_GO_S):
            await self._engine.until_gone(operation_id)
        if operation_id in self._engine.executing():
            raise ServerBusy(f"run {operation_id} is still being stopped; try again in a second", retry_after_s=1)
        submission = Submission(
            operation_id=operation_id,
            route="",
            spec=RunSpec.model_validate_json(await self._catalog.get_spec(operation_id)),
            lane=run.lane,
            caller=run.caller,
            priority=priority,
            retry=True,
            digest=run.fingerprint,
        )
        return await self.submit(submission, policies)

    async def set_run_paused(self, operation_id: str, caller: str | None, *, paused: bool) -> Run:
        """Holds a waiting run in its queue, or lets it go. Raises: NotFound, Conflict when it does not wait."""
        run = await self._guard.queue.set_run_paused(operation_id, caller, paused=paused)
        self._hints.give(run.lane)
        return run

    async def set_lane_paused(self, lane: str, *, paused: bool) -> LaneState:
        """From now on nobody begins in the lane, or they do again. Raises: NotFound for a lane there cannot be."""
        slots = self._guard.slots_of(lane)
        if not slots:
            raise NotFound(f"there is no lane {lane}; GET /lanes lists those there are")
        await self._guard.queue.set_lane_paused(lane, paused=paused)
        self._hints.give(lane)
        return next((state for state in await self.lanes() if state.lane == lane), LaneState(lane, slots))

    async def lanes(self) -> list[LaneState]:
        """The lanes that are configured, in use or paused."""
        counted = {count.lane: count for count in await self._guard.queue.lanes()}
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
            spec = await self._catalog.get_spec(rejection.active.operation_id)
        return await anyio.to_thread.run_sync(explain, submission, rejection, spec)

    async def cancel(
        self, operation_id: str, by: CancelledBy, *, caller: str | None = None, attempt: int | None = None
    ) -> tuple[Run, bool]:
        """Asks for the run's end; the run, and whether this is news. It has ended within a second.

        Raises: NotFound, RunEnded.
        """
        run, news = await self._lifecycle.request_cancel(operation_id, by, caller=caller, attempt=attempt)
        failpoint("cancel.committed")
        if run.status == "queued":  # also where whoever asked first died at this very place
            await self._lifecycle.finish(operation_id, None, Cancelled(by=by))
        elif news:
            self._engine.cancel(operation_id)
            self._in_background(END_CANCELLED, self._engine.end_cancelled, operation_id, run.attempt, by)
        return run, news

    async def current(self, lane: str) -> Run | None:
        """The run in the lane's slot."""
        return await self._guard.current_run(lane)

    def stop_admitting(self) -> None:
        """From now on `submit` raises ServerBusy, and nobody who waits begins here."""
        self._draining = True
        self._hints.close()


@asynccontextmanager
async def open_run_service(
    guard: RunGuard,
    lifecycle: RunLifecycle,
    engine: Engine,
    catalog: RunCatalog,
    hints: LaneHints,
    activity: Activity,
    background: Background,
) -> AsyncIterator[RunService]:
    """Its background tasks end with it."""
    async with anyio.create_task_group() as tasks:

        def in_background(task: BackgroundTask, work: Callable[..., Awaitable[None]], *args: object) -> None:
            tasks.start_soon(background.attempt, task, work, *args)

        newest_id = await catalog.newest_id()
        try:
            yield RunService(guard, lifecycle, engine, catalog, hints, activity, in_background, newest_id=newest_id)
        finally:
            tasks.cancel_scope.cancel()
