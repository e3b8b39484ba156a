"""uvicorn, with limits of our own: who does not read or ask is cut off, and streams end before the server does.

Owns the connections; not how many there may be (connection_limit.py), not what is answered. A body's pace is
api/wire/body.py's.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from functools import partial
from typing import Any

import anyio
import h11
import structlog
import uvicorn
from anyio.abc import TaskStatus
from sse_starlette.sse import AppStatus
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from pressrun.api.connections.connection_limit import ConnectionLimiter
from pressrun.api.connections.listeners import answer_bytes, most_connections, open_listeners
from pressrun.api.gate.middleware import MAX_HEADER_BYTES
from pressrun.api.state import AppState
from pressrun.background import Background
from pressrun.errors import PressrunError, StartupError

_READ_PATIENCE_S = 10.0  # SAFETY: a reader that never reads is dropped within 15 s, and resumes by its cursor
_SHUTDOWN_PATIENCE_S = 2.0  # arbitrary (1..4): below the time that uvicorn gives everybody
_SHUTDOWN_LIMIT_S = 5  # SAFETY: uvicorn alone never lets go of one slow client
# what of a body that was refused is read and dropped, so that its sender comes to reading why: more than any that is
# taken, and as long as the next request's head may take (the limiter's clock)
_UNWANTED_BYTES = 64 * 1024 * 1024
_SEND_BUFFER_BYTES = 128 * 1024  # SAFETY: measured there, 0.39 MB for a reader that never reads instead of 4.29

_log = structlog.get_logger(__name__)


def run_server(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    max_connections: int | None = None,
    max_per_address: int | None = None,
    background: Background | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM; exits the process with 1 when the application cannot start, or has broken off.

    `max_connections` None: as many as the limit of descriptors allows. Raises: StartupError when it cannot listen.
    """
    limiter = _limit(app, max_connections, max_per_address, background)
    server = Server(_configure(limiter, host, port))
    # the log ends its streams, see `Server.shutdown`
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    server.run(sockets=open_listeners(host, port, limiter))
    if not server.started or server.lifespan.error_occurred:
        sys.exit(1)


@asynccontextmanager
async def open_server(app: ASGIApp, *, host: str, background: Background | None = None) -> AsyncIterator[int]:
    """Serves on a free port beside what else runs on this loop, whose signals are not touched; yields the port.

    Who opened it is cancelled when the application breaks off. Raises: StartupError when it cannot listen or start.
    """
    limiter = _limit(app, None, None, background)
    listeners = open_listeners(host, 0, limiter)
    server = Server(_configure(limiter, host, 0))
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    async with anyio.create_task_group() as tasks:
        await tasks.start(_serve_beside, server, listeners, tasks.cancel_scope)
        if server.started:
            try:
                yield listeners[0].getsockname()[1]
            finally:
                server.should_exit = True
    if not server.started:
        raise StartupError("the application could not start")
    if server.broken:
        raise StartupError("the application has broken off")


async def _serve_beside(
    server: Server, listeners: list[socket.socket], scope: anyio.CancelScope, *, task_status: TaskStatus[None]
) -> None:
    """Until it is told to end, and its application is closed in order then, whoever is cancelled meanwhile."""
    server.when_started = task_status.started
    try:
        with anyio.CancelScope(shield=True):
            await server._serve(listeners)  # `serve` without its handlers of signals
    except SystemExit:  # uvicorn's, when the application cannot start
        task_status.started()
    if server.broken:
        scope.cancel()


def _limit(
    app: ASGIApp, max_connections: int | None, max_per_address: int | None, background: Background | None
) -> ConnectionLimiter:
    most = most_connections()
    return ConnectionLimiter(
        app, min(most, max_connections or most), per_address=max_per_address, background=background
    )


def _configure(limiter: ConnectionLimiter, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        limiter,
        interface="asgi3",
        host=host,
        port=port,
        http=partial(Connection, limiter=limiter),  # type: ignore[arg-type]  # uvicorn only calls it
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=_SHUTDOWN_LIMIT_S,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )


class _State(ServerState):
    """uvicorn's, whose `Date` is made when somebody asks, not once a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._headers = config.encoded_headers
        self._made_at = 0
        super().__init__()

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What every response has."""
        now = int(time.time())
        if now != self._made_at:
            self._made_at = now
            self._made = [(b"date", formatdate(now, usegmt=True).encode()), *self._headers]
        return self._made

    @default_headers.setter
    def default_headers(self, _value: list[tuple[bytes, bytes]]) -> None:
        """What uvicorn would have them be."""


class Server(uvicorn.Server):
    """Stops its streams first: each closes with a whole response, and its client comes back with its cursor.

    Sleeps while there is nothing to do: uvicorn's own looks ten times a second whether it is to end. It ends when it is
    told to, and when the application's lifespan has ended without having been told to: nothing works any more then.
    """

    _loop: asyncio.AbstractEventLoop | None = None
    when_started: Callable[[], None] | None = None
    broken = False  # it ends because its application did

    def __init__(self, config: uvicorn.Config) -> None:
        self._told = asyncio.Event()
        super().__init__(config)
        config.load()
        self.server_state = _State(config)

    @property
    def should_exit(self) -> bool:
        """Set by uvicorn's signal handlers, too."""
        return self._should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._should_exit = value
        if value and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """Until it is time to end."""
        self._loop = asyncio.get_running_loop()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch_lifespan)
            if not self.should_exit:
                await self._told.wait()
            tasks.cancel_scope.cancel()

    async def _watch_lifespan(self) -> None:
        await self.lifespan.shutdown_event.wait()  # set by uvicorn also when the lifespan has raised
        _log.critical("the application has broken off, so the server ends")
        self.broken = True
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what is there stays: looking through it again and again was a third of a 409's time (measured)
        if self.when_started is not None:
            self.when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state: AppState = self.lifespan.state["app"]
        state.log.close()
        await super().shutdown(sockets)


class _Lingering:
    """A connection's transport, for uvicorn, whose `close` waits for who is still sending: closed at once, the rest of
    the body would meet a reset, and that takes the answer along which the sender has not read (RFC 9112, 9.6).
    """

    def __init__(self, transport: asyncio.Transport, close: Callable[[], bool]) -> None:
        self._transport = transport
        self._close = close
        self._lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._lingers or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        self._lingers = self._close()
        if self._lingers:
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()

    def close_now(self) -> None:
        self._transport.close()


class Connection(H11Protocol):
    """One client. Closed without ado when it leaves what was sent to it unread for too long, or asks nothing.

    One whose body was refused may send it all the same, within bounds: it reads the answer when it has.

    ASGI has no way to say the former: an app that gives up waiting to send can only return, and the transport then
    waits for ever for its buffer to empty. Of the latter uvicorn has no notion.
    """

    _patience_s = _READ_PATIENCE_S
    _unread: asyncio.TimerHandle | None = None
    _left_unread: int | None = None
    _unwanted_bytes = 0
    _lingers = False
    _goes = False  # the server does

    def __init__(self, *args: Any, limiter: ConnectionLimiter, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limiter = limiter

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        accepted = transport.get_extra_info("socket")
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._limiter.arrived(accepted.fileno(), self)
        self.transport = _Lingering(transport, self._begin_to_linger)  # type: ignore[assignment]  # all uvicorn uses

    def data_received(self, data: bytes) -> None:
        if self._lingers or (self.cycle is not None and self.cycle.response_complete and self._is_sending):
            self._unwanted_bytes += len(data)
            if self._unwanted_bytes > _UNWANTED_BYTES:
                self.transport.abort()
                return
        if self._lingers:
            return
        if self.cycle is not None and self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            self._limiter.waits(self)  # the first bytes of the next request: its headers have their own time
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._limiter.forget(self)

    def on_response_complete(self) -> None:
        """Called by uvicorn; what of the request's body is still to come has no longer than the next request's head."""
        self._unwanted_bytes = 0
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._limiter.waits(self)

    @property
    def _is_sending(self) -> bool:
        """Whether there is more of a request to come, or of what was none."""
        return self.conn.their_state in (h11.SEND_BODY, h11.ERROR)

    def _begin_to_linger(self) -> bool:
        self._lingers = self._is_sending and not self._goes
        if self._lingers:
            self._limiter.waits(self)
        return self._lingers

    def send_away(self, reason: PressrunError) -> None:
        """Called by the limiter. One that is still reading its last answer has more time for as long as it reads."""
        unread = self.transport.get_write_buffer_size()
        if unread:
            if self._left_unread is None or unread < self._left_unread:
                self._left_unread = unread
                self._limiter.waits(self)
            else:
                self.transport.abort()
            return
        asking = self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]
        if asking and self.conn.our_state is h11.IDLE:
            self.transport.write(answer_bytes(reason))
        self.transport.close_now()  # type: ignore[attr-defined]  # it had its time

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self._patience_s, self._stop_waiting)

    def resume_writing(self) -> None:
        self._forget()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._limiter.forget(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Called by uvicorn when the server is about to go."""
        self._goes = True
        super().shutdown()
        if self._lingers:
            self.transport.close_now()  # type: ignore[attr-defined]
        self._patience_s = _SHUTDOWN_PATIENCE_S
        if self.transport.get_write_buffer_size() > 0:
            self._forget()
            self._unread = self.loop.call_later(self._patience_s, self._stop_waiting)

    def _stop_waiting(self) -> None:
        _log.info("a reader did not read; it was disconnected", path=self.scope["path"])
        self.transport.abort()

    def _forget(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
