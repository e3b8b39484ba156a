"""`Peers`: what other processes on the same Postgres do, made known in this one.

Events they append wake the readers here; a cancel that one of them was asked for stops the run here; the runs of one
that is gone or frozen go on. Wake-ups make that quick, a look every second makes it sure. Without Postgres there are
none. A process that was frozen itself for too long finds its runs with others, and lets go of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import structlog

from pressrun.background_tasks import CUT_OFF, LISTEN, LOOK, SUCCEED
from pressrun.db import runs as run_queries
from pressrun.db.processes import cut_off_silent, list_gone
from pressrun.db.ticks import DatabaseClock, readjust
from pressrun.groups import open_task_group

if TYPE_CHECKING:
    from pressrun.background import Background
    from pressrun.clock import Clock
    from pressrun.db.engine import Database
    from pressrun.db.wakeups import Wakeups
    from pressrun.engine.engine import Engine
    from pressrun.events.log import EventLog
    from pressrun.runs.activity import Activity

_CUT_OFF_EVERY_S = 0.5  # with the silence of a frozen process, a run waits for about 3 s
_LOOK_EVERY_S = 1.0  # what a lost wake-up costs at most; two looks find a process that is gone


_log = structlog.get_logger(__name__)


class Peers:
    """One per process. Open with `open_peers`."""

    def __init__(
        self,
        wakeups: Wakeups,
        database: Database,
        log: EventLog,
        engine: Engine,
        clock: Clock,
        activity: Activity,
        *,
        owner: str,
    ) -> None:
        self._owner = owner
        self._wakeups = wakeups
        self._database = database
        self._log = log
        self._engine = engine
        self._clock = clock
        self._activity = activity
        self._looked_at = clock.ticks_s()
        self._left: set[str] = set()
        self._has_left = anyio.Event()
        wakeups.when_left(self.hear_of_left)

    async def listen(self) -> None:
        """Passes on what is heard next."""
        newest, cancelled = await self._wakeups.next()
        self._activity.stir()
        self._cancel(cancelled)
        await self._tell(newest)

    def hear_of_left(self, process: str) -> None:
        """It has handed its runs back: they go on here, or at another peer."""
        if process != self._owner:
            self._left.add(process)
            self._has_left.set()

    async def succeed(self) -> None:
        """Takes over from those that leave next; `look` finds those of which was not heard."""
        await self._has_left.wait()
        self._has_left = anyio.Event()
        left, self._left = self._left, set()
        await self._engine.take_over_from(left)

    async def look(self) -> None:
        """Looks in the tables for what was not heard; returns when it is time to look again."""
        await self._look()
        await self._activity.pause(_LOOK_EVERY_S)

    async def cut_off(self) -> None:
        """Waits a moment, then takes over from processes that have fallen silent."""
        slept = not self._activity.busy
        await self._activity.pause(_CUT_OFF_EVERY_S)
        late = not slept and self._clock.ticks_s() - self._looked_at > 2 * _CUT_OFF_EVERY_S
        self._looked_at = self._clock.ticks_s()
        # late: we were frozen too, perhaps all of us with the machine: let everybody speak first
        if self._activity.busy and not late:
            await self._take_over_silent()

    async def _take_over_silent(self) -> None:
        silent = await self._database.write(cut_off_silent)
        if silent:
            _log.warning("processes are frozen, their runs go on without them", processes=silent)
            await self._engine.take_over_from(silent)

    async def _look(self) -> None:
        await self._tell(await self._database.read(run_queries.newest_seqs, self._log.followed_runs()))
        self._cancel(await self._database.read(run_queries.list_cancel_requested, self._engine.executing()))
        self._engine.let_go(await self._database.read(run_queries.list_lost, self._engine.executing(), self._owner))
        await self._engine.take_over(self._list_gone, may_judge=self._wakeups.may_judge())
        if isinstance(self._clock, DatabaseClock):
            await readjust(self._database, self._clock)

    async def _tell(self, newest: dict[str, int]) -> None:
        async with open_task_group() as tasks:
            for operation_id in self._log.followed_runs() & newest.keys():
                tasks.start_soon(self._log.hear, operation_id, newest[operation_id])

    def _cancel(self, operation_ids: Iterable[str]) -> None:
        for operation_id in operation_ids:
            self._engine.cancel(operation_id)

    async def _list_gone(self, processes: Collection[str]) -> set[str]:
        return await self._database.read(list_gone, processes)


@asynccontextmanager
async def open_peers(
    wakeups: Wakeups,
    database: Database,
    log: EventLog,
    engine: Engine,
    clock: Clock,
    *,
    owner: str,
    background: Background,
    activity: Activity,
) -> AsyncIterator[None]:
    """Listens and looks until closed."""
    peers = Peers(wakeups, database, log, engine, clock, activity, owner=owner)
    async with background.running(
        (LISTEN, peers.listen), (SUCCEED, peers.succeed), (LOOK, peers.look), (CUT_OFF, peers.cut_off)
    ):
        yield
