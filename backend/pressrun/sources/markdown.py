"""Markdown or plain text -> clean body HTML. Runs in the parser child.

CommonMark with GitHub's extensions (tables, strikethrough, task lists, alerts, bare links), footnotes, definition lists
and highlighted code. What comes out went through `sanitise` and `pictures` as a whole, so raw HTML needs no trust.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from pressrun.sources.backdrops import lift_pictures
from pressrun.sources.block_languages import mark_directions_and_languages
from pressrun.sources.callout_names import name_callouts
from pressrun.sources.characters import break_lines, end_lines, settle_characters
from pressrun.sources.containers import Containers, containers_plugin, find_containers
from pressrun.sources.conventions import conventions_plugin
from pressrun.sources.deck_fields import look_of
from pressrun.sources.deck_tokens import (
    divide_at_headings,
    keep_dashes,
    lay_out_side_by_side,
    marked_lines,
    settle_callouts,
    settle_code,
    settle_headings,
    settle_inline_attributes,
    settle_smart_signs,
    unwrap_quoted_lists,
    without_pauses,
)
from pressrun.sources.decks import DIVS, Deck, fields_of_deck, read_deck
from pressrun.sources.diagrams import LANGUAGE
from pressrun.sources.directives import Unused, note_unused_fields
from pressrun.sources.front_matter import read_front_matter, split_front_matter
from pressrun.sources.languages import document_direction, document_language, is_upright
from pressrun.sources.line_numbers import Lines
from pressrun.sources.list_numbers import keep_typed_numbers
from pressrun.sources.listings import fence_listings
from pressrun.sources.macros import definition_blocks
from pressrun.sources.markup_signs import is_pasted, is_plain
from pressrun.sources.maths import maths_plugin, settle_maths
from pressrun.sources.oversize import settle_oversize
from pressrun.sources.picture_words import settle_pictures_of
from pressrun.sources.pictures import settle_pictures
from pressrun.sources.plain_text import keep_lines, make_heading
from pressrun.sources.raw_html import RawHtml, settle
from pressrun.sources.sanitise import sanitise
from pressrun.sources.slide_marks import hide_notes, mark_rule_forms, mark_slides, render_note, take_spoken_notes
from pressrun.sources.structure import Structured, find_structure
from pressrun.sources.structure_marks import mark_structure
from pressrun.sources.title_slide import with_title_slide
from pressrun.sources.titles import one_line, title_of_body
from pressrun.sources.unclosed import unclosed_warnings

MAX_HIGHLIGHT_CHARACTERS = 50_000  # a longer listing stays plain: colouring it would be most of the parse

MAX_LEVEL = 200  # a list's level counts as two; Python's stack bears five times as many
_NO_LIMIT = 1_000_000  # for the library, whose limit drops text
_QUOTE_ENDS = [
    "paragraph",
    "reference",
    "blockquote",
    "list",
]  # what such a rule may end, as in the library's own table
_LIST_ENDS = ["paragraph", "reference", "blockquote"]
_DUNDER = re.compile(r"__([A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)__(?!\w)")
_DUNDERS = frozenset(
    [
        "init",
        "main",
        "name",
        "file",
        "doc",
        "all",
        "dict",
        "class",
        "module",
        "new",
        "del",
        "repr",
        "str",
        "call",
        "enter",
        "exit",
        "iter",
        "next",
        "len",
        "getitem",
        "setitem",
        "delitem",
        "contains",
        "getattr",
        "setattr",
        "delattr",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "hash",
        "bool",
        "add",
        "sub",
        "mul",
        "slots",
        "future",
        "version",
        "author",
        "proto",
        "dirname",
        "filename",
        "attribute",
        "pycache",
        "builtins",
        "import",
        "path",
        "spec",
        "loader",
        "package",
        "annotations",
        "await",
        "aiter",
        "anext",
        "aenter",
        "aexit",
        "post_init",
        "set_name",
        "get",
        "set",
        "missing",
    ]
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_UNSAFE_SCHEMES = ("javascript:", "vbscript:", "file:")


def render_markdown(text: str, *, keep_remote: bool = False, attached: Sequence[str] = ()) -> dict[str, Any]:
    """The body, what could not be shown as (code, message), and the title, language and direction of the whole.

    `keep_remote`: pictures on the web stay as they are, for somebody else to fetch; so do those `attached`, by path.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").lstrip("\ufeff").replace("\0", "\ufffd")
    split = split_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    front = read_front_matter(split)
    text = settle_characters(split.rest)
    title = one_line(str(front.fields.get("title", ""))) or title_of_body(text)
    front.fields, said_at = fields_of_deck(text, front.fields)
    front.lines |= {name: split.rest_line + at for name, at in said_at.items()}
    deck, unused = read_deck(text, front.fields), Unused()
    deck.look, used = look_of(front.fields, front.lines)
    if deck.is_deck:
        deck.used |= used
        note_unused_fields(front.fields, deck.used, front.lines, unused)
        unused.names += [(name, split.rest_line + at) for name, at in deck.unused]
    plain = not deck.is_deck and is_plain(deck.text)
    pasted = not deck.is_deck and is_pasted(deck.text)
    lines = fence_listings(Lines.of(deck.text, split.rest_line), plain=plain, tables=pasted)
    structured = find_structure(lines) if pasted else Structured(lines)
    lines = structured.lines
    containers = find_containers(lines.lines, any_name=deck.dialect in DIVS)
    parser = _parser(lines.text, containers, plain=plain or pasted)
    env: dict[str, Any] = {}
    tokens = parser.parse(lines.text, env)
    keep_typed_numbers(tokens, pasted=pasted)
    tokens = _settled_lines(tokens, structured, plain=plain)
    unused.names += settle_pictures_of(tokens, lines, marp=deck.dialect == "marp")
    tokens = _settled_conventions(tokens)
    if deck.dialect == "marp":
        end_lines(tokens)
    if deck.dialect in DIVS:
        settle_smart_signs(tokens)
        tokens = lay_out_side_by_side(unwrap_quoted_lists(tokens))
    if deck.is_deck:
        tokens = divide_at_headings(without_pauses(tokens), deck, front.fields)
    tokens = _mark_slides(tokens, deck, lines, split.rest_line, unused)
    _number_diagrams(tokens, lines)
    raw_warnings = [*settle_maths(tokens, lines), *settle(tokens), *settle_oversize(tokens, lines)]
    language = document_language(text, _language(front.fields))
    name_callouts(tokens, text, language)
    mark_directions_and_languages(tokens, language)
    _make_figures(tokens, captions=deck.dialect in DIVS)
    shown = with_title_slide(parser.renderer.render(tokens, parser.options, env), deck, front.fields)
    rendered = hide_notes(sanitise(shown))
    body, warnings = settle_pictures(rendered, keep_remote=keep_remote, attached=attached)
    return {
        "html": body,
        "warnings": [
            *front.warnings,
            *unused.warnings(),
            *unclosed_warnings(tokens, containers, lines),
            *raw_warnings,
            *warnings,
        ],
        "title": title,
        "look": deck.look,
        "lang": language,
        "dir": document_direction(text),
        "upright": is_upright(text),
    }


def _settled_lines(tokens: list[Token], structured: Structured, *, plain: bool) -> list[Token]:
    mark_rule_forms(tokens, structured.lines.lines)
    if plain:
        make_heading(tokens)
    keep_lines(tokens, plain=plain)
    break_lines(tokens)
    return mark_structure(tokens, structured.classes)


def _settled_conventions(tokens: list[Token]) -> list[Token]:
    settle_code(tokens)
    settle_headings(tokens)
    keep_dashes(tokens)
    settle_inline_attributes(tokens)
    settle_callouts(tokens)
    return lift_pictures(tokens)


def _mark_slides(tokens: list[Token], deck: Deck, lines: Lines, first_line: int, unused: Unused) -> list[Token]:
    return take_spoken_notes(mark_slides(tokens, deck, lines, first_line, unused), deck)


def _number_diagrams(tokens: list[Token], lines: Lines) -> None:
    """Says of each where it begins, for who draws it."""
    for token in tokens:
        if token.type == "fence" and token.map and token.info.split(maxsplit=1)[:1] == [LANGUAGE]:
            token.info = LANGUAGE
            token.attrSet("data-line", str(lines.number(token.map[0])))


class _Renderer(RendererHTML):
    """What is not as the library writes it: a task's box is drawn, for a document holds no form fields."""

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        opening = self.renderToken(tokens, idx, options, env)
        if "checked" not in (tokens[idx].meta or {}):
            return opening
        done = tokens[idx].meta["checked"]
        label, kind = ("done", "task-box task-done") if done else ("to do", "task-box")
        return f'{opening}<span class="{kind}" role="img" aria-label="{label}"></span>'

    def footnote_anchor(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return ""  # the way back is of no use in a picture

    def footnote_block_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<section class="footnotes">\n<ol>\n'


def _parser(text: str, containers: Containers, *, plain: bool) -> MarkdownIt:
    """A parser for that text alone."""
    parser = MarkdownIt("gfm-like2", {"highlight": _highlight}, renderer_cls=_Renderer)
    parser.use(footnote_plugin).use(deflist_plugin).use(maths_plugin, definition_blocks(text.split("\n")))
    parser.add_render_rule("footnote_anchor", _Renderer.footnote_anchor)
    parser.add_render_rule("footnote_block_open", _Renderer.footnote_block_open)
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # "main.py" is not a place in Paraguay
    parser.validateLink = _is_link  # type: ignore[method-assign]
    RawHtml(text).install(parser)
    containers_plugin(parser, containers)
    conventions_plugin(parser)
    parser.add_render_rule("note", render_note)
    parser.inline.ruler.before("emphasis", "dunder", _dunder)
    _limit_nesting(parser)
    return parser.disable("code") if plain else parser


def _limit_nesting(parser: MarkdownIt) -> None:
    """Lets quotes and lists that are deeper go on as the text of a paragraph.

    The library's own limit drops what is deeper, and all that follows.
    """
    within_lines = parser.options["maxNesting"]  # there it only ends the search for the end of a link, and text stays
    parser.options["maxNesting"] = _NO_LIMIT

    def restore(state: StateCore) -> None:
        state.md.options["maxNesting"] = within_lines

    parser.core.ruler.before("inline", "restore_nesting", restore)
    for name, alternatives in (("blockquote", _QUOTE_ENDS), ("list", _LIST_ENDS)):
        rule = next(rule.fn for rule in parser.block.ruler.__rules__ if rule.name == name)

        def limited(state: StateBlock, start: int, end: int, silent: bool, rule: RuleFuncBlockType = rule) -> bool:
            return state.level < MAX_LEVEL and rule(state, start, end, silent)

        parser.block.ruler.at(name, limited, {"alt": alternatives})


def _dunder(state: StateInline, silent: bool) -> bool:
    """`__init__` is a name, and so is `__anything__` beside a bracket, a dot or a slash: no emphasis."""
    if state.src[state.pos] != "_":
        return False
    found = _DUNDER.match(state.src, state.pos)
    if found is None or state.src[state.pos - 1 : state.pos].isalnum():
        return False
    around = state.src[max(0, state.pos - 1) : state.pos] + state.src[found.end() : found.end() + 1]
    if found[1] not in _DUNDERS and not any(sign in "()[].=/" for sign in around):
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


def _language(fields: dict[str, Any]) -> str:
    """What the front matter says, if it is a language's name as HTML has them."""
    said = str(fields.get("lang") or fields.get("language") or "")
    return said if _LANGUAGE.fullmatch(said) else ""


def _is_link(url: str) -> bool:
    """Only what must not even look like a link; `sanitise` and `pictures` decide about the rest."""
    return not url.strip().lower().startswith(_UNSAFE_SCHEMES)


def _highlight(code: str, language: str, lines: str) -> str:
    """Coloured inside, without a frame: the renderer writes <pre><code>. `lines` are those to be marked, `2,4-6`."""
    coloured = _coloured(code, language)
    marked = marked_lines(lines)
    if not marked:
        return coloured
    return "".join(
        f'<span class="line-marked">{line}</span>' if number in marked else line
        for number, line in enumerate(coloured.splitlines(keepends=True), start=1)
    )


def _coloured(code: str, language: str) -> str:
    if not language or language == LANGUAGE or len(code) > MAX_HIGHLIGHT_CHARACTERS:
        return html.escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _make_figures(tokens: list[Token], *, captions: bool) -> None:
    """A picture that stands alone becomes a figure; its title is the caption, to Pandoc its words are."""
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type != "paragraph_open" or opening.hidden or inline.type != "inline" or not inline.children:
            continue
        pictures = [child for child in inline.children if child.type == "image"]
        if len(pictures) != 1 or len(inline.children) != 1:
            continue
        opening.tag = closing.tag = "figure"
        words = pictures[0].content if captions and "picture-background" not in str(opening.attrGet("class")) else ""
        caption = pictures[0].attrs.pop("title", None) or words
        if caption:
            text = Token("text", "", 0, content=str(caption))
            inline.children += [
                Token("figcaption_open", "figcaption", 1),
                text,
                Token("figcaption_close", "figcaption", -1),
            ]
