"""Lines that mean something stay lines, and what is no prose is a listing."""

from __future__ import annotations

import html
import re

import pytest

from pressrun.sources.line_numbers import Lines
from pressrun.sources.listings import fence_listings
from pressrun.sources.markdown import render_markdown

HEAD = "# It is Markdown\n\n"


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


KEPT = {
    "dialogue": "**Anna:** How was the journey, after all these weeks on the road and the sea?\n**Ben:** Long but good.",  # noqa: E501
    "questions": "Q: What is a river?\nA: Flowing water.\nQ: And a lake?\nA: Standing water.",
    "headers": "From: Ann <a@b.example>\nTo: Ben\nSubject: The journey and all that came of it in the end, as I told you",  # noqa: E501
    "verse": "Two roads diverged in a yellow wood,\nAnd sorry I could not travel both\nAnd be one traveler, long I stood",  # noqa: E501
    "address": "Jane Doe\n12 Main Street\n54321 Springfield",
    "programme": "09:00 Welcome by the chair of the society, who will also introduce the speakers of the day\n10:30 Rivers\n12:00 Lunch",  # noqa: E501
    "bullets": "• milk\n• eggs, and a very long explanation of what they are needed for in that cake\n• bread",
    "prices": "Soup of the day with bread and butter, from the kitchen of the house ..... 4.50\nFish ..... 12.00",
    "chinese": "甲：你好吗？\n乙：我很好。",
    "footnotes": "(1) a\n(2) b\n(3) c",
}


@pytest.mark.parametrize("name", KEPT)
def test_lines_that_repeat_a_form_keep_their_ends(name: str) -> None:
    typed = (
        KEPT[name] if name not in ("questions", "footnotes", "bullets", "programme") else HEAD + KEPT[name]
    )  # pasted, these are lists
    for text in (typed, HEAD + KEPT[name], "> " + KEPT[name].replace("\n", "\n> ")):
        assert body(text).count("<br>") == KEPT[name].count("\n")


@pytest.mark.parametrize(
    "prose",
    [
        ("a word after a word makes a long line of some seventy characters or so\n" * 3).strip(),
        "The river comes from the mountains, where it is small and quick: it\ntakes stones with it. In the plain it "
        "is slow, wide and brown, and it\nlays down what it took.",
        "A short line that\ngoes on below\nand once more.",
        "He said: it is\nas it was and so\nit will be again.",
        "在很久很久以前，有一条河流经过高山和平原，\n它的水很清，人们在河边生活，\n一代又一代。",
    ],
)
def test_lines_that_somebody_wrapped_are_joined(prose: str) -> None:
    assert "<br" not in body(HEAD + prose)
    assert "<pre" not in body(HEAD + prose)


LISTINGS = {
    "python": "def quarter(numbers):\n    total = 0\n    for number in numbers:\n        total += number\n    return total",  # noqa: E501
    "javascript": "function add(a, b) {\n  // both\n  return a + b;\n}",
    "c": '#include <stdio.h>\nint main(void) {\n  printf("%d\\n", 1);\n  return 0;\n}',
    "java": "public class A {\n  private List<String> names = new ArrayList<>();\n}",
    "sql": "SELECT name, age\nFROM people\nWHERE age > 3;",
    "json": '{\n  "a": 1,\n  "b": [1, 2]\n}',
    "shell": "$ cd /tmp\n$ ls *.md\na.md",
    "prompt": ">>> x = 1\n>>> print(x)\n1",
    "log": "2026-01-05 10:01:03,112 INFO  request *a* finished\n2026-01-05 10:02:03,112 INFO  request _b_ finished",
    "levels": "[INFO] started <main>\n[ERROR] failed",
    "access log": '1.2.3.4 - - [05/Jan/2026:10:00:00] "GET /" 200\n1.2.3.5 - - [05/Jan/2026:10:00:01] "GET /" 200',
    "trace": 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nValueError: x',
    "tree": "src\n├── a.py\n└── b.py",
    "box": "┌───┐\n│ a │\n└───┘",
}
COLUMNS = "name      age   town\nAnna      12    Rome\nBen       9     Oslo"


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize("around", ["{}", "# Title\n\nBefore it.\n\n{}\n\nBehind it.", "Before it.\n\n{}"])
def test_code_and_logs_without_a_fence_are_listings(name: str, around: str) -> None:
    made = body(around.format(LISTINGS[name]))
    (listing,) = re.findall(r"(?s)<pre><code>(.*?)</code></pre>", made)
    assert html.unescape(listing).rstrip("\n") == LISTINGS[name]
    assert "Behind it" not in listing


def test_columns_of_values_are_a_listing_in_markdown_and_a_table_where_they_were_pasted() -> None:
    assert f"<pre><code>{COLUMNS}\n</code></pre>" in body(f"# Title\n\n{COLUMNS}\n\nBehind it.")
    assert body(f"Before it.\n\n{COLUMNS}").count("<tr") == 3


def test_parts_of_one_listing_stay_together() -> None:
    code = (
        LISTINGS["python"] + "\n\n\nclass Counter:\n    def __init__(self):\n        self.count = 0\n\n    x = 1\n\nf()"
    )
    assert body(code).count("<pre") == 1
    assert body(f"Text.\n\n{code}\n\nText.").count("<pre") == 1


def test_fences_in_a_listing_do_not_end_it() -> None:
    made = body("def f():\n    return '```'\n    ``` x = 1\n")
    assert made.count("<pre") == 1
    assert "x = 1" in made


@pytest.mark.parametrize(
    "text",
    [
        "```python\ndef f():\n    return 1\n```",
        "~~~\nx = f(1);\ny = g(2);\n~~~",
        "<pre>\ndef f():\n    return 1\n\ndef g():\n    return 2\n</pre>",
        "- x = f(1);\n- y = g(2);",
        "| a |\n|---|\n| b |",
        "> x = f(1);\n> y = g(2);",
        "Let me know (soon);\nI shall be at home;\nthe door is open;",
        "The stars were out;\nthe moon was not;\nwe went to sleep;",
        "If you want this:\ncall me. For now:\nwait.",
    ],
)
def test_what_is_no_bare_listing_is_left_alone(text: str) -> None:
    assert fence_listings(Lines.of(text), plain=False).text == text


@pytest.mark.parametrize(
    "text",
    [
        "def __init__(self)",
        "the __init__ method",
        "see a/__pycache__/b",
        "__name__ == '__main__'",
        "obj.__anything__()",
    ],
)
def test_names_between_underscores_are_not_bold(text: str) -> None:
    assert "<strong>" not in body(HEAD + text)
    assert text in html.unescape(body(HEAD + text))


@pytest.mark.parametrize("text", ["__Important__", "__very important__: read", "**__bold__** x", "a __b__ c"])
def test_words_between_underscores_are_bold(text: str) -> None:
    assert "<strong>" in body(HEAD + text)
