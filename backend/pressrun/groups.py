"""A task group that fails with what went wrong, not with a group of all that came of it.

Where one of several tasks fails, others fail because of it: their stream is closed, their page is gone. anyio raises
all of them together, and not in the order of cause and effect (who waits on a stream that a failing task closes may be
back first). Callers, and the `error` event of a run, are told the first real cause; what else is a defect is logged.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import anyio
from anyio.abc import TaskGroup

from pressrun.errors import PressrunError

_log = logging.getLogger(__name__)

# Says only that somebody at the other end has gone: why, he says himself.
_WRECKAGE: Final = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


@asynccontextmanager
async def open_task_group() -> AsyncIterator[TaskGroup]:
    """As `anyio.create_task_group`, but raises the first real cause itself instead of an exception group."""
    cause: BaseException | None = None
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        cause = first_cause(group)
    if cause is not None:  # out here: raised inside, it would be its own context
        raise cause


def first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first that is no consequence of another: what ends the program, then what is no wreckage, then any."""
    leaves = list(_leaves(group))
    ending = [exc for exc in leaves if not isinstance(exc, Exception)]
    causes = [exc for exc in leaves if not isinstance(exc, _WRECKAGE)]
    first = (ending or causes or leaves)[0]
    for other in causes:
        if other is not first and not isinstance(other, PressrunError):
            _log.warning("besides %s, which is told, this went wrong", type(first).__name__, exc_info=other)
    return first


def _leaves(exc: BaseException) -> Iterator[BaseException]:
    if isinstance(exc, BaseExceptionGroup):
        for each in exc.exceptions:
            yield from _leaves(each)
    else:
        yield exc
