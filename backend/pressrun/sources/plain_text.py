"""Text without Markdown in it, so that it looks as its writer saw it. Runs in the parser child.

Markdown joins the lines of a paragraph. That is right for prose that somebody wrapped, wrong for a verse, an address or
a list with typed bullets: those keep their lines. A short first line of its own becomes the heading.
"""

from __future__ import annotations

import re

from markdown_it.token import Token

MAX_VERSE_LINE_CHARACTERS = 60  # editors and mailers wrap prose at 65 or more
MAX_HEADING_CHARACTERS = 80

_MARKDOWN = re.compile(
    r"^ {0,3}(?:#{1,6}[ \t]|>|```|~~~|[-*+][ \t]|\d{1,9}[.)][ \t]|\|.*\|)"  # blocks that begin so
    r"|^ {0,3}(?:\[[^\]\n]+\]:[ \t]|=+[ \t]*$|(?:[-*_][ \t]*){3,}$)"  # definitions, underlines, rules
    r"|\*\*\S|__\S|`[^`\n]+`|\]\(|\[\^|</?[A-Za-z][^<>\n]*>",
    re.MULTILINE,
)
_BULLET = re.compile(r"\s*[•‣◦▪▫●○■□–—·✓✔➤→*]\s+")
_SENTENCE_END = tuple(".!?,;:।。！？…")


def is_plain(text: str) -> bool:
    """Whether there is no Markdown in the text at all."""
    return _MARKDOWN.search(text) is None


def shape_plain_text(tokens: list[Token]) -> None:
    """Changes the tokens of a plain text in place."""
    paragraphs = [(tokens[i - 1], token, tokens[i + 1]) for i, token in enumerate(tokens) if token.type == "inline"]
    for _, inline, _ in paragraphs:
        if _keeps_lines(inline.content.split("\n")):
            for child in inline.children or []:
                if child.type == "softbreak":
                    child.type, child.tag = "hardbreak", "br"
    if len(paragraphs) > 1 and _is_heading(paragraphs[0][1].content):
        opening, _, closing = paragraphs[0]
        opening.type, closing.type = "heading_open", "heading_close"
        opening.tag = closing.tag = "h1"


def _keeps_lines(lines: list[str]) -> bool:
    bullets = sum(_BULLET.match(line) is not None for line in lines)
    return bullets >= 2 or all(len(line) <= MAX_VERSE_LINE_CHARACTERS for line in lines)  # noqa: PLR2004


def _is_heading(text: str) -> bool:
    return "\n" not in text and len(text) <= MAX_HEADING_CHARACTERS and not text.rstrip().endswith(_SENTENCE_END)
