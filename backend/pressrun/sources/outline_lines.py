"""Titles behind numbers: `1. The river`, `2.3 Its water`, `II. The sea`, `一、河流`. Pure; lines only."""

from __future__ import annotations

import re
from typing import Final

from pressrun.sources.numbered_lines import STOPS, begins_small, ends_sentence, width
from pressrun.sources.numerals import counts_up, read_number

MAX_WORDS: Final = 8  # of a heading without a number
OUTLINE: Final = re.compile(
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[IVXLC]{1,6}|[一二三四五六七八九十]{1,3})(?P<sign>[.)、．]?)"
    r"[ \t\u3000]*(?P<title>\S.*)$"
)


def outlined(lines: list[str]) -> set[int]:
    """Short lines that count up, each before a longer one: `1. The river`, with single line ends around it."""
    widths = [width(line) for line in lines]
    found: list[tuple[int, int]] = []
    for at, line in enumerate(lines[:-1]):
        part = OUTLINE.match(line.strip())
        if part is not None and widths[at] * 2 <= min(widths[at + 1], max(widths)) and is_title(part["title"], line):
            number = read_number(part["number"].rpartition(".")[2])
            if number is not None and not touches(part) and (at == 0 or ends_sentence(lines[at - 1])):
                found.append((at, number.value))
    return {at for at, _ in found} if counts_up([value for _, value in found]) else set()


def touches(found: re.Match[str]) -> bool:
    """`3.5 %` and `1.Item` are not what is meant."""
    return found.start("title") == found.end("number") + len(found["sign"])


def is_title(title: str, whole: str) -> bool:
    if STOPS.search(title[-8:]) and not title.endswith("?"):
        return False
    return not begins_small(title) and any(sign.isalpha() for sign in title) and len(whole.split()) <= 2 * MAX_WORDS
