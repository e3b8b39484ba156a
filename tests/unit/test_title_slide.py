"""Front matter that says who wrote what, and when, becomes the first slide, once."""

from __future__ import annotations

import re

import pytest

from pressrun.sources.markdown import render_markdown

FRONT = (
    "---\ntitle: Rivers\nsubtitle: From the spring to the sea\nauthor: [Maya Rai, {name: Ben Roy}]\n"
    "date: 2026-11-30\n---\n\n"
)


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def shown(text: str) -> list[str]:
    return re.findall(r">([^<>\n]+)<", body(text))


def test_a_deck_begins_with_a_slide_of_what_its_front_matter_says() -> None:
    made = body(FRONT + "# Springs\n\nWater.\n\n---\n\n# Seas\n\nMore.")
    first, second = re.split(r"<hr [^>]*>", made)[1:3]
    assert re.findall(r">([^<>\n]+)<", first) == [
        "Rivers", "From the spring to the sea", "Maya Rai, Ben Roy", "2026-11-30",
    ]  # fmt: skip
    assert 'data-layout="title"' in made[: made.index("Rivers")]
    assert "Springs" in second


def test_a_text_begins_with_its_title_and_one_paragraph_below_it() -> None:
    made = body(FRONT + "Water moves.\n\n## Springs\n\nThere.")
    assert made.startswith('<h1 dir="auto">Rivers</h1>\n<p class="subtitle" dir="auto">From the spring to the sea<br>')
    assert made.count("<hr") == 0
    assert made.index("2026-11-30</p>") < made.index("Water moves.")


@pytest.mark.parametrize("rest", ["# Rivers\n\nWater.", "# Rivers\n\nWater.\n\n---\n\n# Seas"])
def test_a_heading_of_that_name_is_not_said_twice(rest: str) -> None:
    made = body(FRONT + rest)
    assert made.count("Rivers") == 1
    assert made.index("Rivers") < made.index("Maya Rai") < made.index("Water.")


@pytest.mark.parametrize(
    "front",
    [
        "title: Rivers",  # names the document, as in a wiki
        "author: Maya Rai",  # of what?
        "title: [Rivers]\nauthor: Maya",
        'title: " "\nauthor: Maya',
        "marp: true\ntitle: Rivers\nauthor: Maya",
        "canvasWidth: 800\ntitle: Rivers\nauthor: Maya",
    ],
)
def test_what_names_a_document_or_is_read_otherwise_makes_no_slide(front: str) -> None:
    made = body(f"---\n{front}\n---\n\n# Springs\n\nWater.")
    assert "Rivers" not in made
    assert made.count("<h1") == 1


def test_what_front_matter_says_is_text() -> None:
    assert "<script" not in body("---\ntitle: <script>x</script>\nauthor: <img src=x onerror=y>\n---\n\nWater.")
    assert shown("---\ntitle: A & B\nauthor: <Maya>\n---\n\nWater.")[:2] == ["A &amp; B", "&lt;Maya&gt;"]
