"""What one caller may use of a server: told before any route is looked for, and truthfully when to come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.gate.quotas import CallerQuotas, TokenBucket
from pressrun.api.gate.tokens import Tokens, new_token, parse_tokens
from pressrun.api.streams.run_streams import RunStream, StreamRunner
from pressrun.api.wire.problems import exception_handlers
from pressrun.settings import CallerLimits
from pressrun.telemetry import SecretMask
from tests.support.core import Core, open_core
from tests.support.limits import fail_after
from tests.support.logs import captured_log
from tests.support.raw_asgi import HERE, Answer, ask

pytestmark = pytest.mark.anyio

FEW = CallerLimits(streams=2, requests_per_s=1, request_burst=3, bytes_per_day=1_000)
JSON = ("content-type", "application/json")


class Ticks:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now_s = 50_000.0

    def __call__(self) -> float:
        return self.now_s


class Shared:
    """A gate that two tokens come through, and a route that counts who did and reads what they sent."""

    def __init__(self, limits: CallerLimits = FEW, *, tokens: bool = True, **options: Any) -> None:
        self.ticks = Ticks()
        self.reached = 0
        self.quotas = CallerQuotas(limits, clock_s=self.ticks, **options)
        made = {name: new_token(name) for name in ("flood", "quiet")} if tokens else {}
        self._tokens = {name: token for name, (token, _) in made.items()}
        known = parse_tokens([line for _, line in made.values()]) if tokens else Tokens({})
        routes = [Route("/{path:path}", self._take, methods=["GET", "POST"])]
        inner = Starlette(routes=routes, exception_handlers=exception_handlers(SecretMask([])))
        self.app: ASGIApp = Gate(inner, GateConfig(hosts=HostList("127.0.0.1", ()), tokens=known, quotas=self.quotas))

    async def _take(self, request: Request) -> Response:
        self.reached += 1
        return JSONResponse({"size_bytes": len(await request.body())})

    async def ask(self, caller: str | None = "flood", method: str = "GET", path: str = "/runs", **how: Any) -> Answer:
        own = [("authorization", f"Bearer {self._tokens[caller]}")] if caller in self._tokens else []
        headers = [HERE, *own, *how.pop("headers", [])]
        return await ask(self.app, method, path, *headers, **how)

    async def post(self, size_bytes: int, caller: str = "flood") -> Answer:
        length = ("content-length", str(size_bytes))
        return await self.ask(caller, "POST", "/generate", headers=[JSON, length], body=b"x" * size_bytes)


def told(answer: Answer) -> tuple[int, str, int]:
    """Status, which limit, and when to come back."""
    problem = answer.json()
    assert (problem["code"], answer.headers["content-type"]) == ("caller_limit", "application/problem+json")
    assert answer.headers["retry-after"] == str(problem["retry_after_s"])
    assert "PRESSRUN_CALLER_" in problem["detail"]
    return answer.status, problem["limit"], problem["retry_after_s"]


@pytest.mark.promise("caller-share")
async def test_who_asks_too_often_is_told_when_to_come_back_and_another_caller_notices_nothing() -> None:
    shared = Shared()
    assert [(await shared.ask()).status for _ in range(3)] == [200] * 3
    assert told(await shared.ask()) == (429, "requests_per_s", 1)
    assert shared.reached == 3, "no route was looked for"
    assert [(await shared.ask("quiet")).status for _ in range(3)] == [200] * 3
    shared.ticks.now_s += 1
    assert [(await shared.ask()).status for _ in range(2)] == [200, 429]


async def test_the_pulse_is_answered_however_often_it_is_felt() -> None:
    shared = Shared()
    assert {(await shared.ask(path="/livez")).status for _ in range(20)} == {200}


async def test_a_server_without_tokens_limits_its_user_in_nothing() -> None:
    shared = Shared(tokens=False)
    assert {(await shared.ask(None)).status for _ in range(20)} == {200}
    assert {(await shared.post(900, "")).status for _ in range(3)} == {200}


@pytest.mark.promise("caller-share")
async def test_bodies_are_counted_by_what_they_say_before_they_are_read() -> None:
    shared = Shared()
    assert (await shared.post(900)).status == 200
    refused = await shared.post(900)
    assert told(refused) == (429, "bytes_per_day", 69_120)  # 800 of 1 000 bytes a day have to flow in
    assert (refused.receives, shared.reached) == (0, 1)
    assert (await shared.post(900, "quiet")).status == 200
    shared.ticks.now_s += 69_120
    assert (await shared.post(900)).status == 200


async def test_a_body_in_chunks_is_counted_as_it_comes() -> None:
    shared = Shared()
    chunked: dict[str, Any] = {"headers": [JSON, ("transfer-encoding", "chunked")], "body": [b"x" * 400] * 5}
    refused = await shared.ask("flood", "POST", "/generate", **chunked)
    assert told(refused)[:2] == (429, "bytes_per_day")
    assert refused.receives == 3


async def test_a_body_of_more_than_a_day_s_share_is_taken_by_whoever_has_sent_nothing() -> None:
    shared = Shared()
    assert (await shared.post(5_000)).status == 200
    assert told(await shared.post(1))[1] == "bytes_per_day"


async def test_strangers_are_told_apart_by_address_and_only_where_that_means_something() -> None:
    page: dict[str, Any] = {"headers": [("accept", "text/html")], "path": "/"}
    shared = Shared()
    here = [(await shared.ask(None, client=("127.0.0.1", 5), **page)).status for _ in range(9)]
    assert set(here) == {200}, "this machine, or a proxy on it"
    far = [(await shared.ask(None, client=("203.0.113.7", 5), **page)).status for _ in range(4)]
    assert far == [200, 200, 200, 429]
    assert (await shared.ask(None, client=("203.0.113.8", 5), **page)).status == 200
    proxied = Shared(by_address=False)
    assert {(await proxied.ask(None, client=("203.0.113.7", 5), **page)).status for _ in range(9)} == {200}


async def test_ever_new_addresses_take_no_more_memory_and_a_busy_one_is_not_forgotten() -> None:
    shared = Shared(most_addresses=50)
    busy: dict[str, Any] = {"client": ("203.0.113.7", 5), "path": "/", "headers": [("accept", "text/html")]}
    assert [(await shared.ask(None, **busy)).status for _ in range(4)][-1] == 429
    for number in range(1_000):
        await shared.ask(None, client=(f"2001:db8::{number:x}", 5), path="/", headers=[("accept", "text/html")])
        if number % 40 == 0:
            assert (await shared.ask(None, **busy)).status == 429
    assert sum(1 for _ in shared.quotas.usages()) == 50


async def test_a_limit_of_nought_is_no_limit() -> None:
    shared = Shared(CallerLimits(streams=0, requests_per_s=0, bytes_per_day=0))
    assert {(await shared.post(900)).status for _ in range(20)} == {200}
    assert {(await shared.ask(path="/runs/x/events")).status for _ in range(20)} == {200}


async def test_a_flood_is_one_line_in_the_log() -> None:
    shared = Shared()
    with captured_log() as log:
        for _ in range(100):
            await shared.ask()
    assert log.text.count("over its share") == 1


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(tmp_path) as core:
        yield core


class Reader:
    """Reads a stream until it hangs up."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.headed = anyio.Event()
        self.leaves = anyio.Event()

    async def receive(self) -> Message:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message.get("body", b"")
            self.headed.set()


@pytest.mark.promise("caller-share")
@pytest.mark.parametrize("opened", [True, False])
async def test_open_streams_are_counted_until_they_have_ended(core: Core, opened: bool) -> None:
    """Whether the stream is run by its route or, as in the server, outside of it when the route is done."""
    run = await core.begin()
    shared = Shared(CallerLimits(streams=2))

    async def follow(_request: Request) -> Response:
        following = partial(core.log.following, run.operation_id, 0)
        return RunStream(following, head=b"retry: 1\n\n", named=True, heartbeat_s=60, headers={})

    shared.app._app.router.routes[:] = [Route("/runs/x/events", follow), *shared.app._app.router.routes]  # type: ignore[attr-defined]
    app = StreamRunner(shared.app) if opened else shared.app

    async def read(reader: Reader, caller: str) -> None:
        own = [(b"authorization", f"Bearer {shared._tokens[caller]}".encode()), (b"host", b"localhost:8000")]
        scope = {"type": "http", "method": "GET", "path": "/runs/x/events", "raw_path": b"/runs/x/events"}
        more = {"query_string": b"", "scheme": "http", "headers": own, "state": {}, "server": ("127.0.0.1", 8000)}
        await app({**scope, **more}, reader.receive, reader.send)

    readers = [Reader() for _ in range(4)]
    with fail_after(20):
        async with anyio.create_task_group() as tasks:
            for reader in readers[:2]:
                tasks.start_soon(read, reader, "flood")
                await reader.headed.wait()
            refused = Reader()
            await read(refused, "flood")
            assert (refused.status, b'"limit":"streams"' in refused.body) == (429, True)
            tasks.start_soon(read, readers[2], "quiet")
            await readers[2].headed.wait()
            assert readers[2].status == 200
            readers[0].leaves.set()
            while next(usage for usage in shared.quotas.usages() if usage.name == "flood").streams == 2:
                await anyio.lowlevel.checkpoint()
            tasks.start_soon(read, readers[3], "flood")
            await readers[3].headed.wait()
            assert readers[3].status == 200
            for reader in readers:
                reader.leaves.set()
    assert [(usage.streams, usage.open_requests) for usage in shared.quotas.usages()] == [(0, 0), (0, 0)]


async def test_who_lets_its_requests_stand_open_has_only_so_many_and_another_is_let_in() -> None:
    """Bodies that do not come hold a connection each."""
    shared = Shared(CallerLimits(open_requests=3))
    stay, answers = anyio.Event(), []

    async def half_sent() -> None:
        with fail_after(20):
            answers.append(await shared.ask("flood", "POST", "/generate", headers=[JSON], body=b"{}"))

    async def take(request: Request) -> Response:
        await stay.wait()
        return JSONResponse({})

    shared.app._app.router.routes[:] = [Route("/generate", take, methods=["POST"])]  # type: ignore[attr-defined]
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(half_sent)
        await anyio.wait_all_tasks_blocked()
        assert told(await shared.ask("flood"))[:2] == (429, "open_requests")
        assert (await shared.ask("quiet")).status != 429
        stay.set()
    assert [answer.status for answer in answers] == [200] * 3
    assert (await shared.ask("flood")).status != 429
    assert {usage.open_requests for usage in shared.quotas.usages()} == {0}


async def test_a_post_that_opens_no_stream_gives_its_place_back() -> None:
    shared = Shared(CallerLimits(streams=1))
    for _ in range(5):
        assert (await shared.ask("flood", "POST", "/generate-sse", headers=[JSON], body=b"{}")).status == 200
    usage = next(iter(shared.quotas.usages()))
    usage.streams = 1
    assert told(await shared.ask("flood", "POST", "/generate-sse", headers=[JSON]))[:2] == (429, "streams")
    later = ("prefer", "respond-async")
    assert (await shared.ask("flood", "POST", "/generate-sse", headers=[JSON, later])).status == 200
    assert (await shared.ask()).status == 200


@given(
    size=st.integers(1, 50),
    per_s=st.floats(0.01, 1_000),
    asks=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 60)), min_size=1, max_size=60),
)
def test_a_bucket_never_gives_more_than_its_size_and_what_flows_in_and_says_truly_when(
    size: int, per_s: float, asks: list[tuple[float, int]]
) -> None:
    bucket, now_s = TokenBucket(size, per_s), 1_000.0
    given_at: list[tuple[float, float]] = []
    for pause_s, cost in asks:
        now_s += pause_s
        wait_s = bucket.take(now_s, cost)
        if wait_s:
            assert wait_s <= size / per_s * (1 + 1e-6)
            if wait_s > 1e-3:
                assert bucket.take(now_s + wait_s * 0.99 - 1e-4, cost) > 0, "not a moment sooner"
            now_s += wait_s
            assert bucket.take(now_s, cost) == 0, "and not a moment later"
        given_at.append((now_s, min(cost, size)))
    for index, (since_s, _) in enumerate(given_at):
        for last in range(index, len(given_at)):
            flowed = (given_at[last][0] - since_s + 1e-5 * (last + 1)) * per_s
            assert sum(cost for _, cost in given_at[index : last + 1]) <= size + flowed + 1e-3


@given(size=st.integers(1, 50), per_s=st.floats(0.1, 100), count=st.integers(1, 100))
def test_who_keeps_to_the_rate_is_never_refused(size: int, per_s: float, count: int) -> None:
    bucket = TokenBucket(size, per_s)
    assert all(bucket.take(1_000 + number / per_s) == 0 for number in range(count))
