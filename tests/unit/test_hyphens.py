"""Words that were parted at the end of a line are whole on the slides, and hyphens that belong to words stay."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.sources.hyphens import join_parted_words
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words
from tests.unit.test_structure import body, words_shown

WIDE = "Green plants and a few other living things make their own food from light and "
PDF = """Photosynthesis is the process by which green plants and some other organ-
isms use sunlight to synthesize foods from carbon dioxide and water. Photo-
synthesis in plants generally involves the green pigment chlorophyll and gen-
erates oxygen. The well-known formula is older than what is known of it, a well-
known fact. Plants use pre- and post-war light, and some use low-
energy light and other parts be-
yond. They are sunlight, and eaters too: they are sunlight-
eaters that know of no burn and of no other kind of sun-
burn.

In unserem Garten wuchs früher eine Pflan\u00ad
ze wächst und wächst im Garten des Nachbarn. Hier steht die Haus-
und Hofgemeinschaft in langen Reihen, Tag für Tag.
"""


def test_parted_words_are_whole_and_lines_stay_as_many() -> None:
    joined = join_parted_words(PDF)
    assert joined.count("\n") == PDF.count("\n")
    for word in (
        "organisms use",
        "sunlight-eaters",
        "sunburn",
        "Photosynthesis\nin",
        "generates\noxygen",
        "low-energy",
        "beyond.",
        "Pflanze\nwächst",
    ):
        assert re.search(word.replace(" ", r"\s"), joined), word
    assert joined.count("well-known") == 2
    assert "Haus-\nund" in joined
    assert "pre- and" in joined


def test_coverage_asks_for_the_words_as_they_are_shown() -> None:
    assert words_shown(PDF) == folded_words(said_in_text(PDF).text)
    assert "organisms" in body(PDF)


@pytest.mark.parametrize(
    "text",
    [
        "re-\nuse",  # nobody parts words so early
        f"{WIDE}wa-\nTer",
        f"{WIDE}3-\nfold",
        f"{WIDE}water-\n\nsecond",
        f"{WIDE}cross-\n- item",
        f"```\n{WIDE}wa-\nter and\n{WIDE}wa-\nter\n```",
        f"    {WIDE}wa-\n    ter and\n    {WIDE}wa-\n    ter",
        f"{WIDE}wa-\nter\nand more of it",  # the line below would be empty, and end the paragraph
        "A short line of thirty letters wa-\nter and more",  # one alone, in a narrow line
    ],
)
def test_a_sign_that_may_be_the_writer_s_own_stays(text: str) -> None:
    assert join_parted_words(text) == text


def test_the_last_word_of_a_paragraph_is_joined() -> None:
    assert join_parted_words(f"{WIDE}wa-\nter.\n\nMore.") == f"{WIDE}water.\n\n\nMore."


@given(
    st.lists(st.sampled_from([WIDE, "wa-", "ter", "well-", "known", "\n", " ", "\n\n", "und", "x" * 40]), max_size=60)
)
def test_no_letter_is_lost_and_no_line(parts: list[str]) -> None:
    text = "".join(parts)
    joined = join_parted_words(text)
    assert joined.count("\n") == text.count("\n")
    assert re.sub(r"[\W_]", "", joined) == re.sub(r"[\W_]", "", text)


def test_a_long_text_takes_linear_time() -> None:
    took = []
    for size in (2_000, 8_000):
        begun = time.process_time()
        join_parted_words(f"{WIDE}wa-\nter and " * size)
        took.append(time.process_time() - begun)
    assert took[1] < 12 * took[0] + 0.5
