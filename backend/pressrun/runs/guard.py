"""`RunGuard`: who may start a run. `begin_run`, `end_run`, `current_run`, and the waiting queue.

The database decides, in one write transaction that holds the slot, the run's row and its first event, before any byte
is sent. So the guard holds over tabs, tasks, threads and processes, and a slot is never taken without its run.

- One running run in a lane slot; a lane has one slot unless configured.
- An identical submission (same fingerprint, same caller) while such a run is waiting or running, or within the dedup
  window of its start, is refused even where a slot is free; a failed or cancelled run blocks nobody.
- A slot held longer than the limit is *released*, the run goes on: it only stops blocking others.
- Who waits is served by priority, then age; nobody who comes later overtakes a waiting run of the same priority.
- A run that replaces another begins before all who wait. Where others wait, it does so once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pressrun.db import run_queue as queue_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.db import webhooks as webhook_queries
from pressrun.db.events import EventRow
from pressrun.db.functions import BEGIN_RUN, PROMOTE
from pressrun.errors import CallerLimit, IdempotencyKeyReused, ServerBusy
from pressrun.events.log import EventLog
from pressrun.events.model import Started
from pressrun.failpoints import failpoint
from pressrun.fair_limiter import FairLimiter
from pressrun.request_errors import FieldErrors
from pressrun.runs.admission_cache import AdmissionCache, Remembered
from pressrun.runs.estimates import first_start, unforeseen
from pressrun.runs.lane_state import Lane, LaneStates, load, view
from pressrun.runs.model import Run
from pressrun.runs.rejection import LanePaused, RunRejected
from pressrun.runs.retry import reopen
from pressrun.runs.run_queue import RunQueue
from pressrun.runs.straight import begin_values, promote_values
from pressrun.runs.submission import KeyMatch, Submission, columns_of
from pressrun.settings import GuardConfig

if TYPE_CHECKING:
    from pressrun.clock import Clock
    from pressrun.db import Connection, Row
    from pressrun.db.engine import Database
    from pressrun.runs.journal import RunJournal, Transaction
    from pressrun.spec import RunSpec

# Few at a time, and by turns of the callers: those who want to begin stand in the way of the runs that have begun,
# whose writes go through the same queue.
_ADMITTED_AT_ONCE = 2  # one at work, one next: SQLite has one writer; Postgres four threads for all writes
_MAX_WAITING = 1_000  # arbitrary (100..10 000): some seconds of admitting; more are told 503


class RunGuard:
    """The three verbs. One per process; any number of processes on one database agree."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        journal: RunJournal,
        clock: Clock,
        config: GuardConfig,
        *,
        owner: str,
        foresee: Callable[[RunSpec], Mapping[str, Any]] = unforeseen,
    ) -> None:
        self._database = database
        self._foresee = foresee
        self._log = log
        self._journal = journal
        self._clock = clock
        self._config = config
        self._owner = owner
        self._states = LaneStates(clock, config)
        self.queue = RunQueue(database, log, journal, clock)
        self._limiter = FairLimiter(_ADMITTED_AT_ONCE, max_waiting=_MAX_WAITING)
        self._remembered = Remembered(self._states, log, clock)
        self._cache = None if database.local is None else AdmissionCache(database.local, self._states)

    async def begin_run(self, operation_id: str, route: str, payload: RunSpec) -> Run:
        """Takes a slot of the default lane for this run; durable when it returns.

        Raises: RunRejected, naming the run in the way.
        """
        admitted = await self.admit(Submission(operation_id, route, payload))
        assert isinstance(admitted, Run)  # noqa: S101 - no key was given, so none can match
        return admitted

    async def admit(self, submission: Submission) -> Run | KeyMatch:
        """`begin_run` with lane, caller, idempotency key, and waiting where the submission may wait.

        The run comes back `running` or `queued`. Raises: RunRejected; IdempotencyKeyReused when the key names a run of
        another body; ServerBusy when a bound is reached, CallerLimit when the caller's own is; FieldErrors for a lane
        that is not configured.
        """
        return (await self.admit_behind(submission))[0]

    async def admit_behind(self, submission: Submission) -> tuple[Run | KeyMatch, RunRejected | LanePaused | None]:
        """`admit`, and what was in the way in that very transaction if this one has to wait for its slot.

        (Whoever means to replace it must not go by an earlier look: the lane may have changed hands since.)
        """
        if self._config.slots_of(submission.lane) == 0:
            known = ", ".join(sorted(self._config.lanes))
            raise FieldErrors([{"field": "lane", "problem": f"{submission.lane} is not configured", "valid": known}])
        async with self._limiter.acquire(submission.caller):
            return await self._decide(submission)

    async def _decide(self, submission: Submission) -> tuple[Run | KeyMatch, RunRejected | LanePaused | None]:
        digest = submission.fingerprint
        if self._database.decides and not submission.retry:
            decided = await self._begin_there(submission, digest)
            if decided is not None:
                return decided, None
        elif submission.idempotency_key is None and submission.when_busy == "refuse":
            await self._refuse(submission, digest)
        return await self._journal.transact(self._admit, submission, digest)

    async def _begin_there(self, submission: Submission, digest: str) -> Run | KeyMatch | None:
        """Begins the run in one round trip, where nothing is in its way; None: it has to wait, or the lane is paused.

        Raises: as `admit`.
        """
        now, ticks_s, transitions = self._clock.now(), self._clock.ticks_s(), self._log.transitions
        foreseen = self._foresee(submission.spec)
        event = self._journal.encode(submission.operation_id, 1, now, first_start(foreseen))
        values = begin_values(self._config, submission, digest, now, ticks_s, self._clock.epoch, foreseen)
        row = await self._journal.call(
            BEGIN_RUN,
            {**values, "owner": self._owner, "started": event.data},
            lambda row: {submission.operation_id: [event]} if row.outcome == "started" else {},
        )
        match row.outcome:
            case "started":
                return view(row)
            case "key":
                return KeyMatch(self._same_request(row, digest))
            case "held" | "recent" | "busy":
                refusal = self._states.by_outcome(row, submission, digest)
                if row.outcome != "busy" or not _may_wait(submission, refusal):
                    self._remembered.remember(submission, digest, row, transitions)
                    raise refusal
            case "share":
                if submission.when_busy == "refuse":
                    raise self._share_taken()
            case "full":
                raise self._full()
        return None

    async def _refuse(self, submission: Submission, digest: str) -> None:
        """The common refusal, before anybody waits for admission: in microseconds on the loop where that can be."""
        if self._cache is None:
            await self._database.read(self._look, submission, digest)
            return
        refusal = self.in_the_way_nowait(submission, digest)
        if refusal is not None:
            raise refusal

    def in_the_way_nowait(self, submission: Submission, digest: str) -> RunRejected | None:
        """Who is surely in the way, by what can be read at once; None when nobody seems to be, or nobody can tell."""
        if self._config.slots_of(submission.lane) == 0:
            return None
        if self._cache is None:
            return self._remembered.refusal(submission, digest)
        refusal = self._cache.refusal(submission, digest)
        return refusal if isinstance(refusal, RunRejected) else None

    async def probe(self, submission: Submission) -> RunRejected | LanePaused | None:
        """What would be in the submission's way right now; changes nothing."""
        return await self._database.read(self._probe, submission)

    async def end_run(self, operation_id: str) -> None:
        """Frees the slot this run holds, if any. Idempotent; safe in `finally`."""
        await self._database.write_end(slot_queries.free, operation_id)
        self._log.transitions += 1

    async def current_run(self, lane: str = "default") -> Run | None:
        """The run that has held a slot of the lane for longest, or None; a stale slot is nobody's (`LaneStates`)."""
        return await self._database.read(self._states.read_current, lane)

    async def promote(self, lane: str) -> list[str]:
        """Gives free slots to those who wait; the runs that are to be started now."""
        if self._database.decides:
            promoted, others = await self._promote_there(lane)
        else:
            promoted, others = await self._journal.transact(self._promote, lane)
        if others:
            await self.queue.tell(lane)
        return promoted

    @property
    def has_room(self) -> bool:
        """Whether something new may begin: not on a full disk."""
        return self._database.has_room

    async def _promote_there(self, lane: str) -> tuple[list[str], bool]:
        """`_promote` in one round trip."""
        now, ticks_s = self._clock.now(), self._clock.ticks_s()

        def encode(operation_id: str, seq: int, body: Started) -> str:
            return self._journal.encode(operation_id, seq, now, body).data

        def written(row: Row[Any]) -> dict[str, list[EventRow]]:
            return {name: [EventRow(seq, "started", data)] for name, seq, data in row.begun}

        values = promote_values(self._config, lane, self._owner, now, ticks_s, self._clock.epoch, encode)
        row = await self._journal.call(PROMOTE, values, written)
        return list(written(row)), row.others

    def slots_of(self, lane: str) -> int:
        """How many runs may run in this lane at once; 0: there is no such lane."""
        return self._config.slots_of(lane)

    @property
    def configured_lanes(self) -> Collection[str]:
        """The lanes that the configuration names."""
        return self._config.lanes.keys()

    async def waiting_lanes(self) -> list[str]:
        """Lanes in which somebody waits."""
        return list(await self._database.read(queue_queries.list_lanes))

    def rejected_by(self, submission: Submission, active: Run) -> RunRejected:
        """The refusal that names `active`, for whoever decides by a rule of its own."""
        return self._states.rejection("in_flight", submission, submission.fingerprint, active)

    def _admit(
        self, transaction: Transaction, submission: Submission, digest: str
    ) -> tuple[Run | KeyMatch, RunRejected | LanePaused | None]:
        connection = transaction.connection
        slot_queries.lock_lane(connection, submission.lane)
        known = self._find_by_key(connection, submission, digest)
        if known is not None:
            return KeyMatch(known), None
        lane = self._states.read(connection, submission.lane)
        busy = self._check(connection, lane, submission, digest)
        waits = busy is not None or not self._has_share(connection, submission)
        self._require_room(connection, submission, waiting=waits)
        if busy is not None and submission.when_busy == "front" and not _may_pass(connection, submission, busy):
            submission = replace(submission, when_busy="wait")
        if submission.retry:
            reopen(transaction, submission)
            run = load(connection, submission.operation_id)
        else:
            run = self._insert(connection, submission, digest)
        if not waits:
            run = self._take_slot(transaction, run, self._free_slots(connection, lane)[0])
            failpoint("admit.in_transaction")
            return run, None
        return self.queue.enter(transaction, run, submission.line_priority), busy

    def _look(self, connection: Connection, submission: Submission, digest: str) -> None:
        self._check(connection, self._states.read(connection, submission.lane), submission, digest)

    def _find_by_key(self, connection: Connection, submission: Submission, digest: str) -> Run | None:
        if submission.idempotency_key is None:
            return None
        row = run_queries.find_by_key(connection, submission.caller, submission.idempotency_key)
        return None if row is None else self._same_request(row, digest)

    def _same_request(self, row: Row[Any], digest: str) -> Run:
        if row.fingerprint != digest:
            raise IdempotencyKeyReused
        return view(row)

    def _check(
        self, connection: Connection, lane: Lane, submission: Submission, digest: str
    ) -> RunRejected | LanePaused | None:
        """None when a slot is free; what is in the way when the submission may wait for it.

        Raises: RunRejected, LanePaused when it may not.
        """
        identical = None if submission.ignore_duplicates else self._identical(connection, lane, submission, digest)
        if identical is not None:
            raise identical
        busy = self._states.find_busy(lane, submission, digest)
        if busy is not None and not _may_wait(submission, busy):
            raise busy
        return busy

    def _has_share(self, connection: Connection, submission: Submission) -> bool:
        """Whether its caller may have one more running run. Raises: CallerLimit where not, and it may not wait."""
        most = self._config.caller_max_runs
        if most is None or self._left(connection, submission.caller, "running", most):
            return True
        if submission.when_busy == "refuse":
            raise self._share_taken()
        return False

    def _share_taken(self) -> CallerLimit:
        return CallerLimit(
            f"you have {self._config.caller_max_runs} runs in progress, your share of this server; wait until one of "
            "them has ended, or in the queue with on_busy=queue",
            limit="max_runs",
        )

    def _full(self) -> ServerBusy:
        return ServerBusy(f"the server is at its limit of {self._config.max_runs} runs at once; try again shortly")

    def _left(self, connection: Connection, caller: str, status: Literal["queued", "running"], most: int) -> int:
        return slot_queries.within_bound(connection, lambda c: run_queries.count_of_caller(c, status, caller), most)

    def _require_room(self, connection: Connection, submission: Submission, *, waiting: bool) -> None:
        """Where there is none for one more that waits, or one more that runs, in all lanes together.

        Raises: CallerLimit where it is its caller who has as many as it may; ServerBusy.
        """
        most_queued, most_runs, share = self._config.max_queued, self._config.max_runs, self._config.caller_max_queued
        if waiting:
            if share is not None and not self._left(connection, submission.caller, "queued", share):
                raise CallerLimit(
                    f"you have {share} runs in the queue, your share of it; wait until one begins, or cancel one",
                    limit="max_queued",
                )
            if not slot_queries.within_bound(connection, lambda c: queue_queries.count(c, most_queued), most_queued):
                raise ServerBusy(f"the waiting queue is full ({most_queued} runs); try again shortly")
        elif not slot_queries.within_bound(connection, slot_queries.count, most_runs):
            raise self._full()

    def _probe(self, connection: Connection, submission: Submission) -> RunRejected | LanePaused | None:
        digest = submission.fingerprint
        lane = self._states.read(connection, submission.lane)
        identical = None if submission.ignore_duplicates else self._identical(connection, lane, submission, digest)
        return identical or self._states.find_busy(lane, submission, digest)

    def _identical(self, connection: Connection, lane: Lane, submission: Submission, digest: str) -> RunRejected | None:
        recent = self._states.read_recent(connection, submission, digest)
        return self._states.find_identical(lane, recent, submission, digest)

    def _insert(self, connection: Connection, submission: Submission, digest: str) -> Run:
        row = run_queries.insert_run(
            connection,
            {
                **columns_of(submission, digest),
                "created_at": self._clock.now(),
                **self._foresee(submission.spec),
            },
        )
        if submission.webhook_url is not None:
            webhook_queries.insert_webhook(connection, submission.operation_id, submission.webhook_url)
        return view(row)

    def _free_slots(self, connection: Connection, lane: Lane) -> list[int]:
        """The numbers of a lane's slots that can be taken now; those that are stale have been freed."""
        for stale in self._states.stale(lane):
            slot_queries.free(connection, stale)
        return self._states.free_numbers(lane)

    def _take_slot(self, transaction: Transaction, run: Run, number: int) -> Run:
        """queued -> running, in that free slot and with a `started` event."""
        now, ticks_s, ticks_epoch = self._clock.now(), self._clock.ticks_s(), self._clock.epoch
        connection = transaction.connection
        slot_queries.take(connection, run.lane, number, run.operation_id, ticks_s=ticks_s, ticks_epoch=ticks_epoch)
        started = first_start(vars(run))
        if run.attempt > 1:
            started = Started(attempt=run.attempt, resumed_from=run.stage or "compose")
        begun: dict[str, Any] = {"owner": self._owner, "begun_ticks_s": ticks_s, "ticks_epoch": ticks_epoch}
        written = transaction.write(run, started, at=now, started_at=now, **begun)
        assert written is not None  # noqa: S101 - read or written in this very transaction
        return view(written[0])

    def _promote(self, transaction: Transaction, lane: str) -> tuple[list[str], bool]:
        """Who begins now, and whether others still wait."""
        connection = transaction.connection
        slot_queries.lock_lane(connection, lane)
        share = self._config.caller_max_runs
        if share is not None:
            slot_queries.lock_all_lanes(connection)
        found = self._states.read(connection, lane)
        if found.paused or not found.front:
            queue_queries.forget_served(connection, lane)
            return [], False
        free = self._free_slots(connection, found)
        if free:
            free = free[: slot_queries.within_bound(connection, slot_queries.count, self._config.max_runs)]
        begun: list[str] = []
        for row in found.front:
            if len(begun) < len(free) and (share is None or self._left(connection, row.caller, "running", share)):
                begun.append(self._take_slot(transaction, view(row), free[len(begun)]).operation_id)
                queue_queries.note_served(connection, row)
        failpoint("promote.in_transaction")
        return begun, len(found.front) > len(begun)


def _may_wait(submission: Submission, busy: RunRejected | LanePaused) -> bool:
    """Whoever replaces waits only behind what they may cancel: nobody is put in front of a stranger's run."""
    if submission.when_busy == "front":
        return isinstance(busy, LanePaused) or busy.visible
    return submission.when_busy == "wait"


def _may_pass(connection: Connection, submission: Submission, busy: RunRejected | LanePaused) -> bool:
    """Else whoever replaces its own run again and again would keep a lane for ever."""
    replaced = busy.active.operation_id if isinstance(busy, RunRejected) else None
    return queue_queries.may_pass(connection, submission.lane, submission.caller, replaced, submission.line_priority)
