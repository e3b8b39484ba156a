"""Questions and answers of many languages, moments and what happened, and numbers as they were typed."""

from __future__ import annotations

import re

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.words import folded_words
from tests.unit.test_structure import body, headings, words_shown

PROSE = (
    "In the sixteenth century Babur, a prince of Ferghana, crossed the Hindu Kush with twelve thousand men and with "
    "cannon, and won the first battle of Panipat."
)


def rows_of(text: str) -> list[tuple[str, str]]:
    return re.findall(r"<dt[^>]*>(.*?)</dt>\n<dd[^>]*>(.*?)</dd>", body(text))


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        ("Q.{} What is it?", "Ans. Water."), ("Q{} What is it?", "A{} Water."), ("Q. {} What is it?", "Ans- Water."),
        ("D: Cos'è?", "R: Acqua."),
        ("Q{}．川とは何ですか。", "A{}．水です。"), ("प्र.{} यह क्या है?", "उ. पानी।"),
        ("प्र. {}. यह क्या है?", "उ. {}. पानी।"),
        ("প্র: কী?", "উ: জল।"), ("ਪ੍ਰਸ਼ਨ {}: ਕੀ?", "ਉੱਤਰ: ਪਾਣੀ।"), ("ಪ್ರಶ್ನೆ {}: ಏನು?", "ಉತ್ತರ: ನೀರು."),
        ("ചോദ്യം {}: എന്ത്?", "ഉത്തരം: വെള്ളം."), ("P: ¿Qué es?", "R: Agua."), ("В: Что это?", "О: Вода."),
        ("H: Là gì?", "Đ: Nước."), ("P: Co to jest?", "O: Woda."), ("V: Wat is het?", "A: Water."),
        ("سوال {}: یہ کیا ہے؟", "جواب: پانی۔"), ("Fråga {}: Vad är det?", "Svar: Vatten."),
    ],
)  # fmt: skip
def test_questions_of_many_languages_stand_with_their_answers(ask: str, answer: str) -> None:
    pairs = [(ask.format(number), answer.format(number)) for number in (1, 2)]
    text = "\n".join(line for pair in pairs for line in pair)
    assert rows_of(text) == pairs
    assert words_shown(text) == words_shown("\n\n".join(line for pair in pairs for line in pair))


@pytest.mark.parametrize("text", ["P: I come.\nR: So do I.\nP: When?\nR: Soon.", "Question time\nAnswer the door"])
def test_short_letters_ask_only_with_a_question_mark(text: str) -> None:
    assert "questions" not in body(text)


def test_a_question_that_nobody_answered_looks_like_the_others() -> None:
    made = body("Q1. Who?\nAns. Babur.\nQ2. Where?\nAns. Panipat.\nQ3. Explain it.\nQ4. Why?\n\nThe end of it all.")
    assert re.findall(r'<p class="question"[^>]*>(.*?)</p>', made) == ["Q3. Explain it.", "Q4. Why?"]
    assert len(rows_of("Q1. Who?\nAns. Babur.\nQ2. Where?\nAns. Panipat.\nQ3. Explain it.")) == 2


@pytest.mark.parametrize(
    "terms",
    [
        ["1526", "1556", "1571"], ["c. 1200", "1526", "1857"], ["3000 BCE", "1200 BCE"], ["1914–1918", "1939–1945"],
        ["15 August 1947", "26 January 1950"], ["15. August 1947", "2. Februar 1951"], ["1526 ई.", "1556 ई."],
        ["2026-01-05", "2026-01-06"], ["9:00", "10:15"], ["9.00–9.15 Uhr", "9.15–10.30 Uhr"], ["9:00 am", "1:30 p.m."],
        ["१५२६", "१५५६"], ["١٥٢٦", "١٥٥٦"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("sign", [": ", " – ", " - "])
def test_moments_stand_beside_what_happened(terms: list[str], sign: str) -> None:
    text = "\n".join(f"{term}{sign}A great thing" for term in terms)
    assert [term.replace("\\", "") for term, _ in rows_of(text)] == terms
    assert words_shown(text) == [word for term in terms for word in folded_words(f"{term} A great thing")]
    headed = f"Chapter 7: The empire\n\n{PROSE}\n\nImportant dates\n{text}"
    assert headings(headed) == ["Chapter 7: The empire", "Important dates"]


def test_times_of_day_need_no_sign() -> None:
    assert rows_of("9:00 Welcome\n9:15 Rivers\n12:00 Lunch")[1] == ("9:15", "Rivers")


@pytest.mark.parametrize(
    "text",
    [
        "1526: The first battle\nand what came of it",
        "12: Mary\n13: John",
        "1000 people came\n2000 people went",
        "9:00 – Welcome\n9:15: Rivers",
        "10:15 2 1\n10:30 4 2",
    ],
)
def test_what_is_no_list_of_moments_stays_lines(text: str) -> None:
    assert "<dl" not in body(text)


def test_the_end_of_a_line_that_nobody_wraps_so_late_ends_a_paragraph() -> None:
    """Also where most lines of the text are short."""
    shorts = "".join(f"\n\n{name}\n{year}: War\n{year + 9}: Peace" for year, name in enumerate(["Here", "There"], 1500))
    made = body(
        f"Chapter 7\n\n{PROSE}\nHis son lost what his father had won.{shorts}\n\nHe was thirteen.\nWhy was he great?"
    )
    assert f"{PROSE}</p>" in made
    assert "He was thirteen.<br>" in made or "He was thirteen.</p>" in made


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("# A\n\n3. a\n7. b\n12. c", [3, 7, 12]),
        ("3) a\n7) b", [3, 7]),
        ("# A\n\n15. August 1947 Freiheit\n26. Januar 1950 Republik\n2. Februar 1951 Wahl", [15, 26, 2]),
        ("1. a\n2. b\n2. c\n5. d", [1, 2, 2, 5]),  # pasted: nobody counts for whoever typed it
        ("# A\n\n1. a\n1. b\n1. c", [1, 2, 3]),
        ("# A\n\n1. a\n2. b\n2. c", [1, 2, 3]),
        ("# A\n\n5. a\n6. b\n   1. x\n   9. y\n7. c", [5, 6, 1, 9, 7]),
        ("# A\n\n1. a\n   - x\n   - y\n4. b", [1, None, None, 4]),
    ],
)
def test_numbers_that_skip_are_those_that_were_typed(text: str, numbers: list[int | None]) -> None:
    assert _shown(body(text)) == numbers


def _shown(made: str) -> list[int | None]:
    """The number before each item, as a browser counts."""
    shown: list[int | None] = []
    at: list[int | None] = []
    for tag, attributes in re.findall(r"<(/?ol|/?ul|li)\b([^>]*)>", made):
        named = re.search(r"(?:start|value)=\"(\d+)\"", attributes)
        if tag in ("ol", "ul"):
            at.append(None if tag == "ul" else int(named[1]) if named else 1)
        elif tag == "li":
            number = int(named[1]) if named else at[-1]
            shown.append(number)
            at[-1] = None if number is None else number + 1
        else:
            at.pop()
    return shown


def test_a_number_of_a_list_may_be_as_large_as_markdown_allows() -> None:
    assert render_markdown("# A\n\n1. a\n999999999. b")["html"].count("<li") == 2


@pytest.mark.parametrize(
    ("text", "rows", "heads"),
    [
        ("Oceans          97.2 %\nIce caps         2.15 %\nLakes            0.009 %", 3, 0),
        ("City        People      Area\nKathmandu   1 400 000   50 km2\nPokhara     500 000     464 km2", 3, 3),
        ("Name  Age\nMaya  12\nBen   13", 3, 2),
        ("नाम      आयु\nमाया     १२\nबेन      १३", 3, 2),
        ("a\tb\nc\td", 2, 0),
    ],
)
def test_values_between_blanks_are_a_table(text: str, rows: int, heads: int) -> None:
    made = body(f"{PROSE}\n\n{text}\n\nThe end.")
    assert (made.count("<tr"), made.count("<th>")) == (rows, heads)
    assert "<pre" not in made
    assert words_shown(text) == folded_words(text)


def test_the_caption_of_a_table_is_no_row_of_it() -> None:
    made = body(f"{PROSE}\n\nTable 4.1  Water on Earth\nOceans      97.2 %\nIce caps    2.15 %\n\nThe end.")
    assert made.index("Water on Earth") < made.index("<table")
    assert made.count("<tr") == 2


@pytest.mark.parametrize(
    "text",
    [
        "It is.  So it is.\nIt was.  And how.\nIt will be.  Soon.",  # two blanks behind a sentence
        "one  two\nthree four  five\nsix  seven",  # no column
        "INFO     started\nERROR    failed\nINFO     ended",  # a log
        "int      a;\nfloat    b;\nchar     c;",
        "only     one row",
    ],
)
def test_what_stands_in_no_columns_of_values_is_no_table(text: str) -> None:
    assert "<table" not in body(f"{PROSE}\n\n{text}\n\nThe end.")


def test_words_with_a_colon_and_a_meaning_that_begins_small_are_a_vocabulary() -> None:
    text = "Evaporation: the change to gas\nCondensation: the change to liquid\nRain: water that falls"
    assert [term for term, _ in rows_of(text)] == ["Evaporation", "Condensation", "Rain"]
    assert "<dl" not in body("Anna: yes\nBen: no\nAnna: why")
    assert "<dl" not in body("From: Ann\nTo: Ben\nSubject: The journey")


@pytest.mark.slow
def test_a_long_text_of_lines_with_wide_blanks_takes_linear_time() -> None:
    """A hang is what this is about."""
    names = "".join(f"{name}: well, yes\n" for name in ("Ann", "Ben", "Cara", "Dora", "Emil"))
    words = "".join(
        f"W{chr(97 + at % 26)}{chr(97 + at // 26 % 26)}{chr(97 + at // 676)}: a word\n" for at in range(3_000)
    )
    body(f"{words}Waaa: again\n{words}")
    for unit in (names, "a  b.  c\n", "one  two three\nfour five  six\n", "x: y\n", "1526: a\n", "a   b\n"):
        body(unit * 3_000)
