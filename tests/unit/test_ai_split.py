"""Long texts in parts: nothing lost, no part too long, cut where the text pauses; and what is taken out comes back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.ai.source import read_source
from pressrun.ai.split import split_text

PARAGRAPH = "The river runs and runs. " * 8 + "\n\n"
PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="


@given(st.text(alphabet="a.# \n`|-。é"), st.integers(1, 40))
def test_parts_joined_are_the_text_and_none_is_too_long(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert "".join(parts) == text
    assert max(map(len, parts)) <= limit


def test_a_text_that_fits_is_one_part() -> None:
    assert split_text("# A\n\nb", 100) == ["# A\n\nb"]


def test_a_chapter_is_cut_at_its_headings() -> None:
    chapter = "".join(f"## Part {number}\n\n{PARAGRAPH * 5}" for number in range(1, 9))
    parts = split_text(chapter, 2_500)
    assert len(parts) == 4
    assert all(part.startswith("## Part ") for part in parts)


def test_higher_headings_are_cut_at_first() -> None:
    text = f"# A\n\n{PARAGRAPH}## A1\n\n{PARAGRAPH}# B\n\n{PARAGRAPH}## B1\n\n{PARAGRAPH}"
    assert [part[:3] for part in split_text(text, 3 * len(PARAGRAPH))] == ["# A", "# B"]


def test_a_heading_is_never_left_at_the_end_of_a_part() -> None:
    text = "".join(f"#### Part {number}\n\n{PARAGRAPH * (1 + number % 3)}" for number in range(20))
    for part in split_text(text, 700):
        assert not part.rstrip().splitlines()[-1].startswith("#")


def test_a_code_block_that_fits_stays_whole() -> None:
    code = "```\n" + "# no heading\n\nline\n\n" * 10 + "```\n\n"
    parts = split_text(PARAGRAPH + code + PARAGRAPH, 300)
    assert [part.count("```") for part in parts] == [0, 2, 0]


def test_a_text_without_pauses_is_cut_at_sentences_then_anywhere() -> None:
    assert [part.strip() for part in split_text("One is here. Two is here. Three.", 14)] == [
        "One is here.",
        "Two is here.",
        "Three.",
    ]
    assert split_text("长江是河。黄河也是。", 5) == ["长江是河。", "黄河也是。"]
    assert split_text("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@pytest.mark.parametrize("unit", ["a", "\n", "# a\n", "``` \n", "a\n\n", ". ", "[a]: b\n", "data:image/png,", "a@a."])
@pytest.mark.slow
def test_the_longest_text_is_taken_apart_quickly(unit: str) -> None:
    started = time.process_time()
    read_source(unit * (400_000 // len(unit)), 8_000)
    assert time.process_time() - started < 12


def test_pictures_leave_the_text_under_a_name() -> None:
    source = read_source(f"![A]({PNG}) and again ![B]({PNG})\n\n![C](data:image/svg+xml,%3Csvg/%3E)", 8_000)
    assert source.parts == ("![A](picture:1) and again ![B](picture:1)\n\n![C](picture:2)",)
    assert source.pictures == {"picture:1": PNG, "picture:2": "data:image/svg+xml,%3Csvg/%3E"}


def test_other_data_is_no_picture() -> None:
    text = "[x](data:text/html,<script>steal()</script>)"
    assert read_source(text, 8_000).pictures == {}


def test_a_link_definition_goes_with_every_part_that_uses_it() -> None:
    first, last = f"# A\n\nSee [the delta][Delta].\n\n{PARAGRAPH}", f"# C\n\nThe [delta].\n\n{PARAGRAPH}"
    text = f"{first}# B\n\n{PARAGRAPH}{last}\n[delta]: https://d.example/\n"
    parts = read_source(text, 300).parts
    with_it = ["[delta]: https://d.example/" in part for part in parts]
    assert with_it == ["elta]" in part for part in parts]
    assert sum(with_it) == 2


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://a.example/x.", "https://a.example/x"),
        ("[x](https://a.example/x_(y))", "https://a.example/x_(y)"),
        ("**<https://a.example/?q=1&r=2>**", "https://a.example/?q=1&r=2"),
        ("Write to me@a.example!", "mailto:me@a.example"),
    ],
)
def test_the_addresses_of_the_source_may_be_linked_to(text: str, address: str) -> None:
    assert address in read_source(text, 8_000).addresses


def test_a_text_of_nothing_has_no_parts() -> None:
    assert read_source(" \n\n ", 8_000).parts == ()
