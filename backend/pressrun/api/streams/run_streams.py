"""Event log -> Server-Sent Events. A stream is a reader: losing it ends nothing but itself.

Owns what a stream is made of (first `retry:`, then frames, `: ping` as heartbeat) and cursors from headers; not how a
frame is written (frames.py). All frames that are ready go out in one send. A stream is one task, the server's own for
the request; a reader that does not read is cut off by the connection (api/connections/server.py), not here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import anyio
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pressrun.api.state import state_of
from pressrun.api.streams.frames import PING, RETRY, frame_of, snapshot_frame, unnamed_frame_of
from pressrun.api.streams.watch import Watch
from pressrun.errors import ServerBusy
from pressrun.events.log import Follower
from pressrun.request_errors import MalformedHeader
from pressrun.runs.model import Run

_MAX_CURSOR_DIGITS = 10
_OPENED = "pressrun.opened_stream"
_BEGIN_AT_ONCE = 64  # arbitrary (16..256): more than the threads that read for them
_END_LIMIT_S = 5.0  # arbitrary (1..10): `on_end` is a short transaction; a stuck disk must not keep the server up
_TRY_AGAIN_S = 0.5  # arbitrary (0.2..2): how soon readers go on when the database is back

Following = Callable[[Callable[[], None]], Follower]
"""Opens a place in a run's log; what it is given is called whenever there may be news."""


@dataclass(slots=True)
class OpenedStream:
    """A request's place at its `StreamRunner`: the stream that a route has opened for it, if any.

    `on_end` is called when the stream has ended, however it does; nobody calls it when there is no stream.
    """

    stream: RunStream | None = None
    on_end: Callable[[], None] | None = None


def opened_stream_of(scope: Scope) -> OpenedStream | None:
    """Where the request's stream is run when the routes are done; None: by its route."""
    return cast("OpenedStream | None", scope.get(_OPENED))


async def _nothing() -> AsyncIterator[bytes]:
    """What sse-starlette's own `__call__` would send."""
    yield b""


_NOTHING = _nothing()


class RunStream(EventSourceResponse):
    """An SSE response; `on_end` is awaited however it ends, also when not one byte could be sent.

    Headers, media type and what HEAD gets are sse-starlette's. Its `__call__` takes five tasks and a lock for each
    reader, and sends an event at a time: ours is one task and follows the log (decision 0051).

    (A generator's `finally` would not do: it never runs when the client vanished before the first byte.)
    Where there is a `StreamRunner` it sends its headers in the place of a response and is then run there.
    """

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
        super().__init__(_NOTHING, headers=headers, ping=heartbeat_s, sep="\n")
        del self.headers["Connection"]  # the server's to say, which closes it when it is asked to
        self._following = following
        self._unsent = head
        self._frame_of = frame_of if named else unnamed_frame_of
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = opened_stream_of(scope)
        try:
            if scope["method"] == "HEAD":
                await super().__call__(scope, receive, send)
                await self._end()
                return
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            self.raw_headers = []  # sent: an open stream keeps only what it needs
        except BaseException:
            await self._end()
            raise
        if opened is None:
            await self.run(receive, send)
        else:
            opened.stream = self

    async def run(self, receive: Receive, send: Send) -> None:
        """Sends the body, until the run has ended, the client is gone or the server stops."""
        try:
            with Watch(receive, self.ping_interval) as watch, self._following(watch.wake) as follower:
                while not watch.gone and await self._pass_on(follower, watch, send):
                    if not follower.news and await watch.wait():
                        self._unsent = PING
        finally:
            await self._end()

    async def _pass_on(self, follower: Follower, watch: Watch, send: Send) -> bool:
        """Sends all there is, in one piece; whether there will be more. A waiting stream so holds no bytes."""
        try:
            events = await follower.read()
        except ServerBusy:  # the database is away: the reader need not notice
            await anyio.sleep(_TRY_AGAIN_S)
            watch.wake()
            return True
        chunk = self._unsent + b"".join(map(self._frame_of, events))
        self._unsent = b""
        if chunk:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            watch.sent()
        if follower.over:
            await send({"type": "http.response.body", "body": b""})
        return not follower.over

    async def _end(self) -> None:
        if self._on_end is not None:
            with anyio.move_on_after(_END_LIMIT_S, shield=True):
                await self._on_end()


class StreamRunner:
    """The outermost layer of the application: runs the streams that routes have opened, when the routes are done.

    An open stream then keeps neither gate nor routing nor request on its stack, which is half of its memory, and its
    frames pass through none of them. Followers begin by turns: of ten thousand in one crowd each would otherwise hold
    what a beginning takes, all at the same time, and the process never gets smaller again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._beginning = anyio.Semaphore(_BEGIN_AT_ONCE, fast_acquire=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = OpenedStream()
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith("/events"):
            async with self._beginning:  # short: there is no body to wait for, and nothing but a head is sent
                await self._app({**scope, _OPENED: opened}, receive, send)
        else:
            await self._app({**scope, _OPENED: opened}, receive, send)
        if opened.stream is not None:
            try:
                await opened.stream.run(receive, send)
            finally:
                if opened.on_end is not None:
                    opened.on_end()


def cursor_of(request: Request, last_seq: int | None = None) -> int:
    """The last seq the client has seen: `Last-Event-ID`, else `?last_event_id=`, else 0.

    Raises: MalformedHeader when it is no seq of this run (`last_seq` is the newest there is).
    """
    text = request.headers.get("last-event-id")
    if not text and request.scope["query_string"]:
        text = request.query_params.get("last_event_id")
    text = text or "0"
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
        partial(state.log.following, run.operation_id, after, live=not run.ended),
        head=RETRY + snapshot_frame(run, after=after, named=named) if snapshot else RETRY,
        named=named,
        heartbeat_s=state.settings.heartbeat_s,
        headers=headers or {},
        on_end=on_end,
    )
