"""`RecoveryQueue`: where interrupted runs wait to be taken up again, and the one thread that does it.

DBOS puts what is to be recovered into a queue of its own and polls that once a second; it polls as often for queues
that come and go, for delayed workflows, for notifications, and now and then for schedules. We have none of those, and
nobody puts anything into the queue but `DBOS.launch` and `take_over_from`. So DBOS' threads for the former are not
started, and the one for the latter sleeps until it is rung (decision 0032). Whatever a ring misses, the reconciler
rings for again: a run that nobody executes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from dbos import DBOS, _dbos, _queue, _sys_db

from pressrun.background_tasks import ENGINE_QUEUE

if TYPE_CHECKING:
    from pressrun.background import Background

_POLL_AT_START_S = 0.1  # a run goes on that much after a start: DBOS.launch fills the queue in a thread of its own
_START_LASTS_S = 5.0


class RecoveryQueue:
    """Of one launched DBOS. `ring` and `close` may be called from any thread."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._bell = threading.Event()
        self._closed = False
        self._polls_until = time.monotonic() + _START_LASTS_S
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """Whether interrupted runs are taken up."""
        return self._thread is not None and self._thread.is_alive()

    def ring(self) -> None:
        """There may be something in the queue."""
        self._bell.set()

    def close(self) -> None:
        """Ends the thread; to be called before DBOS is destroyed, which waits for it."""
        self._closed = True
        self._bell.set()

    @contextmanager
    def in_place_of_polling(self, *, on_postgres: bool) -> Iterator[None]:
        """Inside, `DBOS.launch` starts this instead of its own threads that poll.

        The names are private, so pinned (dbos==3.4.*) and contract-tested: tests/unit/test_engine_names.py
        """
        places: list[tuple[Any, str, Any]] = [
            (_dbos, "queue_thread", self._run),
            (_dbos, "background_jobs_thread", _not_needed),
            (_dbos, "dynamic_scheduler_loop", _not_needed),
            (_sys_db.SystemDatabase, "run_notification_listener", _not_needed),
        ]
        if on_postgres:
            from dbos._sys_db_postgres import PostgresSystemDatabase  # noqa: PLC0415 - a driver that SQLite needs not

            places.append((PostgresSystemDatabase, "run_notifier", _not_needed))
        with ExitStack() as replaced:
            for owner, name, instead in places:
                replaced.callback(setattr, owner, name, getattr(owner, name))
                setattr(owner, name, instead)
            yield

    def is_set(self) -> bool:
        """Whether to stop; with `wait` all that DBOS asks of the event it is given."""
        return self._closed

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is time to look into the queue, whatever DBOS would say; whether to stop."""
        self._background.worked(ENGINE_QUEUE)
        at_start = time.monotonic() < self._polls_until
        self._bell.wait(_POLL_AT_START_S if at_start else None)
        self._bell.clear()
        return self._closed

    def _run(self, stop: threading.Event, dbos: DBOS) -> None:
        self._thread = threading.current_thread()
        queue = dbos._registry.get_internal_queue()

        def take_up() -> None:
            _queue.queue_worker_thread(self, dbos, queue)  # type: ignore[arg-type]  # the two methods it needs

        while not self._closed and not stop.is_set():
            if not self._background.attempt_nowait(ENGINE_QUEUE, take_up):
                stop.wait(self._background.pause_s(ENGINE_QUEUE))


def _not_needed(*_args: Any) -> None:
    """Ends the thread at once."""
