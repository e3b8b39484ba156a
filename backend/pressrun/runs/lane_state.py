"""What stands in a submission's way, and which slot is free: reading only, inside the guard's transactions.

Ticks decide, not the wall clock (clock.py). A slot held longer than the limit does not count any more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pressrun.db import lanes as lane_queries
from pressrun.db import run_queue as queue_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.runs.model import Run
from pressrun.runs.rejection import LanePaused, RejectReason, RunRejected

if TYPE_CHECKING:
    from pressrun.clock import Clock
    from pressrun.db import Connection, Row
    from pressrun.runs.submission import Submission
    from pressrun.settings import GuardConfig


@dataclass(frozen=True, slots=True)
class Taken:
    """A taken slot, and the run in it."""

    number: int
    begun_ticks_s: float
    ticks_epoch: str
    run: Run


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as it was at one moment: taken slots (longest held first, stale ones too), and the front of its line.

    `front` has those who take a slot as soon as there is one, one more than there are slots at most; `first` is who
    waits at all, also while paused; `paused_at` is the lane itself: since then nobody begins in it.
    """

    name: str
    taken: Sequence[Taken]
    front: Sequence[Row[Any]]
    first: Row[Any] | None = None
    paused_at: datetime | None = None

    @property
    def paused(self) -> bool:
        """Whether nobody begins in the lane."""
        return self.paused_at is not None


class LaneStates:
    """The slots and waiting queues of all lanes."""

    def __init__(self, clock: Clock, config: GuardConfig) -> None:
        self._clock = clock
        self._config = config

    def read(self, connection: Connection, name: str) -> Lane:
        """The lane as it is now."""
        rows = slot_queries.list_lane(connection, name)
        taken = [Taken(row.number, row.slot_begun_ticks_s, row.slot_ticks_epoch, view(row)) for row in rows]
        most, share = self._config.slots_of(name) + 1, self._config.caller_max_runs
        front = queue_queries.list_front(connection, name, most, share)
        waiting = front or queue_queries.list_paused(connection, name, 1)
        return Lane(name, taken, front, waiting[0] if waiting else None, lane_queries.paused_at(connection, name))

    def read_current(self, connection: Connection, name: str) -> Run | None:
        """The run that has held one of the lane's slots for longest; not one whose slot is stale."""
        held = self._held(self.read(connection, name))
        return held[0].run if held else None

    def read_recent(self, connection: Connection, submission: Submission, digest: str) -> Row[Any] | None:
        """The run that has the submission's fingerprint and waits, or began within the window."""
        return run_queries.find_identical(
            connection,
            submission.caller,
            digest,
            since_ticks_s=self._window_begin(),
            ticks_epoch=self._clock.epoch,
        )

    def is_recent(self, row: Row[Any]) -> bool:
        """Whether what `read_recent` once gave is still in the way."""
        return bool(row.status == "queued" or row.begun_ticks_s > self._window_begin())

    def find_identical(
        self, lane: Lane, recent: Row[Any] | None, submission: Submission, digest: str
    ) -> RunRejected | None:
        """The refusal by the very same request: running, waiting, or begun within the window."""
        for slot in self._held(lane):
            if slot.run.fingerprint == digest and slot.run.caller == submission.caller:
                return self.rejection("in_flight", submission, digest, slot.run)
        return None if recent is None else self.by_recent(recent, submission, digest)

    def by_recent(self, recent: Row[Any], submission: Submission, digest: str) -> RunRejected:
        """The refusal by the very same request that waits, or began within the window."""
        reason: RejectReason = "duplicate" if recent.status == "complete" else "in_flight"
        return self.rejection(reason, submission, digest, view(recent), begun_ticks_s=recent.begun_ticks_s)

    def by_outcome(self, row: Row[Any], submission: Submission, digest: str) -> RunRejected:
        """The refusal that the database found by itself (db/functions.py): `held`, `recent` or `busy`."""
        if row.outcome == "recent":
            return self.by_recent(row, submission, digest)
        return self.rejection("in_flight", submission, digest, view(row))

    def find_busy(self, lane: Lane, submission: Submission, digest: str) -> RunRejected | LanePaused | None:
        """The refusal by a lane that is full or paused: no slot that somebody waiting has not a better right to."""
        held = self._held(lane)
        if not lane.paused and len(self._free(lane, held)) > len(lane.front):
            return None
        if held:
            active = held[0].run
        elif lane.first is not None:
            active = view(lane.first)
        else:
            assert lane.paused_at is not None  # noqa: S101 - else there would be a free slot
            return LanePaused(lane.name, lane.paused_at)
        return self.rejection("in_flight", submission, digest, active)

    def free_numbers(self, lane: Lane) -> list[int]:
        """The free slots of a lane."""
        return self._free(lane, self._held(lane))

    def _free(self, lane: Lane, held: Sequence[Taken]) -> list[int]:
        taken = {slot.number for slot in held}
        return [number for number in range(1, self._config.slots_of(lane.name) + 1) if number not in taken]

    def stale(self, lane: Lane) -> list[str]:
        """The runs of a lane whose slots are to be released."""
        return [slot.run.operation_id for slot in lane.taken if self._is_stale(slot)]

    def rejection(
        self,
        reason: RejectReason,
        submission: Submission,
        digest: str,
        active: Run,
        *,
        begun_ticks_s: float | None = None,
    ) -> RunRejected:
        """The refusal that names `active`."""
        window_left_s = None
        if begun_ticks_s is not None:
            window_left_s = begun_ticks_s + self._config.dedup_window_s - self._clock.ticks_s()
        return RunRejected(
            reason,
            active,
            fingerprint=digest,
            same_request=active.fingerprint == digest and active.caller == submission.caller,
            visible=active.caller == submission.caller,
            age_s=active.age_s(self._clock.now()),
            window_left_s=window_left_s,
        )

    def _window_begin(self) -> float:
        return self._clock.ticks_s() - self._config.dedup_window_s

    def _held(self, lane: Lane) -> Sequence[Taken]:
        return [slot for slot in lane.taken if not self._is_stale(slot)]

    def _is_stale(self, slot: Taken) -> bool:
        if slot.ticks_epoch != self._clock.epoch:
            return False  # taken before a reboot: start-up gives it new ticks, until then it counts
        return self._clock.ticks_s() - slot.begun_ticks_s > self._config.run_max_s


def view(row: Row[Any]) -> Run:
    """A row as people see it."""
    values = dict(row._mapping)
    for name in ("error", "result"):
        values[name] = json.loads(values[name]) if values[name] else None
    return Run.model_validate(values)


def load(connection: Connection, operation_id: str) -> Run:
    """A run that must be there: a slot without its run cannot be (foreign key)."""
    row = run_queries.get(connection, operation_id)
    if row is None:
        raise LookupError(operation_id)
    return view(row)
