"""Lines that mean something, so that a text looks as its writer saw it. Runs in the parser child.

Markdown joins the lines of a paragraph. That is right for prose that somebody wrapped, wrong for a verse, an address, a
dialogue or a list with typed bullets: those keep their lines, in Markdown too. In a text that has no Markdown at all
short lines are always kept, and a short first line of its own becomes the heading.
"""

from __future__ import annotations

import re
from itertools import pairwise

from markdown_it.token import Token

MAX_VERSE_LINE_CHARACTERS = 60  # editors and mailers wrap prose at 65 or more
MAX_HEADING_CHARACTERS = 80

_BULLET = re.compile(r"\s*[•‣◦▪▫●○■□◆◇❖❑❒➢➤➔→✓✔☑✗☒★☐–—−·*⁃]\s+")
_SENTENCE_END = tuple(".!?,;:।。！？…")
_SHARE = 0.6  # of the lines of a paragraph that must repeat its form; arbitrary: an entry may have a line that goes on
_MAX_LABEL_WORDS = 4
_NARROW = 45  # characters; nobody wraps prose that early
_LABEL = re.compile(r"\W{0,4}(\w[^:：\n]{0,40}?)\W{0,4}[:：](?:\W{0,4}(?:\s|$)|[^\W\d_])")
_FIRST_WORD = re.compile(r"\s*(\S{1,40})(?:\s|$)")
_ENDS_WITH_NUMBER = re.compile(r"[\d.,]*\d\s*(?:[€$£¥%]|[A-Z]{3})?\s*$")
_EMPHASIS = str.maketrans("", "", "*_`~")


def keep_lines(tokens: list[Token], *, plain: bool) -> None:
    """Changes the tokens in place: where the ends of lines mean something, they are shown."""
    for before, token in pairwise(tokens):
        if token.type != "inline" or before.type != "paragraph_open" or "\n" not in token.content:
            continue
        if _keeps_lines(token.content.split("\n"), plain=plain):
            for child in token.children or []:
                if child.type == "softbreak":
                    child.type, child.tag = "hardbreak", "br"


def make_heading(tokens: list[Token]) -> None:
    """Makes the first paragraph of a plain text its heading, if it looks like one."""
    paragraphs = [token for token in tokens if token.type == "inline"]
    if len(paragraphs) < 2 or any(token.content == paragraphs[0].content for token in paragraphs[1:]):  # noqa: PLR2004
        return  # a name in a chat, the head of each page
    if tokens[0].type == "paragraph_open" and _is_heading(paragraphs[0].content):
        opening, _, closing = tokens[:3]
        opening.type, closing.type = "heading_open", "heading_close"
        opening.tag = closing.tag = "h1"


def _keeps_lines(raw: list[str], *, plain: bool) -> bool:
    lines = [line.translate(_EMPHASIS) for line in raw if line.strip()]
    if len(lines) < 2:  # noqa: PLR2004
        return False
    short = all(len(line) <= MAX_VERSE_LINE_CHARACTERS for line in lines)
    return (plain and short) or _repeats(lines) or (short and _is_deliberate(lines))


def _repeats(lines: list[str]) -> bool:
    """Whether most lines begin with a bullet, with somebody's name and a colon, or all with a number of one form."""
    needed = max(2, _SHARE * len(lines))
    if sum(_BULLET.match(line) is not None for line in lines) >= 2:  # noqa: PLR2004
        return True
    if _is_labelled(lines[0]) and sum(map(_is_labelled, lines)) >= needed:
        return True
    forms = [_form_of(line) for line in lines]
    if forms[0] and sum(form == forms[0] for form in forms) >= needed:
        return True
    return all(_ENDS_WITH_NUMBER.search(line[-20:]) for line in lines)


def _is_labelled(line: str) -> bool:
    found = _LABEL.match(line)
    return found is not None and len(found[1].split()) <= _MAX_LABEL_WORDS


def _form_of(line: str) -> str:
    """The first word with 9 for numbers, if it holds any (`10:15`, `(3)`, `2026-01-05`); else empty."""
    word = _FIRST_WORD.match(line)
    form = re.sub(r"\d+", "9", word[1]) if word else ""
    return form if "9" in form else ""


def _is_deliberate(lines: list[str]) -> bool:
    """Whether short lines end where their writer wanted it, as in a verse or an address.

    Each begins like a sentence, and the next word would often have found room, as in wrapped prose it never would.
    """
    if any(line.lstrip()[:1].islower() for line in lines):
        return False
    if not any(character.isupper() or character.isdigit() for line in lines for character in line[:3]):
        return False  # a script without capitals tells nothing
    widest = max(map(len, lines))
    if widest < _NARROW:
        return True
    return any(len(line) + 1 + len(after.split()[0]) <= widest for line, after in pairwise(lines))


def _is_heading(text: str) -> bool:
    return "\n" not in text and len(text) <= MAX_HEADING_CHARACTERS and not text.rstrip().endswith(_SENTENCE_END)
