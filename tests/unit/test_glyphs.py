"""What is told of characters that no font has: by script, with code points and a remedy, and never at length."""

from __future__ import annotations

import shutil
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.browser.chromium.machine_fonts import MachineFonts, coverage_of, visible_of
from pressrun.pipeline.glyphs import told_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("character", "words"),
    [
        ("\U00010c00", ["(Old Turkic)", "U+10C00 OLD TURKIC LETTER ORKHON A", "fonts-noto-core"]),
        ("\u0a95", ["1 character (Gujarati)", "U+0A95", "fonts-noto-core"]),
        ("\U00011f02", ["not assigned", "put other characters"]),
        ("\U00020123", ["(Chinese characters)", "fonts-hanazono"]),
        ("\u8a9e", ["(Chinese characters)", "fonts-noto-cjk"]),
        ("\uac00", ["(Hangul)", "fonts-noto-cjk"]),
        ("\U0001f600", ["(emoji)", "fonts-noto-color-emoji"]),
        ("\U0001fae9", ["(emoji)", "fonts-noto-color-emoji"]),
        ("\ue123", ["(private use)", "U+E123", "embed that font"]),
        ("\U0001d173", ["fonts-unifont"]),
        ("\u2fe0", ["not assigned", "U+2FE0"]),
        ("\u1ab0", ["(marks)", "fonts-unifont"]),
    ],
)
def test_script_code_point_and_remedy_are_named(character: str, words: list[str]) -> None:
    (told,) = told_of(character)
    assert all(word in told for word in words), told


def test_a_script_is_one_warning_with_some_examples_and_few_warnings_have_all() -> None:
    gujarati = [chr(code) for code in range(0x0A85, 0x0A8E)]
    (told,) = told_of("".join(gujarati))
    assert "9 characters (Gujarati)" in told
    assert told.count("U+") == 5
    firsts = [0x0905, 0x0985, 0x0A05, 0x0A85, 0x0B05, 0x0B85, 0x0C05, 0x0C85, 0x0D05]
    many = told_of("".join(chr(code) for first in firsts for code in (first, first + 1)))
    assert len(many) == 6
    assert "Malayalam" in many[-1]
    assert told_of("") == []


@given(st.text(min_size=1, max_size=300))
def test_any_characters_are_told_of_in_at_most_six_sentences_of_bounded_length(text: str) -> None:
    told = told_of("".join(sorted(set(text))))
    assert 1 <= len(told) <= 6
    assert all(len(message) < 1_500 for message in told)


def test_character_sets_are_joined_and_what_is_never_drawn_is_left_out() -> None:
    has = coverage_of("20-7e a0\n7f 200-20f 201 10ffff")
    assert [code for code in range(0x110000) if has[code]] == [*range(0x20, 0x80), 0xA0, *range(0x200, 0x210), 0x10FFFF]
    assert visible_of("b\u200d\ufe0f\u00ad \n\u3000a\u0301a\ue000") == ["a", "b", "\u0301", "\ue000"]


@pytest.mark.skipif(shutil.which("fc-list") is None, reason="fontconfig is not here")
async def test_the_machine_is_asked_what_its_fonts_have() -> None:
    fonts = MachineFonts()
    assert await fonts.lacking("plain text") == ""
    assert await fonts.lacking("é\U0010fffd\u0378") == "\u0378\U0010fffd"


async def test_where_fontconfig_is_silent_every_character_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pressrun.browser.chromium.machine_fonts._COMMAND", ("no-such-program",))
    assert await MachineFonts().lacking("aé語") == "é語"


@pytest.mark.slow
def test_no_assigned_character_is_left_without_a_script() -> None:
    for code in range(0x80, 0x20000):
        character = chr(code)
        if unicodedata.category(character)[0] in "LMN":
            (told,) = told_of(character)
            assert "()" not in told
