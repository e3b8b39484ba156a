"""The test of the seal at start: silent for a sealed browser, loud for any other."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest
from playwright.async_api import async_playwright

from pressrun import app, lifespan
from pressrun.browser.chromium.escape_vectors import open_listener, page_of_ways
from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.setup.self_test import Seal, show_page
from pressrun.errors import BrowserUnavailable, RenderTimeout
from pressrun.settings import Settings
from tests.browser.conftest import QUICK, chromiums
from tests.support.limits import HANG_S, fail_after
from tests.support.runs import run_to_end
from tests.support.threaded_server import serve

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]


async def show_unsealed(_pool: BrowserPool, html: str) -> None:
    """As a program would that has read no manual."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(None), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.set_content(html)
        await page.screenshot()
        await browser.close()


async def test_a_sealed_browser_passes_once_for_all(pool: BrowserPool) -> None:
    shown = []

    async def show(pool: BrowserPool, html: str) -> None:
        shown.append(html)
        await show_page(pool, html)

    seal = Seal(pool, show)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(seal.check)
    await seal.check()
    assert len(shown) == 1
    assert seal.leak is None


@pytest.mark.promise("seal-proved")
async def test_a_browser_that_is_not_sealed_is_found_out_for_good(pool: BrowserPool) -> None:
    seal = Seal(pool, show_unsealed)
    with pytest.raises(BrowserUnavailable, match="not sealed") as refused:
        await seal.check()
    assert "TCP" in str(refused.value)
    with pytest.raises(BrowserUnavailable, match="not sealed"):
        await seal.check()


async def test_what_could_not_be_tested_is_tested_again(pool: BrowserPool) -> None:
    tries = []

    async def show(pool: BrowserPool, html: str) -> None:
        tries.append(html)
        if len(tries) == 1:
            raise RenderTimeout
        await show_page(pool, html)

    seal = Seal(pool, show)
    await seal.warm()
    assert seal.leak is None
    await seal.check()
    assert len(tries) == 2


async def test_the_listener_hears_both_protocols() -> None:
    async with open_listener() as listener:
        host, _, port = listener.address.partition(":")
        async with await anyio.create_connected_udp_socket(host, int(port)) as udp:
            await udp.send(b"x")
            with fail_after(5):
                await listener._came.wait()
        assert listener.hits == ["UDP"]
        listener.hits.clear()
        await listener.prove_hearing()
        assert listener.hits == []


def test_the_page_tries_every_way_and_is_well_formed() -> None:
    page = page_of_ways("a:7")
    assert "{{" not in page
    assert page.count("http://a:7") + page.count("http://localhost:7") + page.count("stun:a:7") >= 18


@pytest.mark.promise("seal-proved")
@pytest.mark.slow
def test_a_server_whose_browser_is_not_sealed_is_not_ready_and_shows_no_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifespan, "Seal", lambda pool: Seal(pool, show_unsealed))
    settings = Settings(data_dir=tmp_path / "data", _env_file=None)
    with (
        serve(app.create_app(settings), lifespan="on") as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=HANG_S) as http,
    ):
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert "not sealed" in ready.json()["checks"]["browser"]
        end = run_to_end(http, text="# One")[-1]
        assert (end["type"], end["code"]) == ("error", "browser_unavailable")
        assert "not sealed" in end["message"]
        assert run_to_end(http, text="# Two", outputs=["html"])[-1]["type"] == "complete"  # nobody is shown anything


async def test_a_seal_that_cannot_be_tested_for_want_of_a_socket_is_tested_at_the_next_check(
    pool: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_socket(**_options: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    seal = Seal(pool)
    with monkeypatch.context() as broken:
        broken.setattr(anyio, "create_udp_socket", no_socket)
        with pytest.raises(BrowserUnavailable, match="just now"):
            await seal.check()
        await seal.warm()  # does not raise: a server starts all the same
    await seal.check()


@pytest.mark.slow
async def test_every_fresh_browser_is_sealed_from_its_very_first_page() -> None:
    """Without the shell's own WebRTC flag one in seven let a STUN packet out in its first moments."""
    seen = set()
    async with open_browser_pool(replace(QUICK, local=1, recycle_after=1)) as fresh:
        for _ in range(12):
            await Seal(fresh).check()  # what is shown first in this browser, which is replaced thereafter
            seen |= {chromium.pid for chromium in chromiums(fresh)}
    assert len(seen) >= 12
