"""What the authors of slides write that is no text: where a slide begins, and what one says of itself. Pure and linear.

Marp, Slidev, reveal-md, Pandoc and Quarto write decks in Markdown, each in its own way; which of them made a text is
told by its front matter, else by signs that only one of them knows. For the parser and for `said_in_text` alike, so
that both leave out the same lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pressrun.sources.deck_lines import settle_marp, settle_pandoc, settle_separators, settle_slidev
from pressrun.sources.fences import FENCE
from pressrun.sources.marp import SPOTS, said_in_comments, said_of_slides

Dialect = Literal["marp", "slidev", "reveal", "pandoc", "quarto", ""]

_BREAK: Final = re.compile(r" {0,3}-{3,}[ \t]*$")
_SLIDE_KEY: Final = re.compile(r"([a-z][A-Za-z0-9_-]*+)[ \t]*+:(?:[ \t]+(\S.*?))?[ \t]*$")
_BELONGS: Final = re.compile(r"[ \t]+\S|-[ \t]|[ \t]*#|[\]}]|[ \t]*$")
_MAX_SLIDE_LINES: Final = 60  # arbitrary: a slide's keys are a few lines; more is text
_SLOT: Final = re.compile(r"::([a-zA-Z][\w-]*)::[ \t]*$")
_PERCENT: Final = re.compile(r"%[ \t]+\S|%[ \t]*$")
_MAX_PERCENT_LINES: Final = 3  # title, authors, date: https://pandoc.org/MANUAL.html#extension-pandoc_title_block
_NOTE: Final = re.compile(r"notes?:", re.IGNORECASE)
_REVEAL: Final = re.compile(r"<!--\s*\.(?:slide|element):")

# What only the front matter of a deck says, by who reads it. A key of several is in the first that is sure of it.
_DIALECT_KEYS: Final[dict[Dialect, frozenset[str]]] = {
    "marp": frozenset(["marp", "headingDivider", "paginate", *SPOTS]),
    "reveal": frozenset(["revealOptions", "verticalSeparator", "highlightTheme"]),
    "quarto": frozenset(["format", "execute"]),
    "slidev": frozenset(
        [
            "highlighter",
            "colorSchema",
            "drawings",
            "canvasWidth",
            "aspectRatio",
            "routerMode",
            "mdc",
            "comark",
            "fonts",
            "titleTemplate",
            "themeConfig",
        ]
    ),
    "pandoc": frozenset(["slideNumber", "slide-level", "revealjs-url", "aspectratio", "colortheme", "incremental"]),
}
DIVS: Final[tuple[Dialect, ...]] = ("pandoc", "quarto")  # there `::: any-name` is a block of that class
_DECK_KEYS: Final = frozenset(["theme", "transition", "backgroundColor"])  # of several of them
_QUARTO_FORMATS: Final = ("revealjs", "pptx", "beamer")

_LOOKS: Final = frozenset(
    ["layout", "class", "background", "backgroundColor", "backgroundImage", "backgroundSize", "image"]
)
# https://sli.dev/custom/#frontmatter: what a single slide may say of itself
SLIDE_KEYS: Final = frozenset(
    [
        "background",
        "backgroundSize",
        "class",
        "clicks",
        "clicksStart",
        "disabled",
        "dragPos",
        "hide",
        "hideInToc",
        "image",
        "layout",
        "level",
        "preload",
        "routeAlias",
        "src",
        "transition",
        "zoom",
    ]
)


@dataclass(slots=True)
class Deck:
    """`text` has as many lines as what was read: those that are no text are empty in it.

    `is_deck`: slides begin in it. `breaks`: the lines (from 0) at which an author lets one begin, and what is said of
    it there; line -1 is of the first one. `hidden`: lines that are no text.
    """

    text: str
    dialect: Dialect = ""
    is_deck: bool = False
    breaks: dict[int, dict[str, str]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    lasting: dict[str, str] = field(default_factory=dict)  # what is said of all slides, as Marp does
    slots: dict[int, str] = field(default_factory=dict)  # `::right::` of Slidev, by line
    spoken: set[int] = field(default_factory=set)  # lines of notes that begin with `Note:`, as reveal-md has them
    title_block: list[str] = field(default_factory=list)  # Pandoc's `% …` lines
    unused: list[tuple[str, int]] = field(default_factory=list)  # what of it is not done here, and its line
    used: set[str] = field(default_factory=set)  # keys of the front matter that it was read by
    look: dict[str, Any] = field(default_factory=dict)  # of all its slides, by the names of `look.Look`


def dialect_of(fields: dict[str, Any]) -> tuple[Dialect, bool]:
    """Whose front matter that is, and whether it is that of slides at all."""
    for dialect, keys in _DIALECT_KEYS.items():
        if dialect == "quarto":
            said = fields.get("format")
            names = said if isinstance(said, dict | list) else [said]
            if any(str(name).startswith(_QUARTO_FORMATS) for name in names):
                return dialect, True
        elif not keys.isdisjoint(fields):
            return dialect, True
    if "theme" in fields and ("layout" in fields or "background" in fields):
        return "slidev", True
    return "", not _DECK_KEYS.isdisjoint(fields)


def fields_of_deck(text: str, fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
    """With what comments of Marp say of a whole deck, and the lines (from 0) in which they say it."""
    said, lines = said_in_comments(text, dialect_of(fields)[0])
    return fields | said, lines


def read_deck(text: str, fields: dict[str, Any]) -> Deck:
    """`text` is what follows the front matter whose fields these are; its lines are ended by `\\n`.

    Outside a deck keys between two `---` must be such that Slidev knows: `Question: why?` between two lines is text.
    """
    dialect, is_deck = dialect_of(fields)
    lines = text.split("\n")
    made = Deck(text, dialect, is_deck)
    looks = {key: value for key, value in fields.items() if key in _LOOKS and isinstance(value, str)}
    if is_deck and dialect == "marp":
        lasting, made.breaks[-1] = said_of_slides(fields)
        made.lasting = looks | lasting
    elif is_deck:
        made.breaks[-1] = {"layout": "cover", **looks} if dialect == "slidev" else looks
    if not dialect and not fields:
        _take_title_block(lines, made)
    if not made.dialect and "<!--" in text and _REVEAL.search(text):
        made.dialect, made.is_deck = "reveal", True
    if made.dialect == "reveal":
        made.used = settle_separators(lines, fields)
    if "---" in text or made.hidden or made.used:
        _take_breaks(lines, made)
    made.is_deck = made.is_deck or bool(made.breaks)
    _settle_lines(lines, made, fields)
    for at in made.hidden:
        lines[at] = ""
    made.text = "\n".join(lines)
    return made


def _settle_lines(lines: list[str], made: Deck, fields: dict[str, Any]) -> None:
    if made.dialect == "marp":
        settle_marp(lines)
        return
    if made.dialect == "slidev":
        settled = settle_slidev(lines)
    elif made.dialect in ("pandoc", "quarto"):
        settled = settle_pandoc(lines, fields, quarto=made.dialect == "quarto")
    else:
        return
    made.hidden |= settled.hidden
    made.unused += settled.unused


def _take_title_block(lines: list[str], made: Deck) -> None:
    block = lines[:_MAX_PERCENT_LINES]
    count = next((n for n, line in enumerate(block) if not _PERCENT.match(line)), len(block))
    if count and (count == len(lines) or not lines[count].strip()):
        made.title_block = [line[1:].strip() for line in lines[:count]]
        made.dialect, made.is_deck = "pandoc", True
        made.hidden.update(range(count))


def _take_breaks(lines: list[str], made: Deck) -> None:
    blocks = dict(_slide_blocks(lines, made))
    if any(end - start > 1 for start, end in blocks.items()):
        made.is_deck = True
        made.dialect = made.dialect or "slidev"
    at, fence = 0, ""
    while at < len(lines):
        mark = FENCE.match(lines[at])
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif at in blocks and not fence:
            end = blocks[at]
            made.breaks[at] = _said(lines[at + 1 : end - 1])
            made.hidden.update(range(at + 1, end))
            if at and lines[at - 1].strip():
                lines[at] = "***"  # as a line of dashes it would make a heading of the line above
            at = end
            continue
        elif (
            made.dialect == "reveal"
            and not fence
            and _NOTE.match(lines[at])
            and not "".join(lines[at - 1 : at]).strip()
        ):
            spoken = at
            while spoken < len(lines) and spoken not in blocks:
                made.spoken.add(spoken)
                spoken += 1
            at = spoken
            continue
        elif made.is_deck and not fence and (slot := _SLOT.match(lines[at])):
            made.slots[at] = slot[1]
            made.hidden.add(at)
        at += 1


def _slide_blocks(lines: list[str], made: Deck) -> Iterator[tuple[int, int]]:
    """First line, and the line after the last, of each break; with what is said of the slide, if anything is."""
    fence, before_blank, at = "", True, 0
    anywhere = made.dialect in ("slidev", "reveal")  # there a line of dashes never makes a heading
    while at < len(lines):
        line = lines[at]
        mark = FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and (before_blank or anywhere) and _BREAK.match(line):
            keyed = line.rstrip() == "---" and made.dialect != "reveal"
            loose = made.is_deck and made.dialect != "marp"  # to Marp `Question: why?` there is a heading
            end = _end_of_slide_block(lines, at + 1, deck=loose) if keyed else None
            end = end or (_end_of_yaml(lines, at + 1) if made.dialect == "slidev" else None)
            yield at, end or at + 1
            at, before_blank = end or at + 1, True
            continue
        before_blank = not line.strip()
        at += 1


def _end_of_slide_block(lines: list[str], start: int, *, deck: bool) -> int | None:
    keys: set[str] = set()
    for at in range(start, min(len(lines), start + _MAX_SLIDE_LINES)):
        line = lines[at]
        if line.rstrip() == "---":
            return at + 1 if keys and (deck or keys <= SLIDE_KEYS) else None
        key = _SLIDE_KEY.match(line)
        if key is not None:
            keys.add(key[1])
        elif not keys or not _BELONGS.match(line):
            return None
    return None


def _end_of_yaml(lines: list[str], start: int) -> int | None:
    """Of keys in a listing at the beginning of a slide, https://sli.dev/features/block-frontmatter."""
    begin = next((at for at in range(start, min(start + 3, len(lines))) if lines[at].strip()), len(lines))
    if begin == len(lines) or not re.fullmatch(r"```ya?ml[ \t]*", lines[begin]):
        return None
    for at in range(begin + 1, min(len(lines), begin + _MAX_SLIDE_LINES)):
        if lines[at].rstrip() == "```":
            keys = [_SLIDE_KEY.match(line) for line in lines[begin + 1 : at] if line.strip()]
            return at + 1 if keys and all(key is not None and key[1] in SLIDE_KEYS for key in keys) else None
    return None


def _said(lines: list[str]) -> dict[str, str]:
    """What simple keys say; of others only that they are there."""
    found: dict[str, str] = {}
    for line in lines:
        key = _SLIDE_KEY.match(line)
        if key is not None:
            found[key[1]] = (key[2] or "").strip("\"'")
    return found
