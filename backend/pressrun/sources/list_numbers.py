"""The numbers of a list as they were typed. Runs in the parser child.

Markdown counts on from a list's first number, whatever is typed before its other items: chosen exercises (3., 7., 12.)
would become others, and days of a month other days. Such items are given their numbers. Numbers that are all the same
mean "count for me", and so do those that go down or repeat in Markdown that was written as such, unless they are dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from markdown_it.token import Token

_MONTH_AND_YEAR = re.compile(r"[^\W\d_]{3,}\.?,? \d{3,4}\b")
_LAST_DAY = 31


def keep_typed_numbers(tokens: Sequence[Token], *, pasted: bool) -> None:
    """Sets `value` on items of lists that do not count one by one. `pasted`: the text has no Markdown of its own."""
    lists: list[list[int]] = []  # the items of each list that is open, by their places
    for at, token in enumerate(tokens):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            lists.append([])
        elif token.type == "list_item_open" and token.info.isdecimal():
            lists[-1].append(at)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            _settle(tokens, lists.pop(), pasted=pasted)


def _settle(tokens: Sequence[Token], items: Sequence[int], *, pasted: bool) -> None:
    numbers = [int(tokens[at].info) for at in items]
    if len(set(numbers)) < 2 or not (pasted or _goes_up(numbers) or _are_days(tokens, items, numbers)):  # noqa: PLR2004
        return
    for at, (before, number) in zip(items[1:], pairwise(numbers), strict=True):
        if number != before + 1:
            tokens[at].attrSet("value", str(number))


def _goes_up(numbers: Sequence[int]) -> bool:
    return all(before < after for before, after in pairwise(numbers))


def _are_days(tokens: Sequence[Token], items: Sequence[int], numbers: Sequence[int]) -> bool:
    """`15. August 1947`, `2. Februar`: most of them, and all could be days."""
    says = [next((token.content for token in tokens[at : at + 3] if token.type == "inline"), "") for at in items]
    dated = sum(_MONTH_AND_YEAR.match(text) is not None for text in says)
    return max(numbers) <= _LAST_DAY and 2 * dated > len(items)
