"""`RunLifecycle`: what happened to a run. Every change of a run's status, with its event, in one transaction.

Implements the engine's `RunRecords`. Each change is one guarded UPDATE: it happens only from a legal status and, where
an attempt writes, only while that attempt owns the run; then the event and the slot follow in the same transaction.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from pressrun.clock import elapsed_s
from pressrun.db import events as event_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.db import webhooks as webhook_queries
from pressrun.db.functions import END_RUN
from pressrun.db.processes import list_gone
from pressrun.engine.ports import Claim
from pressrun.errors import AttemptSuperseded, NotFound, RunCancelled, RunCrashed, RunEnded, ServerBusy
from pressrun.events.model import (
    BODY,
    AnyBody,
    Artifact,
    Cancelled,
    CancelledBy,
    Complete,
    Error,
    HtmlGenerated,
    Progress,
    Screenshot,
    Started,
    Warning,
)
from pressrun.failpoints import failpoint
from pressrun.patience import until_possible
from pressrun.runs.lane_state import view
from pressrun.runs.model import Run
from pressrun.runs.straight import end_values
from pressrun.runs.webhooks import message_of
from pressrun.spec import RunSpec
from pressrun.stages import LAST_STAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pressrun.clock import Clock
    from pressrun.db import Connection, Row
    from pressrun.db.engine import Database
    from pressrun.db.events import EventRow
    from pressrun.runs.journal import RunJournal, Transaction

_NOT_TOLD_TWICE = ("html_generated", "screenshot", "artifact", "warning")
_MAX_CRASHES = 3  # ARCHITECTURE: a run that kills its worker three times is an `error`, not a loop

_log = structlog.get_logger(__name__)


class RunLifecycle:
    """One per process; `owner` names this incarnation of the process and no other."""

    def __init__(
        self,
        database: Database,
        journal: RunJournal,
        clock: Clock,
        *,
        owner: str,
        may_judge: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._may_judge = may_judge
        self._journal = journal
        self._clock = clock
        self._owner = owner

    async def claim(self, operation_id: str, retries: int = 0) -> Claim | None:
        """Takes the run's next attempt for this process; None when nothing is to be done for it any more, or it has
        been retried more than `retries` times and so is another workflow's.
        """
        outcome = await self._journal.transact(self._claim, operation_id, retries)
        if outcome is not None:
            _log.info("attempt begins", operation_id=operation_id, attempt=outcome.attempt)
        return outcome

    async def emit(self, operation_id: str, attempt: int, *bodies: AnyBody) -> None:
        """Appends events of the attempt, once, all or none, as soon as the database is there for it.

        Raises: AttemptSuperseded.
        """
        for body in bodies:
            if isinstance(body, Warning):
                _log.warning(body.message, operation_id=operation_id, code=body.code)
        await self._append(operation_id, attempt, *bodies)

    async def _append(self, operation_id: str, attempt: int, *bodies: AnyBody, **conditions: Any) -> None:
        at, tried = self._clock.now(), False

        async def append() -> None:
            nonlocal tried
            again, tried = tried, True
            await self._journal.append(operation_id, attempt, *bodies, at=at, again=again, **conditions)

        await until_possible(append, (ServerBusy,))

    async def commit(self, operation_id: str, attempt: int, body: Progress) -> None:
        """From here on, where the stage is `publish`, the run cannot be cancelled.

        Raises: RunCancelled, AttemptSuperseded.
        """
        try:
            await self._append(operation_id, attempt, body, unless_cancelled=True)
        except AttemptSuperseded:
            if await self.cancelled_by(operation_id):
                raise RunCancelled from None
            raise

    async def finish(self, operation_id: str, attempt: int | None, body: Complete | Error | Cancelled) -> bool:
        """Ends the run with its terminal event and frees its slot; False if it had ended or was taken over.

        `attempt` None: of a run that waits. One that runs is ended from outside by `fail`.
        """
        ended = await self._finish(operation_id, attempt, body)
        if ended:
            _log.info("run ended", operation_id=operation_id, status=body.type, **_why(body))
        return ended

    async def _finish(self, operation_id: str, attempt: int | None, body: Complete | Error | Cancelled) -> bool:
        if self._database.decides:
            now = self._clock.now()

            def event(seq: int) -> EventRow:
                return self._journal.encode(operation_id, seq, now, body)

            row = await self._journal.call(
                END_RUN,
                end_values(operation_id, attempt, body, now, event),
                lambda row: {operation_id: [event(row.seq)]} if row.outcome == "ended" else {},
            )
            if row.outcome != "webhook":
                return bool(row.outcome == "ended")
        return await self._journal.transact_end(self._end, operation_id, attempt, body)

    async def fail(self, operation_id: str, attempt: int, error: Error) -> Claim | None:
        """Ends a run whose attempt nobody executes any more. One that may be published by now is not ended: whoever
        gets its claim finds out.
        """
        return await self._journal.transact_end(self._fail_running, operation_id, attempt, error)

    async def hand_back(self, operation_id: str, attempt: int) -> None:
        """Gives the run up unfinished; the next claim is a new attempt, and no crash is counted."""
        await self._database.write(
            run_queries.update_where,
            operation_id,
            {"owner": None, "handed_back": True},
            status="running",
            attempt=attempt,
        )

    async def cancelled_by(self, operation_id: str) -> CancelledBy | None:
        """Who asked for the run's end, if anybody did."""
        row = await self._read_patiently(operation_id)
        return None if row is None else row.cancelled_by

    async def needs_no_files(self, operation_id: str) -> bool:
        """Whether nobody will go on with what the run has staged: it is complete, or deleted."""
        row = await self._read_patiently(operation_id)
        return row is None or row.status == "complete"

    async def _read_patiently(self, operation_id: str) -> Row[Any] | None:
        return await until_possible(lambda: self._database.read(run_queries.get, operation_id), (ServerBusy,))

    async def request_cancel(
        self, operation_id: str, by: CancelledBy, *, caller: str | None = None, attempt: int | None = None
    ) -> tuple[Run, bool]:
        """Notes that the run shall end; the run, and whether this is news.

        Raises: NotFound; RunEnded when it ended otherwise, is being published, or `attempt` is over.
        """
        return await self._database.write_end(self._request_cancel, operation_id, by, caller, attempt)

    async def end_cancelled_waiting(self) -> None:
        """Ends those who wait though somebody cancelled them: whoever it was died before they were ended."""
        for operation_id, by in await self._database.read(run_queries.list_cancelled_waiting):
            await self.finish(operation_id, None, Cancelled(by=by))

    async def adopt_slots(self) -> None:
        """At start: slots taken before a reboot count from now (their ticks mean nothing any more)."""
        await self._database.write(
            slot_queries.move_to_epoch, ticks_s=self._clock.ticks_s(), ticks_epoch=self._clock.epoch
        )

    async def active(self, *, at_start: bool = False) -> list[Run]:
        """Runs that have not ended, without those that another living process is executing.

        While we have just lost the database ourselves, everybody else is taken to live; `at_start`: nobody by that.
        """
        judging = at_start or self._may_judge()
        return [view(row) for row in await self._database.read(self._active, judging)]

    async def find(self, operation_id: str) -> Run | None:
        """The run as it is now."""
        row = await self._database.read(run_queries.get, operation_id)
        return None if row is None else view(row)

    def _active(self, connection: Connection, judging: bool) -> list[Row[Any]]:
        rows = run_queries.list_active(connection)
        others = {row.owner for row in rows} - {None, self._owner}
        alive = others - list_gone(connection, others) if judging else others
        return [row for row in rows if row.owner not in alive]

    def _claim(self, transaction: Transaction, operation_id: str, retries: int) -> Claim | None:
        connection = transaction.connection
        slot_queries.lock_lane_of(connection, operation_id)  # it may end the run
        row = run_queries.get_locked(connection, operation_id)
        if row is None or row.status != "running" or row.retries != retries:
            return None
        if row.cancel_requested_at is not None:
            self._end(transaction, operation_id, None, Cancelled(by=row.cancelled_by))
            return None
        if row.owner == self._owner:
            if row.handed_back:  # for us, while we were frozen: we are back, and what comes now may be a crash
                run_queries.update_where(connection, operation_id, {"handed_back": False}, attempt=row.attempt)
            return self._read_claim(connection, row)
        crashed = not row.handed_back
        if crashed and row.crashes + 1 >= _MAX_CRASHES:
            error = Error(code=RunCrashed.code, message=str(RunCrashed()), stage=row.stage)
            return self._fail(transaction, row, error)
        return self._take_over(transaction, row, crashes=row.crashes + crashed)

    def _fail_running(self, transaction: Transaction, operation_id: str, attempt: int, error: Error) -> Claim | None:
        slot_queries.lock_lane_of(transaction.connection, operation_id)
        row = run_queries.get_locked(transaction.connection, operation_id)
        if row is None or row.status != "running" or row.attempt != attempt:
            return None
        return self._fail(transaction, row, error)

    def _fail(self, transaction: Transaction, row: Row[Any], error: Error) -> Claim | None:
        if row.stage != LAST_STAGE:
            self._end(transaction, row.operation_id, None, error)
            return None
        return replace(self._take_over(transaction, row, crashes=row.crashes), last_word=error)

    def _take_over(self, transaction: Transaction, row: Row[Any], *, crashes: int) -> Claim:
        body = Started(attempt=row.attempt + 1, resumed_from=row.stage or "compose")
        written = transaction.write(row, body, at=self._clock.now(), owner=self._owner, crashes=crashes)
        assert written is not None  # noqa: S101 - read in this very transaction
        failpoint("claim.in_transaction")
        _log.info("run taken over", operation_id=row.operation_id, attempt=body.attempt, crashes=crashes)
        return self._read_claim(transaction.connection, written[0])

    def _read_claim(self, connection: Connection, row: Row[Any]) -> Claim:
        spec = run_queries.get_spec(connection, row.operation_id)
        assert spec is not None  # noqa: S101 - the row was read in this very transaction
        logged = event_queries.read_types(connection, row.operation_id, _NOT_TOLD_TWICE)
        told = [BODY.validate_json(event.data) for event in logged]
        documents = [body for body in told if isinstance(body, HtmlGenerated)]
        captured = [body for body in told if isinstance(body, Screenshot)]
        exported = [body for body in told if isinstance(body, Artifact)]
        return Claim(
            operation_id=row.operation_id,
            attempt=row.attempt,
            spec=RunSpec.model_validate_json(spec),
            created_at=row.created_at,
            started_at=row.started_at,
            begun_ticks_s=row.begun_ticks_s,
            ticks_epoch=row.ticks_epoch,
            document=documents[-1] if documents else None,
            captured={body.index: body for body in captured},
            exported={body.name: body for body in exported},
            warned=[body for body in told if isinstance(body, Warning)],
            committed=row.stage == LAST_STAGE,
        )

    def _end(
        self, transaction: Transaction, operation_id: str, attempt: int | None, body: Complete | Error | Cancelled
    ) -> bool:
        connection = transaction.connection
        # else somebody who serves the waiting queue could meet a run just cancelled
        slot_queries.lock_lane_of(connection, operation_id)
        row = run_queries.get_locked(connection, operation_id)
        if row is None or attempt not in (None, row.attempt):
            return False
        now = self._clock.now()
        written = transaction.write(row, body, at=now)
        if written is None:
            return False
        failpoint("finish.in_transaction")
        slot_queries.free(connection, operation_id)
        if webhook_queries.wants_webhook(connection, operation_id):
            event = written[1]
            duration_s = elapsed_s(self._clock, row.started_at or row.created_at, row.begun_ticks_s, row.ticks_epoch)
            message = message_of(view(row), json.loads(event.data), now, duration_s)
            webhook_queries.make_due(connection, operation_id, f"{operation_id}-{event.seq}", message, now)
        return True

    def _request_cancel(
        self, connection: Connection, operation_id: str, by: CancelledBy, caller: str | None, attempt: int | None
    ) -> tuple[Run, bool]:
        row = run_queries.get_locked(connection, operation_id, caller)  # against `commit`: only one of the two happens
        if row is None:
            raise NotFound(f"there is no run {operation_id}")
        run = view(row)
        if run.status == "cancelled" or (row.cancel_requested_at is not None and not run.ended):
            return run, False
        if run.ended:
            raise RunEnded(f"run {operation_id} has ended already: {run.status}")
        if attempt is not None and attempt != run.attempt:
            raise RunEnded(f"attempt {attempt} of run {operation_id} is over; the run is at attempt {run.attempt}")
        if run.stage == LAST_STAGE:
            raise RunEnded(f"run {operation_id} is finished and just being published: too late to cancel")
        values = {"cancel_requested_at": self._clock.now(), "cancelled_by": by}
        changed = run_queries.update_where(connection, operation_id, values, status=run.status)
        assert changed is not None  # noqa: S101 - read in this very transaction
        return view(changed), True


def _why(body: Complete | Error | Cancelled) -> dict[str, str]:
    if isinstance(body, Error):
        return {"code": body.code, "message": body.message}
    return {"by": body.by} if isinstance(body, Cancelled) else {}
