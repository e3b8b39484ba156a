"""`RunGuard`: who may start a run. `begin_run`, `end_run`, `current_run`.

The database decides, in one write transaction that holds the slot, the run's row and its first event, before any byte
is sent. So the guard holds over tabs, tasks, threads and processes, and a slot is never taken without its run.

- One running run in a lane slot; a lane has one slot unless configured.
- An identical submission (same fingerprint, same caller) while such a run is running, or within the dedup window of
  its start, is refused even where a slot is free; a failed or cancelled run blocks nobody.
- A slot held longer than the limit is *released*, the run goes on: it only stops blocking others.
- Decisions use ticks, not the wall clock (clock.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pressrun.db import events as event_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.errors import IdempotencyKeyReused, ServerBusy
from pressrun.events.log import EventLog
from pressrun.events.model import Started
from pressrun.runs.fingerprint import canonical, fingerprint
from pressrun.runs.model import Run
from pressrun.runs.rejection import RejectReason, RunRejected
from pressrun.spec import RunSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pressrun.clock import Clock
    from pressrun.db import Connection, Row
    from pressrun.db.engine import Database
    from pressrun.db.events import EventRow


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """The idempotency key already names this run."""

    run: Run


@dataclass(frozen=True, slots=True)
class GuardConfig:
    """Limits of the guard."""

    dedup_window_s: float
    run_max_s: float
    max_runs: int = 16
    lanes: Mapping[str, int] = field(default_factory=dict)

    def slots_of(self, lane: str) -> int:
        """How many runs may run in this lane at once."""
        return self.lanes.get(lane, 1)


@dataclass(frozen=True, slots=True)
class Submission:
    """A run somebody asks for, and how."""

    operation_id: str
    route: str
    spec: RunSpec
    lane: str = "default"
    caller: str = "local"
    idempotency_key: str | None = None
    on_disconnect: Literal["continue", "cancel"] = "continue"
    ignore_duplicates: bool = False

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.route, self.spec)


class RunGuard:
    """The three verbs. One per process; any number of processes on one database agree."""

    def __init__(self, database: Database, log: EventLog, clock: Clock, config: GuardConfig, *, owner: str) -> None:
        self._database = database
        self._log = log
        self._clock = clock
        self._config = config
        self._owner = owner

    async def begin_run(self, operation_id: str, route: str, payload: RunSpec) -> Run:
        """Takes a slot of the default lane for this run; durable when it returns.

        Raises: RunRejected, naming the run in the way.
        """
        admitted = await self.admit(Submission(operation_id, route, payload))
        assert isinstance(admitted, Run)  # noqa: S101 - no key was given, so none can match
        return admitted

    async def admit(self, submission: Submission) -> Run | KeyMatch:
        """`begin_run` with lane, caller and idempotency key.

        Raises: RunRejected; IdempotencyKeyReused when the key names a run of another body.
        """
        digest = submission.fingerprint
        self._reject_early(submission, digest)
        outcome, events = await self._database.write(self._admit, submission, digest)
        self._log.announce(submission.operation_id, events)
        return outcome

    async def end_run(self, operation_id: str) -> None:
        """Frees the slot this run holds, if any. Idempotent; safe in `finally`."""
        await self._database.write(slot_queries.free, operation_id)

    async def current_run(self, lane: str = "default") -> Run | None:
        """The run that has held a slot of the lane for longest, or None."""
        return await self._database.read(_current_run, lane)

    def rejected_by(self, submission: Submission, active: Run) -> RunRejected:
        """The refusal that names `active`, for whoever decides by a rule of its own."""
        return self._rejected("in_flight", submission, submission.fingerprint, active)

    def _reject_early(self, submission: Submission, digest: str) -> None:
        """The common refusal by a read on the loop, in microseconds; the write transaction decides all else."""
        if submission.idempotency_key is None:
            self._database.read_nowait(self._check, submission, digest)

    def _admit(
        self, connection: Connection, submission: Submission, digest: str
    ) -> tuple[Run | KeyMatch, list[EventRow]]:
        known = self._find_by_key(connection, submission, digest)
        if known is not None:
            return KeyMatch(known), []
        number = self._check(connection, submission, digest)
        stale = [row for row in self._taken(connection, submission.lane) if self._is_stale(row)]
        for row in stale:
            slot_queries.free(connection, row.operation_id)
        event = self._insert(connection, submission, digest)
        slot_queries.take(
            connection,
            submission.lane,
            number,
            submission.operation_id,
            ticks_s=self._clock.ticks_s(),
            ticks_epoch=self._clock.epoch,
        )
        return _load(connection, submission.operation_id), [event]

    def _find_by_key(self, connection: Connection, submission: Submission, digest: str) -> Run | None:
        if submission.idempotency_key is None:
            return None
        row = run_queries.find_by_key(connection, submission.caller, submission.idempotency_key)
        if row is None:
            return None
        if row.fingerprint != digest:
            raise IdempotencyKeyReused
        return view(row)

    def _check(self, connection: Connection, submission: Submission, digest: str) -> int:
        """A free slot's number.

        Raises: RunRejected.
        """
        taken = self._taken(connection, submission.lane)
        for row in taken:
            run = _load(connection, row.operation_id)
            if run.fingerprint == digest and run.caller == submission.caller and not self._is_stale(row):
                if submission.ignore_duplicates:
                    continue
                raise self._rejected("in_flight", submission, digest, run)
        self._check_window(connection, submission, digest)
        held = [row for row in taken if not self._is_stale(row)]
        numbers = {row.number for row in held}
        free = [n for n in range(1, self._config.slots_of(submission.lane) + 1) if n not in numbers]
        if not free:
            raise self._rejected("in_flight", submission, digest, _load(connection, held[0].operation_id))
        if slot_queries.count(connection) >= self._config.max_runs:
            raise ServerBusy(f"the server is at its limit of {self._config.max_runs} runs at once; try again shortly")
        return free[0]

    def _check_window(self, connection: Connection, submission: Submission, digest: str) -> None:
        if submission.ignore_duplicates:
            return
        row = run_queries.find_identical(
            connection,
            submission.caller,
            digest,
            since_ticks_s=self._clock.ticks_s() - self._config.dedup_window_s,
            ticks_epoch=self._clock.epoch,
        )
        if row is not None:
            reason: RejectReason = "duplicate" if row.status == "complete" else "in_flight"
            raise self._rejected(reason, submission, digest, view(row), begun_ticks_s=row.begun_ticks_s)

    def _rejected(
        self,
        reason: RejectReason,
        submission: Submission,
        digest: str,
        active: Run,
        *,
        begun_ticks_s: float | None = None,
    ) -> RunRejected:
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

    def _insert(self, connection: Connection, submission: Submission, digest: str) -> EventRow:
        now = self._clock.now()
        spec = submission.spec
        run_queries.insert_run(
            connection,
            {
                "operation_id": submission.operation_id,
                "lane": submission.lane,
                "caller": submission.caller,
                "route": submission.route,
                "fingerprint": digest,
                "idempotency_key": submission.idempotency_key,
                "spec": json.dumps(canonical(spec), ensure_ascii=False),
                "title": spec.title,
                "on_disconnect": submission.on_disconnect,
                "status": "running",
                "progress": 0,
                "attempt": 1,
                "crashes": 0,
                "owner": self._owner,
                "handed_back": False,
                "last_seq": 1,
                "created_at": now,
                "started_at": now,
                "begun_ticks_s": self._clock.ticks_s(),
                "ticks_epoch": self._clock.epoch,
                "pinned": False,
            },
        )
        event = self._log.encode(submission.operation_id, 1, now, Started(attempt=1))
        event_queries.insert_event(connection, submission.operation_id, 1, now, event)
        return event

    def _taken(self, connection: Connection, lane: str) -> list[Row[Any]]:
        return list(slot_queries.list_lane(connection, lane))

    def _is_stale(self, slot: Row[Any]) -> bool:
        if slot.ticks_epoch != self._clock.epoch:
            return False  # taken before a reboot: start-up gives it new ticks (RunLedger.adopt), until then it counts
        return bool(self._clock.ticks_s() - slot.begun_ticks_s > self._config.run_max_s)


def view(row: Row[Any]) -> Run:
    """A row as people see it."""
    values = dict(row._mapping)
    for name in ("error", "result"):
        values[name] = json.loads(values[name]) if values[name] else None
    return Run.model_validate(values)


def _load(connection: Connection, operation_id: str) -> Run:
    row = run_queries.get(connection, operation_id)
    if row is None:
        raise LookupError(operation_id)  # a slot without its run cannot be: foreign key
    return view(row)


def _current_run(connection: Connection, lane: str) -> Run | None:
    taken = slot_queries.list_lane(connection, lane)
    return _load(connection, taken[0].operation_id) if taken else None
