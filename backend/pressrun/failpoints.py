"""Named places in the code where a test makes this very process die, stand still, or meet a broken disk.

A place costs one look-up in an empty dict, and nothing is armed unless `PRESSRUN_FAILPOINTS` says so in a process that
also has `PRESSRUN_ENV=test`; anywhere else the server refuses to start with it. What is armed belongs to the process,
as signals do, and so does this module's one table.

    name=action            at the first hit           publish.before_rename=kill
    name:3=action          at the third hit           slide.written:3=kill;store.sync=EIO
    name:*=action          at every hit
    name/2=action          at the first hit in the second attempt of a run (with a count: name:3/2=action)

`kill` is SIGKILL and `pause` SIGSTOP of the whole process, right there; `EIO`, `ENOSPC` and every other name of an
errno is raised as OSError; `escape` raises what nothing catches, so that it leaves every task group.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from structlog.contextvars import get_contextvars

from pressrun.background_tasks import TASKS
from pressrun.errors import StartupError
from pressrun.stages import LAST_STAGE, STAGES, Stage

# within a stage; its own are before and behind them
_WITHIN: Mapping[Stage, tuple[str, ...]] = {
    "compose": ("store.before_rename", "document.written", "document.told"),
    "render": ("texts.written", "slide.captured", "slide.written", "event.in_transaction", "slide.told"),
    "export": ("export.written", "export.kept"),
    "publish": ("publish.committed", "publish.manifest_written", "publish.before_rename", "publish.renamed"),
}


def _passed_in(stage: Stage) -> Iterator[str]:
    yield f"{stage}.begin"
    yield from _WITHIN.get(stage, ())
    yield f"{stage}.end"
    if stage != LAST_STAGE:
        yield f"{stage}.checkpointed"


# where runs may be cut, in the order a run passes them
KILL_POINTS = (
    "admit.in_transaction",
    "admit.committed",
    "claim.committed",
    *(point for stage in STAGES for point in _passed_in(stage)),
    "finish.begin",
    "finish.in_transaction",
    "finish.committed",
    "cleanup.begin",
    "cleanup.end",
)
# passed only by runs that an AI composes
AI_POINTS = ("answer.kept",)
# met only by runs that wait, are cancelled, handed back or taken over
SIDE_POINTS = (
    "promote.in_transaction",
    "promote.committed",
    "cancel.committed",
    "hand_back.begin",
    "hand_back.end",
    "claim.in_transaction",
    "adopt.begin",
)
# where the disk may refuse
DISK_POINTS = ("store.write", "store.sync", "database.write")
DELETE_POINTS = ("delete.row_gone",)  # leaves a folder of no run, which retention finds
BACKGROUND_POINTS = tuple(f"background.{task.name}" for task in TASKS)  # before each attempt of a background task
POINTS = frozenset((*KILL_POINTS, *AI_POINTS, *SIDE_POINTS, *DISK_POINTS, *DELETE_POINTS, *BACKGROUND_POINTS))


class Escaped(BaseException):
    """No error of ours, and no cancellation: nobody catches it."""


@dataclass(slots=True)
class _Order:
    """What is to happen at one place; `at` None: every time."""

    action: str
    at: int | None
    attempt: int | None = None
    hits: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)  # places are passed on the loop and in its threads

    def hit(self, name: str) -> None:
        if self.attempt not in (None, get_contextvars().get("attempt")):
            return
        with self.lock:
            self.hits += 1
            due = self.at is None or self.hits == self.at
        if not due:
            return
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.action == "pause":
            # to this very thread: sent to the process, another thread may take it, and this one goes on for a while
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        elif self.action == "escape":
            raise Escaped(name)
        else:
            raise OSError(getattr(errno, self.action), f"failpoint {name}")


_armed: dict[str, _Order] = {}


def failpoint(name: str) -> None:
    """A place of that name; nothing happens here unless a test has armed it."""
    order = _armed.get(name)
    if order is not None:
        order.hit(name)


def arm(orders: str | None, *, environment: str | None) -> None:
    """Arms what `orders` says, and nothing else. Raises: StartupError outside of tests, or for what is no order."""
    _armed.clear()
    if not orders:
        return
    if environment != "test":
        raise StartupError("PRESSRUN_FAILPOINTS makes this server crash and is for tests only: unset it")
    for order in orders.split(";"):
        place, _, action = order.strip().partition("=")
        place, _, attempt = place.partition("/")
        name, _, at = place.partition(":")
        known = action in ("kill", "pause", "escape") or action in errno.errorcode.values()
        if name not in POINTS or not known or not re.fullmatch(r"\*?|\d+", at) or not re.fullmatch(r"\d*", attempt):
            raise StartupError(f"{order!r} is no order: PRESSRUN_FAILPOINTS is like publish.before_rename:1=kill")
        _armed[name] = _Order(action, None if at == "*" else int(at or 1), int(attempt) if attempt else None)
