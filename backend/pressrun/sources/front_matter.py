"""What stands in front of a text and is about it: YAML between `---`, TOML between `+++`.

`split_front_matter` finds it: pure and linear, for the server itself. `read_front_matter` reads it and is for the
parser child: PyYAML in its narrowest form, where every scalar is a string and an alias is refused, so that nothing
unfolds (https://en.wikipedia.org/wiki/Billion_laughs_attack) and no tag makes an object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

MAX_CHARACTERS: Final = 65_536  # arbitrary: real ones have hundreds; more is passed over unread
_MAX_FLOW_DEPTH: Final = 50  # arbitrary: PyYAML is quadratic in the depth of `[[[`

_KEY = r"""(?:"[^"\n]*+"|'[^'\n]*+'|[^\W\d][\w./$-]*+(?: [\w./$-]++){0,3})"""
_YAML_LINE: Final = re.compile(
    rf"[ \t]*+$|[ \t]*+\#|[ \t]++\S|-(?:[ \t]|$)|[\]}}][\]}},]*[ \t]*$|%[A-Z]|<<:[ \t]|{_KEY}[ \t]*+:(?:[ \t]|$)"
)
_YAML_KEY: Final = re.compile(rf"{_KEY}[ \t]*+:(?:[ \t]|$)|<<:[ \t]")
_END: Final = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_TOML_LINE: Final = re.compile(r"""[ \t]*+(?:$|\#|\[|\]|["'\w.-]++[ \t]*+=|["'0-9{},])""")
_TITLE: Final = re.compile(r"^title[ \t]*[:=][ \t]*(\S[^\n]*)$", re.MULTILINE | re.IGNORECASE)

Format = Literal["yaml", "toml", ""]


class Split(NamedTuple):
    """A text in two: what is in front (and in which format; empty if there is nothing), and the rest.

    `line` is that of the block's first line, `rest_line` that of the first one of the rest; both from 1.
    """

    format: Format
    block: str
    rest: str
    line: int = 1
    rest_line: int = 1


@dataclass(slots=True)
class FrontMatter:
    """What could be read, by key, and what a person should know of the rest as (code, message)."""

    fields: dict[str, Any] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # where a key stands, from 1


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
            line_number = text.count("\n", 0, start) + 1
            rest_line = line_number + text.count("\n", start, after)
            return Split("yaml" if mark == "---" else "toml", text[start:at], text[after:], line_number, rest_line)
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


def unclosed_line(text: str) -> int | None:
    """The line at which front matter begins that never ends, and so is text; None where there is none."""
    begin = len(text) - len(text.lstrip("\ufeff\n"))
    line, at = _line(text, begin)
    if line.rstrip() != "---" or _YAML_KEY.match(_line(text, at)[0]) is None or _END.search(text, at):
        return None
    return text.count("\n", 0, begin) + 1


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
        line = unclosed_line(split.rest)
        why = f"The front matter (line {line}) is never closed and is shown as text. Close it by a line `---`."
        return FrontMatter(warnings=[] if line is None else [("front_matter_ignored", why)])
    try:
        fields = _read_yaml(split) if split.format == "yaml" else _read_toml(split.block)
    except _Unread as exc:
        told = f"The front matter (line {split.line}) is not read: {exc}."
        return FrontMatter({"title": simple_title(split.block)}, [("front_matter_ignored", told)])
    made = FrontMatter(fields, lines=_lines_of(split, fields))
    for key in ("title", "lang", "language"):
        value = fields.get(key)
        if isinstance(value, dict | list | bool):
            made.warnings.append(("front_matter_ignored", f"`{key}` of the front matter is no text and is not used."))
            del fields[key]
        elif value in ("~", "null"):
            del fields[key]
    return made


def yaml_fields(block: str) -> dict[str, Any] | None:
    """What a few lines of YAML say; None for what cannot be read."""
    try:
        return _read_yaml(Split("yaml", block, ""))
    except _Unread:
        return None


class _Unread(Exception):
    """This front matter is passed over; the message says why."""


def _lines_of(split: Split, fields: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, line in enumerate(split.block.split("\n"), start=split.line):
        key = re.match(r"""["']?([^\s"'#:=]+(?: [^\s"'#:=]+)*)["']?[ \t]*[:=]""", line)
        if key is not None and key[1] in fields:
            found.setdefault(key[1], number)
    return found


def _read_yaml(split: Split) -> dict[str, Any]:
    import yaml  # noqa: PLC0415  (30 ms that a text without front matter need not pay)

    class Loader(yaml.BaseLoader):  # type: ignore[misc]  # (untyped) every scalar a string, no tags
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise _Unread("it holds an alias (`*name`), write out what it stands for")
            return super().compose_node(parent, index)

    _check_size(split.block)
    try:
        found = yaml.load(split.block, Loader)  # noqa: S506  (a BaseLoader)
    except (yaml.YAMLError, ValueError, TypeError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" at line {mark.line + split.line}" if mark is not None else ""
        raise _Unread(f"it is no valid YAML{where}; quote what holds a colon") from None
    except RecursionError:
        raise _Unread("it is nested too deeply; make it flatter") from None
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
        raise _Unread(f"it is longer than {MAX_CHARACTERS} characters; shorten it")
    depth = deepest = 0
    for found in re.finditer(r"[\[{]|[\]}]", block):
        depth += 1 if found[0] in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > _MAX_FLOW_DEPTH:
        raise _Unread("it is nested too deeply; make it flatter")


def _line(text: str, at: int) -> tuple[str, int]:
    """The line that begins there, and where the next one does."""
    end = text.find("\n", at)
    return (text[at:], len(text)) if end < 0 else (text[at:end], end + 1)
