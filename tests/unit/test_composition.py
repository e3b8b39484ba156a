"""The planner of slides: its promises on random documents, and what it chooses on drawn ones. No browser, no clock."""

from __future__ import annotations

from typing import Any

from pressrun.browser.slides.composition.flow import Atom, Flow, flow_of
from pressrun.browser.slides.composition.planner import Plan, plan_deck
from pressrun.browser.slides.composition.score import score_of
from pressrun.slide_texts import SlideBlock, SlideBox, SlideText, SlideTexts

LINE, ROOM = 30.0, 420.0


def flow(*parts: tuple[Any, ...], room: float = ROOM) -> Flow:
    """Each part is (kind, what begins, height, what else an atom has); all below each other without air."""
    atoms: list[Atom] = []
    at = 0.0
    for block, (kind, before, height, *more) in enumerate(parts):
        values: dict[str, Any] = {"block": block, "characters": 10, **(more[0] if more else {})}
        atoms.append(Atom(kind, before, start=at, end_before=at, **values))
        at += height
    return Flow(tuple(atoms), at, room, head=40.0, line=LINE, column=760.0, inner=760.0, notes=(50.0,))


def heading(level: int = 2, height: float = 50.0) -> tuple[Any, ...]:
    return "heading", "heading", height, {"level": level}


def text(lines: float, before: str = "block", **more: Any) -> tuple[Any, ...]:
    return "text", before, lines * LINE, {"soft": lines > 1, "characters": int(lines * 70), **more}


def borders(plan: Plan) -> list[tuple[int, int]]:
    return [(slide.first, slide.last) for slide in plan.slides]


def test_a_heading_stays_with_what_follows() -> None:
    plan = plan_deck(flow(heading(), text(9), heading(), text(8), heading(), text(9)))
    assert borders(plan) == [(0, 2), (2, 4), (4, 6)]


def test_a_break_prefers_a_paragraph_to_a_sentence_and_a_sentence_to_a_clause() -> None:
    plan = plan_deck(flow(text(10), text(2), text(4, "sentence"), text(8)))
    assert borders(plan) == [(0, 1), (1, 4)]
    plan = plan_deck(flow(text(7), text(4, "sentence"), text(4, "clause"), text(4, "sentence"), text(5, "clause")))
    assert all(document in (1, 3) for document, _ in borders(plan)[1:])


def test_a_heading_that_goes_on_is_repeated_with_its_part() -> None:
    plan = plan_deck(flow(heading(), text(9), text(9), text(9)))
    assert [(slide.running, slide.part) for slide in plan.slides] == [(None, None), (0, (2, 3)), (0, (3, 3))]


def test_what_the_author_begins_has_no_heading_of_ours() -> None:
    plan = plan_deck(flow(heading(), text(3), text(3, author={}), text(2)))
    assert borders(plan) == [(0, 2), (2, 4)]
    assert [slide.running for slide in plan.slides] == [None, None]


def test_a_list_keeps_its_lead_in() -> None:
    items = [text(1, "item", top="ul", block=9) for _ in range(10)]
    plan = plan_deck(flow(heading(), text(8), text(1, lead=True), *items))
    assert borders(plan)[1][0] == 2


def test_the_title_of_a_callout_is_never_alone_at_the_foot() -> None:
    for lines in range(1, 14):
        titled = [text(lines), text(1, keeps=True, top="alert", block=9), text(12, top="alert", block=9)]
        begun = [slide.first for slide in plan_deck(flow(heading(), *titled)).slides]
        assert 3 not in begun, lines


def test_the_last_slides_are_balanced() -> None:
    plan = plan_deck(flow(heading(), *[text(1.5) for _ in range(11)]))
    assert len(plan.slides) == 2
    assert plan.slides[1].fill > 0.3


def test_two_lines_too_many_make_no_slide_of_their_own() -> None:
    assert borders(plan_deck(flow(heading(), *[text(3)] * 4, text(1)))) == [(0, 6)]


def test_a_title_has_a_slide_for_itself_in_a_deck_of_some_length() -> None:
    long = [heading(1), text(2), heading(), text(10), heading(), text(10), heading(), text(10)]
    assert plan_deck(flow(*long)).slides[0].layout == "title"
    assert plan_deck(flow(heading(1), text(2), heading(), text(4))).slides[0].layout != "title"


def test_the_first_of_an_author_s_slides_is_a_title_if_it_says_no_more() -> None:
    def first(*parts: tuple[Any, ...]) -> str:
        return plan_deck(flow(*parts, text(3, author={}), text(2))).slides[0].layout

    assert first(heading(1), text(2)) == "title"
    assert first(heading(2), text(2)) != "title"
    assert first(heading(1), text(9)) != "title"
    assert first(heading(1), text(1, "item", top="ul")) != "title"


def test_a_picture_stands_beside_the_text_unless_it_is_wide() -> None:
    def layout(width: float, height: float) -> str:
        figure = ("picture", "block", height, {"picture": (width, height), "characters": 0})
        return plan_deck(flow(heading(), text(5), figure)).slides[0].layout

    assert layout(300, 300) == "beside"
    assert layout(760, 240) == "picture"


def test_the_page_s_answer_is_read_as_it_is() -> None:
    atom = {
        "kind": "strange",
        "before": "odd",
        "level": 0,
        "start": 1,
        "endBefore": 0,
        "soft": True,
        "characters": 3,
        "lead": False,
        "keeps": False,
        "notes": [0],
        "block": 0,
        "top": None,
        "author": {"layout": "quote"},
        "picture": [1, 2, 3, 4],
        "wide": 5,
        "quoted": False,
    }
    sizes = {"end": 9, "room": 8, "head": 7, "line": 6, "column": 5, "inner": 4, "columns": 1}
    answer = {"atoms": [atom], "notes": [3], **sizes}
    (read,) = flow_of(answer).atoms
    assert (read.kind, read.before, read.picture, read.author) == ("box", "block", (1.0, 2.0), {"layout": "quote"})
    assert plan_deck(flow_of(answer)).slides[0].layout == "quote"


def slide(*blocks: dict[str, Any], index: int = 1, layout: str = "text") -> SlideText:
    made = []
    for number, block in enumerate(blocks):
        box = SlideBox(left=0, top=40 + 100 * number, width=500, height=block.pop("height", 90))
        made.append(SlideBlock(**{"kind": "paragraph", "box": box, **block}))  # type: ignore[arg-type]
    return SlideText(index=index, layout=layout, blocks=made)


def test_the_score_counts_what_a_reader_would_mind() -> None:
    slides = [
        slide({"kind": "heading", "text": "A"}, {"text": "It begins here and"}, {"text": "x"}, {"text": "goes on to"}),
        slide({"text": "the next one.", "continues": True, "height": 30}),
        slide({"kind": "heading", "text": "A 2/2", "added": ["A", "2/2"]}, {"kind": "cell", "text": "a"}),
        slide({"kind": "heading", "text": "A 3/3", "added": ["A", "3/3"]}, {"kind": "cell", "text": "b"}),
    ]
    score = score_of(SlideTexts(width=900, height=500, slides=slides))
    assert score.slides == 4
    assert (score.breaks_in_sentence, score.without_heading) == (1, 1)
    assert score.orphans == 1
    assert score.continued_tables_without_head == 1
    whole = [slide({"text": "एक वाक्य।"}), slide({"text": "दूसरा।", "continues": True})]
    assert score_of(SlideTexts(width=900, height=500, slides=whole)).breaks_in_sentence == 0
