"""Titles behind numbers: `1. The river`, `2.3 Its water`, `II. The sea`, `一、河流`. Pure; lines only."""

from __future__ import annotations

import re
from typing import Final

from pressrun.sources.heading_words import ANSWER
from pressrun.sources.number_words import SECTION_WORD
from pressrun.sources.numbered_lines import STOPS, begins_small, ends_sentence, width
from pressrun.sources.numerals import counts_up, read_number

MAX_WORDS: Final = 8  # of a heading without a number
OUTLINE: Final = re.compile(
    r"(?P<open>[(（]?)(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[IVXLC]{1,6}|[一二三四五六七八九十]{1,3}|"
    + SECTION_WORD
    + r")[ ]?(?P<sign>[.)）、．:：\u3000]?)[ \t\u3000]*(?P<title>\S.*)$"
)
MAX_TITLE: Final = 50  # columns, of a heading that only its sign tells


def names_section(line: str) -> bool:
    """`一、`, `（二）`, `II.`, `أولاً:`, `1　`, `2.1 `: as hardly anybody counts anything but sections."""
    found = OUTLINE.match(line.strip())
    if found is None or width(line.strip()) > MAX_TITLE or not is_title(found["title"], line):
        return False
    if "." in found["number"]:
        return not touches(found)
    number = read_number(found["number"])
    if number is None or not found["sign"] or bool(found["open"]) != (found["sign"] in ")）"):
        return False
    return number.style in ("han", "roman", "sections") or found["sign"] == "\u3000"


def outlined(lines: list[str], *, typed: bool) -> set[int]:
    """Short lines that count up, each before a longer one: `1. The river`, with single line ends around it; or before
    a sentence, where the ends of lines were `typed`.
    """
    widths = [width(line) for line in lines]
    found: list[tuple[int, int]] = []
    for at, line in enumerate(lines[:-1]):
        part = OUTLINE.match(line.strip())
        if part is None or touches(part) or not is_title(part["title"], line):
            continue
        is_short = widths[at] * 2 <= min(widths[at + 1], max(widths))
        heads = is_short or (typed and widths[at] <= MAX_TITLE and is_sentence(lines[at + 1]))
        number = read_number(part["number"].rpartition(".")[2])
        if heads and number is not None and (typed or at == 0 or ends_sentence(lines[at - 1])):
            found.append((at, number.value))
    return {at for at, _ in found} if counts_up([value for _, value in found]) else set()


def is_sentence(line: str) -> bool:
    """Whether it ends one, and is no question, nor one of the lines of a list."""
    line = line.strip()
    counted = OUTLINE.match(line)
    is_listed = (counted is not None and counted["sign"]) or ANSWER.match(line)
    return ends_sentence(line) and line[-1] not in "?？؟:：" and line[:1].isalpha() and not is_listed


def touches(found: re.Match[str]) -> bool:
    """`3.5 %` and `1.Item` are not what is meant."""
    return found.start("title") == found.end("number") + len(found["sign"].strip())


def is_title(title: str, whole: str) -> bool:
    if STOPS.search(title[-8:]) and not title.endswith("?"):
        return False
    return not begins_small(title) and any(sign.isalpha() for sign in title) and len(whole.split()) <= 2 * MAX_WORDS
