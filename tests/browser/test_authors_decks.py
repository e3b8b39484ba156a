"""A deck of each of the five tools, as a teacher writes one: each slide is what its author meant (tests/data/decks)."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from pressrun.browser.pool.pool import BrowserPool
from pressrun.sources.markdown import render_markdown
from tests.support.decks import Composed, compose

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

DECKS = Path(__file__).parents[1] / "data" / "decks"
TOOLS = ("marp", "slidev", "reveal", "pandoc", "quarto")


def source(tool: str) -> str:
    """With its pictures in it, as they are once they are attached."""
    text = (DECKS / f"{tool}.md").read_text(encoding="utf-8")
    for picture in DECKS.glob("*.png"):
        encoded = "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
        text = re.sub(rf"(?:\./)?{picture.name}", encoded, text)
    return text


@pytest.fixture(scope="module")
async def decks(pool: BrowserPool) -> dict[str, Composed]:
    return {tool: await compose(pool, source(tool)) for tool in TOOLS}


def sections(made: Composed) -> list[str]:
    """The tag of each slide."""
    return re.findall(r'<section class="slide[^>]*>', made.deck.html.partition("</head>")[2])


@pytest.mark.parametrize(
    ("tool", "layouts"),
    [
        ("marp", ["title", "text", "text", "picture", "table", "section", "text"]),
        ("slidev", ["title", "text", "text", "text", "code", "closing"]),
        ("reveal", ["title", "text", "table", "statement", "text", "picture", "statement"]),
        ("pandoc", ["title", "section", "text", "text", "section", "questions", "statement", "table"]),
        ("quarto", ["title", "statement", "text", "text", "text", "picture", "quote"]),
    ],
)
async def test_each_slide_is_what_its_author_meant(decks: dict[str, Composed], tool: str, layouts: list[str]) -> None:
    made = decks[tool]
    assert made.layouts == layouts
    assert made.coverage.is_whole, made.coverage.summary
    assert [slide for slide in made.deck.slides if slide.overfull] == []
    said = " ".join(" ".join(texts) for texts in made.said)
    assert [
        sign for sign in (":::", "{", "\\", "data-", "::right::", "<!--", "Ask who", "Welcome.") if sign in said
    ] == []


@pytest.mark.parametrize("tool", TOOLS)
async def test_what_is_not_used_is_named_and_nothing_else(tool: str) -> None:
    told = [message for _, message in render_markdown(source(tool))["warnings"]]
    assert told == []


async def test_pictures_stand_behind_a_slide_over_a_side_of_it_and_over_all_of_it(decks: dict[str, Composed]) -> None:
    marp = sections(decks["marp"])
    assert 'data-picture="behind"' in marp[0]
    assert 'data-picture="right"' in marp[2]
    assert "--share: 40%" in marp[2]
    assert 'data-bleed="cover"' in marp[3]
    assert 'data-picture="right"' in sections(decks["slidev"])[3]
    assert 'data-bleed="contain"' in sections(decks["reveal"])[5]
    assert 'data-bleed="cover"' in sections(decks["quarto"])[5]
    assert (
        "contain"
        in decks["marp"].deck.html.partition('class="backdrops"')[2].rpartition('class="backdrops"')[2][:9_000]
    )
    width, height = decks["marp"].texts.width, decks["marp"].texts.height
    (whole,) = decks["marp"].texts.slides[3].pictures
    assert (whole.box.width, whole.box.height) == pytest.approx((width, height), abs=1)
    (side,) = decks["marp"].texts.slides[2].pictures
    assert (side.box.left, side.box.width) == pytest.approx((0.6 * width, 0.4 * width), abs=1)
    beside = [block.box for block in decks["marp"].texts.slides[2].blocks]
    assert max(box.left + box.width for box in beside) < side.box.left


async def test_a_slide_that_goes_on_keeps_its_picture_and_colour(pool: BrowserPool) -> None:
    long = "\n\n".join(f"Paragraph {number}. " + "The river carries sand down to the sea. " * 5 for number in range(6))
    slides = ["# T", f"![bg](river.png)\n\n## A\n\n{long}", f"![bg left:30%](river.png)\n\n## B\n\n{long}", "End."]
    text = "\n\n---\n\n".join(slides)
    encoded = "data:image/png;base64," + base64.b64encode((DECKS / "river.png").read_bytes()).decode()
    made = await compose(pool, text.replace("river.png", encoded))
    kinds = [re.search(r'data-picture="(\w+)"', tag) for tag in sections(made)]
    told = [kind[1] if kind else "" for kind in kinds]
    assert told[0] == told[-1] == ""
    assert told.count("behind") >= 2
    assert told.count("left") >= 2
    assert "" not in told[1:-1]
    assert made.coverage.is_whole, made.coverage.summary
    assert [slide for slide in made.deck.slides if slide.overfull] == []


async def test_in_a_text_without_slides_it_is_a_picture_as_any_other(pool: BrowserPool) -> None:
    encoded = "data:image/png;base64," + base64.b64encode((DECKS / "river.png").read_bytes()).decode()
    made = await compose(pool, f"# T\n\n![bg]({encoded})\n\nWords.")
    assert "data-picture" not in made.deck.html.partition("</head>")[2]
    assert sum(len(slide.pictures) for slide in made.texts.slides) == 1
