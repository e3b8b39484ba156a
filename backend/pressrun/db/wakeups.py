"""Wake-ups between the processes of one Postgres, and the heartbeat of each.

A process tells what it has committed soon after (notifier.py); of requests to cancel a trigger tells, in their commits.
Each process holds one connection that hears both, and a second one that shows it alive (processes.py).

A wake-up is a hint: what it tells is in the tables, and whoever waits for one looks there now and then anyway.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from pressrun.background import Background
from pressrun.background_tasks import HEARTBEAT, WAKEUPS
from pressrun.db.availability import NOTICES_A_HOST_THAT_VANISHED
from pressrun.db.notifier import decode
from pressrun.db.postgres import parse_url
from pressrun.db.processes import Heartbeat
from pressrun.db.triggers import CANCELS, EVENTS, LEFT
from pressrun.errors import StartupError
from pressrun.groups import open_task_group

_RECONNECT_EVERY_S = 0.2  # arbitrary (0.1..1): a server that starts again refuses cheaply
# as NOTICES_A_HOST_THAT_VANISHED, seen from the server's side
_KEEPALIVE_OF_SERVER = "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"

_log = structlog.get_logger(__name__)


class Wakeups:
    """What was heard and not yet looked at. Open with `open_wakeups`; one reader.

    Bounded by the runs that are active: of each only the newest seq is kept.
    """

    def __init__(self, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat
        self._newest: dict[str, int] = {}
        self._cancelled: set[str] = set()
        self._heard = anyio.Event()
        self._when_left: Callable[[str], None] = _nobody_leaves

    def set_busy(self, busy: bool) -> None:
        """Whether there are runs: only then do we have to be seen alive all the time."""
        self._heartbeat.set_busy(busy)

    def missed(self) -> None:
        """Something may have been told while nobody heard."""
        self._heard.set()

    def may_judge(self) -> bool:
        """Whether who shows no heartbeat is gone, as far as we can tell."""
        return self._heartbeat.lasting

    async def next(self) -> tuple[dict[str, int], frozenset[str]]:
        """Waits for news: the newest seq of runs with new events, and the runs somebody wants cancelled."""
        await self._heard.wait()
        self._heard = anyio.Event()
        newest, self._newest = self._newest, {}
        cancelled, self._cancelled = frozenset(self._cancelled), set()
        return newest, cancelled

    def when_left(self, told: Callable[[str], None]) -> None:
        """`told(process)` is called, on the loop, for a process that has ended and handed its runs back."""
        self._when_left = told

    def hear(self, channel: str, payload: str) -> None:
        """Takes one notification."""
        if channel == LEFT:
            self._when_left(payload)
            return
        if channel == CANCELS:
            self._cancelled.add(payload)
        for operation_id, seq in decode(payload).items() if channel == EVENTS else ():
            self._newest[operation_id] = max(seq, self._newest.get(operation_id, 0))
        if self._newest or self._cancelled:
            self._heard.set()


def _nobody_leaves(_process: str) -> None:
    """Nobody wants to be told of it yet."""


@asynccontextmanager
async def open_wakeups(url: str, process: str, background: Background | None = None) -> AsyncIterator[Wakeups]:
    """Shows `process` alive and hears wake-ups until closed; connects again by itself, for ever.

    Raises: StartupError when there is no connection to begin with.
    """
    uri = parse_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    conninfo = make_conninfo(uri, connect_timeout=5, **NOTICES_A_HOST_THAT_VANISHED)
    heartbeat = Heartbeat(conninfo, process)
    wakeups = Wakeups(heartbeat)
    listener = _Listener(conninfo, wakeups)
    shown = _Shown(heartbeat)
    background = background or Background()
    try:
        await listener.connect()
        await shown.connect()
    except psycopg.OperationalError as exc:
        await listener.close()
        raise StartupError("the database of PRESSRUN_DATABASE_URL does not answer") from exc
    async with open_task_group() as tasks:
        tasks.start_soon(background.for_ever, WAKEUPS, listener.listen)
        tasks.start_soon(background.until_done, HEARTBEAT, shown.keep)
        try:
            yield wakeups
        finally:
            heartbeat.stop()
            tasks.cancel_scope.cancel()


class _Shown:
    """The thread that shows us alive."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat
        self._thread = anyio.CapacityLimiter(1)  # for as long as we live: not one of those that everybody shares
        self._connection: psycopg.Connection | None = None

    async def connect(self) -> None:
        """Raises: psycopg.OperationalError."""
        self._connection = await anyio.to_thread.run_sync(self._heartbeat.connect, limiter=self._thread)

    async def keep(self) -> None:
        connection, self._connection = self._connection, None
        with anyio.CancelScope(shield=True):  # ends by `stop`
            await anyio.to_thread.run_sync(self._heartbeat.keep, connection, limiter=self._thread)


class _Listener:
    """The connection that hears; made anew when it is lost."""

    def __init__(self, conninfo: str, wakeups: Wakeups) -> None:
        self._conninfo = make_conninfo(conninfo, application_name="pressrun wake-ups")
        self._wakeups = wakeups
        self._connection: psycopg.AsyncConnection | None = None

    async def connect(self) -> psycopg.AsyncConnection:
        """Raises: psycopg.OperationalError."""
        connection = self._connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        await connection.execute(_KEEPALIVE_OF_SERVER)
        for channel in (EVENTS, CANCELS, LEFT):
            await connection.execute(f"LISTEN {channel}".encode())
        return connection

    async def listen(self) -> None:
        """Hears until the connection is lost."""
        try:
            connection = self._connection
            if connection is None:
                connection = await self.connect()
                self._wakeups.missed()
            while True:
                async for heard in connection.notifies(timeout=0):
                    self._wakeups.hear(heard.channel, heard.payload)
                await anyio.wait_readable(connection.fileno())  # psycopg itself would look ten times a second
        except psycopg.OperationalError as exc:
            _log.warning("the database's wake-ups were cut off", reason=str(exc))
        finally:
            await self.close()
        await anyio.sleep(_RECONNECT_EVERY_S)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with anyio.CancelScope(shield=True):
                await connection.close()
