"""A sealed page reaches nothing: ways out tried against a listener on loopback that must stay silent."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from pressrun.browser.chromium.process import environment
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import RenderTimeout
from tests.browser.conftest import chromiums, quick
from tests.support.limits import fail_after

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

WAYS_OUT = {
    "picture": '<img src="{url}/a.png" srcset="{url}/b.png 2x">',
    "style": '<link rel=stylesheet href="{url}/a.css">'
    '<style>@import "{url}/b.css"; p{{background:url({url}/c.png)}}</style><p>x',
    "font": '<style>@font-face{{font-family:F;src:url({url}/f.woff2)}}</style><p style="font-family:F">x',
    "frame": '<iframe src="{url}/f.html"></iframe><object data="{url}/o.svg"></object><embed src="{url}/e.svg">',
    "refresh": '<meta http-equiv=refresh content="0;url={url}/r.html"><p>x',
    "hints": '<link rel=prefetch href="{url}/a"><link rel=preconnect href="{url}"><link rel=dns-prefetch href="{url}">'
    '<link rel=preload as=image href="{url}/p.png"><link rel=icon href="{url}/i.ico">',
    "media": '<video src="{url}/v.mp4" poster="{url}/p.jpg" autoplay></video>'
    '<audio src="{url}/a.mp3" autoplay></audio>',
    "svg": '<svg><image href="{url}/s.png" /><use href="{url}/s.svg#a" /></svg>',
    "base": '<base href="{url}/"><img src="relative.png">',
    "every url() of CSS": "<style>p{{cursor:url({url}/c),auto;list-style:url({url}/l);mask:url({url}/m#a);"
    "border-image:url({url}/b) 1;shape-outside:url({url}/s);filter:url({url}/f#a);clip-path:url({url}/k#a)}}"
    "p::before{{content:url({url}/t)}}</style><p style='display:list-item;float:left'>x",
    "subtitles": '<video controls><track default src="{url}/t.vtt"></video>',
    "document in an attribute": "<iframe srcdoc=\"<img src='{url}/i.png'>\"></iframe>",
    "manifest": '<link rel=manifest href="{url}/m.json"><link rel=modulepreload href="{url}/m.js">',
    "filter": '<svg><filter id=f><feImage href="{url}/f.png" /></filter><rect width=9 height=9 filter="url(#f)" />'
    "</svg>",
}
WAYS_OUT_BY_SCRIPT = {
    "fetch": "fetch('{url}/f', {{mode:'no-cors'}})",
    "beacon": "navigator.sendBeacon('{url}/b', 'x')",
    "socket": "new WebSocket('ws://{address}/w')",
    "events": "new EventSource('{url}/e')",
    "window": "window.open('{url}/w')",
    "image": "new Image().src = '{url}/i.png'",
    "worker": "new Worker(URL.createObjectURL(new Blob(['fetch(\"{url}/w\")'])))",
    "rtc": "new RTCPeerConnection({{iceServers:[{{urls:'stun:{address}'}}]}}).createDataChannel('x')",
    "service worker": "navigator.serviceWorker?.register('{url}/sw.js')",
    "request": "const r = new XMLHttpRequest(); r.open('GET', '{url}/x'); r.send()",
    "import": "import('{url}/m.js')",
    "script": "const s = document.createElement('script'); s.src = '{url}/s.js'; document.body.append(s)",
    "shared worker": "new SharedWorker('{url}/s.js')",
    "worklet": "CSS.paintWorklet?.addModule('{url}/w.js')",
    "speculation": "const s = document.createElement('script'); s.type = 'speculationrules';"
    "s.textContent = JSON.stringify({{prerender: [{{source: 'list', urls: ['{url}/p']}}]}}); document.body.append(s)",
    "transport": "new WebTransport('https://{address}/')",
}
WAYS_TO_LEAVE = {
    "navigation": "location.href = '{url}/n'",
    "ping": "const a = document.createElement('a'); a.href = '#'; a.ping = '{url}/p';"
    "document.body.append(a); a.click()",
    "form": "const f = document.createElement('form'); f.action = '{url}/f'; f.method = 'post';"
    "document.body.append(f); f.submit()",
}


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    """A socket that takes connections into its backlog without anybody answering: a hit is a connection there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        listener.setblocking(False)
        yield listener, f"127.0.0.1:{listener.getsockname()[1]}"


def was_hit(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_the_list_is_as_long_as_the_one_that_was_tried_at_first() -> None:
    assert len(WAYS_OUT) + len(WAYS_OUT_BY_SCRIPT) + len(WAYS_TO_LEAVE) >= 26


async def show(pool: BrowserPool, html: str, *, scripts: bool) -> None:
    async with pool.lease(viewport_width=320, viewport_height=240, zoom=1, scripts=scripts) as lease:
        await lease.load(html)
        await lease.capture(Slice(0, 240))


def test_the_listener_would_notice_a_hit() -> None:
    with listening() as (listener, address):
        assert not was_hit(listener)
        host, port = address.split(":")
        with socket.create_connection((host, int(port))):
            assert was_hit(listener)


@pytest.mark.parametrize("way", sorted(WAYS_OUT))
async def test_no_element_reaches_loopback(pool: BrowserPool, way: str) -> None:
    with listening() as (listener, address):
        for host in (address, address.replace("127.0.0.1", "localhost")):
            await show(pool, WAYS_OUT[way].format(url=f"http://{host}"), scripts=False)
        assert not was_hit(listener)


@pytest.mark.parametrize("way", sorted(WAYS_OUT_BY_SCRIPT))
async def test_no_script_reaches_loopback(pool: BrowserPool, way: str) -> None:
    with listening() as (listener, address):
        script = WAYS_OUT_BY_SCRIPT[way].format(url=f"http://{address}", address=address)
        await show(pool, f"<body><p>x</p><script>{script}</script>", scripts=True)
        assert not was_hit(listener)


@pytest.mark.slow
async def test_a_script_that_leaves_the_document_ends_it_and_reaches_nothing() -> None:
    async with open_browser_pool(quick(load_timeout_s=0.7)) as pool:
        for way in WAYS_TO_LEAVE.values():
            with listening() as (listener, address):
                script = way.format(url=f"http://{address}")
                with pytest.raises(RenderTimeout):
                    await show(pool, f"<body><p>x</p><script>{script}</script>", scripts=True)
                assert not was_hit(listener)


async def test_windows_and_dialogs_of_scripts_neither_pile_up_nor_block(pool: BrowserPool) -> None:
    html = "<p>x</p><script>for (let n = 0; n < 9; n++) window.open(); alert(1); confirm(2); prompt(3)</script>"
    with fail_after(8):
        async with pool.lease(viewport_width=320, viewport_height=240, zoom=1, scripts=True) as lease:
            await lease.load(html)
            await lease.capture(Slice(0, 240))


async def test_chromium_sees_nothing_of_the_server_senvironment(
    pool: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSRUN_AI_API_KEY", "canary")
    assert "canary" not in str(environment(Path("/tmp")))
    await pool.warm()
    (process,) = chromiums(pool)
    names = {
        entry.split(b"=")[0].decode()
        for entry in (await anyio.Path(f"/proc/{process.pid}/environ").read_bytes()).split(b"\0")
        if entry
    }
    assert names & set(os.environ) <= set(environment(Path("/tmp"))) | {"PWD", "OLDPWD", "SHLVL", "_"}
    assert not any("KEY" in name or "TOKEN" in name or "PRESSRUN" in name for name in names)
