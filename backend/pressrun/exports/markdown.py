"""Export `markdown`: the slides as Markdown that is read again: `---` between them, notes as comments.

With the front matter that says so, as Marp has it: elsewhere `---` is a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pressrun.exports.contract import ExportWork
from pressrun.exports.rows import rows_of
from pressrun.slide_texts import SlideBlock, SlidePicture, SlideText

# What means something anywhere in a line, and at its beginning (CommonMark 0.31, 2.4: any of them may be escaped)
_ANYWHERE = re.compile(r"([\\`*_\[\]<>|~$&^=])")
_AT_START = re.compile(r"^(\s*)([-+#:]|\d{1,9}(?=[.)]))")
_DOT_OF_NUMBER = re.compile(r"^(\s*\d{1,9})([.)])")
_FENCE = re.compile(r"`{3,}")


async def make(work: ExportWork) -> bytes:
    """UTF-8, lines end in `\\n`."""
    texts = await work.read_texts()
    slides = [] if texts is None else texts.slides
    front = f"---\nmarp: true\ntitle: {json.dumps(work.title, ensure_ascii=False)}\n---\n\n"
    return (front + "\n---\n\n".join("\n".join(_lines(slide)) for slide in slides)).encode()


def _lines(slide: SlideText) -> Iterator[str]:
    before: str | None = None
    columns = 0
    for part in rows_of(slide):
        if isinstance(part, list):
            if before != "row" or len(part) != columns:
                columns = len(part)
                if before in ("row", "item"):
                    yield ""
                yield _row(part)
                yield "|" + "---|" * columns
            else:
                yield _row(part)
            before = "row"
            continue
        kind = "picture" if isinstance(part, SlidePicture) else part.kind
        if before == "row" or (before == "item" and kind != "item"):
            yield ""
        before = kind
        yield from _block(part)
        if kind != "item":
            yield ""
    if before in ("row", "item"):
        yield ""
    if slide.notes:
        yield f"<!--\n{_commented(slide.notes)}\n-->"
        yield ""


def _row(cells: list[SlideBlock]) -> str:
    return "| " + " | ".join(_escaped(" ".join(cell.text.split())) for cell in cells) + " |"


def _block(part: SlideBlock | SlidePicture) -> Iterator[str]:
    if isinstance(part, SlidePicture):
        said = part.alt or part.words
        yield f"*\\[{_escaped(' '.join(said.split()))}\\]*" if said else ""
    elif part.kind == "heading":
        yield "#" * min(part.level or 1, 6) + " " + _escaped(" ".join(part.text.split()))
    elif part.kind == "code":
        longest = max((len(run) for run in _FENCE.findall(part.text)), default=2)
        fence = "`" * (longest + 1)
        yield fence
        yield part.text
        yield fence
    elif part.kind == "item":
        yield "- " + _broken(part.text, "  ")
    elif part.kind == "quote":
        yield "> " + _broken(part.text, "> ")
    else:
        yield _broken(part.text, "")


def _broken(text: str, prefix: str) -> str:
    """Text whose lines were broken on purpose."""
    lines = [_escaped(line) for line in text.split("\n") if line.strip()]
    return f"\\\n{prefix}".join(lines)


def _escaped(text: str) -> str:
    """One line that means itself."""
    escaped = _ANYWHERE.sub(r"\\\1", text.strip())
    escaped = _DOT_OF_NUMBER.sub(r"\1\\\2", escaped)
    return escaped if _DOT_OF_NUMBER.match(text) else _AT_START.sub(r"\1\\\2", escaped)


def _commented(text: str) -> str:
    """For the inside of a comment, which two hyphens could end (HTML, 13.1.6)."""
    return re.sub(r"-(?=-|>)", "-\u200b", text)
