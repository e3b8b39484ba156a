"""`EventLog`: the durable log of every run, and following it live.

Append-only; `seq` counts 1, 2, 3 … per run without a gap. What a follower gets is exactly the table's rows in order,
whatever the moment it joins: it subscribes to the wake-up *before* it reads, so nothing falls between replay and live.
Recent events of a run are held once, encoded once, in a `Tail` that all its followers read with a cursor each; older
ones come from the table. Nothing is buffered per follower.

Does not know what a run is: transitions that write events in their own transaction (runs/) call `announce` after it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import anyio

from pressrun.clock import Clock
from pressrun.db import events as queries
from pressrun.db.engine import Database
from pressrun.db.events import EventRow, Place
from pressrun.errors import AttemptSuperseded
from pressrun.events.model import TERMINAL_TYPES, AnyBody, Progress, RunEvent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_TAIL_EVENTS = 256  # arbitrary (64..1024): enough that live readers never go to the table, at most ~100 KB a run
_READ_BATCH = 500  # rows a read; bounds what one slow follower holds
_SAFETY_POLL_S = 15.0  # a lost wake-up costs at most this; wake-ups are in-process, none is known to get lost


class LoggedEvent:
    """An event as stored: `data` is the wire's JSON on one line; `frame` its SSE encoding, made once."""

    def __init__(self, row: EventRow) -> None:
        self.seq, self.type, self.data = row

    @property
    def terminal(self) -> bool:
        return self.type in TERMINAL_TYPES

    @cached_property
    def frame(self) -> bytes:
        """`id`, `event`, `data` and the empty line, as CONTRACT "Events" writes them."""
        return f"id: {self.seq}\nevent: {self.type}\ndata: {self.data}\n\n".encode()

    @cached_property
    def unnamed_frame(self) -> bytes:
        """The same without `event:`, for `onmessage`."""
        return f"id: {self.seq}\ndata: {self.data}\n\n".encode()


class Tail:
    """The last events of one run, shared by all its followers, and the event they wait for."""

    def __init__(self) -> None:
        self._events: deque[LoggedEvent] = deque(maxlen=_TAIL_EVENTS)
        self._highest = 0
        self.changed = anyio.Event()
        self.followers = 0

    def push(self, events: Sequence[LoggedEvent]) -> None:
        for event in events:
            if self._events and event.seq != self._highest + 1:
                self._events.clear()  # announced out of order: followers then read the table, where order is certain
            if event.seq > self._highest:
                self._events.append(event)
                self._highest = event.seq
        self.changed.set()
        self.changed = anyio.Event()

    def after(self, cursor: int) -> list[LoggedEvent] | None:
        """Events with seq > cursor, or None when the tail does not reach back that far."""
        if not self._events or cursor + 1 < self._events[0].seq:
            return None
        return [event for event in self._events if event.seq > cursor]


class EventLog:
    """Append, read and follow. One per process; share it freely among tasks of its loop."""

    def __init__(self, database: Database, clock: Clock, mask: Callable[[str], str] = str) -> None:
        self._database = database
        self._clock = clock
        self._mask = mask
        self._tails: dict[str, Tail] = {}

    def encode(self, operation_id: str, seq: int, at: datetime, body: AnyBody) -> EventRow:
        """A body at its place, as the row to be stored; secrets masked."""
        wire = RunEvent(operation_id=operation_id, seq=seq, at=at, body=body).to_wire()
        return EventRow(seq, body.type, self._mask(json.dumps(wire, ensure_ascii=False, separators=(",", ":"))))

    async def append(self, operation_id: str, attempt: int, body: AnyBody) -> LoggedEvent:
        """Appends one event of a running run; durable when it returns.

        Raises: AttemptSuperseded when `attempt` does not own the run any more or the run has ended.
        """
        at = self._clock.now()
        progress = body.progress if isinstance(body, Progress) else None
        stage = body.stage if isinstance(body, Progress) else None

        def make(place: Place) -> EventRow:
            placed = body.model_copy(update={"progress": place.progress}) if isinstance(body, Progress) else body
            return self.encode(operation_id, place.seq, at, placed)

        row = await self._database.write(
            queries.append, operation_id, attempt, at, make, stage=stage, progress=progress
        )
        if row is None:
            raise AttemptSuperseded
        event = LoggedEvent(row)
        self._push(operation_id, [event])
        return event

    def announce(self, operation_id: str, rows: Sequence[EventRow]) -> None:
        """Tells followers of events that another transaction has just committed."""
        self._push(operation_id, [LoggedEvent(row) for row in rows])

    async def read_after(self, operation_id: str, after: int, limit: int = _READ_BATCH) -> list[LoggedEvent]:
        """Events with seq > `after`, in order."""
        rows = await self._database.read(queries.read_after, operation_id, after, limit)
        return [LoggedEvent(row) for row in rows]

    async def follow(self, operation_id: str, after: int = 0) -> AsyncIterator[LoggedEvent]:
        """Every event after the cursor, then live; ends after the terminal event.

        Cursor at the terminal event already: the caller must not call (it would wait for ever).
        """
        cursor = after
        with self._following(operation_id) as tail:
            while True:
                changed = tail.changed  # before reading: what comes in between wakes us at once
                batch = tail.after(cursor)
                if batch is None:
                    batch = await self.read_after(operation_id, cursor)
                for event in batch:
                    cursor = event.seq
                    yield event
                    if event.terminal:
                        return
                if not batch:
                    with anyio.move_on_after(_SAFETY_POLL_S):
                        await changed.wait()

    def followed(self) -> int:
        """How many runs have followers: each costs a tail."""
        return len(self._tails)

    def _push(self, operation_id: str, events: Sequence[LoggedEvent]) -> None:
        tail = self._tails.get(operation_id)
        if tail is not None:
            tail.push(events)

    @contextmanager
    def _following(self, operation_id: str) -> Iterator[Tail]:
        tail = self._tails.setdefault(operation_id, Tail())
        tail.followers += 1
        try:
            yield tail
        finally:
            tail.followers -= 1
            if tail.followers == 0:
                del self._tails[operation_id]
