"""Subtitles: cues with their times, as WebVTT and SubRip. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_LINE_CELLS = 42  # what television and video sites keep to; a Chinese character takes two
_LINES = 2


@dataclass(frozen=True, slots=True)
class Cue:
    """A text of at most two lines, and when it is seen, in seconds."""

    begin_s: float
    end_s: float
    text: str


def cues_of(text: str, begin_s: float, end_s: float) -> list[Cue]:
    """The text in as many cues as it takes, each as long as its share of the characters."""
    lines = _balanced(" ".join(text.split()))
    parts = [lines[at : at + _LINES] for at in range(0, len(lines), _LINES)]
    total = sum(map(_cells, lines)) or 1
    cues, done = [], 0
    for part in parts:
        begin = begin_s + (end_s - begin_s) * done / total
        done += sum(map(_cells, part))
        cues.append(Cue(begin, begin_s + (end_s - begin_s) * done / total, "\n".join(part)))
    return cues


def as_vtt(cues: Sequence[Cue]) -> str:
    """WebVTT. What would be markup is text."""
    entries = [f"{_time(cue.begin_s, '.')} --> {_time(cue.end_s, '.')}\n{_escaped(cue.text)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *entries])


def as_srt(cues: Sequence[Cue]) -> str:
    """SubRip, which has no escapes: what players would take for markup is set apart from it."""
    entries = [
        f"{number}\n{_time(cue.begin_s, ',')} --> {_time(cue.end_s, ',')}\n{_unmarked(cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    ]
    return "\n".join(entries)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unmarked(text: str) -> str:
    """`<b>` and `{\\an8}` would be taken for markup: a word joiner keeps the bracket and ends that."""
    return re.sub(r"([<{])(?=\S)", "\\1\u2060", text).replace("-->", "→")


def _time(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{point}{milliseconds % 1000:03d}"


def _balanced(text: str) -> list[str]:
    """In as few lines as it takes, as equally long as that allows."""
    lines = _wrapped(text, _LINE_CELLS)
    narrow, wide = 1, _LINE_CELLS
    while narrow < wide:
        middle = (narrow + wide) // 2
        narrower = _wrapped(text, middle)
        if len(narrower) <= len(lines):
            lines, wide = narrower, middle
        else:
            narrow = middle + 1
    return lines


def _wrapped(text: str, cells: int) -> list[str]:
    """Between words, and between characters of scripts without; within a word only where it is longer than a line."""
    lines: list[str] = []
    while text:
        cut = _cut(text, cells)
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return lines


def _cut(text: str, most: int) -> int:
    best, cells = 0, 0
    for index, character in enumerate(text):
        if character.isspace() or (index and _is_wide(character)):
            best = index
        cells += _cells(character)
        if cells > most:
            return best or max(1, index)
    return len(text)


def _cells(text: str) -> int:
    return sum(2 if _is_wide(character) else 1 for character in text)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
