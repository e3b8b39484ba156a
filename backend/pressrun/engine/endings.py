"""How a run ends once its attempt is over: complete if its batch folder is there, whatever else it was to end as."""

from __future__ import annotations

import contextlib

import anyio
import structlog

from pressrun.artifacts.ports import ArtifactStore
from pressrun.clock import Clock, elapsed_s
from pressrun.engine.outcomes import failure_of
from pressrun.engine.ports import Claim, RunRecords
from pressrun.errors import TEMPORARY, DiskFull
from pressrun.events.model import Cancelled, Error
from pressrun.failpoints import failpoint
from pressrun.patience import until_possible
from pressrun.pipeline.pipeline import Pipeline

_log = structlog.get_logger(__name__)


class RunEndings:
    """Writes the end of a run as soon as the database takes it; until then the run holds its slot. Holds no state."""

    def __init__(self, pipeline: Pipeline, store: ArtifactStore, records: RunRecords, clock: Clock) -> None:
        self._pipeline = pipeline
        self._store = store
        self._records = records
        self._clock = clock

    async def break_off(self, claim: Claim, exc: Exception) -> None:
        """Ends a run that could not go on, for a reason outside of its stages."""
        _log.error("run broke off", exc_info=exc)
        error = failure_of(exc, None)
        if error.code == DiskFull.code:
            with contextlib.suppress(OSError, *TEMPORARY):
                await self._store.discard(claim.operation_id, claim.attempt)
        await self.conclude(claim, unless_published=error)

    async def conclude(self, claim: Claim, *, unless_published: Error | Cancelled) -> None:
        """Ends the run: as complete if it is published, and only if it is not, as said."""
        with anyio.CancelScope(shield=True):
            if not await self.end_published(claim):
                await until_possible(lambda: self._records.finish(claim.operation_id, claim.attempt, unless_published))
                failpoint("finish.committed")

    async def end_published(self, claim: Claim) -> bool:
        """Ends the run as complete if its batch folder is there; False, and no earlier attempt will publish it."""
        failpoint("finish.begin")
        duration_s = elapsed_s(self._clock, claim.started_at, claim.begun_ticks_s, claim.ticks_epoch)
        with anyio.CancelScope(shield=True):
            complete = await until_possible(
                lambda: self._pipeline.published(
                    claim.operation_id, claim.attempt, claim.created_at, duration_s=duration_s
                )
            )
            if complete is None:
                return False
            await until_possible(lambda: self._records.finish(claim.operation_id, claim.attempt, complete))
            failpoint("finish.committed")
            failpoint("cleanup.begin")
            await self._store.discard(claim.operation_id, claim.attempt)  # else it is kept for a retry
            failpoint("cleanup.end")
        return True

    async def end_stopped(self, claim: Claim) -> None:
        """Ends a run whose work was stopped as cancelled; one that goes on elsewhere keeps its files."""
        by = await self._records.cancelled_by(claim.operation_id)
        if by is not None:
            cancelled = Cancelled(by=by, kept=self._store.staged_names(claim.operation_id))
            await self.conclude(claim, unless_published=cancelled)
        else:
            _log.warning("the run goes on elsewhere, this attempt is over")
            if await self._records.needs_no_files(claim.operation_id):
                await self._store.discard(claim.operation_id, claim.attempt)
            else:
                await self._store.discard_superseded(claim.operation_id, claim.attempt)
