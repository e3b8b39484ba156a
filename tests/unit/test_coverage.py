"""Coverage: what is missing is found and named, and what is there is not called missing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.coverage import Coverage
from pressrun.pipeline.coverage import summary_of
from pressrun.sources.coverage import measure_coverage
from pressrun.sources.said import said_in_html
from pressrun.sources.said_in_text import _MARK, _next_mark, said_in_text
from pressrun.sources.words import WordPlaces, folded_words, words_in

# what marks of Markdown are made of, and what stands between them, in several scripts
PIECES = r"""
\ ` `` $ $$ < <b> </b> <!-- --> ! [ ]( ) ][ ] { } {.a} { : :smile: & &amp; h http http://a.b https://x%20y [^1] [!NOTE]
\( \begin{ x^2 a word नदी 河水 ภาษา ﬁ ½ é 😀 <svg> <img | 1. # key=1 ﷺ
"""
BETWEEN = [" ", "  ", "\t", "\n", "\u0301", "\u00ad", "\u2028"]
TYPED = st.lists(st.sampled_from([*PIECES.split(), *BETWEEN]), max_size=40).map("".join)


def slides_json(*shown: str, hidden: str = "", side: str = "", pictures: int = 0) -> bytes:
    box = {"left": 0, "top": 0, "width": 1, "height": 1}
    blocks = [{"kind": "paragraph", "text": text, "added": [], "box": box} for text in shown]
    drawn = [{"alt": f"{n}", "words": "", "box": box} for n in range(pictures)]
    not_shown = [{"text": hidden, "why": "hidden"}] if hidden else []
    not_shown += [{"text": side, "why": "side"}] if side else []
    slides = [{"index": 1, "blocks": blocks, "pictures": drawn}]
    return json.dumps({"slides": slides, "not_shown": not_shown, "lost_pictures": []}).encode()


def measured(source: str, *shown: str, kind: str = "text", **more: Any) -> Coverage:
    return Coverage.model_validate(measure_coverage(kind, source, slides_json(*shown, **more)))


@pytest.mark.parametrize(
    ("typed", "painted"),
    [
        ("Déjà vu", "DÉJÀ VU"),
        ("the ﬁnal oﬃce", "the final office"),
        ("co\u00adoper\u200bation", "cooperation"),
        ('don\'t "quote" me -- ever...', "don’t “quote” me — ever…"),
        ("２０２４年", "2024年"),
        ("cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("x² and ½", "x2 and 1⁄2"),
        ("👍🏽 👩\u200d👩\u200d👧", "👍 👩👩👧"),
        ("ﷺ مـرحبا", "صلى الله عليه وسلم مرحبا"),
        ("ｶﾞﾗｽ", "ガラス"),
    ],
)
def test_what_only_looks_different_is_the_same_word(typed: str, painted: str) -> None:
    assert folded_words(typed) == folded_words(painted) != []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("これはテスト。", list("これはテスト")),
        ("ภาษาไทย", ["ภ", "า", "ษ", "า", "ไ", "ท", "ย"]),
        ("한국어 단어", ["한국어", "단어"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("→ ✓ ★", ["✓", "★"]),
        ("snake_case, kebab-case", ["snake", "case", "kebab", "case"]),
    ],
)
def test_a_word_is_what_its_script_makes_one(text: str, words: list[str]) -> None:
    assert folded_words(text) == words
    assert [word.folded for word in words_in(text)] == words


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("# Title\n\nSome *marked* **text** and `code <b>`.", "Title Some marked text and code b"),
        ('[link](https://e.org/a_b "tip") and <https://e.org/c>', "link and https e org c"),
        ("![alt words](data:image/png;base64,AAAA) after", "after"),
        ("text[^1] here\n\n[^1]: The note.", "text here The note"),
        ("see [this][ref]\n\n[ref]: https://e.org/x", "see this"),
        ("see [this][nowhere]", "see this nowhere"),
        ("1. one\n2. two\n\n- [x] done", "one two done"),
        ("```python\nx = '<div>'\n```\n\nafter", "x div after"),
        ("~~~\nnever closed <title>", "never closed title"),
        ("the <title> tag and <your name>", "the title tag and your name"),
        ("a <!-- never said --> b", "a b"),
        ("a <!-- never closed b", "a never closed b"),
        ('<div class="box">Inside</div>', "Inside"),
        ("<svg><title>t</title><text>drawn</text></svg>", "drawn"),
        ("---\ntitle: Front\nauthor: Me\n---\n\nBody", "Body"),
        ("costs &euro;5 &amp; more", "costs 5 more"),
        ("| a | b |\n|---|--:|\n| c | d |", "a b c d"),
        ("$\\frac{a}{b}$ stays", "a b stays"),
        ("<style>p{color:red}</style>\n\ntext", "text"),
        ("speaks of <style>p</style> here", "speaks of style p style here"),
    ],
)
def test_of_a_text_what_a_reader_sees_is_said(source: str, said: str) -> None:
    assert folded_words(said_in_text(source).text) == folded_words(said)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<head><title>no</title><style>x{}</style></head><body>yes<script>no()</script>", "yes"),
        ("Hel<b>lo</b><td>a</td><td>b</td>", "Hel lo a b"),
        ("<p title='no > no'>yes</p><!-- no > --> and", "yes and"),
        ("<p>one <!-- never closed two", "one never closed two"),
        ("<title>never closed, so all of it is lost", "never closed so all of it is lost"),
        ("<textarea>typed <b></textarea> after", "typed b after"),
        ('<iframe srcdoc="&lt;p&gt;inner &amp;amp; more&lt;/p&gt;">no</iframe> after', "inner more after"),
        ("<template>no</template><template shadowrootmode=open>yes</template>", "yes"),
        ("caf&eacute; &#x43;&#111;", "café Co"),
        ("<math><mi>x</mi><annotation encoding=tex>no</annotation></math>", "x"),
        ("<svg><title>no</title><desc>no</desc><text>drawn</text></svg>", "drawn"),
        ("<![CDATA[ kept ]]><?xml no?><!doctype no>", "kept"),
        ("a < b and <3", "a b and 3"),
    ],
)
def test_of_html_what_a_reader_sees_is_said(source: str, said: str) -> None:
    assert folded_words(said_in_html(source).text) == folded_words(said)


def test_nothing_missing_is_all_of_it() -> None:
    coverage = measured("# Rivers\n\nWater finds its way.", "Rivers", "Water finds its way.")
    assert (coverage.share, coverage.words, coverage.words_missing) == (1, 5, 0)
    assert coverage.is_whole
    assert summary_of(coverage) == "On the slides: all of 5 words."


def test_a_lost_passage_is_named_with_its_line_and_the_words_before() -> None:
    coverage = measured("# Rivers\n\nWater finds\nits way to the sea.", "Rivers", "Water finds to the sea.")
    (missing,) = coverage.missing
    assert (missing.text, missing.words, missing.line, missing.why) == ("its way", 2, 4, "lost")
    assert missing.after == "Rivers Water finds"
    assert coverage.words_missing == 2
    assert coverage.share == pytest.approx(6 / 8)
    assert summary_of(coverage) == (
        "75 % of 8 words are on the slides, 2 are not: “its way” (line 4, not in the document)."
    )


def test_of_a_word_that_stands_there_often_the_one_beside_other_missing_ones_is_missing() -> None:
    source = "the cat and the dog and the bird sang the song"
    (missing,) = measured(source, "the cat and the dog sang the song").missing
    assert missing.text == "and the bird"


@pytest.mark.slow
def test_almost_everything_is_never_everything() -> None:
    words = " ".join(f"w{n}" for n in range(100_000))
    coverage = measured(words + " lost", words)
    assert coverage.share == 0.9999
    assert not coverage.is_whole


def test_why_something_is_missing_is_told_and_what_is_beyond_the_edge_is_counted() -> None:
    source = "<p>seen</p><p>at the side</p><p>in the dark</p><p>gone</p>"
    coverage = measured(source, "seen", kind="html", side="at the side", hidden="in the dark")
    assert {missing.why: missing.text for missing in coverage.missing} == {"side": "at the side in the dark gone"} or {
        missing.text for missing in coverage.missing
    }
    assert coverage.cut_at_sides == pytest.approx(3 / 8)
    assert (coverage.hidden_content.words, coverage.hidden_content.examples) == (3, ["in the dark"])


def test_what_is_hidden_and_says_the_same_as_what_is_seen_is_not_missing() -> None:
    source = "<a>Read more<span class=sr>Read more</span></a> about rivers"
    coverage = measured(source, "Read more about rivers", kind="html", hidden="Read more")
    assert coverage.is_whole
    assert coverage.words == 4
    assert coverage.hidden_content.words == 0


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<i>H</i><u>e</u>llo <td>x</td>", ["H", "e", "llo x"]),
        ("<span>on</span><div>line</div>", ["online"]),
        ("unbreakableword", ["unbreak", "ableword"]),
    ],
)
def test_words_parted_or_joined_on_the_way_are_not_missing(source: str, shown: list[str]) -> None:
    assert measured(source, *shown, kind="html").is_whole


def test_pictures_that_never_came_to_be_in_the_document_are_missing() -> None:
    coverage = measured("![0](data:image/png;base64,AA)\n\n![map](x.png)", pictures=1)
    assert (coverage.pictures, coverage.pictures_missing) == (2, 1)
    assert [(one.alt, one.why) for one in coverage.missing_pictures] == [("map", "lost")]
    assert "“map” (not in the document)" in summary_of(coverage)


@pytest.mark.slow
def test_hostile_sources_take_linear_time() -> None:
    """A hang is what this is about: quadratic, each of these would take minutes."""
    for unit in ("<!--", '<a b="', "<script>", "`", "``` ", "[", "![", "](", "$", "&", "<p ", "\\", "[^", "<svg>"):
        source = unit * (100_000 // len(unit))
        measure_coverage("html", source, slides_json("x"))
        measure_coverage("text", source, slides_json("x"))


def test_every_line_of_the_source_can_be_named() -> None:
    lines = [f"word{n} **bold{n}** [link{n}](https://e.org/{n})" for n in range(200)]
    said = said_in_text("\n".join(lines))
    text = said.text
    for word in words_in(text):
        line = "\n".join(lines).count("\n", 0, said.place_of(word.start))
        assert re.fullmatch(rf"(word|bold|link){line}", word.folded)


@given(TYPED)
def test_words_and_their_places_are_those_that_are_found_one_by_one(text: str) -> None:
    one_by_one = list(words_in(text))
    assert folded_words(text) == [word.folded for word in one_by_one]
    places = WordPlaces(text)
    assert [places.span_of(number) for number in range(len(one_by_one))] == [word[1:] for word in one_by_one]


@given(TYPED)
def test_a_mark_is_looked_for_only_where_one_can_begin(text: str) -> None:
    for at in range(0, len(text), 3):
        found, expected = _next_mark(text, at), _MARK.search(text, at)
        assert (found and found.span()) == (expected and expected.span())
