"""What the tools of decks write in lines that Markdown has not, as what it has. Pure and linear.

A text keeps as many lines as it has, so that a line's number stays, and its words: only marks change. What is about a
slide, or is nothing but a mark, is hidden. For the parser and for `said_in_text` alike, as all of `decks`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pressrun.sources.colours import is_colour
from pressrun.sources.pandoc_tables import settle_tables

FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*(.*)$")

_META: Final = re.compile(r"[\\^$.|?*+()\[\]{}]")
_LINE_ENDS: Final = re.compile(r"\\r\?\\n|\\r\\n|\\n|\r?\n")
_COLOUR_BEHIND: Final = re.compile(r"!\[bg\]\(([#\w]{1,30}|[a-z]{3,5}\([^()\n]{1,60}\))\)", re.IGNORECASE)
_SNIPPET: Final = re.compile(r"<<<[ \t]+\S")
_COMPONENT: Final = re.compile(r"::([A-Za-z][\w-]*)[ \t]*(?:\{[^{}]*\})?[ \t]*$")
# A component of Vue, or an icon; with code before it, in which there is none
_TAG: Final = re.compile(
    r"(?P<ticks>`+)[^`\n]+(?P=ticks)(?!`)"
    r"|</?(?P<name>[A-Z]\w*|arrow|toc|tweet|youtube|[a-z][a-z0-9]*(?:[:-][a-z][\w-]*)+)(?:\s[^<>]*)?/?>|(?P<said>\{\{[^{}<>\n]{1,200}\}\})"
)
# What Vue does when something happens, and its slots: no attribute of HTML, so that the tag would be text
_HANDLER: Final = re.compile(r"""(?P<tag><[A-Za-z][^<>]*?\s)[@#][\w.:-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?""")
_HANDLER_LINE: Final = re.compile(r"""\s*[@#][\w.:-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?""")
_UNENDED: Final = re.compile(r"<(?P<name>[A-Za-z][\w:-]*)(?:\s[^<>]*)?$")
_COMPONENT_NAME: Final = re.compile(r"[A-Z]\w*|arrow|toc|tweet|youtube|[a-z]+(?:[:-][a-z][\w-]*)+")
_DIV: Final = re.compile(r"<div\b[^<>]{0,500}>")
_GRID: Final = re.compile(r"""\bclass="[^"]*?\bgrid-cols-(?P<of_class>[2-4])\b|\bgrid="[^"]*?\bcols-(?P<own>[2-4])\b""")
_MAX_HANDLERS: Final = 6  # of a tag that begins and ends in a line, arbitrary
_MAX_TAG_LINES: Final = 40  # arbitrary: one attribute a line
_STEPS: Final = re.compile(r"(\s*\$\$)[ \t]*\{[\d|, all*-]+\}(?:\{[^{}]*\})?[ \t]*$")
_MAGIC_MOVE: Final = re.compile(r"md[ \t]+magic-move\b")
_LINE_BLOCK: Final = re.compile(r"\|(?:[ \t]+(?P<words>.*?))?[ \t]*$")
_TABLE_ROW: Final = re.compile(r"\|.*\|[ \t]*$|\|?[ \t]*:?-+:?[ \t]*\|")
_EXAMPLE: Final = re.compile(r"[ ]{0,3}\(@([\w-]*)\)[ \t]+(?=\S)")
_ANY_NUMBER: Final = re.compile(r"([ ]{0,3})#\.[ \t]+(?=\S)")
_EXAMPLE_NAMED: Final = re.compile(r"\(@([\w-]+)\)")
_CAPTION: Final = re.compile(r"[ ]{0,3}(?:Table)?:[ \t]+(?P<words>\S.*?)[ \t]*(?:\{[^{}]*\})?[ \t]*$")
_LABEL_OF_FORMULA: Final = re.compile(r"(.*\$\$)[ \t]*\{#[\w:.-]+[^{}]*\}[ \t]*$")
_TEX_LAYOUT: Final = re.compile(
    r"[ \t]*(?:\\(?:pause|newpage|pagebreak|clearpage|bigskip|medskip|smallskip|vfill|centering|noindent)[ \t]*"
    r"|\\vspace\*?\{[^{}]*\}[ \t]*)+$"
)
_SHORTCODE: Final = re.compile(r"\{\{<[ \t]*([\w-]+)((?:[ \t]+[^<>{}]*?)?)[ \t]*>\}\}")
_IN_ADDRESS: Final = re.compile(r"\]\([^()\s]*$")
_CITED: Final = re.compile(r"(?<![\w@.\\/`(])-?@([A-Za-z_][\w:-]{0,60})(?![\w@]*\.\w)")
_STYLED: Final = re.compile(r"\]\{[^{}]*\bstyle=")
_HIDES: Final = re.compile(r"\.(?:content-hidden|content-visible|hidden)\b")  # shown here, whatever the format
_OPTION: Final = re.compile(r"[ \t]*(?:#|%%|//|--)\|")
_CELL: Final = re.compile(r"\{(?:python|r|julia|ojs|bash|sql|stan|dot|webr|pyodide)\b[^{}]*\}[ \t]*$")
_RAW: Final = re.compile(r"\{=(?P<format>[A-Za-z0-9]+)\}[ \t]*$")
_RAW_WITHIN: Final = re.compile(r"(?<!`)(?P<code>`(?P<inside>[^`\n]{1,500})`)\{=(?P<format>[A-Za-z0-9]+)\}")
_HTML: Final = frozenset(["html", "html5", "revealjs"])
_SHOWN_RAW: Final = frozenset(["html", "html5", "revealjs", "tex", "latex", "markdown"])


@dataclass(slots=True)
class Settled:
    """`hidden`: lines that are no text. `unused`: what nobody does here, as its author calls it, and its line."""

    hidden: set[int] = field(default_factory=set)
    unused: list[tuple[str, int]] = field(default_factory=list)


def outside_fences(lines: list[str]) -> Iterator[int]:
    """Numbers of the lines that are neither in a fenced listing nor begin or end one."""
    fence = ""
    for at, line in enumerate(lines):
        mark = FENCE.match(line) if line.lstrip(" ")[:1] in ("`", "~") else None
        if mark and (not fence or (mark[1].startswith(fence) and not mark[2].strip())):
            fence = "" if fence else mark[1]
        elif not fence:
            yield at


def fences(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """First and last line of each fenced listing that is closed, and what is said behind its first marks."""
    opened, fence, info = 0, "", ""
    for at, line in enumerate(lines):
        mark = FENCE.match(line) if line.lstrip(" ")[:1] in ("`", "~") else None
        if mark is None:
            continue
        if not fence:
            opened, fence, info = at, mark[1], mark[2]
        elif mark[1].startswith(fence) and not mark[2].strip():
            yield opened, at, info
            fence = ""


def settle_separators(lines: list[str], fields: dict[str, Any]) -> set[str]:
    """Makes lines of dashes where reveal-md is told to begin a slide by something else; which fields it has used."""
    used = set()
    for key in ("separator", "verticalSeparator"):
        said = fields.get(key)
        if not isinstance(said, str) or not said:
            continue
        ends = len(_LINE_ENDS.findall(said))
        literal = _LINE_ENDS.sub("", said).removeprefix("^").removesuffix("$").strip()
        if literal and not _META.search(literal):
            used.add(key)
            for at in outside_fences(lines):
                if lines[at].strip() == literal:
                    lines[at] = "---"
        elif not literal and ends > 1:
            used.add(key)
            _part_at_blank_lines(lines, ends - 1)
    return used


def _part_at_blank_lines(lines: list[str], least: int) -> None:
    blank = 0
    for at in list(outside_fences(lines)):
        if lines[at].strip():
            if blank >= max(least, 2):
                lines[at - 1] = "---" if blank == 2 else lines[at - 1]  # noqa: PLR2004
                lines[at - 2] = "---" if blank > 2 else lines[at - 2]  # noqa: PLR2004
            blank = 0
        else:
            blank += 1


def settle_marp(lines: list[str]) -> None:
    """`![bg](#fff)` is no picture but a colour."""
    for at in outside_fences(lines):
        if "![bg](" in lines[at]:
            lines[at] = _COLOUR_BEHIND.sub(_colour_behind, lines[at])


def _colour_behind(found: re.Match[str]) -> str:
    return f"<!-- _backgroundColor: {found[1]} -->" if is_colour(found[1]) else found[0]


def settle_slidev(lines: list[str]) -> Settled:
    """Steps of formulas, groups of listings, listings that turn into each other, snippets of files."""
    made = Settled()
    for begin, end, info in list(fences(lines)):
        if _MAGIC_MOVE.match(info):
            made.hidden |= {begin, end}
        elif info.startswith("plantuml"):
            made.unused.append(("plantuml", begin))
    shown = list(outside_fences([("" if at in made.hidden else line) for at, line in enumerate(lines)]))
    _settle_tags(lines, shown, made)
    for at in shown:
        line = lines[at]
        if line.startswith("::"):
            if (component := _COMPONENT.match(line)) is not None:
                made.hidden.add(at)
                made.unused.append((f"::{component[1]}", at))
            elif line.rstrip() == "::":
                made.hidden.add(at)
        elif _SNIPPET.match(line):
            made.unused.append((line.split("{")[0].strip()[:60], at))
        elif "<" in line or "{{" in line:
            lines[at] = _TAG.sub(partial(_component, at, made), line)
        elif "$$" in line and (steps := _STEPS.match(line)) is not None:
            lines[at] = steps[1]
    return made


def _settle_tags(lines: list[str], shown: list[int], made: Settled) -> None:
    """Takes what is Vue's alone out of tags, which may go over several lines; a component that does is hidden."""
    kept = set(shown)
    behind = -1
    for at in shown:
        if at <= behind or "<" not in lines[at]:
            continue
        for _ in range(_MAX_HANDLERS if "@" in lines[at] or "#" in lines[at] else 0):
            lines[at] = _HANDLER.sub(r"\g<tag>", lines[at])
        if "grid" in lines[at]:
            lines[at] = _DIV.sub(_with_columns, lines[at])
        opened = _UNENDED.search(lines[at])
        end = at + 1
        while (
            end in kept and lines[end].strip() and ">" not in _without_arrows(lines[end]) and end - at < _MAX_TAG_LINES
        ):
            end += 1
        if opened is None or end not in kept or not lines[end].strip() or ">" not in lines[end]:
            continue
        behind = end - 1
        if _COMPONENT_NAME.fullmatch(opened["name"]):
            if not opened["name"].startswith("v-"):
                made.unused.append((f"<{opened['name']}>", at))
            lines[at] = lines[at][: opened.start()]
            lines[at + 1 : end] = [""] * (end - at - 1)
            lines[end] = lines[end].partition(">")[2]
            continue
        for inside in range(at + 1, end + 1):
            lines[inside] = (
                _HANDLER_LINE.sub(" data-v", lines[inside], count=1)
                if _HANDLER_LINE.match(lines[inside])
                else lines[inside]
            )


def _with_columns(div: re.Match[str]) -> str:
    """A grid of columns, as UnoCSS names them, is one of ours: `grid-cols-2` in a class, `grid="~ cols-2"`."""
    found = _GRID.search(div[0])
    if found is None:
        return div[0]
    count = found["of_class"] or found["own"]
    rest = div[0].removeprefix("<div")
    names = f'class="columns grid-cols-{count}'
    return f"<div{rest.replace('class=' + chr(34), names + ' ', 1)}" if 'class="' in rest else f'<div {names}"{rest}'


def _without_arrows(line: str) -> str:
    return line.replace("=>", "")


def _component(at: int, made: Settled, found: re.Match[str]) -> str:
    """Nothing in its place: what it would have drawn nobody knows. What moves is not told."""
    name = found["name"]
    if name is None:
        if found["said"]:
            made.unused.append((found["said"][:40], at))
        return found[0]
    if not name.startswith("v-") and not found[0].startswith("</"):
        made.unused.append((f"<{name}>", at))
    return ""


def settle_pandoc(lines: list[str], fields: dict[str, Any], *, quarto: bool) -> Settled:
    """Tables, line blocks, numbered examples, captions, raw blocks, cells of code, shortcodes."""
    made = Settled()
    for begin, end, info in list(fences(lines)):
        if (raw := _RAW.match(info)) is not None:
            if raw["format"].lower() in _SHOWN_RAW:
                made.hidden |= {begin, end}
            else:
                made.unused.append((f"{{={raw['format']}}}", begin))
        elif _CELL.match(info) or info.startswith("{mermaid}"):
            options = begin + 1
            while options < end and _OPTION.match(lines[options]):
                options += 1
            made.hidden |= set(range(begin + 1, options))
            if quarto and not info.startswith("{mermaid}"):
                made.unused.append((f"{info.strip()[:40]}, code that is not run,", begin))
    shown = list(outside_fences(lines))
    settle_tables(lines, shown)
    settlers: tuple[Callable[[list[str], list[int], Settled], None], ...] = (_settle_lines, _settle_examples)
    for settle in settlers:
        settle(lines, shown, made)
    for at in shown:
        made.unused += [(name, at) for name in _undone_signs(lines[at])]
        if "`{=" in lines[at]:
            lines[at] = _RAW_WITHIN.sub(_raw_within, lines[at])
        if "{{<" in lines[at]:
            lines[at] = _SHORTCODE.sub(partial(_shortcode, fields, at, made), lines[at])
    return made


def _raw_within(found: re.Match[str]) -> str:
    """HTML as it is, other formats as code."""
    return found["inside"] if found["format"].lower() in _HTML else found["code"]


def _undone_signs(line: str) -> Iterator[str]:
    """What in a line of Pandoc or Quarto stays as typed, or goes."""
    if ":::" in line and (hides := _HIDES.search(line)) is not None:
        yield hides[0]
    if "style=" in line and _STYLED.search(line):
        yield "style"
    if "@" in line and (cited := _CITED.search(line)) is not None:
        yield f"@{cited[1]}"
    if "`{=" in line:
        formats = (found["format"] for found in _RAW_WITHIN.finditer(line))
        yield from (f"{{={one}}}" for one in formats if one.lower() not in _SHOWN_RAW)


def _settle_lines(lines: list[str], shown: list[int], made: Settled) -> None:
    kept = set(shown)
    in_table = False
    for at in shown:
        line = lines[at]
        sign = line.lstrip(" ")[:1]
        if sign == "|":
            block = _LINE_BLOCK.match(line)
            in_table = in_table or _TABLE_ROW.match(line) is not None
            if block is not None and not in_table:
                words = block["words"] or ""
                indent = "\u00a0" * (len(words) - len(words.lstrip(" ")))
                lines[at] = f"{indent}{words.strip()}\\" if _goes_on(lines, at, kept) else f"{indent}{words.strip()}"
            continue
        if sign in (":", "T") and (caption := _CAPTION.match(line)) is not None and _is_caption(lines, at, in_table):
            lines[at] = f"[{caption['words']}]{{.caption}}" if _spans(caption["words"]) else caption["words"]
        in_table = in_table and not line.strip()
        if sign == "\\" and _TEX_LAYOUT.match(line):
            made.hidden.add(at)
        elif "$$" in line and (labelled := _LABEL_OF_FORMULA.match(line)) is not None:
            lines[at] = labelled[1]


def _goes_on(lines: list[str], at: int, kept: set[int]) -> bool:
    return at + 1 in kept and lines[at + 1].startswith("|")


def _spans(words: str) -> bool:
    return "[" not in words and "]" not in words and len(words) < 300  # noqa: PLR2004  (as `conventions` reads a span)


def _is_caption(lines: list[str], at: int, in_table: bool) -> bool:
    """It stands in a paragraph of its own, next to a table."""
    before = lines[at - 1].strip() if at else ""
    below = next((line for line in lines[at + 1 : at + 3] if line.strip()), "")
    return (not before and in_table) or (not before and below.lstrip().startswith("|"))


def _settle_examples(lines: list[str], shown: list[int], made: Settled) -> None:
    numbers: dict[str, int] = {}
    count = 0
    for at in shown:
        line = lines[at]
        if "#." in line:
            lines[at] = _ANY_NUMBER.sub(r"\g<1>1. ", line, count=1) if _ANY_NUMBER.match(line) else line
        elif (example := _EXAMPLE.match(line)) is not None:
            count += 1
            if example[1]:
                numbers[example[1]] = count
            lines[at] = f"{count}. {line[example.end() :]}"
    if numbers:
        for at in shown:
            if "(@" in lines[at]:
                lines[at] = _EXAMPLE_NAMED.sub(
                    lambda found: f"({numbers[found[1]]})" if found[1] in numbers else found[0], lines[at]
                )


def _shortcode(fields: dict[str, Any], at: int, made: Settled, found: re.Match[str]) -> str:
    """Of Quarto, https://quarto.org/docs/extensions/shortcodes.html."""
    name, rest = found[1], found[2].strip()
    if name == "kbd" and rest:
        return f"<kbd>{rest.split('=')[0].split(' ')[0]}</kbd>"
    if name == "pagebreak":
        return ""
    said = fields.get(rest) if name == "meta" else None
    if isinstance(said, str):
        return said
    made.unused.append((f"{{{{< {name} >}}}}", at))
    if _IN_ADDRESS.search(found.string, max(0, found.start() - 300), found.start()):
        return ""  # it would make a link text
    return found[0]
