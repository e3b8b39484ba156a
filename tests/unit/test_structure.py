"""Text that was pasted without structure gets the one that it shows, and no other; no word is lost or moved."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pressrun.sources.markdown import render_markdown
from pressrun.sources.numerals import counts_up, read_number
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words

UDHR = Path(__file__).parents[1] / "data" / "udhr"
LONG = (
    "A river is a natural watercourse that flows towards an ocean, a lake or another river, and carries stones, sand "
    "and mud with it on its way."
)


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def headings(text: str) -> list[str]:
    return [
        " ".join(html.unescape(re.sub(r"<[^>]+>", "", found)).split())
        for found in re.findall(r"(?s)<h\d[^>]*>(.*?)</h\d>", body(text))
    ]


def words_shown(text: str) -> list[str]:
    return folded_words(html.unescape(re.sub(r"<[^>]+>", " ", body(text))))


@pytest.mark.parametrize("blank", [False, True], ids=["single line ends", "blank lines"])
@pytest.mark.parametrize(
    ("name", "missed"),
    [
        ("eng", 0), ("deu_1996", 0), ("rus", 0), ("ell_polytonic", 0), ("hye", 0), ("kat", 1), ("arb", 0), ("urd", 0),
        ("heb", 1), ("hin", 0), ("ben", 0), ("guj", 0), ("pan", 1), ("tam", 0), ("tel", 0), ("kan", 0), ("sin", 1),
        ("cmn_hans", 1), ("cmn_hant", 1), ("jpn", 1), ("kor", 0), ("tha", 1), ("lao", 1), ("khm", 1), ("mya", 1),
        ("amh", 0), ("vie", 2), ("chr_cased", 0), ("fuf_adlm", 0), ("aii", 0),
    ],
)  # fmt: skip
def test_the_declaration_pasted_from_a_word_processor_has_its_articles(name: str, missed: int, blank: bool) -> None:
    """`missed`: a preamble without any sign, a typing error of the text."""
    markdown = (UDHR / f"{name}.md").read_text()
    wanted = [" ".join(found.split()) for found in re.findall(r"(?m)^#+ (.*)$", markdown)]
    pasted = re.sub(r"(?m)^#+ ", "", markdown)
    if not blank:
        pasted = re.sub(r"\n\n+", "\n", pasted)
    found = headings(pasted)
    assert [heading for heading in found if heading not in wanted] == []
    assert len(set(wanted) - set(found)) <= missed
    assert words_shown(pasted) == folded_words(pasted)


NEPALI = "\n".join(
    [
        "मानव अधिकारको विश्वव्यापी घोषणापत्र",
        "प्रस्तावना",
        "मानव परिवारका सबै सदस्यहरूको अन्तर्निहित मर्यादा तथा समान र "
        "अविच्छिन्न अधिकारहरूको मान्यता नै स्वतन्त्रता, न्याय र विश्व "
        "शान्तिको आधार भएकोले,",
        "धारा १",
        "सबै व्यक्तिहरू जन्मजात स्वतन्त्र हुन् ती सबैको समान अधिकार र "
        "महत्व छ। निजहरूमा विचार शक्ति र सद्विचार भएकोले निजहरूले "
        "आपसमा भ्रातृत्वको भावनाबाट व्यवहार गर्नु पर्दछ।",
        "धारा २",
        "प्रत्येक व्यक्ति यस घोषणामा उल्लेखित सबै अधिकार र स्वतन्त्रताको अधिकारी हुनेछ।",
        "धारा ३",
        "प्रत्येक व्यक्तिलाई जीवन, स्वतन्त्रता र सुरक्षाको अधिकार छ।",
    ]
)


def test_the_nepali_declaration_with_single_line_ends_has_headed_articles() -> None:
    assert headings(NEPALI) == [
        "मानव अधिकारको विश्वव्यापी घोषणापत्र",
        "प्रस्तावना",
        "धारा १",
        "धारा २",
        "धारा ३",
    ]
    assert body(NEPALI).count("<p ") == 4


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Chapter 1\n{LONG}\nChapter 2\n{LONG}", ["Chapter 1", "Chapter 2"]),
        (f"Rivers\n\nChapter One: Springs\n\n{LONG}\n\nChapter Two: Mouths\n\n{LONG}", ["Rivers", "Chapter One: Springs", "Chapter Two: Mouths"]),  # noqa: E501
        (f"Lesson 4 Springs\n\n{LONG}", ["Lesson 4 Springs"]),
        (f"1. Springs\n{LONG}\n2. Mouths\n{LONG}", ["1. Springs", "2. Mouths"]),
        (f"1 Springs\n\n{LONG}\n\n1.1 Cold ones\n\n{LONG}\n\n1.2 Hot ones\n\n{LONG}", ["1 Springs", "1.1 Cold ones", "1.2 Hot ones"]),  # noqa: E501
        (f"I. Springs\n\n{LONG}\n\nII. Mouths\n\n{LONG}", ["I. Springs", "II. Mouths"]),
        (f"Rivers\n\n{LONG}\n\nTheir springs\n\n{LONG}\n\nTheir mouths\n\n{LONG}", ["Rivers", "Their springs", "Their mouths"]),  # noqa: E501
        (f"第一章 河流\n\n{LONG}\n\n第二章 湖泊\n\n{LONG}", ["第一章 河流", "第二章 湖泊"]),
        (f"一、河流\n\n{LONG}\n\n二、湖泊\n\n{LONG}", ["一、河流", "二、湖泊"]),
        (f"المادة 1\n{LONG}\nالمادة 2\n{LONG}", ["المادة 1", "المادة 2"]),
        (f"제1조\n{LONG}\n제2조\n{LONG}", ["제1조", "제2조"]),
        (f"Hoomaa 1\n\n{LONG}\n\nHoomaa 2\n\n{LONG}\n\nHoomaa 3\n\n{LONG}", ["Hoomaa 1", "Hoomaa 2", "Hoomaa 3"]),
        (f"Part I\n\nChapter 1\n\n{LONG}\n\nPart II\n\nChapter 2\n\n{LONG}", ["Part I", "Chapter 1", "Part II", "Chapter 2"]),  # noqa: E501
    ],
)  # fmt: skip
def test_what_counts_or_names_a_part_is_a_heading(text: str, found: list[str]) -> None:
    assert headings(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Lesson 1\n{LONG}\n\nQuestions\n1. What is it?\n2. Why?", ["Lesson 1", "Questions"]),
        (
            f"Lesson 1\n{LONG}\nQuestions\n1. What is it?\n2. Why?\nSummary\n• one\n• two",
            ["Lesson 1", "Questions", "Summary"],
        ),
        (
            f"Rivers\n\n{LONG}\n\nWhat you need\n• a map\n• a boat\n\nWhat you do\n1. Row.\n2. Rest.",
            ["Rivers", "What you need", "What you do"],
        ),
        (f"{LONG}\n\nQuestions\n\nWhat is a river?", ["Questions"]),
        (f"第一章 河流\n\n{LONG}\n\n练习\n一、什么是河流？\n二、什么是湖泊？", ["第一章 河流", "练习"]),
        ("पाठ १\n\nनदी बहती है। नदी समुद्र तक जाती है।\n\nप्रश्न\n(क) नदी क्या है?\n(ख) झील क्या है?", ["पाठ १", "प्रश्न"]),
        (f"Lesson 1\n{LONG}\n\nNew words\nriver – water\nbank – side\nmouth – end", ["Lesson 1", "New words"]),
        (f"الدرس 1\n{LONG}\n\nأسئلة\n1. ما النهر؟\n2. ما البحيرة؟", ["الدرس 1", "أسئلة"]),
    ],
)
def test_a_short_line_before_a_list_and_the_name_of_a_part_are_headings(text: str, found: list[str]) -> None:
    assert headings(text) == found


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Notes of the day\n\n• one\n• two\n• three", ["one", "two", "three"]),
        ("• one\n\n• two", ["one", "two"]),
        ("●河\n●湖", ["河", "湖"]),
        ("· one\n· two", ["one", "two"]),
        ("• one\n  ◦ deeper\n  ◦ and\n• two", ["one", "deeper", "and", "two"]),
        ("• 1. stays\n• 2. stays too", ["1. stays", "2. stays too"]),
        (
            "• When an acid and a base react with each other in water, they produce\na salt and water.\n"
            "• The other is longer, too, as they are in a text that was taken out\nof a PDF.\n\nAnd so on.",
            [
                "When an acid and a base react with each other in water, they produce\na salt and water.",
                "The other is longer, too, as they are in a text that was taken out\nof a PDF.",
            ],
        ),
    ],
)
def test_typed_bullets_are_a_list(text: str, items: list[str]) -> None:
    made = body(text)
    assert re.findall(r"<li[^>]*>\s*(?:<p>)?([^<]*?)\s*<", made) == items
    assert not re.search("[•●·◦]", made)
    assert words_shown(text) == folded_words(said_in_text(text).text)


def test_the_number_of_a_page_is_no_list() -> None:
    made = body(f"{LONG}\n\n                 - 2 -\n\n{LONG}\n\n– 3 –\n\n{LONG}\n\n* 4 *\n\n{LONG}")
    assert "<li" not in made
    assert "- 2 -" in made
    assert "– 3 –" in made
    assert "* 4 *" in made
    assert "\\" not in made


@pytest.mark.parametrize("text", ["✓ right\n✗ wrong", "1·2\n3·4", "• only one", "A • B\nC • D", "□ done\n□ open"])
def test_signs_that_say_something_stay(text: str) -> None:
    made = body(text)
    assert "<li" not in made
    assert "".join(text.split()) in "".join(re.sub("<[^>]*>", "", made).split())


def test_larger_parts_have_larger_headings() -> None:
    made = body(f"Rivers\n\nChapter 1\n\nSection 1\n\n{LONG}\n\nSection 2\n\n{LONG}\n\nChapter 2\n\n{LONG}")
    assert re.findall(r"<h(\d)[^>]*>([^<]*)", made) == [
        ("1", "Rivers"), ("2", "Chapter 1"), ("3", "Section 1"), ("3", "Section 2"), ("2", "Chapter 2"),
    ]  # fmt: skip


NO_HEADINGS = {
    "prose": f"{LONG} It goes on.\n\n{LONG}\n\n{LONG}",
    "a wrapped line that begins with an article": "The treaty says in its first part what all of them agreed to, and in\nArticle 5 of the treaty says that no state may close the river to any of\nthe others.",  # noqa: E501
    "an article that is a sentence": f"Article 1. All human beings are born free.\nArticle 2. Everyone has rights.\n{LONG}",  # noqa: E501
    "poem": "Two roads diverged in a yellow wood,\nAnd sorry I could not travel both\n\nAnd be one traveler, long I stood\nAnd looked down one as far as I could",  # noqa: E501
    "addresses": "Flat 1\n12 Main Street\nSpringfield\n\nFlat 2\n12 Main Street\nSpringfield",
    "captions": f"{LONG}\n\nFigure 1\n\n{LONG}\n\nFigure 2\n\n{LONG}",
    "pages": f"{LONG}\n\nPage 1\n\n{LONG}\n\nPage 2\n\n{LONG}\n\nPage 3\n\n{LONG}",
    "a chat": f"Anna\n{LONG}\nBen\n{LONG}\nAnna\n{LONG}",
    "a lead-in": f"{LONG}\n\nYou will need:\n1. Milk\n2. Eggs\n\n{LONG}\n\nThis is how:\n\n1. Mix.\n2. Bake.",
    "a word within a sentence's lines": "Those who ask many\nquestions\nlearn a lot from what the river says to\nall.",
    "two lists": "Milk\n\n1. fresh\n2. sour\n\n1. one\n2. two",
    "a list of things": "1. Milk\n2. Eggs\n3. Bread",
    "a list of sentences": f"1. {LONG}\n2. {LONG}\n3. {LONG}",
    "a letter": f"Dear Anna,\n\n{LONG}\n\n{LONG}\n\nYours,\n\nBen",
    "a log": "2026-01-05 10:01:03,112 INFO  request finished\n2026-01-05 10:02:03,112 INFO  request finished",
    "code": "def quarter(numbers):\n    total = 0\n    return total\n\nstep 1\n\nx = 1",
    "scores": "Player 1\n5 points\nPlayer 2\n7 points\nPlayer 3\n8 points",
    "headings that are Markdown already": f"# Rivers\n\nChapter 1\n\n{LONG}",
}


PARTS = ["Introduction", "Springs", "Mouths", "Conclusion"]
WITH_PARTS = "\n\n".join(f"{part}\n\n{LONG}" for part in PARTS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Contents\nIntroduction\nSprings\nMouths\nConclusion\n\n{WITH_PARTS}", PARTS),
        (f"Contents\n\nIntroduction\n\nSprings\n\nMouths\n\nConclusion\n\n{WITH_PARTS}", ["Contents", PARTS[0], PARTS[3]]),  # noqa: E501
        (f"Contents\n1. Introduction\n2. Springs\n\n1. Introduction\n{LONG}\n2. Springs\n{LONG}", ["1. Introduction", "2. Springs"]),  # noqa: E501
        (f"Introduction\nSprings\nMouths\nConclusion\n\n{LONG}", []),
        (f"{LONG}\n\nAgenda\n\nIntroduction\n\nReview\n\nHomework\n\nQuestions\n\n{LONG}", []),
        (f"Agenda\n\nIntroduction\nReview\nHomework\nQuestions\n\n{LONG}", ["Agenda"]),
        (f"目录\n引言\n第一章 河流\n结论\n\n引言\n\n{LONG}\n\n第一章 河流\n\n{LONG}\n\n结论\n\n{LONG}", ["引言", "第一章 河流", "结论"]),  # noqa: E501
        (f"الفهرس\nمقدمة\nالفصل 1 النهر\nخاتمة\n\nمقدمة\n\n{LONG}\n\nالفصل 1 النهر\n\n{LONG}", ["مقدمة", "الفصل 1 النهر"]),  # noqa: E501
        (f"{LONG}\n\nIndex\nAcid 12, 14\nExercises 9\nSummary\nWater 1", []),
        (f"{LONG}\n\nMilk\nBread\nSummary\nEggs\n\n{LONG}", []),
    ],
)  # fmt: skip
def test_a_name_of_a_part_in_a_list_of_such_lines_is_no_heading(text: str, found: list[str]) -> None:
    assert headings(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Part 1\n{LONG}\n\nVocabulary\nacid\nbase\nsalt\n\nPart 2\n{LONG}", ["Part 1", "Vocabulary", "Part 2"]),
        (f"Rivers\n\nA lesson by Anna\n\nIntroduction\n\n{LONG}", ["Rivers", "Introduction"]),
    ],
)  # fmt: skip
def test_a_name_of_a_part_before_or_behind_short_lines_is_a_heading(text: str, found: list[str]) -> None:
    assert headings(text) == found


@pytest.mark.parametrize("name", NO_HEADINGS)
def test_what_is_no_heading_stays_what_it_is(name: str) -> None:
    found = headings(NO_HEADINGS[name])
    assert found == (["Rivers"] if "Markdown" in name else [])


@pytest.mark.parametrize(
    ("text", "kind", "rows"),
    [
        ("Q1. What is a river?\nA1. Flowing water.\nQ2. And a lake?\nA2. Standing water.", "questions", 4),
        ("प्रश्न १. नदी क्या है?\nउत्तर: बहता पानी।\nप्रश्न २. झील क्या है?\nउत्तर: ठहरा पानी।", "questions", 4),
        ("س1: ما النهر؟\nج1: ماء جار.\nس2: ما البحيرة؟\nج2: ماء راكد.", "questions", 4),
        ("問1：川とは何か。\n答：流れる水。\n問2：湖とは何か。\n答：止まった水。", "questions", 4),
        ("1. What is a river?\nAnswer: Flowing water.\n2. What is a lake?\nAnswer: Standing.", "questions", 4),
        ("river – a stream of water\nbank – its side\nmouth – where it ends", "vocabulary", 6),
        ("नदी - बहता पानी\nझील - ठहरा पानी\nसागर - खारा पानी", "vocabulary", 6),
        ("(क) पहिलो कुरा\n(ख) दोस्रो कुरा\n(ग) तेस्रो कुरा", "typed-marks", 3),
        ("१. पहिलो\n२. दोस्रो", "typed-marks", 2),
        ("a) one\nb) two\nc) three", "typed-marks", 3),
        ("أ- النهر\nب- البحر", "typed-marks", 2),
        ("א. נהר\nב. ים\nג. אגם", "typed-marks", 3),
        ("ก. แม่น้ำ\nข. ทะเล", "typed-marks", 2),
        ("① 川\n② 海", "typed-marks", 2),
        ("가. 강\n나. 바다", "typed-marks", 2),
        ("Anna: How was it?\nBen: Long.\nAnna: And the food?\nBen: Good.", "dialogue", 4),
        ("Host: And?\nDr. A. Rao: Dams.\nHost: Why?\nDr. A. Rao: Rain.", "dialogue", 4),
        ("甲：你好吗？\n乙：我很好。\n甲：再见。", "dialogue", 3),
    ],
)
def test_lines_that_belong_together_are_a_list_of_their_kind(text: str, kind: str, rows: int) -> None:
    made = body(text)
    assert f'class="{kind}"' in made
    assert len(re.findall(r"<(?:dt|dd|li|p)[ >]", made)) == rows
    assert words_shown(text) == folded_words(text)


def test_two_lists_of_definitions_stay_two() -> None:
    made = body("Q1. a?\nA1. b.\nQ2. c?\nA2. d.\n\nriver – water\nbank – side\nmouth – end")
    assert re.findall(r'<dl class="(\w+)"', made) == ["questions", "vocabulary"]
    assert "<aside" not in made


@pytest.mark.parametrize(
    "text",
    [
        "From: Ann\nTo: Ben\nSubject: The journey",
        "a) one\nc) three",
        "well - that was it\nand then",
        "Note: it rains.\nAnd then it did not.",
        "https://a.example\nhttps://b.example\nhttps://a.example/c",
    ],
)
def test_lines_that_only_look_alike_stay_lines(text: str) -> None:
    assert "class=" not in body(text)


def test_values_between_tabs_are_a_table() -> None:
    made = body("Rain\n\nYear\tRain\tSun\n2020\t812\t1900\n2021\t790\t2010\n2022\t6|0\t")
    assert made.count("<tr>") == 4
    assert made.count("<th>") == 3
    assert "<td>6|0</td>" in made
    assert "<pre" not in made
    nameless = body("Rome\tItaly\nParis\tFrance")
    assert "<thead>" not in nameless
    assert nameless.count("<td>") == 4


def test_a_paragraph_of_a_pdf_ends_with_a_sentence_before_the_edge() -> None:
    text = (
        "The river comes from the mountains, where it is small and quick: it\ntakes stones with it. In the plain it is "
        "slow.\nThe sea is where it ends. There its water is salt, and what it has\nmakes new land."
    )
    assert body(text).count("<p ") == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("१२", 12), ("XIV", 14), ("三十", 30), ("二十一", 21), ("〇五", 5), ("፲፪", 12), ("ט״ו", None), ("יב", 12), ("seven", 7), ("of", None)],  # noqa: E501
)  # fmt: skip
def test_numbers_of_many_scripts_are_read(text: str, value: int | None) -> None:
    found = read_number(text)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    "formula",
    ["$$\na = b\n+ c\n- d\n$$", "\\[\n\\frac{a}{b}\n+ c\n\\]", "\\begin{align}\na &= b\\\\\n- c\n\\end{align}"],
)
@pytest.mark.parametrize("around", ["{}", "It rains.\n\n{}\n\nIt snows.", "We see:\n{}\nand more", "# A\n\n{}\n\nB"])
def test_lines_of_a_formula_are_no_list(formula: str, around: str) -> None:
    made = body(around.format(formula))
    assert made.count("<math") == 1
    assert "<li" not in made


def test_parts_count_up() -> None:
    assert counts_up([1, 2, 3, 4])
    assert counts_up([2, 3, 4, 5, 6, 8])
    assert not counts_up([1])
    assert not counts_up([1, 5, 9])
    assert not counts_up([12, 13])


LINES = [
    "Chapter {n}", "धारा {n}", "Article {n}. {w} {w}", "{w} {w}", "", "", "{w} {w}.", LONG + " {w}",
    "Q{n}. {w}?", "A{n}. {w}.", "- {w}", "{w} – {w}", "Anna: {w}", "Ben: {w}", "({n}) {w}",
    "(क) {w}", "(ख) {w}", "a) {w}", "b) {w}", "{w}\t{n}", "{w}\t{w}", "第{n}条", "    {w}",
    "{n}. {w} {w}", "• {w}", "x = {w}({n});", "# {w}", "| {w} | {w} |", "1.{n} {w}", "{w} {w}, {w}",
    "Page {n}", "{w}:", "{w}\\{w}", "I. {w}", "II. {w}",
    "CHAPTER I", "Section A", "一、{w}", "（一）{w}", "أولاً: {w}", "1　{w}", "(i) {w}", "(a) {w} (b) {w}", "________",
    "*** {w} ***", "•\t{w}", "o\t{w}", "1.\t{w}", "–\t{w}", "・{w}", "{w}: 4{n} kcal", "Example {n}", "Ingredients",
    "{w} moves around the planet all the time, and the sun warms the {w} of", "the sea, and some of the {w} that is",
]  # fmt: skip


@settings(max_examples=int(1.5 * settings.default.max_examples), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=14))
def test_no_word_is_lost_or_moved_by_finding_structure(lines: list[str]) -> None:
    words = iter(f"w{n}x" for n in range(1_000))
    numbers = iter(range(1, 1_000))
    text = "\n".join(
        re.sub(r"\{(\w)\}", lambda found: next(words) if found[1] == "w" else str(next(numbers)), line)
        for line in lines
    )
    shown = re.findall(r"w\d+x", html.unescape(re.sub(r"<[^>]+>", " ", body(text))))
    assert shown == re.findall(r"w\d+x", text)


@pytest.mark.slow
def test_long_texts_take_linear_time() -> None:
    """A hang is what this is about."""
    for unit in (
        "Chapter 1\n",
        "a\n",
        "1. a\n",
        f"{LONG}\n",
        "x\ty\n",
        "Anna: a\nBen: b\n",
        "(a) b\n",
        "a – b\n",
        "Q: a\nA: b\n",
    ):
        body(unit * (15_000 // len(unit)))
    body("a" * 100_000)
    body("क" * 100_000)
