"""Whether the ends of lines in pasted text were typed, or come from an editor, a mailer or a PDF that wrapped it.

Where the next word would have found room, or begins an entry of its own, somebody ended the line; where a line is full,
has no end of a sentence, and the next one goes on, something wrapped it. A short passage that tells little is what the
rest of the text is. Pure and linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pressrun.sources.numbered_lines import begins_small, ends_sentence, is_unwrapped, width
from pressrun.sources.typed_lists import begins_entry

NARROW: Final = 45  # columns; nobody wraps earlier
_ROOM: Final = 0.25  # of the widest line: with so much of it left, a line was ended by hand
_FULL: Final = 0.8
_SURE: Final = 2  # ends of lines that say one thing more than say the other


def typed_ends(blocks: Sequence[Sequence[str]]) -> list[bool]:
    """Of each passage between blank lines."""
    if is_unwrapped([line for block in blocks for line in [*block, ""]]):
        return [True] * len(blocks)
    counts = [_counts(block) for block in blocks]
    whole = sum(typed - wrapped for typed, wrapped in counts)
    return [_are_typed(block, *own, whole) for block, own in zip(blocks, counts, strict=True)]


def _are_typed(block: Sequence[str], typed: int, wrapped: int, whole: int) -> bool:
    if max(map(width, block), default=0) < NARROW:
        return True
    if wrapped and not typed:
        return False
    if abs(typed - wrapped) >= _SURE:
        return typed > wrapped
    return whole > 0


def _counts(block: Sequence[str]) -> tuple[int, int]:
    """Ends of lines that were typed, and that something wrapped."""
    widths = [width(line.strip()) for line in block]
    edge = max(widths, default=0)
    typed = wrapped = 0
    if edge < NARROW:
        return 0, 0
    for at, (line, after) in enumerate(pairwise(block)):
        if ends_sentence(line):
            continue
        goes_on = begins_small(after)
        if begins_entry(after):
            typed += 1
        elif widths[at] + 1 + width(_first_word(after)) <= (1 - _ROOM) * edge:
            typed += not goes_on
        elif widths[at] >= _FULL * edge and (goes_on or not _has_cases(after)):
            wrapped += 1
    return typed, wrapped


def _first_word(line: str) -> str:
    return line.lstrip()[:40].split(" ")[0]


def _has_cases(line: str) -> bool:
    first = next((sign for sign in line[:20] if sign.isalpha()), "A")
    return first.lower() != first.upper()
