"""Raw HTML in a text: what is a tag, and what only looks like one. Runs in the parser child.

Who typed `the <title> tag` or `<your name>` wants to see just that, while CommonMark hands both to the browser, which
drops them, or all that follows. Here a tag counts when its element is known and, unless it needs no end, both
its ends are there; everything else stays as it was typed. What is left over is for `sanitise`. Linear in the text.
"""

from __future__ import annotations

import base64
import functools
import html
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.html_blocks import block_names
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from pressrun.sources.elements import AS_DIV, FILTERED, KEPT, KNOWN, OPTIONAL_END, VOID
from pressrun.sources.pictures import embedded_picture
from pressrun.sources.svg import clean_inline_svg

MAX_DEPTH: Final = 100  # of raw elements in each other; nh3 is quadratic in it. Deeper tags go, their text stays

_ATTRIBUTE = r"""(?:\s++[a-zA-Z_:][a-zA-Z0-9:._-]*+(?:\s*+=\s*+(?:[^"'=<>`\x00-\x20]++|'[^']*+'|"[^"]*+"))?)"""
# CommonMark's tag, https://spec.commonmark.org/0.31.2/#raw-html; possessive, so that no input makes it slow
_TAG: Final = re.compile(rf"<(/?)([A-Za-z][A-Za-z0-9-]*+)({_ATTRIBUTE}*)\s*+(/?)>")
_CLOSER: Final = re.compile(r"</([A-Za-z][A-Za-z0-9-]*+)\s*+>")
_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n")
_WHOLE_BLOCKS: Final = ("pre", "svg", "style", "script")  # up to their end, over blank lines
_BLOCK_NAMES: Final = frozenset(block_names)
_BETWEEN: Final = re.compile(r"<[^<>]*>")
_SVG_TAG: Final = re.compile(r"<(/?)svg\b([^<>]*)>", re.IGNORECASE)

Warnings = list[tuple[str, str]]


class RawHtml:
    """One text: whether a tag in it has an end. Give it to a parser by `install`, then `settle` its tokens."""

    def __init__(self, text: str) -> None:
        self._closers: dict[str, list[int]] = {}  # where each end tag ends, in order
        for found in _CLOSER.finditer(text):
            self._closers.setdefault(found[1].lower(), []).append(found.end())
        self._closers["!--"] = [found.end() for found in re.finditer("-->", text)]

    def install(self, parser: MarkdownIt) -> None:
        """Replaces CommonMark's rule for blocks of HTML."""
        parser.block.ruler.at("html_block", self._block, {"alt": ["paragraph", "reference", "blockquote"]})
        parser.inline.ruler.before("html_inline", "svg_inline", self._svg)

    def _block(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
        at = state.bMarks[start] + state.tShift[start]
        if state.is_code_block(start) or not state.src.startswith("<", at):
            return False
        limit = state.eMarks[end - 1]
        if state.src.startswith("<!--", at):
            stop = self._end_after("!--", at + 4, limit)  # `<!-->` is a whole one
        else:
            stop = self._end_of_block(state, start, end, at, silent)
        if stop is None:
            return False
        if silent:
            return True
        line = start
        while line < end - 1 and state.eMarks[line] < stop:
            line += 1
        state.line = line + 1
        token = state.push("html_block", "", 0)
        token.map = [start, state.line]
        token.content = state.getLines(start, state.line, state.blkIndent, True)
        return True

    def _end_after(self, name: str, at: int, limit: int) -> int | None:
        """Of the next end tag of that name."""
        ends = self._closers.get(name, [])
        which = bisect_right(ends, at)
        return ends[which] if which < len(ends) and ends[which] <= limit else None

    def _end_of_block(self, state: StateBlock, start: int, end: int, at: int, silent: bool) -> int | None:
        """Where a block ends that begins with the tag at `at`; None if it is no such block."""
        tag = _TAG.match(state.src, at, state.eMarks[end - 1])
        if tag is None or _BLANK_LINE.search(tag.group()):
            return None
        closing, name = bool(tag[1]), tag[2].lower()
        if name in _WHOLE_BLOCKS and not closing:
            return self._end_of_whole(state.src, name, tag, state.eMarks[end - 1])
        if name not in KNOWN or (not closing and not self._has_end(name, tag)):
            return None
        if name not in _BLOCK_NAMES:  # CommonMark's seventh kind: the tag alone on its line, not in a paragraph
            line_end = state.src.find("\n", tag.end())
            if silent or state.src[tag.end() : line_end if line_end >= 0 else None].strip():
                return None
        line = start + 1
        while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
            line += 1
        return state.eMarks[line - 1]

    def _end_of_whole(self, src: str, name: str, tag: re.Match[str], limit: int) -> int | None:
        stop = _svg_ends(src).get(tag.start()) if name == "svg" else self._end_after(name, tag.end(), limit)
        if stop is None or stop > limit:
            return None
        if name in FILTERED:  # the browser's business only where it stands for itself: no words before or behind
            line_end = src.find("\n", stop)
            if src[stop : line_end if line_end >= 0 else None].strip():
                return None
        return stop

    def _has_end(self, name: str, tag: re.Match[str]) -> bool:
        if name in VOID or tag[4] or self._end_after(name, tag.end(), len(tag.string)) is not None:
            return True
        return name == "p" and not _is_before_word(tag.string, tag.end())

    def _svg(self, state: StateInline, silent: bool) -> bool:
        """A drawing within a paragraph, as one piece."""
        if state.src[state.pos] != "<" or state.src[state.pos : state.pos + 4].lower() != "<svg":
            return False
        stop = _svg_ends(state.src).get(state.pos)
        if stop is None:
            return False
        if not silent:
            state.push("html_inline", "", 0).content = state.src[state.pos : stop]
        state.pos = stop
        return True


@dataclass(slots=True, eq=False)
class _Piece:
    """A tag as found. `out`: what stands for it in the document."""

    name: str
    closing: bool
    raw: str
    attributes: str
    self_closing: bool
    in_block: bool
    before_word: bool  # whether a word of the text follows it after a space
    out: str = ""
    partner: _Piece | None = None


def settle(tokens: list[Token]) -> Warnings:
    """Changes what the tokens hold of raw HTML in place, and tells what was taken out."""
    found: list[tuple[Token, list[str | _Piece]]] = []
    dropped: Counter[str] = Counter()
    told: Warnings = []
    for token in tokens:
        if token.type == "html_block":
            found.append((token, _pieces(token.content, True, dropped, told)))
        else:
            inside = [child for child in token.children or [] if child.type == "html_inline"]
            found += [(child, _pieces(child.content, False, dropped, told)) for child in inside]
            _pair(_tags_of(found[len(found) - len(inside) :]))
    _pair(_tags_of([(token, pieces) for token, pieces in found if token.type == "html_block"]))
    _decide(_tags_of(found))
    for token, pieces in found:
        token.content = "".join(piece if isinstance(piece, str) else piece.out for piece in pieces)
    if dropped:
        named = ", ".join(f"<{name}> ({size} characters)" for name, size in sorted(dropped.items()))
        told.append(("markup_dropped", f"Not used, a text holds no styles and no scripts of its own: {named}."))
    return told


def _tags_of(found: list[tuple[Token, list[str | _Piece]]]) -> list[_Piece]:
    return [piece for _, pieces in found for piece in pieces if isinstance(piece, _Piece)]


def _pieces(raw: str, in_block: bool, dropped: Counter[str], told: Warnings) -> list[str | _Piece]:
    """`raw` in parts: HTML that is finished, and tags that are still to be judged."""
    parts: list[str | _Piece] = []
    at = 0
    last_comment_end = raw.rfind("-->")
    while True:
        begin = raw.find("<", at)
        parts.append(raw[at : begin if begin >= 0 else None])
        if begin < 0:
            return parts
        if raw.startswith("<!--", begin) and last_comment_end >= begin + 2:
            at = raw.index("-->", begin + 2) + 3
            continue
        tag = _TAG.match(raw, begin)
        if tag is None:
            parts.append("&lt;")
            at = begin + 1
            continue
        at = tag.end()
        name = tag[2].lower()
        stop = None if tag[1] else _end_of_foreign(raw, tag, name, in_block)
        if stop is not None and name == "svg":
            parts.append(_drawn(raw[begin:stop], told))
            at = stop
        elif stop is not None:
            dropped[name] += stop - begin
            at = stop
        else:
            before_word = in_block and _is_before_word(raw, at)
            parts.append(_Piece(name, bool(tag[1]), tag.group(), tag[3], bool(tag[4]), in_block, before_word))


def _end_of_foreign(raw: str, tag: re.Match[str], name: str, in_block: bool) -> int | None:
    """The end of a drawing, a style sheet or a script that is there as a whole."""
    if name == "svg":
        return _svg_ends(raw).get(tag.start())
    if name in ("style", "script") and in_block and tag.start() == len(raw) - len(raw.lstrip()):
        closer = re.compile(rf"</{name}\s*+>", re.IGNORECASE).search(raw, tag.end())
        return closer.end() if closer else None
    return None


@functools.lru_cache(maxsize=4)  # asked for each `<svg` of a text in turn
def _svg_ends(src: str) -> dict[int, int]:
    """Where each drawing ends, by where it begins."""
    ends: dict[int, int] = {}
    begun: list[int] = []
    for found in _SVG_TAG.finditer(src):
        if not found[1] and not found[2].endswith("/"):
            begun.append(found.start())
        elif not found[1]:
            ends[found.start()] = found.end()
        elif begun:
            ends[begun.pop()] = found.end()
    return ends


def _drawn(svg: str, told: Warnings) -> str:
    """A drawing as a picture; its words alone if it cannot be one."""
    cleaned = clean_inline_svg(svg, embedded_picture)
    if cleaned is None:
        told.append(("picture_refused", "A drawing in the text is not well-formed SVG; only its words are shown."))
        return html.escape(html.unescape(" ".join(_BETWEEN.sub(" ", svg).split())), quote=False)
    told += cleaned.warnings()
    uri = "data:image/svg+xml;base64," + base64.b64encode(cleaned.data).decode()
    return f'<img src="{uri}" alt="{html.escape(cleaned.title)}">'


def _pair(pieces: list[_Piece]) -> None:
    """Finds the end of each element; by name, for browsers put overlapping elements right."""
    waiting: dict[str, list[_Piece]] = {}
    for piece in pieces:
        if piece.name in VOID or piece.self_closing:
            continue
        if not piece.closing:
            waiting.setdefault(piece.name, []).append(piece)
        elif waiting.get(piece.name):
            piece.partner = waiting[piece.name].pop()
            piece.partner.partner = piece


def _decide(pieces: list[_Piece]) -> None:
    around: Counter[str] = Counter()  # elements that are open, by name
    depth = 0
    for piece in pieces:
        if piece.partner is not None and not piece.closing:
            around[piece.name] += 1
            depth += 1
        if piece.partner is not None and depth > MAX_DEPTH:
            piece.out = ""
        else:
            piece.out = _out(piece, around)
        if piece.partner is not None and piece.closing:
            around[piece.name] -= 1
            depth -= 1


def _out(piece: _Piece, around: Counter[str]) -> str:  # noqa: PLR0911  (a table of cases)
    name = piece.name
    if name not in KNOWN:
        return _as_typed(piece)
    if name in VOID:
        return _void(piece, around)
    shown = name if name in KEPT else "div" if name in AS_DIV else ""
    if piece.partner is not None:
        return f"<{'/' * piece.closing}{shown}{piece.attributes}>" if shown else ""
    if piece.self_closing:
        return f"<{shown}{piece.attributes}></{shown}>" if shown else ""
    if not piece.in_block:
        return _as_typed(piece)
    if piece.closing:
        return ""  # of an element that was closed before
    if name == "p" and not piece.before_word:
        return f"<p{piece.attributes}>"
    if any(around[parent] for parent in OPTIONAL_END.get(name, ())):
        return f"<{shown}{piece.attributes}>" if shown else ""
    return _as_typed(piece)


def _void(piece: _Piece, around: Counter[str]) -> str:
    if piece.closing:
        return _as_typed(piece)
    if piece.name == "img" and not piece.attributes:
        return _as_typed(piece)
    if piece.name in KEPT:
        return f"<{piece.name}{piece.attributes}>"
    inside = any(around[name] for name in ("picture", "video", "audio", "object", "map", "form", "li", "label"))
    return "" if inside or (piece.in_block and piece.attributes) else _as_typed(piece)


def _is_before_word(text: str, at: int) -> bool:
    """Whether a word follows after a space: `<p> is an element` speaks of it, `<p>Once` begins one, as in old HTML."""
    return text[at : at + 1] == " " and bool(text[at + 1 : at + 2].strip())


def _as_typed(piece: _Piece) -> str:
    return html.escape(piece.raw, quote=False)
