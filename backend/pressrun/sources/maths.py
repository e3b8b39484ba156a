"""Formulas between dollars or in TeX's own brackets: where they are, and what stands in their place. Parser child.

Nothing in one is Markdown, which would take `\\\\`, `_` and `*` for its own. `formulas` typesets them.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from pressrun.sources.formulas import MAX_CHARACTERS, NotTypeset, check_size, is_formula, typeset, without_delimiters
from pressrun.sources.line_numbers import Lines
from pressrun.sources.macros import Macros

_MAX_TOLD: Final = 10  # formulas that are named one by one
TEX: Final = re.compile(r"\\[A-Za-z{}]|[\^_=<>]|[A-Za-z]\s*[+*/-]\s*[A-Za-z0-9]")
_BEGIN: Final = re.compile(r"\\begin\{([A-Za-z]{1,30}\*?)\}")
_BLANK: Final = re.compile(r"\n[ \t]*\n")
_CLOSERS: Final = {"(": "\\)", "[": "\\]"}


def maths_plugin(parser: MarkdownIt, definitions: dict[int, int]) -> None:
    """Adds what is documented above to a parser. `definitions` are those of the very text that it is given."""
    last = _Last()
    parser.inline.add_terminator_char("$")
    parser.inline.ruler.before("escape", "maths_dollars", _dollars)
    parser.inline.ruler.before("escape", "maths_brackets", lambda state, silent: _brackets(state, silent, last))

    def block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return _block(state, start, end, silent, last)

    def define(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        stop = definitions.get(start, end + 1)
        if stop > end or state.level:
            return False
        if not silent:
            state.line = stop
            token = state.push("maths_block", "", 0)
            token.map, token.content = [start, stop], state.getLines(start, stop, 0, False).strip()
        return True

    parser.block.ruler.before("fence", "maths_definitions", define)
    parser.block.ruler.before("fence", "maths_block", block, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.add_render_rule("maths", _render_inline)
    parser.add_render_rule("maths_block", _render_block)


class _Last:
    """Where a mark stands for the last time in a text, so that nobody looks for what is not there again and again."""

    def __init__(self) -> None:
        self._src: str | None = None
        self._at: dict[str, int] = {}

    def of(self, src: str, mark: str) -> int:
        if src is not self._src:
            self._src, self._at = src, {}
        if mark not in self._at:
            self._at[mark] = src.rfind(mark)
        return self._at[mark]


def _dollars(state: StateInline, silent: bool) -> bool:
    src, start = state.src, state.pos
    if src[start] != "$":
        return False
    mark = "$$" if src.startswith("$$", start) else "$"
    begin = start + len(mark)
    if mark == "$" and (begin >= state.posMax or src[begin].isspace()):
        return False
    end = _unescaped(src, mark, begin, state.posMax)
    if end <= begin or "`" in src[begin:end]:
        return False
    after = src[end + len(mark) : end + len(mark) + 1]
    if mark == "$" and (src[end - 1].isspace() or after.isdigit()):
        return False  # "between $5 and $10"
    if not is_formula(src[begin:end]):
        return False  # "$5 in Rome and 6$"
    _take(state, end + len(mark), silent)
    return True


def _unescaped(src: str, mark: str, at: int, limit: int) -> int:
    while True:
        at = src.find(mark, at, limit)
        if at < 0 or not _is_escaped(src, at):
            return at
        at += 1


def _is_escaped(src: str, at: int) -> bool:
    begin = at
    while begin > 0 and src[begin - 1] == "\\":
        begin -= 1
    return bool((at - begin) % 2)


def _brackets(state: StateInline, silent: bool, last: _Last) -> bool:
    src, start = state.src, state.pos
    if src[start] != "\\":
        return False
    mark = _CLOSERS.get(src[start + 1 : start + 2])
    if mark is None or last.of(src, mark) <= start:
        return False
    end = src.find(mark, start + 2, state.posMax)
    if end < 0 or not TEX.search(src, start + 2, end):  # `\[no link\]` is Markdown's own
        return False
    _take(state, end + 2, silent)
    return True


def _take(state: StateInline, end: int, silent: bool) -> None:
    if not silent:
        state.push("maths", "", 0).content = state.src[state.pos : end]
    state.pos = end


def _block(state: StateBlock, start: int, end: int, silent: bool, last: _Last) -> bool:
    at = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start):
        return False
    begin = _BEGIN.match(state.src, at) if state.src.startswith("\\begin{", at) else None
    bracket = state.src.startswith("\\[", at)
    mark = f"\\end{{{begin[1]}}}" if begin else "\\]" if bracket else "$$" if state.src.startswith("$$", at) else ""
    if not mark or last.of(state.src, mark) < at + 2:
        return False
    limit = state.eMarks[end - 1]
    stop = state.src.find(mark, at + 2, limit)
    if stop < 0 or _BLANK.search(state.src, at, stop) or (bracket and not TEX.search(state.src, at + 2, stop)):
        return False
    line = start
    while state.eMarks[line] < stop:
        line += 1
    if state.src[stop + len(mark) : state.eMarks[line]].strip():
        return False  # more words on that line: a paragraph
    if not silent:
        state.line = line + 1
        token = state.push("maths_block", "", 0)
        token.map = [start, line + 1]
        token.content = state.getLines(start, line + 1, state.sCount[start], False).rstrip()
    return True


def settle_maths(tokens: list[Token], lines: Lines) -> list[tuple[str, str]]:
    """Gives each formula its MathML, and tells which stay as they were typed."""
    left = MAX_CHARACTERS
    told: list[tuple[str, str]] = []
    macros = Macros()
    known: dict[tuple[str, bool, int], str] = {}
    for token in tokens:
        found = [token] if token.type == "maths_block" else [one for one in token.children or [] if one.type == "maths"]
        for one in found:
            line = lines.number(token.map[0]) if token.map else 0
            tex = without_delimiters(one.content)
            block = one is token or one.content.startswith(("$$", "\\["))
            left -= len(tex)
            try:
                check_size(tex, left)
                key = (tex, block, macros.version)
                if key not in known:
                    known[key] = typeset(tex, macros, block=block)
                one.meta["mathml"] = known[key]
            except NotTypeset as exc:
                told.append(("formula_as_typed", f"Line {line}: a formula is shown as it was typed: {exc}."))
    more = len(told) - _MAX_TOLD
    rest = [("formula_as_typed", f"{more} more formulas are shown as they were typed.")] if more > 0 else []
    return told[:_MAX_TOLD] + rest


def _render_inline(self: RendererHTML, tokens: list[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[idx]
    return str(token.meta.get("mathml", f'<span class="math">{escapeHtml(token.content)}</span>'))


def _render_block(self: RendererHTML, tokens: list[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[idx]
    drawn = str(token.meta.get("mathml", escapeHtml(token.content)))
    return f'<div class="math">{drawn}</div>\n' if drawn else ""  # nothing is seen of one that only defines macros
