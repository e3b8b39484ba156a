"""A passage taken out of a document, as a fault on the way to the slides would: what the comparison has to find."""

from __future__ import annotations

import random
import re

from pressrun.sources.said import said_in_html
from pressrun.sources.words import folded_words

_BETWEEN = re.compile(r">([^<>]*\w[^<>]*)<")


def without_a_passage(body: str, chance: random.Random) -> tuple[str, list[str]]:
    """The document without some words that follow each other, and which these were."""
    pieces = [found for found in _BETWEEN.finditer(body) if folded_words(said_in_html(found[1]).text)]
    pieces = [found for found in pieces if not body.endswith('<sup class="footnote-ref">', 0, found.start())]
    while True:
        piece = chance.choice(pieces)
        words = piece[1].split(" ")
        first = chance.randrange(len(words))
        last = first + chance.randint(1, 12)
        taken = folded_words(said_in_html(" ".join(words[first:last])).text)
        if taken and not re.fullmatch(r"\[\d+\]", piece[1]):
            rest = " ".join([*words[:first], *words[last:]])
            return body[: piece.start(1)] + rest + body[piece.end(1) :], taken
