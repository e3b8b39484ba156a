"""Browsers elsewhere: a Playwright server and a Chromium behind CDP, both on loopback."""

from __future__ import annotations

import itertools
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from playwright.async_api import Browser

from pressrun.browser.addresses import parse_addresses
from pressrun.browser.chromium import remote
from pressrun.browser.chromium.sealed_page import PageLimits, SealedPage
from pressrun.browser.pool.pool import BrowserPool, BrowserPoolConfig, open_browser_pool
from pressrun.browser.ports import Screen
from pressrun.browser.setup.self_test import Seal
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import BrowserUnavailable
from tests.browser.conftest import quick, until
from tests.browser.test_seal import WAYS_OUT, WAYS_OUT_BY_SCRIPT, listening, show, was_hit
from tests.support.limits import HANG_S, fail_after
from tests.support.pool_rig import SMALL, Drawn, settled
from tests.support.remote_browsers import debugged_chromium, playwright_server
from tests.support.server import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]


@pytest.fixture(scope="module", params=["playwright", "cdp"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("remote")
    if request.param != "cdp":
        with playwright_server(folder, None, *request.param.split()[1:]) as (url, _):
            yield url
    else:
        with debugged_chromium(folder) as (url, _):
            yield f"cdp+{url}"


def of(*addresses: str, **changes: object) -> BrowserPoolConfig:
    found = parse_addresses(",".join(addresses))
    return quick(local=found.local, remote=found.remote, **changes)


async def works(pool: BrowserPool) -> bool:
    async with pool.lease(**SMALL) as lease:
        await lease.load("<p>after")
        return len(await lease.capture(Slice(0, 20))) > 0


async def test_a_run_is_drawn_here_and_there_and_looks_the_same(address: str) -> None:
    async with open_browser_pool(of("local:1", f"{address}*2")) as pool:
        assert pool.pressure().capacity == 6
        drawn = Drawn(pool, 60)
        await drawn.draw()
        assert drawn.is_whole
        assert [browser.state for browser in pool.pressure().browsers] == ["up", "up"]


async def test_a_pool_may_have_none_of_its_own(address: str) -> None:
    async with open_browser_pool(of(address)) as pool:
        assert await pool.warm()
        drawn = Drawn(pool, 10)
        await drawn.draw()
        assert drawn.is_whole
        await settled(pool)
        assert pool.pressure().running == 0


@pytest.mark.parametrize("address", ["playwright", "playwright --unsafe", "cdp"], indirect=True)
@pytest.mark.parametrize("scripts", [False, True])
async def test_the_layers_of_the_context_keep_it_sealed_there_too(address: str, scripts: bool) -> None:
    """What is claimed for remote browsers in docs/remote-browsers.md, WebRTC and the like left out as said there."""
    claimed = WAYS_OUT_BY_SCRIPT.keys() - {"rtc", "transport", "service worker"}
    ways = {name: WAYS_OUT_BY_SCRIPT[name] for name in claimed} if scripts else WAYS_OUT
    async with open_browser_pool(of(address)) as pool:
        for way in ways.values():
            with listening() as (listener, at):
                body = way.format(url=f"http://{at}", address=at)
                html = f"<body><p>x</p><script>{body}</script>" if scripts else body
                await show(pool, html, scripts=scripts)
                assert not was_hit(listener), way


async def test_one_that_cannot_be_reached_is_named_without_its_secret(caplog: pytest.LogCaptureFixture) -> None:
    url = f"cdp+ws://user:hunter22@127.0.0.1:{free_port()}/x?token=canary-token"
    caplog.set_level(logging.DEBUG, "pressrun")
    async with open_browser_pool(of(url, connect_timeout_s=2)) as pool:
        assert not await pool.warm()
        with pytest.raises(BrowserUnavailable, match=r"cdp\+ws://127\.0\.0\.1") as caught:
            await pool.lease(**SMALL).__aenter__()
        reason = str(pool.pressure())
    assert "nobody listens there" in reason
    for seen in (str(caught.value), reason, caplog.text):
        assert "canary" not in seen
        assert "hunter22" not in seen


async def test_one_that_is_down_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with open_browser_pool(of("local:1", f"ws://127.0.0.1:{free_port()}/")) as pool:
        drawn = Drawn(pool, 12)
        with fail_after(10):
            await drawn.draw()
        assert drawn.is_whole


async def test_one_that_dies_while_drawing_costs_no_slide_and_is_used_again_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    async with open_browser_pool(of("local:1", f"cdp+http://127.0.0.1:{port}", reconnect_s=0.1)) as pool:
        drawn = Drawn(pool, 60)
        with debugged_chromium(tmp_path, port) as (_, pid), fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(drawn.draw)
                while pool.supervisors[1].state != "up" or not pool.supervisors[1].limiter.running:
                    await drawn.news.wait()
                os.kill(pid, signal.SIGKILL)
        assert drawn.is_whole
        with debugged_chromium(tmp_path, port), fail_after(20):
            while pool.supervisors[1].state != "up":  # left alone for a while, then tried again
                again = Drawn(pool, 20)
                await again.draw()
                assert again.is_whole


async def test_a_frozen_one_is_let_go(tmp_path: Path) -> None:
    """In use within 5 s, by the defaults; one that nobody uses is looked at more rarely, and here as often."""
    assert BrowserPoolConfig.ping_interval_s + BrowserPoolConfig.ping_timeout_s < 5
    with debugged_chromium(tmp_path) as (url, pid):
        async with open_browser_pool(of("local:1", f"cdp+{url}", idle_ping_s=0.3)) as pool:
            await Drawn(pool, 20).draw()
            assert pool.supervisors[1].state == "up"
            os.kill(pid, signal.SIGSTOP)
            with fail_after(10):
                while pool.supervisors[1].state == "up":
                    await pool.supervisors[1].processes[0].browser.lost.wait()
                assert await works(pool)


Answer = Callable[[SocketStream], Awaitable[None]]


async def _rubbish(stream: SocketStream) -> None:
    await stream.receive()
    await stream.send(b"SSH-2.0-OpenSSH\r\n\r\n")


async def _not_there(stream: SocketStream) -> None:
    await stream.receive()
    await stream.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


async def _refuses(stream: SocketStream) -> None:
    await stream.receive()
    await stream.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")


async def _other_version(stream: SocketStream) -> None:
    await stream.receive()
    body = b"Playwright version mismatch"
    await stream.send(b"HTTP/1.1 428 Precondition Required\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


async def _hangs_up(stream: SocketStream) -> None:
    await stream.receive()


async def _silent(stream: SocketStream) -> None:
    await anyio.sleep_forever()


NO_BROWSERS: tuple[tuple[Answer, str], ...] = (
    (_rubbish, "does not speak the protocol"),
    (_not_there, "HTTP 404"),
    (_refuses, "refuses the token or password"),
    (_other_version, "another version"),
    (_hangs_up, "hung up"),
    (_silent, "did not answer in time"),
)


async def test_those_that_are_none_are_named_with_the_reason_in_one_line_and_the_others_draw(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "pressrun.browser.chromium.remote")
    reasons: dict[str, str] = {}
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        for (answer, why), scheme in itertools.product(NO_BROWSERS, ("ws", "cdp+ws")):
            listener = await stack.enter_async_context(await anyio.create_tcp_listener(local_host="127.0.0.1"))
            tasks.start_soon(listener.serve, partial(_hang_up_after, answer))
            port = listener.extra(SocketAttribute.local_port)
            reasons[f"{scheme}://127.0.0.1:{port}/x?token=canary-token"] = why
        async with open_browser_pool(of("local:1", *reasons, connect_timeout_s=1, lease_timeout_s=HANG_S)) as pool:
            drawn = Drawn(pool, 40)  # a few would ask no other browser
            with fail_after(30):
                await drawn.draw()
                await until(lambda: all(elsewhere.state == "failed" for elsewhere in pool.supervisors[1:]))
            assert drawn.is_whole
        tasks.cancel_scope.cancel()
    said = [record.getMessage() for record in caplog.records if "no browser at" in record.getMessage()]
    for address, why in reasons.items():
        at = address.partition("/x?")[0]
        lines = [line for line in said if f"{at}:" in line or f"{at} " in line or f"{at}/" in line]
        assert lines, (at, said)
        assert all(why in line and "\n" not in line and "canary" not in line for line in lines), lines


async def _hang_up_after(answer: Answer, stream: SocketStream) -> None:
    async with stream:
        await answer(stream)


def _unsealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the layers of the context: as if Playwright had forgotten them."""

    async def plain_page(browser: Browser, screen: Screen, limits: PageLimits, **_options: object) -> SealedPage:
        context = await browser.new_context(viewport={"width": 320, "height": 240}, java_script_enabled=screen.scripts)
        page = await context.new_page()
        return SealedPage(context, page, await context.new_cdp_session(page), screen, limits)

    monkeypatch.setattr(remote, "open_page", plain_page)


async def test_one_that_is_not_sealed_shows_no_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _unsealed(tmp_path, monkeypatch)
    with debugged_chromium(tmp_path) as (url, _):
        async with open_browser_pool(of(f"cdp+{url}")) as pool:
            assert not await pool.warm()
            with pytest.raises(BrowserUnavailable, match="not sealed"):
                await Seal(pool).check()
            with pytest.raises(BrowserUnavailable, match="not sealed"):
                await works(pool)
        async with open_browser_pool(of("local:1", f"cdp+{url}")) as pool:  # it costs the others nothing
            await Seal(pool).check()
            drawn = Drawn(pool, 6)
            await drawn.draw()
            assert drawn.is_whole
    assert {r.levelname for r in caplog.records if r.name.endswith(".remote")} == {"CRITICAL"}
