"""Connections of the real server, and the clients that misuse them."""

from __future__ import annotations

import http.client
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from starlette.types import Receive, Scope, Send

from pressrun.api.connections.connection_limit import ConnectionLimiter
from pressrun.api.connections.server import Connection
from tests.support.limits import HANG_S
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
    limiter = ConnectionLimiter(app, 100)
    with (
        serve_behind(limiter, Impatient) as port,
        socket.create_connection(("127.0.0.1", port), timeout=HANG_S) as client,
    ):
        client.sendall(REQUEST)
        yield client


def test_a_client_that_does_not_read_is_cut_off_with_one_quiet_line() -> None:
    app = Endless()
    with captured_log() as log, connected(app):
        assert app.ended.wait(HANG_S)
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
    monkeypatch.setattr("pressrun.api.connections.server._SHUTDOWN_PATIENCE_S", 0.1)
    monkeypatch.setattr(Impatient, "_patience_s", 3600)
    with (
        serve_behind(ConnectionLimiter(app, 100), Impatient) as port,
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        client.sendall(REQUEST)
        assert client.recv(1)
        assert not app.ended.wait(0.1)
    assert app.ended.is_set()


async def refuse(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Has seen the head, and wants none of the body."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"6")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"no way"})


LARGE = b"x" * 30_000_000


@pytest.mark.parametrize(
    "headers", [{}, {"Connection": "close"}, {"Connection": "close", "Transfer-Encoding": "chunked"}]
)
def test_who_sends_a_large_body_reads_why_it_is_refused(headers: dict[str, str]) -> None:
    with serve_behind(ConnectionLimiter(refuse, 100)) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG_S)
        body = (LARGE[:65_536] for _ in range(400)) if len(headers) > 1 else LARGE
        client.request("POST", "/", body, headers, encode_chunked=len(headers) > 1)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (413, b"no way")
        client.close()


def test_curl_reads_why_its_body_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(LARGE)
    with serve_behind(ConnectionLimiter(refuse, 100)) as port:
        command = ["curl", "-sS", "-H", "Connection: close", "-H", "Expect:", "--data-binary", f"@{large}"]
        done = subprocess.run([*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("no way", 0), done.stderr


def test_what_is_refused_is_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pressrun.api.connections.server._UNWANTED_BYTES", 1_000_000)
    for connection in (b"close", b"keep-alive"):
        with (
            serve_behind(ConnectionLimiter(refuse, 100)) as port,
            socket.create_connection(("127.0.0.1", port), 10) as client,
        ):
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\nConnection: " + connection)
            client.sendall(b"\r\n\r\n")
            with pytest.raises(OSError, match=r"reset|[Bb]roken"):
                client.sendall(LARGE * 4)


def test_who_neither_sends_nor_goes_is_closed_in_time() -> None:
    limiter = ConnectionLimiter(refuse, 100, head_limit_s=0.3)
    with serve_behind(limiter) as port, socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\nConnection: close\r\n\r\nx")
        answer = b""
        while piece := client.recv(65_536):  # ends with the half that is closed at once
            answer += piece
        assert answer.endswith(b"no way")
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            drip(client)


def drip(client: socket.socket, limit_s: float = 10) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        client.sendall(b"x")
        time.sleep(0.05)  # nothing to wait for but the other side's end


def test_a_server_that_stops_does_not_linger() -> None:
    with (
        serve_behind(ConnectionLimiter(refuse, 100)) as port,
        socket.create_connection(("127.0.0.1", port), 10) as client,
    ):
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\nConnection: close\r\n\r\nx")
        assert client.recv(1)
        stopped_at = time.monotonic()
    assert time.monotonic() - stopped_at < 9  # `ConnectionLimiter` would wait 10 s
