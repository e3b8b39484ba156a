"""Title and chapters as ffmpeg reads them (ffmetadata): in a file, for they are somebody's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pressrun.slide_texts import SlideTexts

_MOST_CHARACTERS = 200  # arbitrary: players show a line
_SPECIAL = re.compile(r"([=;#\\\n])")
_DEEPEST = 2  # headings below are within a chapter


@dataclass(frozen=True, slots=True)
class Chapter:
    """From `begin` to before `end`, in frames."""

    begin: int
    end: int
    title: str


def chapters_of(texts: SlideTexts | None, begins: Sequence[int], total: int) -> list[Chapter]:
    """A chapter begins with each slide that has a heading of the upper two levels, by the first; what is before the
    first heading has the deck's first words of one.
    """
    found: list[tuple[int, str]] = []
    for slide, begin in zip(texts.slides if texts is not None else (), begins, strict=False):
        headings = [block for block in slide.blocks if block.kind == "heading" and (block.level or 1) <= _DEEPEST]
        title = " ".join(headings[0].text.split())[:_MOST_CHARACTERS] if headings else ""
        if title and (not found or found[-1][1] != title):
            found.append((begin if found else 0, title))
    ends = [*(begin for begin, _ in found[1:]), total]
    return [Chapter(begin, end, title) for (begin, title), end in zip(found, ends, strict=False)]


def as_metadata(title: str, chapters: Sequence[Chapter], fps: int) -> str:
    """The file."""
    parts = [f";FFMETADATA1\ntitle={_escaped(title)}\n"]
    parts += [
        f"[CHAPTER]\nTIMEBASE=1/{fps}\nSTART={chapter.begin}\nEND={chapter.end}\ntitle={_escaped(chapter.title)}\n"
        for chapter in chapters
    ]
    return "".join(parts)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
