"""What a word is, wherever it stands: in a source, in a document, on a slide. Pure and linear; for the parser child.

A word is letters, digits and their marks, folded, so that what only looks otherwise is the same: capitals, ligatures,
full width, soft hyphens and other characters of no width. Punctuation is none. In scripts that are written without
spaces each character is one (https://www.unicode.org/reports/tr29/#Word_Boundaries has them apart as well), and so is
each symbol and emoji.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain, islice
from typing import Final, NamedTuple

# where marks, symbols and characters of no width are; between them is only Han, Hangul and what nobody has defined
_LOOKED_THROUGH: Final = (
    range(0x80, 0x3400),
    range(0x4DC0, 0x4E00),
    range(0xA490, 0xAC00),
    range(0xF900, 0x12000),
    range(0x16A00, 0x17000),
    range(0x1BC00, 0x1FC00),
)
_DENSE: Final = (
    "\u0e01-\u0e7f\u0e81-\u0edf\u1000-\u109f\u1780-\u17d3"  # Thai, Lao, Myanmar, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003fffd"
)
_PIECE: Final = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")  # no sign of ASCII's is a part of a word
_SKIN_TONES: Final = "\U0001f3fb-\U0001f3ff"


class Word(NamedTuple):
    """A folded word, and where it stood in the text it was found in."""

    folded: str
    start: int
    end: int


class _Patterns(NamedTuple):
    word: re.Pattern[str]
    unseen: re.Pattern[str]
    dense: re.Pattern[str]


def words_in(text: str) -> Iterator[Word]:
    """The words of a text, in order."""
    for found in _patterns().word.finditer(text):
        start, end = found.span()
        for word in folded(found.group()):
            yield Word(word, start, end)


def folded_words(text: str) -> list[str]:
    """The same, without their places; ten times as fast."""
    return list(chain.from_iterable(map(_words_of, _PIECE.findall(text))))


class WordPlaces:
    """Where the words of a text stand, by their numbers in `folded_words`: for a few of them, of a text of many."""

    def __init__(self, text: str) -> None:
        self._text = text
        pieces = _PIECE.findall(text)
        self._starts = [found.start() for found in _PIECE.finditer(text)]
        self._ends = list(accumulate(map(len, map(_words_of, pieces))))  # how many words there are up to each one's end

    def span_of(self, number: int) -> tuple[int, int]:
        """Where that word begins and ends. Raises: IndexError."""
        piece = bisect_right(self._ends, number)
        start, before = self._starts[piece], self._ends[piece - 1] if piece else 0
        text = _PIECE.match(self._text, start)
        word = next(islice(words_in(text[0] if text else ""), number - before, None))
        return start + word.start, start + word.end


@functools.lru_cache(maxsize=16_384)  # arbitrary (4 096..65 536): the words of a book in one form or another
def _words_of(piece: str) -> tuple[str, ...]:
    if piece.isascii():
        return (piece.lower(),)
    return tuple(chain.from_iterable(map(folded, _patterns().word.findall(piece))))


@functools.lru_cache(maxsize=65_536)  # arbitrary: the words of a book
def folded(word: str) -> tuple[str, ...]:
    """What a word is compared as; several where one character stands for them (½, ㎏), none for a lone mark."""
    if word.isascii():
        return (word.lower(),)
    patterns = _patterns()
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    plain = patterns.unseen.sub("", plain)
    if plain == word:
        return (word,)
    return tuple(patterns.word.findall(plain))


def is_dense(word: str) -> bool:
    """Whether it belongs to a script that is written without spaces."""
    return _patterns().dense.match(word) is not None


@functools.cache
def _patterns() -> _Patterns:
    """Python's own `\\w` knows neither marks nor symbols."""
    marks, unseen, symbols = _ranges({"Mn": 0, "Mc": 0, "Me": 0, "Cf": 1, "So": 2}, 3)
    unseen += "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff"
    inner = f"[{marks}{unseen}\uff9e\uff9f]"
    word = (
        "[A-Za-z0-9]++(?![^\\x00-\\x7f])"  # most words, and five times as fast
        f"|[{_DENSE}]{inner}*+"
        f"|(?:(?![{_DENSE}])[^\\W_]{inner}*+)++"
        f"|[{symbols}][{marks}{unseen}{_SKIN_TONES}]*+"
    )
    return _Patterns(re.compile(word), re.compile(f"[{unseen}{_SKIN_TONES}\u0640\u20e3]"), re.compile(f"[{_DENSE}]"))


def _ranges(categories: dict[str, int], count: int) -> list[str]:
    """Character classes: each of what is in the categories of that number."""
    parts: list[list[str]] = [[] for _ in range(count)]
    for codes in _LOOKED_THROUGH:
        before, first = None, 0
        for code, category in zip(codes, map(unicodedata.category, map(chr, codes)), strict=True):
            kind = categories.get(category)
            if kind != before:
                if before is not None:
                    parts[before].append(f"{chr(first)}-{chr(code - 1)}")
                before, first = kind, code
        if before is not None:
            parts[before].append(f"{chr(first)}-{chr(codes[-1])}")
    return ["".join(part) for part in parts]
