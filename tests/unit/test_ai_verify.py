"""How much of a source is found again, in any script, without asking the AI."""

from __future__ import annotations

import time

import pytest
from markdown_it import MarkdownIt

from pressrun.ai.clean import text_of
from pressrun.ai.verify import compare

ENGLISH = "A river is the most patient tool on Earth. It saws through mountains. Then it builds plains of what is left."
SCRIPTS = {
    "English": ENGLISH,
    "German": "Der Rhein fließt nach Norden. Seine Quelle liegt in den Alpen. Größe und Gefälle ändern sich ständig.",
    "Hindi": "गंगा भारत की सबसे लंबी नदी है। यह हिमालय से निकलती है। करोड़ों लोग इसके जल पर निर्भर हैं।",
    "Arabic": "النيل أطول أنهار إفريقيا. ينبع من بحيرة فيكتوريا. ماذا يحدث في موسم الفيضان؟",
    "Chinese": "长江是亚洲最长的河流。它发源于青藏高原。沿岸居住着数亿人口。",
    "Japanese": "信濃川は日本で一番長い川です。甲武信ヶ岳に源を発します。日本海に注いでいます。",
    "Thai": "แม่น้ำเจ้าพระยาเป็นแม่น้ำสายสำคัญ\nไหลผ่านกรุงเทพมหานคร\nลงสู่อ่าวไทยในที่สุด",
}
MARKDOWN = """---
title: Rivers
---
# Rivers & *streams*

1. First **item** with `code()`
2. Second [item](https://known.example/a "Title")

> A quotation

| Name | Length |
|------|-------:|
| Nile | 6650 km |

- [x] done
- [ ] open

```python
for river in rivers: flow(river)
```

![A bend][bend] and a note[^1]. <!-- nobody sees this -->

[^1]: The note says more.
[bend]: picture:1
"""


def rendered(markdown: str) -> str:
    return text_of(MarkdownIt().enable("table").render(markdown))


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_a_faithful_document_has_everything_in_every_script(text: str) -> None:
    coverage = compare(text, rendered(text))
    assert coverage.share == 1
    assert coverage.missing == ()


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_a_sentence_left_out_is_named_in_every_script(text: str) -> None:
    sentences = [
        part for part in text.replace("。", "。\n").replace("। ", "।\n").replace(". ", ".\n").split("\n") if part
    ]
    assert len(sentences) == 3
    coverage = compare(text, rendered(sentences[0] + "\n\n" + sentences[2]))
    assert coverage.missing == (sentences[1],)
    assert 0.4 < coverage.share < 0.85


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_another_text_of_the_same_script_is_not_taken_for_it(text: str) -> None:
    assert compare(text, "").share == 0


def test_a_summary_is_not_taken_for_the_text() -> None:
    assert compare(ENGLISH, "Rivers carry mountains away and build plains.").share < 0.3


def test_marks_of_markup_are_not_missed() -> None:
    coverage = compare(MARKDOWN, text_of(MarkdownIt().enable("table").render(MARKDOWN.partition("---\n# ")[2])))
    assert coverage.missing == ()


@pytest.mark.parametrize(
    ("source", "document"),
    [
        ('He said "no" -- twice, at 5 o\'clock.', "He said “no” — twice, at 5 o’clock."),
        ("The ﬁrst FLOW ran.", "The first flow ran."),
        ("Tom &amp; Jerry ran away.", "Tom & Jerry ran away."),
        ("A line\nthat goes on\nand on", "A line that goes on and on"),
        ("Größe", "Gro\u0308ße"),
    ],
)
def test_typography_is_no_loss(source: str, document: str) -> None:
    assert compare(source, document).share == 1


def test_order_does_not_matter() -> None:
    assert (
        compare(
            "First things come first. Second things follow.", "Second things follow. First things come first."
        ).share
        == 1
    )


@pytest.mark.parametrize("source", ["", "  \n", "---", "***\n\n|---|", "🏞️"])
def test_a_source_that_says_nothing_misses_nothing(source: str) -> None:
    assert compare(source, "").share == 1


def test_parts_add_up_by_their_length() -> None:
    whole = compare("abcdefghijklmnopqrst.", "") + compare("abcdefghijklmnopqrst.", "abcdefghijklmnopqrst.")
    assert whole.share == 0.5
    assert len(whole.missing) == 1


@pytest.mark.parametrize("unit", ["<!--", "[", "](", "> ", "- ", "a", "1) ", "| ", "<a", "`" * 3, "x. "])
def test_a_text_made_to_be_slow_is_quick_enough(unit: str) -> None:
    started = time.process_time()
    compare(unit * (8_000 // len(unit)), "a" * 48_000)
    assert time.process_time() - started < 6
