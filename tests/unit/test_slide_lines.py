"""The line of a source at which each slide begins, found by the words of the slides alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pressrun.sources.coverage import said_in_source
from pressrun.sources.slide_lines import find_slide_lines

SOME = ["river", "sand", "stone", "माटी", "नदी", "河", "水", "نهر", "رمل", "one", "two"]
WORDS = st.lists(st.sampled_from(SOME), min_size=3, max_size=30)


def slide(*texts: str, added: int = 0) -> dict[str, Any]:
    """`added`: so many of its blocks, from the first, are nobody's words."""
    return {"blocks": [{"text": text, "added": [text] if at < added else []} for at, text in enumerate(texts)]}


def lines_of(source: str, *slides: dict[str, Any], kind: str = "text") -> list[int | None]:
    return find_slide_lines(said_in_source(kind, source), source, slides)


def test_a_slide_begins_where_its_words_do_whatever_marks_stand_around_them() -> None:
    source = "---\ntitle: None\n---\n\n# A *river*\n\nIt carries sand.\n\n## Down\n\n- to the **sea**\n- and further\n"
    slides = (slide("A river", "It carries sand."), slide("Down", "to the sea", "and further"))
    assert lines_of(source, *slides) == [5, 9]
    assert lines_of(source.replace("\n", "\r\n"), *slides) == [5, 9]


def test_a_heading_that_goes_on_is_passed_over_and_what_is_said_twice_keeps_its_order() -> None:
    source = "# Again\n\nThe same words come back.\n\nThe same words come back.\n\nThe same words come back.\n"
    same = "The same words come back."
    slides = (slide("Again", same), slide("Again 2/3", same, added=1), slide("Again 3/3", same, added=1))
    assert lines_of(source, *slides) == [1, 5, 7]


def test_words_that_are_not_in_the_source_have_no_line_and_lose_nobody_else_his() -> None:
    source = "# First\n\nsome words here\n\n# Last\n\nmore words here\n"
    slides = (slide("First", "some words here"), slide("made by the theme alone"), slide("Last", "more words here"))
    assert lines_of(source, *slides) == [1, None, 5]
    assert lines_of("", slide("x")) == [None]
    assert lines_of("x", {"blocks": []}) == [None]


def test_the_first_words_may_be_others_than_the_source_has() -> None:
    assert lines_of("intro\n\n1) apples and pears and plums\n", slide("1.", "apples and pears and plums")) == [3]


def test_html_has_lines_too() -> None:
    source = "<h1>One two three</h1>\n<style>x {}</style>\n<p>four <b>five</b> six</p>"
    assert lines_of(source, slide("One two three"), slide("four five six"), kind="html") == [1, 3]


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_paragraphs_that_are_each_told_apart_are_found_each_at_its_line(paragraphs: list[list[str]]) -> None:
    texts = [f"p{number}a p{number}b " + " ".join(words) for number, words in enumerate(paragraphs)]
    found = lines_of("\n\n".join(texts), *(slide(text) for text in texts))
    assert found == [2 * number + 1 for number in range(len(texts))]


@given(st.text(max_size=200), st.lists(st.lists(st.text(max_size=40), max_size=4), max_size=5))
def test_whatever_is_said_each_slide_has_a_line_of_the_source_or_none(source: str, slides: list[list[str]]) -> None:
    last = source.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for line in lines_of(source, *(slide(*texts) for texts in slides)):
        assert line is None or 1 <= line <= last
