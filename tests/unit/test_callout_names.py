"""A callout without a name is called in the language of the document; a name that somebody wrote stays."""

from __future__ import annotations

import re

import pytest

from pressrun.sources.markdown import render_markdown


def titles(text: str) -> list[str]:
    return re.findall(r'markdown-alert-title"[^>]*>(.*?)</p>', str(render_markdown(text)["html"]))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("يتحرك الماء على سطح الأرض.", "ملاحظة"), ("یہ پانی ہے اور بہت ٹھنڈا ہے۔", "نوٹ"),
        ("آب گرم می‌شود و چرخه دارد.", "یادداشت"),
        ("पृथ्वी पर जल घूमता है।", "टिप्पणी"), ("המים נעים על פני האדמה.", "הערה"), ("水は地球を巡ります。", "注"),
        ("물은 지구를 돕니다.", "참고"), ("Вода движется по земле, и мы это знаем: бывший лёд.", "Примечание"),
        ("Water moves on the land.", "Note"),
    ],
)  # fmt: skip
def test_a_callout_is_called_in_the_language_of_the_text(text: str, name: str) -> None:
    for written in ("> [!NOTE]\n> x", "::: note\nx\n:::"):
        assert titles(f"# A\n\n{text}\n\n{written}") == [name]


def test_what_the_document_says_of_its_language_goes_before_its_letters() -> None:
    front = "---\nlang: de-AT\n---\n\n"
    assert titles(f"{front}> [!TIP]\n> x\n\n::: warning\nx\n:::\n\n> [!bug]\n> x") == ["Tipp", "Warnung", "Bug"]


@pytest.mark.parametrize(
    "written", ["> [!tip] Tip\n> x", "::: tip Tip\nx\n:::", '::: {.callout-tip title="Tip"}\nx\n:::']
)
def test_a_name_that_the_author_wrote_stays(written: str) -> None:
    assert titles(f"---\nlang: de\n---\n\n{written}") == ["Tip"]
