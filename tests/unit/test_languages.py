"""What language and direction the letters of a text give away: by the share of letters, for each block of its own."""

from __future__ import annotations

import re

import pytest

from pressrun.sources.languages import block_direction, document_language, is_upright, language_of
from pressrun.sources.markdown import render_markdown

FOREIGN = {
    "kana": "の",
    "Han": "水",
    "Hangul": "물",
    "Cyrillic": "вода",
    "Arabic": "ماء",
    "Hebrew": "מים",
    "Devanagari": "पानी",
    "Thai": "น้ำ",
}


def blocks(text: str) -> list[str]:
    """The opening tags of the outermost blocks."""
    return re.findall(r"^<(?:p|h\d|ul|ol|blockquote|table)[^>]*>", render_markdown(text)["html"], re.MULTILINE)


@pytest.mark.parametrize("script", FOREIGN)
@pytest.mark.parametrize(
    "sentence",
    [
        "Das Wort {} bedeutet „Wasser“, sagt das Wörterbuch.",
        "{} heißt auf Deutsch Wasser.",
        "Sie fragte: „Was heißt {}?“",
        "Das Wort **{}** ist kurz",
        "> Was ist {}, wenn nicht Wasser?",
        "- eins, zwei, drei\n- {} vier fünf sechs\n- sieben, acht",
    ],
)
def test_one_foreign_word_changes_neither_language_nor_direction_of_a_german_block(script: str, sentence: str) -> None:
    made = render_markdown(f"---\nlang: de\n---\n\n{sentence.format(FOREIGN[script])}\n")
    assert made["lang"] == "de"
    assert made["dir"] == "ltr"
    (opening,) = re.findall(r"^<(?:p|ul|blockquote)[^>]*>", made["html"])
    assert "lang=" not in opening
    begins_right = sentence.startswith("{}") and script in ("Arabic", "Hebrew")
    assert f'dir="{"ltr" if begins_right else "auto"}"' in opening


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Das Wort の bedeutet „von“.", ""),
        ("Meine Freundin 田中さくら wohnt in Köln.", ""),
        ("Er sagte: „吾輩は猫である“, und lachte laut darüber.", ""),
        ("Реч Београд i reč Beograd", ""),
        ("Zdravo, свете", ""),
        ("Lektion 3: 日本語", ""),
        ("Windows の使い方", "ja"),
        ("猫の名前は English で何ですか。", "ja"),
        ("東京大学大学院工学系研究科の学生", "ja"),
        ("日本国憲法", "zh-Hans"),  # Han alone: nothing tells
        ("「の」は日本語の助詞である", "ja"),
        ("ｶﾀｶﾅ", "ja"),
        ("日本的の字很常见，大家都在用它。", "zh-Hans"),
        ("「の」在日语里是“的”的意思", "zh-Hans"),
        ("台灣的招牌很愛寫の這個字", "zh-Hant"),
        ("他说：「ありがとう」，然后就走了，什么都没有说过，也没有再回来。", "zh-Hans"),
        ("물은 H2O라고 쓴다", "ko"),
        ("大韓民國은 民主共和國이다", "ko"),
        ("韩国的首都是서울，它很大", "zh-Hans"),
        ("日本語で水は물ではなくみずと言います", "ja"),
        ("", ""),
        ("123 ・ — 、。", ""),
    ],
)
def test_a_block_is_in_what_most_of_its_letters_are(text: str, language: str) -> None:
    assert language_of(text) == language


def test_words_in_another_script_have_their_own_language_where_they_stand() -> None:
    made = render_markdown("Das Wort **日本** (にほん, „Japan“) und 물, `の`, [水](https://example.org/の).")["html"]
    assert re.findall(r'<span lang="(\w+)">([^<]*)</span>', made) == [
        ("ja", "日本"), ("ja", "にほん"), ("ko", "물"), ("ja", "水"),
    ]  # fmt: skip
    assert "<code>の</code>" in made


def test_a_run_keeps_its_own_marks_and_what_follows_is_german_again() -> None:
    made = render_markdown("Sie las 「吾輩は、猫である。」 laut vor, und alle lachten.")["html"]
    assert '<span lang="ja">「吾輩は、猫である。」</span> laut vor' in made


def test_a_document_is_in_what_most_of_its_letters_are_whatever_it_quotes() -> None:
    assert document_language("日本的の字很常见，大家都在用它。") == "zh-Hans"
    assert document_language("Das Wort の.") == ""
    made = render_markdown("# 水\n\n水は高いところから低いところへ流れる。\n\nThe word is easy.\n")
    assert made["lang"] == "ja"
    assert blocks("# 水\n\n水は高いところから低いところへ流れる。\n\nThe word is easy.\n") == [
        '<h1 dir="auto" lang="ja">', '<p dir="auto" lang="ja">', '<p dir="auto">',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("سلام heißt Frieden auf Arabisch.", "ltr"),
        ("שלום, so grüßt man in Israel.", "ltr"),
        ("Python هي لغة برمجة سهلة التعلم", "rtl"),
        ("سلام Welt", "auto"),  # neither has two thirds
        ("مرحبا بالعالم", "auto"),
        ("plain", "auto"),
        ("1, 2, 3", "auto"),
    ],
)
def test_a_block_begins_at_the_side_of_most_of_its_letters(text: str, direction: str) -> None:
    assert block_direction(text, text) == direction


def test_code_at_the_beginning_turns_no_arabic_sentence_round() -> None:
    assert blocks("`print` يطبع النص على الشاشة") == ['<p dir="rtl">']
    assert blocks("[سلام](https://example.org/a/very/long/path/of/words)") == ['<p dir="auto">']


def test_han_alone_is_what_its_document_is_and_chinese_words_are_chinese_in_any() -> None:
    japanese = "---\nlang: ja\n---\n\n日本国憲法\n\n平和主義\n\n这是我们的书\n"
    assert render_markdown(japanese)["lang"] == "ja"
    assert [re.findall('lang="([^"]*)', tag) for tag in blocks(japanese)] == [["ja"], ["ja"], ["zh-Hans"]]
    assert re.findall('span lang="([^"]*)', render_markdown("Auf Japanisch: 水 (みず).")["html"]) == ["ja", "ja"]
    assert re.findall('span lang="([^"]*)', render_markdown("Auf Chinesisch: 水.")["html"]) == ["zh-Hans"]


@pytest.mark.parametrize(
    ("text", "upright"),
    [
        ("जल ही जीवन है।", True),
        ("الماء أصل الحياة", True),
        ("水は流れる", True),
        ("Вода течёт", False),
        ("Water", False),
        ("", False),
    ],
)
def test_a_script_without_slanted_letters_is_never_slanted(text: str, upright: bool) -> None:
    assert is_upright(text) is upright
    assert render_markdown(text)["upright"] is upright
