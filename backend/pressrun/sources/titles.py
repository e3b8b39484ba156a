"""What a text is called. Pure and linear: this runs in the server itself, on text of any shape."""

from __future__ import annotations

import re

from pressrun.sources.elements import KNOWN, VOID
from pressrun.sources.fences import FENCE
from pressrun.sources.front_matter import simple_title, split_front_matter

MAX_TITLE_CHARACTERS = 120  # arbitrary: fits a tab, a file name and a table cell
NO_TITLE = "Document"

_HEADING = re.compile(r" {0,3}#{1,6}[ \t\u00a0\u3000]+(\S.*)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?: \"[^\"]*\")?\)")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)(?:\s[^<>]*)?/?>")
_COMMENT = re.compile(r"<!--.*?-->")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS = "\u200c\u200d"  # they change how their neighbours look: in Hindi, in Persian, in emoji
_MARKS = re.compile(r"\*{1,3}|~~|`+|\\(?=[^\w\s])|(?<!\w)_{1,3}|_{1,3}(?!\w)")
_LINE_START = re.compile(r"\s*(?:>\s*|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,9}[.)]\s+|#{1,6}\s+)*")
_SCAN_CHARACTERS = 20_000  # a heading further down names a part, not the whole


def title_of(text: str) -> str:
    """The front matter's title, else the first heading, else the first line that says something. Never empty."""
    front = split_front_matter(text.lstrip("\ufeff").replace("\r\n", "\n"))
    return one_line(simple_title(front.block)) or title_of_body(front.rest)


def title_of_body(body: str) -> str:
    """The same for a text without front matter."""
    lines = body[:_SCAN_CHARACTERS].splitlines()
    return _first_heading(lines) or _first_line(lines) or NO_TITLE


def one_line(text: str) -> str:
    """Plain text as a title: one line, no controls, no longer than a title may be, cut between words."""
    seen = _INVISIBLE.sub("", text[: 4 * MAX_TITLE_CHARACTERS])
    line = " ".join("".join(c if c.isprintable() or c in _JOINERS else " " for c in seen).split())
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    cut = line[: MAX_TITLE_CHARACTERS - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[MAX_TITLE_CHARACTERS // 2 :] else cut).rstrip(" ,;:.–—-") + "…"


def plain_line(line: str) -> str:
    """What a line of Markdown says, without its signs; no longer than a title may be."""
    return _unmarked(line)


def _first_heading(lines: list[str]) -> str:
    fence = ""
    previous = ""
    for line in lines:
        mark = FENCE.match(line)
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
    return one_line(_MARKS.sub("", _without_tags(_LINK.sub(r"\1", line))))


def _without_tags(line: str) -> str:
    """The line as the document shows it: tags of known elements that have both their ends, or need only one, go."""
    line = _COMMENT.sub("", line)
    tags = [(found[2].lower(), bool(found[1])) for found in _TAG.finditer(line)]
    both = {name for name, closing in tags if closing and (name, False) in tags} | VOID
    return _TAG.sub(lambda found: "" if found[2].lower() in both & KNOWN else found[0], line)
