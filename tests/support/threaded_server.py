"""A real uvicorn on loopback, in a thread of its own, for tests that need a browser or a socket."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from pressrun.api.connections.connection_limit import ConnectionLimiter
from pressrun.api.connections.listeners import open_listeners
from pressrun.api.connections.server import Connection
from tests.support.limits import HANG_S


@contextlib.contextmanager
def serve_behind(limiter: ConnectionLimiter, http: type[Connection] = Connection) -> Iterator[int]:
    """The port at which a connection limiter's application answers, over our own listener and connections."""
    (listener,) = open_listeners("127.0.0.1", 0, limiter)
    listener.listen(128)
    with serve(limiter, listener, http=partial(http, limiter=limiter), interface="asgi3") as port:
        yield port


@contextlib.contextmanager
def serve(app: ASGIApp, listener: socket.socket | None = None, **config: Any) -> Iterator[int]:
    """The port on 127.0.0.1 at which `app` answers while the context is open."""
    with listener or socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        usual: dict[str, Any] = {"log_config": None, "lifespan": "off", "timeout_graceful_shutdown": 2}
        server = uvicorn.Server(uvicorn.Config(app, **{**usual, **config}))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(timeout=HANG_S)
            assert not thread.is_alive()
