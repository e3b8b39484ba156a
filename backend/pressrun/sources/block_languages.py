"""Direction and language of each block of a text, and of East Asian words in others. For the parser child; pure.

A browser needs the language for the shapes of Han characters and for quotation marks, the direction for the side on
which lines begin.
"""

from __future__ import annotations

from collections.abc import Iterable

from markdown_it.token import Token

from pressrun.sources.languages import (
    block_direction,
    east_asian_language,
    east_asian_parts,
    is_east_asian,
    language_of,
)


def mark_directions_and_languages(tokens: list[Token], language: str) -> None:
    """`dir` on every outermost block, so that a right-to-left paragraph or list stands right; what is inside inherits
    (a list whose items had their own `dir` would itself count as empty). `lang` where the letters tell it, and of what
    is East Asian in a block that is not. `language` is that of the document.
    """
    words = _words(token for token in tokens if token.type == "inline")
    usual = language if is_east_asian(language) else east_asian_language(words)  # of Han characters that stand alone
    below, inlines = "", list[Token]()  # language of the block below, what the block at hand holds
    for token in reversed(tokens):
        if token.type == "inline":
            inlines.append(token)
        elif token.level == 0 and token.nesting == 1 and token.tag:
            words = _words(reversed(inlines))
            own = language_of(words, usual)
            if own and token.type == "heading_open":
                own = below or own  # a title in Han alone is in the language of what it is the title of
            token.attrSet("dir", block_direction(words, _words(reversed(inlines), code=True)))
            if own:
                token.attrSet("lang", own)
            elif usual:
                for inline in inlines:
                    inline.children = list(_parted(inline.children or [], usual, language))
            below, inlines = own, []


def _words(tokens: Iterable[Token], *, code: bool = False) -> str:
    """What is to be read, without addresses and formulas."""
    kinds = ("text", "code_inline") if code else ("text",)
    lines = ("".join(child.content for child in token.children or [] if child.type in kinds) for token in tokens)
    return "\n".join(lines)


def _parted(children: list[Token], usual: str, language: str) -> Iterable[Token]:
    for child in children:
        parts = east_asian_parts(child.content) if child.type == "text" else []
        if not any(foreign for _, foreign in parts):
            yield child
            continue
        for words, foreign in parts:
            text = Token("text", "", 0, content=words, level=child.level)
            own = language_of(words, usual) if foreign else ""
            if own in ("", language):
                yield text
            else:
                yield from (Token("span_open", "span", 1, {"lang": own}), text, Token("span_close", "span", -1))
