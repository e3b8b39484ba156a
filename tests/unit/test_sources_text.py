"""What a text becomes: structure, language and direction, pictures, plain text, titles."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image

from pressrun.sources.document import Document
from pressrun.sources.look import Look
from pressrun.sources.markdown import render_markdown
from pressrun.sources.text import compose_text, title_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def warnings(text: str) -> list[tuple[str, str]]:
    return list(render_markdown(text)["warnings"])


def picture(format: str, size: tuple[int, int] = (2, 2)) -> str:
    data = io.BytesIO()
    Image.new("RGB", size, "red").save(data, format)
    return f"data:image/{format.lower()};base64," + base64.b64encode(data.getvalue()).decode()


async def test_a_text_becomes_one_self_contained_themed_page():
    made = await compose_text("# Rivers & lakes\n\nWater.", title=None, look=Look("ink"))
    assert isinstance(made, Document)
    assert made.title == "Rivers & lakes"
    assert "<title>Rivers &amp; lakes</title>" in made.html
    assert "default-src 'none'" in made.html
    assert "/* ink:" in made.html
    assert not re.search(r"<(?:link|script)|src=\"http|url\(", made.html)


async def test_a_given_title_wins_and_cannot_leave_its_place():
    made = await compose_text("# Own", title="</title><script>x\n</script>", look=Look("paper"))
    assert made.title == "</title><script>x </script>"
    assert "<title>&lt;/title&gt;&lt;script&gt;x &lt;/script&gt;</title>" in made.html


def test_the_extensions_of_github_are_understood():
    html = body(
        "| a | b |\n|:--|--:|\n| 1 | 2 |\n\n~~old~~\n\n- [x] done\n- [ ] open\n\nNote[^1]\n\n[^1]: The note.\n\n"
        "Term\n: Meaning\n\n```python\nx = 1\n```\n\n> [!TIP]\n> Use it.\n\nhttps://example.org/a"
    )
    for expected in (
        '<td style="text-align:right">2</td>',
        "<s>old</s>",
        'class="task-box task-done"',
        'aria-label="to do"',
        'class="footnote-ref"',
        '<section class="footnotes"',
        "<dt>Term</dt>",
        '<span class="mi">1</span>',
        "markdown-alert-tip",
        '<a href="https://example.org/a">',
    ):
        assert expected in html


def test_names_of_files_are_not_taken_for_web_addresses():
    assert "<a" not in body("Edit main.py and README.md, then ask joe@example.org.")


def test_typed_characters_are_left_as_they_are():
    assert '"quoted" -- (c) ...' in body('"quoted" -- (c) ...')


def test_every_outermost_block_finds_its_own_direction():
    html = body(
        "# Title\n\nEnglish\n\nنص عربي\n\n- قائمة\n\n  فقرة\n\n> اقتباس\n\n| ا |\n|---|\n| ب |\n\n```\ncode\n```"
    )
    for tag in ("h1", "p", "ul", "blockquote", "table"):
        assert f'<{tag} dir="auto"' in html
    assert '<li dir="auto"' not in html
    assert '<pre dir="auto"' not in html


def test_the_direction_of_the_page_is_that_of_most_letters():
    assert render_markdown("ينحت النهر الجبال ويبني السهول with some English")["dir"] == "rtl"
    assert render_markdown("A river النهر carves mountains")["dir"] == "ltr"


def test_han_characters_are_drawn_in_their_own_country():
    html = body(
        "川は流れる。\n\n河流经过高山。\n\n河流經過高山。\n\n강은 흐른다.\n\nA river.\n\n# 日本\n\nこれは川です。"
    )
    assert re.findall(r'lang="([^"]+)"', html) == ["ja", "zh-Hans", "zh-Hant", "ko", "ja", "ja"]
    assert render_markdown("川は流れる。")["lang"] == "ja"
    assert render_markdown("A river, 川 in Japanese.")["lang"] == ""


def test_a_picture_elsewhere_becomes_a_box_that_names_it():
    text = "![A river at <dawn>](https://example.org/a.png)"
    assert "<img" not in body(text)
    assert "A river at &lt;dawn&gt;" in body(text)
    ((code, message),) = warnings(text)
    assert code == "blocked_resource"
    assert "https://example.org/a.png" in message


def test_a_picture_elsewhere_in_raw_html_becomes_a_box_too():
    html = body('<p><img src="//example.org/a.png" srcset="https://example.org/b.png 2x" alt="x"></p>')
    assert "<img" not in html
    assert "srcset" not in html
    assert "missing-picture" in html


def test_at_most_ten_missing_pictures_are_named_and_the_rest_counted():
    found = warnings("\n\n".join(f"![](https://example.org/{n}.png)" for n in range(25)))
    assert len(found) == 11
    assert "15 more" in found[-1][1]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_embedded_picture_is_kept(format):
    source = picture(format)
    assert f'<img src="{source}" alt="red">' in body(f"![red]({source})")
    assert warnings(f"![red]({source})") == []


def test_a_picture_that_stands_alone_becomes_a_figure_with_its_title_as_caption():
    html = body(f'![red]({picture("PNG")} "A *red* square")')
    assert html.startswith("<figure")
    assert "<figcaption>A *red* square</figcaption></figure>" in html
    assert "<figure" not in body(f"Text ![red]({picture('PNG')})")


@pytest.mark.parametrize(
    "source",
    [
        "data:image/png;base64,AAAA",
        "data:image/png;base64,!!!",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/bmp;base64,Qk0=",
        "data:image/svg+xml,%3Csvg%3E",
        "data:,",
    ],
)
def test_an_embedded_picture_that_is_none_is_refused_with_a_reason(source):
    html, found = body(f'<img src="{source}" alt="x">'), warnings(f'<img src="{source}" alt="x">')
    assert "<img" not in html
    assert [code for code, _ in found] == ["picture_refused"]


def test_an_embedded_picture_that_would_unfold_to_gigabytes_is_refused():
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    source = "data:image/png;base64," + base64.b64encode(bomb.getvalue()).decode()
    assert "50 megapixels" in warnings(f"![x]({source})")[0][1]


def test_a_verse_keeps_its_lines_and_wrapped_prose_does_not():
    verse = "Two roads diverged in a yellow wood,\nAnd sorry I could not travel both"
    prose = ("a word after a word makes a long line of some seventy characters or so\n" * 3).strip()
    assert "wood,<br>\nAnd" in body(verse)
    assert "<br" not in body(prose)


def test_typed_bullets_are_a_list_and_in_markdown_keep_their_lines():
    long = "• eggs, and a very long explanation of what they are needed for in that cake"
    assert body(f"Shopping list\n\n• milk\n{long}\n• bread").count("<li>") == 3
    assert body(f"# Shopping list\n\n• milk\n{long}\n• bread").count("<br>") == 2


def test_the_short_first_line_of_a_plain_text_is_its_heading():
    assert '<h1 dir="auto">The Road Not Taken</h1>' in body("The Road Not Taken\n\nTwo roads diverged.")
    assert "<h1" not in body("Two roads diverged.\n\nAnd so on.")
    assert "<h1" not in body("All there is")


def test_indented_plain_text_is_not_code():
    assert "<pre" not in body("A heading of sorts\n\n    An indented paragraph, as novels have them.")


def test_nul_and_lone_surrogates_do_not_reach_the_document():
    html = body("a\0b \ud800 c")
    assert "\0" not in html
    html.encode("utf-8")


def test_front_matter_is_not_shown_and_names_the_text():
    text = '---\ntitle: "The Nile"\ntags:\n  - river\n---\n\nLong.'
    assert "tags" not in body(text)
    assert title_of(text) == "The Nile"
    assert "<hr" in body("---\nnot front matter\n\n---")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# One\n\n# Two", "One"),
        ("intro\n\n## **Bold** `code` [link](http://x) ##", "Bold code link"),
        ("Underlined\n=====\n\ntext", "Underlined"),
        ("- item\n---\n\n# Real", "Real"),
        ("```\n# not this\n```\n\n# This", "This"),
        ("~~~\n```\n# no\n~~~\n# Yes", "Yes"),
        ("\n\n  first line\nsecond", "first line"),
        ("> **quoted** words", "quoted words"),
        ("- [x] task", "task"),
        ("snake_case_name and 2*3", "snake_case_name and 23"),
        ("***\n---\n", "Document"),
        ("", "Document"),
        ("\ufeff# With a mark", "With a mark"),
        ("# नदी और पहाड़", "नदी और पहाड़"),
        ("# 🏞️ Rivers", "🏞️ Rivers"),
        ("# \n\n# Second", "Second"),
        ("<h1>Raw</h1>", "Raw"),
        ("# a\u2028b\x07c", "a"),
    ],
)
def test_a_text_is_called_by_its_first_heading_or_first_line(text, title):
    assert title_of(text) == title


def test_a_long_title_is_cut_between_words():
    title = title_of("word " * 100)
    assert len(title) <= 120
    assert title.endswith("word…")


def test_what_is_folded_is_shown_unfolded():
    assert '<details open="">' in body("<details><summary>More</summary>inside</details>")
