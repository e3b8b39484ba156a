"""`tell_failure`: how work runs that nobody waits for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from pressrun.errors import TEMPORARY

_log = structlog.get_logger(__name__)


async def tell_failure(work: Callable[..., Awaitable[None]], *args: object) -> None:
    """Runs a background task. An exception that left it would end the task group, and with it the server; what it
    left undone, a full disk or a locked database for a reason, `_reconcile` does a few seconds later.
    """
    try:
        await work(*args)
    except TEMPORARY as exc:
        _log.warning("a background task has to wait", task=work.__name__, code=exc.code)
    except Exception as exc:  # noqa: BLE001 - one task of many: the others and the server go on
        _log.error("a background task failed", task=work.__name__, exc_info=exc)
