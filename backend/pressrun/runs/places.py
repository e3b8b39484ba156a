"""What stands in a submission's way, and which slot is free: reading only, inside the guard's transactions.

Ticks decide, not the wall clock (clock.py). A slot held longer than the limit does not count any more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.runs.model import Run
from pressrun.runs.rejection import RejectReason, RunRejected

if TYPE_CHECKING:
    from pressrun.clock import Clock
    from pressrun.db import Connection, Row
    from pressrun.runs.submission import GuardConfig, Submission


class Places:
    """The slots and waiting lines of all lanes."""

    def __init__(self, clock: Clock, config: GuardConfig) -> None:
        self._clock = clock
        self._config = config

    def find_identical(self, connection: Connection, submission: Submission, digest: str) -> RunRejected | None:
        """The refusal by the very same request: running, waiting, or begun within the window."""
        for slot in self._held(connection, submission.lane):
            run = load(connection, slot.operation_id)
            if run.fingerprint == digest and run.caller == submission.caller:
                return self.rejection("in_flight", submission, digest, run)
        row = run_queries.find_identical(
            connection,
            submission.caller,
            digest,
            since_ticks_s=self._clock.ticks_s() - self._config.dedup_window_s,
            ticks_epoch=self._clock.epoch,
        )
        if row is None:
            return None
        reason: RejectReason = "duplicate" if row.status == "complete" else "in_flight"
        return self.rejection(reason, submission, digest, view(row), begun_ticks_s=row.begun_ticks_s)

    def find_busy(self, connection: Connection, submission: Submission, digest: str) -> RunRejected | None:
        """The refusal by a full lane: no slot that somebody waiting has not a better right to."""
        waiting = run_queries.list_queued(connection, submission.lane)
        if len(self.free_numbers(connection, submission.lane)) > len(waiting):
            return None
        held = self._held(connection, submission.lane)
        active = load(connection, held[0].operation_id) if held else view(waiting[0])
        return self.rejection("in_flight", submission, digest, active)

    def free_numbers(self, connection: Connection, lane: str) -> list[int]:
        """The free slots of a lane."""
        taken = {row.number for row in self._held(connection, lane)}
        return [number for number in range(1, self._config.slots_of(lane) + 1) if number not in taken]

    def stale(self, connection: Connection, lane: str) -> list[str]:
        """The runs of a lane whose slots are to be released."""
        return [row.operation_id for row in slot_queries.list_lane(connection, lane) if self._is_stale(row)]

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

    def _held(self, connection: Connection, lane: str) -> Sequence[Row[Any]]:
        return [row for row in slot_queries.list_lane(connection, lane) if not self._is_stale(row)]

    def _is_stale(self, slot: Row[Any]) -> bool:
        if slot.ticks_epoch != self._clock.epoch:
            return False  # taken before a reboot: start-up gives it new ticks, until then it counts
        return bool(self._clock.ticks_s() - slot.begun_ticks_s > self._config.run_max_s)


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
