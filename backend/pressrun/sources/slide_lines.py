"""At which line of a source each slide begins, by the words that stand on it. Pure and linear; for the parser child.

Nothing on the way from a source to its slides keeps lines: a source is rewritten, parsed, sanitised and laid out. But
words keep their order. So the first words of a slide are looked for in the source, behind those of the slide before.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress, count
from typing import Any, Final

from pressrun.sources.coverage import coverage_of, said_in_source
from pressrun.sources.said import Said
from pressrun.sources.words import WordPlaces, folded_words

_TOGETHER: Final = 3  # words that are looked for as one: one alone stands in too many places
_TRIED: Final = 12  # arbitrary (3..30): beginnings of a slide that are looked for, each one word further on


def coverage_and_lines(kind: str, source: str, blob: bytes = b"") -> dict[str, Any]:
    """`coverage` as `measure_coverage` has it, and `lines`; the source is read once."""
    slides = json.loads(blob)
    said = said_in_source(kind, source)
    return {
        "coverage": coverage_of(said, kind, source, slides),
        "lines": find_slide_lines(said, source, slides["slides"]),
    }


def find_slide_lines(said: Said, source: str, slides: Sequence[dict[str, Any]]) -> list[int | None]:
    """Of each slide, as slides.json has them, from 1; None where its words are not found in that order."""
    text = said.text
    owns = [_own_words(slide) for slide in slides]
    places = _Places(folded_words(text), chain.from_iterable(map(_beginnings, owns)))
    spans = WordPlaces(text)
    ends = _line_ends(source)
    lines: list[int | None] = []
    behind = 0
    for own in owns:
        place = _place_of(own, places, behind)
        if place is None:
            lines.append(None)
            continue
        lines.append(bisect_left(ends, said.place_of(spans.span_of(place)[0])) + 1)
        behind = place + max(1, len(own) // 2)  # the next begins behind most of this one, whatever is said twice
    return lines


class _Places:
    """Where words stand together, in order: of those that are asked for."""

    def __init__(self, words: Sequence[str], asked: Iterable[tuple[str, ...]]) -> None:
        self._known: dict[tuple[str, ...], list[int]] = defaultdict(list)
        wanted = set(asked)
        for length in {len(together) for together in wanted}:
            found = list(zip(*(words[skipped:] for skipped in range(length)), strict=False))
            for at in compress(count(), map(wanted.__contains__, found)):
                self._known[found[at]].append(at)

    def of(self, together: tuple[str, ...]) -> Sequence[int]:
        return self._known.get(together, ())


def _line_ends(source: str) -> list[int]:
    """Where lines end in the text that `said_in_text` reads, whose line ends are one character each."""
    ends, at = [], -1
    plain = source.replace("\r\n", "\n").replace("\r", "\n")
    while (at := plain.find("\n", at + 1)) >= 0:
        ends.append(at)
    return ends


def _own_words(slide: dict[str, Any]) -> list[str]:
    """Without headings that go on and heads of tables that do, which stand further up in the source."""
    own: list[str] = []
    for block in slide["blocks"]:
        if block["added"] and _squeezed(block["text"]) == _squeezed("".join(block["added"])):
            continue
        own += folded_words(block["text"])
    return own


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _beginnings(own: list[str]) -> Iterator[tuple[str, ...]]:
    """What is looked for of a slide, in order."""
    for skipped in range(min(_TRIED, len(own))):
        yield tuple(own[skipped : skipped + _TOGETHER])


def _place_of(own: list[str], places: _Places, behind: int) -> int | None:
    """The first of its beginnings that stands behind that word."""
    for together in _beginnings(own):
        found = places.of(together)
        at = bisect_left(found, behind)
        if at < len(found):
            return found[at]
    return None
