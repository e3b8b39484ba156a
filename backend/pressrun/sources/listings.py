"""Listings that nobody fenced: code, logs, trees and tables of blanks, pasted as they were. Pure and linear.

Markdown would join their lines and read their signs. Found is only what stands on its own between blank lines and looks
like it in most of its lines; it is fenced, so that the parser takes it for what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pressrun.sources.fences import FENCE
from pressrun.sources.line_numbers import Lines
from pressrun.sources.value_tables import count_rows, is_caption

_SHARE: Final = 0.6  # of the lines of a passage that must look like code, like a log; arbitrary
_MAX_LINE: Final = 1_000  # characters that are looked at

# a line that hardly ever is prose
_STRONG: Final = re.compile(
    r"""
    \s*(?:async\s+)?(?:def|class)\s+\w+\s*(?:\(.*)?:\s*(?:\#.*)?$       # Python
    | \s*from\s+[\w.]+\s+import\s+\S | \s*import\s+[\w.]+(?:\s+as\s+\w+|\s*,\s*[\w.]+)*\s*;?$
    | \s*\}\s*(?:else|catch|finally|while)\b
    | \s*(?:public|private|protected|static|final|void|const|let|var|function|func|fn|package|namespace|using|struct
        |enum|impl|export|module|template|typedef)\b.*[=({;]
    | \s*\#\s*(?:include|define|ifdef|ifndef|endif|pragma)\b | \#!/ | >>>\s | \$\s[a-z./]
    | \s*(?:SELECT\s.+|INSERT\s+INTO\s.+|UPDATE\s.+\sSET\b.*|DELETE\s+FROM\s.+|(?:CREATE|ALTER|DROP)\s+TABLE\b.*)
    | \s*"[^"]*"\s*:\s*\S | \s*<\?php\b
    """,
    re.VERBOSE,
)
_STATEMENT: Final = re.compile(
    r"\s*(?:return|break|continue|goto|throw|auto|bool|char|double|float|int|long|short|unsigned|use|using|import)\b"
)
_OPENS: Final = re.compile(r"\s*(?:if|elif|else|for|while|with|try|except|finally|match|case)\b.*:\s*(?:#.*)?$")
# a line that may be code, beside others that are
_WEAK: Final = re.compile(
    r"""
    \s*[\w.\[\]"'*&]+(?:\s*,\s*[\w.*]+)*\s*(?::\s*[\w\[\].]+\s*)?(?:[-+*/|&^%]|//|\*\*|:|<<|>>)?=(?!=)\s*\S
    | \s*[\w.:]+\([^()]*(?:\([^()]*\)[^()]*)*\)\s*[;{:,]?$
    | \s*(?:return|break|continue|pass|raise|yield|throw|throws|print|echo|end|fi|done|esac|then|do|begin|assert|del)\b
    | \s*(?:FROM|WHERE|GROUP\ BY|ORDER\ BY|(?:LEFT\ |INNER\ )?JOIN|VALUES|LIMIT|AND|OR|ON|SET)\b
    | \s*@\w[\w.]*(?:\(.*\))?$ | \s*[\]})]+[;,)]*\s*$ | \s*[\[{(]\s*$ | \s*[-\w."']+\s*:\s*\S.*[,{\[]$
    """,
    re.VERBOSE,
)
_COMMENT: Final = re.compile(r"\s*(?://|\#(?:\s|$)|--\s|/\*|\*/|\*\s|\"\"\"|''')")
_LOG: Final = re.compile(
    r"""
    \s*[\[(<"]?\d{4}[-/.]\d{2}[-/.]\d{2}[T\s_]\d{1,2}:\d{2}
    | [A-Z][a-z]{2}\s+\d{1,2}\s\d{2}:\d{2}:\d{2}\s | \[?(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL|TRACE|CRITICAL)\b[\]:\s]
    | (?:\d{1,3}\.){3}\d{1,3}\s\S+\s\S+\s\[ | \s+at\s[\w.$<>]+\(.*\)$ | \s+File\s".*",\sline\s\d+
    | Traceback\s\(most\srecent\scall\slast\) | (?:Caused\sby:\s)?[\w.]+(?:Error|Exception)\b:
    """,
    re.VERBOSE,
)
_DRAWN: Final = re.compile("[─━│┃┄-╿├└┌┐┘┤┬┴┼]|\\+--+|\\|--|`--")
_COLUMNS: Final = re.compile(r"\S(?:[ ]{3,}|\t[ \t]*)\S")
_BLOCK: Final = re.compile(r" {0,3}(?:[-*+][ \t]|\d{1,9}[.)][ \t]|>(?!>> )|\||\[[^\]]*\]:|:::)")
_HEADING: Final = re.compile(r" {0,3}#{1,6}[ \t]")
_RAW: Final = re.compile(r" {0,3}<(pre|script|style|svg)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Passage:
    """Lines between blank ones. `kind`: `code`, `text`, or `raw` for what is not to be looked at."""

    start: int
    end: int
    kind: str
    codelike: bool = False


def fence_listings(source: Lines, *, plain: bool, tables: bool = False) -> Lines:
    """The lines with a fence around each listing. `plain`: it is no Markdown, so an indented passage may be one too.

    `tables`: values between tabs or blanks are for somebody else, who makes a table of them.
    """
    lines, numbers = source.lines, source.numbers
    passages = _passages(lines)
    for passage in passages:
        if passage.kind == "text" and not (tables and _is_table(lines[passage.start : passage.end])):
            _judge(lines, passage, plain=plain)
    kept = Lines()
    at = 0
    for start, end in _joined(passages, lines):
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", "\n".join(lines[start:end]))), default=0))
        kept.extend(lines[at:start], numbers[at:start])
        if start and lines[start - 1].strip():
            kept.add("", numbers[start])
        kept.add(fence, numbers[start])
        kept.extend(lines[start:end], numbers[start:end])
        kept.add(fence, numbers[end - 1])
        at = end
    kept.extend(lines[at:], numbers[at:])
    return kept


def _passages(lines: list[str]) -> list[_Passage]:
    found: list[_Passage] = []
    fence, raw, start = "", "", -1
    last_raw = {name: _last_line(lines, f"</{name}") for name in ("pre", "script", "style", "svg")}
    for at, line in enumerate([*lines, ""]):
        mark = FENCE.match(line)
        if fence or raw:
            if fence and mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
                found.append(_Passage(at, at + 1, "raw"))
            elif raw and raw in line.lower():
                raw = ""
                found.append(_Passage(at, at + 1, "raw"))
            continue
        begun = _RAW.match(line)
        opens = bool(mark) or (begun is not None and last_raw[begun[1].lower()] > at)
        if start >= 0 and (opens or not line.strip()):
            found.append(_Passage(start, at, "text"))
            start = -1
        if opens:
            fence, raw = (mark[1], "") if mark else ("", f"</{begun[1].lower()}" if begun else "")
            found.append(_Passage(at, at + 1, "raw"))
        elif line.strip() and start < 0:
            start = at
    return found


def _last_line(lines: list[str], mark: str) -> int:
    return next((at for at in range(len(lines) - 1, -1, -1) if mark in lines[at].lower()), -1)


def _judge(lines: list[str], passage: _Passage, *, plain: bool) -> None:
    """Says what a passage is. A heading above it is left out."""
    if _HEADING.match(lines[passage.start]) and passage.end - passage.start > 1:
        passage.start += 1
    shown = [line[:_MAX_LINE] for line in lines[passage.start : passage.end]]
    if _BLOCK.match(shown[0]) or any(_HEADING.match(line) for line in shown[:1]):
        return
    indented = shown[0][:1] in (" ", "\t")
    said = [line for line in shown if not _COMMENT.match(line)] or shown
    strong = [_is_strong(line) for line in said]
    opened = [bool(_OPENS.match(line)) for line in said]
    indents = [len(line) - len(line.lstrip()) for line in said]
    for at, opens in enumerate(opened[:-1]):
        strong[at] = strong[at] or (opens and indents[at + 1] > indents[at])
    like = sum(strong[at] or opened[at] or bool(_WEAK.match(said[at])) for at in range(len(said)))
    passage.codelike = like >= _SHARE * len(said)
    many = len(shown) > 1
    is_code = many and any(strong) and passage.codelike
    if is_code or (many and (_is_log(shown) or _is_drawn(shown))):
        passage.kind = "code" if plain or not indented else "text"


def _is_strong(line: str) -> bool:
    end = line.rstrip()[-1:]
    if end == ";":
        return any(sign in line for sign in "=()[]{}") or bool(_STATEMENT.match(line))
    if end == "{":
        return len(line.split()) > 1
    return bool(_STRONG.match(line))


def _is_log(lines: list[str]) -> bool:
    matching = [bool(_LOG.match(line)) for line in lines]
    return matching[0] and sum(matching) >= _SHARE * len(lines)


def _is_table(lines: list[str]) -> bool:
    """Whether all of it are values between tabs or blanks, but for a caption."""
    rows = lines[1:] if is_caption(lines[0]) else lines
    if any(line[:1] in ("\t", " ") or _DRAWN.search(line) or _LOG.match(line) or _is_strong(line) for line in rows):
        return False
    return bool(rows) and count_rows(rows) == len(rows)


def _is_drawn(lines: list[str]) -> bool:
    if any("|" in line and set(line.strip()) <= set("|-: ") for line in lines):
        return False  # a table of Markdown's
    drawn = sum(bool(_DRAWN.search(line)) for line in lines)
    columns = sum(bool(_COLUMNS.search(line)) for line in lines)
    return drawn >= _SHARE * len(lines) or (len(lines) > 2 and columns == len(lines))  # noqa: PLR2004


def _joined(passages: list[_Passage], lines: list[str]) -> list[tuple[int, int]]:
    """The listings, those with only blank lines between them as one; a part of one may be indented, or be short."""
    spans: list[tuple[int, int]] = []
    for at, passage in enumerate(passages):
        follows = bool(spans) and at > 0 and passages[at - 1].end == spans[-1][1] and passage.kind != "raw"
        goes_on = follows and (passage.codelike or lines[passage.start][:1] in (" ", "\t"))
        if goes_on and not any(line.strip() for line in lines[spans[-1][1] : passage.start]):
            spans[-1] = (spans[-1][0], passage.end)
        elif passage.kind == "code":
            spans.append((passage.start, passage.end))
    return spans
