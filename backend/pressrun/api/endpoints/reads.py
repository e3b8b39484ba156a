"""Requests that read the database or the disk, by turns: a crowd of them costs whoever starts a run next to nothing.

Rendering 50 runs holds the loop for a millisecond or two, and the database has four threads to read in. So few are at
work at a time, however many ask; they take turns by caller, and where everybody is the same user by connection.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from pressrun.api.gate.tokens import LOCAL, caller_of
from pressrun.api.methods import Endpoint
from pressrun.api.state import state_of
from pressrun.fair_limiter import FairLimiter

_AT_ONCE = 4  # as many as the threads that read
_MAX_WAITING = 1_000  # arbitrary (100..10 000): some two seconds of reading; more are told 503


def open_reads() -> FairLimiter:
    """For one application."""
    return FairLimiter(_AT_ONCE, max_waiting=_MAX_WAITING)


def by_turns(endpoint: Endpoint) -> Endpoint:
    """The endpoint, when it is the caller's turn; the next may work before the answer is sent.

    So it must not read a body, nor be one that waits for anything but the database and the disk.
    """

    @wraps(endpoint)
    async def taken(request: Request) -> Response:
        async with state_of(request).reads.acquire(_share_of(request)):
            return await endpoint(request)

    return taken


def _share_of(request: Request) -> Hashable:
    caller = caller_of(request.scope)
    return request.scope.get("client") if caller is LOCAL else caller.name
