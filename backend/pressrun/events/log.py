"""`EventLog`: the durable log of every run, and following it live.

Append-only; `seq` counts 1, 2, 3 … per run without a gap. What a follower gets is exactly the table's rows in order,
whatever the moment it joins: it subscribes to the wake-up *before* it reads, so nothing falls between replay and live.
Recent events of a run are held once, with what readers have made of them, in a `Tail` that all its `Follower`s read by
a cursor each; older ones come from the table. Nothing is buffered per follower. A wake-up is a call on the loop that
cannot get lost: the transaction that wrote an event is announced in the same breath, without a point at which a task
could be cancelled.

Does not know what a run is, and writes nothing: `RunJournal` (runs/journal.py) does, and calls `announce` after it.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Self

import anyio

from pressrun.db import events as queries
from pressrun.db.engine import Database
from pressrun.db.events import EventRow
from pressrun.events.model import TERMINAL_TYPES
from pressrun.telemetry import on_one_line

# arbitrary (64..1024): enough that live readers never go to the table; twice as many are held for moments
_TAIL_EVENTS = 256
_TAIL_CHARACTERS = 512 * 1024  # arbitrary (128 KB..4 MB): events may be large; with its frames a tail is thrice that
# who starts a run follows it at once and is spared the table; later others may have written and not been heard
_NEWBORN_S = 1.0
_TRANSITIONS = {"queued", "started", *TERMINAL_TYPES}
_READ_BATCH = 500  # rows a read; bounds what one slow follower holds


class LoggedEvent:
    """An event as stored: `data` is the wire's JSON on one line."""

    __slots__ = ("_kept", "data", "seq", "type")

    def __init__(self, row: EventRow) -> None:
        self.seq, self.type, data = row
        self.data = on_one_line(data)  # here, for what an earlier version has stored may hold them
        self._kept: dict[Callable[[LoggedEvent], bytes], bytes] = {}

    @property
    def terminal(self) -> bool:
        return self.type in TERMINAL_TYPES

    def keep(self, make: Callable[[LoggedEvent], bytes]) -> bytes:
        """What `make` makes of the event, made once for all its readers: what it is does not matter here."""
        kept = self._kept.get(make)
        if kept is None:
            kept = self._kept[make] = make(self)
        return kept


class Tail:
    """The last events of one run, shared by all its followers, and whom to wake when there are more.

    Bounded in number and in bytes; what it no longer holds is in the table.
    """

    def __init__(self) -> None:
        self._events: list[LoggedEvent] = []  # seqs without a gap
        self._characters = 0
        self._highest = 0
        self._wakers: dict[Follower, Callable[[], None]] = {}
        self.version = 0

    def join(self, follower: Follower, wake: Callable[[], None]) -> None:
        """From now on `wake` is called whenever there may be something to read."""
        self._wakers[follower] = wake

    @property
    def followers(self) -> int:
        return len(self._wakers)

    def leave(self, follower: Follower) -> bool:
        """Whether that was the last one."""
        del self._wakers[follower]
        return not self._wakers

    def push(self, events: Sequence[LoggedEvent]) -> None:
        """Takes what was just committed and wakes every follower."""
        for event in events:
            if event.seq <= self._highest:
                continue  # known: several who write or read at once may tell of the same event
            if self._events and (event.seq != self._highest + 1 or self._events[-1].terminal):
                # announced out of order, or the run was retried and its log goes on where it ended: followers then
                # read the table, where order is certain and the terminal event has been replaced
                self._clear()
            self._append(event)
        self.wake()

    def seed(self, events: Sequence[LoggedEvent], version: int) -> None:
        """Takes the end of the log as one follower has read it, so that the others need not read the table too.

        Nothing may have been pushed since `version`: then the table's end is the tail's end.
        """
        if version == self.version and not self._events:
            for event in events:
                self._append(event)

    def missing(self, newest: int) -> int | None:
        """The seq after which events up to `newest` are to be read to make the tail whole; None: it has them."""
        if newest <= self._highest:
            return None
        return max(self._highest or newest - 1, newest - _TAIL_EVENTS)

    def wake(self) -> None:
        """Makes every follower read again."""
        self.version += 1
        for wake in list(self._wakers.values()):
            wake()

    def after(self, cursor: int) -> list[LoggedEvent] | None:
        """Events with seq > cursor, or None when the tail does not reach back that far."""
        if not self._events or cursor + 1 < self._events[0].seq:
            return None
        return self._events[cursor + 1 - self._events[0].seq :]

    def _append(self, event: LoggedEvent) -> None:
        self._events.append(event)
        self._characters += len(event.data)
        self._highest = event.seq
        if len(self._events) > 2 * _TAIL_EVENTS or self._characters > _TAIL_CHARACTERS:
            self._trim()

    def _trim(self) -> None:
        """Forgets the older ones: half at a time, so that a long run does not pay for it with every event."""
        while self._events and (len(self._events) > _TAIL_EVENTS or self._characters > _TAIL_CHARACTERS // 2):
            dropped = self._events[: len(self._events) // 2 + 1]
            del self._events[: len(dropped)]
            self._characters -= sum(len(event.data) for event in dropped)

    def _clear(self) -> None:
        self._events.clear()
        self._characters = 0


class Follower:
    """One reader's place in a run's log: a cursor into the shared tail. `EventLog.following` gives it.

    A context manager; slots, and no generator behind it, because there may be ten thousand.
    """

    __slots__ = ("_live", "_log", "_tail", "_version", "_wake", "cursor", "ended", "operation_id")

    def __init__(self, log: EventLog, operation_id: str, cursor: int, wake: Callable[[], None], *, live: bool) -> None:
        self._log = log
        self._wake = wake
        self._version = -1
        self._live = live
        self.operation_id = operation_id
        self.cursor = cursor
        self.ended = False

    def __enter__(self) -> Self:
        self._tail = self._log.tail_of(self.operation_id)
        self._tail.join(self, self._wake)
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._tail.leave(self):
            self._log.drop_tail(self.operation_id)

    async def read(self) -> Sequence[LoggedEvent]:
        """What comes after the cursor, which moves behind it; empty when there is nothing yet.

        `ended` is true from when it has given the terminal event, or there is none to come.
        """
        self._version = self._tail.version  # before reading: what comes in between is seen as news
        events = self._tail.after(self.cursor)
        if events is None:
            events = await self._log.read_after(self.operation_id, self.cursor)
            if len(events) < _READ_BATCH:
                self._tail.seed(events[-_TAIL_EVENTS:], self._version)
        if events:
            self.cursor = events[-1].seq
            self.ended = events[-1].terminal
        elif not self._live:
            self.ended = True
        return events

    @property
    def over(self) -> bool:
        """Nothing more comes here: the run has ended, or the log was closed before it did."""
        return self.ended or self._log.closed

    @property
    def news(self) -> bool:
        """Whether something may have come since `read` began: then read again instead of waiting."""
        return self._version != self._tail.version or self._log.closed


class EventLog:
    """Read and follow. One per process; share it freely among tasks of its loop.

    `committed(operation_id, seq)` is called, on the loop, for what this process has written: for whoever tells others.
    """

    def __init__(
        self,
        database: Database,
        *,
        committed: Callable[[str, int], None] | None = None,
    ) -> None:
        self._database = database
        self._committed = committed
        self._tails: dict[str, Tail] = {}
        self._newborn: tuple[str, Sequence[LoggedEvent], float] | None = None  # the run begun last, until it goes on
        self.closed = False
        self.transitions = 0  # how often this process has begun or ended a run, or has moved one in its line
        self.written: Counter[str] = Counter()  # events that this process wrote, by type
        self.errors: Counter[str] = Counter()  # runs that it ended as an error, by code

    def announce(self, operation_id: str, rows: Sequence[EventRow]) -> None:
        """Tells followers of events that a transaction has just committed (runs/journal.py)."""
        self._push(operation_id, [LoggedEvent(row) for row in rows])

    async def hear(self, operation_id: str, newest: int) -> None:
        """Tells followers of what another process has committed, up to `newest`: read once for all of them."""
        tail = self._tails.get(operation_id)
        self._forget_newborn(operation_id)
        after = None if tail is None else tail.missing(newest)
        if tail is not None and after is not None:
            tail.push(await self.read_after(operation_id, after))

    async def read_after(self, operation_id: str, after: int, limit: int = _READ_BATCH) -> list[LoggedEvent]:
        """Events with seq > `after`, in order."""
        rows = await self._database.read(queries.read_after, operation_id, after, limit)
        return [LoggedEvent(row) for row in rows]

    def following(self, operation_id: str, after: int, wake: Callable[[], None], *, live: bool = True) -> Follower:
        """A place in the log behind the cursor; `wake()` is called, on the loop, whenever there may be news.

        `live` False: the run has ended, nothing will come that is not there.
        """
        return Follower(self, operation_id, after, wake, live=live)

    async def follow(self, operation_id: str, after: int = 0, *, live: bool = True) -> AsyncIterator[LoggedEvent]:
        """Every event after the cursor, then live; ends after the terminal event, or when the log is closed."""
        woken = anyio.Event()

        def wake() -> None:
            woken.set()

        with self.following(operation_id, after, wake, live=live) as follower:
            while not follower.over:
                woken = anyio.Event()
                for event in await follower.read():
                    yield event
                if not (follower.over or follower.news):
                    await woken.wait()

    def close(self) -> None:
        """Ends every following, now and from now on: the process is about to go, and readers resume elsewhere."""
        self.closed = True
        for tail in self._tails.values():
            tail.wake()

    def tail_of(self, operation_id: str) -> Tail:
        """The tail that the run's followers share; of a run that has just begun here it has the beginning."""
        tail = self._tails.get(operation_id)
        if tail is None:
            tail = self._tails[operation_id] = Tail()
            if self._newborn is not None and self._newborn[0] == operation_id:
                if time.monotonic() - self._newborn[2] < _NEWBORN_S:
                    tail.push(self._newborn[1])
                self._newborn = None
        return tail

    def drop_tail(self, operation_id: str) -> None:
        """Nobody follows the run any more."""
        del self._tails[operation_id]

    def followed(self) -> int:
        """How many runs have followers: each costs a tail."""
        return len(self._tails)

    def readers(self) -> int:
        """How many follow a run here."""
        return sum(tail.followers for tail in self._tails.values())

    def followed_runs(self) -> frozenset[str]:
        """The runs that have followers here."""
        return frozenset(self._tails)

    def _push(self, operation_id: str, events: Sequence[LoggedEvent]) -> None:
        for event in events:
            self.written[event.type] += 1
            self.transitions += event.type in _TRANSITIONS
            if event.type == "error":
                self.errors[json.loads(event.data)["code"]] += 1
        if self._committed is not None and events:
            self._committed(operation_id, events[-1].seq)
        tail = self._tails.get(operation_id)
        self._forget_newborn(operation_id)
        if tail is not None:
            tail.push(events)
        elif events and events[0].seq == 1:
            self._newborn = operation_id, events, time.monotonic()

    def _forget_newborn(self, operation_id: str) -> None:
        if self._newborn is not None and self._newborn[0] == operation_id:
            self._newborn = None
