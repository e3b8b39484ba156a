"""Captures: exact pixels, only the slice, the same bytes again, from documents of every kind."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image
from playwright.async_api import async_playwright

from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.chromium.process import sealing_flags
from pressrun.browser.chromium.sealed_page import PageLimits, open_page
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, Lease, open_browser_pool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.page_breaks import Slice, plan_slices
from pressrun.errors import DocumentTooLarge, RenderTimeout
from tests.browser.conftest import quick

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

STRIPES = "<!doctype html><style>body{margin:0;background:#fff}div{height:100px}</style>" + "".join(
    f'<div style="background:rgb({n},{255 - n},7)">{n}</div>' for n in range(60)
)


def image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


async def show(lease: Lease, html: str) -> bytes:
    """The whole way of a document, for errors that may come at any point of it."""
    await lease.load(html)
    layout = await lease.layout()
    return await lease.capture(Slice(0, min(layout.height_css_px, lease.viewport_height_css_px)))


def stripe(n: int) -> tuple[int, int, int]:
    return (n, 255 - n, 7)


@pytest.mark.parametrize("zoom", [0.5, 1, 1.3, 2.1, 3, 7.77, 10])
async def test_an_image_has_exactly_the_viewport_s_pixels_at_any_zoom(pool: BrowserPool, zoom: float) -> None:
    for size in ((1920, 1080), (1919, 1079), (321, 240)):
        async with pool.lease(viewport_width=size[0], viewport_height=size[1], zoom=zoom) as lease:
            await lease.load(STRIPES)
            await lease.layout()
            for top in (0.0, 333.3):
                data = await lease.capture(Slice(top, top + lease.viewport_height_css_px), "jpeg", 20)
                assert Image.open(io.BytesIO(data)).size == size


@pytest.mark.parametrize("zoom", [1, 2.1, 3])
async def test_content_appears_as_large_as_zoom_says(pool: BrowserPool, zoom: float) -> None:
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=zoom) as lease:
        await lease.load('<style>body{margin:0}</style><div style="width:100px;height:50px;background:#f00"></div>')
        shown = image(await lease.capture(Slice(0, lease.viewport_height_css_px)))
    red = [x for x in range(640) if shown.getpixel((x, 5)) == (255, 0, 0)]
    assert abs(len(red) - 100 * zoom) <= 1


async def test_half_the_viewport_s_width_is_half_the_image_at_a_zoom_without_whole_pixels(pool: BrowserPool) -> None:
    async with pool.lease(viewport_width=1920, viewport_height=1080, zoom=2.1) as lease:
        await lease.load('<style>body{margin:0}</style><div style="width:50vw;height:50vh;background:#00f"></div>')
        shown = image(await lease.capture(Slice(0, lease.viewport_height_css_px)))
    assert abs(sum(shown.getpixel((x, 5)) == (0, 0, 255) for x in range(1920)) - 960) <= 2


@pytest.mark.parametrize("zoom", [1, 2.1])
async def test_nothing_but_the_slice_is_seen(pool: BrowserPool, zoom: float) -> None:
    async with pool.lease(viewport_width=640, viewport_height=630, zoom=zoom) as lease:
        await lease.load(STRIPES)
        await lease.layout()
        shown = image(await lease.capture(Slice(1000, 1200, offset=30)))
    rows = [shown.getpixel((639, y)) for y in range(630)]
    first, last = round(30 * zoom), round(230 * zoom)
    assert set(rows[:first]) | set(rows[last:]) == {(255, 255, 255)}
    assert set(rows[first:last]) == {stripe(10), stripe(11)}


async def test_the_last_slice_of_a_document_can_stand_at_the_top(lease: Lease) -> None:
    await lease.load(STRIPES)
    await lease.layout()
    shown = image(await lease.capture(Slice(5900, 6000)))
    assert shown.getpixel((600, 50)) == stripe(59)
    assert shown.getpixel((600, 150)) == (255, 255, 255)


async def test_a_dark_page_stays_dark_below_its_last_line(lease: Lease) -> None:
    await lease.load("<body style='background:#102030;color:#eee'><p>Night</p>")
    shown = image(await lease.capture(Slice(0, 60)))
    assert shown.getpixel((320, 350)) == (16, 32, 48)


async def test_a_page_painted_by_its_wrapper_goes_on_in_that_colour(lease: Lease) -> None:
    await lease.load("<body style='margin:0'><main style='background:#123456;height:2000px'><p>Text</p></main>")
    shown = image(await lease.capture(Slice(0, 60)))
    assert shown.getpixel((320, 300)) == (0x12, 0x34, 0x56)


async def test_the_same_slide_is_the_same_bytes_in_any_order_and_context(pool: BrowserPool) -> None:
    """Also the proof that no capture changes the fonts of its page, as far clips do (BROWSER.md, "Looks")."""
    document = "".join(f"<h2>Teil {n}</h2><p>Affig WAVE fi ffi {n} हिन्दी 漢字 عربي</p>" for n in range(60))
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=2.1) as lease:
        await lease.load(document)
        await lease.layout()
        slices = [Slice(0, 120), Slice(900, 1020, 8), Slice(3000, 3100)]
        down = [await lease.capture(s) for s in slices]
        up = [await lease.capture(s) for s in reversed(slices)][::-1]
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=2.1) as lease:
        await lease.load(document)
        await lease.layout()
        assert [await lease.capture(s) for s in slices] == down == up


@pytest.mark.parametrize("zoom", [0.5, 1, 2.1, 7.77])
async def test_a_view_of_fixed_size_shows_what_a_clip_shows(zoom: float) -> None:
    """The way of our own browsers beside the way of all others: to the last pixel, far down, right after a scroll."""
    document = STRIPES + "<p style='font-size:9px'>Affig WAVE fi 漢字 <b style='opacity:.5'>half</b></p>" * 300
    screen = Screen(801, 451, zoom)
    taken: dict[bool, list[bytes]] = {True: [], False: []}
    async with async_playwright() as playwright:
        args = [*sealing_flags(BrowserPoolConfig()), "--no-sandbox"]
        browser = await playwright.chromium.launch(executable_path=find_chromium(None), args=args)
        for fixed, pictures in taken.items():
            page = await open_page(browser, screen, PageLimits(4, 4, 10**9), fixed=fixed)
            await page.set_content(document, 10)
            for top in (0, 777.7, 5000, 40):
                at = {"top": top, "bottom": top + 451 / zoom, "scrollTo": top, "clipped": False, "roomBelow": 9e3}
                stands = await page.ask("show", {**at, "zoom": zoom})
                shot = await page.screenshot(stands["x"], stands["y"], "png", None)
                pictures.append(image(base64.b64decode(shot)).tobytes())
        await browser.close()
    assert len(set(taken[True])) == 4
    assert taken[True] == taken[False]


@pytest.mark.parametrize(("format", "named"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
async def test_each_image_format_is_what_it_says(lease: Lease, format: str, named: str) -> None:
    await lease.load(STRIPES)
    shown = Image.open(io.BytesIO(await lease.capture(Slice(0, 360), format, 60)))  # type: ignore[arg-type]
    assert (shown.format, shown.size) == (named, (640, 360))


@pytest.mark.parametrize("zoom", [0.5, 1, 2.1, 7.77])
async def test_png_mode_size_has_the_very_same_pixels_in_fewer_bytes(pool: BrowserPool, zoom: float) -> None:
    document = STRIPES + "<p>Affig WAVE fi 漢字 <b style='opacity:.5'>half</b></p>" * 40
    for size in ((1920, 1080), (321, 241)):
        async with pool.lease(viewport_width=size[0], viewport_height=size[1], zoom=zoom) as lease:
            await lease.load(document)
            await lease.layout()
            slice = Slice(300, 300 + lease.viewport_height_css_px)
            fast, small = [await lease.capture(slice, "png", png_mode=mode) for mode in ("speed", "size")]
        first, second = Image.open(io.BytesIO(fast)), Image.open(io.BytesIO(small))
        assert first.mode == second.mode
        assert first.size == second.size == size
        assert first.tobytes() == second.tobytes()
        assert len(small) < len(fast) if size[0] > 1000 else len(small) <= len(fast)


async def test_a_font_is_the_same_after_many_captures_far_down_as_in_a_page_that_had_none(pool: BrowserPool) -> None:
    """The font trap of BROWSER "Looks": one capture beyond the viewport changes the fonts of its page for good."""
    document = "".join(f"<h2>Teil {n}</h2><p>Affig WAVE fi ffi {n} Quill</p>" for n in range(400))
    first = Slice(0, 120)
    pictures = []
    for far_ones in (0, 6):
        async with pool.lease(viewport_width=640, viewport_height=360, zoom=1) as lease:
            await lease.load(document)
            height = (await lease.layout()).height_css_px
            for number in range(far_ones):
                await lease.capture(Slice(height - 200 * (number + 1), height - 200 * number))
            pictures.append(await lease.capture(first))
    assert pictures[0] == pictures[1]


async def test_a_pdf_has_pages_of_the_slide_s_shape_and_the_whole_text(lease: Lease) -> None:
    await lease.load(STRIPES)
    await lease.capture(Slice(1000, 1100))
    pdf = await lease.pdf()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) in (17, 18)  # 6000 px in pages of 360, no line cut
    assert re.search(rb"/MediaBox\s*\[0 0 480 270\]", pdf)  # points: 3/4 of the CSS px


async def test_lines_of_the_real_layout_are_never_cut(pool: BrowserPool) -> None:
    rows = "".join(f"<tr><td>{n}</td><td>{'wide cell ' * (n % 9)}</td></tr>" for n in range(40))
    code = "".join(f"line {n}\n" for n in range(60))
    words = "Ein langer Absatz mit vielen Worten. " * 80
    document = (
        "<style>body{line-height:1.1}</style>"
        f"<h1>T</h1><p>{words}</p><table>{rows}</table><pre>{code}</pre><h2>U</h2><p>{words}</p>"
    )
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=1.3) as lease:
        await lease.load(document)
        layout = await lease.layout()
        screen = lease.viewport_height_css_px
    plan = plan_slices(layout.boxes, layout.height_css_px, screen, 15, "blocks", 50)
    assert len(plan.slices) > 5
    for box in layout.boxes:
        if box.kind in ("line", "picture", "unit") and box.height <= screen:
            assert any(s.top <= box.top + 0.5 and box.bottom <= s.bottom + 0.5 for s in plan.slices)


async def test_a_tight_line_height_does_not_glue_lines_together(lease: Lease) -> None:
    await lease.load(f"<p style='line-height:0.9;width:300px'>{'glyphs ' * 900}</p>")
    layout = await lease.layout()
    plan = plan_slices(layout.boxes, layout.height_css_px, 360, 15, "blocks", 50)
    assert all(below.top >= above.bottom - 0.5 for above, below in zip(plan.slices, plan.slices[1:], strict=False))


async def test_page_breaks_of_the_author_are_seen(lease: Lease) -> None:
    await lease.load("<p>a</p><p style='break-before:page'>b</p><p style='page-break-before:always'>c</p>")
    layout = await lease.layout()
    assert len(plan_slices(layout.boxes, layout.height_css_px, 360, 15, "blocks", 50).slices) == 3


@pytest.mark.parametrize(
    ("html", "is_empty"),
    [
        ("", True),
        ("<p>  \n </p>", True),
        ("<p style='display:none'>x</p><p style='visibility:hidden'>y</p>", True),
        ("<script>1</script><style>p{}</style>", True),
        ("<p>x", False),
        ("<svg width=9 height=9><circle r=9 /></svg>", False),
        ("<div style='height:9px;background:red'></div>", False),
    ],
)
async def test_a_document_that_shows_nothing_is_known_as_empty(lease: Lease, html: str, is_empty: bool) -> None:
    await lease.load(html)
    assert (await lease.layout()).is_empty is is_empty


async def test_what_sticks_to_the_screen_is_shown_once(lease: Lease) -> None:
    bar = "<nav style='position:fixed;top:0;left:0;width:100%;height:40px;background:#f00'>bar</nav>"
    await lease.load(bar + "<p>text</p>" * 90)
    await lease.layout()
    red = (255, 0, 0)
    assert image(await lease.capture(Slice(0, 360))).getpixel((600, 20)) == red
    assert image(await lease.capture(Slice(1000, 1360))).getpixel((600, 20)) != red


async def test_a_page_that_scrolls_its_body_is_shown_whole(lease: Lease) -> None:
    await lease.load(
        f"<style>html,body{{height:100%;overflow:hidden}}body{{overflow-y:auto}}</style>{'<p>text</p>' * 90}"
    )
    assert (await lease.layout()).height_css_px > 2000


async def test_a_document_of_500_000_px_is_captured_at_its_end(pool: BrowserPool) -> None:
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=2.1) as lease:
        await lease.load(
            "<body style='margin:0'><p>top</p><div style='height:499900px'></div>"
            "<hr style='height:99px;background:#00f'>"
        )
        layout = await lease.layout()
        assert layout.height_css_px >= 499_000
        scroll = plan_slices(layout.boxes, layout.height_css_px, lease.viewport_height_css_px, 15, "scroll", 50)
        assert scroll.truncated
        assert len(scroll.slices) == 50
        bar = next(box for box in layout.boxes if box.kind == "picture")
        shown = image(await lease.capture(Slice(bar.top, bar.bottom)))
    assert shown.getpixel((320, 100)) == (0, 0, 255)


async def test_a_document_over_a_limit_is_refused_by_name() -> None:
    async with open_browser_pool(
        quick(max_height_css_px=5_000, max_nodes=1_000, max_boxes=500, max_picture_pixels=10_000)
    ) as pool:
        for html, named in (
            ("<div style='height:6000px'>x</div>", "at most 5000"),
            ("<i></i>" * 1_100, "at most 1000"),
            ("<p style='margin:0;font:5px/5px a'>x" * 400, "500 lines and blocks"),
            (f'<img src="{PICTURE_200}">', "megapixels"),
        ):
            async with pool.lease(viewport_width=640, viewport_height=360, zoom=1) as lease:
                with pytest.raises(DocumentTooLarge, match=named):
                    await show(lease, html)


async def test_scripts_run_only_where_they_are_asked_for(pool: BrowserPool) -> None:
    html = "<p id=p></p><script>p.textContent = 'written by script'</script>"
    for scripts in (False, True):
        async with pool.lease(viewport_width=640, viewport_height=360, zoom=1, scripts=scripts) as lease:
            await lease.load(html)
            assert (await lease.layout()).is_empty is not scripts


async def test_a_document_that_leads_away_is_an_error_not_a_blank_picture(pool: BrowserPool) -> None:
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=1, scripts=True) as lease:
        with pytest.raises(RenderTimeout, match="leads away"):
            await show(lease, "<p>x</p><script>location.replace('about:blank?2')</script>")


def _picture_200() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 200), "red").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


PICTURE_200 = _picture_200()


async def test_a_pdf_has_no_link_that_leads_out_of_the_web(lease: Lease) -> None:
    links = ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "vbscript:x", "page.html", "/abs"]
    elements = "".join(f'<p><a href="{link}">{link}</a>' for link in [*links, "https://h.example/good", "mailto:a@b.c"])
    framed = "&lt;a href='javascript:framed()'&gt;framed&lt;/a&gt;"
    drawn = '<svg width=90 height=20><a xlink:href="javascript:drawn()"><text y=15>drawn</text></a></svg>'
    data = '<iframe src="data:text/html,<a href=javascript:far()>far</a>"></iframe>'
    await lease.load(f'<!doctype html>{elements}{drawn}<iframe srcdoc="{framed}"></iframe>{data}')
    pdf = await lease.pdf()
    found = {link.strip() for link in re.findall(rb"/URI\s*\(([^)]*)", pdf)} - {b""}
    assert found == {b"https://h.example/good", b"mailto:a@b.c"}


async def test_a_picture_that_moves_stands_still_at_its_beginning(lease: Lease) -> None:
    """What a slide shows would depend on how long the one before it took."""
    frames = [Image.new("RGB", (120, 60), colour) for colour in ((0, 87, 255), (0, 166, 81), (230, 0, 126))]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:], duration=20, loop=0)
    picture = base64.b64encode(data.getvalue()).decode()
    await lease.load(f"<body style='margin:0'><img src='data:image/gif;base64,{picture}'>")
    await lease.layout()
    shown = [image(await lease.capture(Slice(0, 100))).getpixel((60, 30)) for _ in range(6)]
    assert shown == [(0, 87, 255)] * 6
