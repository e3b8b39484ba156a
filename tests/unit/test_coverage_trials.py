"""The comparison, tried: whatever is taken out of a document is found, and nothing is said of one that is whole."""

from __future__ import annotations

import base64
import os
import random
import re

import pytest

from pressrun.sources.coverage import compare
from pressrun.sources.markdown import render_markdown
from pressrun.sources.said import said_in_html
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words
from tests.support.generated_documents import Markdown
from tests.support.removed_passages import without_a_passage

# issue 12: 1 000 trials and 200 faithful documents; fewer of each in the quick part
TRIALS = int(os.environ.get("PRESSRUN_COVERAGE_TRIALS", "1000"))
FAITHFUL = 200
_DRAWN = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")


def shown(body: str) -> dict[str, object]:
    """The slides of a browser that shows all of it."""
    words = [said_in_html(base64.b64decode(drawing).decode()).text for drawing in _DRAWN.findall(body)]
    pictures = [{"alt": "", "words": text} for text in words]
    added = re.findall(r'<sup class="footnote-ref"><a[^>]*>([^<]*)', body)
    blocks = [{"kind": "paragraph", "text": said_in_html(body).text, "added": added}]
    return {"slides": [{"blocks": blocks, "pictures": pictures}], "not_shown": [], "lost_pictures": []}


def faithful(first: int, count: int) -> None:
    for seed in range(first, first + count):
        text = Markdown(random.Random(seed)).text()
        found = compare(said_in_text(text), text, shown(render_markdown(text)["html"]))
        assert (found["share"], found["missing"]) == (1, []), f"seed {seed}"


def removed(first: int, count: int, from_each: int = 10) -> None:
    for seed in range(first, first + count // from_each):
        chance = random.Random(seed)
        text = Markdown(chance).text()
        body, said = render_markdown(text)["html"], said_in_text(text)
        for _ in range(from_each):
            rest, taken = without_a_passage(body, chance)
            found = compare(said, text, shown(rest))
            assert found["words_missing"] >= 1, (seed, taken)
            assert found["share"] < 1
            named = {word for missing in found["missing"] for word in folded_words(missing["text"])}
            assert named & set(taken), (seed, taken, found["missing"])


@pytest.mark.promise("coverage")
def test_a_document_that_shows_everything_is_no_alarm() -> None:
    faithful(10_000, 20)


@pytest.mark.promise("coverage")
def test_a_passage_that_is_taken_out_is_found() -> None:
    removed(20_000, 50)


@pytest.mark.slow
@pytest.mark.promise("coverage")
def test_two_hundred_faithful_documents_are_no_alarm() -> None:
    faithful(0, FAITHFUL)


@pytest.mark.slow
@pytest.mark.promise("coverage")
def test_a_thousand_passages_that_are_taken_out_are_all_found() -> None:
    removed(0, TRIALS)
