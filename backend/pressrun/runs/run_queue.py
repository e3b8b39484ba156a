"""`RunQueue`: where a run goes in its lane's queue, what those who wait are told, and pausing: a lane in which nobody
begins, a run that others pass.

A position is worked out when somebody asks for it. Those near the front are told it too, in a transaction of its own:
it decides nothing, and whoever decides shall not wait for it.

A pause is a row (`lanes`, or the run's `paused_at`), so it holds over restarts and processes. Who runs already goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pressrun.db import lanes as lane_queries
from pressrun.db import run_queue as queue_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.errors import Conflict, NotFound
from pressrun.events.model import Queued
from pressrun.runs.lane_state import view

if TYPE_CHECKING:
    from datetime import datetime

    from pressrun.clock import Clock
    from pressrun.db.engine import Database
    from pressrun.db.lanes import LaneCount
    from pressrun.events.log import EventLog
    from pressrun.runs.journal import RunJournal, Transaction
    from pressrun.runs.model import Run

_TOLD_AGAIN = 10  # arbitrary (1..50): a thousand who wait would be a thousand events for each that begins
_TELL_EVERY = timedelta(seconds=5)  # arbitrary (1..30): a position is a guess at how long, not news


class RunQueue:
    """The queues of all lanes. One per guard."""

    def __init__(self, database: Database, log: EventLog, journal: RunJournal, clock: Clock) -> None:
        self._database = database
        self._log = log
        self._journal = journal
        self._clock = clock

    async def set_lane_paused(self, lane: str, *, paused: bool) -> None:
        """From now on nobody begins in the lane, or they do again. Idempotent."""
        await self._journal.transact(self._set_lane_paused, lane, paused=paused)
        self._log.transitions += 1

    async def set_run_paused(self, operation_id: str, caller: str | None, *, paused: bool) -> Run:
        """Holds a waiting run in its queue, where others pass it; or lets it go. Idempotent.

        Raises: NotFound; Conflict when it does not wait.
        """
        run = await self._journal.transact(self._set_run_paused, operation_id, caller, paused=paused)
        self._log.transitions += 1
        await self.tell(run.lane)  # the others have moved
        return run

    async def lanes(self) -> list[LaneCount]:
        """The lanes in which somebody runs or waits, or that are paused."""
        return await self._database.read(lane_queries.list_lanes)

    async def tell(self, lane: str) -> None:
        """A `queued` event for those near the front who have moved since they were told; nobody is told twice in 5 s.

        Whoever asks is told the position as it is then (`with_positions`), wherever it is.
        """
        await self._journal.transact(self._tell_front, lane)

    def enter(self, transaction: Transaction, run: Run, priority: int) -> Run:
        """Gives a waiting run its position in its lane's queue and tells it. Within the lane's lock."""
        position = queue_queries.next_position(transaction.connection, run.lane, run.caller, priority)
        run_queries.update_where(transaction.connection, run.operation_id, position._asdict())
        return self._tell_one(transaction, run.operation_id)

    def _tell_one(self, transaction: Transaction, operation_id: str) -> Run:
        connection = transaction.connection
        row = run_queries.get_locked(connection, operation_id)
        assert row is not None  # noqa: S101 - written in this very transaction
        position = queue_queries.position_of(connection, row)
        lane_paused = lane_queries.is_paused(connection, row.lane)
        message = _explain(row.lane, position, lane_paused=lane_paused, run_paused=row.paused_at is not None)
        written = transaction.write(row, Queued(position=position, message=message), at=self._clock.now())
        return view(row if written is None else written[0])

    def _tell_front(self, transaction: Transaction, lane: str, *, at_once: bool = False) -> None:
        """In the order of their names: of two who tell at the same time, neither has what the other waits for.

        Not those who were told something else, or have begun, since they were read here.
        """
        lane_paused = lane_queries.is_paused(transaction.connection, lane)
        now = self._clock.now()
        front = enumerate(queue_queries.list_told(transaction.connection, lane, _TOLD_AGAIN), start=1)
        for position, row in sorted(front, key=lambda told: told[1].operation_id):
            just_told = row.at is not None and timedelta(0) <= now - row.at < _TELL_EVERY
            if at_once or (row.queue_position != position and not just_told):
                message = _explain(lane, position, lane_paused=lane_paused, run_paused=False)
                transaction.write(row, Queued(position=position, message=message), at=now, last_seq=row.last_seq)

    def _set_lane_paused(self, transaction: Transaction, lane: str, *, paused: bool) -> None:
        connection = transaction.connection
        slot_queries.lock_lane(connection, lane)
        if lane_queries.set_paused(connection, lane, self._clock.now() if paused else None):
            self._tell_front(transaction, lane, at_once=True)

    def _set_run_paused(self, transaction: Transaction, operation_id: str, caller: str | None, *, paused: bool) -> Run:
        connection = transaction.connection
        slot_queries.lock_lane_of(connection, operation_id)
        row = run_queries.get_locked(connection, operation_id, caller)
        if row is None:
            raise NotFound(f"there is no run {operation_id}")
        if row.status != "queued":
            raise Conflict(f"run {operation_id} is {row.status}; only a run that waits can be paused or resumed")
        if (row.paused_at is not None) == paused:
            return view(row)
        paused_at: datetime | None = self._clock.now() if paused else None
        run_queries.update_where(connection, operation_id, {"paused_at": paused_at}, status="queued")
        return self._tell_one(transaction, operation_id)


async def with_positions(database: Database, runs: Sequence[Run]) -> list[Run]:
    """The same runs, those that wait with their positions in the queues as they are now."""
    waiting = [run.operation_id for run in runs if run.status == "queued"]
    if not waiting:
        return list(runs)
    positions = await database.read(queue_queries.positions, waiting)
    return [run.model_copy(update={"queue_position": positions.get(run.operation_id)}) for run in runs]


def _explain(lane: str, position: int, *, lane_paused: bool, run_paused: bool) -> str:
    where = "" if lane == "default" else f" of lane {lane}"
    if run_paused:
        return f"Paused in the queue{where}: others pass until it is resumed"
    turn = "next in the queue" if position == 1 else f"number {position}"
    if lane_paused:
        return f"Lane {lane} is paused: {turn} when it is resumed"
    return f"Waiting for a slot{where}: {turn}"
