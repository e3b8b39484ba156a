"""Event log -> Server-Sent Events. A stream is a reader: losing it ends nothing but itself.

Owns the SSE form (first `retry:`, then frames, `: ping` as heartbeat) and cursors from headers; not what an event is.
Frames are encoded once in the log and only passed on here, all that is ready in one send. A stream is one task, the
server's own for the request; a reader that does not read is cut off by the connection (api/server.py), not here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import partial

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pressrun.api.schemas import RunOut, Snapshot
from pressrun.api.state import state_of
from pressrun.api.watch import Watch
from pressrun.errors import MalformedHeader
from pressrun.events.log import Follower
from pressrun.runs.model import Run

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # no cache, no buffering proxy
_RETRY = b"retry: 2000\n\n"  # CONTRACT
_PING = b": ping\n\n"
_MAX_CURSOR_DIGITS = 10
_END_LIMIT_S = 5.0  # arbitrary (1..10): `on_end` is a short transaction; a stuck disk must not keep the server up

Following = Callable[[Callable[[], None]], AbstractContextManager[Follower]]
"""Opens a place in a run's log; what it is given is called whenever there may be news."""


class RunStream(Response):
    """An SSE response; `on_end` is awaited however it ends, also when not one byte could be sent.

    (A generator's `finally` would not do: it never runs when the client vanished before the first byte.)
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        following: Following,
        *,
        head: bytes,
        named: bool,
        heartbeat_s: float,
        headers: dict[str, str],
        on_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(headers)
        self._following = following
        self._head = head
        self._named = named
        self._heartbeat_s = heartbeat_s
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._stream(receive, send)
        finally:
            if self._on_end is not None:
                with anyio.move_on_after(_END_LIMIT_S, shield=True):
                    await self._on_end()

    async def _stream(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with Watch(receive, self._heartbeat_s) as watch, self._following(watch.wake) as follower:
            chunk = self._head
            while not watch.gone:
                chunk += await self._read(follower)
                if chunk:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    watch.sent()
                if follower.over:
                    await send({"type": "http.response.body", "body": b""})
                    return
                silent = not follower.news and await watch.wait()
                chunk = _PING if silent else b""

    async def _read(self, follower: Follower) -> bytes:
        events = await follower.read()
        return b"".join([event.frame if self._named else event.unnamed_frame for event in events])


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
    named = request.query_params.get("named") != "0"
    state = state_of(request)
    return RunStream(
        partial(state.service.following, run, after),
        head=_RETRY + _snapshot_frame(run, after=after, named=named) if snapshot else _RETRY,
        named=named,
        heartbeat_s=state.settings.heartbeat_s,
        headers={**STREAM_HEADERS, **(headers or {})},
        on_end=on_end,
    )


def _snapshot_frame(run: Run, *, after: int, named: bool) -> bytes:
    values = RunOut.of(run).model_dump()
    data = Snapshot.model_validate({**values, "from": after + 1}).model_dump_json(by_alias=True)
    return f"{'event: snapshot' + chr(10) if named else ''}data: {data}\n\n".encode()
