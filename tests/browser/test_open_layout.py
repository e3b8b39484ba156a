"""Documents of which a plain screenshot shows a part: every mark is on some slide, in order, and no slide is blank."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image

from pressrun.browser.pool.pool import BrowserPool, Lease
from pressrun.browser.ports import OpenPage
from pressrun.browser.slides.page_breaks import Slice
from pressrun.browser.slides.sideways import plan_document
from pressrun.spec import Fit
from tests.support.layouts import LAYOUTS, MARKS, Layout, lines, mark, page

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

# The layout of the default slide (914.29 x 514.29 CSS px) on a quarter of its pixels.
WIDTH, HEIGHT, ZOOM = 960, 540, 1.05
SLIDE = (WIDTH / ZOOM, HEIGHT / ZOOM)
_SEEN_PIXELS = 150
_DARK = 300  # of 765


async def planned(lease: Lease, html: str, fit: Fit = "shrink") -> Sequence[Slice]:
    await lease.load(html)
    layout = await lease.layout()
    return plan_document(layout.boxes, layout.extent, SLIDE, 15, "blocks", 50, fit=fit).slices


async def pictures(pool: BrowserPool, html: str, fit: Fit = "shrink") -> list[Image.Image]:
    async with pool.lease(viewport_width=WIDTH, viewport_height=HEIGHT, zoom=ZOOM, fit=fit) as lease:
        shots = [await lease.capture(piece) for piece in await planned(lease, html, fit)]
    return [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]


def marks_of(picture: Image.Image) -> set[str]:
    seen = set()
    for count, colour in picture.getcolors(WIDTH * HEIGHT) or ():
        near = [key for key, mark in MARKS.items() if max(abs(a - b) for a, b in zip(mark, colour, strict=True)) <= 3]
        seen.update(near if count > _SEEN_PIXELS else ())
    return seen


def corners_of(picture: Image.Image) -> list[int]:
    places = [(x, y) for x in (2, WIDTH - 3) for y in (2, HEIGHT - 3)]
    return [sum(picture.getpixel(place)) for place in places]  # type: ignore[arg-type]


def _by_kind(layouts: Sequence[Layout]) -> list[object]:
    """Two of each kind in every run of the tests, the others in the slow part."""
    count: dict[str, int] = {}
    cases = []
    for layout in layouts:
        count[layout.kind] = count.get(layout.kind, 0) + 1
        marks = [pytest.mark.slow] if count[layout.kind] > 2 else []
        cases.append(pytest.param(layout, id=f"{layout.kind} {layout.name}", marks=marks))
    return cases


@pytest.mark.parametrize("layout", _by_kind(LAYOUTS))
async def test_all_that_a_document_holds_is_on_a_slide_in_order(pool: BrowserPool, layout: Layout) -> None:
    shown = await pictures(pool, layout.html)
    seen = [marks_of(picture) for picture in shown]
    first = {key: next((at for at, keys in enumerate(seen) if key in keys), None) for key in layout.marks}
    assert None not in first.values(), f"not seen: {[key for key, at in first.items() if at is None]}"
    places = [at for at in first.values() if at is not None]
    assert places == sorted(places)
    assert not set().union(*seen) & set(layout.absent)
    assert all(len(picture.getcolors(WIDTH * HEIGHT) or "12") > 1 for picture in shown), "a slide is blank"
    assert layout.slides in (None, len(shown))
    if layout.corners == "dark":
        assert all(brightness < _DARK for picture in shown for brightness in corners_of(picture))


WIDE = page(
    "td{white-space:nowrap;min-width:200px}",
    f"<h1>{mark('a')}</h1><table><tr>{'<td>value</td>' * 30}<td>{mark('b')}</td></tr></table>",
)
A_BIT_WIDE = page(
    "", f"<div style='width:1200px;display:flex;justify-content:space-between'>{mark('a')} {mark('b')}</div>"
)


async def test_fit_shrink_keeps_on_one_slide_what_is_a_bit_wider(pool: BrowserPool) -> None:
    (one,) = await pictures(pool, A_BIT_WIDE)
    assert marks_of(one) == {"a", "b"}


async def test_fit_shrink_stops_at_half_and_goes_on_sideways(pool: BrowserPool) -> None:
    async with pool.lease(viewport_width=WIDTH, viewport_height=HEIGHT, zoom=ZOOM) as lease:
        slices = await planned(lease, WIDE)
        layout = await lease.layout()
    assert len(slices) > 2
    assert [piece.left for piece in slices] == sorted({piece.left for piece in slices})
    heights = {box.height for box in layout.boxes if box.kind == "line" and box.top > 60}
    assert min(heights) >= 22 * 0.5 - 1  # 16 px in the default font are 22 px high


async def test_fit_split_changes_no_size(pool: BrowserPool) -> None:
    first, second = await pictures(pool, A_BIT_WIDE, "split")
    assert (marks_of(first), marks_of(second)) == ({"a"}, {"b"})


async def test_fit_clip_cuts_off_at_the_sides_as_a_window_does(pool: BrowserPool) -> None:
    (one,) = await pictures(pool, A_BIT_WIDE, "clip")
    assert marks_of(one) == {"a"}


async def test_what_is_laid_out_by_hand_is_on_every_slide_of_a_long_document(pool: BrowserPool) -> None:
    """Chromium kept what it had painted of a layer for the slide before: all but the first were blank."""
    html = page("main{position:absolute;top:20px}", f"<main>{lines(90)}</main>")
    async with pool.lease(viewport_width=WIDTH, viewport_height=HEIGHT, zoom=ZOOM) as lease:
        await lease.load(html)
        await lease.layout()
        shots = [await lease.capture(Slice(top, top + 300, 10)) for top in range(0, 3000, 300)]
    assert all(len(Image.open(io.BytesIO(shot)).convert("RGB").getcolors(10**6) or "12") > 1 for shot in shots)


async def test_the_last_slide_begins_where_it_should_when_the_page_goes_beyond_both_sides(pool: BrowserPool) -> None:
    """What lies left of the page cannot be scrolled to, and so gave the last slice no room below."""
    html = page(
        "div{position:absolute;left:-400px;top:9px;width:2200px;height:9px;background:#eee}", f"<div></div>{lines(30)}"
    )
    async with pool.lease(viewport_width=WIDTH, viewport_height=HEIGHT, zoom=ZOOM, fit="clip") as lease:
        last = (await planned(lease, html, "clip"))[-1]
        picture = Image.open(io.BytesIO(await lease.capture(last))).convert("L")
    inked = [y for y in range(HEIGHT) if picture.crop((0, y, WIDTH, y + 1)).getextrema()[0] < 128]
    assert last.height < SLIDE[1] / 2, "else there is no need of room"
    assert inked[0] < (last.offset + 22) * ZOOM


async def test_a_document_of_text_is_left_as_it_is(pool: BrowserPool) -> None:
    """The figures of a run depend on it: nothing is opened where nothing is closed."""
    html = page(
        "pre{white-space:pre-wrap}table{max-width:100%}", f"<h1>T</h1>{lines(50)}<pre>x</pre><table><tr><td>1</table>"
    )
    async with pool.lease(viewport_width=WIDTH, viewport_height=HEIGHT, zoom=ZOOM) as lease:
        noting = Noting(lease._page)
        lease._page = noting  # type: ignore[assignment]
        await lease.load(html)
    assert noting.asked == ["prepare"]


class Noting:
    """A page that notes what is asked of it."""

    def __init__(self, page: OpenPage) -> None:
        self.asked: list[str] = []
        self._page = page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    async def ask(self, script: str, argument: dict[str, Any]) -> Any:
        self.asked.append(script)
        return await self._page.ask(script, argument)


@pytest.mark.slow
async def test_a_wide_table_of_many_cells_is_opened_in_time(pool: BrowserPool) -> None:
    """For each cell that stood out all others were looked through: 60 x 60 of them never opened."""
    rows = ("".join(f"<td>{row}.{column}" for column in range(45)) for row in range(45))
    assert await pictures(pool, f"<!doctype html><table>{''.join(f'<tr>{row}' for row in rows)}</table>")
