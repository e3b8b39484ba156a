"""Connections of the real server, and the clients that misuse them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import anyio.lowlevel
import pytest
from starlette.types import Receive, Scope, Send

from pressrun.api.door import Door
from pressrun.api.server import Connection
from tests.support.logs import captured_log
from tests.support.threaded_server import serve_behind

CHUNK = b"x" * 65_536
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Impatient(Connection):
    _patience_s = 0.3


class Endless:
    """An app that sends for as long as its client is there; `ended` when it found out that it is not."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._pour, send)
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()
        self.ended.set()

    async def _pour(self, send: Send) -> None:
        while True:
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            await anyio.lowlevel.checkpoint()


@contextmanager
def connected(app: Endless) -> Iterator[socket.socket]:
    door = Door(app, 100)
    with serve_behind(door, Impatient) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(REQUEST)
        yield client


def test_a_client_that_does_not_read_is_cut_off_with_one_quiet_line() -> None:
    app = Endless()
    with captured_log() as log, connected(app):
        assert app.ended.wait(5)
    assert [(line["level"], line["event"]) for line in log.lines()] == [
        ("info", "a reader did not read; it was disconnected")
    ]


def test_a_client_that_reads_slowly_but_reads_is_left_alone() -> None:
    app = Endless()
    with connected(app) as client:
        for _ in range(200):
            assert client.recv(65_536)
        assert not app.ended.wait(0.1)


def test_a_server_that_stops_does_not_wait_for_those_who_do_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Endless()
    monkeypatch.setattr("pressrun.api.server._SHUTDOWN_PATIENCE_S", 0.1)
    monkeypatch.setattr(Impatient, "_patience_s", 3600)
    with serve_behind(Door(app, 100), Impatient) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(REQUEST)
        assert client.recv(1)
        assert not app.ended.wait(0.1)
    assert app.ended.is_set()
