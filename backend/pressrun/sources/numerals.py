"""Numbers as texts count their parts: digits of every script, Roman, Chinese, Ethiopic, Hebrew letters. Pure."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Final, NamedTuple

from pressrun.sources.number_words import read_number_word, read_section_word

_ROMAN: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_HAN: Final = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "両": 2, "两": 2, "兩": 2}
_HAN_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_HEBREW: Final = dict(zip("אבגדהוזחטיכלמנסעפצקרשת", [*range(1, 11), *range(20, 101, 10), 200, 300, 400], strict=True))
# how a list may be counted with letters: the first of each are enough to know one
LETTERS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "абвгдежзик",
    "АБВГДЕЖЗИК",
    "αβγδεζηθικ",
    "ΑΒΓΔΕΖΗΘΙΚ",
    "कखगघङचछजझञटठडढण",
    "অআইঈউঊ",
    "কখগঘঙচছজঝঞ",
    "કખગઘચછજઝ",
    "அஆஇஈஉஊ",
    "గఘచఛ",
    "אבגדהוזחטי",
    "أبجدهوزحطي",
    "ابتثجحخد",
    "ابپتثجچحخ",
    "กขคงจฉชซฌญ",
    "가나다라마바사아자차카타파하",
    "アイウエオカキクケコ",
    "イロハニホヘト",
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "甲乙丙丁戊己庚辛壬癸",
)
NUMBER: Final = (
    r"(?:\d{1,4}|[IVXLC]{1,7}|[〇零一二三四五六七八九十百千両两兩]{1,7}|[\u1369-\u137c]{1,4}|[א-ת]{1,3}['׳\"״]?)"
)


# a part that a letter counts: `Section A`, `खण्ड क`, `القسم أ`
LETTER: Final = rf"(?:[{''.join(letters for letters in LETTERS if not letters[0].islower())}])"


class Number(NamedTuple):
    """How it is written, and what it counts."""

    style: str
    value: int


def read_number(text: str) -> Number | None:  # noqa: PLR0911  (a table of cases)
    """What `NUMBER` matches, or a word for a number."""
    if text.isdecimal():
        return Number("digits" if text.isascii() else unicodedata.name(text[0]).split()[0], int(text))
    if (value := read_number_word(text)) is not None:
        return Number("words", value)
    if (value := read_section_word(text)) is not None:
        return Number("sections", value)
    if not set(text) - _ROMAN.keys():
        return Number("roman", _roman(text))
    if not set(text) - _HAN.keys() - _HAN_TENS.keys():
        return Number("han", _han(text))
    if all("\u1369" <= sign <= "\u137c" for sign in text):
        return Number("ethiopic", sum(int(unicodedata.numeric(sign)) for sign in text))
    letters = text.rstrip("'׳\"״")
    if letters and not set(letters) - _HEBREW.keys():
        return Number("hebrew", sum(_HEBREW[sign] for sign in letters))
    return None


def read_letter(text: str) -> Number | None:
    """What `LETTER` matches: its place among those that a list is counted with."""
    value = next((letters.index(text) + 1 for letters in LETTERS if text in letters), None)
    return None if value is None else Number("letters", value)


def _roman(text: str) -> int:
    values = [_ROMAN[sign] for sign in text]
    return sum(-one if any(other > one for other in values[at + 1 : at + 2]) else one for at, one in enumerate(values))


def _han(text: str) -> int:
    if not set(text) & _HAN_TENS.keys():
        return int("".join(str(_HAN[sign]) for sign in text))
    total, digit = 0, 0
    for sign in text:
        if sign in _HAN:
            digit = _HAN[sign]
        else:
            total += (digit or 1) * _HAN_TENS[sign]
            digit = 0
    return total + digit


def counts_up(values: list[int]) -> bool:
    """Whether they go up by one, as the parts of a text do; one may be left out here and there."""
    if len(values) < 2 or values[0] > 3:  # noqa: PLR2004  (a preface may come before)
        return False
    steps = [after - before for before, after in pairwise(values)]
    return all(0 < step <= 3 for step in steps) and steps.count(1) * 5 >= 4 * len(steps)  # noqa: PLR2004
