"""Markdown or plain text -> clean body HTML. Runs in the parser child.

CommonMark with GitHub's extensions (tables, strikethrough, task lists, alerts, bare links), footnotes, definition lists
and highlighted code. What comes out went through `sanitise` and `pictures` as a whole, so raw HTML needs no trust.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from pressrun.sources.languages import document_direction, document_language, language_of
from pressrun.sources.pictures import settle_pictures
from pressrun.sources.plain_text import is_plain, shape_plain_text
from pressrun.sources.sanitise import sanitise
from pressrun.sources.titles import split_front_matter

MAX_HIGHLIGHT_CHARACTERS = 50_000  # a longer listing stays plain: colouring it would be most of the parse

_UNSAFE_SCHEMES = ("javascript:", "vbscript:", "file:")


def render_markdown(text: str, *, keep_remote: bool = False) -> dict[str, Any]:
    """The body, what could not be shown as (code, message), and the language and direction of the whole.

    `keep_remote`: pictures on the web stay as they are, for somebody else to fetch.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").lstrip("\ufeff").replace("\0", "\ufffd")
    _, text = split_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    plain = is_plain(text)
    parser = _parser(plain=plain)
    env: dict[str, Any] = {}
    tokens = parser.parse(text, env)
    if plain:
        shape_plain_text(tokens)
    _mark_directions_and_languages(tokens)
    _make_figures(tokens)
    rendered = sanitise(parser.renderer.render(tokens, parser.options, env))
    body, warnings = settle_pictures(rendered, keep_remote=keep_remote)
    return {"html": body, "warnings": warnings, "lang": document_language(text), "dir": document_direction(text)}


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


def _parser(*, plain: bool) -> MarkdownIt:
    parser = MarkdownIt("gfm-like2", {"highlight": _highlight}, renderer_cls=_Renderer)
    parser.use(footnote_plugin).use(deflist_plugin)
    parser.add_render_rule("footnote_anchor", _Renderer.footnote_anchor)
    parser.add_render_rule("footnote_block_open", _Renderer.footnote_block_open)
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # "main.py" is not a place in Paraguay
    parser.validateLink = _is_link  # type: ignore[method-assign]
    return parser.disable("code") if plain else parser


def _is_link(url: str) -> bool:
    """Only what must not even look like a link; `sanitise` and `pictures` decide about the rest."""
    return not url.strip().lower().startswith(_UNSAFE_SCHEMES)


def _highlight(code: str, language: str, _attrs: str) -> str:
    """Coloured inside, without a frame: the renderer writes <pre><code>."""
    if not language or len(code) > MAX_HIGHLIGHT_CHARACTERS:
        return html.escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _mark_directions_and_languages(tokens: list[Token]) -> None:
    """`dir=auto` on every outermost block, so that a right-to-left paragraph or list stands right; what is inside
    inherits (a list whose items had their own `dir` would itself count as empty). `lang` where the letters tell it.
    """
    own, below = "", ""  # of the block at hand; of the block after it
    for token in reversed(tokens):
        if token.type == "inline":
            own = language_of(token.content) or own
        elif token.level == 0 and token.nesting == 1 and token.tag:
            if own and token.type == "heading_open":
                own = below or own  # a title in Han alone is in the language of what it is the title of
            token.attrSet("dir", "auto")
            if own:
                token.attrSet("lang", own)
            own, below = "", own


def _make_figures(tokens: list[Token]) -> None:
    """A picture that stands alone becomes a figure; its title is the caption."""
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type != "paragraph_open" or opening.hidden or inline.type != "inline" or not inline.children:
            continue
        pictures = [child for child in inline.children if child.type == "image"]
        if len(pictures) != 1 or len(inline.children) != 1:
            continue
        opening.tag = closing.tag = "figure"
        caption = pictures[0].attrs.pop("title", None)
        if caption:
            text = Token("text", "", 0, content=str(caption))
            inline.children += [
                Token("figcaption_open", "figcaption", 1),
                text,
                Token("figcaption_close", "figcaption", -1),
            ]
