from __future__ import annotations

import json
import socket
import threading
import time
import types
from collections.abc import Generator

import anyio
import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from pressrun.api.connections.connection_limit import ConnectionLimiter
from pressrun.api.wire.body import (
    PACE,
    Pace,
    _going_on,
    carries_body,
    parse_aside,
    read_json_object,
)
from pressrun.api.wire.problems import problem_response
from pressrun.errors import PressrunError
from pressrun.request_errors import BodyTooSlow
from tests.support.raw_asgi import Answer, ask
from tests.support.threaded_server import serve_behind

pytestmark = pytest.mark.anyio

JSON = ("content-type", "application/json")

CHUNKED = ("transfer-encoding", "chunked")

LIMIT = 1000

LENGTH_9 = (b"content-length", b"9")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the object it was sent; `/optional` does without one."""
    request = Request(scope, receive)
    try:
        data = await read_json_object(request, LIMIT, optional=scope["path"] == "/optional")
        response: Response = JSONResponse(data)
    except PressrunError as exc:
        response = problem_response(exc)
    await response(scope, receive, send)


async def post(body: bytes | list[bytes], *headers: tuple[str, str], path: str = "/") -> Answer:
    size = len(body) if isinstance(body, bytes) else None
    framing = CHUNKED if size is None else ("content-length", str(size))
    return await ask(echo, "POST", path, framing, *(headers or (JSON,)), body=body)


async def test_an_object_comes_as_it_was_sent() -> None:
    answer = await post('{"text": "पाठ", "zoom": 2.5}'.encode())
    assert (answer.status, answer.json()) == (200, {"text": "पाठ", "zoom": 2.5})


async def test_a_body_may_come_in_pieces() -> None:
    assert (await post([b'{"te', b'xt": "\xc3', b'\xa4"}'])).json() == {"text": "ä"}


async def test_a_declared_size_over_the_limit_is_refused_unread() -> None:
    answer = await post(b"x" * (LIMIT + 1))
    assert (answer.status, answer.receives) == (413, 0)


async def test_an_undeclared_size_is_refused_as_soon_as_it_passes_the_limit() -> None:
    answer = await post([b"x" * 400] * 50)
    assert (answer.status, answer.receives) == (413, 3)
    assert str(LIMIT) in answer.json()["detail"]


async def test_the_limit_itself_is_within() -> None:
    text = "x" * (LIMIT - len('{"a": ""}'))
    assert (await post(json.dumps({"a": text}).encode())).status == 200


SLOW = Pace(free_s=0.2, bytes_per_s=100, total_s=1.5)


def post_slowly(port: int, head: bytes, drop: bytes, every_s: float) -> tuple[int, bytes]:
    """Sends a drop of the body every so often until the server answers; drops sent, and the answer to its end."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head)
        connection.settimeout(every_s)
        for sent in range(1, 1000):
            connection.sendall(drop)
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                continue
            connection.settimeout(5)
            while more := connection.recv(65536):
                answer += more
            return sent, answer
    raise AssertionError("the server took it all")


@pytest.mark.parametrize(
    ("drop", "within_s"), [(b" ", (0.2, 0.45)), (b" " * 5, (1.5, 3))], ids=["a byte at a time", "at a good rate"]
)
def test_a_body_that_drips_is_cut_off_and_one_at_the_rate_when_its_whole_time_is_over(
    drop: bytes, within_s: tuple[float, float]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await read_json_object(Request(scope, receive), LIMIT, pace=SLOW)
        except PressrunError as exc:
            await problem_response(exc)(scope, receive, send)

    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    with serve_behind(ConnectionLimiter(app, 100)) as port:  # whose connections let a refused client read the answer
        started_at = time.monotonic()
        _, answer = post_slowly(port, head, drop, every_s=0.02)
        took_s = time.monotonic() - started_at
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nretry-after: " in answer.lower()
    assert b"connection: close" in answer.lower()
    assert within_s[0] <= took_s <= within_s[1] * 2  # twice: the machine may be busy, the limit is still the limit


async def test_a_body_that_never_comes_is_given_up() -> None:
    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json"), LENGTH_9]}
    with pytest.raises(BodyTooSlow, match="0 bytes"):
        await read_json_object(Request(scope, receive), LIMIT, pace=SLOW)


def test_the_stated_limits_are_ten_free_seconds_then_20_kb_a_second_and_a_minute_at_most() -> None:
    assert [PACE.allowed_s(received) for received in (0, 20_000, 1_000_000, 50_000_000)] == [10, 11, 60, 60]


@pytest.mark.parametrize(
    "headers",
    [
        [("content-type", "text/plain")],
        [("content-type", "application/json; charset=utf-16")],
        [("content-type", "application/jsonx")],
        [("x", "y")],
        [JSON, ("content-encoding", "gzip")],
    ],
)
async def test_a_body_of_another_type_is_told_which_is_taken(headers: list[tuple[str, str]]) -> None:
    answer = await post(b"{}", *headers)
    assert answer.status == 415
    assert "application/json" in answer.json()["detail"]


async def test_no_body_is_an_error_unless_it_is_optional() -> None:
    assert (await ask(echo, "POST", "/")).status == 400
    assert (await ask(echo, "POST", "/optional")).json() == {}
    assert (await post([b"", b""], path="/optional")).json() == {}
    assert (await post(b'{"attempt": 1}', path="/optional")).json() == {"attempt": 1}
    assert (await post(b"[]", path="/optional")).status == 400


@pytest.mark.parametrize(
    ("headers", "carries"),
    [
        ({}, False),
        ({"content-length": "0"}, False),
        ({"content-length": "1"}, True),
        ({"transfer-encoding": "x"}, True),
    ],
)
def test_a_body_is_announced_by_length_or_encoding(headers: dict[str, str], carries: bool) -> None:
    assert carries_body(Headers(headers)) is carries


async def test_a_large_body_is_parsed_beside_the_loop_and_a_small_one_on_it() -> None:
    def where(raw: bytes) -> int:
        return threading.get_ident()

    assert await parse_aside(where, b"x" * 1_000) == threading.get_ident()
    assert await parse_aside(where, b"x" * 1_000_000) != threading.get_ident()


@pytest.mark.parametrize("pauses", [1, 3])
@pytest.mark.parametrize("stubborn", [False, True])
async def test_what_was_begun_goes_on_from_where_it_waits(pauses: int, stubborn: bool) -> None:
    async def work() -> str:
        with anyio.CancelScope(shield=stubborn):
            for _ in range(pauses):
                await anyio.sleep(0.001)
        return "done"

    steps = work().__await__()
    assert await _going_on(steps, next(steps)) == "done"


async def test_a_cancellation_reaches_what_was_begun() -> None:
    left: list[str] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            left.append("cleaned up")

    with anyio.move_on_after(0.01):
        steps = work().__await__()
        await _going_on(steps, next(steps))
    assert left == ["cleaned up"]


async def test_what_was_begun_may_meet_a_cancellation_and_still_have_an_answer() -> None:
    class Stop(Exception):
        """Stands for what is thrown in."""

    @types.coroutine
    def pause() -> Generator[str, None, None]:
        yield "first"

    async def work() -> str:
        try:
            await pause()
        except Stop:
            await pause()
        return "done"

    steps = work().__await__()
    going_on = _going_on(steps, next(steps))
    assert next(going_on) == "first"
    assert going_on.throw(Stop()) == "first"
    with pytest.raises(StopIteration) as end:
        next(going_on)
    assert end.value.value == "done"
