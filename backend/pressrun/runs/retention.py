"""`Retention`: how long runs are kept, and what goes when that is over.

Oldest end first, never a pinned run, never an active one, none that somebody waits to be told of, none that is just
being shown anew. What failed runs left for a retry goes after a while of its own. Works at start and every hour, one
run after the other with pauses, in transactions of one run each, so that nobody notices.

A batch folder without a run is reported, never removed: it may belong to a database that is not connected right now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import anyio
import structlog

from pressrun.artifacts.names import batch_folder_name, run_of_folder
from pressrun.clock import elapsed_s
from pressrun.db import retention as queries
from pressrun.errors import DiskFull

if TYPE_CHECKING:
    from datetime import datetime

    from pressrun.artifacts.ports import ArtifactStore
    from pressrun.artifacts.staged import StagingFolder
    from pressrun.clock import Clock
    from pressrun.db.engine import Database
    from pressrun.db.retention import Ended, Removable
    from pressrun.runs.removal import RunRemover
    from pressrun.settings import RetentionPolicy

T = TypeVar("T")

SWEEP_EVERY_S = 3600.0
MAX_REMOVALS = 200  # in one sweep, some seconds; the next one follows at once when there is more
_AT_LEAST = timedelta(minutes=10)  # somebody may still be downloading what ended a moment ago, however full the disk
_MEASURED_AT_ONCE = 100  # arbitrary: the files of so many runs are looked at between two writes
_ASKED_AT_ONCE = 500  # names in one query
_PAUSE_S = 0.01  # between two runs: others want the disk, too

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Doomed:
    """A run that goes, and why."""

    operation_id: str
    status: str
    title: str | None
    ended_at: datetime
    size_bytes: int
    reason: str


@dataclass(slots=True)
class RetentionReport:
    """What a sweep did, or (`dry_run`) would do.

    `staging`: runs whose leftovers for a retry go. `orphans`: batch folders without a run, which stay. `used_bytes`:
    by all ended runs, before. `more`: there is more to remove than one sweep does.
    """

    dry_run: bool
    used_bytes: int = 0
    runs: list[Doomed] = field(default_factory=list)
    staging: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    more: bool = False

    @property
    def freed_bytes(self) -> int:
        return sum(run.size_bytes for run in self.runs)


class Retention:
    """One per process. Several on one database may sweep at once: each run is removed by one of them."""

    def __init__(
        self,
        database: Database,
        store: ArtifactStore,
        remover: RunRemover,
        clock: Clock,
        policy: RetentionPolicy,
    ) -> None:
        self._database = database
        self._store = store
        self._remover = remover
        self._clock = clock
        self._policy = policy
        self._turn = anyio.Lock()  # without it two sweeps of one process would report the same runs

    async def watch(self) -> None:
        """Sweeps, and returns when it is time for the next sweep."""
        await self._sweep_all()
        await anyio.sleep(SWEEP_EVERY_S)

    async def used_bytes(self) -> int:
        """What ended runs take, as of the last sweep; no file is looked at."""
        return await self._database.read(queries.total_size)

    async def sweep(self, *, dry_run: bool = False) -> RetentionReport:
        """Removes what is to go now, at most `MAX_REMOVALS` runs."""
        async with self._turn:
            if not dry_run:
                await self._remover.finish()
            await self._measure()
            report = RetentionReport(dry_run, await self.used_bytes())
            removable = await self._database.read(queries.list_removable, MAX_REMOVALS + 1)
            doomed = choose(removable, report.used_bytes, self._policy, self._clock)
            report.more = len(doomed) > MAX_REMOVALS
            for run, reason in doomed[:MAX_REMOVALS]:
                if dry_run or await self._remove(run, reason):
                    report.runs.append(_doomed(run, reason))
            await self._sweep_staging(report)
            report.orphans = await self._find_orphans()
        return report

    async def _sweep_all(self) -> None:
        more = True
        while more:
            report = await self.sweep()
            more = report.more
            if report.runs or report.staging:
                _log.info(
                    "retention", runs=len(report.runs), freed_bytes=report.freed_bytes, staging=len(report.staging)
                )
        if report.orphans:
            _log.warning("batch folders without a run", count=len(report.orphans), first=report.orphans[0])

    async def _remove(self, run: Removable, reason: str) -> bool:
        removed = await self._remover.remove(run.operation_id, run.created_at, attempt=run.attempt, pinned_too=False)
        if removed:
            _log.info("run removed", removed=run.operation_id, reason=reason, size_bytes=run.size_bytes)
        await anyio.sleep(_PAUSE_S)
        return removed

    async def _measure(self) -> None:
        """Looks at the files of runs that have ended since; once for each attempt."""
        try:
            await self._measure_all()
        except DiskFull:
            _log.warning("sizes of runs are not known: the disk is full")  # which is when old runs shall go

    async def _measure_all(self) -> None:
        after = ""
        while found := await self._database.read(queries.list_unmeasured, after, _MEASURED_AT_ONCE):
            folders = {row.operation_id: batch_folder_name(row.created_at, row.operation_id) for row in found}
            sizes = await self._store.measure(folders)
            measured = {(row.operation_id, row.attempt): sizes[row.operation_id] for row in found}
            after = found[-1].operation_id
            await self._database.write(queries.set_sizes, measured)
            await anyio.sleep(_PAUSE_S)

    async def _sweep_staging(self, report: RetentionReport) -> None:
        for folders in _chunks(await self._store.list_staging()):
            ends = await self._ends_of({folder.operation_id for folder in folders})
            for folder in folders:
                if self._is_left_over(folder, ends.get(folder.operation_id)):
                    report.staging.append(folder.operation_id)
                    if not report.dry_run:
                        await self._store.discard_attempt(folder)
                        await self._database.write(queries.forget_size, folder.operation_id)

    def _is_left_over(self, folder: StagingFolder, end: Ended | None) -> bool:
        kept_until = self._clock.now() - timedelta(days=self._policy.staging_days)
        if end is None:
            return folder.changed_at < kept_until
        if end.ended_at is None:
            return False  # active, or just being removed
        return end.ended_at < (self._clock.now() - _AT_LEAST if end.status == "complete" else kept_until)

    async def _find_orphans(self) -> list[str]:
        orphans = []
        for names in _chunks(await self._store.list_batches()):
            run_of = {name: run_of_folder(name) for name in names}
            known = await self._ends_of({run for run in run_of.values() if run is not None})
            orphans += [name for name, run in run_of.items() if run not in known]
        return orphans

    async def _ends_of(self, operation_ids: set[str]) -> dict[str, Ended]:
        return await self._database.read(queries.find_ends, operation_ids)


def choose(
    removable: Sequence[Removable], used_bytes: int, policy: RetentionPolicy, clock: Clock
) -> list[tuple[Removable, str]]:
    """Which of these, oldest end first, are to go, and why.

    A run is as old as the wall clock says, but never older than the ticks since its beginning: a clock that was set
    forward must not remove what is young. (After a reboot there is only the wall clock.)
    """
    doomed: list[tuple[Removable, str]] = []
    left_bytes = used_bytes
    for run in removable:
        began_ago_s = elapsed_s(clock, run.ended_at, run.begun_ticks_s, run.ticks_epoch)
        age = min(clock.now() - run.ended_at, timedelta(seconds=began_ago_s))
        if policy.days is not None and age > timedelta(days=policy.days):
            reason = f"ended more than {policy.days:g} days ago"
        elif policy.max_bytes is not None and left_bytes > policy.max_bytes and age > _AT_LEAST:
            reason = f"the oldest while runs take more than {policy.max_bytes} bytes"
        else:
            continue
        doomed.append((run, reason))
        left_bytes -= run.size_bytes
    return doomed


def _doomed(run: Removable, reason: str) -> Doomed:
    return Doomed(run.operation_id, run.status, run.title, run.ended_at, run.size_bytes, reason)


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + _ASKED_AT_ONCE] for start in range(0, len(items), _ASKED_AT_ONCE)]
