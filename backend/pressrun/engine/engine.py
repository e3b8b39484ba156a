"""`Engine`: the durable workflow of a run, on DBOS.

A run is one workflow whose id is the operation_id (after a retry: with the number of the retry), with one step per
stage but the last, whose batch folder is its own checkpoint. What a step returned is checkpointed; after a crash the
workflow is started again at the next start of a process and goes on at the first stage that is not finished. The `runs`
row says what people may believe and is changed only through the `RunBook`.

How a workflow body ends:
- it returns: the run has its terminal event;
- it is cancelled from inside (`cancel`): the cancel scope is left, the run ends as `cancelled`;
- it is handed back (`drain`): CancelledError leaves the body, DBOS keeps the workflow pending, the next start goes on;
- something breaks around its stages (a checkpoint or a folder that cannot be written): the run ends as `error`.
However it ends, its end is written as soon as the database takes it; until then the run holds its slot.

DBOS is a process-wide singleton; so is an open Engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import anyio
import anyio.to_thread
import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, StepOptions

from pressrun.artifacts.store import LocalArtifactStore
from pressrun.clock import Clock, elapsed_s
from pressrun.db.sqlite import use_wal
from pressrun.engine.outcomes import StageFailed, Stopped, checkpointed, failure_of, read
from pressrun.engine.ports import Claim, RunBook
from pressrun.errors import AttemptSuperseded, DeadlineExceeded, DiskFailed, DiskFull, ServerBusy
from pressrun.events.model import AnyBody, Cancelled, Complete, Error, Stage
from pressrun.failpoints import failpoint
from pressrun.pipeline.context import Composed, Exported, Published, Rendered, RunContext, StageResult
from pressrun.pipeline.pipeline import Pipeline

_WORKFLOW_VERSION = "1"  # raise it when the order or the results of the steps change
_EXECUTOR_ID = "pressrun"  # on SQLite: one process (the data folder's lock sees to that), which continues all its runs
_CONNECTIONS = 8  # arbitrary (5..20): of a Postgres that other processes use too; DBOS would take 20
_MAX_STARTS = 20  # a last resort; the RunBook ends a run that crashed its process three times
_HAND_BACK_TIMEOUT_S = 10.0  # two short transactions a run; a disk that hangs must not hang the shutdown
_POLL_AT_START_S = 0.1  # a run goes on that much after a start; DBOS would look once a second, from the first on
_START_LASTS_S = 5.0
_POLL_S = 1.0  # DBOS' own
_TRY_AGAIN_S = 1.0  # arbitrary (0.2..5): how soon a run ends once a full disk has room again

T = TypeVar("T")
_log = structlog.get_logger(__name__)
WorkflowState = Literal["unknown", "active", "outdated", "ended"]
_UNFINISHED = ("PENDING", "ENQUEUED", "DELAYED")


@dataclass(slots=True)
class _Execution:
    workflow_id: str
    scope: anyio.CancelScope
    handed_back: bool = False
    superseded: bool = False  # another process, or a later execution here, has the run: nothing may be written for it
    over: anyio.Event = field(default_factory=anyio.Event)


class Engine:
    """Starts, cancels and hands back runs. Open with `open_engine`."""

    def __init__(
        self, pipeline: Pipeline, store: LocalArtifactStore, book: RunBook, clock: Clock, *, run_deadline_s: float
    ) -> None:
        self._pipeline = pipeline
        self._store = store
        self._book = book
        self._clock = clock
        self._run_deadline_s = run_deadline_s
        self._executions: dict[str, _Execution] = {}
        self._missing: frozenset[str] = frozenset()
        self._idle = anyio.Event()

        async def run(workflow_id: str) -> None:
            await self._run(workflow_id)

        self._workflow = DBOS.workflow(name="run", max_recovery_attempts=_MAX_STARTS)(run)

    async def start(self, workflow_id: str) -> None:
        """Starts the run's workflow; does nothing if it was started before."""
        with SetWorkflowID(workflow_id):
            await DBOS.start_workflow_async(self._workflow, workflow_id)

    def cancel(self, operation_id: str) -> bool:
        """Stops the run's work here and now; False if it is not executing in this process."""
        execution = self._executions.get(operation_id)
        if execution is None:
            return False
        execution.scope.cancel()
        return True

    async def until_gone(self, operation_id: str) -> None:
        """Waits until this process does not execute the run; its end is told a moment before."""
        execution = self._executions.get(operation_id)
        if execution is not None:
            await execution.over.wait()

    def executing(self) -> frozenset[str]:
        """The runs this process is executing."""
        return frozenset(self._executions)

    def let_go(self, operation_ids: Iterable[str]) -> None:
        """Stops working on runs that go on elsewhere, and writes nothing more for them."""
        for operation_id in operation_ids:
            execution = self._executions.get(operation_id)
            if execution is not None and not execution.superseded:
                _log.warning("this process was taken for gone, the run goes on elsewhere", operation_id=operation_id)
                execution.superseded = True
                execution.scope.cancel()

    async def state(self, workflow_id: str) -> WorkflowState:
        """What the engine knows of the run's workflow; `outdated`: a version of us began it that worked otherwise."""
        status = await DBOS.get_workflow_status_async(workflow_id)
        if status is None:
            return "unknown"
        if status.status in _UNFINISHED and status.app_version != _WORKFLOW_VERSION:
            return "outdated"
        return "active" if status.status in _UNFINISHED else "ended"

    async def give_up(self, workflow_id: str) -> None:
        """Nobody shall go on with this workflow, in no version."""
        await DBOS.cancel_workflow_async(workflow_id)

    async def forget(self, workflow_ids: list[str]) -> None:
        """Removes what is recorded of these workflows, which have ended; no matter if some are not there."""
        await DBOS.delete_workflows_async(workflow_ids)

    async def take_over(self, is_gone: Callable[[str], Awaitable[bool]], cut_off: Iterable[str] = ()) -> None:
        """Lets the runs of processes that are gone go on, here or wherever there is one of us. To be called regularly.

        Gone is who was gone at two looks in a row: one whose connection broke is back before the second. Who was
        `cut_off` is gone by our own doing.
        """
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        others = {workflow.executor_id for workflow in pending if workflow.executor_id} - {DBOS.executor_id}
        missing = frozenset([name for name in sorted(others) if await is_gone(name)])
        lost = missing & self._missing | others & frozenset(cut_off)
        self._missing = missing
        if lost:
            _log.warning("processes are gone, their runs go on", processes=sorted(lost))
            # private, so pinned (dbos==3.4.*) and contract-tested: tests/behaviour/test_two_processes.py
            await anyio.to_thread.run_sync(DBOS._recover_pending_workflows, sorted(lost))

    async def drain(self, grace_s: float) -> None:
        """Lets runs finish for `grace_s`, then hands the rest back for the next start."""
        with anyio.move_on_after(grace_s):
            await self._until_idle()
        for operation_id, execution in self._executions.items():
            _log.info("run handed back", operation_id=operation_id)
            execution.handed_back = True
            execution.scope.cancel()
        with anyio.move_on_after(_HAND_BACK_TIMEOUT_S):
            await self._until_idle()

    async def _until_idle(self) -> None:
        while self._executions:
            self._idle = anyio.Event()
            await self._idle.wait()

    async def _run(self, workflow_id: str) -> None:
        """The workflow. Only `_step` results decide its way; everything else is safe to do again."""
        operation_id, _, retries = workflow_id.partition(".")
        with structlog.contextvars.bound_contextvars(operation_id=operation_id, attempt=None):
            await self._end_older(operation_id, workflow_id)
            claim = await _when_possible(lambda: self._book.claim(operation_id, int(retries or 0)))
            if claim is None:
                return
            structlog.contextvars.bind_contextvars(attempt=claim.attempt)
            failpoint("claim.committed")
            deadline = anyio.current_time() + self._run_deadline_s
            execution = _Execution(workflow_id, anyio.CancelScope(deadline=deadline))
            self._executions[operation_id] = execution
            try:
                with execution.scope:
                    await self._attempt(claim, execution)
                if execution.scope.cancelled_caught:
                    await self._after_cancel(claim, execution)
            except Exception as exc:  # noqa: BLE001 - the wall around DBOS and the store: no run is left hanging
                await self._break_off(claim, exc)
            finally:
                if self._executions.get(operation_id) is execution:  # else a retry has taken its place
                    del self._executions[operation_id]
                execution.over.set()
                self._idle.set()

    async def _end_older(self, operation_id: str, workflow_id: str) -> None:
        """A process that was frozen and cut off may be given its own run again, while it still works on it."""
        while (execution := self._executions.get(operation_id)) is not None and execution.workflow_id == workflow_id:
            self.let_go([operation_id])
            await execution.over.wait()

    async def _attempt(self, claim: Claim, execution: _Execution) -> None:
        try:
            context = await self._open_context(claim, execution)
        except AttemptSuperseded:
            await self._finish_stopped(claim)
            return
        try:
            composed = read(await self._step(claim, "compose", lambda: self._pipeline.compose(context)), Composed)
            rendered = read(await self._step(claim, "render", lambda: self._pipeline.render(context)), Rendered)
            exported = read(
                await self._step(claim, "export", lambda: self._pipeline.export(context, composed, rendered)), Exported
            )
            failpoint("publish.begin")
            # No checkpoint: a folder that is there says as much, and could not be taken back if this one failed.
            published = read(
                await checkpointed("publish", lambda: self._pipeline.publish(context, composed, rendered, exported)),
                Published,
            )
            failpoint("publish.end")
        except StageFailed as failure:
            await self._finish(claim, failure.error)
        except Stopped:
            await self._finish_stopped(claim)
        else:
            duration_s = elapsed_s(self._clock, claim.started_at, claim.begun_ticks_s, claim.ticks_epoch)
            await self._finish(
                claim,
                self._pipeline.completed(context, composed, rendered, exported, published, duration_s=duration_s),
            )
            failpoint("cleanup.begin")
            await self._store.discard(claim.operation_id, claim.attempt)
            failpoint("cleanup.end")

    async def _open_context(self, claim: Claim, execution: _Execution) -> RunContext:
        async def emit(body: AnyBody) -> None:
            await self._book.emit(claim.operation_id, claim.attempt, body)

        async def seal() -> None:
            await self._book.seal(claim.operation_id, claim.attempt)
            execution.scope.deadline = math.inf  # from here on the run can only complete

        return RunContext(
            operation_id=claim.operation_id,
            attempt=claim.attempt,
            spec=claim.spec,
            created_at=claim.created_at,
            staging=await self._store.open_staging(claim.operation_id, claim.attempt),
            emit=emit,
            seal=seal,
            document=claim.document,
            captured=claim.captured,
        )

    async def _step(self, claim: Claim, stage: Stage, work: Callable[[], Awaitable[StageResult]]) -> dict[str, Any]:
        async def work_or_make_room() -> StageResult:
            try:
                failpoint(f"{stage}.begin")
                result = await work()
                failpoint(f"{stage}.end")
            except DiskFull:
                # not even a checkpoint can be written otherwise
                await self._store.discard(claim.operation_id, claim.attempt)
                raise
            return result

        outcome = await DBOS.run_step_async(StepOptions(name=stage), checkpointed, stage, work_or_make_room)
        failpoint(f"{stage}.checkpointed")
        return outcome

    async def _break_off(self, claim: Claim, exc: Exception) -> None:
        """Ends a run that could not go on, for a reason outside of its stages."""
        _log.error("run broke off", exc_info=exc)
        error = failure_of(exc, None)
        if error.code == DiskFull.code:
            with contextlib.suppress(OSError, DiskFull, DiskFailed):
                await self._store.discard(claim.operation_id, claim.attempt)
        await self._finish(claim, error)

    async def _finish(self, claim: Claim, body: Complete | Error | Cancelled) -> None:
        failpoint("finish.begin")
        with anyio.CancelScope(shield=True):
            await _when_possible(lambda: self._book.finish(claim.operation_id, claim.attempt, body))
        failpoint("finish.committed")

    async def _finish_stopped(self, claim: Claim) -> None:
        by = await self._book.cancelled_by(claim.operation_id)
        if by is not None:
            await self._finish(claim, Cancelled(by=by, kept=self._store.staged_names(claim.operation_id)))
        else:
            _log.warning("the run goes on elsewhere, this attempt is over")
            if await self._book.needs_no_files(claim.operation_id):
                await self._store.discard(claim.operation_id, claim.attempt)
            else:
                await self._store.discard_superseded(claim.operation_id, claim.attempt)

    async def _after_cancel(self, claim: Claim, execution: _Execution) -> None:
        if execution.superseded:
            return
        if execution.handed_back:
            failpoint("hand_back.begin")
            with anyio.fail_after(_HAND_BACK_TIMEOUT_S, shield=True):
                await self._book.hand_back(claim.operation_id, claim.attempt)
            failpoint("hand_back.end")
            raise asyncio.CancelledError  # tells DBOS to keep the workflow pending
        if await self._book.cancelled_by(claim.operation_id) is not None:
            await self._finish_stopped(claim)
            return
        overdue = DeadlineExceeded(f"The run took longer than its limit of {self._run_deadline_s:g} s")
        await self._finish(claim, Error(code=overdue.code, message=str(overdue), retryable=overdue.retryable))


async def _when_possible(call: Callable[[], Awaitable[T]]) -> T:
    """The value of `call()`, a write to the database, tried until the database takes it."""
    while True:
        try:
            return await call()
        except (DiskFull, DiskFailed, ServerBusy) as exc:
            _log.warning("a run waits for the database", code=exc.code)
            await anyio.sleep(_TRY_AGAIN_S)


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
        await anyio.to_thread.run_sync(use_wal, where)
    logging.getLogger("dbos").setLevel(logging.WARNING)
    dbos = DBOS(config=_config(where, process))
    # private, so pinned (dbos==3.4.*): where the runs of an earlier process wait; tests/behaviour/test_chaos.py
    line = dbos._registry.get_internal_queue()
    line._polling_interval_sec = _POLL_AT_START_S
    # once they are taken up: an idle server shall not keep a core busy
    slower = asyncio.get_running_loop().call_later(_START_LASTS_S, setattr, line, "_polling_interval_sec", _POLL_S)
    engine = Engine(pipeline, store, book, clock, run_deadline_s=run_deadline_s)
    try:
        DBOS.launch()
        yield engine
    finally:
        slower.cancel()
        with anyio.CancelScope(shield=True):
            await engine.drain(grace_s)
            await anyio.to_thread.run_sync(lambda: DBOS.destroy(destroy_registry=True))


def _config(where: Path | str, process: str) -> DBOSConfig:
    return DBOSConfig(
        name="pressrun",
        system_database_url=f"sqlite:///{where}" if isinstance(where, Path) else where,
        sys_db_pool_size=_CONNECTIONS,
        executor_id=_EXECUTOR_ID if isinstance(where, Path) else process,
        application_version=_WORKFLOW_VERSION,
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
        notification_listener_polling_interval_sec=1.0,
    )
