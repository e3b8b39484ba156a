"""Signs within a line that CommonMark has not and many authors use. For the parser child.

`==marked==`, `H~2~O`, `2^10^`, `[words]{.class}`, `:rocket:`. Each wants what a reader of the text would expect around
it, so that `a==b`, `~/home`, `x^2 and y^2` and `10:30:45` stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

import emoji
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from pressrun.sources.attributes import ATTRIBUTES, read_attributes

_SCRIPT: Final = re.compile(r"(?P<sign>[~^])(?![~^\[])(?P<text>[^\s~^`$<>|]{1,40})(?P=sign)(?![~^])")
_SPAN: Final = re.compile(rf"\[(?P<text>(?:[^\[\]\\\n]|\\.){{1,300}})\](?={ATTRIBUTES.pattern})")
SHORTCODE: Final = re.compile(r"(?<![\w:]):(?P<name>[a-z0-9_+-]{1,60}):(?![\w:])", re.IGNORECASE)
_MAX_MARKED: Final = 500  # characters in which the end is looked for


def shortcode(name: str) -> str:
    """The emoji that GitHub, Slack and others call so; empty if none is called so."""
    typed = f":{name.lower()}:"
    found = emoji.emojize(typed, language="alias")
    return "" if found == typed else found


def conventions_plugin(parser: MarkdownIt) -> None:
    """Adds what is documented above to a parser."""
    for sign in ("=", "^", "~", ":"):
        parser.inline.add_terminator_char(sign)
    parser.inline.ruler.before("strikethrough", "marked", _marked)
    parser.inline.ruler.before("strikethrough", "script", _script)
    parser.inline.ruler.before("link", "span", _span)
    parser.inline.ruler.before("emphasis", "shortcode", _shortcode)


def _marked(state: StateInline, silent: bool) -> bool:
    src, start = state.src, state.pos
    if (
        not src.startswith("==", start)
        or src[start - 1 : start].isalnum()
        or src[start + 2 : start + 3] in ("=", " ", "")
    ):
        return False
    end = start + 2
    while True:
        end = src.find("==", end, min(state.posMax, start + _MAX_MARKED))
        if end < 0:
            return False
        if not src[end - 1].isspace() and end > start + 2 and not src[end + 2 : end + 3].isalnum():
            break
        end += 2
    if src[end + 2 : end + 3] == "=":
        return False
    return _wrap(state, "mark", start + 2, end, end + 2, silent)


def _script(state: StateInline, silent: bool) -> bool:
    """Below or above the line; without a space, behind a letter, a digit or a bracket."""
    if state.src[state.pos] not in "~^":
        return False
    found = _SCRIPT.match(state.src, state.pos, state.posMax)
    before = state.src[state.pos - 1 : state.pos] if state.pos else ""
    if found is None or not (before.isalnum() or before in (")", "]")):
        return False
    tag = "sub" if found["sign"] == "~" else "sup"
    return _wrap(state, tag, found.start("text"), found.end("text"), found.end(), silent)


def _span(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[":
        return False
    found = _SPAN.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    read = read_attributes(state.src, found.end())
    end = read.end if read else found.end()
    classes = " ".join(read.attributes.classes) if read else ""
    return _wrap(state, "span", found.start("text"), found.end("text"), end, silent, classes)


def _wrap(state: StateInline, tag: str, start: int, end: int, after: int, silent: bool, classes: str = "") -> bool:
    if not silent:
        limit, state.pos, state.posMax = state.posMax, start, end
        token = state.push(f"{tag}_open", tag, 1)
        if classes:
            token.attrs = {"class": classes}
        state.md.inline.tokenize(state)
        state.push(f"{tag}_close", tag, -1)
        state.posMax = limit
    state.pos = after
    return True


def _shortcode(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != ":":
        return False
    found = SHORTCODE.match(state.src, state.pos, state.posMax)
    sign = shortcode(found["name"]) if found else ""
    if found is None or not sign:
        return False
    if not silent:
        state.pending += sign
    state.pos = found.end()
    return True
