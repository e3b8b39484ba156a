"""What the documentation of five tools lists: each is shown as its author meant, or named with its line.

The decks of `tests/data/decks/*-features.md` are made of those lists; here each feature stands alone, too.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.said import said_in_html
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words

DECKS = Path(__file__).parents[1] / "data" / "decks"
FRONT = {
    "marp": "---\nmarp: true\n---\n\n",
    "slidev": "---\ntheme: seriph\ndrawings:\n  persist: false\n---\n\n",
    "reveal": "---\ntitle: T\nrevealOptions:\n  transition: fade\n---\n\n",
    "pandoc": "---\nslide-level: 2\n---\n\n",
    "quarto": "---\nformat: revealjs\n---\n\n",
}
MULTILINE = """\
-----------------------------
 Centred   Left
 Header
---------- ------------------
   First   row

  Second   that spans
           two lines
-----------------------------

after
"""
PANDOC_SIGNS = (
    "-------\na\n",
    "-------\na b\n--- ---\n",
    "> - a\n\n",
    "> " * 50 + "- a\n",
    "`x`{=html} ",
    "a -- b ... ",
    "@a ",
    "](",
)
NAMED = {
    "marp": [],
    "slidev": [
        "<carbon:arrow-right>",
        "::code-group",
        "<<< @/snippets/external.ts#snippet",
        "<Tweet>",
        "<Counter>",
        "url",
        "hide",
    ],
    "reveal": ["background-video", "visibility"],
    "pandoc": ["theme", "colortheme", "bibliography", "@smith2004"],
    "quarto": [
        "logo",
        "css",
        "{r}, code that is not run,",
        "@eq-energy",
        "{{< video >}}",
        ".content-visible",
        "background-opacity",
        "background-iframe",
    ],
}


def shown(html: str) -> str:
    """Words and signs that are seen."""
    return " ".join(re.sub(r"(?s)<aside[^>]* hidden>.*?</aside>|<[^>]+>", " ", html).split())


def slides_of(html: str) -> list[str]:
    parts = re.split(r'<hr class="slide-break"[^>]*>', html)
    return [part for part in parts if re.search(r">\s*[^\s<]", part)]


@pytest.mark.parametrize(("tool", "slides"), [("marp", 9), ("slidev", 9), ("reveal", 6), ("pandoc", 9), ("quarto", 11)])
def test_a_deck_of_all_that_a_tool_documents_is_whole_and_names_what_is_not_done(tool: str, slides: int) -> None:
    text = (DECKS / f"{tool}-features.md").read_text(encoding="utf-8")
    made = render_markdown(text)
    assert len(slides_of(made["html"])) == slides
    told = " ".join(message for code, message in made["warnings"] if code == "directive_ignored")
    assert re.findall(r"`([^`]+)` \(line \d+\)", told) == NAMED[tool]
    said = shown(made["html"])
    signs = ("::", "{1|", "magic-move", "<!--", "s--&gt;", "(@", "#.", "+--", "---", "| ", "\\pause", "{=", "#|", "{#")
    for sign in (*signs, "{{< kbd", "click]", "layout:", "Table:", "bg", "fit"):
        assert sign not in said, sign
    in_html = folded_words(said_in_html(made["html"]).text)
    assert [word for word in folded_words(said_in_text(text).text) if word not in in_html] == []


@pytest.mark.parametrize(
    ("tool", "text", "holds", "lacks"),
    [
        ("marp", "one\ntwo", "one<br>\ntwo", ""),
        ("marp", "# A\n\n![bg](navy)", 'data-background="navy"', "missing-picture"),
        ("marp", "---\nnote: x\n---\n\n# A", "note: x", ""),
        ("slidev", "$$ {1|all}\na = b\n$$", "<math", "all"),
        ("slidev", "<v-clicks>\n\n- a\n\n</v-clicks>", "<li>a</li>", "v-click"),
        ("slidev", "`<Counter />` is a component", "&lt;Counter /&gt;", ""),
        ("slidev", "```html\n<Counter />\n```", "Counter", "Not"),
        ("slidev", "a < b and <Link to='4'>c</Link>", "a &lt; b and c", "Link"),
        ("slidev", "---\n\n```yaml\nlayout: quote\n```\n\n# A", 'data-layout="quote"', "yaml"),
        ("slidev", "---\n\n```yaml\nkey: of an example\n```\n\n# A", "language-yaml", ""),
        ("reveal", "a\n\nNote: n\n\n---\n\nb", '<hr class="slide-break">\n<p dir="auto">b', ""),
        ("pandoc", "| one\n|   two\n\nthree", "one<br>", "|"),
        ("pandoc", "| a | b |\n|---|---|\n| c | d |", "<td>c</td>", ""),
        ("pandoc", "#. a\n#. b", "<li>b</li>", "#"),
        ("pandoc", "(@x) a\n\nsee (@x)", "see (1)", "@"),
        ("pandoc", "A      B\n---- ----\n1     22\n\nend", "<td", "----"),
        ("pandoc", "---- ----\n1     22\n---- ----\n\nend", "<td", "----"),
        ("pandoc", "+---+---+\n| a | b |\n+---+---+\n\nend", "<td>a</td>", "+--"),
        ("pandoc", "+---+---+\n| a | b |\n+---+\n\nend", "+---+", ""),  # no grid: as typed
        ("pandoc", "```{=html}\n<b>x</b>\n```", "<b>x</b>", "<pre"),
        ("pandoc", "```{=openxml}\n<w:br/>\n```", "<pre", ""),
        ("pandoc", "::: lesson\nx\n:::", '<div class="lesson"', ":::"),
        ("quarto", "Press {{< kbd m >}}", "<kbd>m</kbd>", "{"),
        ("quarto", "```{python}\n#| echo: true\nx = 1\n```", "<code", "echo"),
        ("quarto", '## A {background-image="https://e.org/x.png"}\n\nx', "picture-background", "background-image="),
        ("quarto", "$$\na = b\n$$ {#eq-a}", 'display="block"', "eq-a"),
        ("slidev", '<div @click="() => a > b" class="x">\n  Next\n</div>', "Next", "click"),
        ("slidev", '<div\n  class="x"\n  @click="a"\n  #slot\n>\n  Next\n</div>', "Next", "click"),
        ("slidev", "before\n\n<Tweet\n  id='1'\n  scale='0.65'\n/>\n\nafter", "after", "Tweet"),
        ("slidev", '<arrow v-click="[4, 5]" x1="350" />\n\nafter', "after", "arrow"),
        ("slidev", '<div class="grid grid-cols-2 gap-4">\n<div>a</div>\n</div>', '"columns grid-cols-2 grid', ""),
        ("slidev", '<div grid="~ cols-3">\n<div>a</div>\n</div>', '<div class="columns grid-cols-3"', "~"),
        ("slidev", '<div grid="~ cols-2" class="x" m="t-2">\n<div>a</div>\n</div>', '"columns grid-cols-2 x"', "~"),
        ("slidev", '<div class="grid-cols-[1fr_2fr]">\n<div>a</div>\n</div>', "a", '"columns'),
        ("slidev", "mail a@b.org <b>x</b> #1", "mail a@b.org <b>x</b> #1", ""),
        ("slidev", "a < b\n\n@click is an attribute", "@click is an attribute", ""),
        ("pandoc", MULTILINE, ">that spans two lines</td>", "----"),
        ("pandoc", MULTILINE, ">Centred Header</th>", "slide-break"),
        ("pandoc", "`<i>x</i>`{=html} y", "<i>x</i> y", "{="),
        ("pandoc", "`\\x`{=latex} y", "<code>\\x</code> y", "{="),
        ("pandoc", "one -- two---three...", "one – two—three…", "--"),
        ("pandoc", "`a -- b`\n\n```\n--all ...\n```", "a -- b", "…"),
        ("pandoc", "> - a\n> - b", "<li>a</li>", "<blockquote"),
        ("pandoc", "> - a\n>\n> says he", "<blockquote", ""),
        ("pandoc", "![A river](https://e.org/x.png)", "<figcaption>A river</figcaption>", ""),
        ("quarto", '::: {layout-ncol="2"}\n![](a.png)\n\nb\n\nc\n:::', '<div class="columns"', ":::"),
        ("quarto", "[a](https://{{< meta none >}}e.org/x)", '<a href="https://e.org/x">a</a>', "{{"),
        ("quarto", "{{< meta none >}}", "{{&lt; meta none &gt;}}", ""),
        ("marp", "![A river](https://e.org/x.png)", "<figure", "figcaption"),
    ],
)
def test_a_feature_of_a_tool_is_shown_as_its_author_meant(tool: str, text: str, holds: str, lacks: str) -> None:
    html = render_markdown(FRONT[tool] + text)["html"]
    shown_words = folded_words(said_in_html(html).text)
    assert [word for word in folded_words(said_in_text(FRONT[tool] + text).text) if word not in shown_words] == []
    assert holds in html
    assert not lacks or lacks not in html.replace('data-layout="title"', "")


@pytest.mark.parametrize(
    ("said", "slides"),
    [
        ("separator: <!--s-->", 2),
        ('separator: "^\\n\\n\\n"', 2),
        ("separator: '^\\r?\\n<!--s-->\\r?\\n$'", 2),
        ("verticalSeparator: <!--s-->", 2),
        ("separator: '[a-z]+'", 1),
    ],
)
def test_reveal_md_begins_slides_where_its_front_matter_says_so(said: str, slides: int) -> None:
    mark = "\n\n" if "\\n\\n" in said else "<!--s-->\n"
    made = render_markdown(f"---\ntheme: white\nrevealOptions: {{}}\n{said}\n---\n\n# A\n\nNote: n\n\n{mark}\n# B\n")
    assert len(slides_of(made["html"])) == slides
    assert ("separator" in str(made["warnings"])) is (slides == 1)


def test_what_a_first_comment_says_of_a_deck_of_marp_is_what_front_matter_would_say() -> None:
    directives = "theme: ink\npaginate: true\nfooter: us\nheadingDivider: [1, 2]\n"
    body = "# A\n\na\n\n## B\n\nb\n"
    comment = render_markdown(f"<!--\n{directives}-->\n\n{body}")
    front = render_markdown(f"---\nmarp: true\n{directives}---\n\n{body}")
    for made in (comment, front):
        assert len(slides_of(made["html"])) == 2
        assert made["warnings"] == []
        assert {**made["look"], "theme_line": 0} == {
            "theme": "ink",
            "theme_line": 0,
            "page_numbers": True,
            "footer": "us",
        }
    assert render_markdown("<!-- title: of a text -->\n\n# A\n\n## B\n")["look"] == {}


def test_a_mark_of_clicks_is_no_word_of_a_note() -> None:
    html = render_markdown(FRONT["slidev"] + "# A\n\n<!--\none\n\n[click] two\n\n[click:3] three\n-->\n")["html"]
    assert "<p>two</p>" in html
    assert "click" not in html


@pytest.mark.parametrize(
    ("tool", "text", "told"),
    [
        ("slidev", "<Tweet\n  id='1'\n/>", "<Tweet>"),
        ("reveal", 'a <!-- .element: style="color:red" -->', ".element: style"),
        ("pandoc", "as [see @smith04, p. 3] says", "@smith04"),
        ("pandoc", "`x`{=openxml}", "{=openxml}"),
        ("quarto", '[words]{style="color:red"}', "style"),
        ("quarto", "[a](https://{{< meta none >}}e.org/x)", "{{< meta >}}"),
    ],
)
def test_what_is_not_done_is_named_with_its_line(tool: str, text: str, told: str) -> None:
    front = FRONT[tool]
    line = front.count("\n") + 1
    assert f"Not used: `{told}` (line {line})." in str(render_markdown(front + text)["warnings"])


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("reveal", 'a <!-- .element: class="fragment fade-up" data-fragment-index="2" -->'),
        ("pandoc", "mail ada@example.org or \\@home, https://e.org/@ada, `@x`"),
        ("marp", "as @smith04 says"),
    ],
)
def test_what_moves_and_what_is_no_sign_is_not_named(tool: str, text: str) -> None:
    assert render_markdown(FRONT[tool] + text)["warnings"] == []


def test_the_title_slide_of_quarto_says_where_authors_work_and_no_day_that_changes() -> None:
    author = (
        "author:\n  - name: Ada\n    affiliation: Engines\n  - name: Grace\n    affiliations:\n      - name: Navy\n"
    )
    made = render_markdown(
        f"---\ntitle: T\n{author}date: today\nformat:\n  revealjs:\n    theme: [dark, a.scss]\n---\n\n## A\n"
    )
    assert '<p class="author" dir="auto">Ada (Engines), Grace (Navy)</p>' in made["html"]
    assert "today" not in made["html"]
    assert "`date: today` (line 9), `theme` (line 10)" in str(made["warnings"])


@pytest.mark.slow
def test_many_signs_of_decks_take_linear_time() -> None:
    """A hang is what this is about."""
    for tool, units in {
        "slidev": (
            "<A ",
            "<A/>",
            "{{ x ",
            "::a\n\n",
            "`<A",
            "$$ {1|\n\n",
            "<A\n",
            "<a @b ",
            "<a\n@b\n",
            "<a @b='",
            "<a @b",
        ),
        "pandoc": (
            "| a\n",
            "+---+\n",
            "--- ---\n",
            "(@a) b\n",
            ": c\n\n",
            "A  B\n--- ---\nc  d\n\n",
            "{{< a ",
            *PANDOC_SIGNS,
        ),
        "reveal": ("<!--s-->\n", "\n\n\n"),
        "marp": ("<!-- a: b", "![bg](red)\n"),
    }.items():
        for unit in units:
            text = FRONT[tool] + "x\n\n" + unit * (30_000 // len(unit))
            render_markdown(text)
            said_in_text(text)


@pytest.mark.parametrize("field", ["marp: true", "paginate: true"])
def test_a_marp_deck_may_say_what_a_slide_is_like_and_keeps_its_headings(field: str) -> None:
    said = "---\nlayout: quote\n---\n\nQuoted.\n\n---\nQuestion: why?\n---\n\nBecause."
    html = render_markdown(f"---\n{field}\n---\n\n# A\n\n{said}")["html"]
    assert 'data-layout="quote"' in html
    assert "layout: quote" not in html
    assert "Question: why?" in html
