"""`RunLedger`: what happened to a run. Every change of a run's status, with its event, in one transaction.

Implements the engine's `RunBook`. Each change is one guarded UPDATE: it happens only from a legal status and, where an
attempt writes, only while that attempt owns the run; then the event and the slot follow in the same transaction.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import structlog

from pressrun.clock import elapsed_s
from pressrun.db import events as event_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.db import webhooks as webhook_queries
from pressrun.db.events import EventRow
from pressrun.db.functions import END_RUN
from pressrun.db.processes import is_gone
from pressrun.db.searching import searchable
from pressrun.engine.ports import Claim
from pressrun.errors import AttemptSuperseded, NotFound, RunCancelled, RunCrashed, RunEnded, ServerBusy
from pressrun.events.log import EventLog
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
from pressrun.runs.model import Run, may_become
from pressrun.runs.places import view
from pressrun.runs.straight import end_values
from pressrun.runs.webhooks import message_of
from pressrun.spec import RunSpec
from pressrun.stages import LAST_STAGE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pressrun.clock import Clock
    from pressrun.db import Connection, Row
    from pressrun.db.engine import Database

_MAX_CRASHES = 3  # ARCHITECTURE: a run that kills its worker three times is an `error`, not a loop

_TRY_AGAIN_S = 0.5  # arbitrary (0.2..2): how soon a run goes on when the database is back

_log = structlog.get_logger(__name__)


class RunLedger:
    """One per process; `owner` names this incarnation of the process and no other."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        clock: Clock,
        *,
        owner: str,
        may_judge: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._may_judge = may_judge
        self._log = log
        self._clock = clock
        self._owner = owner
        self._told: Callable[[str], None] = _nobody

    async def claim(self, operation_id: str, retries: int = 0) -> Claim | None:
        """Takes the run's next attempt for this process; None when nothing is to be done for it any more, or it has
        been retried more than `retries` times and so is another workflow's.
        """
        outcome, lane, rows = await self._database.write(self._claim, operation_id, retries)
        self._log.announce(operation_id, rows)
        if outcome is None and rows:
            self._told(lane)
        if outcome is not None:
            _log.info("attempt begins", operation_id=operation_id, attempt=outcome.attempt)
        return outcome

    async def emit(self, operation_id: str, attempt: int, *bodies: AnyBody) -> None:
        """Appends events of the attempt, once, all or none, as soon as the database is there for it.

        Raises: AttemptSuperseded.
        """
        columns: dict[str, object] = {}
        for body in bodies:
            if isinstance(body, HtmlGenerated):
                columns = {"title": body.title, "searchable": searchable(body.title)}
            if isinstance(body, Warning):
                _log.warning(body.message, operation_id=operation_id, code=body.code)
        await self._append(operation_id, attempt, *bodies, columns=columns)

    async def _append(self, operation_id: str, attempt: int, *bodies: AnyBody, **conditions: Any) -> None:
        at, again = self._clock.now(), False
        while True:
            try:
                await self._log.append(operation_id, attempt, *bodies, at=at, again=again, **conditions)
            except ServerBusy as exc:
                _log.warning("an event waits for the database", operation_id=operation_id, code=exc.code)
                again = True
                await anyio.sleep(_TRY_AGAIN_S)
            else:
                return

    async def seal(self, operation_id: str, attempt: int, body: Progress) -> None:
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

        `attempt` None: of a run that waits. One that runs is ended from outside by `give_up`.
        """
        lane, rows = await self._finish(operation_id, attempt, body)
        self._log.announce(operation_id, rows)
        if rows:
            _log.info("run ended", operation_id=operation_id, status=body.type, **_why(body))
            self._told(lane)
        return bool(rows)

    async def _finish(
        self, operation_id: str, attempt: int | None, body: Complete | Error | Cancelled
    ) -> tuple[str, list[EventRow]]:
        if self._database.decides:
            now = self._clock.now()

            def encode(seq: int) -> str:
                return self._log.encode(operation_id, seq, now, body).data

            row = await self._database.call(END_RUN, **end_values(operation_id, attempt, body, now, encode))
            if row.outcome != "webhook":
                return row.lane, [EventRow(row.seq, body.type, encode(row.seq))] if row.outcome == "ended" else []
        return await self._database.write_end(self._end, operation_id, attempt, body)

    async def give_up(self, operation_id: str, attempt: int, error: Error) -> Claim | None:
        """Ends a run whose attempt nobody executes any more. One that may be published by now is not ended: whoever
        gets its claim finds out.
        """
        claim, lane, rows = await self._database.write_end(self._give_up_running, operation_id, attempt, error)
        self._log.announce(operation_id, rows)
        if claim is None and rows:
            self._told(lane)
        return claim

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
        row = await self._patiently(self._database.read, run_queries.get, operation_id)
        return None if row is None else row.cancelled_by

    async def needs_no_files(self, operation_id: str) -> bool:
        """Whether nobody will go on with what the run has staged: it is complete, or deleted."""
        row = await self._patiently(self._database.read, run_queries.get, operation_id)
        return row is None or row.status == "complete"

    async def _patiently(self, call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        """What may be done twice, as soon as the database is there for it: it is restarted now and then."""
        while True:
            try:
                return await call(*args, **kwargs)
            except ServerBusy as exc:
                _log.warning("a run waits for the database", code=exc.code)
                await anyio.sleep(_TRY_AGAIN_S)

    def when_slot_freed(self, told: Callable[[str], None]) -> None:
        """`told(lane)` is called after each end of a run, for whoever serves the waiting line."""
        self._told = told

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

    def _active(self, connection: Connection, judging: bool) -> list[Row[Any]]:
        rows = run_queries.list_active(connection)
        others = {row.owner for row in rows} - {None, self._owner}
        alive = {owner for owner in others if not judging or not is_gone(connection, owner)}
        return [row for row in rows if row.owner not in alive]

    def _claim(
        self, connection: Connection, operation_id: str, retries: int
    ) -> tuple[Claim | None, str, list[EventRow]]:
        slot_queries.take_turn_of(connection, operation_id)  # it may end the run
        row = run_queries.get_locked(connection, operation_id)
        if row is None or row.status != "running" or row.retries != retries:
            return None, "", []
        if row.cancel_requested_at is not None:
            return None, *self._end(connection, operation_id, None, Cancelled(by=row.cancelled_by))
        if row.owner == self._owner:
            if row.handed_back:  # for us, while we were frozen: we are back, and what comes now may be a crash
                run_queries.update_where(connection, operation_id, {"handed_back": False}, attempt=row.attempt)
            return self._read_claim(connection, row), row.lane, []
        crashed = not row.handed_back
        if crashed and row.crashes + 1 >= _MAX_CRASHES:
            error = Error(code=RunCrashed.code, message=str(RunCrashed()), stage=row.stage)
            return self._give_up(connection, row, error)
        return self._take_over(connection, row, crashes=row.crashes + crashed)

    def _give_up_running(
        self, connection: Connection, operation_id: str, attempt: int, error: Error
    ) -> tuple[Claim | None, str, list[EventRow]]:
        slot_queries.take_turn_of(connection, operation_id)
        row = run_queries.get_locked(connection, operation_id)
        if row is None or row.status != "running" or row.attempt != attempt:
            return None, "", []
        return self._give_up(connection, row, error)

    def _give_up(self, connection: Connection, row: Row[Any], error: Error) -> tuple[Claim | None, str, list[EventRow]]:
        if row.stage != LAST_STAGE:
            return None, *self._end(connection, row.operation_id, None, error)
        claim, lane, events = self._take_over(connection, row, crashes=row.crashes)
        return replace(claim, last_word=error), lane, events

    def _take_over(self, connection: Connection, row: Row[Any], *, crashes: int) -> tuple[Claim, str, list[EventRow]]:
        taken = run_queries.update_where(
            connection,
            row.operation_id,
            {
                "owner": self._owner,
                "handed_back": False,
                "attempt": row.attempt + 1,
                "crashes": crashes,
                "last_seq": row.last_seq + 1,
            },
            status="running",
            attempt=row.attempt,
        )
        assert taken is not None  # noqa: S101 - read in this very transaction
        failpoint("claim.in_transaction")
        body = Started(attempt=taken.attempt, resumed_from=row.stage or "compose")
        event = self._log.encode(row.operation_id, taken.last_seq, self._clock.now(), body)
        event_queries.insert_event(connection, row.operation_id, taken.attempt, self._clock.now(), event)
        _log.info("run taken over", operation_id=row.operation_id, attempt=taken.attempt, crashes=crashes)
        return self._read_claim(connection, taken), row.lane, [event]

    def _read_claim(self, connection: Connection, row: Row[Any]) -> Claim:
        spec = run_queries.get_spec(connection, row.operation_id)
        assert spec is not None  # noqa: S101 - the row was read in this very transaction
        logged = event_queries.read_types(connection, row.operation_id, ("html_generated", "screenshot", "artifact"))
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
            sealed=row.stage == LAST_STAGE,
        )

    def _end(
        self, connection: Connection, operation_id: str, attempt: int | None, body: Complete | Error | Cancelled
    ) -> tuple[str, list[EventRow]]:
        slot_queries.take_turn_of(
            connection, operation_id
        )  # else somebody who serves the waiting line could meet a run just cancelled
        row = run_queries.get_locked(connection, operation_id)
        if row is None:
            return "", []
        now = self._clock.now()
        fields = json.dumps(body.model_dump(mode="json", exclude={"type"}), ensure_ascii=False)
        values: dict[str, Any] = {"status": body.type, "ended_at": now, "last_seq": row.last_seq + 1, "owner": None}
        if isinstance(body, Complete):
            names = [artifact.name for artifact in body.artifacts]
            values |= {"result": fields, "progress": 100, "searchable": searchable(row.title, names=names)}
        elif isinstance(body, Error):
            values |= {"error": fields, "searchable": searchable(row.title, body.code, body.message)}
        expected = {"attempt": row.attempt if attempt is None else attempt, "status": may_become(body.type)}
        if run_queries.update_where(connection, operation_id, values, **expected) is None:
            return row.lane, []
        failpoint("finish.in_transaction")
        event = self._log.encode(operation_id, row.last_seq + 1, now, body)
        event_queries.insert_event(connection, operation_id, row.attempt, now, event)
        slot_queries.free(connection, operation_id)
        if webhook_queries.wants_webhook(connection, operation_id):
            duration_s = elapsed_s(self._clock, row.started_at or row.created_at, row.begun_ticks_s, row.ticks_epoch)
            message = message_of(view(row), json.loads(event.data), now, duration_s)
            webhook_queries.make_due(connection, operation_id, f"{operation_id}-{event.seq}", message, now)
        return row.lane, [event]

    def _request_cancel(
        self, connection: Connection, operation_id: str, by: CancelledBy, caller: str | None, attempt: int | None
    ) -> tuple[Run, bool]:
        row = run_queries.get_locked(connection, operation_id, caller)  # against `seal`: only one of the two happens
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


def _nobody(_lane: str) -> None:
    """Nobody serves the waiting line yet."""
