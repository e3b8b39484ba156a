"""A real uvicorn on loopback, in a thread of its own, for tests that need a browser or a socket."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp


@contextlib.contextmanager
def serve(app: ASGIApp, **config: Any) -> Iterator[int]:
    """The port on 127.0.0.1 at which `app` answers while the context is open."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        usual: dict[str, Any] = {"log_config": None, "lifespan": "off", "timeout_graceful_shutdown": 2}
        server = uvicorn.Server(uvicorn.Config(app, **{**usual, **config}))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            assert not thread.is_alive()
