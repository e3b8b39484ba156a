"""What a Markdown or plain text says: see `said`. Of the signs of Markdown only those go that hold words of their own.

Emphasis, bullets and the bars of a table are no words, so nothing is done about them. Code, whatever is in it, is all
text; elsewhere tags of known elements go, addresses behind links, labels of footnotes and definitions, and numbers of
list items, which a list writes anew.
"""

from __future__ import annotations

import html as html_module
import re
from typing import Final

from pressrun.sources.attributes import ATTRIBUTES
from pressrun.sources.characters import settle_characters
from pressrun.sources.containers import find_containers
from pressrun.sources.conventions import shortcode
from pressrun.sources.decks import DIVS, fields_of_deck, read_deck
from pressrun.sources.diagrams import LANGUAGE, said_in_diagram
from pressrun.sources.elements import KNOWN
from pressrun.sources.formulas import is_formula, said_in_formula
from pressrun.sources.front_matter import read_front_matter, split_front_matter
from pressrun.sources.macros import definition_blocks
from pressrun.sources.maths import TEX
from pressrun.sources.said import Said, said_in_html
from pressrun.sources.typed_lists import BULLET, BULLETS

_FENCE: Final = re.compile(r"(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}(?=[^`\n]*$)|~{3,})([^\n]*)")
_CLOSING_FENCE: Final = re.compile(r"[ \t>]*+(`{3,}|~{3,})[ \t]*$")
_DIAGRAM: Final = re.compile(rf"[ \t]*(?:\{{[ \t]*)?\.?{LANGUAGE}(?=[ \t}}{{]|$)")
_NUMBER: Final = re.compile(r"(?:[ \t]|>|[-*+][ \t])*(\d{1,9})[.)](?=[ \t]|$)")
_TASK: Final = re.compile(r"(?:[ \t]|>)*+(?:[-*+]|\d{1,9}[.)])[ \t]+\[[xX ]\](?=[ \t])")
_DEFINITION: Final = re.compile(
    r"(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*\[(?!\^)((?:[^\[\]\\]|\\.){1,999})\]:[ \t]*\S+"
    r"(?:[ \t]+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?[ \t]*$"
)
_FOOTNOTE: Final = re.compile(r"[ \t>]*+\[\^[^\]\s]{1,200}\]:")

_ATTRIBUTES: Final = r"""(?:\s++[a-zA-Z_:][a-zA-Z0-9:._-]*+(?:\s*+=\s*+(?:[^"'=<>`\x00-\x20]++|'[^']*+'|"[^"]*+"))?)*"""
_TAG: Final = re.compile(rf"</?([A-Za-z][A-Za-z0-9-]*+){_ATTRIBUTES}\s*+/?>")
_ALT: Final = re.compile(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_MARK: Final = re.compile(
    r"""(?P<tex>\\[(\[]|\\begin\{)
    | \\(?P<escaped>[!-/:-@\[-`{-~])
    | (?P<ticks>`++)
    | (?P<maths>\$\$?)
    | (?P<comment><!--)
    | (?P<block><(?:svg|style|script)(?=[\s>/]))
    | (?P<tag></?[A-Za-z])
    | !\[(?P<alt>(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]*\]){0,2000})(?=\][(\[])
    | \]\((?P<target>[ \t\n]*(?:<[^<>\n]*>|(?:[^\s()<\\]++|\\.|\([^\s()]*+\))*)
        (?:[ \t\n]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t\n]*)\)
    | \]\[(?P<label>[^\[\]\n]{0,999})\]
    | \[\^(?P<note>[^\]\s]{1,200})\]
    | (?P<attributes>(?<=[\])`])ATTRIBUTES|[ \t]+ATTRIBUTES(?=[ \t]*(?:\n|$)))
    | \[!(?P<callout>[A-Za-z]{2,20})\][+-]?
    | (?P<shortcode>(?<![\w:]):[A-Za-z0-9_+-]{1,60}:(?![\w:]))
    | (?P<url>https?://[^\s<>`]*+)
    | (?P<entity>&(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
    """.replace("ATTRIBUTES", ATTRIBUTES.pattern),
    re.VERBOSE,
)
# What a mark begins with: at every other character the table above need not be tried, which is a quarter of the work.
_BEGINNING: Final = re.compile(r"[\\`$<!\[\]{:&h \t](?:(?<![h \t])|(?<=h)(?=ttps?://)|(?<=[ \t])(?=[ \t]*+\{))")
# what a fence, an item, a task or a definition begins with
_MARKERS: Final = frozenset(f"`~-*+[0123456789{BULLETS}")
_LABEL: Final = re.compile(r"\s+")
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}|xn--", re.IGNORECASE)
_SEARCHED: Final = 20_000  # characters in which the end of a code span or a formula is looked for
_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n")


def said_in_text(text: str) -> Said:
    """Of Markdown, or of plain text."""
    return _TextReader(text).read()


class _TextReader:
    """One text. Lines first, for front matter and fences; then what is between them."""

    def __init__(self, text: str) -> None:
        text = (
            text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\r\n", "\n").replace("\r", "\n")
        )
        self._text = settle_characters(text)
        self._said = Said()
        self._labels: set[str] = set()
        self._notes: set[str] = set()
        self._ends: dict[str, int] = {}

    def read(self) -> Said:
        text = self._text
        self._labels = {
            _label(found[1]) for line in text.split("\n") if "]:" in line and (found := _DEFINITION.match(line))
        }
        self._notes = {found[1] for found in re.finditer(r"^[ \t>]*\[\^([^\]\s]{1,200})\]:", text, re.MULTILINE)}
        prose: list[str] = []
        places: list[int] = []
        fence, at = "", 0
        diagram: list[str] | None = None  # lines of the one at hand
        diagram_begin = 0
        hidden, read = _unsaid_lines(text)
        for number, typed in enumerate(text.split("\n")):
            begin, at = at, at + len(typed) + 1
            if number in hidden:
                continue
            line = read[number]
            if fence:
                closing = _CLOSING_FENCE.match(line)
                if closing and closing[1].startswith(fence):
                    fence = ""
                    self._add_diagram(diagram, diagram_begin)
                    diagram = None
                elif diagram is not None:
                    diagram.append(line)
                else:
                    self._said.add(line + "\n", begin)
                continue
            marked = line.lstrip(" \t>")[:1] in _MARKERS
            opening = _FENCE.match(line) if marked else None
            if opening:
                self._read_prose(prose, places)
                fence = opening[1]
                if _DIAGRAM.match(opening[2]):
                    diagram, diagram_begin = [], at
                continue
            said, skipped = _without_markers(line) if marked else (line, 0)
            prose.append(said + "\n")
            places.append(begin + skipped)
        self._read_prose(prose, places)
        self._add_diagram(diagram, diagram_begin)
        return self._said

    def _add_diagram(self, lines: list[str] | None, begin: int) -> None:
        if lines:
            self._said.add(said_in_diagram("\n".join(lines)) + "\n", begin)

    def _read_prose(self, lines: list[str], places: list[int]) -> None:
        """Reads what was gathered, and empties both lists."""
        _ProseReader(lines, places, self._labels, self._notes, self._said).read()
        lines.clear()
        places.clear()


def _without_markers(line: str) -> tuple[str, int]:
    """A line without what a list or a definition writes in front of its words, and how much that is."""
    if "]:" in line and (_DEFINITION.match(line)):
        return "", len(line)
    for pattern in (_TASK, _NUMBER, _FOOTNOTE, BULLET):
        found = pattern.match(line)
        if found is not None:
            return line[found.end() :], found.end()
    return line, 0


def _unsaid_lines(text: str) -> tuple[set[int], list[str]]:
    """Numbers of the lines that are about a text or a slide, or for the speaker alone, and no part of it; and all lines
    as they are read.
    """
    split = split_front_matter(text)
    first = split.rest_line - 1
    hidden = set(range(first))
    fields = read_front_matter(split).fields
    deck = read_deck(split.rest, fields_of_deck(split.rest, fields)[0])
    hidden.update(first + at for at in deck.hidden | deck.spoken)
    lines = deck.text.split("\n")
    for begin, end in definition_blocks(lines).items():
        hidden.update(range(first + begin, first + end))
    if ":::" in split.rest:
        containers = find_containers(lines, any_name=deck.dialect in DIVS)
        hidden.update(first + at for at in containers.marks)
        for container in containers.found.values():
            if container.is_notes:
                hidden.update(range(first + container.start, first + container.end))
    return hidden, [""] * first + lines


class _ProseReader:
    """Some lines of text without fences."""

    def __init__(self, lines: list[str], places: list[int], labels: set[str], notes: set[str], said: Said) -> None:
        self._text = "".join(lines)
        self._said = said
        self._labels = labels
        self._notes = notes
        self._lines = Said()  # only to know where something stood
        for line, place in zip(lines, places, strict=True):
            self._lines.add(line, place)
        self._last: dict[str, int] = {}

    def read(self) -> None:
        text, at = self._text, 0
        while found := _next_mark(text, at):
            self._add(text[at : found.start()], at)
            at = self._past(found)
        self._add(text[at:], at)

    def _add(self, text: str, at: int) -> None:
        if text:
            self._said.add(text, self._lines.place_of(at))

    def _past(self, found: re.Match[str]) -> int:  # noqa: PLR0911, PLR0912  (a table of cases)
        begin, end = found.span()
        match found.lastgroup:
            case "tex":
                return self._past_tex(begin, found["tex"])
            case "escaped":
                self._add(found["escaped"], begin)
            case "ticks":
                return self._past_code(begin, found["ticks"])
            case "maths":
                return self._past_maths(begin, found["maths"])
            case "comment":
                closed = self._end("-->", begin + 2)
                if closed < 0:
                    self._add("<!--", begin)
                    return end
                self._add(" ", begin)
                return closed + 3
            case "block":
                return self._past_block(begin, found["block"][1:].lower())
            case "tag":
                return self._past_tag(begin)
            case "alt":
                self._said.pictures.append(found["alt"])
            case "target":
                self._add(" ", begin)
            case "label":
                known = not found["label"] or _label(found["label"]) in self._labels
                self._add(" " if known else found.group(), begin)
            case "note":
                self._add(" " if found["note"] in self._notes else found.group(), begin)
            case "attributes" | "callout":
                self._add(" ", begin)
            case "shortcode":
                self._add(shortcode(found["shortcode"][1:-1]) or found["shortcode"], begin)
            case "url":
                # what is spelled out in an address is shown as what it stands for
                self._add(" " if _ENCODED.search(found["url"]) else found["url"], begin)
            case _:
                self._add(html_module.unescape(found.group()), begin)
        return end

    def _past_code(self, begin: int, ticks: str) -> int:
        start = begin + len(ticks)
        blank = _BLANK_LINE.search(self._text, start, start + _SEARCHED)
        limit = blank.start() if blank else min(len(self._text), start + _SEARCHED)
        closing = re.compile(rf"(?<!`){ticks}(?!`)").search(self._text, start, limit)
        if closing is None:
            return start
        self._add(self._text[start : closing.start()], start)
        return closing.end()

    def _past_maths(self, begin: int, mark: str) -> int:
        """Of a formula its letters, numbers and words are shown; what is none is shown as it was typed."""
        start = begin + len(mark)
        end = self._text.find(mark, start, start + _SEARCHED)
        inside = self._text[start:end] if end >= 0 else ""
        if not inside or "`" in inside or _BLANK_LINE.search(inside) or not re.search(r"[\\^_=]", inside):
            return start
        self._add(said_in_formula(inside) if is_formula(inside) else inside, start)
        return end + len(mark)

    def _past_tex(self, begin: int, mark: str) -> int:
        closer = {"\\(": "\\)", "\\[": "\\]"}.get(mark, "\\end{")
        end = self._end(closer, begin + len(mark))
        inside = self._text[begin:end] if 0 <= end < begin + _SEARCHED else ""
        if mark == "\\begin{":
            end = self._text.find("}", end) - 1 if inside else -1
        if not inside or not TEX.search(inside, len(mark)) or (mark == "\\begin{" and _BLANK_LINE.search(inside)):
            self._add(mark, begin)
            return begin + len(mark)
        tex = inside if mark == "\\begin{" else inside.removeprefix(mark)
        self._add(" " + said_in_formula(tex) + " ", begin)
        return end + 2

    def _past_block(self, begin: int, name: str) -> int:
        closed = self._end(f"</{name}>", begin)
        if closed < 0:
            return self._past_tag(begin)
        end = closed + len(name) + 3
        if name == "svg":
            self._said.pictures.append("")
            said_in_html(self._text[begin:end], self._said, place=self._lines.place_of(begin))
        elif self._text[self._text.rfind("\n", 0, begin) + 1 : begin].strip():
            self._add(self._text[begin:end], begin)  # within a line it is spoken of
        self._add(" ", begin)
        return end

    def _past_tag(self, begin: int) -> int:
        tag = _TAG.match(self._text, begin)
        if tag is None or tag[1].lower() not in KNOWN:
            self._add("<", begin)
            return begin + 1
        name = tag[1].lower()
        if name == "img":
            self._said.pictures.append("".join("".join(values) for values in _ALT.findall(tag.group())))
        if name != "wbr":
            self._add(" ", begin)
        return tag.end()

    def _end(self, mark: str, at: int) -> int:
        """Where it comes next; never looked for where it does not."""
        if mark not in self._last:
            self._last[mark] = self._text.rfind(mark)
        return self._text.find(mark, at) if self._last[mark] >= at else -1


def _next_mark(text: str, at: int) -> re.Match[str] | None:
    """As `_MARK.search(text, at)`."""
    found = (_MARK.match(text, begin.start()) for begin in _BEGINNING.finditer(text, at))
    return next(filter(None, found), None)


def _label(text: str) -> str:
    return _LABEL.sub(" ", text.strip()).casefold()
