"""Conventions of authors that are told by whole tokens: marked lines of code, callouts, attributes, pauses, slides at
headings, columns by slots. For the parser child.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from markdown_it.token import Token

from pressrun.sources.attributes import ATTRIBUTES, Attributes, read_attributes
from pressrun.sources.containers import ALERTS
from pressrun.sources.decks import Deck
from pressrun.sources.diagrams import LANGUAGE
from pressrun.sources.line_numbers import Lines

_DASH: Final = re.compile(r" (?=[–—] )")
_TRAILING: Final = re.compile(rf"[ \t]*(?:{ATTRIBUTES.pattern}|\{{:[^{{}}\n]{{0,100}}\}})[ \t]*$")
_LINES: Final = re.compile(
    r"""[{\[]\s*(?P<lines>[\d,\s|-]+|all|none|\*)(?:\|[^}\]]*)?[}\]]|code-line-numbers="(?P<named>[\d,|-]+)\""""
)
_CHUNK: Final = re.compile(r"\{\s*\.?(?P<language>[A-Za-z][\w+#-]*)[^}]*\}")
_CALLOUT: Final = re.compile(r"\[!(?P<kind>[A-Za-z]{2,20})\][+-]?[ \t]*(?P<title>[^\n]*)")
_PAUSE: Final = re.compile(r"\.[ \u00a0]\.[ \u00a0]\.")
_SIGNS: Final = {"---": "\u2014", "--": "\u2013", "...": "\u2026"}
_SMART: Final = re.compile(r"(?<![-.])(?:---|--|\.\.\.)(?![-.])")
_MAX_MARKED_LINES: Final = 2_000


def settle_code(tokens: list[Token]) -> None:
    """The language of a listing, and the lines that are marked in it, as `_highlight` is given them."""
    for token in tokens:
        if token.type != "fence" or not any(sign in token.info for sign in "{["):
            continue
        marked = _LINES.search(token.info)
        rest = _LINES.sub(" ", token.info)
        chunk = _CHUNK.search(rest)
        if chunk and chunk["language"] != LANGUAGE:
            token.content = token.content.lstrip("\n")  # where its options stood
        words = re.sub(r"[{\[][^}\]]*[}\]]", " ", rest).split()
        language = words[0] if words else chunk["language"] if chunk else ""
        lines = (marked["lines"] or marked["named"] or "").split("|")[0] if marked else ""
        token.info = f"{language} {re.sub(r'[^0-9,-]', '', lines)}".strip()


def marked_lines(said: str) -> set[int]:
    """`2,4-6`: numbers from 1."""
    found: set[int] = set()
    for part in said.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            found.update(range(int(first), min(int(last or first), int(first) + _MAX_MARKED_LINES) + 1))
    return found


def settle_inline_attributes(tokens: list[Token]) -> None:
    """Takes attributes behind a link or code within a line off."""
    for token in tokens:
        for before, child in pairwise(token.children or []):
            if child.type == "text" and before.type in ("code_inline", "link_close") and child.content[:1] == "{":
                read = read_attributes(child.content, 0)
                child.content = child.content[read.end :] if read else child.content


def settle_smart_signs(tokens: list[Token]) -> None:
    """`---`, `--` and `...` as Pandoc and Quarto set them, https://pandoc.org/MANUAL.html#extension-smart."""
    for token in tokens:
        for child in token.children or []:
            if child.type == "text" and ("--" in child.content or "..." in child.content):
                child.content = _SMART.sub(lambda found: _SIGNS[found[0]], child.content)


def lay_out_side_by_side(tokens: list[Token]) -> list[Token]:
    """`::: {layout-ncol=2}` of Quarto: its blocks in rows of so many."""
    made: list[Token] = []
    rows: list[tuple[int, int, int]] = []  # level, how many in a row, and how many of it there are
    for token in tokens:
        if rows and token.level == rows[-1][0] and token.type == "container_close":
            if rows.pop()[2]:
                made += [_div("", -1), _div("", -1)]
        elif rows and token.level == rows[-1][0] + 1 and token.nesting >= 0:
            level, most, count = rows[-1]
            if count:
                made.append(_div("", -1))
            if count % most == 0:
                made += [*([_div("", -1)] if count else []), _div("columns", 1)]
            made.append(_div("column", 1))
            rows[-1] = (level, most, count + 1)
        made.append(token)
        if token.type == "container_open" and (most := token.meta.get("side_by_side", 0)):
            rows.append((token.level, most, 0))
    return made


def unwrap_quoted_lists(tokens: list[Token]) -> list[Token]:
    """`> - item` of Pandoc is a list that comes otherwise than the others of its deck: no quotation."""
    made: list[Token] = []
    closers: set[int] = set()
    for at, token in enumerate(tokens):
        if token.type == "blockquote_open" and at + 1 < len(tokens) and tokens[at + 1].type.endswith("_list_open"):
            end = next(
                n
                for n in range(at, len(tokens))
                if tokens[n].type == "blockquote_close" and tokens[n].level == token.level
            )
            inner = [one for one in tokens[at + 1 : end] if one.level == token.level + 1]
            if len(inner) == 2:  # noqa: PLR2004  (where the list begins and ends)
                closers.add(end)
                for one in tokens[at + 1 : end]:
                    one.level -= 1
                continue
        if at not in closers:
            made.append(token)
    return made


def settle_headings(tokens: list[Token]) -> None:
    """Takes attributes behind a heading off; its `meta` has what they say of the slide that begins there."""
    for before, token in pairwise(tokens):
        if before.type != "heading_open" or not token.children or token.children[-1].type != "text":
            continue
        last = _joined_attributes(token.children)
        found = _TRAILING.search(last.content)
        if found is not None:
            last.content = last.content[: found.start()]
            token.content = token.content[: len(token.content) - len(found[0])]
            read = read_attributes(found[0].strip(), 0)
            if read is not None:
                before.meta["said"] = _said_of_slide(read.attributes)


def keep_dashes(tokens: list[Token]) -> None:
    """Keeps a dash between blanks with the word before it: no line of a heading begins with one."""
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            for child in token.children or []:
                child.content = _DASH.sub("\u00a0", child.content) if child.type == "text" else child.content


def _joined_attributes(children: list[Token]) -> Token:
    """The last text of a heading; an address in its braces was made a link, and is text again."""
    last = children[-1]
    if not last.content.rstrip().endswith("}") or "{" in last.content:
        return last
    begin = next((at for at, child in reversed(list(enumerate(children))) if "{" in child.content), None)
    if begin is None or children[begin].type != "text":
        return last
    address = "".join(child.content for child in children[begin:] if child.type == "text")
    if _TRAILING.search(address) is None:
        return last
    children[begin].content = address
    del children[begin + 1 :]
    return children[begin]


def _said_of_slide(attributes: Attributes) -> dict[str, str]:
    """What a heading that begins a slide says of it, in Pandoc and Quarto."""
    said = {key.removeprefix("data-"): value for key, value in attributes.values.items()}
    return said | ({"class": " ".join(attributes.classes)} if attributes.classes else {})


def settle_callouts(tokens: list[Token]) -> None:
    """`> [!info]- Title`, of kinds that GitHub has not; and a heading that begins a fenced one, which is its title."""
    for at, token in enumerate(tokens):
        if token.type == "container_open" and token.meta.get("untitled") and tokens[at + 4].type == "heading_open":
            tokens[at + 2].children, tokens[at + 2].content = tokens[at + 5].children, tokens[at + 5].content
            del tokens[at + 4 : at + 7]
        if token.type != "blockquote_open" or at + 2 >= len(tokens) or tokens[at + 2].type != "inline":
            continue
        inline = tokens[at + 2]
        found = _CALLOUT.match(inline.content)
        children = inline.children or []
        if found is None or found["kind"].lower() not in ALERTS or not children or children[0].type != "text":
            continue
        token.tag, token.attrs = "div", {"class": f"markdown-alert markdown-alert-{ALERTS[found['kind'].lower()]}"}
        end = next(
            n for n in range(at, len(tokens)) if tokens[n].type == "blockquote_close" and tokens[n].level == token.level
        )
        tokens[end].tag = "div"
        tokens[at + 1].attrJoin("class", "markdown-alert-title")
        mark = re.match(r"\[!\w+\][+-]?[ \t]*", children[0].content)
        children[0].content = children[0].content[mark.end() if mark else 0 :] or (
            "" if found["title"] else found["kind"].capitalize()
        )
        _part_title(tokens, at + 1)


def _part_title(tokens: list[Token], at: int) -> None:
    """What follows the first line of a paragraph is one of its own."""
    inline = tokens[at + 1]
    children = inline.children or []
    cut = next((n for n, child in enumerate(children) if child.type in ("softbreak", "hardbreak")), None)
    if cut is None:
        return
    rest = Token("inline", "", 0, level=inline.level, children=children[cut + 1 :], map=inline.map)
    rest.content = inline.content.partition("\n")[2]
    inline.children, inline.content = children[:cut], inline.content.partition("\n")[0]
    level = tokens[at].level
    tokens[at + 3 : at + 3] = [
        Token("paragraph_open", "p", 1, level=level, map=inline.map, block=True),
        rest,
        Token("paragraph_close", "p", -1, level=level, block=True),
    ]


def without_pauses(tokens: list[Token]) -> list[Token]:
    """`. . .` of Pandoc means: wait here."""
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        is_pause = (
            tokens[at].type == "paragraph_open"
            and at + 1 < len(tokens)
            and _PAUSE.fullmatch(tokens[at + 1].content.strip())
        )
        if is_pause:
            at += 3
            continue
        made.append(tokens[at])
        at += 1
    return made


def divide_at_headings(tokens: list[Token], deck: Deck, fields: dict[str, Any]) -> list[Token]:
    """Slides that begin at headings: of Pandoc and Quarto at its slide level, of Marp where it is asked for."""
    level = _slide_level(tokens, deck, fields)
    if not level:
        return tokens
    made: list[Token] = []
    for token in tokens:
        begins = token.type == "heading_open" and token.level == 0 and int(token.tag[1]) in level
        if begins:
            said = token.meta.get("said", {})
            follows = any(one.type != "html_block" for one in made)  # a comment is no slide
            if (follows or said) and (not made or made[-1].type != "hr"):
                made.append(Token("hr", "hr", 0, markup="---", info="dashes", map=token.map, block=True))
            if made:
                made[-1].meta["said"] = said
        made.append(token)
    return made


def _slide_level(tokens: list[Token], deck: Deck, fields: dict[str, Any]) -> frozenset[int]:
    """https://pandoc.org/MANUAL.html#structuring-the-slide-show: the highest heading that is followed by content."""
    if deck.dialect == "marp":
        said = fields.get("headingDivider")
        levels = [str(one) for one in (said if isinstance(said, list) else [said])]
        found = [int(one) for one in levels if re.fullmatch("[1-6]", one)]
        return frozenset(found if isinstance(said, list) else range(1, max(found, default=0) + 1))
    if deck.dialect not in ("pandoc", "quarto"):
        return frozenset()
    said = fields.get("slide-level")
    if isinstance(said, str) and re.fullmatch("[1-6]", said):
        return frozenset(range(1, int(said) + 1))
    top = [token for token in tokens if token.level == 0 and token.nesting >= 0 and token.type != "inline"]
    followed = [
        int(token.tag[1])
        for token, after in pairwise(top)
        if token.type == "heading_open" and after.type not in ("heading_open", "hr")
    ]
    return frozenset(range(1, min(followed, default=0) + 1))


def lay_out_slots(section: list[Token], slots: dict[int, str], lines: Lines, first_line: int) -> list[Token]:
    """A slide of Slidev with `::right::` in two columns."""
    marks = sorted(slots)
    parts: list[list[Token]] = [[] for _ in range(len(marks) + 1)]
    part = 0
    for token in section:
        if token.map and token.level == 0 and token.nesting >= 0:
            at = lines.number(token.map[0]) - first_line
            part = sum(mark <= at for mark in marks)
        parts[part].append(token)
    names = ["default", *(slots[mark] for mark in marks)]
    if "right" not in names:
        return section
    if "default" in names[1:]:  # said by name, in whatever order; what stands in front is above both
        at = names.index("default", 1)
        names = ["above", "left", *names[1:at], *names[at + 1 :]]
        parts = [parts[0], parts[at], *parts[1:at], *parts[at + 1 :]]
    made: list[Token] = parts[0] if "left" in names else []
    if not made and parts[0] and parts[0][0].type == "heading_open":
        made, parts[0] = parts[0][:3], parts[0][3:]  # the heading of the slide stands above both, as on all others
    made.append(_div("columns", 1))
    for name, part_tokens in zip(names, parts, strict=True):
        if name in ("left", "right") or (name == "default" and "left" not in names):
            made += [_div("column", 1), *part_tokens, _div("", -1)]
    made.append(_div("", -1))
    for name, part_tokens in zip(names, parts, strict=True):
        if name not in ("default", "left", "right", "above"):
            made += part_tokens
    return made


def _div(name: str, nesting: int) -> Token:
    kind = "container_open" if nesting > 0 else "container_close"
    return Token(kind, "div", nesting, attrs={"class": name} if name else {}, block=True)  # type: ignore[arg-type]
