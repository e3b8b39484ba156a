"""What Marp's directives say, in front matter and in comments. Names and lines only; pure and linear.

https://marpit.marp.app/directives: global ones are about the whole deck, and the last one counts; local ones hold from
their slide on, and those that begin with `_` on their slide alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pressrun.sources.deck_lines import fences
from pressrun.sources.front_matter import yaml_fields

# https://github.com/marp-team/marp-core and marp-cli add to those of Marpit
GLOBAL: Final = frozenset(
    re.split(" ", "theme style headingDivider lang size math title author description keywords url image marp")
)
LOCAL: Final = frozenset(
    re.split(
        " ",
        "paginate header footer class backgroundColor backgroundImage backgroundPosition backgroundRepeat "
        "backgroundSize color transition",
    )
)
SPOTS: Final = frozenset(f"_{name}" for name in LOCAL)

_KEY: Final = re.compile(r"[ \t]*(?P<key>[_$]?[A-Za-z]\w*)[ \t]*:(?:[ \t]+(?P<value>.*?))?[ \t]*$")
_GOES_ON: Final = re.compile(r"[ \t]+\S|-[ \t]|[ \t]*#|[\]}]")
_REMARK: Final = re.compile(r"[ \t]+#.*$")
_BY_YAML: Final = ("[", "{", "|", ">", '"', "'", "&", "*", "!")
_SURE: Final = frozenset(["marp", "paginate", "headingDivider", "theme", "size", *SPOTS])  # at the beginning of a text


def read_directives(comment: str) -> tuple[dict[str, str | list[str]], str]:
    """Those that a comment begins with, by key; and what follows them behind a blank line, which is a note.

    A comment that is anything else is all note.
    """
    lines = comment.strip("\n").split("\n")
    items: list[tuple[str, list[str]]] = []
    at = 0
    while at < len(lines):
        found = _KEY.match(lines[at])
        if found is not None and _is_known(found["key"]):
            items.append((found["key"], [found["value"] or ""]))
        elif items and _GOES_ON.match(lines[at]):
            items[-1][1].append(lines[at])
        elif lines[at].strip():
            break
        at += 1
    if not items or (at < len(lines) and lines[at - 1].strip()):
        return {}, comment
    return {key: _value(values) for key, values in items}, "\n".join(lines[at:]).strip()


def _is_known(key: str) -> bool:
    return key in LOCAL or key in SPOTS or key.lstrip("$") in GLOBAL


def _value(lines: list[str]) -> str | list[str]:
    first = "" if lines[0].startswith("#") and not re.match(r"#[0-9A-Fa-f]{3}", lines[0]) else lines[0]
    if len(lines) == 1 and not first.startswith(_BY_YAML):
        return _REMARK.sub("", first)
    found = yaml_fields("\n".join(["value: " + first, *lines[1:]]))
    value = first.strip("\"'") if found is None else found.get("value", "")
    if isinstance(value, list):
        return [one for one in value if isinstance(one, str)]
    return value if isinstance(value, str) else ""


def said_of_slides(fields: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """What directives say of their slide and those behind it, and of their slide alone."""
    lasting: dict[str, str] = {}
    spot: dict[str, str] = {}
    for key, value in fields.items():
        name = key.removeprefix("_")
        is_list = name == "class" and isinstance(value, list)
        said = " ".join(one for one in value if isinstance(one, str)) if is_list else value
        if name in LOCAL and isinstance(said, str):
            (lasting if name == key else spot)[name] = said
    return lasting, spot


def said_in_comments(text: str, dialect: str) -> tuple[dict[str, Any], dict[str, int]]:
    """What the comments of a deck of Marp say of all of it, and in which lines (from 0); nothing of another's.

    `dialect`: whose front matter it has. A text that has nobody's begins with such a comment, or has one for a slide.
    """
    if "<!--" not in text or dialect not in ("marp", ""):
        return {}, {}
    said = [(line, read_directives(comment)[0]) for line, comment in _comments(text)]
    begins = text.lstrip("\ufeff\n \t").startswith("<!--") and said and not _SURE.isdisjoint(said[0][1])
    if not (dialect or begins or any(not SPOTS.isdisjoint(one) for _, one in said)):
        return {}, {}
    made: dict[str, Any] = {"marp": "true"}
    lines: dict[str, int] = {}
    for line, one in said:
        for key, value in one.items():
            if (name := key.lstrip("$")) in GLOBAL:
                made[name], lines[name] = value, line
    return made, lines


def lines_of_directives(front: str, text: str) -> str:
    """The lines of comments in which a deck of Marp says something, unread, the last one first; empty for others.

    For the server itself: no YAML is read. `front`: its front matter.
    """
    begins = text.lstrip("\ufeff\n \t").startswith("<!--")
    if not (begins or re.search(r"^marp[ \t]*:", front, re.MULTILINE)):
        return ""
    said = [comment.strip() for _, comment in _comments(text)]
    return "\n".join(one for one in reversed(said) if (key := _KEY.match(one.split("\n")[0])) and _is_known(key["key"]))


def _comments(text: str) -> list[tuple[int, str]]:
    """Those that stand in no listing, and the lines (from 0) in which they begin."""
    lines = text.split("\n")
    for begin, end, _ in list(fences(lines)):
        lines[begin : end + 1] = [""] * (end + 1 - begin)
    rest, at, line, found = "\n".join(lines), 0, 0, []
    while (begin := rest.find("<!--", at)) >= 0 and (end := rest.find("-->", begin + 4)) >= 0:
        line += rest.count("\n", at, begin)
        if rest[begin - 1 : begin] != "`":
            found.append((line, rest[begin + 4 : end]))
        line += rest.count("\n", begin, end)
        at = end
    return found
