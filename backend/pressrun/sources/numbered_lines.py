"""Lines of pasted text: how wide they are, whether they end a sentence, and which part of a text they count. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from pressrun.sources.heading_words import AROUND, NO_HEADINGS, RANK
from pressrun.sources.number_words import NUMBER_WORD
from pressrun.sources.numerals import LETTER, NUMBER, read_letter, read_number

MAX_HEADING_WIDTH: Final = 80  # columns, as all widths here; a character of China takes two
PROSE_WIDTH: Final = 60  # a paragraph that is worth a heading
WRAPPED: Final = 110  # wider than any editor or PDF wraps its lines
_SHARE: Final = 0.5  # of a text's width that must be in longer lines than one wraps
_CLOSED: Final = r"[\s\"'”’»」』)\]\u200b\u200c]*$"
FULL: Final = re.compile(r"[.!?…。！？।॥؟۔။።។։܀-܂།༎]" + _CLOSED)  # what ends a sentence
_ENDS: Final = re.compile(r"[.!?…。！？।॥؟۔။።។։܀-܂།༎:;：；៖܃-܆፤]" + _CLOSED)
STOPS: Final = re.compile(r"[.!?…。！？।॥؟۔။።។։܀-܆།༎,;，、；၊،؛፤៖]" + _CLOSED)  # what no heading ends with
UNSTOPPED: Final = re.compile(
    r"[\u0e01-\u0edf\u1780-\u17ff\u1000-\u109f\u0f00-\u0fff\u1a20-\u1aad]"
)  # they end no sentence by a sign
LEAST_RANK: Final = 4  # of articles, examples, and words that are no known name of a part
_LARGE: Final = 2  # the rank of chapters and lessons
_MAX_UNSTOPPED: Final = 40  # of a title in a script that ends no sentence by a sign
_SEPARATORS: Final = ".:：。፤۔।—–-)"
_NO_WORD: Final = r"\s\d.,:;!?()\[\]{}<>|/\\\"“”„«»=+*#@_\u1361-\u137c"
_WORDS: Final = rf"[^{_NO_WORD}-][^{_NO_WORD}]{{0,20}}"
_COUNTED: Final = re.compile(
    rf"(?P<words>{_WORDS}(?: {_WORDS})??)"
    r"(?:[:：]?[ \t\u00a0]{1,3}|፡|(?=[\d\u1369-\u137c〇一二三四五六七八九十]))"
    rf"(?P<number>{NUMBER}|{NUMBER_WORD}|{LETTER})(?P<rest>(?![\w\d\u0900-\u0dff]).*)$"
)
_COUNTED_FIRST: Final = re.compile(
    rf"(?P<number>\d{{1,3}}|{NUMBER_WORD})\.?[ ](?P<words>{_WORDS}(?: {_WORDS})?)(?P<rest>[.:]?|[ ]?[:：–—-][ ]?\S.*)$"
)
_AROUND: Final = re.compile(
    rf"(?P<before>第|제)\s*(?P<number>{NUMBER})\s*(?P<after>单元|單元|[^\s\d\W])(?P<rest>(?:[\s:：.、　].*)?)$"
)


def width(text: str) -> int:
    """In columns of a screen with letters of one width."""
    return len(text) if text.isascii() else _width(text)


@lru_cache(maxsize=2048)  # a line is looked at a dozen times
def _width(text: str) -> int:
    return sum(map(_columns, text))


@lru_cache(maxsize=4096)  # signs of a text repeat: a third of what the reading of a Thai text took was this
def _columns(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def ends_sentence(line: str) -> bool:
    """By its sign, or in scripts that have none by its length."""
    line = line.rstrip()
    return bool(_ENDS.search(line[-8:])) or (bool(UNSTOPPED.match(line[-1:])) and width(line) >= PROSE_WIDTH)


def is_unwrapped(lines: list[str]) -> bool:
    """Most of it is in longer lines than anybody wraps, or some is and more such lines than any that seem wrapped."""
    widths = [width(line) for line in lines if " " in line.strip() or not line.isascii()]
    long = [wide for wide in widths if wide > WRAPPED]
    if sum(long) > _SHARE * sum(widths):
        return True
    wrapped = sum(
        PROSE_WIDTH <= width(line) <= WRAPPED and bool(after.strip()) and not ends_sentence(line)
        for line, after in pairwise(lines)
    )
    return len(long) > wrapped


def begins_small(line: str) -> bool:
    return line.lstrip()[:1].islower()


@dataclass(slots=True, frozen=True)
class Part:
    """A line that counts a part of the text: `Article 3`, `第三条`, `3. Artikel`."""

    kind: tuple[str, str]  # word and style of the number
    value: int
    rank: int
    known: bool
    title: str


def part_of(line: str) -> Part | None:
    line = line.strip()
    if len(line) > 4 * MAX_HEADING_WIDTH or width(line) > MAX_HEADING_WIDTH:
        return None
    if (found := _AROUND.match(line)) is not None and found["after"] in AROUND:
        number = read_number(found["number"])
        rest = found["rest"].strip(" :：.、　\t")
        if number is not None and not STOPS.search(rest[-8:]):
            return Part((found["before"] + found["after"], ""), number.value, AROUND[found["after"]], True, rest)
    if (found := _COUNTED.match(line)) is not None:
        return _counted_part(found["words"], found["number"], found["rest"])
    if (found := _COUNTED_FIRST.match(line)) is not None:
        word, number = found["words"].casefold(), read_number(found["number"])
        title = found["rest"].strip(_SEPARATORS + " ")
        if word not in NO_HEADINGS and number is not None and (word in RANK or not (title or number.style == "words")):
            return Part((word, "first"), number.value, RANK.get(word, LEAST_RANK), word in RANK, title)
    return None


def _names_part(title: str, word: str) -> bool:
    """Whether words right behind a number, without a sign between, are its title and no sentence that goes on."""
    if UNSTOPPED.match(title[-1:]):
        return RANK[word] <= _LARGE and width(title) <= _MAX_UNSTOPPED
    return title[:1].isupper() and not ends_sentence(title)


def _counted_part(words: str, number_text: str, rest: str) -> Part | None:
    number = read_number(number_text) or read_letter(number_text)
    word = unicodedata.normalize("NFC", words.casefold().strip())
    if number is None or word in NO_HEADINGS or word.split(" ")[0] in NO_HEADINGS:
        return None
    bare = rest.strip()
    separated = bare[:1] in tuple(_SEPARATORS) or not bare
    title = bare.lstrip(_SEPARATORS + " \t")
    if title and (STOPS.search(title[-8:]) or begins_small(title) or title[:1].isdigit()):
        return None
    known = word in RANK
    if number.style in ("words", "letters") and not (known and separated):
        return None
    if title and not separated and not (known and _names_part(title, word)):
        return None
    style = number.style if known else f"{number.style} {separated}"
    return Part((word, style), number.value, RANK.get(word, LEAST_RANK), known, title)
