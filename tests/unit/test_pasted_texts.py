"""Texts as teachers paste them: exam papers, lesson plans, statutes, recipes, minutes, lists of a word processor."""

from __future__ import annotations

import html
import re

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.markup_signs import is_pasted
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words
from pressrun.sources.wrapping import part_passages


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def headings(text: str) -> list[tuple[int, str]]:
    return [
        (int(level), html.unescape(re.sub(r"<br>\s*", " / ", found)).replace("\u00a0", " "))
        for level, found in re.findall(r"(?s)<h(\d)[^>]*>(.*?)</h\d>", body(text))
    ]


def shown(text: str) -> list[str]:
    return folded_words(html.unescape(re.sub(r"<[^>]+>", " ", body(text))))


EXAM = """Class VIII – Science – Unit Test II
Time: 1½ hours                                   Max. Marks: 40

SECTION A
1. Which of the following is a synthetic fibre?
(a) Cotton (b) Jute (c) Nylon (d) Wool
2. The process of heating to a high temperature and then cooling slowly is called
(a) annealing
(b) quenching
(c) tempering
3. Fill in the blanks: Coke is an almost pure form of ________.
4. Match the following:
Column A\tColumn B
Coal tar\tNaphthalene balls
Coke\tSteel making

SECTION B
5. Why is it advised to wear cotton clothes in the kitchen? (2)
6. Explain why fossil fuels are exhaustible natural resources. (2)
OR
Describe the characteristics and uses of coke. (2)

*** All the best ***
"""


def test_an_exam_paper_keeps_its_lines_its_sections_and_the_choices_with_their_question() -> None:
    assert headings(EXAM) == [
        (1, "Class VIII – Science – Unit Test II"), (2, "SECTION A"), (2, "SECTION B"),
    ]  # fmt: skip
    made = body(EXAM)
    assert "synthetic fibre?<br>\n(a) Cotton" in made
    assert re.search(r'<li>The process [^<]*\n<ul class="typed-marks">\n<li>\(a\) annealing</li>', made)
    assert re.search(r"<li>Match the following:\n<table>", made)
    assert made.count("<ol") == 2
    assert re.search(r"\(2\)</li>\n</ol>\n<p[^>]*>OR</p>", made)
    assert "________." in made
    assert "*** All the best ***" in made
    assert shown(EXAM) == folded_words(re.sub(r"(?m)^\d\.", "", EXAM))


STATUTE = """THE RIGHT TO WATER ACT
CHAPTER I
PRELIMINARY
1. Short title.
(1) This Act may be called the Right to Water Act.
(2) It extends to the whole of the country.
CHAPTER II
RIGHTS
2. Definitions.
In this Act, unless the context otherwise requires,—
(a) "water" means in relation to a public authority every kind of water that is used by it, and more of the kind—
(i) of a river;
(ii) of a lake;
(b) "well" means a hole in the ground.
"""


def test_chapters_of_a_statute_have_their_titles_and_its_clauses_stand_in_each_other() -> None:
    assert headings(STATUTE) == [
        (1, "THE RIGHT TO WATER ACT"), (2, "CHAPTER I / PRELIMINARY"), (2, "CHAPTER II / RIGHTS"),
    ]  # fmt: skip
    made = body(STATUTE)
    assert re.search(r"of the kind—\n<ul>\n<li>\(i\) of a river;</li>\n<li>\(ii\) of a lake;</li>\n</ul>\n</li>", made)
    assert '<li>(b) "well"' in html.unescape(made)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "第三章 光的折射\n\n一、学习目标\n1．了解折射；\n2．掌握定律。\n\n"
            "二、新课讲授\n（一）现象\n光会偏折。\n（二）定律\n角会变小。",
            [(2, "第三章 光的折射"), (3, "一、学习目标"), (3, "二、新课讲授"), (4, "（一）现象"), (4, "（二）定律")],
        ),
        (
            "الوحدة الثانية: الماء\nالدرس الأول: دورة الماء\n\nأولاً: الأهداف\n١- أن يعرّف.\n٢- أن يذكر.\n\nثانيًا: العرض\nالماء يتبخر.",  # noqa: E501
            [(2, "الوحدة الثانية: الماء"), (2, "الدرس الأول: دورة الماء"), (3, "أولاً: الأهداف"), (3, "ثانيًا: العرض")],
        ),
        (
            "第2章　植物\n\n1　目標\n・説明できる。\n・理解する。\n\n2　導入\n葉は緑色です。\n\n"
            "用語\n葉緑体：小さな粒\n気孔：すきま\n師管：管",
            [(2, "第2章　植物"), (3, "1　目標"), (3, "2　導入"), (3, "用語")],
        ),
        (
            "Economics for all\n\nI. What is it?\nA. Scarcity\nB. Choice\nC. Cost\n\nII. Markets\nThey bring people together.",  # noqa: E501
            [(1, "Economics for all"), (2, "I. What is it?"), (2, "II. Markets")],
        ),
        (
            "Maria Lopez\nTeacher\n+1 555 0100\n\nEXPERIENCE\n2019 – today: High School\n2015 – 2019: Riverside\n\nLANGUAGES\nEnglish and Spanish",  # noqa: E501
            [(1, "Maria Lopez"), (2, "EXPERIENCE"), (2, "LANGUAGES")],
        ),
        ("باب دوم: پانی\n\nمشق\n۱۔ پانی\n۲۔ بارش", [(2, "باب دوم: پانی"), (2, "مشق")]),
        ("खण्ड क\n१. पहला\n२. दूसरा\n\nखण्ड ख\n३. तीसरा\n४. चौथा", [(2, "खण्ड क"), (2, "खण्ड ख")]),
        ("Erstes Kapitel: Der Fluss\n\nEr fließt.\n\nZweites Kapitel: Der See\n\nEr steht.", [(2, "Erstes Kapitel: Der Fluss"), (2, "Zweites Kapitel: Der See")]),  # noqa: E501
        ("الفصل الأول\n\nالماء ينزل.\n\nالفصل الثاني\n\nالماء يصعد.", [(2, "الفصل الأول"), (2, "الفصل الثاني")]),
        ("Minutes of the meeting\n\n1. Budget\nIt was discussed at length.\n2. Open day\nChen leads it.", [(1, "Minutes of the meeting"), (2, "1. Budget"), (2, "2. Open day")]),  # noqa: E501
        (
            "Dal Bhat\nServes 4\n\nIngredients\n1 cup dal\n2 cups rice\nsalt\n\nMethod\nWash the rice.\n\nNutrition\nEnergy: 412 kcal\nFat: 9 g\nSalt: 1 g",  # noqa: E501
            [(1, "Dal Bhat"), (2, "Ingredients"), (2, "Method"), (2, "Nutrition")],
        ),
        (
            "Chapter 4\nPhotosynthesis in Plants\n4.1 What do we know?\nSome simple experiments that you may have done in the\n"  # noqa: E501
            "earlier classes have shown that light is required for it.\n4.2 Early ones\nIt is interesting to learn about those "  # noqa: E501
            "simple\nexperiments that led to our understanding of it.\nSUMMARY\nGreen plants make their own food. During it "  # noqa: E501
            "carbon\ndioxide is taken in by leaves.\nEXERCISES\n1. By looking at a plant externally can you tell it?\n2. Why?",  # noqa: E501
            [(2, "Chapter 4 / Photosynthesis in Plants"), (3, "4.1 What do we know?"), (3, "4.2 Early ones"), (3, "SUMMARY"), (3, "EXERCISES")],  # noqa: E501
        ),
        (
            "BIO 101: Biology\nFall 2026\nRoom 204\nEmail: a@uni.example\n\nCourse description\nThis course introduces the cell and all of its parts to you.\n\nGrading\nExam 30%\nLab 70%\n\nSchedule\nWeek 1: Cells\nWeek 2: Genes\nWeek 3: Ecology",  # noqa: E501
            [(1, "BIO 101: Biology"), (2, "Course description"), (2, "Grading"), (2, "Schedule")],
        ),
        (
            "제2장 물의 순환\n\n1. 학습 목표\n- 설명한다.\n- 말한다.\n\n2. 도입\n"
            "선생님: 비는?\n민수: 구름에서요.\n선생님: 맞아요.\n\n3. 정리\n물은 순환한다.",
            [(2, "제2장 물의 순환"), (3, "1. 학습 목표"), (3, "2. 도입"), (3, "3. 정리")],
        ),
        (
            "บทที่ 2 วัฏจักรของน้ำ\n\nจุดประสงค์การเรียนรู้\n1. อธิบายได้\n2. บอกได้\n\n"
            "แบบฝึกหัด\n1. น้ำระเหยเพราะอะไร\nก. ความร้อน\nข. ความเย็น",
            [(2, "บทที่ 2 วัฏจักรของน้ำ"), (2, "จุดประสงค์การเรียนรู้"), (2, "แบบฝึกหัด")],
        ),
        ("Quadratic Equations\n\nExample 1\nSolve x² = 4.\nx = 2\n\nExample 2\nSolve x² = 9.\nx = 3", [(1, "Quadratic Equations"), (2, "Example 1"), (2, "Example 2")]),  # noqa: E501
        ("Slide 1: The Sun\n- hot\n- far\n\nSlide 2: The Moon\n- cold\n- near", [(2, "Slide 1: The Sun"), (2, "Slide 2: The Moon")]),  # noqa: E501
        ("Objectives:\n1. Read.\n2. Write.\n\nHomework:\nRead the chapter.", [(2, "Objectives:"), (2, "Homework:")]),
    ],
)  # fmt: skip
def test_sections_are_found_by_how_they_are_counted_and_called(text: str, found: list[tuple[int, str]]) -> None:
    assert headings(text) == found
    assert [word for word in shown(text) if not word.isdecimal()] == [
        word for word in folded_words(said_in_text(text).text) if not word.isdecimal()
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Two gases\n\nI. oxygen\nII. hydrogen\nIII. helium",  # a list: nothing stands behind its items
        "一、什么是河流？\n二、什么是湖泊？",
        "1. The capital of France is\n(a) Paris\n(b) Rome\n\n2. The capital of Italy is\n(a) Paris\n(b) Rome\n\n3. The largest is\n(a) Paris\n(b) Rome",  # noqa: E501
        "STOP\nDo not enter\nthis room",
        "HEN\nDOG\nCAT\n\nTHE END\nOF IT",
        "Chapter on rivers\nand lakes\n\nThat is all.",
        "Task due: Monday\nLesson six follows.\n\nThat is all.",
    ],
)
def test_what_is_only_counted_or_begins_like_a_part_is_no_section(text: str) -> None:
    assert [level for level, _ in headings(text) if level > 1] == []


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Rules\n\n•\tOne\no\tDeeper\no\tAnd\n•\tTwo\n§\tDeep", ["One", "Deeper", "And", "Two", "Deep"]),
        ("Rules\n\n1.\tWear goggles.\n2.\tTie back hair.", ["Wear goggles.", "Tie back hair."]),
        ("Rules\n\na)\tWear goggles.\nb)\tTie back hair.", ["a)\tWear goggles.", "b)\tTie back hair."]),
        ("Rules\n\n–\tWear goggles.\n–\tTie back hair.", ["Wear goggles.", "Tie back hair."]),
    ],
)
def test_a_list_of_a_word_processor_is_a_list_and_no_table(text: str, items: list[str]) -> None:
    made = body(text)
    assert "<table" not in made
    assert re.findall(r"<li>([^<]*?)\s*(?=<)", made) == items
    assert shown(text) == folded_words(said_in_text(text).text)


def test_an_outline_that_is_typed_with_tabs_is_a_list_in_lists() -> None:
    made = body("Health\n\n\tSystems\n\t\tNerves\n\t\tBlood\n\tOrgans\n\t\tHeart")
    assert "<table" not in made
    assert re.sub(r"\s+", "", re.sub(r"<ul[^>]*>", "<ul>", made.split("</h1>")[-1])) == (
        "<ul><li>Systems<ul><li>Nerves</li><li>Blood</li></ul></li><li>Organs<ul><li>Heart</li></ul></li></ul>"
    )


def test_letters_between_tabs_are_values_where_no_list_is() -> None:
    assert body("x\to\no\tx\nx\tx").count("<tr>") == 3


@pytest.mark.parametrize(
    ("text", "pasted"),
    [
        ("Fill in: ________ is a gas.", True),
        ("*** The end ***", True),
        ("first half *** second half", True),
        ("Anna <anna@school.example> writes", True),
        ("* * *", True),
        ("It is **really** so", False),
        ("It is __really__ so", False),
        ("a ***both*** b", False),
        ("See <b>this</b>", False),
        ("# Title", False),
        ("Title\n=====", False),
        ("one\n\n---\n\ntwo", False),
    ],
)
def test_blanks_and_stars_are_no_markdown(text: str, pasted: bool) -> None:
    assert is_pasted(text) is pasted


WRAPPED = [
    "Water moves around our planet all the time. The sun warms the sea, the lakes",
    "and the rivers, and some of the water becomes a gas that we cannot see. This is",
    "called evaporation.",
]
WRAPPED_HINDI = [
    "जल हमारे ग्रह पर हर समय घूमता रहता है। सूर्य समुद्र, झीलों और नदियों को गर्म करता है",
    "और कुछ जल एक ऐसी गैस बन जाता है जिसे हम देख नहीं सकते। इसे वाष्पीकरण कहते हैं। गैस",
    "ऊपर उठती है।",
]
TYPED = [
    "Class VIII – Science",
    "Time: one hour and a half for those who have the time to write all of it",
    "Maximum marks: 40",
]


@pytest.mark.parametrize(
    ("blocks", "typed"),
    [
        ([WRAPPED], [False]),
        ([WRAPPED_HINDI], [False]),
        ([TYPED], [True]),
        ([WRAPPED, ["Anna Schmidt", "Main Street 1"]], [False, True]),
        ([TYPED, TYPED[1:], TYPED], [True, True, True]),
        ([["A paragraph that is longer than any editor wraps " * 4, "short"]], [True]),
    ],
)
def test_ends_of_lines_are_typed_where_the_next_word_had_found_room(blocks: list[list[str]], typed: list[bool]) -> None:
    assert [all(one for _, _, one in parts) for parts in part_passages(blocks)] == typed


def test_short_lines_of_a_pdf_stand_for_themselves_between_its_wrapped_prose() -> None:
    rows = ["Year Scientist Result", "1770 Priestley Plants", "1854 Sachs Glucose"]
    block = [*WRAPPED, *rows, *WRAPPED]
    assert part_passages([block]) == [[(0, 3, False), (3, 6, True), (6, 9, False)]]
    assert "Result<br>\n1770 Priestley Plants<br>\n1854" in body("\n".join(block))


def test_lines_that_each_end_a_sentence_were_typed() -> None:
    story = [
        "A crow was flying in search of water on a hot day.",
        "At last it saw a large jug under one of the trees.",
        "It drank.",
    ]
    assert body("\n".join(story)).count("<p") == 1
    assert body("\n".join(story)).count("<br>") == 2
    assert body("\n".join(["The crow", "", *story])).count("crow was") == 1


def test_a_line_to_write_on_stays() -> None:
    made = body("Explain why.\n______________________\n______________________")
    assert "<hr" not in made
    assert made.count("______________________") == 2


def test_no_line_of_a_heading_begins_with_a_dash_between_words() -> None:
    assert "Science&nbsp;– Test" in body("# Science – Test\n\nText – text")
    assert "Text – text" in body("# Science – Test\n\nText – text")


def test_a_wrapped_paragraph_is_joined_and_typed_lines_are_kept() -> None:
    made = body("\n".join(["Water", "", *WRAPPED, "", *TYPED, ""]))
    assert "the lakes\nand the rivers" in made
    assert "<br>" not in made.split("evaporation")[0]
    assert re.search(r"Science(<br>\n|</p>\n<p[^>]*>)Time", made)


@pytest.mark.parametrize(
    "unit",
    ["(a) one\n(i) two\n", "१. क\n(क) ख (ख) ग\n", "一、水\n（一）水\n", "x ** y\n", "a __ b\n", "Chapter One\nWater\n"],
)
def test_long_pasted_texts_take_linear_time(unit: str) -> None:
    """A hang is what this is about."""
    body(unit * (30_000 // len(unit)))
