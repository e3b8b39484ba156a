"""`Notifier`: tells the other processes of one Postgres which runs have new events, apart from the commits of those.

`NOTIFY` in a commit makes Postgres let one such commit pass after the other, in the whole cluster: 32 writers then got
0.05 of what they get without. So what was committed is collected here and told at most every 10 ms, in a transaction of
its own: the newest seq of each run. What is not told (a process that dies in between) costs its readers a second: they
look (runs/peers.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import structlog
from sqlalchemy import text

from pressrun.background import Background
from pressrun.background_tasks import NOTIFY
from pressrun.db.triggers import EVENTS, LEFT
from pressrun.errors import ServerBusy
from pressrun.groups import open_task_group

if TYPE_CHECKING:
    from pressrun.db.engine import Database

_TELL_EVERY_S = 0.01  # DBOS' notifier has the same (dbos 3.4); a reader sees an event that much later at worst
_RUNS_A_PAYLOAD = 100  # of at most 36 + 11 characters and two between; Postgres takes 8 000 bytes
# one row, so that it can be called: without BEGIN and COMMIT it is one round trip
_TELL = text(
    "SELECT count(*) FROM (SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload) told"
)

_log = structlog.get_logger(__name__)


class Notifier:
    """What is still to be told. Open with `open_notifier`. Bounded by the runs that are active: one seq of each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[str, int] = {}
        self._news = anyio.Event()

    def committed(self, operation_id: str, seq: int) -> None:
        """There is an event of that seq. At once, on the loop."""
        self._pending[operation_id] = max(seq, self._pending.get(operation_id, 0))
        self._news.set()

    async def tell_left(self, process: str) -> None:
        """Tells that this process has handed its runs back, and works on none any more."""
        try:
            await self._database.call(_TELL, channel=LEFT, payloads=[process])
        except ServerBusy as exc:
            _log.warning("other processes were not told that this one leaves", code=exc.code)

    async def tell_next(self) -> None:
        """Waits until there is something to tell, tells it, and lets a moment's worth gather."""
        await self._news.wait()
        self._news = anyio.Event()
        await self.tell()
        await anyio.sleep(_TELL_EVERY_S)

    async def tell(self) -> None:
        """What was committed so far. Who cannot be told looks."""
        pending, self._pending = self._pending, {}
        if not pending:
            return
        try:
            await self._database.call(_TELL, channel=EVENTS, payloads=encode(pending))
        except ServerBusy as exc:
            _log.warning("other processes were not told of new events", code=exc.code)


def encode(newest: dict[str, int]) -> list[str]:
    """Payloads that name each run with the seq of its newest event."""
    told = [f"{operation_id} {seq}" for operation_id, seq in newest.items()]
    starts = range(0, len(told), _RUNS_A_PAYLOAD)
    return [",".join(told[start : start + _RUNS_A_PAYLOAD]) for start in starts]


def decode(payload: str) -> dict[str, int]:
    """What `encode` has put into one payload."""
    pairs = (told.partition(" ") for told in payload.split(","))
    # anybody who may use the database may say anything in the channel
    return {operation_id: int(seq) for operation_id, _, seq in pairs if seq.isascii() and seq.isdecimal()}


@asynccontextmanager
async def open_notifier(database: Database, background: Background | None = None) -> AsyncIterator[Notifier]:
    """Tells until closed, and then what is left."""
    notifier, background = Notifier(database), background or Background()
    async with open_task_group() as tasks:
        tasks.start_soon(background.for_ever, NOTIFY, notifier.tell_next)
        try:
            yield notifier
        finally:
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await notifier.tell()
