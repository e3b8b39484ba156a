"""Who gets in, who has to go when the server is full, and for how long one may ask nothing: over real sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import anyio
import anyio.to_thread
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from pressrun.api.connections.connection_limit import PER_ADDRESS, ConnectionLimiter
from pressrun.api.connections.listeners import Listener, most_connections, open_listeners
from pressrun.api.gate.hosts import is_loopback
from pressrun.errors import ServerBusy, StartupError
from tests.support.limits import HANG_S
from tests.support.logs import captured_log
from tests.support.threaded_server import serve_behind

LIMIT_S = HANG_S
ASK = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


class House:
    """Answers at once, or at /stay when it is told to; counts who is at work there."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/stay":
            self.asked.release()
            await anyio.to_thread.run_sync(self.go.wait, LIMIT_S)
        await PlainTextResponse("here")(scope, receive, send)


@contextmanager
def house(limit: int = 40, *, head_limit_s: float = LIMIT_S, per_address: int | None = None) -> Iterator[Guests]:
    app = House()
    with (
        serve_behind(ConnectionLimiter(app, limit, head_limit_s=head_limit_s, per_address=per_address)) as port,
        Guests(app, port) as guests,
    ):
        try:
            yield guests
        finally:
            app.go.set()


class Guests(ExitStack):
    """Clients of a house; closed with it."""

    def __init__(self, app: House, port: int) -> None:
        super().__init__()
        self.app = app
        self._port = port

    def connect(self, said: bytes = b"") -> socket.socket:
        client = self.enter_context(socket.create_connection(("127.0.0.1", self._port), timeout=LIMIT_S))
        client.sendall(said)
        return client

    def ask(self, path: bytes = b"/") -> bytes:
        with socket.create_connection(("127.0.0.1", self._port), timeout=LIMIT_S) as client:
            client.sendall(ASK % path)
            return answer_of(client)

    def stay(self, count: int) -> list[socket.socket]:
        """So many whose requests are being worked on."""
        clients = [self.connect(ASK % b"/stay") for _ in range(count)]
        for _ in clients:
            assert self.app.asked.acquire(timeout=LIMIT_S)
        return clients


def answer_of(client: socket.socket) -> bytes:
    """One whole answer, and nothing of what follows."""
    received = b""
    while b"\r\n\r\n" not in received:
        data = client.recv(65_536)
        assert data, received
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


def read_to_end(client: socket.socket) -> bytes:
    received = b""
    while data := client.recv(65_536):
        received += data
    return received


def body_of(answer: bytes) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return parsed


def test_who_sends_nothing_is_closed_in_time_and_who_drips_is_told_why() -> None:
    with house(head_limit_s=0.3) as guests:
        begun_at = time.monotonic()
        silent, dripping = guests.connect(), guests.connect(b"GET / HTTP/1.1\r\nHost:")
        dripping.settimeout(0.05)
        answer = b""
        while not answer:
            dripping.sendall(b"x")
            try:
                answer = dripping.recv(65_536)
            except TimeoutError:
                continue
        assert time.monotonic() - begun_at > 0.25, "it had its time"
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"connection: close" in answer.lower()
        assert body_of(answer)["code"] == "headers_too_slow"
        assert b"\r\nretry-after: " in answer.lower(), "the same request may pass over a better line"
        assert read_to_end(silent) == b""


def test_a_request_that_is_worked_on_is_no_longer_waiting() -> None:
    with house(head_limit_s=0.1) as guests:
        (client,) = guests.stay(1)
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(1)
        guests.app.go.set()
        client.settimeout(LIMIT_S)
        assert answer_of(client).endswith(b"here")


def test_the_next_request_on_a_connection_has_its_own_time_and_no_more() -> None:
    with house(head_limit_s=0.4) as guests:
        client = guests.connect(ASK % b"/")
        assert answer_of(client).endswith(b"here")
        time.sleep(0.3)
        client.sendall(b"GET / HTTP/1.1\r\n")
        time.sleep(0.3)  # 0.6 s after the answer, 0.3 s after its first bytes
        client.sendall(b"Host: localhost\r\n\r\n")
        assert answer_of(client).endswith(b"here")
        client.sendall(b"GET / HTTP/1.1\r\n")
        assert read_to_end(client).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_still_drips_when_its_answer_is_out_is_cut_off() -> None:
    with house(head_limit_s=0.3) as guests:
        client = guests.connect(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        assert answer_of(client).endswith(b"here")
        deadline = time.monotonic() + LIMIT_S
        with suppress(ConnectionError):
            while True:
                assert time.monotonic() < deadline, "it took the body of an answered request without end"
                client.sendall(b"x")
                time.sleep(0.02)


def test_a_full_house_says_so_in_a_whole_503_and_still_is_alive() -> None:
    with house(limit=20) as guests, captured_log() as log:
        guests.stay(15)
        for _ in range(50):
            answer = guests.ask()
            assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"retry-after: 2\r\n" in answer.lower()
            assert b"connection: close\r\n" in answer.lower()
            assert body_of(answer)["code"] == "server_busy"
        assert guests.ask(b"/livez").startswith(b"HTTP/1.1 200 ")
        told = [line for line in log.lines() if line["event"] == "connections are turned away"]
        assert len(told) == 1, "a flood is one line"
        guests.app.go.set()
        deadline = time.monotonic() + LIMIT_S
        while guests.ask().startswith(b"HTTP/1.1 503 "):  # as soon as one is done there is a place again
            assert time.monotonic() < deadline


def test_who_asks_nothing_makes_room_for_who_does() -> None:
    with house(limit=20) as guests:
        working = guests.stay(10)
        silent = [guests.connect() for _ in range(60)]
        for _ in range(5):
            assert guests.ask().endswith(b"here")
        assert read_to_end(silent[0]) == b"", "who came first goes first"
        guests.app.go.set()
        assert [answer_of(client)[-4:] for client in working] == [b"here"] * 10


def test_one_address_has_a_limit_that_names_its_setting_and_room_comes_back() -> None:
    with house(per_address=3) as guests:
        clients = guests.stay(3)
        answer = guests.ask()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert "PRESSRUN_MAX_CONNECTIONS_PER_ADDRESS" in str(body_of(answer)["detail"])
        for client in clients:
            client.close()
        guests.app.go.set()
        deadline = time.monotonic() + LIMIT_S
        while not guests.ask().endswith(b"here"):
            assert time.monotonic() < deadline


@pytest.mark.slow
def test_a_thousand_that_come_and_go_leave_every_place_free() -> None:
    with house(limit=20) as guests:
        for number in range(1_000):
            with socket.create_connection(("127.0.0.1", guests._port)) as client:
                client.sendall((ASK % b"/")[: number % 40])
        for _ in range(3):  # who came before has been let in by then, and has gone
            guests.ask()
        guests.stay(15)


@pytest.mark.parametrize(
    ("address", "here"),
    [
        *((address, True) for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1")),
        *((address, False) for address in ("192.168.1.4", "fe80::1%eth0", "::ffff:10.0.0.1", "")),
    ],
)
def test_this_machine_has_no_limit_of_its_own_and_others_do(address: str, here: bool) -> None:
    assert is_loopback(address) is here
    limiter = ConnectionLimiter(House(), 1_000)
    for descriptor in range(PER_ADDRESS):
        limiter.entered(descriptor, address)
    if here:
        assert limiter.refusal(address) is None
        return

    async def refused() -> bool:
        return isinstance(limiter.refusal(address), ServerBusy)

    assert anyio.run(refused)


def test_there_are_fewer_connections_than_descriptors() -> None:
    import resource

    most = most_connections()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == min(hard, 65_536) or soft >= 65_536
    assert most <= soft - 48


def test_a_taken_port_is_said_with_its_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StartupError, match="PRESSRUN_PORT"):
        open_listeners("127.0.0.1", taken.getsockname()[1], ConnectionLimiter(House(), 20))


def test_a_name_with_several_addresses_is_listened_to_on_each() -> None:
    listeners = open_listeners("localhost", 0, ConnectionLimiter(House(), 20))
    try:
        assert all(isinstance(listener, Listener) for listener in listeners)
        families = {info[0] for info in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}
        assert {listener.family for listener in listeners} == families
    finally:
        for listener in listeners:
            listener.close()


def test_a_small_answer_is_not_held_back_for_the_next() -> None:
    """asyncio turns Nagle's algorithm off for sockets that say they are TCP; else each answer waits 40 ms."""
    (listener,) = open_listeners("127.0.0.1", 0, ConnectionLimiter(House(), 8))
    with listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            guest, _ = listener.accept()
            with guest:
                assert guest.proto == socket.IPPROTO_TCP
