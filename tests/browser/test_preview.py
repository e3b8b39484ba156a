"""Previews in a real browser: what a run would show, in a page that no run wants."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from html.parser import HTMLParser

import anyio
import pytest

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.self_test import Seal
from pressrun.errors import EmptyDocument, ServerBusy
from pressrun.groups import open_task_group
from pressrun.pipeline.preview import Previews
from pressrun.spec import RunSpec
from tests.browser.conftest import SMALL
from tests.support.decks import SCREEN, compose
from tests.support.limits import HANG_S

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.usefixtures("warm_parser")]

SIZE = {"viewport_width": SCREEN.width, "viewport_height": SCREEN.height, "zoom": SCREEN.zoom}
SENTENCE = "The river carries sand and stones down to the sea, and lays them down where it slows."
TEXT = "\n\n".join(f"# Part {number}\n\n{' '.join([SENTENCE] * 14)}" for number in (1, 2, 3))


async def until(is_so: Callable[[], bool]) -> None:
    with anyio.fail_after(HANG_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells when
            await anyio.sleep(0.005)


class Proved(Seal):
    """What the seal's own tests are for."""

    async def check(self) -> None:
        return


@pytest.fixture
async def previews(pool: BrowserPool) -> Previews:
    return Previews(pool, Proved(pool), asks_ai=True)


async def test_it_is_the_deck_that_a_run_makes_with_what_its_slides_say(pool: BrowserPool, previews: Previews) -> None:
    preview = await previews.make(RunSpec(text=TEXT, composer="markdown", **SIZE), "somebody")
    run = await compose(pool, TEXT)
    assert preview.html == run.deck.html
    assert [slide.title for slide in preview.slides] == [slide.title for slide in run.texts.slides]
    assert [slide.layout for slide in preview.slides] == run.layouts
    assert preview.coverage is not None
    assert preview.coverage.is_whole
    assert preview.coverage.words == run.coverage.words
    assert all(0 < (slide.fill or 0) <= 1.01 for slide in preview.slides)
    lines = [slide.line for slide in preview.slides]
    assert lines[0] == 1
    assert lines == sorted(lines)  # type: ignore[type-var]
    assert {5, 9} <= set(lines)
    assert (preview.width, preview.height, preview.truncated) == (run.texts.width, run.texts.height, False)
    assert preview.warnings == ()


async def test_what_was_made_is_kept_for_whatever_shows_the_same(previews: Previews) -> None:
    first = await previews.make(RunSpec(text="# Once", **SIZE), 1)
    assert await previews.make(RunSpec(text="# Once", image_format="webp", output_name="else", **SIZE), 2) is first
    other = await previews.make(RunSpec(text="# Once", theme="ink", **SIZE), 1)
    assert other.html != first.html
    assert (previews.counts["made"], previews.counts["kept"]) == (2, 1)
    assert [warning.code for warning in first.warnings] == ["not_by_ai"]


async def test_the_slides_that_are_too_many_are_said(previews: Previews) -> None:
    preview = await previews.make(RunSpec(text=TEXT, max_screenshots=2, **SIZE), 1)
    assert (len(preview.slides), preview.truncated) == (2, True)
    assert preview.coverage is not None
    assert preview.coverage.missing[0].why == "truncated"


async def test_html_is_counted_in_windows_and_never_handed_back(previews: Previews) -> None:
    html = f"<script>alert(1)</script><h1>Mine</h1>{f'<p>{SENTENCE}</p>' * 60}"
    preview = await previews.make(RunSpec(html=html, **SIZE), 1)
    assert preview.html is None
    assert len(preview.slides) > 2
    assert (preview.slides[0].title, preview.slides[0].layout, preview.slides[0].fill) == ("Mine", "", None)
    with pytest.raises(EmptyDocument):
        await previews.make(RunSpec(html="<!-- nothing -->", **SIZE), 1)


async def test_nothing_of_a_hostile_text_is_left_that_could_do_anything(previews: Previews) -> None:
    text = (
        "# <img src=x onerror=alert(1)>Title\n\n<script>alert(2)</script>\n\n<style>*{display:none}</style>\n\n"
        "[link](javascript:alert(3)) <iframe src='https://example.org'></iframe> <form action=/><input></form>\n\n"
        "![away](https://example.org/x.png) <svg onload=alert(4)></svg> </main></body></html><main class=deck>"
    )
    preview = await previews.make(RunSpec(text=text, **SIZE), 1)
    assert preview.html is not None
    read = Read()
    read.feed(preview.html)
    assert not {"script", "iframe", "form", "input", "object", "link", "base"} & set(read.names)
    assert read.names.count("main") == read.names.count("body") == 1
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    addresses = [value for name, value in read.attributes if name in ("src", "href", "action", "style")]
    assert not [value for value in addresses if "script:" in (value or "") or "//" in (value or "")]


class Read(HTMLParser):
    """What a page consists of."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


async def test_a_page_is_never_taken_from_runs_and_given_back_as_soon_as_one_waits(
    pool: BrowserPool, previews: Previews
) -> None:
    capacity = pool.pressure().free
    async with AsyncExitStack() as held:
        for _ in range(capacity):
            await held.enter_async_context(pool.lease(**SMALL))
        with pytest.raises(ServerBusy, match="wanted by runs"):
            await previews.make(RunSpec(text="# Busy", **SIZE), 1)
    async with AsyncExitStack() as held:
        for _ in range(capacity - 1):
            await held.enter_async_context(pool.lease(**SMALL))
        begun = anyio.Event()
        refused = False

        async def preview() -> None:
            nonlocal refused
            begun.set()
            try:
                await previews.make(RunSpec(text=TEXT * 40, **SIZE), 1)
            except ServerBusy:
                refused = True

        async with open_task_group() as tasks:
            tasks.start_soon(preview)
            await begun.wait()
            await until(lambda: not pool.pressure().free)
            with anyio.fail_after(HANG_S):
                async with pool.lease(**SMALL):
                    pass
        assert refused
    await until(lambda: pool.pressure().free == capacity)


async def test_one_is_made_at_a_time_and_who_goes_leaves_nothing_behind(pool: BrowserPool, previews: Previews) -> None:
    free = pool.pressure().free
    most = 0

    def noted(taken: int) -> bool:
        nonlocal most
        most = max(most, taken)
        return True

    async with open_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(previews.make, RunSpec(text=f"{TEXT}\n\n# {number}", **SIZE), number)
        await until(lambda: noted(free - pool.pressure().free) and previews.counts["made"] == 3)
    assert most == 1
    with anyio.move_on_after(0.05):
        await previews.make(RunSpec(text=TEXT * 20, **SIZE), 1)
    assert previews.counts["left"] == 1
    await until(lambda: pool.pressure().free == free)
    assert (await previews.make(RunSpec(text="# After", **SIZE), 1)).title == "After"
