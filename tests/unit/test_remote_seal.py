"""Whether a browser elsewhere may show documents: what a page there reaches decides, with scripts and without."""

from __future__ import annotations

import logging
import re

import anyio
import pytest

from pressrun.browser.addresses import RemoteAddress
from pressrun.browser.chromium.remote_seal import RemoteSeal
from pressrun.browser.ports import Screen
from pressrun.errors import BrowserUnavailable
from tests.support.fake_browser import FakeBrowser, FakePage
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio
SEAL = RemoteAddress("cdp", "ws://127.0.0.1:9/?token=canary")
LIMIT_S = 5


class LeakyBrowser(FakeBrowser):
    """Its pages send a packet to whom their document names: always, or only where scripts run."""

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self._always = always

    async def open_page(self, screen: Screen) -> FakePage:
        page = await super().open_page(screen)
        if self._always or screen.scripts:
            page.__class__ = LeakyPage
        return page


class LeakyPage(FakePage):
    async def set_content(self, html: str, timeout_s: float) -> None:
        port = re.search(r"stun:127\.0\.0\.1:([0-9]+)", html)
        assert port is not None
        async with await anyio.create_connected_udp_socket("127.0.0.1", int(port[1])) as udp:
            await udp.send(b"out")
        await super().set_content(html, timeout_s)


async def test_one_that_reaches_nothing_is_used_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    browser = FakeBrowser()
    await RemoteSeal(SEAL).prove(browser, LIMIT_S)
    assert caplog.records == []
    assert not browser.pages


async def test_one_whose_documents_reach_this_machine_is_not_used() -> None:
    browser = LeakyBrowser(always=True)
    with pytest.raises(BrowserUnavailable, match=r"cdp\+ws://127.0.0.1:9 is not sealed") as caught:
        await RemoteSeal(SEAL).prove(browser, LIMIT_S)
    assert "canary" not in str(caught.value)
    assert not browser.pages


async def test_what_only_scripts_could_reach_there_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    seal = RemoteSeal(SEAL)
    for _ in range(3):
        await seal.prove(LeakyBrowser(always=False), LIMIT_S)
    (told,) = [record.getMessage() for record in caplog.records]
    assert "over UDP" in told
    assert "docs/remote-browsers.md" in told


async def test_what_cannot_be_proved_on_another_machine_is_told_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pressrun.browser.chromium.remote_seal._facing", lambda _address: "127.0.0.1")
    monkeypatch.setattr("pressrun.browser.chromium.remote_seal._is_here", lambda _host: False)
    seal = RemoteSeal(SEAL)
    for _ in range(2):
        await seal.prove(FakeBrowser(), LIMIT_S)
    (told,) = [record.getMessage() for record in caplog.records]
    assert "cannot be proved from here" in told


async def test_one_that_hangs_is_no_proof_and_ends_in_time() -> None:
    browser = FakeBrowser()
    browser.frozen = True
    with fail_after(LIMIT_S), pytest.raises(TimeoutError):
        await RemoteSeal(SEAL).prove(browser, 0.2)
