"""A stream as ASGI sees it: with and without its host, and always ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressrun.api.streams.frames import PING, RETRY, frame_of, unnamed_frame_of
from pressrun.api.streams.run_streams import RunStream, StreamRunner
from pressrun.db.events import EventRow
from pressrun.events.log import LoggedEvent
from tests.support.core import Core, open_core, progress
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(tmp_path) as core:
        yield core


class Caller:
    """Asks an app once; `fail_at` breaks the n-th send, as a server may whose client is gone."""

    def __init__(self, *, fail_at: int | None = None) -> None:
        self.sent: list[Message] = []
        self.ended = 0
        self.left = anyio.Event()
        self._fail_at = fail_at

    async def ask(self, app: ASGIApp, method: str = "GET") -> None:
        with fail_after(5):
            await app({"type": "http", "method": method, "path": "/runs/x/events"}, self._receive, self._send)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def end(self) -> None:
        self.ended += 1

    async def _receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)
        if len(self.sent) == self._fail_at:
            raise OSError("gone")


def stream(core: Core, operation_id: str, caller: Caller, *, opened: bool) -> ASGIApp:
    answer = RunStream(
        partial(core.log.following, operation_id, 0),
        head=b"retry: 2000\n\n",
        named=True,
        heartbeat_s=60,
        headers={},
        on_end=caller.end,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(scope, receive, send)

    return StreamRunner(app) if opened else app


@pytest.mark.parametrize("opened", [True, False])
async def test_what_is_ready_comes_in_one_piece_after_the_headers_and_the_end_is_told_once(
    core: Core, opened: bool
) -> None:
    run = await core.begin()
    for value in range(20):
        await core.journal.append(run.operation_id, 1, progress(value))
    await core.complete(run)
    caller = Caller()
    await caller.ask(stream(core, run.operation_id, caller, opened=opened))
    assert [message["type"] for message in caller.sent] == ["http.response.start", *["http.response.body"] * 2]
    assert (caller.body.count(b"\n\n"), caller.body[:15]) == (23, b"retry: 2000\n\nid")
    assert [message.get("more_body", False) for message in caller.sent[1:]] == [True, False]
    assert (caller.ended, core.log.followed()) == (1, 0)


def test_a_frame_is_written_as_the_contract_says_byte_for_byte() -> None:
    event = LoggedEvent(EventRow(17, "log", '{"message":"नदी"}'))
    assert frame_of(event) == 'id: 17\nevent: log\ndata: {"message":"नदी"}\n\n'.encode()
    assert unnamed_frame_of(event) == 'id: 17\ndata: {"message":"नदी"}\n\n'.encode()
    assert (RETRY, PING) == (b"retry: 2000\n\n", b": ping\n\n")


def test_a_frame_is_made_once_for_all_readers_of_its_event() -> None:
    event = LoggedEvent(EventRow(17, "log", "{}"))
    assert frame_of(event) is frame_of(event)
    assert unnamed_frame_of(event) is unnamed_frame_of(event)


async def test_its_headers_forbid_caches_and_buffers_and_leave_the_connection_to_the_server(core: Core) -> None:
    run = await core.begin()
    await core.complete(run)
    caller = Caller()
    await caller.ask(stream(core, run.operation_id, caller, opened=False))
    assert sorted(caller.sent[0]["headers"]) == [
        (b"cache-control", b"no-store"),
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"x-accel-buffering", b"no"),
    ]


@pytest.mark.parametrize("opened", [True, False])
async def test_whoever_asks_for_the_head_alone_gets_no_stream(core: Core, opened: bool) -> None:
    run = await core.begin()
    caller = Caller()
    await caller.ask(stream(core, run.operation_id, caller, opened=opened), "HEAD")
    assert [message["type"] for message in caller.sent] == ["http.response.start", "http.response.body"]
    assert (caller.body, caller.ended, core.log.followed()) == (b"", 1, 0)


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("fail_at", [1, 2])
async def test_a_stream_that_cannot_be_sent_is_ended_all_the_same(core: Core, opened: bool, fail_at: int) -> None:
    run = await core.begin()
    caller = Caller(fail_at=fail_at)
    with pytest.raises(OSError, match="gone"):
        await caller.ask(stream(core, run.operation_id, caller, opened=opened))
    assert (caller.ended, core.log.followed()) == (1, 0)


@pytest.mark.parametrize("opened", [True, False])
async def test_a_client_that_leaves_ends_its_stream_and_a_cancelled_stream_is_ended_too(
    core: Core, opened: bool
) -> None:
    run = await core.begin()
    leaver, cancelled = Caller(), Caller()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cancelled.ask, stream(core, run.operation_id, cancelled, opened=opened))
        async with anyio.create_task_group() as inner:
            inner.start_soon(leaver.ask, stream(core, run.operation_id, leaver, opened=opened))
            await anyio.wait_all_tasks_blocked()
            leaver.left.set()
        assert (leaver.ended, cancelled.ended) == (1, 0)
        tasks.cancel_scope.cancel()
    assert (cancelled.ended, core.log.followed()) == (1, 0)


@pytest.mark.parametrize(("path", "most"), [("/runs/x/events", 64), ("/generate-sse", 200)])
async def test_a_crowd_of_followers_begins_by_turns_and_nobody_else_has_to_wait_for_them(path: str, most: int) -> None:
    begun = highest = 0
    go_on = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal begun, highest
        begun += 1
        highest = max(highest, begun)
        await go_on.wait()
        begun -= 1

    async def unused(*_: object) -> Message:
        raise AssertionError

    host = StreamRunner(app)
    scope = {"type": "http", "method": "GET" if path.endswith("events") else "POST", "path": path}
    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(host, scope, unused, unused)
        await anyio.wait_all_tasks_blocked()
        go_on.set()
    assert (begun, highest) == (0, most)
