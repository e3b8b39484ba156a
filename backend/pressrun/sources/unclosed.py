"""What its author began and never closed: fenced blocks, listings, comments, notes, formulas; told with the line."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from markdown_it.token import Token

from pressrun.sources.containers import Containers
from pressrun.sources.line_numbers import Lines

MAX_TOLD: Final = 10  # warnings of one kind, and names in one; arbitrary: a screen
_OPEN: Final = re.compile(
    r"<!--|<aside\b(?=[^<>]*\bnotes\b)|^\s*\$\$(?=\s*(?:$|\\))|^\s*\\begin\{(?:align|gather|equation|multline|cases)\*?\}"
)
_ENDS: Final = {"<!--": "-->", "<aside": "</aside>", "$$": "$$"}


def unclosed_warnings(tokens: list[Token], containers: Containers, lines: Lines) -> list[tuple[str, str]]:
    """As (code, message). All of it is shown as it was typed."""
    return [*_container_warnings(containers, lines), *_fence_warnings(tokens, lines), *_open_warnings(tokens, lines)]


def _container_warnings(containers: Containers, lines: Lines) -> list[tuple[str, str]]:
    told = [
        f"Line {lines.number(at)}: `{_short(mark)}` is never closed and is shown as text. Close it by a line `:::`."
        for at, mark in containers.unclosed
    ]
    told += [
        f"Line {lines.number(at)}: `:::` closes nothing and is shown as text. Remove it." for at in containers.unopened
    ]
    named = ", ".join(f"`{_short(name)}` (line {lines.number(at)})" for at, name in containers.unknown[:MAX_TOLD])
    if named:
        told.append(f"Blocks of a kind that is not known are shown as text: {named}.")
    return [("markup_unknown", message) for message in told[:MAX_TOLD]]


def _fence_warnings(tokens: list[Token], lines: Lines) -> list[tuple[str, str]]:
    """Of a listing that goes on to the end of the text because nobody closed it."""
    told: list[tuple[str, str]] = []
    for token in tokens:
        if token.type != "fence" or token.level or not token.map:
            continue
        start, end = token.map
        last = lines.lines[min(end, len(lines.lines)) - 1].strip()
        if end - start < 2 or not last.startswith(token.markup) or last.strip(token.markup[0]):  # noqa: PLR2004
            message = (
                f"Line {lines.number(start)}: a listing (`{token.markup}`) is never closed and goes on to the end."
            )
            told.append(("markup_unknown", f"{message} Close it by a line `{token.markup}`."))
    return told


def _open_warnings(tokens: list[Token], lines: Lines) -> list[tuple[str, str]]:
    """Of comments and notes that nobody closed, which stand in the text as they were typed."""
    told = []
    for token in tokens:
        at = token.map[0] if token.map else 0
        for line in _typed_lines(token):
            found = _OPEN.search(line)
            at += 1
            if found is not None:
                begin = found[0].strip()
                end = _ENDS.get(begin) or begin.replace("begin", "end")
                why = f"`{begin}` is never closed and is shown as text. Close it by `{end}`"
                told.append(("markup_unknown", f"Line {lines.number(at - 1)}: {why}."))
    return told[:MAX_TOLD]


def _typed_lines(token: Token) -> Iterator[str]:
    """What of each line is text, and neither code nor a tag."""
    line = ""
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            yield line
            line = ""
        elif child.type == "text" or child.content.startswith("&lt;"):  # a tag without its other half is text
            line += html.unescape(child.content)
    yield line


def _short(words: str) -> str:
    return words if len(words) <= 40 else words[:39] + "…"  # noqa: PLR2004  (arbitrary: a part of a line)
