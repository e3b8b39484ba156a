"""What stands in front of a text, or of a slide, and is about it: YAML between `---`, TOML between `+++`.

`split_front_matter` finds it: pure and linear, for the server itself. `read_front_matter` reads it and is for the
parser child: PyYAML in its narrowest form, where every scalar is a string and an alias is refused, so that nothing
unfolds (https://en.wikipedia.org/wiki/Billion_laughs_attack) and no tag makes an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

MAX_CHARACTERS: Final = 65_536  # arbitrary: real ones have hundreds; more is passed over unread
_MAX_FLOW_DEPTH: Final = 50  # arbitrary: PyYAML is quadratic in the depth of `[[[`

_KEY = r"""(?:"[^"\n]*+"|'[^'\n]*+'|[^\W\d][\w./$-]*+(?: [\w./$-]++){0,3}+)"""
_YAML_LINE: Final = re.compile(
    rf"[ \t]*+$|[ \t]*+\#|[ \t]++\S|-(?:[ \t]|$)|[\]}}][\]}},]*[ \t]*$|%[A-Z]|<<:[ \t]|{_KEY}[ \t]*+:(?:[ \t]|$)"
)
_YAML_KEY: Final = re.compile(rf"{_KEY}[ \t]*+:(?:[ \t]|$)|<<:[ \t]")
_TOML_LINE: Final = re.compile(r"""[ \t]*+(?:$|\#|\[|\]|["'\w.-]++[ \t]*+=|["'0-9{},])""")
_TITLE: Final = re.compile(r"^title[ \t]*[:=][ \t]*(\S[^\n]*)$", re.MULTILINE | re.IGNORECASE)
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")

_SLIDE_KEY: Final = re.compile(r"([a-z][A-Za-z0-9_-]*+)[ \t]*+:(?:[ \t]|$)")
# https://sli.dev/custom/, "Frontmatter": what a single slide may say of itself
_SLIDE_KEYS: Final = frozenset(
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
# what only the front matter of a deck says: Marp, Slidev, reveal-md
_DECK_KEYS: Final = frozenset(
    [
        "marp",
        "theme",
        "paginate",
        "transition",
        "highlighter",
        "colorSchema",
        "drawings",
        "canvasWidth",
        "aspectRatio",
        "routerMode",
        "mdc",
        "fonts",
        "revealOptions",
        "headingDivider",
        "backgroundColor",
        "slideNumber",
    ]
)
_MAX_SLIDE_LINES: Final = 60  # arbitrary: a slide's keys are a few lines; more is text
_SLOT: Final = re.compile(r"::[a-zA-Z][\w-]*::[ \t]*$")

Format = Literal["yaml", "toml", ""]


class Split(NamedTuple):
    """A text in two: what is in front (and in which format; empty if there is nothing), and the rest."""

    format: Format
    block: str
    rest: str


@dataclass(slots=True)
class FrontMatter:
    """What could be read, by key, and what a person should know of the rest as (code, message)."""

    fields: dict[str, Any] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def split_front_matter(text: str) -> Split:
    """`text` has its lines ended by `\\n`. What is not front matter throughout is text."""
    begin = len(text) - len(text.lstrip("\ufeff\n"))
    line, at = _line(text, begin)
    mark = line.rstrip()
    if mark not in ("---", "+++"):
        return Split("", "", text)
    form, ends = (_YAML_LINE, ("---", "...")) if mark == "---" else (_TOML_LINE, ("+++",))
    start, first, quoted = at, True, False
    while at < len(text):
        line, after = _line(text, at)
        if not quoted and line.rstrip() in ends:
            return Split("yaml" if mark == "---" else "toml", text[start:at], text[after:])
        if mark == "+++" and (line.count('"""') % 2 or line.count("'''") % 2):
            quoted = not quoted
        elif not quoted and form.match(line) is None:
            break
        if first and line.strip() and not line.lstrip().startswith(("#", "%")):
            if mark == "---" and _YAML_KEY.match(line) is None:
                break
            first = False
        at = after
    return Split("", "", text)


def simple_title(block: str) -> str:
    """The title as a line of its own says it, for where nothing can be parsed; empty if there is none."""
    found = _TITLE.search(block)
    return _unquoted(found[1]) if found else ""


def _unquoted(value: str) -> str:
    value = value.strip()
    if value[:1] in ('"', "'") and value.find(value[0], 1) > 0:
        return value[1 : value.find(value[0], 1)]
    value = re.sub(r"(?:^|\s)#.*", "", value).strip()
    return "" if value in ("", "~", "null", "|", ">", "[]", "{}") else value


def read_front_matter(split: Split) -> FrontMatter:
    """Its fields. What is too much or wrong is a warning, and its title is still looked for."""
    if not split.format:
        return FrontMatter()
    try:
        fields = _read_yaml(split.block) if split.format == "yaml" else _read_toml(split.block)
    except _Unread as exc:
        told = f"The front matter is not read: {exc}."
        return FrontMatter({"title": simple_title(split.block)}, [("front_matter_ignored", told)])
    made = FrontMatter(fields)
    for key in ("title", "lang", "language"):
        value = fields.get(key)
        if isinstance(value, dict | list | bool):
            made.warnings.append(("front_matter_ignored", f"`{key}` of the front matter is no text and is not used."))
            del fields[key]
        elif value in ("~", "null"):
            del fields[key]
    return made


class _Unread(Exception):
    """This front matter is passed over; the message says why."""


def _read_yaml(block: str) -> dict[str, Any]:
    import yaml  # noqa: PLC0415  (30 ms that a text without front matter need not pay)

    class Loader(yaml.BaseLoader):  # type: ignore[misc]  # (untyped) every scalar a string, no tags
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise _Unread("it holds an alias")
            return super().compose_node(parent, index)

    _check_size(block)
    try:
        found = yaml.load(block, Loader)  # noqa: S506  (a BaseLoader)
    except (yaml.YAMLError, ValueError, TypeError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise _Unread(f"it is no valid YAML{where}") from None
    except RecursionError:
        raise _Unread("it is nested too deeply") from None
    if found in (None, ""):
        return {}
    if not isinstance(found, dict):
        raise _Unread("it is no list of keys and values")
    return {str(key): value for key, value in found.items()}


def _read_toml(block: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  (as yaml)

    _check_size(block)
    try:
        found = tomllib.loads(block)
    except (ValueError, RecursionError):
        raise _Unread("it is no valid TOML") from None
    return {key: value if isinstance(value, str | list | dict | bool) else str(value) for key, value in found.items()}


def _check_size(block: str) -> None:
    if len(block) > MAX_CHARACTERS:
        raise _Unread(f"it is longer than {MAX_CHARACTERS} characters")
    depth = deepest = 0
    for found in re.finditer(r"[\[{]|[\]}]", block):
        depth += 1 if found[0] in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > _MAX_FLOW_DEPTH:
        raise _Unread("it is nested too deeply")


def is_deck(fields: dict[str, Any]) -> bool:
    """Whether the front matter is that of slides, so that `---` begins one."""
    return not _DECK_KEYS.isdisjoint(fields)


def split_slides(text: str, *, deck: bool) -> tuple[str, bool]:
    """The text without what its slides say of themselves between two `---`, and whether it is a deck after all.

    Outside a deck such a block must hold only keys that Slidev knows: `Question: why?` between two lines is text.
    """
    if "---" not in text:
        return text, deck
    lines = text.split("\n")
    blocks = dict(_slide_blocks(lines, deck=deck))
    deck = deck or bool(blocks)
    if not deck:
        return text, False
    kept: list[str] = []
    at = 0
    for start, end in [*blocks.items(), (len(lines), len(lines))]:
        kept += ("" if deck and _SLOT.match(line) else line for line in lines[at:start])
        if start < len(lines):
            kept += ["---", ""]
        at = end
    return "\n".join(kept), deck


def _slide_blocks(lines: list[str], *, deck: bool) -> Iterator[tuple[int, int]]:
    """First line, and the line after the last, of each block."""
    fence, before_blank, at = "", True, 0
    while at < len(lines):
        line = lines[at]
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and before_blank and line.rstrip() == "---":
            end = _end_of_slide_block(lines, at + 1, deck=deck)
            if end is not None:
                yield at, end
                at, before_blank = end, True
                continue
        before_blank = not line.strip()
        at += 1


def _end_of_slide_block(lines: list[str], start: int, *, deck: bool) -> int | None:
    keys: set[str] = set()
    for at in range(start, min(len(lines), start + _MAX_SLIDE_LINES)):
        line = lines[at]
        if line.rstrip() == "---":
            return at + 1 if keys and (deck or keys <= _SLIDE_KEYS) else None
        key = _SLIDE_KEY.match(line)
        if key is not None:
            keys.add(key[1])
        elif not keys or not re.match(r"[ \t]+\S|-[ \t]|[ \t]*#|[\]}]|[ \t]*$", line):
            return None
    return None


def _line(text: str, at: int) -> tuple[str, int]:
    """The line that begins there, and where the next one does."""
    end = text.find("\n", at)
    return (text[at:], len(text)) if end < 0 else (text[at:end], end + 1)
