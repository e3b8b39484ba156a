"""What of Playwright's insides the driver builds on (pinned to a minor): each is there, and still means the same."""

from __future__ import annotations

import inspect
import os

import pytest
from playwright._impl import transport
from playwright._impl.out_of_process import PlaywrightClient
from playwright.async_api import async_playwright

from pressrun.procfs import children_of
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # all that Playwright knows


@pytest.mark.slow
async def test_the_process_behind_a_context_is_the_driver() -> None:
    context = async_playwright()
    assert context._client is None, "until it is started"
    before = children_of(os.getpid())
    playwright = await context.start()
    assert isinstance(context._client, PlaywrightClient)
    process = context._client._transport._proc
    assert {process.pid} == children_of(os.getpid()) - before
    assert process.returncode is None
    await playwright.stop()
    with fail_after(30):
        await process.wait()
    assert process.returncode is not None


@pytest.mark.slow
async def test_a_driver_that_is_killed_leaves_its_error_where_we_read_it() -> None:
    context = async_playwright()
    await context.start()
    assert context._client is not None
    way = context._client._transport
    way._proc.kill()
    with fail_after(30):
        await way._proc.wait()
    assert hasattr(way.on_error_future, "exception")
    if way.on_error_future.done() and not way.on_error_future.cancelled():
        way.on_error_future.exception()


def test_the_environment_of_a_driver_is_asked_for_by_the_name_that_is_replaced() -> None:
    """`Driver` puts its own there: nothing of the server's settings is to be seen by the browser."""
    assert "env = get_driver_env()" in inspect.getsource(transport.PipeTransport)
    assert "get_driver_env" in vars(transport)


def test_a_driver_that_ends_at_once_says_the_words_that_are_looked_for() -> None:
    assert "reading from the driver" in inspect.getsource(transport)
