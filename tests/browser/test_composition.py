"""Decks composed by a real browser: what stands on which slide, and that nothing is lost or told twice."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from pressrun.browser import composing
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.composition.flow import Flow
from pressrun.browser.slides.composition.planner import Plan, plan_deck
from tests.support.decks import SCREEN, Composed, compose
from tests.support.runs import chapter

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

DATA = Path(__file__).parents[1] / "data" / "udhr"
SENTENCE = "The river carries sand and stones down to the sea, and lays them down where it slows."
PARAGRAPH = " ".join(f"Number {number}: {SENTENCE}" for number in range(6))
PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}'%3E"
    "%3Crect width='9' height='9'/%3E%3C/svg%3E"
)
LESSON = f"""# A lesson

About rivers.

## Paragraphs

{PARAGRAPH}

{PARAGRAPH}

{PARAGRAPH}

## A table

| Place | Width |
|---|---|
{chr(10).join(f"| Place {number} | {number} m |" for number in range(30))}

## A list

They follow:

{chr(10).join(f"{number}. Item {number}: {SENTENCE}" for number in range(1, 13))}

## Code

```python
{chr(10).join(f"def f{number}():{chr(10)}    return {number}{chr(10)}" for number in range(12))}
```

## A picture beside

![Alone](<{PICTURE.format(300, 300)}>)

{SENTENCE} {SENTENCE} It is called twice[^twice].

## A wide picture

![Wide](<{PICTURE.format(900, 300)}>)

Under it[^twice] and[^other].

[^twice]: The first note.
[^other]: The other note.

## A part

### A chapter

{PARAGRAPH}

{PARAGRAPH}

{PARAGRAPH}

## Said

> Nobody steps into the same river twice.
"""


@pytest.fixture(scope="module")
async def lesson(pool: BrowserPool) -> Composed:
    return await compose(pool, LESSON)


@pytest.mark.parametrize("theme", ["paper", "chalk"])  # with the machine's fonts, and with its own
async def test_what_is_not_laid_out_before_it_is_composed_gives_the_same_deck(
    pool: BrowserPool, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    made = (await compose(pool, LESSON, theme=theme)).deck
    monkeypatch.setattr(composing, "_BODY", ("", ""))
    assert (await compose(pool, LESSON, theme=theme)).deck == made


async def test_nothing_is_lost_or_called_missing(lesson: Composed) -> None:
    assert lesson.coverage.is_whole, lesson.coverage.summary
    assert not lesson.plan.truncated
    assert lesson.texts.not_shown == []
    for slide in lesson.texts.slides:
        for block in slide.blocks:
            assert block.box.left >= 0, block
            assert block.box.left + block.box.width <= lesson.texts.width + 1, block
            assert 0 <= block.box.top < block.box.top + block.box.height <= lesson.texts.height + 1, block


async def test_the_score_is_what_was_promised(lesson: Composed) -> None:
    score = lesson.texts.composition
    assert score is not None
    assert (score.breaks_in_sentence, score.without_heading, score.orphans) == (0, 0, 0)
    assert score.continued_tables_without_head == 0
    assert 0.65 <= score.mean_fill <= 0.92
    assert {"title", "section", "beside", "picture", "table", "code", "text"} <= set(lesson.layouts)


async def test_a_title_and_a_section_have_slides_of_their_own(lesson: Composed) -> None:
    assert lesson.said[0] == ["A lesson", "About rivers."]
    assert ["A part"] in lesson.said


async def test_the_first_of_several_parts_is_no_title_of_the_deck(pool: BrowserPool) -> None:
    made = await compose(pool, chapter(5))
    assert [said[0] for said in made.said] == ["Part 1", "Part 2", "Part 3", "Part 4", "Part 5"]
    assert set(made.layouts) == {"text"}


async def test_a_heading_that_goes_on_and_the_head_of_a_table_are_told_as_added(lesson: Composed) -> None:
    slides = [slide for slide in lesson.texts.slides if any(block.kind == "cell" for block in slide.blocks)]
    assert len(slides) >= 2
    for number, slide in enumerate(slides[1:], start=2):
        heading, *blocks = slide.blocks
        assert (heading.kind, heading.level) == ("heading", 2)
        assert heading.text == f"A table {number}/{len(slides)}"
        assert [block.text for block in blocks[:2]] == ["Place", "Width"]
        assert [bool(block.added) for block in blocks[:3]] == [True, True, False]


async def test_the_numbers_of_a_list_go_on(lesson: Composed) -> None:
    assert '<ol dir="auto" lang="en" start="' in lesson.deck.html or ' start="' in lesson.deck.html
    assert any("They follow:" in said and "Item 1:" in said[2] for said in lesson.said if len(said) > 2)


async def test_code_is_parted_at_its_empty_lines(lesson: Composed) -> None:
    listings = [block.text for slide in lesson.texts.slides for block in slide.blocks if block.kind == "code"]
    assert len(listings) >= 2
    assert all(listing.startswith("def f") for listing in listings)


async def test_a_footnote_stands_on_the_slide_that_calls_it_first_and_once(lesson: Composed) -> None:
    first, second = lesson.slide_with("It is called twice"), lesson.slide_with("Under it")
    assert "The first note." in [block.text for block in first.blocks]
    assert [block.text for block in second.blocks][-1] == "The other note."
    assert 'value="2"' in lesson.deck.html


async def test_a_paragraph_is_parted_between_sentences(lesson: Composed) -> None:
    going_on = [block for slide in lesson.texts.slides for block in slide.blocks if block.continues]
    assert all(block.text.startswith("Number ") for block in going_on if block.kind == "paragraph")


async def test_a_deck_is_the_same_every_time(pool: BrowserPool, lesson: Composed) -> None:
    assert (await compose(pool, LESSON)).deck == lesson.deck


async def test_a_slide_that_was_changed_is_the_only_one_with_another_face(pool: BrowserPool, lesson: Composed) -> None:
    changed = await compose(pool, LESSON.replace("Nobody steps", "No man steps"))
    faces = [{slide.face for slide in made.deck.slides} for made in (lesson, changed)]
    assert len(faces[0] - faces[1]) == len(faces[1] - faces[0]) == 1


async def test_an_author_s_slides_have_the_layouts_of_what_is_on_them(pool: BrowserPool) -> None:
    slides = ["# A talk\n\nby somebody", "## 70 %\n\nis water", "> It flows.", "# A heading\n\nand\n\n- an item"]
    assert (await compose(pool, "\n\n---\n\n".join(slides))).layouts == ["title", "statement", "quote", "text"]


@pytest.mark.parametrize("figure", ["94 %", "€ 1.2 million", "3×", "≈ 40 km²", "1,200", "९४ %", "2026", "1,2 млрд"])
async def test_a_number_over_a_sentence_is_larger_than_it(pool: BrowserPool, figure: str) -> None:
    made = await compose(
        pool, f"# A talk\n\nby somebody\n\n---\n\n# {figure}\n\nof schools renewed.\n\n---\n\n## B\n\n- c"
    )
    assert made.layouts[1] == "statement"
    assert "data-figure" in made.deck.html


@pytest.mark.parametrize("heading", ["3 rivers", "1. Rivers", "Rivers", "94 % of all"])
async def test_a_heading_with_more_than_a_number_is_no_figure(pool: BrowserPool, heading: str) -> None:
    made = await compose(pool, f"# A talk\n\nby somebody\n\n---\n\n# {heading}\n\nare long.\n\n---\n\n## B\n\n- c")
    assert "data-figure" not in made.deck.html.partition("</head>")[2]


async def test_the_last_slide_of_an_author_that_says_goodbye_is_a_closing_one(pool: BrowserPool) -> None:
    talk = "# A talk\n\nby somebody\n\n---\n\n## One\n\n- a\n- b\n\n---\n\n"
    assert (await compose(pool, f"{talk}# Thank you!\n\nmaya@example.org")).layouts[-1] == "closing"
    assert (await compose(pool, f"{talk}# Rivers\n\n- a\n- b")).layouts[-1] == "text"
    assert (await compose(pool, f"{talk}## Rivers\n\nThey flow.")).layouts[-1] == "statement"


async def test_what_the_author_begins_a_slide_with_is_kept(pool: BrowserPool) -> None:
    made = await compose(pool, "# One\n\nFirst.\n\n---\n\nSecond, without a heading.\n\n---\n\n# Three\n\nThird.")
    assert made.said == [["One", "First."], ["Second, without a heading."], ["Three", "Third."]]


async def test_many_items_of_a_few_words_stand_in_two_columns_and_others_do_not(pool: BrowserPool) -> None:
    short = "\n".join(f"{number}. River {number}" for number in range(1, 17))
    long = "\n".join(f"- River {number} with many more words that take the line" for number in range(16))
    made = await compose(pool, f"# T\n\n---\n\n## Short\n\n{short}\n\n---\n\n## Long\n\n{long}")
    items = [block for block in made.slide_with("River 16").blocks if block.kind == "item"]
    assert len(items) == 16
    assert items[0].box.top == pytest.approx(items[8].box.top, abs=1)
    assert items[8].box.left > items[0].box.left + 200
    assert made.deck.html.partition("</head>")[2].count("two-columns") == 1
    assert made.coverage.is_whole, made.coverage.summary


@pytest.mark.parametrize("size", [(640, 360), (480, 480), (360, 640)])
async def test_a_callout_s_title_stands_over_its_words_in_every_shape(pool: BrowserPool, size: tuple[int, int]) -> None:
    parts = [f"{SENTENCE * lines}\n\n> [!TIP]\n> {SENTENCE * 4}" for lines in (1, 2, 3, 4, 5, 6)]
    made = await compose(pool, "# T\n\n" + "\n\n".join(parts), screen=Screen(*size, 0.7))
    assert [said[-1] for said in made.said if said[-1] == "Tip"] == []


async def test_who_said_it_stands_below_what_was_said(pool: BrowserPool) -> None:
    said = [f"{SENTENCE * lines}\n\n“It flows.”\n\n— Leonardo da Vinci\n\n{SENTENCE * 3}" for lines in range(1, 9)]
    made = await compose(pool, "# T\n\n" + "\n\n".join(said))
    for words in made.said:
        at = [number for number, word in enumerate(words) if word.startswith("— Leonardo")]
        assert all(words[number - 1] == "“It flows.”" for number in at), words


async def test_a_caption_stands_close_to_a_picture_that_does_not_fill_its_slide(pool: BrowserPool) -> None:
    text = f'# T\n\n---\n\n## A wide one\n\n![Wide](<{PICTURE.format(900, 150)}> "Its caption")'
    made = await compose(pool, text, screen=Screen(480, 480, 0.7))
    slide = made.slide_with("Its caption")
    (picture,) = slide.pictures
    caption = next(block for block in slide.blocks if block.kind == "caption")
    assert slide.layout == "picture"
    assert picture.box.height == pytest.approx(picture.box.width / 6, abs=2), "no empty box around it"
    assert 0 <= caption.box.top - (picture.box.top + picture.box.height) < 30
    assert made.deck.slides[1].fill is not None
    assert not made.deck.slides[1].overfull


@pytest.mark.parametrize(("width", "height"), [(360, 640), (640, 480), (480, 480), (1280, 720)])
@pytest.mark.slow
async def test_every_shape_of_a_slide_has_all_words(pool: BrowserPool, width: int, height: int) -> None:
    made = await compose(pool, LESSON, screen=Screen(width, height, 0.7))
    assert made.coverage.is_whole, made.coverage.summary
    assert made.texts.composition is not None
    assert made.texts.composition.breaks_in_sentence == 0


@pytest.mark.parametrize("code", ["arb", "jpn", "hin", "tha", "eng"])
@pytest.mark.slow
async def test_the_declaration_of_human_rights_is_dealt_out_well(pool: BrowserPool, code: str) -> None:
    made = await compose(pool, (DATA / f"{code}.md").read_text())
    score = made.texts.composition
    assert made.coverage.is_whole, made.coverage.summary
    assert score is not None
    assert (score.breaks_in_sentence, score.without_heading, score.orphans) == (0, 0, 0)


BAD = {
    "a word longer than a slide": "# T\n\n" + "x" * 3_000 + "\n\nEnd.",
    "no space in all of it": "字" * 20_000,
    "a heading of 5 000 characters": "# " + "heading " * 625 + "\n\nText.",
    "headings and nothing between": "\n\n".join(f"## Heading {number}" for number in range(2_000)),
    "columns, notes and a fence without an end": (
        f"# T\n\n::: columns\n\n::: column\n\n{SENTENCE}\n\n::: notes\n\n```python\nx = 1\n\n{SENTENCE}"
    ),
    "macros without end": "# T\n\n$\\def\\x{\\y}\\def\\y{\\x\\x}\\x$ and $$\\newcommand{\\a}{\\a\\a}\\a$$\n\nEnd.",
    "no end of a sentence": "# T\n\n" + "river land stone water " * 800,
    "a row higher than a slide": f"# T\n\n| a | b |\n|---|---|\n| {SENTENCE * 60} | x |\n| y | z |",
    "forty columns": "# T\n\n" + "\n".join(["|" + "|".join(["c"] * 40) + "|", "|" + "|".join(["-"] * 40) + "|"] * 1),
    "a note longer than a slide": f"# T\n\nIt[^n] is.\n\n[^n]: {SENTENCE * 60}",
    "lists in lists": "\n".join("  " * depth + f"- item {depth}" for depth in range(60)),
    "mixed directions": "# T\n\n" + "English عربي עברית and 中文 mixed. " * 100,
    "mixed directions without a stop": "# T\n\n" + "English (12) عربي עברית 中文 " * 400,
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.slow
async def test_what_cannot_be_dealt_out_well_is_all_there(pool: BrowserPool, name: str) -> None:
    made = await compose(pool, BAD[name])
    assert made.coverage.is_whole, made.coverage.summary


@pytest.mark.slow
async def test_a_paragraph_as_long_as_a_book_is_dealt_out_with_bounded_work(
    pool: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[Plan] = []

    def counted(flow: Flow) -> Plan:
        plans.append(plan_deck(flow))
        return plans[-1]

    monkeypatch.setattr(composing, "plan_deck", counted)
    text = "x" * 400_000
    with anyio.fail_after(120):  # it does not hang; two seconds when it was written
        made = await compose(pool, text)
    assert 250 < len(made.texts.slides) <= 500
    assert plans[0].steps < 60_000, "a place in every line made it 110 000"
    assert made.coverage.is_whole, made.coverage.summary


async def test_what_is_behind_the_last_slide_is_told_as_truncated(pool: BrowserPool) -> None:
    text = "\n\n".join(f"# Part {number}\n\nWord {number}." for number in range(30))
    made = await compose(pool, text, most=5)
    assert made.plan.truncated
    assert len(made.texts.slides) == 5
    assert {missing.why for missing in made.coverage.missing} == {"truncated"}
    assert made.coverage.words_missing == 25 * 4
    assert made.plan.slices[-1].bottom < sum(slide.height for slide in made.deck.slides)
    assert SCREEN.height / SCREEN.zoom == pytest.approx(made.texts.height)
