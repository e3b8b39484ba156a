"""Marp's directives and words of pictures, as its documentation lists them: each does something, or is named.

https://marpit.marp.app/directives and https://marpit.marp.app/image-syntax, with what marp-core and marp-cli add.
"""

from __future__ import annotations

import re

import pytest

from pressrun.aspects import size_in
from pressrun.sources.markdown import render_markdown
from pressrun.sources.marp import GLOBAL, LOCAL, lines_of_directives
from pressrun.sources.said_in_text import said_in_text

FRONT = "---\nmarp: true\n---\n\n"
THREE = "# A\n\n{}\n\na\n\n---\n\n# B\n\n---\n\n# C\n"
PICTURE = "https://e.org/x.png"


def slides(text: str) -> list[dict[str, str]]:
    """What is said of each slide."""
    html = render_markdown(text)["html"]
    begun = re.findall(r'<hr class="slide-break"([^>]*)>', html)
    told = [dict(re.findall(r'data-(\w+)="([^"]*)"', one)) for one in begun]
    return told if html.startswith("<hr") else [{}, *told]


def named(text: str) -> list[str]:
    told = " ".join(message for code, message in render_markdown(text)["warnings"] if code == "directive_ignored")
    return re.findall(r"`([^`]+)` \(line \d+\)", told)


# What a local directive makes of its slide
LOCALS = {
    "class: lead": {"class": "lead"},
    "class: [lead, invert]": {"class": "lead invert"},
    "class:\n  - lead\n  - invert": {"class": "lead invert"},
    "backgroundColor: Navy": {"background": "Navy"},
    "backgroundColor: '#abc'": {"background": "#abc"},
    "backgroundColor: rgb(1, 2, 3)": {"background": "rgb(1, 2, 3)"},
    "backgroundColor: HSL(120deg 40% 20%)": {"background": "HSL(120deg 40% 20%)"},
    "color: 'white' # as chalk": {"color": "white"},
    "footer: '**Us** and _you_'": {"footer": "Us and you"},
    'header: "At: 9"': {"header": "At: 9"},
    "paginate: true": {"number": "true"},
    "paginate: hold": {"number": "hold"},
}


@pytest.mark.parametrize("directive", LOCALS)
@pytest.mark.parametrize("place", ["comment", "front"])
def test_a_local_directive_holds_from_its_slide_on_and_a_spot_directive_on_its_slide_alone(
    directive: str, place: str
) -> None:
    """The deck's own footer, header and numbers are other ones, so that each slide has to say its own."""
    rest = "---\n\n# O\n\n---\n\n<!-- footer: O -->\n<!-- header: O -->\n<!-- paginate: skip -->\n"
    rest += "<!-- class: o -->\n<!-- backgroundColor: red -->\n<!-- color: red -->\n\n# P\n" + "\n---\n\n# Q\n" * 9
    made = LOCALS[directive]
    for prefix in ("", "_"):
        said = prefix + directive
        text = (
            f"---\nmarp: true\n{said}\n---\n\n# A\n\n{rest}"
            if place == "front"
            else f"{FRONT}<!--\n{said}\n-->\n\n# A\n\n{rest}"
        )
        first, second, *_ = slides(text)
        ((key, value),) = made.items()
        shown = {"number": {"true": None}}.get(key, {}).get(value, value)
        assert first.get(key) == shown
        assert second.get(key) == (shown if not prefix else {"number": "false", "header": "", "footer": ""}.get(key))
        assert named(text) == []


def test_a_footer_and_a_header_are_taken_off_one_slide_and_numbers_begin_on_the_second() -> None:
    text = "---\nmarp: true\nfooter: F\nheader: H\n---\n\n" + THREE.format("<!-- _footer: '' -->\n<!-- _header: -->")
    made = render_markdown(text)
    assert (made["look"], made["warnings"]) == ({"footer": "F", "header": "H"}, [])
    assert slides(text) == [{"footer": "", "header": ""}, {}, {}]
    begins = "# A\n\n---\n\n<!-- paginate: true -->\n\n# B\n\n---\n\n<!-- _paginate: skip -->\n\n# C\n\n---\n\n# D\n"
    assert render_markdown(begins)["look"] == {"page_numbers": True}
    assert slides(begins) == [{"number": "false"}, {}, {"number": "skip"}, {}]
    assert "page_numbers" not in render_markdown(FRONT + THREE.format(""))["look"]


def test_a_footer_of_a_later_comment_stands_on_no_slide_before_it() -> None:
    text = FRONT + THREE.format("").replace("# B", "<!-- footer: F -->\n\n# B")
    assert render_markdown(text)["look"] == {"footer": "F"}
    assert slides(text) == [{"footer": ""}, {}, {}]


@pytest.mark.parametrize(
    ("said", "look", "count"),
    [
        ("theme: ink", {"theme": "ink", "theme_line": 9}, 2),
        ("theme: ink\n-->\n<!-- theme: plum", {"theme": "plum", "theme_line": 12}, 2),  # the last one counts
        ("headingDivider: 2", {}, 3),
        ("headingDivider: [2]", {}, 3),
        ("headingDivider:\n  - 3", {}, 2),
        ("math: katex\nlang: en", {}, 2),
    ],
)
def test_a_global_directive_counts_wherever_it_stands(said: str, look: dict[str, object], count: int) -> None:
    text = f"{FRONT}# A\n\na\n\n<!--\n{said}\n-->\n\n## B\n\n---\n\n# C\n"
    made = render_markdown(text)
    assert (made["look"], made["warnings"]) == (look, [])
    assert len(slides(text)) == count


def test_a_comment_of_directives_and_words_is_both() -> None:
    text = FRONT + THREE.format("<!--\n_class: lead\n\nTheme: say hello to all.\n-->")
    html = render_markdown(text)["html"]
    assert slides(text)[0] == {"class": "lead"}
    assert "hidden><p>Theme: say hello to all.</p>" in html
    for words in ("class: remember\nthe paper", "Remember: the paper", "Note.\n\nclass: lead"):
        text = FRONT + THREE.format(f"<!-- {words} -->")
        assert words.split("\n")[0] in render_markdown(text)["html"]
        assert slides(text)[0] == {}


def test_every_directive_does_something_or_is_named() -> None:
    """`done` in a picture, or about what no picture shows (`still`); else its name and line are told."""
    done = {"theme", "headingDivider", "lang", "size", "title", "marp", "paginate", "header", "footer", "class"}
    done |= {"backgroundColor", "color"}
    still = {"math", "author", "description", "keywords", "url", "image", "transition"}
    values = {"theme": "ink", "headingDivider": "2", "size": "4:3", "paginate": "true"}
    for name in sorted(GLOBAL | LOCAL):
        value = values.get(name, "red")
        said = f"{name}: {value}"
        for text in (f"---\nmarp: true\n{said}\n---\n\n# A\n", FRONT + THREE.format(f"<!-- {said} -->")):
            assert named(text) == ([] if name in done | still else [name]), text
    for wrong in ("size: 4K", "paginate: maybe", "backgroundColor: lightsteelblu", "style: 'h1 {}'"):
        assert named(f"---\nmarp: true\n{wrong}\n---\n\n# A\n") == [wrong.split(":")[0]]
    assert named(FRONT + THREE.format("<!-- footer: '![logo](x.png)' -->")) == ["picture in the footer"]


def test_a_deck_is_one_of_marp_by_a_directive_for_a_slide_alone() -> None:
    text = THREE.format("<!-- _class: lead -->\n\none\ntwo")
    assert "one<br>" in render_markdown(text)["html"]
    code = THREE.format("```html\n<!-- _class: lead -->\n```\n\none\ntwo")
    assert "one<br>" not in render_markdown(code)["html"]
    slidev = "---\nhighlighter: shiki\n---\n\n" + THREE.format("<!-- _class: lead -->\n\none\ntwo")
    assert "one<br>" not in render_markdown(slidev)["html"]


def test_the_shape_of_slides_may_stand_in_a_comment() -> None:
    text = "<!--\ntheme: ink\nsize: 4:3\n-->\n\n# A\n\n<!-- size: 16:9 -->\n"
    assert size_in(lines_of_directives("", text)) == (1920, 1080)
    assert size_in(lines_of_directives("marp: true", "# A\n\n<!-- size: 4:3 -->")) == (1440, 1080)
    assert lines_of_directives("", "# A\n\n<!-- size: 4:3 -->") == ""
    assert lines_of_directives("marp: true", "```\n<!-- size: 4:3 -->\n```") == ""


# Words of a picture behind a slide, and the classes of its figure
WORDS = {
    "bg": "picture-background",
    "bg cover": "picture-background",
    "bg fit": "picture-background picture-contain",
    "bg contain": "picture-background picture-contain",
    "bg auto": "picture-background picture-contain",
    "bg vertical": "picture-background picture-vertical",
    "bg horizontal": "picture-background",
    "bg left": "picture-background picture-left",
    "bg right:40%": "picture-background picture-right",
    "bg left:33.3%": "picture-background picture-left",
    "bg right 80%": "picture-background picture-right picture-scale-80 picture-contain",
    "bg 150%": "picture-background",
    "bg w:640px": "picture-background picture-scale-50 picture-contain",
    "bg h:360": "picture-background picture-scale-50 picture-contain",
    "bg left w:320": "picture-background picture-left picture-scale-50 picture-contain",
}


@pytest.mark.parametrize("words", WORDS)
def test_words_of_a_picture_behind_a_slide(words: str) -> None:
    made = render_markdown(f"{FRONT}# A\n\n![{words} A river]({PICTURE})\n\na\n", keep_remote=True)
    assert f'<figure class="{WORDS[words]}"' in made["html"]
    assert 'alt="A river"' in made["html"]
    assert made["warnings"] == []
    for share in re.findall(r"(?:left|right):([\d.]+%)", words):
        assert f'style="--width: {share}"' in made["html"]


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ("w:100", 'width="100"'),
        ("width:10cm", 'width="378"'),
        ("w:.5in", 'width="48"'),
        ("w:2pc", 'width="32"'),
        ("h:50px", 'height="50"'),
        ("w:auto h:30", 'height="30"'),
    ],
)
def test_a_picture_has_the_size_that_its_words_say(words: str, size: str) -> None:
    html = render_markdown(f"{FRONT}# A\n\n![{words} A river]({PICTURE})\n", keep_remote=True)["html"]
    assert size in html
    assert 'alt="A river"' in html


@pytest.mark.parametrize(
    "word",
    ["blur", "blur:10px", "brightness:1.5", "contrast:200%", "drop-shadow:0,5px,10px,rgba(0,0,0,.4)", "grayscale:1",
     "hue-rotate:180deg", "invert:100%", "opacity:.5", "saturate:2.0", "sepia:1.0"],
)  # fmt: skip
def test_a_filter_of_a_picture_is_named_and_no_word_of_it(word: str) -> None:
    for words in (word, f"bg {word}", f"w:100 {word}"):
        made = render_markdown(f"{FRONT}# A\n\n![{words} A river]({PICTURE})\n", keep_remote=True)
        assert 'alt="A river"' in made["html"]
        assert [message for _, message in made["warnings"]] == [
            f"Not used: `{word}, a filter,` (line 7). docs/markdown.md says what is read."
        ]
    article = render_markdown(f"# A\n\n![{word} A river]({PICTURE})\n", keep_remote=True)
    assert f'alt="{word} A river"' in article["html"]


def test_words_that_only_a_picture_behind_a_slide_has_are_words_elsewhere() -> None:
    html = render_markdown(f"{FRONT}# A\n\n![left bank, vertical auto fit]({PICTURE})\n", keep_remote=True)["html"]
    assert 'alt="left bank, vertical auto fit"' in html


@pytest.mark.parametrize("colour", ["Red", "#fff", "rgb(1, 2, 3)", "hsl(120deg,40%,20%)", "RebeccaPurple"])
def test_a_colour_for_the_address_of_a_picture_is_the_colour_of_its_slide(colour: str) -> None:
    text = FRONT + THREE.format(f"![bg]({colour})")
    assert slides(text)[0] == {"background": colour}
    assert render_markdown(text)["warnings"] == []


@pytest.mark.slow
def test_many_directives_take_linear_time() -> None:
    """A hang is what this is about."""
    units = ("<!-- class: a\n", "<!-- _class: a -->\n\n", "<!--\nclass:\n - a\n", "![bg](rgb(", "![w:1 blur](x)\n")
    for unit in (*units, "a: b\n"):
        text = FRONT + "x\n\n<!--\n" * (unit == "a: b\n") + unit * (20_000 // len(unit))
        render_markdown(text)
        said_in_text(text)
        lines_of_directives("marp: true", text)
