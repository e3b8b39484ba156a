"""Marks that count, of which Markdown does not know it: `(a)`, `१.`, `①`, `ก.`, `(i)` behind `(b)`. Pure and linear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pressrun.sources.numerals import LETTERS, read_number

ITEM: Final = re.compile(r"\s{0,3}(?:([-*+])(?![ \t]*\d{1,4}[ \t]*\1[ \t]*$)|[0-9]{1,9}[.)])[ \t]+\S")  # of Markdown
MARKED: Final = re.compile(
    r"\s*[(（]?\d{1,3}[.)）、．۔][ \t\u3000]*[^\W\d]"
)  # a number of any script that counts something
_MARK: Final = re.compile(
    r"\s*(?P<open>[(（\[]?)(?P<mark>\d{1,3}|[^\W\d_][\u0900-\u0dff]?|[①-⑳]|[一二三四五六七八九十]{1,3}|[ivx]{1,5})"
    r"(?P<close>[)）\].、．。۔:፡-]|(?<=[①-⑳]))[ \t\u3000]*(?=\S)"
)


@dataclass(slots=True)
class _Count:
    """One list that is counted by its marks: `(a)`, `(b)`; `form` is what stands around each, `letters` what counts."""

    form: tuple[str, str]
    style: str
    letters: str
    before: int = 0  # how many stand in front of a heading that it goes on behind
    members: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.before + len(self.members)

    def takes(self, mark: _Mark) -> bool:
        return mark.form == self.form and _is_next(mark.sign, self.count, self.letters)


class _Mark(NamedTuple):
    form: tuple[str, str]
    sign: str
    text: str

    @property
    def style(self) -> str:
        number = read_number(self.sign.upper() if set(self.sign) <= set("ivx") else self.sign)
        return number.style if number else ""


def mark_depths(texts: Sequence[str | None]) -> dict[int, int]:
    """Units that stand in a list that is counted by marks, by how deep it is: `(i)` behind `(a)` is one deeper."""
    stack: list[_Count] = []
    ended: list[_Count] = []
    found: dict[int, tuple[int, _Count]] = {}
    for at, text in enumerate(texts):
        if text is None:
            ended, stack = stack or ended, []
        mark = _mark_at(texts, at)
        if mark is None:
            continue
        depth = next((n for n in reversed(range(len(stack))) if stack[n].takes(mark)), None)
        if depth is None:
            begun = _begin(mark, ended)
            if begun is None:
                continue
            same = (n for n, one in enumerate(stack) if (one.form, one.style) == (begun.form, begun.style))
            del stack[next(same, len(stack)) :]
            stack.append(begun)
            depth = len(stack) - 1
        del stack[depth + 1 :]
        stack[depth].members.append(at)
        found[at] = (depth, stack[depth])
    return {at: depth for at, (depth, count) in found.items() if count.count > 1}


def _begin(mark: _Mark, ended: Sequence[_Count]) -> _Count | None:
    letters = next((letters for letters in LETTERS if letters.startswith(mark.sign)), "")
    if letters or _is_next(mark.sign, 0, ""):
        return _Count(mark.form, letters or mark.style, letters)
    return next((_Count(one.form, one.style, one.letters, one.count) for one in ended if one.takes(mark)), None)


def begins_choice(line: str) -> bool:
    """`(a) cotton`, `ก. …`: the first letter that a list is counted with."""
    found = _MARK.match(line)
    return found is not None and any(letters.startswith(found["mark"]) for letters in LETTERS)


def is_choice(line: str) -> bool:
    """`(a) cotton (b) jute (c) wool`: what may be chosen, on one line."""
    found = _MARK.match(line)
    letters = next((letters for letters in LETTERS if found and letters.startswith(found["mark"])), "")
    if found is None or not letters:
        return False
    second = re.escape(found["open"] + letters[1] + found["close"].strip())
    return re.search(rf"\s{second}", line[found.end() :]) is not None


def lines_of(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").split("\n")]


def _mark_at(texts: Sequence[str | None], at: int) -> _Mark | None:
    text, *more = lines_of(texts[at])
    if not all(map(is_choice, more)):
        return None
    found = _MARK.match(text)
    if found is None or ITEM.match(text):
        return None
    return _Mark((found["open"], found["close"]), found["mark"], text)


def _is_next(mark: str, count: int, sequence: str) -> bool:
    if sequence:
        return count < len(sequence) and mark == sequence[count]
    if set(mark) <= set("ivx"):
        mark = mark.upper()
    number = read_number(mark)
    return number is not None and number.style != "hebrew" and number.value == count + 1
