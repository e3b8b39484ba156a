"""What a page paints, dealt out to slides: each gets what its window touches, in the state that it was painted in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pressrun.browser.slides import pdf_content
from pressrun.browser.slides.pdf_content import Dealer, Form, Resources, Sheet, TooMuchPainted, UnknownContent
from pressrun.browser.slides.pdf_geometry import EVERYWHERE, Rect

WINDOWS = [Rect(0, 300, 100, 400), Rect(0, 200, 100, 300), Rect(0, 120, 100, 220), Rect(0, 0, 100, 100)]
NONE = Resources({}, frozenset(), None, None)


def deal(content: bytes, resources: Resources = NONE, *, cuts_lines: bool = False) -> tuple[list[Sheet], list[bytes]]:
    dealer = Dealer(WINDOWS, cuts_lines=cuts_lines)
    return dealer.sheets, dealer.deal(content, resources)


@dataclass
class State:
    matrix: tuple[float, float] = (0.0, 0.0)
    fill: str = ""
    width: str = ""
    clip: Rect = EVERYWHERE


@dataclass
class Seen:
    """What a reader of a content stream has painted: box, state and marked content of each rectangle, in order."""

    painted: list[tuple[Any, ...]] = field(default_factory=list)


def look(content: bytes) -> list[tuple[Any, ...]]:  # noqa: PLR0912 (one branch for each operator)
    """A PDF reader for what the test writes: moved rectangles, fills, line widths, clips and marks."""
    state, stack, seen, path = State(), [], Seen(), None
    mark: str | None = None
    clips = False
    for line in re.findall(rb"[^\n]+", content):
        *operands, operator = line.decode().split()
        if operator == "q":
            stack.append(State(state.matrix, state.fill, state.width, state.clip))
        elif operator == "Q":
            state = stack.pop()
        elif operator == "cm":
            x, y = float(operands[4]), float(operands[5])
            state.matrix = (state.matrix[0] + x, state.matrix[1] + y)
        elif operator == "rg":
            state.fill = " ".join(operands)
        elif operator == "w":
            state.width = operands[0]
        elif operator == "re":
            x, y, w, h = map(float, operands)
            x, y = x + state.matrix[0], y + state.matrix[1]
            path = Rect(x, y, x + w, y + h)
        elif operator == "W":
            clips = True
        elif operator == "n" and clips:
            state.clip, clips = state.clip.meet(path), False
        elif operator == "f":
            seen.painted.append((path, state.fill, state.width, state.clip, mark))
        elif operator in ("BDC", "BMC"):
            assert mark is None
            mark = operands[0]
        elif operator == "EMC":
            assert mark is not None
            mark = None
        else:
            raise AssertionError(line)
    assert not stack
    assert mark is None
    return seen.painted


numbers = st.integers(0, 400)
rectangle = st.tuples(st.integers(-20, 120), numbers, st.integers(1, 80), st.integers(1, 250)).map(
    lambda r: b"%d %d %d %d re" % r
)
step = st.one_of(
    rectangle.map(lambda r: [r, b"f"]),
    rectangle.map(lambda r: [r, b"W", b"n"]),
    st.tuples(st.integers(-30, 30), st.integers(-90, 90)).map(lambda m: [b"1 0 0 1 %d %d cm" % m]),
    st.integers(0, 9).map(lambda c: [b"0 0 .%d rg" % c]),
    st.integers(1, 9).map(lambda w: [b"%d w" % w]),
)
tree = st.recursive(
    st.lists(step, max_size=6),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda parts: [part for group in parts for part in group]),
        inner.map(lambda body: [[b"q"], *body, [b"Q"]]),
    ),
    max_leaves=20,
)


def marked(program: list[list[bytes]]) -> bytes:
    """The program with a mark around every other rectangle, as Chromium marks what elements paint."""
    lines: list[bytes] = []
    for number, part in enumerate(program):
        mark = part[-1] == b"f" and number % 2
        lines += [b"/P%d <</MCID %d>> BDC" % (number, number), *part, b"EMC"] if mark else part
    return b"\n".join(lines)


@given(tree)
@settings(max_examples=2 * settings.default.max_examples)
def test_each_slide_paints_what_its_window_touches_as_it_was_painted(program: list[list[bytes]]) -> None:
    content = marked(program)
    whole = look(content)
    sheets, contents = deal(content)
    for sheet, own in zip(sheets, contents, strict=True):
        painted = look(own)
        wanted = [entry for entry in whole if sheet.window.touches(entry[0].meet(entry[3]))]
        assert painted == [(*entry[:4], entry[4] or "/Artifact") for entry in wanted], "nothing is in no mark"
        mcids = [int(n) for n in re.findall(rb"/MCID (\d+)", own)]
        assert mcids == list(range(len(mcids))) == list(sheet.marks.values())
        names = re.findall(rb"/P(\d+) ", own)
        assert [int(name) for name in names] == list(sheet.marks), "which id of the page became which here"


def line(base: float, size: int = 10) -> bytes:
    return b"BT\n/F1 %d Tf\n1 0 0 1 10 %.2f Tm\n<0001> Tj\n8 0 Td <0002> Tj\nET\n" % (size, base)


@pytest.mark.parametrize(
    ("base", "on"),
    [(350, [0]), (301, [0]), (300, [0]), (296, [0, 1]), (294.9, [1]), (217, [1, 2]), (110, []), (99.9, []), (99, [3])],
)
def test_a_line_of_text_is_on_the_slides_that_have_the_lower_half_of_it(base: float, on: list[int]) -> None:
    _, contents = deal(line(base))
    assert [index for index, own in enumerate(contents) if b"BT" in own] == on


@pytest.mark.parametrize(("base", "on"), [(294.9, [0, 1]), (302, [0, 1]), (305, [0])])
def test_where_lines_are_cut_a_line_is_wherever_any_of_it_is_seen(base: float, on: list[int]) -> None:
    _, contents = deal(line(base), cuts_lines=True)
    assert [index for index, own in enumerate(contents) if b"BT" in own] == on


def test_text_that_its_box_hides_is_on_no_slide_and_brackets_in_strings_are_letters() -> None:
    content = b"q\n0 340 50 20 re\nW* n\n" + line(320) + line(350) + b"Q\nBT\n/F1 9 Tf\n(ET \\) Q ET\\() Tj\nET\n"
    _, contents = deal(content)
    assert contents[0].count(b"BT") == 1
    assert b"350.00" in contents[0]
    assert b"(ET \\) Q ET\\() Tj" in contents[3], "whose matrix is the page's corner"


def test_a_font_of_the_text_before_goes_along() -> None:
    _, contents = deal(line(350) + b"BT\n1 0 0 1 10 250 Tm\n<0001> Tj\nET\n")
    assert b"/F1 10 Tf" in contents[1]


def test_turned_text_is_where_its_letters_are() -> None:
    _, contents = deal(b"BT\n/F1 10 Tf\n0 1 -1 0 50 150 Tm\n<01> Tj\n100 0 Td <01> Tj\nET\n")
    assert [index for index, own in enumerate(contents) if b"BT" in own] == [1, 2]


def test_a_form_over_several_slides_is_dealt_out_and_one_on_a_single_slide_stays_as_it_is() -> None:
    copies: list[bytes] = []

    def copy(form: str, content: bytes, _forms: object) -> str:
        copies.append(content)
        return f"{form} part"

    tall = Form(Rect(0, 0, 100, 400), (1, 0, 0, 1, 0, 0), line(350) + line(250), NONE)
    small = Form(Rect(0, 0, 10, 10), (1, 0, 0, 1, 0, 0), line(5), NONE)
    read = {"tall": tall, "small": small}.__getitem__
    resources = Resources({b"X1": "tall", b"X2": "small"}, frozenset(), read, copy)
    sheets, contents = deal(b"/X1 Do\nq\n1 0 0 1 0 230 cm\n/X2 Do\nQ\n", resources)
    assert [part.count(b"BT") for part in copies] == [1, 1]
    assert list(sheets[0].forms.values()) == list(sheets[1].forms.values()) == ["tall part"]
    for sheet, own in zip(sheets[:2], contents[:2], strict=True):
        (name,) = sheet.forms
        assert b"/%s Do" % name in own
    assert [b"/X2 Do" in own for own in contents] == [False, True, False, False]
    assert not sheets[3].forms, "an empty part is none"


def test_forms_that_hold_themselves_come_to_an_end() -> None:
    resources = Resources({b"X1": "x"}, frozenset(), lambda _form: endless, lambda *_: "copy")
    endless = Form(Rect(0, 0, 100, 400), (1, 0, 0, 1, 0, 0), b"/X1 Do\n", resources)
    deal(b"/X1 Do\n", resources)


def test_slides_that_would_be_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_content, "MAX_BYTES", 2_000)
    tall = b"0 0 100 400 re\nf\n"
    deal(tall * 10)
    with pytest.raises(TooMuchPainted):
        deal(tall * 100)


@pytest.mark.parametrize("content", [b"BI /W 1 ID x EI", b"1 2 zz", b"{ }", b"3 Tr"])
def test_what_chromium_never_writes_is_not_guessed_at(content: bytes) -> None:
    with pytest.raises(UnknownContent):
        deal(content)


def test_the_work_for_a_slide_does_not_grow_with_the_slides_before_it() -> None:
    """A state that changes a thousand times is told once: as it is when the slide paints."""
    changes = b"".join(b"0 0 .%d rg\n/G%d gs\n%d w\n" % (n % 10, n % 3, n % 7) for n in range(3_000))
    _, contents = deal(changes + b"0 210 10 10 re\nf\n")
    assert len(contents[1]) < 200
    assert contents[1].count(b" gs") == 3
