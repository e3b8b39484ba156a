"""Fenced blocks with a name, `::: notes` … `:::`, as Pandoc, Quarto and many sites have them. For the parser child.

Where they begin and end is told by lines alone (`find_containers`), once for a text and in one pass: so a thousand that
never end take no longer than one, and `said_in_text` leaves out the same lines. What is no container stays as typed:
`::: anything` without its end, or with a name that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

from pressrun.sources.attributes import Attributes, read_attributes

MAX_DEPTH: Final = 20  # arbitrary: columns in columns are two

_LINE: Final = re.compile(r" {0,3}(:{3,})[ \t]*(.*?)[ \t]*(:{3,})?$")
_NAME: Final = re.compile(r"([A-Za-z][\w-]*)(?:\[([^\]]*)\])?(?=[\s{]|$)[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(?:[-*+>][ \t]+)*(`{3,}|~{3,})")

# Kinds of a callout, and which of GitHub's five alerts each looks like
ALERTS: Final = {
    "note": "note",
    "info": "note",
    "abstract": "note",
    "example": "note",
    "question": "note",
    "quote": "note",
    "todo": "note",
    "tip": "tip",
    "hint": "tip",
    "success": "tip",
    "important": "important",
    "warning": "warning",
    "attention": "warning",
    "caution": "caution",
    "danger": "caution",
    "error": "caution",
    "bug": "caution",
    "failure": "caution",
}
_NOTES: Final = frozenset(["notes", "speaker-notes", "speaker"])
_PLAIN: Final = frozenset(
    [
        "columns",
        "column",
        "incremental",
        "nonincremental",
        "fragment",
        "center",
        "r-stack",
        "r-fit-text",
        "panel-tabset",
        "details",
        "block",
        "exampleblock",
        "alertblock",
        "aside",
        "footer",
        "output-location-column",
        "content-visible",
        "questions",
        "vocabulary",
        "dialogue",
        "v-click",
        "v-clicks",
        "left",
        "right",
    ]
)


class _Begun(NamedTuple):
    """What a first line says."""

    attributes: Attributes
    title: str
    line: int = 0
    mark: str = ""


class Container(NamedTuple):
    """Lines `start` and `end` (from 0) are its marks. `title`: words behind the name."""

    start: int
    end: int
    attributes: Attributes
    title: str

    @property
    def is_notes(self) -> bool:
        return not _NOTES.isdisjoint(self.attributes.classes)

    @property
    def alert(self) -> str:
        """What it calls the reader's attention to, as it is called there; empty for none."""
        for name in self.attributes.classes:
            kind = name.removeprefix("callout-").lower()
            if kind in ALERTS:
                return kind
        return ""


@dataclass(slots=True)
class Containers:
    """Of one text: those that have both ends, by their first line; lines that begin one without an end, and that end
    none.
    """

    found: dict[int, Container] = field(default_factory=dict)
    unclosed: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    unopened: list[int] = field(default_factory=list)

    @property
    def marks(self) -> set[int]:
        """Lines that only mark where one begins or ends."""
        return {at for container in self.found.values() for at in (container.start, container.end)}


def find_containers(lines: Sequence[str], *, any_name: bool = False) -> Containers:
    """`unknown` are bare names that nobody has defined; in a deck of Pandoc or Quarto any name is a class."""
    made = Containers()
    open_ones: list[_Begun | None] = []  # None: one that stays as it was typed
    fence = ""
    for at, line in enumerate(lines):
        if line.lstrip(" >-*+\t")[:1] in "`~" and (mark := _FENCE.match(line)):
            if not fence or mark[1].startswith(fence):
                fence = "" if fence else mark[1]
            continue
        if fence or ":::" not in line:
            continue
        found = _LINE.match(line)
        if found is None:
            continue
        if not found[2]:
            _close(open_ones, at, made)
            continue
        begun = _begin(found[2], any_name=any_name)
        if isinstance(begun, str):
            made.unknown.append((at, begun))
        if isinstance(begun, _Begun) and len(open_ones) < MAX_DEPTH:
            open_ones.append(begun._replace(line=at, mark=line.strip()))
        else:
            open_ones.append(None)
    made.unclosed = [(begun.line, begun.mark) for begun in open_ones if begun is not None]
    return made


def _close(open_ones: list[_Begun | None], at: int, made: Containers) -> None:
    if not open_ones:
        made.unopened.append(at)
    elif (begun := open_ones.pop()) is not None:
        made.found[begun.line] = Container(begun.line, at, begun.attributes, begun.title)


def _begin(words: str, *, any_name: bool) -> _Begun | str | None:
    """Attributes and title; the name if nobody knows it; None for what looks like no container at all."""
    if words.startswith("{"):
        read = read_attributes(words, 0)
        return _Begun(read.attributes, words[read.end :].strip()) if read else None
    name = _NAME.match(words)
    if name is None:
        return None
    lower = name[1].lower()
    is_alert = lower.removeprefix("callout-") in ALERTS
    if not (is_alert or any_name or lower in _PLAIN or lower in _NOTES):
        return name[1]
    rest = words[name.end() :]
    read = read_attributes(rest, 0)
    attributes = read.attributes if read else Attributes()
    attributes.classes.insert(0, lower)
    title = name[2] or (rest[read.end :] if read else rest).strip()
    if title and not is_alert:
        return name[1]  # `::: left over` is text
    return _Begun(attributes, title)


def containers_plugin(parser: MarkdownIt, containers: Containers) -> None:
    """Lets a parser make a block of each. They are of the very text that it is given; one that ends outside of the list
    in which it begins is none, and `unclosed`.
    """

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        container = containers.found.get(start)
        if container is None or container.end >= end or state.is_code_block(start):
            return False
        if any(state.sCount[at] < state.blkIndent and not state.isEmpty(at) for at in range(start, container.end + 1)):
            del containers.found[start]
            containers.unclosed.append((start, state.getLines(start, start + 1, 0, False).strip()))
            return False
        if silent:
            return True
        _open(state, container)
        old_parent, old_max, old_indent = state.parentType, state.lineMax, state.blkIndent
        state.parentType, state.lineMax = "container", container.end
        state.md.block.tokenize(state, start + 1, container.end)
        state.parentType, state.lineMax, state.blkIndent = old_parent, old_max, old_indent
        kind = "notes_close" if container.is_notes else "container_close"
        state.push(kind, "aside" if container.is_notes else "div", -1)
        state.line = container.end + 1
        return True

    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "container", rule, {"alt": ends})


def _count(said: str) -> int:
    return int(said) if said in ("2", "3", "4", "5", "6") else 0


def _open(state: StateBlock, container: Container) -> None:
    lines = [container.start, container.end + 1]
    if container.is_notes:
        token = state.push("notes_open", "aside", 1)
        token.map, token.attrs = lines, {"class": "notes"}
        return
    token = state.push("container_open", "div", 1)
    token.map, token.info = lines, " ".join(container.attributes.classes)
    alert = container.alert
    token.meta["side_by_side"] = _count(container.attributes.values.get("layout-ncol", ""))
    if not alert:
        token.attrs = {**container.attributes.for_element()}
        return
    token.attrs = {"class": f"markdown-alert markdown-alert-{ALERTS[alert]}"}
    title = state.push("paragraph_open", "p", 1)
    title.attrs, title.map = {"class": "markdown-alert-title"}, lines
    inline = state.push("inline", "", 0)
    named = container.title or container.attributes.values.get("title", "")
    token.meta["untitled"] = not named
    inline.content, inline.children, inline.map = named or alert.capitalize(), [], lines
    state.push("paragraph_close", "p", -1)
