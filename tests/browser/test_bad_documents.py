"""Documents that loop, grow, flood or lead away: each ends in time with its code and one log line, and hurts nobody."""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator, Sequence

import anyio
import pytest

from pressrun.browser.drawing import Picture, draw
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.image import ImageOptions
from pressrun.browser.slides.page_breaks import Slice, SlicePlan, plan_slices
from pressrun.errors import BrowserFailure, DocumentTooLarge
from pressrun.slide_texts import SlideTexts
from tests.browser.conftest import open_contexts, quick
from tests.support.hostile import entities, laughs, picture
from tests.support.limits import HANG_S, fail_after
from tests.support.pool_rig import SMALL, settled

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]

LOAD_TIMEOUT_S = 4
CALM = {"capture_timeout_s": HANG_S / 4, "ping_timeout_s": HANG_S / 6}  # a busy machine is not a frozen browser
LIMIT_S = 16  # loading, measuring and cleaning up, on a machine with something else to do


BOMB = "const a = []; for (;;) a.push(new Array(1e5).fill(Math.random()))"
IN_DATA = f"data:text/html;base64,{base64.b64encode(b'<iframe></iframe>' * 300).decode()}"
GLASS = "<div style='position:absolute;inset:0;width:1900px;height:1900px;backdrop-filter:blur(9px)'></div>"
HUGE = "<!-- a huge picture -->"  # stands for one, which is made when it is wanted
TOLD = {
    "loops": ("<p>x</p><script>for (;;);</script>", "render_timeout"),
    "allocates": (f"<p>x</p><script>{BOMB}</script>", "browser_crashed"),
    "opens windows": ("<p>x</p><script>for (let n = 0; n < 90; n++) window.open()</script>", "document_too_large"),
    "leads away": ("<p>x</p><script>location.replace('about:blank?2')</script>", "render_timeout"),
    "huge picture": ("<p>x</p>" + HUGE, "document_too_large"),
    "frames": ("<p>x</p>" + "<iframe></iframe>" * 1_000, "document_too_large"),
    "frames in frames": (f'<p>x</p><iframe srcdoc="{"<object data=a>" * 101}"></iframe>', "document_too_large"),
    "million nodes": ("<p>x</p>" + "<i></i>" * 714_000, "document_too_large"),
    "billion laughs": (laughs(), "render_timeout"),
}  # fmt: skip
HARMLESS = {
    "meta refresh": '<meta http-equiv=refresh content="0;url=http://127.0.0.1:9/"><p>x</p>',
    "font that never arrives": "<style>@font-face{font-family:F;src:url(http://127.0.0.1:9/f.woff2)}"
    "p{font-family:F}</style><p>x</p>",
    "picture that never arrives": '<p>x</p><img src="http://127.0.0.1:9/p.png">',
    "500 000 px": "<p>x</p><div style='height:500000px'></div>",
    "billion laughs by entities": entities(),
}


async def shown(pool: BrowserPool, html: str, *, scripts: bool) -> list[int]:
    """The whole way of a document; the slides that came of it."""
    saved: list[int] = []

    plans: list[SlicePlan] = []

    async def plan(layout: DocumentLayout) -> SlicePlan:
        plans.append(plan_slices(layout.boxes, layout.height_css_px, 240, 15, "blocks", 3))
        return plans[-1]

    async def read(_: SlideTexts) -> Sequence[tuple[int, Slice]]:
        return list(enumerate(plans[0].slices, start=1))

    async def save(index: int, image: bytes) -> None:
        assert image
        saved.append(index)

    picture = Picture(html, Screen(320, 240, 1, scripts), ImageOptions("jpeg", 30))
    await draw(pool, picture, run="bad", plan=plan, read=read, save=save)
    return saved


async def run_beside(pool: BrowserPool, over: anyio.Event) -> None:
    """A neighbour that goes on capturing until the bad one has ended."""
    async with pool.lease(**SMALL) as lease:
        await lease.load("<p>calm")
        while not over.is_set():
            with fail_after(10):
                await lease.capture(Slice(0, 20), "jpeg", 30)


@pytest.mark.parametrize("kind", sorted(TOLD))
async def test_a_bad_document_ends_in_time_with_its_code_and_costs_others_nothing(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    html, code = TOLD[kind]
    html = html.replace(HUGE, picture(16_000)) if HUGE in html else html
    caplog.set_level(logging.INFO, "pressrun.browser")
    # what is found out by counting is not in a race with a time limit: 65 windows take 4 s on a busy machine
    load_timeout_s = LOAD_TIMEOUT_S if code == "render_timeout" else HANG_S / 2
    async with open_browser_pool(quick(local=2, load_timeout_s=load_timeout_s, **CALM)) as pool:
        over = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_beside, pool, over)
            with fail_after(LIMIT_S), pytest.raises(BrowserFailure) as caught:
                await shown(pool, html, scripts="<script>" in html)
            over.set()
        assert caught.value.code == code
        why = [record.getMessage() for record in caplog.records if code in record.getMessage()]
        assert why, "the log says why"
        assert all("\n" not in line for line in why)
        with fail_after(10):
            await settled(pool)
            await pool.check()
        assert await open_contexts(pool) == 0
        assert pool.pressure().free == 4


MANY = {
    "frames made by a script": (
        "<p>x</p><script>for (let n = 0; n < 999; n++) document.body.append(document.createElement('iframe'))</script>",
        "PRESSRUN_PAGE_MAX_FRAMES",
    ),
    "frames in a data: document": (f"<p>x</p><iframe src='{IN_DATA}'></iframe>", "PRESSRUN_PAGE_MAX_FRAMES"),
    "backdrop filters": ("<p>x</p>" + GLASS * 300, "PRESSRUN_PAGE_MAX_PICTURE_PIXELS"),
}


@pytest.mark.promise("peers")
@pytest.mark.parametrize("kind", sorted(MANY))
async def test_what_only_the_page_shows_to_be_too_much_is_ended_there_and_its_browser_draws_on(kind: str) -> None:
    html, setting = MANY[kind]
    config = quick(local=1, load_timeout_s=30, max_frames=20, max_picture_pixels=10_000_000, **CALM)
    async with open_browser_pool(config) as pool:
        over = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_beside, pool, over)  # another page of the same browser
            with anyio.fail_after(60), pytest.raises(DocumentTooLarge, match=setting):
                await shown(pool, html, scripts="<script>" in html)
            over.set()
        await settled(pool)
        assert pool.supervisors[0].counts.lost == 0


@pytest.fixture(scope="module")
async def hurried(anyio_backend: str) -> AsyncIterator[BrowserPool]:
    """One pool for all harmless documents: none of them costs it a browser."""
    async with open_browser_pool(quick(load_timeout_s=LOAD_TIMEOUT_S)) as pool:
        yield pool


@pytest.mark.parametrize("kind", sorted(HARMLESS))
async def test_a_document_that_waits_for_nothing_we_give_is_shown_all_the_same(kind: str, hurried: BrowserPool) -> None:
    with fail_after(LIMIT_S):
        assert await shown(hurried, HARMLESS[kind], scripts=False)
    assert hurried.supervisors[0].counts.lost == 0


OUTGROWN = {
    "a picture only a browser can read": f"<style>p{{background:url(\\64 ata{HUGE})}}</style><p>x",
    "canvases": "<p>x<script>const all = []; for (let n = 0; n < 40; n++) { const c = document.createElement('canvas');"
    "c.width = c.height = 4000; c.getContext('2d').fillRect(0, 0, 4000, 4000); all.push(c); }</script>",
    "WebAssembly": "<p>x<script>const m = new WebAssembly.Memory({initial: 30000});"
    "new Uint8Array(m.buffer).fill(1)</script>",
}


@pytest.mark.parametrize("kind", sorted(OUTGROWN))
async def test_a_page_that_outgrows_its_memory_is_ended_and_its_browser_draws_on(kind: str) -> None:
    html = OUTGROWN[kind]
    if HUGE in html:
        html = html.replace(HUGE, picture(16_000).split('"')[1][4:])  # from the colon on
    async with open_browser_pool(quick(local=1, max_memory_mb=400, **CALM)) as pool:
        over = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_beside, pool, over)  # another page of the same browser
            with fail_after(LIMIT_S), pytest.raises(DocumentTooLarge, match="PRESSRUN_PAGE_MAX_MEMORY_MB"):
                await shown(pool, html, scripts="<script>" in html)
            over.set()
        await settled(pool)
        assert pool.supervisors[0].counts.lost == 0
        assert pool.supervisors[0].counts.started == 1
