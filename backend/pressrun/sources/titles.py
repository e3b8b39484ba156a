"""What a text is called. Pure and linear: this runs in the server itself, on text of any shape."""

from __future__ import annotations

import re

MAX_TITLE_CHARACTERS = 120  # arbitrary: fits a tab, a file name and a table cell
NO_TITLE = "Document"

_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n((?:[A-Za-z][\w-]*:[^\n]*\n|[ \t][^\n]*\n|#[^\n]*\n|-[ \t][^\n]*\n)+)---[ \t]*(?:\n|\Z)"
)
_TITLE_FIELD = re.compile(r"^title:[ \t]*(\S[^\n]*)$", re.MULTILINE | re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(\S.*)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?: \"[^\"]*\")?\)")
_TAG = re.compile(r"<[^<>]*>")
_MARKS = re.compile(r"\*{1,3}|~~|`+|\\(?=[^\w\s])|(?<!\w)_{1,3}|_{1,3}(?!\w)")
_LINE_START = re.compile(r"\s*(?:>\s*|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,9}[.)]\s+|#{1,6}\s+)*")
_SCAN_CHARACTERS = 20_000  # a heading further down names a part, not the whole


def split_front_matter(text: str) -> tuple[str, str]:
    """A leading `---` block of `key: value` lines, and the rest."""
    found = _FRONT_MATTER.match(text)
    return (found.group(1), text[found.end() :]) if found else ("", text)


def title_of(text: str) -> str:
    """The front matter's title, else the first heading, else the first line that says something. Never empty."""
    fields, body = split_front_matter(text.lstrip("\ufeff").replace("\r\n", "\n"))
    named = _TITLE_FIELD.search(fields)
    if named:
        return one_line(named.group(1).strip("\"'")) or NO_TITLE
    lines = body[:_SCAN_CHARACTERS].splitlines()
    return _first_heading(lines) or _first_line(lines) or NO_TITLE


def one_line(text: str) -> str:
    """Plain text as a title: one line, no controls, no longer than a title may be, cut between words."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MAX_TITLE_CHARACTERS]).split())
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    cut = line[: MAX_TITLE_CHARACTERS - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[MAX_TITLE_CHARACTERS // 2 :] else cut).rstrip(" ,;:.–—-") + "…"


def _first_heading(lines: list[str]) -> str:
    fence = ""
    previous = ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark and (not fence or mark.group(1).startswith(fence)):
            fence = "" if fence else mark.group(1)
        elif not fence:
            heading = _HEADING.match(line)
            if heading and (text := _unmarked(heading.group(1).rstrip().rstrip("#"))):
                return text
            if previous and _UNDERLINE.fullmatch(line) and not _starts_block(previous):
                return _unmarked(previous)
        previous = "" if fence else line.strip()
    return ""


def _first_line(lines: list[str]) -> str:
    return next((text for line in lines if (text := _unmarked(line)) and any(c.isalnum() for c in text)), "")


def _starts_block(line: str) -> bool:
    start = _LINE_START.match(line)
    return (start is not None and bool(start.group().strip())) or line.startswith(("|", "<"))


def _unmarked(line: str) -> str:
    line = line[: 4 * MAX_TITLE_CHARACTERS]
    start = _LINE_START.match(line)
    line = line[start.end() :] if start else line
    return one_line(_MARKS.sub("", _TAG.sub("", _LINK.sub(r"\1", line))))
