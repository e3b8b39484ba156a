"""What work in a thread does for whoever waits for it: it stops between two pieces once that was cancelled.

A thread cannot be interrupted. Who cancels a run waits for its threads, so each that may take a second asks here.
"""

from __future__ import annotations

import contextlib

from anyio import NoEventLoopError
from anyio.from_thread import check_cancelled


def stop_if_cancelled() -> None:
    """Raises the cancellation of the task that waits for this thread, if there is one; nothing outside such threads.

    It looks at cancel scopes, which is how runs are cancelled (engine/engine.py). Takes under a microsecond.
    """
    with contextlib.suppress(NoEventLoopError):
        check_cancelled()
