"""`WaitingLine`: what those who wait are told, and pausing: a lane in which nobody begins, a run that others pass.

A pause is a row (`lanes`, or the run's `paused_at`), so it holds over restarts and processes. Who runs already goes on.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pressrun.db import events as event_queries
from pressrun.db import lanes as lane_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.errors import Conflict, NotFound
from pressrun.events.model import AnyBody, Queued
from pressrun.runs.places import load, view

if TYPE_CHECKING:
    from datetime import datetime

    from pressrun.clock import Clock
    from pressrun.db import Connection
    from pressrun.db.engine import Database
    from pressrun.db.events import EventRow
    from pressrun.db.lanes import LaneCount
    from pressrun.events.log import EventLog
    from pressrun.runs.model import Run

# events that a transaction wrote, by run, in order: announced once it is committed
Written = dict[str, list["EventRow"]]


class WaitingLine:
    """The lines of all lanes. One per guard."""

    def __init__(self, database: Database, log: EventLog, clock: Clock) -> None:
        self._database = database
        self._log = log
        self._clock = clock

    async def set_lane_paused(self, lane: str, *, paused: bool) -> None:
        """From now on nobody begins in the lane, or they do again. Idempotent."""
        self.announce(await self._database.write(self._set_lane_paused, lane, paused=paused))

    async def set_run_paused(self, operation_id: str, caller: str | None, *, paused: bool) -> Run:
        """Holds a waiting run in its line, where others pass it; or lets it go. Idempotent.

        Raises: NotFound; Conflict when it does not wait.
        """
        run, written = await self._database.write(self._set_run_paused, operation_id, caller, paused=paused)
        self.announce(written)
        return run

    async def lanes(self) -> list[LaneCount]:
        """The lanes in which somebody runs or waits, or that are paused."""
        return await self._database.read(lane_queries.list_lanes)

    def tell(self, connection: Connection, lane: str, again: Collection[str] = ()) -> Written:
        """A `queued` event for everybody in the line whose position is not the one told last, and for those `again`."""
        lane_paused = lane_queries.is_paused(connection, lane)
        written: Written = {}
        for position, row in enumerate(run_queries.list_queued(connection, lane), start=1):
            if row.queue_position != position or row.operation_id in again:
                run_queries.update_where(connection, row.operation_id, {"queue_position": position})
                message = _explain(lane, position, lane_paused=lane_paused, run_paused=row.paused_at is not None)
                body = Queued(position=position, message=message)
                written[row.operation_id] = [self.write_event(connection, row.operation_id, body)]
        return written

    def write_event(self, connection: Connection, operation_id: str, body: AnyBody) -> EventRow:
        """Appends to the log of a run that nobody executes."""
        now = self._clock.now()
        run = load(connection, operation_id)
        event = self._log.encode(operation_id, run.last_seq + 1, now, body)
        run_queries.update_where(connection, operation_id, {"last_seq": event.seq})
        event_queries.insert_event(connection, operation_id, run.attempt, now, event)
        return event

    def announce(self, written: Written) -> None:
        """Tells the followers of what was committed."""
        for operation_id, events in written.items():
            self._log.announce(operation_id, events)

    def _set_lane_paused(self, connection: Connection, lane: str, *, paused: bool) -> Written:
        slot_queries.take_turn(connection)
        if not lane_queries.set_paused(connection, lane, self._clock.now() if paused else None):
            return {}
        waiting = [row.operation_id for row in run_queries.list_queued(connection, lane)]
        return self.tell(connection, lane, again=waiting)

    def _set_run_paused(
        self, connection: Connection, operation_id: str, caller: str | None, *, paused: bool
    ) -> tuple[Run, Written]:
        slot_queries.take_turn(connection)
        row = run_queries.get_locked(connection, operation_id, caller)
        if row is None:
            raise NotFound(f"there is no run {operation_id}")
        if row.status != "queued":
            raise Conflict(f"run {operation_id} is {row.status}; only a run that waits can be paused or resumed")
        if (row.paused_at is not None) == paused:
            return view(row), {}
        paused_at: datetime | None = self._clock.now() if paused else None
        run_queries.update_where(connection, operation_id, {"paused_at": paused_at}, status="queued")
        written = self.tell(connection, row.lane, again=(operation_id,))
        return load(connection, operation_id), written


def _explain(lane: str, position: int, *, lane_paused: bool, run_paused: bool) -> str:
    where = "" if lane == "default" else f" of lane {lane}"
    if run_paused:
        return f"Paused in the line{where}: others pass until it is resumed"
    turn = "next in line" if position == 1 else f"number {position}"
    if lane_paused:
        return f"Lane {lane} is paused: {turn} when it is resumed"
    return f"Waiting for a slot{where}: {turn}"
