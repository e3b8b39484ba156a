"""A long text in parts whose answers fit into a model's answer. Pure; the parts joined are the text.

Cuts where the text itself pauses: at headings, else between paragraphs, lines, sentences, and only then anywhere.
Never inside a fenced block as long as the block fits, and never between a heading and what it heads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]")
_SENTENCE_END = re.compile(r"(?<=[.!?؟।。！？])[\s]*")


def split_text(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` characters, as few as the rules above allow; empty text is one empty part."""
    return _split(text, limit, 0)


def _split(text: str, limit: int, level: int) -> list[str]:
    if len(text) <= limit:
        return [text]
    if level == len(_CUTTERS):
        return [text[start : start + limit] for start in range(0, len(text), limit)]
    packed: list[str] = []
    for piece in _CUTTERS[level](text):
        for part in _split(piece, limit, level + 1):
            if packed and len(packed[-1]) + len(part) <= limit:
                packed[-1] += part
            else:
                packed.append(part)
    return packed


def _at_headings(depth: int) -> Callable[[str], Iterator[str]]:
    """Cuts before each heading of at most `depth`."""

    def cut(text: str) -> Iterator[str]:
        piece: list[str] = []
        for line, fenced in _lines(text):
            heading = None if fenced else _HEADING.match(line)
            if piece and heading and len(heading.group(1)) <= depth:
                yield "".join(piece)
                piece = []
            piece.append(line)
        yield "".join(piece)

    return cut


def _at_paragraphs(text: str) -> Iterator[str]:
    """Cuts after blank lines, but not after those that follow a heading."""
    piece: list[str] = []
    said = ""  # the last line that is not blank
    blank = False
    for line, fenced in _lines(text):
        if piece and blank and line.strip() and not fenced and not _HEADING.match(said):
            yield "".join(piece)
            piece = []
        blank = not line.strip()
        said = said if blank else line
        piece.append(line)
    yield "".join(piece)


def _at_lines(text: str) -> Iterator[str]:
    return iter(text.splitlines(keepends=True))


def _at_sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end.end() > start:
            yield text[start : end.end()]
            start = end.end()
    if start < len(text):
        yield text[start:]


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it continues a fenced block (its first line does not)."""
    fence = ""
    for line in text.splitlines(keepends=True):
        yield line, bool(fence)
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and mark.group(1).startswith(fence):
            fence = ""


_CUTTERS = (_at_headings(1), _at_headings(2), _at_headings(3), _at_paragraphs, _at_lines, _at_sentences)
