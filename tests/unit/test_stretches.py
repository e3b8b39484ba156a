"""Documents cut into stretches: what has a say in each is in its key, and what cannot be told apart is not cut."""

from __future__ import annotations

import pytest

from pressrun.browser.slides.composition.stretches import AROUND, CutDocument, cut_document
from pressrun.sources.document import wrap_fragment
from pressrun.sources.look import Look
from tests.support.decks import document_of

TEXT = "\n\n".join(
    f"## Part {number}\n\nA line.\n\nAnother *line* of part {number}.\n\n- one\n- two\n\nThe last of {number}."
    for number in range(8)
)


def cut(text: str, **look: str) -> CutDocument:
    found = cut_document(document_of(text, **look), "a screen", "a style")
    assert found is not None
    return found


def keys(text: str) -> list[bytes]:
    return [stretch.key for stretch in cut(text).stretches]


def changed(before: str, after: str) -> list[int]:
    """Which stretches of one text are others than of another that has as many."""
    return [at for at, (one, other) in enumerate(zip(keys(before), keys(after), strict=True)) if one != other]


@pytest.mark.parametrize(
    "text", [TEXT, "A line.\n\n" + TEXT, "# Title\n\nx <b>y</b><br>\n\n***\n\n| a | b |\n|-|-|\n| 1 | 2 |"]
)
def test_its_elements_are_all_of_the_document_and_each_is_in_one_stretch(text: str) -> None:
    found = cut(text)
    everything = list(range(len(found.elements)))
    assert f"{found.before}{found.body_of(everything)}{found.behind}" == document_of(text)
    assert [at for stretch in found.stretches for at in range(stretch.first, stretch.last)] == everything
    assert found.part(range(len(found.stretches))) == everything


def test_a_stretch_is_a_heading_and_what_follows_up_to_the_next() -> None:
    found = cut(TEXT)
    assert len(found.stretches) == 8
    assert all(found.elements[stretch.first].startswith("<h2") for stretch in found.stretches)


def test_an_edit_changes_what_it_is_in_and_what_stands_right_beside_it() -> None:
    assert changed(
        TEXT, TEXT.replace("A line.\n\nAnother *line* of part 4", "A line!\n\nAnother *line* of part 4")
    ) == [3, 4]
    assert changed(TEXT, TEXT.replace("Another *line* of part 4", "Another part 4")) == [4]
    assert changed(TEXT, TEXT.replace("The last of 4.", "The last of all four.")) == [4, 5]


def test_what_a_style_says_of_all_headings_behind_the_first_is_in_the_key() -> None:
    assert changed("Begin\n\n" + TEXT, "# Begin\n\n" + TEXT) == list(range(9))


def test_a_part_of_it_has_what_stands_around_and_what_it_begins_with() -> None:
    found = cut(TEXT)
    numbers = found.part({4})
    own = found.stretches[4]
    assert set(range(own.first - AROUND, own.last + AROUND)) <= set(numbers)
    assert set(range(found.stretches[0].last)) <= set(numbers)
    assert len(numbers) < len(found.elements) / 2


@pytest.mark.parametrize(
    "text",
    [
        "# Notes\n\nCalled[^1] here.\n\n## More\n\n[^1]: A note.",
        '# Beside\n\n<div class="picture-right">\n\na\n\n</div>\n\n## More\n\nText.',
        "---\nwriting: vertical\n---\n\n# 縦\n\n本文。",
    ],
)
def test_what_stands_elsewhere_than_it_is_written_is_not_cut(text: str) -> None:
    html = document_of(text)
    if "writing: vertical" in text:
        html = html.replace("<html ", '<html data-writing="vertical" ', 1)
    assert cut_document(html, "a screen", "a style") is None


@pytest.mark.parametrize(
    ("css", "is_cut"),
    [
        ("h2 { color: red }", True),
        ("p:nth-of-type(2) { margin-top: 3rem }", False),
        (".document > p:nth-child(odd) { padding: 1rem }", False),
        ("h2 ~ p { margin: 0 }", False),
        ("h2 { counter-increment: part } h2::before { content: counter(part) }", False),
        ("blockquote { float: left }", False),
        ("h2 + p + p + p { margin: 0 }", False),
        ("h2 + p { width: calc(1rem + 2px) }", True),
    ],
)
def test_a_style_sheet_that_looks_further_than_to_the_neighbours_is_not_cut(css: str, is_cut: bool) -> None:
    html = wrap_fragment("<h2>a</h2>\n<p>b</p>\n", title="t", look=Look(theme_css=css))
    assert (cut_document(html, "a screen", "a style") is not None) == is_cut


@pytest.mark.parametrize(
    "body", ["text alone", "<p>a", "a</p>", "<p>a</p> text", "<p>a</b></p></p>", "<p>a</p><!-- b -->", ""]
)
def test_what_is_no_row_of_whole_elements_is_not_cut(body: str) -> None:
    assert cut_document(wrap_fragment(body, title="t", look=Look()), "a screen", "a style") is None
