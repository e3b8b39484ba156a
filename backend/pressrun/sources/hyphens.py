"""Words that a PDF or a typesetter parted at the end of a line, in pasted text: put together again. Pure and linear.

`organ-` and `isms` become `organisms`, on the first line, so that no line is another. A hyphen that belongs to the word
stays: where the text has it elsewhere, where both halves are words of the text, and behind what always has one.
"""

from __future__ import annotations

import re
from typing import Final

_MIN_LINE: Final = 30  # columns: nobody parts words in narrower ones
_FEW: Final = 60  # of a single one in a text, whose line must be wide
_PARTED: Final = re.compile(
    r"(?<=[^\W\d_]{2})(?P<sign>[-\u2010\u00ad])[ \t]*\n[ \t]*(?P<second>[^\W\d_]{2,})(?P<behind>\S*)(?:[ \t]+|(?=\n|$))"
)
_FIRST: Final = re.compile(r"[^\W\d_]+$")
_LONGEST: Final = 60  # characters of a first half
_CODE: Final = re.compile(r"```|~~~|</?[A-Za-z!]|^(?: {4}|\t)\S", re.MULTILINE)  # where a sign is what it is
_WORD: Final = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
# `vor- und nachher`: the hyphen stands for what follows later
_AND: Final = "and or to und oder bzw et ou y e o u ed og och eller en of i a ja tai és vagy sau și и или"
_KEEP: Final = (
    "well self non semi half high low long short all cross ex so mid twenty thirty forty fifty sixty seventy eighty "
    "ninety two three four five mother father brother sister"
)
_ANDS: Final = frozenset(re.split(" ", _AND))
_KEEPS: Final = frozenset(re.split(" ", _KEEP))


def join_parted_words(text: str) -> str:
    """`text` with as many lines. A next line that held nothing else stays as it is unless its paragraph ends there."""
    found = [one for one in _PARTED.finditer(text) if _is_parted(text, one)]
    if found and _CODE.search(text):
        return text
    if not found or (len(found) == 1 and _line_length(text, found[0]) < _FEW):
        return text
    words = _words_beside(text, found)
    made: list[str] = []
    at = 0
    for one in found:
        if one.start() < at:
            continue  # its first half has just been moved
        ends_line = text[one.end() : one.end() + 1] in ("\n", "")
        if ends_line and text[one.end() : one.end() + 2].strip("\n"):
            continue  # an empty line would end the paragraph
        sign = (
            one["sign"]
            if one["sign"] != "\u00ad" and _keeps_hyphen(_first_half(text, one), one["second"].casefold(), words)
            else ""
        )
        made += [text[at : one.start()], sign, one["second"], one["behind"], "\n"]
        at = one.end()
    return "".join([*made, text[at:]])


def _is_parted(text: str, one: re.Match[str]) -> bool:
    second = one["second"]
    return second[:1].islower() and second.casefold() not in _ANDS and _line_length(text, one) >= _MIN_LINE


def _words_beside(text: str, parted: list[re.Match[str]]) -> set[str]:
    """The words of the text without the halves themselves."""
    pieces: list[str] = []
    at = 0
    for one in parted:
        pieces.append(text[at : one.start() - len(_first_half(text, one))])
        at = one.end("second")
    return {word.casefold() for word in _WORD.findall(" ".join([*pieces, text[at:]]))}


def _first_half(text: str, one: re.Match[str]) -> str:
    found = _FIRST.search(text[max(0, one.start() - _LONGEST) : one.start()])
    return found[0].casefold() if found else ""


def _line_length(text: str, one: re.Match[str]) -> int:
    return one.end("sign") - text.rfind("\n", 0, one.start()) - 1


def _keeps_hyphen(first: str, second: str, words: set[str]) -> bool:
    if f"{first}-{second}" in words:
        return True
    if first + second in words:
        return False
    return first in _KEEPS or (first in words and second in words)
