"""The themes and the example lesson, as Chromium lays them out at 1920 x 1080 and zoom 2.1."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from pressrun.browser.pool.pool import BrowserPool, Lease
from pressrun.browser.slides.page_breaks import Slice, plan_slices
from pressrun.sources.look import Look
from pressrun.sources.text import compose_text
from pressrun.themes.catalog import BUILT_IN

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.usefixtures("warm_parser")]

LESSON = (Path(__file__).parents[2] / "examples" / "lesson.md").read_text(encoding="utf-8")
SLIDE = {"viewport_width": 1920, "viewport_height": 1080, "zoom": 2.1}
SLIDE_HEIGHT = 1080 / 2.1
WIDE = (
    "| A very wide table | with many columns | Donaudampfschifffahrtsgesellschaft | four | five | six | seven |\n"
    "|---|---|---|---|---|---|---|\n| 1 | 2 | 3 | 4 | 5 | 6 | 7 |\n\n"
    f"```python\nx = '{'long ' * 60}'\n```\n\n`{'w' * 300}`\n\nhttps://example.org/{'path' * 60}\n\n"
    f"- {'unbreakable' * 30}\n\n![{'alt' * 80}](https://example.org/{'a' * 300}.png)\n"
)


async def load(lease: Lease, text: str, theme: str) -> None:
    await lease.load((await compose_text(text, title=None, look=Look(theme))).html)


def column(picture: bytes, x: int) -> set[tuple[int, ...]]:
    """The colours of one column of pixels."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return set(image.crop((x, 0, x + 1, image.height)).get_flattened_data())


@pytest.mark.parametrize("theme", BUILT_IN)
async def test_the_lesson_is_a_slide_for_each_chapter(pool: BrowserPool, theme: str) -> None:
    async with pool.lease(**SLIDE) as lease:
        await load(lease, LESSON, theme)
        layout = await lease.layout()
        plan = plan_slices(layout.boxes, layout.height_css_px, SLIDE_HEIGHT, 15, "blocks", 50)
    chapters = [box.top for box in layout.boxes if box.kind == "forced"]
    assert len(plan.slices) == 11
    assert [piece.top for piece in plan.slices[1:]] == pytest.approx(chapters, abs=1)


@pytest.mark.parametrize("theme", BUILT_IN)
async def test_nothing_is_cut_off_at_the_edge_of_a_slide(pool: BrowserPool, theme: str) -> None:
    async with pool.lease(**SLIDE) as lease:
        await load(lease, WIDE, theme)
        layout = await lease.layout()
        plan = plan_slices(layout.boxes, layout.height_css_px, SLIDE_HEIGHT, 15, "blocks", 50)
        pictures = [await lease.capture(piece) for piece in plan.slices]
    for picture in pictures:
        assert len(column(picture, 1919)) == 1
        assert len(column(picture, 400)) > 1  # and there was something to see


@pytest.mark.parametrize("theme", BUILT_IN)
async def test_the_page_is_one_plain_colour_behind_everything(pool: BrowserPool, theme: str) -> None:
    async with pool.lease(**SLIDE) as lease:
        await load(lease, "One line.", theme)
        picture = await lease.capture(Slice(0, SLIDE_HEIGHT))
    (left,), (right,) = column(picture, 0), column(picture, 1919)
    assert left == right
