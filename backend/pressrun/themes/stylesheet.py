"""What a style sheet from somebody else may hold. Pure and linear; the browser is sealed besides.

A sheet is written into the document, so it must not end its `<style>`; a document is self-contained, so it may name
nothing elsewhere. What is not plainly harmless is refused by its line: an escape outside of a string may spell
anything.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pressrun.export_kinds import IMAGE_TYPES

MAX_CHARACTERS: Final = 200_000  # of a request; the largest theme of ours has 12 000 without its fonts
MAX_RULES: Final = 5_000  # arbitrary: ours have 200; each is tried on each element of a document
MAX_FAULTS: Final = 5  # that are told; arbitrary: enough to see what kind they are

_TOKEN: Final = re.compile(
    r"""(?P<comment>/\*(?:[^*]++|\*(?!/))*(?:\*/)?)
    |(?P<string>"(?:[^"\\\n]++|\\[\s\S])*"?+|'(?:[^'\\\n]++|\\[\s\S])*'?+)
    |(?P<url>\burl\(\s*+(?:"(?P<double>[^"\\\n]*+)"|'(?P<single>[^'\\\n]*+)'|(?P<bare>[^"'()\\\s]*+))\s*+\))
    |(?P<word>@[\w-]*+|<!--|-->|</?|\\|javascript\s*+:|\b(?:expression|src|image|image-set|url)\s*+\()
    |(?P<bracket>[{}()\[\]])""",
    re.VERBOSE | re.IGNORECASE,
)
_PAIRS: Final = {"}": "{", ")": "(", "]": "["}
# What a theme may bring along in its folder, and what each is
FILE_TYPES: Final = {
    ".woff2": "font/woff2",
    **IMAGE_TYPES,
    ".svg": "image/svg+xml",
}
_DATA: Final = re.compile(
    r"data:(?:image/(?:png|jpeg|webp|gif|avif|svg\+xml)|font/(?:woff2?|ttf|otf))[;,]", re.IGNORECASE
)
# What must not be in a sheet, by how it begins
_WRONG_WORDS: Final = {
    "@import": ("`@import` loads another style sheet", "write its rules into this one"),
    "</": ("`</` would end the style sheet", "write nothing but CSS"),
    "<!--": ("`<!--` is HTML", "write nothing but CSS"),
    "-->": ("`-->` is HTML", "write nothing but CSS"),
    "\\": ("an escape outside of a string", "write the character itself"),
    "expression(": ("`expression()` is a script", "remove it"),
    "javascript:": ("`javascript:` is a script", "remove it"),
    "src(": ("`src()` may load something", "use `url(data:…)`"),
    "image(": ("`image()` may load something", "use `url(data:…)`"),
    "image-set(": ("`image-set()` may load something", "use `url(data:…)`"),
    "url(": ("a `url(` that cannot be read", "put its address between quotes, without a line end or an escape"),
}
_FILE: Final = re.compile(r"(?!/)(?:[\w-][\w.-]*/)*[\w-][\w.-]*")


class Fault(NamedTuple):
    """What is wrong on a line (from 1), and what to do."""

    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}; {self.remedy}"


class FileReference(NamedTuple):
    """`css[start:end]` is a whole `url(…)` that names that file beside the sheet."""

    start: int
    end: int
    name: str


def faults_of(css: str, *, with_files: bool = False) -> list[Fault]:
    """The first few that keep the sheet from being used; none if it may be. `with_files`: it is a theme's own."""
    faults: list[Fault] = []
    brackets = _Brackets()
    for found in _TOKEN.finditer(css):
        wrong = brackets.wrong(found) if found["bracket"] else _wrong_token(found, with_files=with_files)
        if wrong is not None:
            faults.append(Fault(_line(css, found.start()), *wrong))
        if len(faults) >= MAX_FAULTS or brackets.broken:
            return faults
    if brackets.open and not faults:
        bracket, at = brackets.open[-1]
        closing = next(close for close, begin in _PAIRS.items() if begin == bracket)
        faults.append(Fault(_line(css, at), f"`{bracket}` is never closed", f"close it by `{closing}`"))
    if brackets.rules > MAX_RULES:
        faults.append(Fault(1, f"{brackets.rules} rules", f"at most {MAX_RULES} are taken; leave out what is not used"))
    return faults


class _Brackets:
    """Those that are open, with their places; `broken`: one closed nothing, so all that follows would be wrong."""

    def __init__(self) -> None:
        self.open: list[tuple[str, int]] = []
        self.rules = 0
        self.broken = False

    def wrong(self, found: re.Match[str]) -> tuple[str, str] | None:
        bracket = found[0]
        if bracket in "{([":
            self.open.append((bracket, found.start()))
            self.rules += bracket == "{"
            return None
        self.broken = not self.open or self.open.pop()[0] != _PAIRS[bracket]
        if not self.broken:
            return None
        return (f"`{bracket}` closes nothing", f"remove it, or open it by `{_PAIRS[bracket]}`")


def files_of(css: str) -> list[FileReference]:
    """The files beside a checked sheet that it names."""
    return [
        FileReference(found.start(), found.end(), address)
        for found in _TOKEN.finditer(css)
        if found["url"] is not None
        and not (address := _address(found)).lower().startswith("data:")
        and address[:1] != "#"
    ]


def _address(found: re.Match[str]) -> str:
    return next((text for text in (found["double"], found["single"], found["bare"]) if text is not None), "")


def _wrong_url(address: str, *, with_files: bool) -> tuple[str, str] | None:
    if _DATA.match(address) or address.startswith("#"):
        return None
    if with_files and _FILE.fullmatch(address):
        ending = f".{address.rpartition('.')[2].lower()}"
        if ending in FILE_TYPES:
            return None
        return (f"`url({_short(address)})` is of no kind that a theme may hold", f"use {', '.join(FILE_TYPES)}")
    remedy = "embed it: `url(data:image/png;base64,…)`"
    if with_files:
        remedy += ", or put it into the theme's folder and name it from there"
    return (f"`url({_short(address)})` is elsewhere, and a document names nothing outside itself", remedy)


def _wrong_token(found: re.Match[str], *, with_files: bool) -> tuple[str, str] | None:
    text = found[0]
    if found["url"]:
        if "</" in text:
            return ("`</` would end the style sheet", "leave it out; in an address write `%3C/`")
        return _wrong_url(_address(found), with_files=with_files)
    if found["word"]:
        word = found["word"].lower().replace(" ", "")
        return next((told for begin, told in _WRONG_WORDS.items() if word.startswith(begin)), None)
    if "</" in text:
        return ("`</` would end the style sheet", "leave it out; in a string write `<\\/`")
    if found["comment"]:
        is_whole = text.endswith("*/") and len(text) >= len("/**/")
        return None if is_whole else ("a comment is never closed", "end it by `*/`")
    is_whole = len(text) > 1 and text[-1] == text[0]
    return None if is_whole else ("a string is never closed", f"end it by `{text[0]}` on its line")


def _line(css: str, at: int) -> int:
    return css.count("\n", 0, at) + 1


def _short(address: str) -> str:
    return address if len(address) <= 60 else address[:59] + "…"  # noqa: PLR2004  (arbitrary: most of a line)
