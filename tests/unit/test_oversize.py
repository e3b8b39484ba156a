"""What is too long to be shown as it was meant: it is all shown, and told with its line and what to do."""

from __future__ import annotations

import re

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.oversize import LONG_PARAGRAPH_CHARACTERS, MAX_HEADING_CHARACTERS, MAX_WORD_CHARACTERS


@pytest.mark.parametrize("form", ["Intro.\n\n## {}\n\nText.", "Intro.\n\n{}\n---\n\nText."])
def test_a_heading_as_long_as_a_page_is_the_paragraph_that_it_is(form: str) -> None:
    words = "heading " * 625
    made = render_markdown(form.format(words.strip()))
    assert "<h2" not in made["html"]
    assert made["html"].count("heading") == 625
    ((code, message),) = made["warnings"]
    assert code == "heading_as_text"
    assert message.startswith("Line 3: a heading of 4999 characters")
    assert "Put an empty line" in message


def test_a_long_heading_that_is_still_one_stays_one() -> None:
    made = render_markdown("# " + "w" * MAX_HEADING_CHARACTERS + "\n\nText.")
    assert "<h1" in made["html"]
    assert made["warnings"] == []


@pytest.mark.parametrize("form", ["{}", "- item {}", "> *said* {} end", "| a | b |\n|---|---|\n| c | {} |"])
def test_a_word_longer_than_a_slide_is_told_with_its_line(form: str) -> None:
    made = render_markdown("First.\n\n" + form.format("x" * 3_000))
    assert made["html"].count("x") >= 3_000
    ((code, message),) = made["warnings"]
    assert code == "word_parted"
    assert re.match(r"Line [35]: a word of 3000 characters", message)
    assert "spaces" in message


@pytest.mark.parametrize(
    "text",
    [
        "字" * 5_000,
        "ข้อความ" * 1_000,
        "x" * MAX_WORD_CHARACTERS,
        "word " * 5_000,
        f"![map](data:image/png;base64,{'A' * 3_000})",
        f"[words](https://example.org/{'a' * 3_000})",
        f"It is `{'a' * 3_000}` here.",
    ],
)
def test_scripts_without_spaces_addresses_and_code_are_no_long_words(text: str) -> None:
    assert [code for code, _ in render_markdown(text)["warnings"] if code == "word_parted"] == []


def test_many_of_them_are_ten_warnings_and_a_number() -> None:
    told = render_markdown("\n\n".join(["# " + "head " * 100] * 25))["warnings"]
    assert len(told) == 11
    assert told[-1][1].startswith("15 more")


@pytest.mark.parametrize("around", ["{}", "- {}", "> {}"])
def test_a_paragraph_as_long_as_a_book_is_marked_for_the_browser(around: str) -> None:
    """Its direction is found once; with `plaintext` Chromium reads all of it for each of its lines."""
    long, short = (around.format("word " * (count // 5 + 1)) for count in (LONG_PARAGRAPH_CHARACTERS, 1_000))
    assert 'class="long"' in render_markdown(long)["html"]
    assert 'class="long"' not in render_markdown(short)["html"]
