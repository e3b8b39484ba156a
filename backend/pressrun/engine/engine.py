"""`Engine`: the durable workflow of a run, on DBOS.

A run is one workflow whose id is the operation_id, after a retry with the number of the retry, and the version of the
workflow's shape. It has one step per stage but the last, whose batch folder is its own checkpoint. What a step returned
is checkpointed; after a crash the workflow is started again at the next start of a process and goes on at the first
stage that is not finished. The `runs` row says what people may believe and is changed only through the `RunRecords`.

How a workflow body ends:
- it returns: the run has its terminal event;
- it is cancelled from inside (`cancel`): the cancel scope is left, the run ends as `cancelled`;
- it is handed back (`drain`): CancelledError leaves the body, DBOS keeps the workflow pending, the next start goes on;
- something breaks around its stages (a checkpoint or a folder that cannot be written): the run ends as `error`.
However it ends, its end is written as soon as the database takes it; until then the run holds its slot.

The one rule of all ends (decision 0020): a run whose batch folder is there is complete, whatever else it was to end as.
So every attempt looks for it (endings.py), and a run that may be published is not ended by anybody but an attempt.

An upgrade costs no run (decision 0023): a workflow of another version is never resumed, its checkpoints may not fit.
The run goes on as its next attempt in a workflow of this version, which finds what is staged and makes it no second
time.

DBOS is a process-wide singleton; so is an open Engine.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeVar

import anyio
import anyio.to_thread
import structlog
from dbos import DBOS, SetWorkflowID, StepOptions

from pressrun.artifacts.ports import ArtifactStore
from pressrun.clock import Clock
from pressrun.engine.endings import RunEndings
from pressrun.engine.outcomes import StageFailed, Stopped, checkpointed, failure_of, failure_of_system, read
from pressrun.engine.ports import Claim, RunRecords
from pressrun.engine.recovery import RecoveryQueue
from pressrun.errors import AttemptSuperseded, DeadlineExceeded, DiskFull, RunFailure
from pressrun.events.model import AnyBody, Cancelled, CancelledBy, Progress
from pressrun.failpoints import failpoint
from pressrun.patience import until_possible
from pressrun.pipeline.context import Results, RunContext, StageResult
from pressrun.pipeline.pipeline import Pipeline, StageDefinition
from pressrun.stages import LAST_STAGE, WORKFLOW_VERSION

_FIRST_VERSION_IN_IDS = 2
_MAX_STARTS = 20  # a last resort, for what is not counted as a crash; the RunRecords ends a run of three crashes
_CANCEL_GRACE_S = 0.8  # promise: cancelled within a second
_HAND_BACK_TIMEOUT_S = 10.0  # two short transactions a run; a disk that hangs must not hang the shutdown

T = TypeVar("T")
_log = structlog.get_logger(__name__)
WorkflowState = Literal["unknown", "active", "ended"]
_UNFINISHED = ("PENDING", "ENQUEUED", "DELAYED")


@dataclass(slots=True)
class _Execution:
    workflow_id: str
    scope: anyio.CancelScope
    handed_back: bool = False
    superseded: bool = False  # another process, or a later execution here, has the run: nothing may be written for it
    over: anyio.Event = field(default_factory=anyio.Event)


class Engine:
    """Starts, cancels and hands back runs. Open with `open_engine` (launch.py)."""

    def __init__(
        self,
        pipeline: Pipeline,
        store: ArtifactStore,
        records: RunRecords,
        clock: Clock,
        queue: RecoveryQueue,
        *,
        run_deadline_s: float,
    ) -> None:
        self._pipeline = pipeline
        self._store = store
        self._records = records
        self._queue = queue
        self._endings = RunEndings(pipeline, store, records, clock)
        self._run_deadline_s = run_deadline_s
        self._executions: dict[str, _Execution] = {}
        self._bodies = 0  # workflows of ours that have begun and not returned, with those that claim nothing
        self._closing = False
        self._missing: frozenset[str] = frozenset()
        self._idle = anyio.Event()

        async def run(workflow_id: str) -> None:
            await self._run(workflow_id)

        self._workflow = DBOS.workflow(name="run", max_recovery_attempts=_MAX_STARTS)(run)

    @property
    def takes_up(self) -> bool:
        """Whether the thread lives that takes interrupted runs up again."""
        return self._queue.is_alive

    def take_up(self) -> None:
        """Somebody's interrupted run may be waiting."""
        self._queue.ring()

    async def start(self, workflow_id: str) -> None:
        """Starts the run's workflow; does nothing if it was started before.

        Raises: DiskFull, DiskFailed or ServerBusy, as it was for the engine's own database.
        """
        try:
            with SetWorkflowID(_ids(workflow_id)[-1]):
                await DBOS.start_workflow_async(self._workflow, workflow_id)
        except Exception as exc:
            known = failure_of_system(exc)
            if known is None:
                raise
            raise known from exc

    def cancel(self, operation_id: str) -> bool:
        """Stops the run's work here and now; False if it is not executing in this process."""
        execution = self._executions.get(operation_id)
        if execution is None:
            return False
        execution.scope.cancel()
        return True

    async def end_cancelled(self, operation_id: str, attempt: int, by: CancelledBy) -> None:
        """Sees to it that a run that was cancelled has ended within a second, wherever it is executed.

        One that does not stop by itself is cut off from its work.
        """
        with anyio.move_on_after(_CANCEL_GRACE_S):
            if operation_id not in self._executions:
                await anyio.sleep_forever()
            await self.until_gone(operation_id)
        if await self._records.finish(
            operation_id, attempt, Cancelled(by=by, kept=self._store.staged_names(operation_id))
        ):
            _log.warning("a cancelled run did not stop by itself in time", operation_id=operation_id)

    async def until_gone(self, operation_id: str) -> None:
        """Waits until this process does not execute the run; its end is told a moment before."""
        execution = self._executions.get(operation_id)
        if execution is not None:
            await execution.over.wait()

    @property
    def is_busy(self) -> bool:
        """Whether a run is executed here, or about to be."""
        return self._bodies > 0

    def executing(self) -> frozenset[str]:
        """The runs this process is executing."""
        return frozenset(self._executions)

    async def end(self, claim: Claim) -> None:
        """Ends a run that nobody executes any more, by its `last_word` if it is not published."""
        if claim.last_word is not None:
            await self._endings.conclude(claim, unless_published=claim.last_word)

    def let_go(self, operation_ids: Iterable[str]) -> None:
        """Stops working on runs that go on elsewhere, and writes nothing more for them."""
        for operation_id in operation_ids:
            execution = self._executions.get(operation_id)
            if execution is not None and not execution.superseded:
                _log.warning("this process was taken for gone, the run goes on elsewhere", operation_id=operation_id)
                execution.superseded = True
                execution.scope.cancel()

    async def state(self, workflow_id: str) -> WorkflowState:
        """What the engine knows of the run's workflow in this version; `unknown`: `go_on` starts it."""
        status = await DBOS.get_workflow_status_async(_ids(workflow_id)[-1])
        if status is None:
            return "unknown"
        return "active" if status.status in _UNFINISHED else "ended"

    async def go_on(self, workflow_id: str) -> None:
        """Starts the workflow of a run that has none of this version, and lets nobody go on with one of another.

        Raises: as `start`.
        """
        await self.start(workflow_id)
        others = await DBOS.list_workflows_async(
            workflow_ids=_ids(workflow_id)[:-1], status=list(_UNFINISHED), load_input=False, load_output=False
        )
        for other in others:
            _log.info("a run goes on in this version", workflow_id=workflow_id, begun_in=other.app_version)
            await DBOS.cancel_workflow_async(other.workflow_id)

    async def forget(self, workflow_ids: list[str]) -> None:
        """Removes what is recorded of these workflows, which have ended; no matter if some are not there."""
        await DBOS.delete_workflows_async([name for workflow_id in workflow_ids for name in _ids(workflow_id)])

    async def take_over(self, list_gone: Callable[[Collection[str]], Awaitable[set[str]]], *, may_judge: bool) -> None:
        """Lets the runs of processes that are gone go on, here or wherever there is one of us. To be called regularly.

        Gone is who was gone at two looks in a row: one whose connection broke is back before the second. Nobody is as
        long as we may not judge.
        """
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        others = {workflow.executor_id for workflow in pending if workflow.executor_id} - {DBOS.executor_id}
        missing = frozenset(await list_gone(others) if others else ())
        lost, self._missing = missing & self._missing, missing
        if lost and may_judge:
            _log.warning("processes are gone, their runs go on", processes=sorted(lost))
            await self.take_over_from(lost)

    async def take_over_from(self, processes: Iterable[str]) -> None:
        """Lets the runs of these processes go on, here or wherever there is one of us."""
        # private, so pinned (dbos==3.4.*) and contract-tested: tests/behaviour/test_two_processes.py
        await anyio.to_thread.run_sync(DBOS._recover_pending_workflows, sorted(processes))
        self._queue.ring()

    async def drain(self, grace_s: float) -> None:
        """Takes no more runs up, lets those here finish for `grace_s`, then hands the rest back for the next start."""
        self._queue.close()
        with anyio.move_on_after(grace_s):
            await self._until_idle()
        self.hand_back()
        with anyio.move_on_after(_HAND_BACK_TIMEOUT_S):
            await self._until_idle()

    def hand_back(self) -> None:
        """Stops every run here, to go on at the next start, or in another process; none begins here any more."""
        self._closing = True
        for operation_id, execution in self._executions.items():
            if not execution.handed_back:
                _log.info("run handed back", operation_id=operation_id)
                execution.handed_back = True
                execution.scope.cancel()

    async def _until_idle(self) -> None:
        while self._bodies:
            self._idle = anyio.Event()
            await self._idle.wait()

    async def _run(self, workflow_id: str) -> None:
        """The workflow. Only `_step` results decide its way; everything else is safe to do again."""
        self._bodies += 1
        try:
            await self._claim_and_execute(workflow_id)
        finally:
            self._bodies -= 1
            self._idle.set()

    async def _claim_and_execute(self, workflow_id: str) -> None:
        operation_id, _, retries = workflow_id.partition(".")
        with structlog.contextvars.bound_contextvars(operation_id=operation_id, attempt=None):
            await self._end_older(operation_id, workflow_id)
            if self._closing:
                raise asyncio.CancelledError  # not claimed; tells DBOS to keep the workflow pending
            claim = await until_possible(lambda: self._records.claim(operation_id, int(retries or 0)))
            if claim is None:
                return
            structlog.contextvars.bind_contextvars(attempt=claim.attempt)
            failpoint("claim.committed")
            if claim.last_word is not None:
                await self._endings.conclude(claim, unless_published=claim.last_word)
                return
            deadline = anyio.current_time() + self._run_deadline_s
            execution = _Execution(workflow_id, anyio.CancelScope(deadline=deadline))
            self._executions[operation_id] = execution
            if self._closing:  # since a moment: while the run was claimed
                self.hand_back()
            try:
                with execution.scope:
                    await self._attempt(claim, execution)
                if execution.scope.cancelled_caught:
                    await self._after_cancel(claim, execution)
            except Exception as exc:  # noqa: BLE001 - the wall around DBOS and the store: no run is left hanging
                if execution.handed_back:  # what was taken away under it says nothing of the run
                    _log.warning("run broke off at the end of this process", exc_info=exc)
                    await self._hand_back(claim)
                await self._endings.break_off(claim, exc)
            finally:
                if self._executions.get(operation_id) is execution:  # else a retry has taken its place
                    del self._executions[operation_id]
                execution.over.set()

    async def _end_older(self, operation_id: str, workflow_id: str) -> None:
        """A process that was frozen and cut off may be given its own run again, while it still works on it."""
        while (execution := self._executions.get(operation_id)) is not None and execution.workflow_id == workflow_id:
            self.let_go([operation_id])
            await execution.over.wait()

    async def _attempt(self, claim: Claim, execution: _Execution) -> None:
        if claim.committed and await self._endings.end_published(claim):
            return
        try:
            context = await self._open_context(claim, execution)
        except AttemptSuperseded:
            await self._endings.end_stopped(claim)
            return
        try:
            results = Results()
            for stage in self._pipeline.stages:
                results.add(read(await self._step(claim, stage, context, results), stage.result))
        except StageFailed as failure:
            await self._endings.conclude(claim, unless_published=failure.error)
        except Stopped:
            await self._endings.end_stopped(claim)
        else:
            gone = failure_of(RunFailure("The batch folder is gone"), LAST_STAGE)
            await self._endings.conclude(claim, unless_published=gone)

    async def _open_context(self, claim: Claim, execution: _Execution) -> RunContext:
        async def emit(*bodies: AnyBody) -> None:
            await self._records.emit(claim.operation_id, claim.attempt, *bodies)

        async def commit(body: Progress) -> None:
            await self._records.commit(claim.operation_id, claim.attempt, body)
            execution.scope.deadline = math.inf  # from here on the run can only complete

        return RunContext(
            operation_id=claim.operation_id,
            attempt=claim.attempt,
            spec=claim.spec,
            created_at=claim.created_at,
            staging=await self._store.open_staging(claim.operation_id, claim.attempt),
            emit=emit,
            commit=commit,
            document=claim.document,
            captured=claim.captured,
            exported=claim.exported,
            warned=claim.warned,
        )

    async def _step(
        self, claim: Claim, stage: StageDefinition, context: RunContext, results: Results
    ) -> dict[str, Any]:
        """The stage's outcome, from its checkpoint if it has one; for `read`."""
        name = stage.name

        async def work() -> StageResult:
            failpoint(f"{name}.begin")
            result = await stage.call(context, results)
            failpoint(f"{name}.end")
            return result

        async def work_or_make_room() -> StageResult:
            try:
                return await work()
            except DiskFull:
                # not even a checkpoint can be written otherwise
                await self._store.discard(claim.operation_id, claim.attempt)
                raise

        if not stage.checkpointed:
            return await checkpointed(name, work)
        outcome = await DBOS.run_step_async(StepOptions(name=name), checkpointed, name, work_or_make_room)
        failpoint(f"{name}.checkpointed")
        return outcome

    async def _after_cancel(self, claim: Claim, execution: _Execution) -> None:
        if execution.superseded:
            return
        if execution.handed_back:
            await self._hand_back(claim)
        if await self._records.cancelled_by(claim.operation_id) is not None:
            await self._endings.end_stopped(claim)
            return
        overdue = DeadlineExceeded(f"The run took longer than its limit of {self._run_deadline_s:g} s")
        await self._endings.conclude(claim, unless_published=failure_of(overdue, None))

    async def _hand_back(self, claim: Claim) -> NoReturn:
        failpoint("hand_back.begin")
        with anyio.fail_after(_HAND_BACK_TIMEOUT_S, shield=True):
            await self._records.hand_back(claim.operation_id, claim.attempt)
        failpoint("hand_back.end")
        raise asyncio.CancelledError  # tells DBOS to keep the workflow pending


def _ids(workflow_id: str) -> list[str]:
    """What DBOS calls the run's workflow in each version up to this one, which is the last."""
    return [workflow_id, *(f"{workflow_id}@{n}" for n in range(_FIRST_VERSION_IN_IDS, WORKFLOW_VERSION + 1))]
