"""What a deck's tokens say of its slides: where each begins, how it is to look, and what its author says to it.

For the parser child. A slide's beginning is `<hr class="slide-break">`, what is said of the slide its `data-…`; a note
is `<aside class="notes">` where it was written, and `hide_notes` hides it in the finished body.
"""

from __future__ import annotations

import html
import re
from typing import Final

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from pressrun.sources.backdrops import said_pictures
from pressrun.sources.deck_tokens import lay_out_slots
from pressrun.sources.decks import Deck
from pressrun.sources.directives import Unused, comment_kind, settle_margins, slide_attributes
from pressrun.sources.line_numbers import Lines
from pressrun.sources.marp import said_of_slides

_COMMENTS: Final = re.compile(r"\s*(?:<!--.*?-->\s*)+", re.DOTALL)
_COMMENT: Final = re.compile(r"<!--(.*?)-->", re.DOTALL)
_CLICK: Final = re.compile(r"\[click(?::\d+)?\][ \t]*")  # https://sli.dev/features/click-marker
_DASHES: Final = re.compile(r" {0,3}-{3,}[ \t]*")
_ASIDE: Final = re.compile(r'<aside((?: [a-z-]+="[^"]*")*)>')
_IS_NOTES: Final = re.compile(r' class="(?:[^"]* )?notes(?: [^"]*)?"')
_EVERY_RULE: Final = ("marp", "pandoc", "quarto")  # there a line of stars begins a slide, too


def mark_slides(tokens: list[Token], deck: Deck, lines: Lines, first_line: int, unused: Unused) -> list[Token]:
    """The tokens with breaks and notes marked. `first_line`: of the deck's text in its source."""
    sections: list[list[Token]] = [[]]
    breaks: list[tuple[Token | None, dict[str, str]]] = [(None, dict(deck.breaks.get(-1, {})))]
    for token in tokens:
        at = lines.number(token.map[0]) - first_line if token.map else -2
        if token.type == "hr" and token.level == 0 and _begins_slide(token, at, deck):
            breaks.append((token, {**deck.breaks.get(at, {}), **token.meta.get("said", {})}))
            sections.append([])
        else:
            sections[-1].append(token)
    lasting = dict(deck.lasting)
    slides: list[tuple[Token | None, dict[str, str], list[Token]]] = []
    for (found, said), section in zip(breaks, sections, strict=True):
        line = lines.number(found.map[0]) if found is not None and found.map else first_line
        if found is not None or deck.dialect != "marp":  # there the first slide has it of the front matter
            unused.note_fields(said, line)
        content = _take_comments(section, deck, said, lasting, lines, unused)
        if slots := _slots_of(found, section, deck, lines, first_line):
            content = lay_out_slots(content, slots, lines, first_line)
        slides.append((found, {**lasting, **said}, content))
    attributes = [slide_attributes(said) for _, said, _ in slides]
    settle_margins(attributes, deck.look)
    made: list[Token] = []
    for (found, said, content), kept in zip(slides, attributes, strict=True):
        pictures = said_pictures(said)
        if pictures:
            kept.pop("data-background", None)
        if found is not None or kept or pictures:
            begin = found or Token("hr", "hr", 0, markup="---", block=True)
            begin.attrs = {"class": "slide-break", **kept}
            made.append(begin)
        made += pictures + content
    return made


def _slots_of(begin: Token | None, section: list[Token], deck: Deck, lines: Lines, first_line: int) -> dict[int, str]:
    """Those of Slidev that stand in a slide."""
    if not deck.slots:
        return {}
    starts = lines.number(begin.map[0]) - first_line if begin is not None and begin.map else -1
    ends = [token.map[1] for token in section if token.map]
    last = lines.number(max(ends, default=0)) - first_line
    return {at: name for at, name in deck.slots.items() if starts < at <= last}


def _begins_slide(token: Token, at: int, deck: Deck) -> bool:
    if at in deck.breaks or deck.dialect in _EVERY_RULE:
        return True
    return token.markup.startswith("-") and token.info == "dashes"


def mark_rule_forms(tokens: list[Token], lines: list[str]) -> None:
    """Notes which thematic breaks are typed as dashes alone: `- - -` is a line, `---` the beginning of a slide."""
    for token in tokens:
        if token.type == "hr" and token.map and _DASHES.fullmatch(lines[token.map[0]]):
            token.info = "dashes"


def _take_comments(
    section: list[Token], deck: Deck, said: dict[str, str], lasting: dict[str, str], lines: Lines, unused: Unused
) -> list[Token]:
    """A slide without its comments, with the notes among them as tokens; what is a directive is put into `said`."""
    made: list[Token] = []
    waiting: list[Token] = []  # notes within a paragraph stand behind it
    last_words = next((n for n in range(len(section) - 1, -1, -1) if not _is_comment(section[n])), -1)

    def sort_out(comment: str, at: int, *, is_last: bool) -> Token | None:
        told, note = comment_kind(comment, deck.dialect)
        if deck.dialect in ("marp", ""):
            more, own = said_of_slides(told)
            lasting.update(more)
            said.update(own)
        else:
            said.update(told)
        unused.note_fields({key: value for key, value in told.items() if key not in deck.used}, at)
        return _note(note) if note and deck.is_deck and (deck.dialect != "slidev" or is_last) else None

    for number, token in enumerate(section):
        at = lines.number(token.map[0]) if token.map else 0
        if _is_comment(token):
            found = [sort_out(text, at, is_last=number > last_words) for text in _COMMENT.findall(token.content)]
            made += [note for note in found if note is not None]
            continue
        for child in token.children or []:
            if child.type == "html_inline" and child.content.startswith("<!--"):
                note = sort_out(child.content[4:-3], at, is_last=False)
                waiting += [note] if note is not None else []
        made.append(token)
        if token.level == 0 and token.nesting <= 0 and token.type != "inline":
            made += waiting
            waiting = []
    return made + waiting


def _is_comment(token: Token) -> bool:
    return token.type == "html_block" and _COMMENTS.fullmatch(token.content) is not None


def _note(text: str) -> Token:
    return Token("note", "aside", 0, content=text.strip(), block=True)


def render_note(self: RendererHTML, tokens: list[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    """A note as it was typed."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", _CLICK.sub("", tokens[idx].content))
    shown = "".join(f"<p>{html.escape(text, quote=False).replace(chr(10), '<br>')}</p>" for text in paragraphs)
    return f'<aside class="notes" dir="auto">{shown}</aside>\n'


def hide_notes(body: str) -> str:
    """A clean body whose notes are in it and not seen; whoever wrote them, and however."""

    def hide(found: re.Match[str]) -> str:
        return f"<aside{found[1]} hidden>" if _IS_NOTES.search(found[1]) else found[0]

    return _ASIDE.sub(hide, body)


def take_spoken_notes(tokens: list[Token], deck: Deck) -> list[Token]:
    """`Note:` of reveal-md: from there to the end of the slide everything is a note."""
    if deck.dialect != "reveal":
        return tokens
    made: list[Token] = []
    inside = False
    for number, token in enumerate(tokens):
        if inside and token.level == 0 and token.type == "hr":
            made.append(Token("notes_close", "aside", -1, block=True))
            inside = False
        if not inside and token.level == 0 and token.type == "paragraph_open":
            inline = tokens[number + 1]
            found = re.match(r"notes?:\s*", inline.content, re.IGNORECASE)
            if found is not None:
                _drop_prefix(inline, found.end())
                made.append(Token("notes_open", "aside", 1, attrs={"class": "notes"}, block=True))
                inside = True
        made.append(token)
    if inside:
        made.append(Token("notes_close", "aside", -1, block=True))
    return made


def _drop_prefix(inline: Token, length: int) -> None:
    inline.content = inline.content[length:]
    children = inline.children or []
    while children and length > 0 and children[0].type in ("text", "softbreak", "hardbreak"):
        first = children[0]
        taken = min(length, len(first.content) or 1)
        length -= taken
        first.content = first.content[taken:]
        if not first.content:
            children.pop(0)
