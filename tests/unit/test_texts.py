"""Texts that people really have reach their documents whole (tests/data/texts), and so does any text in Markdown."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pressrun.sources.markdown import render_markdown

TEXTS = Path(__file__).parents[1] / "data" / "texts"
WORD = re.compile(r"w\d+x")


def made(name: str) -> dict[str, Any]:
    return render_markdown((TEXTS / name).read_bytes().decode())


def text_of(body: str, *, lines: bool = False) -> str:
    """What a body says; with `lines`, a line is what a browser would begin one for."""
    if lines:
        body = "".join(
            part if part.startswith("<pre") else part.replace("\n", " ")
            for part in re.split(r"(?s)(<pre\b.*?</pre>)", body)
        )
        body = re.sub(r"<br> ?|</?(?:p|li|pre|div|h\d|tr)\b[^>]*>", "\n", body)
    return html.unescape(re.sub(r"<[^>]+>", "" if lines else " ", body))


@pytest.mark.parametrize("name", [*sorted(path.name for path in TEXTS.glob("*.md")), "pasted-from-powerpoint.txt"])
def test_every_word_of_a_text_is_in_its_document(name: str) -> None:
    if name == "README.md":
        return
    tokens = dict.fromkeys(re.findall(r"TOKEN-[A-Z0-9]+", (TEXTS / name).read_bytes().decode()))
    said = text_of(made(name)["html"])
    assert [token for token in tokens if token not in said] == []


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("slidev-deck.md", ["layout", "text-center", "::right::", "Speaker note", "seriph"]),
        ("front-matter-as-people-write-it.md", ["quoted key", "author", "Flüsse", "Two lines"]),
        ("front-matter-toml.md", ["draft", "+++"]),
        ("marp-deck.md", ["marp: true", "color", "section", "lead"]),
    ],
)
def test_what_is_about_a_text_is_not_shown_as_text(name: str, absent: list[str]) -> None:
    said = text_of(re.sub(r"(?s)<aside[^>]* hidden>.*?</aside>", "", made(name)["html"]))
    assert [words for words in absent if words in said] == []


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("slidev-deck.md", "My talk"),
        ("front-matter-as-people-write-it.md", "Rivers"),
        ("front-matter-toml.md", "Rivers"),
        ("marp-deck.md", "Marp talk"),
        ("invisible-characters.md", "Title with soft hyphens"),
        ("html-lesson-names-title-tag.md", "HTML for beginners"),
    ],
)
def test_a_text_is_called_as_its_writer_would(name: str, title: str) -> None:
    assert made(name)["title"] == title


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("log-lines-pasted.txt", r"^2026-01-05 10:\d\d"),
        ("python-pasted-without-fence.txt", r"^ *(?:def|class|total|return|self|for|if)\b"),
        ("dialogue-with-bold-names.md", r"^(?:Anna|Ben|Q|A):"),
    ],
)
def test_lines_that_mean_something_stay_lines(name: str, form: str) -> None:
    source = (TEXTS / name).read_text().replace("*", "")
    wanted = len(re.findall(form, source, re.MULTILINE))
    assert len(re.findall(form, text_of(made(name)["html"], lines=True), re.MULTILINE)) == wanted > 3


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("diagram-from-drawio.md", ["Sensor", "Database"]),
        ("graph-with-doctype.md", ["start", "end"]),
        ("diagram-from-mermaid.md", ["Begin", "Finish"]),
        ("svg-written-into-the-text.md", ["Label inside"]),
    ],
)
def test_the_words_of_a_drawing_are_in_its_picture(name: str, labels: list[str]) -> None:
    encoded = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", made(name)["html"])
    drawn = "".join(base64.b64decode(each).decode() for each in encoded)
    assert [label for label in labels if f">{label}<" not in drawn] == []


def test_pictures_in_modern_formats_are_shown_whatever_they_are_called() -> None:
    found = made("pictures-in-modern-formats.md")
    assert found["warnings"] == []
    assert re.findall(r"<img src=\"data:image/([a-z]+);", found["html"]) == ["gif", "webp", "avif", "png"]


def test_formulas_are_typeset() -> None:
    found = made("maths-between-dollars.md")
    assert found["warnings"] == []
    assert found["html"].count("<math") == 6
    assert not re.search(r"[\\$]|<em>", re.sub(r'<math alttext="[^"]*"', "", found["html"]))


class Words:
    """Numbers the words of a text, so that their order can be seen."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"w{self.count}x"


INLINE = [
    "{}",
    "**{}**",
    "*{} {}*",
    "***{}***",
    "`{}`",
    "[{}](http://a.example)",
    "<b>{}</b>",
    "<{}>",
    "List<{}>",
    "the <title> {}",
    "<b> {}",
    "</i> {}",
    "{} <textarea> {}",
    "<!-- {}",
    "<![CDATA[ {}",
    "<? {}",
    "$ {}",
    "costs $5 {} and $6",
    "~~{}~~",
    "<kbd>{}</kbd>",
    "a < {} > b",
    "<script> {}",
    "\\[{}\\]",
    "\\({} = 1\\)",
    "${}$",
    "__{}__",
    "_{} **{}**_",
    "<a href='{}",
    "&lt;{}",
    "![{}](http://a.example)",
    "<span class='a'>{}</span>",
    "<font color=red>{}</font>",
    "<x-y z='1'>{}</x-y>",
    "{}\\\n{}",
    "<br>{}",
    "<svg {}",
    "<style>{}",
]
BLOCKS = [
    "{0}",
    "# {0}",
    "{0}\n===",
    "> {0}",
    "> > > {0}\n{0}",
    "- {0}\n  - {0}\n    - {0}\n\n      {0}",
    "1. {0}\n2. {0}",
    "| {1} | {1} |\n|---|---|\n| {1} | {1} |",
    "```\n{1}\n```",
    "    {1}",
    "<div>\n\n{0}\n\n</div>",
    "<div>{1}</div>",
    "<details><summary>{1}</summary>\n\n{0}\n\n</details>",
    "<table><tr><td>{1}<td>{1}</table>",
    "<!-- {1}\n\n{0}",
    "---\n\n{0}",
    "- [ ] {0}\n- [x] {0}",
    "> - {0}\n>   > {0}",
    "- > {0}\n  - {0}",
    "{1}\n: {0}",
    "> [!NOTE]\n> {0}",
    "<p>{1}\n\n{0}",
    "<div>\n{1}",
    "<your {1}>\n{0}",
    "</div>{1}",
    "def {1}():\n    return {1}\n",
    "Anna: {1}\nBen: {1}",
    "$$\n{1} \\\\\n$$",
    "<textarea>\n{1}\n\n{0}",
    "- | {1} | b |\n  |---|---|\n  | {1} | c |\n\n{0}",
    "<pre>{1}\n\n{1}</pre>",
    "<ul><li>{1}<li>{1}</ul>",
    "<script>\n{1} {0}",
    "***{1}***",
    "2026-01-05 10:00:00 {1}\n2026-01-05 10:00:01 {1}",
    "<svg><text>{1}</text></svg> {1}",
    "+++\n{0}",
    "---\n{1}\n---\n\n{0}",
    "::: {1}\n{0}\n:::",
    "{1}   {1}\n{1}   {1}\n{1}   {1}",
    "<li>{1}</li>",
    "<h2>{1}\n\n{0}",
    "- {0}\n\n\n  {0}\n- {0}",
    "* * *\n{0}",
    "<iframe src=x> {1}\n\n{0}",
]


def fill(template: str, words: Words, inlines: list[str]) -> str:
    """A block with words for `{1}` and with phrases for `{0}`, in the order in which they stand."""
    phrases = iter(inlines * 8)

    def put(found: re.Match[str]) -> str:
        if found[0] == "{1}":
            return words()
        return re.sub(r"\{\}", lambda _: words(), next(phrases)) if found[0] == "{0}" else found[0]

    return re.sub(r"\{[01]\}", put, template)


def words_of(body: str) -> list[str]:
    """Of the document, with those of its drawings and of the pictures that are not there."""
    body = re.sub(
        r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\"",
        lambda found: '">' + html.unescape(base64.b64decode(found[1]).decode()),
        body,
    )
    body = re.sub(r' aria-label="[^"]*"', "", body)
    body = re.sub(
        r"(?s)<math\b.*?</math>", lambda found: re.sub(r"<[^>]+>", "", found[0]), body
    )  # a letter is an element
    return WORD.findall(text_of(body))


@settings(max_examples=2 * settings.default.max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(BLOCKS), st.lists(st.sampled_from(INLINE), min_size=1, max_size=4)),
        min_size=1,
        max_size=6,
    )
)
def test_every_word_of_a_text_in_markdown_is_in_its_document_and_in_order(parts) -> None:
    words = Words()
    text = "\n\n".join(fill(template, words, inlines) for template, inlines in parts)
    seen = words_of(render_markdown("# Start\n\n" + text)["html"])
    assert seen == [f"w{n + 1}x" for n in range(words.count)], text
