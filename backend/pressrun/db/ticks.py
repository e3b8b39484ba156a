"""`DatabaseClock`: time that all processes of one Postgres share, whatever their machines think it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from pressrun.clock import SystemClock

if TYPE_CHECKING:
    from pressrun.db.engine import Database

_READINGS = 5  # the quickest of them is the best one; its error is below half of its round trip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLEW = 0.001  # a crystal is off by 0.0001 at worst, a clock that was set by anything: follow the one, not the other


class DatabaseClock:
    """The database server's clock, told by this machine's monotonic one. Open with `read_clock`.

    Postgres has no monotonic clock, so the offset between the two is measured, once well and then again and again, and
    followed so slowly that a step of the server's clock neither frees nor blocks anything in a process that runs.
    """

    epoch = "postgres"

    def __init__(self, offset_s: float) -> None:
        self._system = SystemClock()
        self._offset_s = offset_s
        self._adjusted_at = self._system.ticks_s()

    def now(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.ticks_s())

    def ticks_s(self) -> float:
        return self._system.ticks_s() + self._offset_s

    def adjust(self, offset_s: float) -> None:
        """Goes along with a drift of either clock; never so fast that ticks would go back."""
        ticks_s = self._system.ticks_s()
        most_s = _SLEW * (ticks_s - self._adjusted_at)
        self._offset_s += min(most_s, max(-most_s, offset_s - self._offset_s))
        self._adjusted_at = ticks_s


async def read_clock(database: Database) -> DatabaseClock:
    """The clock of this database. Raises: ServerBusy."""
    return DatabaseClock(await _measure(database.read, SystemClock()))


async def readjust(database: Database, clock: DatabaseClock) -> None:
    """Measures again. Raises: ServerBusy."""
    clock.adjust(await _measure(database.read, SystemClock()))


async def _measure(read: Callable[[Callable[[Connection], float]], Awaitable[float]], system: SystemClock) -> float:
    readings = []
    for _ in range(_READINGS):
        before_s = system.ticks_s()
        server_s = await read(_server_s)
        after_s = system.ticks_s()
        readings.append((after_s - before_s, server_s - (before_s + after_s) / 2))
    return min(readings)[1]


def _server_s(connection: Connection) -> float:
    return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
