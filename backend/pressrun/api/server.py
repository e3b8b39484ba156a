"""uvicorn, with limits of our own: who does not read is cut off, and streams end before the server does.

Owns the listening server and its connections; not what is answered.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from pressrun.api.gate import MAX_HEADER_BYTES
from pressrun.api.state import AppState

_READ_PATIENCE_S = 10.0  # SAFETY: a reader that never reads is dropped within 15 s, and resumes by its cursor
_SHUTDOWN_PATIENCE_S = 2.0  # arbitrary (1..4): below the time that uvicorn gives everybody
_SHUTDOWN_LIMIT_S = 5  # SAFETY: uvicorn alone never lets go of one slow client
_SEND_BUFFER_BYTES = 128 * 1024  # SAFETY: measured there, 0.39 MB for a reader that never reads instead of 4.29

_log = structlog.get_logger(__name__)


def run_server(app: ASGIApp, *, host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM; exits the process with 1 when it cannot start."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=_SHUTDOWN_LIMIT_S,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    server = Server(config)
    server.run()
    if not server.started:
        sys.exit(1)


class Server(uvicorn.Server):
    """Stops its streams first: each closes with a whole response, and its client comes back with its cursor."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what is there stays: looking through it again and again was a third of a 409's time (measured)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state: AppState = self.lifespan.state["app"]
        state.service.stop_following()
        await super().shutdown(sockets)


class Connection(H11Protocol):
    """One client. Closed without ado when it leaves what was sent to it unread for too long.

    ASGI has no way to say so: an app that gives up waiting to send can only return, and the transport then waits for
    ever for its buffer to empty.
    """

    _patience_s = _READ_PATIENCE_S
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self._patience_s, self._give_up)

    def resume_writing(self) -> None:
        self._forget()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Called by uvicorn when the server is about to go."""
        super().shutdown()
        self._patience_s = _SHUTDOWN_PATIENCE_S
        if self.transport.get_write_buffer_size() > 0:
            self._forget()
            self._unread = self.loop.call_later(self._patience_s, self._give_up)

    def _give_up(self) -> None:
        _log.info("a reader did not read; it was disconnected", path=self.scope["path"])
        self.transport.abort()

    def _forget(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
