"""`until_possible`: work that is tried again for as long as it takes, where only waiting helps.

For what a run must not lose because a database is restarted or a disk is full. A person who waits is told instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import structlog

from pressrun.errors import TEMPORARY, DiskFailed, DiskFull, ServerBusy

_AGAIN_S = 0.5  # arbitrary (0.2..2): how soon a run goes on when the database is back, or the disk has room

T = TypeVar("T")
_log = structlog.get_logger(__name__)


async def until_possible(
    call: Callable[[], Awaitable[T]], on: tuple[type[DiskFull | DiskFailed | ServerBusy], ...] = TEMPORARY
) -> T:
    """The value of `call()`, which may be called again after any of the errors `on`. Raises: what else it raises."""
    while True:
        try:
            return await call()
        except on as exc:
            _log.warning("a run waits for the database or the disk", code=exc.code, why=str(exc))
            await anyio.sleep(_AGAIN_S)
