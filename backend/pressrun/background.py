"""`Background`: how work runs that nobody waits for. No failure of it takes the application down, none goes unnoticed.

An exception that left a background task would end its task group, and with it everything that the group's owner holds:
in the end the server. So each task runs by one of the verbs here. A failure is counted, logged once (not again until
the task has worked in between, or fails otherwise), and what shall go on is tried again after a pause that doubles.
Cancellation is never swallowed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import anyio.lowlevel
import structlog

from pressrun.background_tasks import TASKS, BackgroundTask
from pressrun.errors import TEMPORARY
from pressrun.failpoints import failpoint

_PAUSE_S = (
    0.1  # arbitrary (0.05..1): the first; what failed by an unlucky moment goes on at once, as far as one notices
)
_AGAIN_AND_AGAIN = 3  # failures in a row; one or two may be a moment's bad luck

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Row:
    """Failures in a row."""

    task: BackgroundTask
    kind: type[BaseException]
    count: int = 0


class Background:
    """One per process. Used on the event loop, and by the threads of some tasks."""

    def __init__(self, when_broken: Callable[[], None] = lambda: None) -> None:
        self.failures: Counter[str] = Counter({task.name: 0 for task in TASKS})
        self.broken = False  # the application's own task groups have ended: nothing can go on in this process
        self._when_broken = when_broken
        self._rows: dict[tuple[str, str], _Row] = {}
        self._turn = threading.Lock()  # without it two threads could lose a count

    def failing(self) -> list[str]:
        """What is essential and fails again and again; for people."""
        with self._turn:
            rows = [row for row in self._rows.values() if row.task.essential and row.count >= _AGAIN_AND_AGAIN]
        return sorted({f"{row.task.name} fails again and again ({row.kind.__name__})" for row in rows})

    def break_off(self) -> None:
        """The application's own task groups have ended."""
        self.broken = True
        self._when_broken()

    def in_a_row(self, task: BackgroundTask, of: str = "") -> int:
        """How often it has failed since it last worked."""
        row = self._rows.get((task.name, of))
        return 0 if row is None else row.count

    async def attempt(
        self, task: BackgroundTask, work: Callable[..., Awaitable[None]], *args: object, of: str = ""
    ) -> bool:
        """Runs `work` once; whether it returned. `of`: which one, where there are several of the kind."""

        async def passing_the_failpoint() -> None:
            failpoint(f"background.{task.name}")
            await work(*args)

        worked = await self.last_resort(task, passing_the_failpoint, of=of)
        if worked:
            self.worked(task, of)
        return worked

    async def last_resort(self, task: BackgroundTask, work: Callable[[], Awaitable[None]], of: str = "") -> bool:
        """As `attempt`, for what is left to do when that has failed; no test makes it fail."""
        try:
            await work()
        except Exception as exc:  # noqa: BLE001 - one task of many: the others and the server go on
            self.failed(task, exc, of)
            return False
        except BaseExceptionGroup as group:
            failures, others = group.split(Exception)
            if failures is not None:
                self.failed(task, failures, of)
            if others is None:
                return False
            raise others from None  # a cancellation among them, or the end of the process
        return True

    async def until_done(
        self, task: BackgroundTask, work: Callable[..., Awaitable[None]], *args: object, of: str = ""
    ) -> None:
        """Runs `work` until it returns."""
        try:
            while not await self.attempt(task, work, *args, of=of):  # noqa: ASYNC110 - the pause is what it is for
                await anyio.sleep(self.pause_s(task, of))
        finally:
            self.forget(task, of)

    async def for_ever(self, task: BackgroundTask, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` again and again, until cancelled. It waits by itself until it is time."""
        while True:
            await anyio.lowlevel.checkpoint()
            if not await self.attempt(task, work):
                await anyio.sleep(self.pause_s(task))

    @asynccontextmanager
    async def running(self, *tasks: tuple[BackgroundTask, Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
        """Runs these `for_ever`, until closed."""
        async with anyio.create_task_group() as group:
            for task, work in tasks:
                group.start_soon(self.for_ever, task, work)
            try:
                yield
            finally:
                group.cancel_scope.cancel()

    def attempt_nowait(self, task: BackgroundTask, work: Callable[[], None]) -> bool:
        """As `attempt`, for a callback or a thread."""
        try:
            failpoint(f"background.{task.name}")
            work()
        except Exception as exc:  # noqa: BLE001 - as in `attempt`
            self.failed(task, exc)
            return False
        self.worked(task)
        return True

    def pause_s(self, task: BackgroundTask, of: str = "") -> float:
        """How long to wait before it is tried again."""
        return min(task.pause_max_s, _PAUSE_S * 2.0 ** min(self.in_a_row(task, of) - 1, 16))

    def failed(self, task: BackgroundTask, exc: Exception, of: str = "") -> None:
        """It has failed once more."""
        while isinstance(exc, ExceptionGroup) and len(exc.exceptions) == 1:
            exc = exc.exceptions[0]
        with self._turn:
            self.failures[task.name] += 1
            row = self._rows.get((task.name, of))
            is_news = row is None or row.kind is not type(exc)
            if row is None:
                row = self._rows[task.name, of] = _Row(task, type(exc))
            row.kind = type(exc)
            row.count += 1
        if not is_news:
            return
        if isinstance(exc, TEMPORARY):
            _log.warning("a background task has to wait", task=task.name, of=of, code=exc.code)
        else:
            _log.error("a background task failed", task=task.name, of=of, exc_info=exc)

    def worked(self, task: BackgroundTask, of: str = "") -> None:
        """It has done what it is for."""
        if (task.name, of) not in self._rows:
            return
        with self._turn:
            row = self._rows.pop((task.name, of), None)
        if row is not None:
            _log.info("a background task works again", task=task.name, of=of, failures=row.count)

    def forget(self, task: BackgroundTask, of: str = "") -> None:
        """It is not needed any more."""
        with self._turn:
            self._rows.pop((task.name, of), None)
