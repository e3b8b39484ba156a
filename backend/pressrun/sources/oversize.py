"""What is too long for a slide to show as it was meant: headings, words, paragraphs. For the parser child.

All of it is shown. A heading of a page becomes the paragraph that it is; a word that no line holds is parted; both are
told with their line. A paragraph as long as a book gets a class, by which the browser lays it out in linear time.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it.token import Token

from pressrun.sources.line_numbers import Lines

MAX_HEADING_CHARACTERS: Final = 300  # arbitrary (200..500): five lines of a slide; the longest honest ones have two
LONG_PARAGRAPH_CHARACTERS: Final = 20_000  # as composing/runs.js: from here on places are reckoned, not measured
MAX_WORD_CHARACTERS: Final = 1_000  # arbitrary (500..2 000): a slide of 16:9 holds about so many
_MAX_TOLD: Final = 10

_WORD: Final = re.compile(rf"\S{{{MAX_WORD_CHARACTERS + 1},}}")
# Scripts that put no spaces between words; as in words/places.js.
_DENSE: Final = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff]"
)


def settle_oversize(tokens: list[Token], lines: Lines) -> list[tuple[str, str]]:
    """Marks and changes the tokens; what a person should know, as (code, message)."""
    told: list[tuple[str, str]] = []
    for at, token in enumerate(tokens):
        if token.type != "inline" or not at:
            continue
        opening = tokens[at - 1]
        line = lines.number(token.map[0]) if token.map else 1
        length = sum(len(child.content) for child in token.children or [])
        if opening.type == "heading_open" and length > MAX_HEADING_CHARACTERS:
            closing = tokens[at + 1]
            opening.type, opening.tag, closing.type, closing.tag = "paragraph_open", "p", "paragraph_close", "p"
            why = f"a heading of {length} characters is shown as a paragraph. Put an empty line where its text begins"
            told.append(("heading_as_text", f"Line {line}: {why}."))
        if length > LONG_PARAGRAPH_CHARACTERS:
            shown = tokens[at - 2] if opening.hidden and at > 1 else opening  # the item of a tight list
            shown.attrJoin("class", "long")
        if (word := _longest_word(token)) > MAX_WORD_CHARACTERS:
            why = f"a word of {word} characters is longer than a slide and is parted. Put spaces or line ends into it"
            told.append(("word_parted", f"Line {line}: {why}."))
    more = len(told) - _MAX_TOLD
    rest = [("word_parted", f"{more} more headings and words are too long.")] if more > 0 else []
    return told[:_MAX_TOLD] + rest


def _longest_word(inline: Token) -> int:
    """Of a script that parts words by spaces; 0 where none is too long."""
    if len(inline.content) <= MAX_WORD_CHARACTERS:
        return 0
    found = [
        len(word[0])
        for child in inline.children or []
        if child.type == "text"
        for word in _WORD.finditer(child.content)
        if not _DENSE.search(word[0])
    ]
    return max(found, default=0)
