"""What is said to slides, how long that and reading take, subtitles and chapters: all that is pure of a video."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest

from pressrun.exports.media.chapters import Chapter, as_metadata, chapters_of
from pressrun.exports.media.clips import Size, size_of
from pressrun.exports.media.pcm import RATE, read_wav, silence, silences, trimmed
from pressrun.exports.media.script import MAX_CHARACTERS, language_by_letters, script_of
from pressrun.exports.media.subtitles import Cue, as_srt, as_vtt, cues_of
from pressrun.exports.media.times import LONGEST_S, SHORTEST_S, frames_of, looking_s, reading_s
from pressrun.slide_texts import SlideText
from tests.support.video_work import block, slide, texts

RIVER = "The Elbe carries sand to the sea. It lays it down where the water is slow!"


def said(*slides: SlideText) -> list[list[str]]:
    return [[sentence.text for sentence in sentences] for sentences in script_of(texts(*slides))]


def test_notes_are_said_instead_of_what_stands_on_the_slide() -> None:
    heading = block("heading", "Rivers", level=1)
    assert said(slide(1, heading, notes="Welcome. Today: rivers.")) == [["Welcome.", "Today: rivers."]]
    assert said(slide(1, heading, block("paragraph", RIVER), notes=" \n")) == [
        ["Rivers", "The Elbe carries sand to the sea.", "It lays it down where the water is slow!"]
    ]


def test_code_is_passed_over_and_a_row_of_a_table_is_one_sentence() -> None:
    table = ((0, 10, "Length"), (200, 10, "1094 km"), (0, 40, "Source"), (200, 40, "Elbe"))
    cells = [block("cell", word, left=left, top=top) for left, top, word in table]
    assert said(slide(1, block("code", "x = 1"), *cells)) == [["Length, 1094 km", "Source, Elbe"]]


def test_a_heading_that_goes_on_is_not_said_again_and_numbers_of_footnotes_never() -> None:
    heading = block("heading", "Rivers", level=1)
    footnote = block("paragraph", "Sand1 settles.").model_copy(update={"added": ["1"]})
    assert said(slide(1, heading, block("paragraph", "One.")), slide(2, heading, footnote)) == [
        ["Rivers", "One."],
        ["Sand settles."],
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "Am 3. Mai kam Dr. Weber. Er blieb z. B. bis 5.30 Uhr.",
            ["Am 3. Mai kam Dr. Weber.", "Er blieb z. B. bis 5.30 Uhr."],
        ),
        ("你好。今天天气很好！真的吗？", ["你好。", "今天天气很好！", "真的吗？"]),
        ("नदी बहती है। रेत रुकती है।", ["नदी बहती है।", "रेत रुकती है।"]),
        ('He said "Stop!" Then he went.', ['He said "Stop!"', "Then he went."]),
        ("one\ntwo", ["one", "two"]),
        ("… — !", []),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, sentences: list[str]) -> None:
    assert said(slide(1, block("item", text))) == [sentences]


def test_no_sentence_is_longer_than_one_call_takes_and_none_loses_a_word() -> None:
    draw = random.Random(7)
    for _ in range(50):
        words = ["w" * draw.randint(1, 12) + draw.choice(["", "", ","]) for _ in range(draw.randint(1, 400))]
        (sentences,) = said(slide(1, block("paragraph", " ".join(words))))
        assert max(map(len, sentences)) <= MAX_CHARACTERS
        assert " ".join(sentences).split() == words
    (parts,) = said(slide(1, block("paragraph", "界" * 1000)))
    assert ("".join(parts), max(map(len, parts))) == ("界" * 1000, MAX_CHARACTERS)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (RIVER, "en"),
        ("Die Elbe trägt den Sand zur Nordsee und legt ihn dort ab, wo sie langsam wird.", "de"),
        ("Le fleuve porte le sable dans la mer et le pose sur le fond.", "fr"),
        ("Река несёт песок к морю.", "ru"),
        ("川は砂を海へ運ぶ。", "ja"),
        ("河流把沙子带到海里。", "zh"),
        ("강은 모래를 바다로 나른다.", "ko"),
        ("แม่น้ำพาทรายไปทะเล", "th"),
        ("12 + 3", ""),
        ("Elbe", ""),
    ],
)
def test_letters_and_small_words_give_a_language_away_or_do_not(text: str, lang: str) -> None:
    assert language_by_letters(text) == lang


def test_the_language_is_that_of_the_block_then_of_the_slide_then_of_the_letters() -> None:
    blocks = (
        block("paragraph", "Guten Tag.", lang="de"),
        block("quote", "Good day.", lang="en-GB"),
        block("item", "Привет."),
    )
    (sentences,) = script_of(texts(slide(1, *blocks)))
    assert [sentence.lang for sentence in sentences] == ["de", "en-GB", "ru"]
    (noted,) = script_of(texts(slide(1, blocks[0], notes="The sand is of the river, and it was there.")))
    assert noted[0].lang == "en"


def test_reading_takes_words_or_characters_and_a_slide_is_looked_at_for_a_while() -> None:
    assert reading_s("word " * 200) == pytest.approx(60)
    assert reading_s("河" * 260) == pytest.approx(60)
    assert reading_s("ก" * 1000) == pytest.approx(60)
    assert reading_s("… — !") == 0
    assert looking_s(slide(1)) == SHORTEST_S
    assert looking_s(slide(1, block("paragraph", "word " * 1000))) == LONGEST_S
    assert looking_s(slide(1, block("paragraph", "word " * 20))) == pytest.approx(7)
    assert [frames_of(seconds, 30) for seconds in (5, 0.5, 1 / 3, 0.34)] == [150, 15, 10, 11]


def test_cues_have_two_short_lines_each_and_share_the_time_by_their_length() -> None:
    draw = random.Random(3)
    for _ in range(200):
        words = " ".join("w" * draw.randint(1, 14) for _ in range(draw.randint(1, 60)))
        cues = cues_of(words, 2.0, 9.0)
        assert " ".join(" ".join(cue.text.split("\n")) for cue in cues) == words
        assert (cues[0].begin_s, round(cues[-1].end_s, 9)) == (2.0, 9.0)
        assert all(first.end_s == pytest.approx(second.begin_s) for first, second in pairwise(cues))
        assert all(len(line) <= 42 for cue in cues for line in cue.text.split("\n"))
        assert all(cue.text.count("\n") <= 1 for cue in cues)
    wide = cues_of("河" * 50, 0, 10)
    assert all(len(line) <= 21 for cue in wide for line in cue.text.split("\n"))
    assert sum(len(cue.text.replace("\n", "")) for cue in wide) == 50


def test_what_would_be_markup_in_subtitles_is_text() -> None:
    cues = [Cue(0, 3661.5, "a < b & <i>c</i> --> {\\an8}")]
    assert (
        as_vtt(cues) == "WEBVTT\n\n00:00:00.000 --> 01:01:01.500\na &lt; b &amp; &lt;i&gt;c&lt;/i&gt; --&gt; {\\an8}\n"
    )
    shown = as_srt(cues)
    assert shown.startswith("1\n00:00:00,000 --> 01:01:01,500\n")
    assert not re.search(r"<[a-z/]|\{\\", shown)
    assert shown.count("-->") == 1
    assert (as_vtt([]), as_srt([])) == ("WEBVTT\n", "")


def test_chapters_begin_with_headings_and_cover_all_of_it() -> None:
    deck = texts(
        slide(1, block("paragraph", "before")),
        slide(2, block("heading", "One", level=1)),
        slide(3, block("heading", "deep", level=3)),
        slide(4, block("heading", "Two;\n=#\\", level=2)),
    )
    chapters = chapters_of(deck, [0, 30, 60, 90], 120)
    assert chapters == [Chapter(0, 90, "One"), Chapter(90, 120, "Two; =#\\")]
    assert "title=Two\\; \\=\\#\\\\\n" in as_metadata("t", chapters, 30)
    assert as_metadata("a\n[CHAPTER]\nx=1", [], 30) == ";FFMETADATA1\ntitle=a [CHAPTER] x\\=1\n"
    assert chapters_of(None, [0], 30) == []


@pytest.mark.parametrize(
    ("shown", "size"),
    [
        ((1920, 1080), (1920, 1080)),
        ((1281, 721), (1280, 720)),
        ((1080, 1920), (1080, 1920)),
        ((7680, 4320), (3840, 2160)),
        ((4320, 7680), (2160, 3840)),
        ((3840, 2160), (3840, 2160)),
    ],
)
def test_a_video_has_the_slides_own_size_even_and_no_more_than_4k(
    shown: tuple[int, int], size: tuple[int, int]
) -> None:
    assert size_of(*shown) == Size(*size)


def test_silence_at_both_ends_of_a_sentence_is_cut_off() -> None:
    loud = (b"\x00\x20" + b"\x00\xe0") * 500
    cut = trimmed(silence(RATE) + loud + silence(RATE))
    assert loud in cut
    assert len(cut) - len(loud) <= 4 * (RATE // 50)
    assert trimmed(silence(100)) == trimmed(b"") == b""


def test_long_silence_is_written_second_by_second() -> None:
    assert [len(piece) for piece in silences(2 * RATE + 7)] == [2 * RATE, 2 * RATE, 14]
    assert list(silences(0)) == []


def test_a_wav_that_was_written_to_a_pipe_is_read_to_its_real_end() -> None:
    head = bytes.fromhex(
        "524946462400ff7f57415645666d74201000000001000100225600004 4ac0000020010006461746100f0ff7f".replace(" ", "")
    )
    wav = read_wav(head + b"\1\0\2\0\3")
    assert wav is not None
    assert (wav.fits, wav.samples) == (True, b"\1\0\2\0")
    assert read_wav(b"ID3 is an MP3") is None
    assert read_wav(head[:20]) is None
