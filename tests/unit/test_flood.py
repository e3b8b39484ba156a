"""The flood of the neighbour tests tells of each answer that never came, and asks again only where HTTP wants it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.flood import Worker
from tests.support.limits import HANG_S


class _AnswersEveryOther(BaseHTTPRequestHandler):
    """One request of each connection is answered; the next, and each for `/never`, finds the connection closed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/never" or self.server.asked[self.client_address]:  # type: ignore[attr-defined]
            self.close_connection = True
            return
        self.server.asked[self.client_address] += 1  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def answers_every_other() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _AnswersEveryOther)
    server.asked = Counter()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(HANG_S)


def test_an_answer_that_was_dropped_on_a_used_connection_is_told() -> None:
    with answers_every_other() as port:
        worker = Worker("127.0.0.1", port, "token", 0, kept_s=HANG_S)
        worker.ask("GET", "/runs")
        worker.ask("GET", "/runs")
    assert worker.told == {"200": 1, "no answer: RemoteDisconnected": 1}


def test_who_finds_a_connection_closed_that_was_idle_for_long_asks_again() -> None:
    with answers_every_other() as port:
        worker = Worker("127.0.0.1", port, "token", 0, kept_s=-1)
        worker.ask("GET", "/runs")
        worker.ask("GET", "/runs")
        assert worker.connection is not None
        worker.connection.close()
    assert worker.told == {"200": 2}


def test_a_stream_whose_head_never_came_is_told() -> None:
    with answers_every_other() as port:
        worker = Worker("127.0.0.1", port, "token", 0)
        worker.open_stream("/never")
        worker.streams.pop().close()
    assert worker.told == {"no answer: RemoteDisconnected": 1}
