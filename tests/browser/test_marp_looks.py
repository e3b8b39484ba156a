"""What Marp's directives and words of pictures look like on composed slides."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from pressrun.browser.pool.pool import BrowserPool
from pressrun.sources.document import wrap_fragment
from pressrun.sources.look import Look
from pressrun.sources.markdown import render_markdown
from tests.support.decks import Composed, compose_document

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

RIVER = Path(__file__).parents[1] / "data" / "decks" / "river.png"
PICTURE = "data:image/png;base64," + base64.b64encode(RIVER.read_bytes()).decode()
FRONT = "---\nmarp: true\n"


async def deck_of(pool: BrowserPool, text: str, look: Look | None = None) -> Composed:
    text = text.replace("river.png", PICTURE)
    made = render_markdown(text)
    assert made["warnings"] == []
    told = {name: made[name] for name in ("title", "lang", "dir", "upright")}
    shown, _ = (look or Look("paper")).with_front_matter(made["look"])
    return await compose_document(pool, wrap_fragment(made["html"], look=shown, **told), text)


def slides(made: Composed) -> list[str]:
    return made.deck.html.partition("</head>")[2].split('<section class="slide')[1:]


def words(slide: str, tag: str) -> str:
    return "".join(re.findall(rf'<{tag} class="slide-{tag}"[^>]*>.*?class="words"[^>]*>([^<]*)<', slide))


def number(slide: str) -> str:
    return "".join(re.findall(r'class="number(?: typed)?">(\d+)<', slide))


LONG = "\n\n".join(f"Sentence {n} of many that are long. " * 8 for n in range(9))


async def test_a_slide_has_its_own_header_footer_and_number(pool: BrowserPool) -> None:
    text = (
        f"{FRONT}header: H\nfooter: F\npaginate: true\n_paginate: skip\n_header: ''\n---\n\n"
        f"# A\n\nt\n\n---\n\n## B\n\n{LONG}"
        "\n\n---\n\n<!-- _footer: G -->\n<!-- _paginate: hold -->\n\n## C\n\nc\n"
        "\n---\n\n<!-- _paginate: false -->\n\n## D\n\nd\n"
        "\n\n---\n\n## E\n\ne\n"
    )
    made = slides(await deck_of(pool, text))
    more = len(made) - 5  # that the second goes on
    assert more > 0
    assert [words(one, "header") for one in made] == ["", *["H"] * (len(made) - 1)]
    assert [words(one, "footer") for one in made] == ["F"] * (2 + more) + ["G", "F", "F"]
    counted = [str(n + 1) for n in range(1 + more)]
    assert [number(one) for one in made] == ["", *counted, counted[-1], "", str(int(counted[-1]) + 2)]
    asked = slides(await deck_of(pool, text, Look("paper", footer="Mine", page_numbers=False)))
    assert [words(one, "footer") for one in asked] == ["Mine"] * (2 + more) + ["G", "Mine", "Mine"]
    assert "".join(number(one) for one in asked) == ""


async def test_a_number_that_is_not_the_slides_place_is_no_field_of_powerpoint(pool: BrowserPool) -> None:
    text = (
        FRONT + "paginate: true\n---\n\n# A\n\nt\n\n---\n\n<!-- _paginate: hold -->\n\n## B\n\nb\n\n---\n\n## C\n\nc\n"
    )
    made = slides(await deck_of(pool, text))
    assert ["number typed" in one for one in made] == [False, True, True]
    assert [number(one) for one in made] == ["1", "1", "2"]


async def test_nothing_is_taken_from_the_text_by_a_header(pool: BrowserPool) -> None:
    made = await deck_of(pool, f"{FRONT}header: H\n---\n\n# A\n\nt\n\n---\n\n## B\n\n{LONG}\n")
    assert made.coverage.is_whole, made.coverage.summary
    assert [slide for slide in made.deck.slides if slide.overfull] == []


async def test_a_colour_of_text_is_used_where_it_can_be_read_and_a_slide_may_be_inverted(pool: BrowserPool) -> None:
    text = (
        f"{FRONT}---\n\n<!-- _color: SteelBlue -->\n\n# A\n\na\n\n---\n\n<!-- _color: ivory -->\n\n## B\n\nb\n\n---\n\n"
        "<!--\n_backgroundColor: black\n_color: gold\n-->\n\n## C\n\nc\n\n---\n\n<!-- _class: invert -->\n\n## D\n\nd\n"
        "\n---\n\n![bg](river.png)\n\n<!-- _color: black -->\n\n## E\n\ne\n\n---\n\n## F\n\nf\n"
    )
    styles = [one.partition(">")[0] for one in slides(await deck_of(pool, text))]
    inks = [re.findall(r"--ink: ([^;\"]+)", style) for style in styles]
    assert inks == [["SteelBlue"], [], ["gold"], ["#ffffff"], ["#ffffff"], []]  # ivory on paper is none
    assert "--page: black" in styles[2]
    assert "--page: " in styles[3]
    assert "--page" not in styles[0]


async def test_several_pictures_alone_are_one_slide_side_by_side_or_one_above_the_other(pool: BrowserPool) -> None:
    three = "![bg](river.png)\n" * 3
    two = "![bg vertical](river.png)\n![bg](river.png)\n"
    made = await deck_of(pool, f"{FRONT}---\n\n# A\n\na\n\n---\n\n{three}\n---\n\n{two}\n## B\n\nb\n\n---\n\n{two}")
    width, height = made.texts.width, made.texts.height
    assert len(made.texts.slides) == 4
    boxes = [[picture.box for picture in slide.pictures] for slide in made.texts.slides]
    for n, box in enumerate(boxes[1]):
        assert (box.left, box.width, box.height) == pytest.approx((n * width / 3, width / 3, height), abs=1.5)
    for stacked in (boxes[2], boxes[3]):
        for n, box in enumerate(stacked):
            assert (box.top, box.width, box.height) == pytest.approx((n * height / 2, width, height / 2), abs=1.5)
    assert [len(one) for one in boxes] == [0, 3, 2, 2]


async def test_a_picture_has_the_size_that_its_author_says(pool: BrowserPool) -> None:
    parts = (
        "![w:200](river.png)",
        "![h:50px](river.png)",
        "![bg right:40% 50%](river.png)\n\nText beside.",
        "![](river.png)",
    )
    made = await deck_of(pool, f"{FRONT}---\n\n# A\n\na" + "".join(f"\n\n---\n\n## B\n\n{part}" for part in parts))
    wide, low, half, free = (slide.pictures[0].box for slide in made.texts.slides[1:])
    assert wide.width == pytest.approx(200, abs=1)
    assert low.height == pytest.approx(50, abs=1)
    assert half.width == pytest.approx(made.texts.width * 0.4 * 0.5, abs=1)
    assert free.width > 400
