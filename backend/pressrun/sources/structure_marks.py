"""The classes that `structure` found, on the tokens of the parser. For the parser child."""

from __future__ import annotations

from markdown_it.token import Token

from pressrun.sources.typed_lists import speaker_length


def mark_structure(tokens: list[Token], classes: dict[int, str]) -> list[Token]:
    """The tokens with the classes of the structure, speakers apart from what they say, and no empty heads of tables."""
    if not classes:
        return tokens
    for at, token in enumerate(tokens):
        kind = classes.get(token.map[0], "") if token.map and token.nesting == 1 else ""
        if kind in ("dialogue", "question") and token.type == "paragraph_open":
            token.attrJoin("class", kind)
            if kind == "dialogue":
                _mark_speaker(tokens[at + 1])
        elif kind in ("questions", "vocabulary", "typed-marks") and token.tag in ("dl", "ul"):
            token.attrJoin("class", kind)
    return _without_empty_heads(tokens)


def _mark_speaker(inline: Token) -> None:
    if not inline.children or inline.children[0].type != "text":
        return
    first = inline.children[0]
    length = speaker_length(first.content)
    if not length:
        return
    name = Token("text", "", 0, content=first.content[:length])
    first.content = first.content[length:]
    opening = Token("strong_open", "strong", 1, attrs={"class": "speaker"})
    inline.children[:0] = [opening, name, Token("strong_close", "strong", -1)]


def _without_empty_heads(tokens: list[Token]) -> list[Token]:
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].type == "thead_open":
            end = next(n for n in range(at, len(tokens)) if tokens[n].type == "thead_close")
            if not any(token.content for token in tokens[at:end]):
                at = end + 1
                continue
        made.append(tokens[at])
        at += 1
    return made
