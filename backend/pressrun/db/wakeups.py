"""Wake-ups between the processes of one Postgres, and the sign of life of each.

A process tells what it has committed soon after (notifier.py); of requests to cancel a trigger tells, in their commits.
Each process holds one connection that hears both, and a second one that shows it alive (processes.py).

A wake-up is a hint: what it tells is in the tables, and whoever waits for one looks there now and then anyway.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from pressrun.db.notifier import decode
from pressrun.db.postgres import parse_url
from pressrun.db.processes import SignOfLife
from pressrun.db.triggers import CANCELS, EVENTS, LEAVING
from pressrun.errors import StartupError

if TYPE_CHECKING:
    from anyio.abc import TaskStatus

_RECONNECT_EVERY_S = 0.2  # arbitrary (0.1..1): a server that starts again refuses cheaply
# a peer that has vanished without a word (power, cable) is noticed in about ten seconds, from both sides
_KEEPALIVE = {"keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3}
_KEEPALIVE_OF_SERVER = "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"

_log = structlog.get_logger(__name__)


class Wakeups:
    """What was heard and not yet looked at. Open with `open_wakeups`; one reader.

    Bounded by the runs that are active: of each only the newest seq is kept.
    """

    def __init__(self, sign: SignOfLife) -> None:
        self._sign = sign
        self._newest: dict[str, int] = {}
        self._cancelled: set[str] = set()
        self._heard = anyio.Event()
        self._when_leaving: Callable[[str, float], None] = _nobody_leaves

    def may_judge(self) -> bool:
        """Whether who shows no sign of life is gone, as far as we can tell."""
        return self._sign.lasting

    async def next(self) -> tuple[dict[str, int], frozenset[str]]:
        """Waits for news: the newest seq of runs with new events, and the runs somebody wants cancelled."""
        await self._heard.wait()
        self._heard = anyio.Event()
        newest, self._newest = self._newest, {}
        cancelled, self._cancelled = frozenset(self._cancelled), set()
        return newest, cancelled

    def when_leaving(self, told: Callable[[str, float], None]) -> None:
        """`told(process, within_s)` is called, on the loop, for a process that leaves and hands its runs back then."""
        self._when_leaving = told

    def hear(self, channel: str, payload: str) -> None:
        """Takes one notification."""
        if channel == LEAVING:
            process, _, within_s = payload.partition(" ")
            self._when_leaving(process, float(within_s))
            return
        if channel == CANCELS:
            self._cancelled.add(payload)
        else:
            for operation_id, seq in decode(payload).items():
                self._newest[operation_id] = max(seq, self._newest.get(operation_id, 0))
        self._heard.set()


def _nobody_leaves(_process: str, _within_s: float) -> None:
    """Nobody wants to be told of it yet."""


@asynccontextmanager
async def open_wakeups(url: str, process: str) -> AsyncIterator[Wakeups]:
    """Shows `process` alive and hears wake-ups until closed; connects again by itself, for ever.

    Raises: StartupError when there is no connection to begin with.
    """
    uri = parse_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    conninfo = make_conninfo(uri, connect_timeout=5, **_KEEPALIVE)
    sign = SignOfLife(conninfo, process)
    wakeups = Wakeups(sign)
    async with anyio.create_task_group() as tasks:
        try:
            await tasks.start(_keep_listening, conninfo, wakeups)
            await tasks.start(_show_alive, sign)
        except psycopg.OperationalError as exc:
            raise StartupError("the database of PRESSRUN_DATABASE_URL does not answer") from exc
        try:
            yield wakeups
        finally:
            sign.stop()
            tasks.cancel_scope.cancel()


async def _show_alive(sign: SignOfLife, *, task_status: TaskStatus[None]) -> None:
    own_thread = anyio.CapacityLimiter(1)  # for as long as we live: not one of those that everybody shares
    connection = await anyio.to_thread.run_sync(sign.connect, limiter=own_thread)
    task_status.started()
    with anyio.CancelScope(shield=True):  # ends by `stop`
        await anyio.to_thread.run_sync(sign.keep, connection, limiter=own_thread)


async def _keep_listening(conninfo: str, wakeups: Wakeups, *, task_status: TaskStatus[None]) -> None:
    conninfo = make_conninfo(conninfo, application_name="pressrun wake-ups")
    connected = False
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
            async with connection:
                await connection.execute(_KEEPALIVE_OF_SERVER)
                for channel in (EVENTS, CANCELS, LEAVING):
                    await connection.execute(f"LISTEN {channel}".encode())
                if not connected:
                    connected = True
                    task_status.started()
                async for heard in connection.notifies():
                    wakeups.hear(heard.channel, heard.payload)
        except psycopg.OperationalError as exc:
            if not connected:
                raise
            _log.warning("the database's wake-ups were cut off", reason=str(exc))
        await anyio.sleep(_RECONNECT_EVERY_S)
