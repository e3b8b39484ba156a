"""Event log -> Server-Sent Events. A stream is a reader: losing it ends nothing but itself.

Owns the SSE form (first `retry:`, then frames, `: ping` as heartbeat), cursors from headers, and the reader's limits;
not what an event is. Frames are encoded once in the log and only passed on here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from pressrun.api.schemas import RunOut, Snapshot
from pressrun.api.state import state_of
from pressrun.errors import MalformedHeader
from pressrun.runs.model import Run

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # no cache, no buffering proxy
_RETRY_MS = 2000  # CONTRACT
_SEND_TIMEOUT_S = 10.0  # SAFETY: a reader that never reads is dropped, and resumes by its cursor
_MAX_CURSOR_DIGITS = 10

_log = structlog.get_logger(__name__)


class RunStream(EventSourceResponse):
    """An SSE response; `on_end` is awaited however it ends, also when not one byte could be sent.

    (A generator's `finally` would not do: it never runs when the client vanished before the first byte.)
    """

    def __init__(
        self,
        content: AsyncIterator[bytes],
        *,
        heartbeat_s: float,
        headers: dict[str, str],
        on_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(
            content,
            headers=headers,
            ping=heartbeat_s,
            sep="\n",
            ping_message_factory=lambda: ServerSentEvent(comment="ping", sep="\n"),
            send_timeout=_SEND_TIMEOUT_S,
        )
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except TimeoutError:
            _log.info("a reader did not read; it was disconnected")
        finally:
            if self._on_end is not None:
                await self._on_end()


def cursor_of(request: Request, last_seq: int | None = None) -> int:
    """The last seq the client has seen: `Last-Event-ID`, else `?last_event_id=`, else 0.

    Raises: MalformedHeader when it is no seq of this run (`last_seq` is the newest there is).
    """
    text = request.headers.get("last-event-id") or request.query_params.get("last_event_id") or "0"
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_CURSOR_DIGITS:
        raise MalformedHeader(
            "Last-Event-ID must be the `id` of an event of this run: a whole number from 0; send none to start over"
        )
    cursor = int(text)
    if last_seq is not None and cursor > last_seq:
        raise MalformedHeader(f"Last-Event-ID {cursor} is not of this run: its newest event is {last_seq}")
    return cursor


def follow(
    request: Request,
    run: Run,
    *,
    after: int,
    snapshot: bool,
    headers: dict[str, str] | None = None,
    on_end: Callable[[], Awaitable[None]] | None = None,
) -> RunStream:
    """The stream of a run's events after the cursor, live until its terminal event."""
    return RunStream(
        _frames(request, run, after=after, snapshot=snapshot),
        heartbeat_s=state_of(request).settings.heartbeat_s,
        headers={**STREAM_HEADERS, **(headers or {})},
        on_end=on_end,
    )


async def _frames(request: Request, run: Run, *, after: int, snapshot: bool) -> AsyncIterator[bytes]:
    named = request.query_params.get("named") != "0"
    yield f"retry: {_RETRY_MS}\n\n".encode()
    if snapshot:
        yield _snapshot_frame(run, after=after, named=named)
    async for event in state_of(request).service.follow(run.operation_id, after):
        yield event.frame if named else event.unnamed_frame


def _snapshot_frame(run: Run, *, after: int, named: bool) -> bytes:
    values = RunOut.of(run).model_dump()
    data = Snapshot.model_validate({**values, "from": after + 1}).model_dump_json(by_alias=True)
    return f"{'event: snapshot' + chr(10) if named else ''}data: {data}\n\n".encode()
