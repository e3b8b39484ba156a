"""What a stream waits for: news, silence, its client's going; all of it in the stream's one task."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from starlette.types import Message

from pressrun.api.streams.watch import Watch
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio
NEVER_S = 3600.0


class Client:
    """The other end, as ASGI shows it."""

    def __init__(self) -> None:
        self.events: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
        self.waiting = 0
        self._left = anyio.Event()

    async def receive(self) -> Message:
        if self.events:
            return self.events.pop()
        self.waiting += 1
        try:
            await self._left.wait()
        finally:
            self.waiting -= 1
        return {"type": "http.disconnect"}

    def leave(self) -> None:
        self._left.set()


@pytest.fixture
def client() -> Client:
    return Client()


async def wait(watch: Watch) -> bool:
    with fail_after(5):
        return await watch.wait()


async def test_news_end_the_wait(client: Client) -> None:
    with Watch(client.receive, NEVER_S) as watch:
        asyncio.get_running_loop().call_soon(watch.wake)
        assert await wait(watch) is False
        assert not watch.gone


async def test_news_that_came_before_the_wait_are_not_missed_and_end_only_one(client: Client) -> None:
    with Watch(client.receive, NEVER_S) as watch:
        watch.wake()
        watch.wake()
        await wait(watch)
        with anyio.move_on_after(0.05) as patience:
            await wait(watch)
        assert patience.cancelled_caught


async def test_a_client_that_goes_ends_the_wait(client: Client) -> None:
    with Watch(client.receive, NEVER_S) as watch:
        asyncio.get_running_loop().call_soon(client.leave)
        await wait(watch)
        assert watch.gone


async def test_a_client_that_went_before_is_gone_from_the_start(client: Client) -> None:
    client.leave()
    with Watch(client.receive, NEVER_S) as watch:
        await wait(watch)
        assert watch.gone


async def test_silence_ends_the_wait_with_a_heartbeat_again_and_again(client: Client) -> None:
    with Watch(client.receive, 0.02) as watch:
        begun_at = anyio.current_time()
        assert [await wait(watch) for _ in range(3)] == [True] * 3
        assert anyio.current_time() - begun_at >= 0.06


async def test_what_was_sent_puts_the_heartbeat_off(client: Client) -> None:
    with Watch(client.receive, 0.2) as watch:
        begun_at = anyio.current_time()
        asyncio.get_running_loop().call_later(0.15, watch.sent)
        assert await wait(watch) is True
        assert anyio.current_time() - begun_at >= 0.35


async def test_a_watch_needs_no_task_and_leaves_nothing_behind(client: Client) -> None:
    tasks = asyncio.all_tasks()
    with Watch(client.receive, NEVER_S) as watch:
        assert client.waiting == 1
        asyncio.get_running_loop().call_soon(watch.wake)
        await wait(watch)
        assert asyncio.all_tasks() == tasks
    assert client.waiting == 0


async def test_a_server_that_yields_without_waiting_for_anything_is_listened_to(client: Client) -> None:
    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    with Watch(receive, NEVER_S) as watch:
        await wait(watch)
        assert watch.gone
