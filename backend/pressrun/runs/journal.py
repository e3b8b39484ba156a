"""`RunJournal`: the one way to write an event of a run.

What belongs together happens together: the event takes the run's next seq and its row in the log, the run's row changes
by what the event means (projection.py), and all of it is committed in one transaction or none of it is. Followers, and
whoever serves those that wait, are told in the same breath as the commit. An event can only be written with the
`Transaction` that `transact` gives, so nobody can forget a part of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from pressrun.db import events as queries
from pressrun.db import runs as run_queries
from pressrun.db.events import Draft, EventRow, Position
from pressrun.errors import AttemptSuperseded
from pressrun.events.log import LoggedEvent
from pressrun.events.model import TERMINAL_TYPES, AnyBody, Progress, RunEvent
from pressrun.failpoints import failpoint
from pressrun.runs.model import may_become
from pressrun.runs.projection import project

if TYPE_CHECKING:
    from pressrun.clock import Clock
    from pressrun.db import Connection, Row
    from pressrun.db.engine import Database, FunctionCall
    from pressrun.events.log import EventLog
    from pressrun.runs.model import Run

P = ParamSpec("P")
T = TypeVar("T")


class Transaction:
    """A write transaction that may write events. `RunJournal.transact` opens it, and tells of what it has committed."""

    def __init__(self, connection: Connection, journal: RunJournal) -> None:
        self.connection = connection
        self.written: dict[str, list[EventRow]] = {}
        self.freed: set[str] = set()  # lanes in which a run has ended
        self._journal = journal

    def write(
        self, run: Run | Row[Any], body: AnyBody, *, at: datetime, last_seq: int | None = None, **columns: object
    ) -> tuple[Row[Any], EventRow] | None:
        """Writes an event and moves the run's row along, these columns too: the new row, and the event.

        None, and nothing is written, if `run` is not as it was read (`last_seq`: or has had an event since), or cannot
        become what the event makes of it.
        """
        changes = {**project(body, at, run.title), **columns}
        if "status" in changes and run.status not in may_become(changes["status"]):
            return None
        expected = {"status": run.status, "attempt": run.attempt}
        if last_seq is not None:
            expected["last_seq"] = last_seq
        draft = self._journal.draft(run.operation_id, at, body, changes)
        appended = queries.append(self.connection, run.operation_id, at, [draft], **expected)
        if appended is None:
            return None
        row, events = appended
        self.note(row, events)
        return row, events[0]

    def replace_last(self, run: Run, retold: Callable[[Mapping[str, Any]], AnyBody], **columns: object) -> None:
        """Puts what is `retold` of the run's newest event in its place, and changes columns of the run's row.

        Whoever has seen that one reads the log again when the next event comes; the same transaction is to write it.
        """
        last = queries.get_event(self.connection, run.operation_id, run.last_seq)
        if last is not None:  # else its log was pruned
            wire = json.loads(last.data)
            at = datetime.fromisoformat(wire["at"])
            event = self._journal.encode(run.operation_id, last.seq, at, retold(wire))
            queries.replace_event(self.connection, run.operation_id, event)
        run_queries.update_where(self.connection, run.operation_id, columns, status=run.status, attempt=run.attempt)

    def note(self, row: Row[Any], events: Sequence[EventRow]) -> None:
        """They are told when the transaction is committed."""
        self.written.setdefault(row.operation_id, []).extend(events)
        if events[-1].type in TERMINAL_TYPES:
            self.freed.add(row.lane)


class RunJournal:
    """One per process. `ended(lane)` is called for each run that this process has ended: a hint, on the loop."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        clock: Clock,
        mask: Callable[[str], str] = str,
        *,
        ended: Callable[[str], None] = lambda _lane: None,
    ) -> None:
        self._database = database
        self._log = log
        self._clock = clock
        self._mask = mask
        self._ended = ended

    async def transact(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `Database.write`, for what writes events: they are told when it returns."""
        return await self._transact(self._database.write, query, *args, **kwargs)

    async def transact_end(
        self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `Database.write_end`, for what writes events."""
        return await self._transact(self._database.write_end, query, *args, **kwargs)

    async def _transact(self, write: Any, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        def run(connection: Connection) -> tuple[T, Transaction]:  # perhaps more than once: what met another is undone
            transaction = Transaction(connection, self)
            return query(transaction, *args, **kwargs), transaction

        transaction: Transaction
        outcome: T
        outcome, transaction = await write(run)
        self._tell(transaction.written, transaction.freed)
        return outcome

    async def call(
        self,
        statement: FunctionCall,
        values: Mapping[str, Any],
        written: Callable[[Row[Any]], Mapping[str, Sequence[EventRow]]],
    ) -> Row[Any]:
        """As `Database.call`, for a function that writes events: those that its row tells of, by run.

        One that ends a run says in which `lane`.
        """
        row = await self._database.call(statement, **values)
        events = written(row)
        ends = any(each[-1].type in TERMINAL_TYPES for each in events.values())
        self._tell(events, {row.lane} if ends else ())
        return row

    def _tell(self, written: Mapping[str, Sequence[EventRow]], freed: Iterable[str]) -> None:
        for operation_id, events in written.items():
            self._log.announce(operation_id, events)
        for lane in freed:
            self._ended(lane)

    async def append(
        self,
        operation_id: str,
        attempt: int,
        *bodies: AnyBody,
        at: datetime | None = None,
        again: bool = False,
        unless_cancelled: bool = False,
    ) -> list[LoggedEvent]:
        """Appends events of a running run, in this order: all or none, durable when it returns, told at once.

        `again` with the same `at`: after a ServerBusy, which may have come when the events were written already.
        Raises: AttemptSuperseded when `attempt` does not own the run any more or the run has ended; with
        `unless_cancelled` also when somebody has asked for its end.
        """
        at = at or self._clock.now()
        expected: dict[str, Any] = {"cancel_requested_at": None} if unless_cancelled else {}
        rows = await self.transact(self._append, operation_id, attempt, bodies, at, again=again, expected=expected)
        return [LoggedEvent(row) for row in rows]

    def _append(
        self,
        transaction: Transaction,
        operation_id: str,
        attempt: int,
        bodies: Sequence[AnyBody],
        at: datetime,
        *,
        again: bool,
        expected: dict[str, Any],
    ) -> list[EventRow]:
        connection, count = transaction.connection, len(bodies)
        if again:
            written = queries.find_written(connection, operation_id, attempt, at, count)
            if len(written) == count:
                transaction.written[operation_id] = written
                return written
        drafts = [self.draft(operation_id, at, body, project(body, at)) for body in bodies]
        expected = {"status": "running", "attempt": attempt, **expected}
        appended = queries.append(connection, operation_id, at, drafts, **expected)
        if appended is None:
            raise AttemptSuperseded
        transaction.note(*appended)
        failpoint("event.in_transaction")
        return appended[1]

    def draft(self, operation_id: str, at: datetime, body: AnyBody, columns: dict[str, Any]) -> Draft:
        """An event that is to get its seq, and its progress where it has one."""

        def make(position: Position) -> EventRow:
            placed = body.model_copy(update={"progress": position.progress}) if isinstance(body, Progress) else body
            return self.encode(operation_id, position.seq, at, placed)

        return Draft(make, columns, body.progress if isinstance(body, Progress) else None)

    def encode(self, operation_id: str, seq: int, at: datetime, body: AnyBody) -> EventRow:
        """A body at its place, as the row to be stored; secrets masked."""
        wire = RunEvent(operation_id=operation_id, seq=seq, at=at, body=body).to_wire()
        return EventRow(seq, body.type, self._mask(json.dumps(wire, ensure_ascii=False, separators=(",", ":"))))
