"""What is begun and never closed is shown as typed, and told with its line and the remedy."""

from __future__ import annotations

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.said import said_in_html
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# A\n\n:::: columns\n::: column\nleft\n\n# B", "Line 3: `:::: columns` is never closed"),
        ("# A\n\n::: notes\nsaid\n\n---\n\n# B", "Line 3: `::: notes` is never closed"),
        ("# A\n\n::: tip\nsaid\n:::\n\n:::\n\nend", "Line 7: `:::` closes nothing and is shown as text. Remove it"),
        ("# A\n\n- item\n  ::: columns\n> quote\n:::\n\nend", "Line 4: `::: columns` is never closed"),
        ("# A\n\n1. item\n   ::: tip\n   words\n\nbehind\n\n:::\n\nend", "Line 4: `::: tip` is never closed"),
        ("# A\n\n```py\ncode\n\n# B", "Line 3: a listing (`````) is never closed"),
        ("# A\n\ntwo\nlines <!-- a note\n\n---\n\n# B", "Line 4: `<!--` is never closed and is shown as text"),
        ("# A\n\n$$\n\\frac{1}{2}\n\n# B", "Line 3: `$$` is never closed and is shown as text. Close it by `$$`"),
        ("# A\n\n\\begin{align} a &= b\n\n# B", "Line 3: `\\begin{align}` is never closed"),
        ("# A\n\n<aside class='notes'>\nsaid\n\n---\n\n# B", "Line 3: `<aside` is never closed"),
        ("\n---\ntitle: T\n\n# A\n\nwords", "The front matter (line 2) is never closed and is shown as"),
    ],
)  # fmt: skip
def test_what_is_never_closed_is_shown_and_told_with_its_line(text: str, told: str) -> None:
    made = render_markdown(text)
    assert any(message.startswith(told) for _, message in made["warnings"]), made["warnings"]
    shown = folded_words(said_in_html(made["html"]).text)
    assert [word for word in folded_words(said_in_text(text).text) if word not in shown] == []


@pytest.mark.parametrize(
    "text",
    [
        "$$ is much money",
        "`<!--` begins a comment",
        "a\n\n---\n\nNote: b\n\n---\n\nc",
        "---\n\nprose: not front matter",
        "- a\n  ::: tip\n  b\n  :::",
    ],
)
def test_what_only_looks_like_it_is_not_told(text: str) -> None:
    assert render_markdown(text)["warnings"] == []
