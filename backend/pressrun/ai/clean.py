"""An answer -> a fragment that has no power. Blocking; quick for answers of the length we allow.

Owns the allow-list for what a model writes (SAFETY: remote addresses dropped, scripts off): elements that say what
something is; no classes, no styles; pictures only those of the source, links only to addresses of the source.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import nh3

from pressrun.ai.thoughts import without_thoughts

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = """
a abbr aside b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure
h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp section small strong sub summary sup table
tbody td tfoot th thead time tr u ul var wbr
"""
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_REMOVED_WITH_CONTENT = {
    "script", "style", "iframe", "object", "noscript", "template", "title", "textarea", "select", "svg", "math",
}  # fmt: skip
_FEW_DIGITS = re.compile(r"[0-9]{1,3}")
_SPAN_LIMIT = 100  # arbitrary: a browser takes 1000 x 65534, and lays out that many cells

_FENCE_BEGIN = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*(?:html?|xml)?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ANY_FENCE_BEGIN = re.compile(r"\A\s*(?:`{3,}|~{3,})[ \t]*(?:markdown|md)?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_FENCE_END = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*$", re.MULTILINE)
_BLOCK = r"(?:h[1-6]|p|ul|ol|dl|table|blockquote|figure|pre|hr|section|article|aside|div|main|header|body|html)"
_FIRST_BLOCK = re.compile(rf"<!doctype|<{_BLOCK}\b", re.IGNORECASE)
_BLOCK_END = re.compile(rf"</{_BLOCK}\s*>|<hr[ /]*>", re.IGNORECASE)
_TAG = re.compile(r'<(?:[^<>"]|"[^"]*")*>')
_ALT = re.compile(r' alt="([^"]*)"')
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A safe fragment, and the addresses of pictures it asked for and will not get."""

    html: str
    blocked: tuple[str, ...] = ()


def clean_answer(answer: str, pictures: Mapping[str, str], addresses: frozenset[str], source: str = "") -> Cleaned:
    """The fragment in an answer to `source`; empty when it holds no HTML."""
    return _clean(_unwrap(_spoken(answer, source)), pictures, addresses)


def clean_markdown(answer: str, pictures: Mapping[str, str], addresses: frozenset[str], source: str = "") -> Cleaned:
    """The fragment in the answer of a model that wrote Markdown although asked for HTML."""
    return _clean(_markdown().render(_unfence(_spoken(answer, source), _ANY_FENCE_BEGIN)), pictures, addresses)


@cache  # holds nothing of what it has read
def _markdown() -> MarkdownIt:
    """Raw HTML passes, for all of it is cleaned."""
    # 25 of the 900 ms that a start takes, and few models write Markdown
    from markdown_it import MarkdownIt  # noqa: PLC0415

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _spoken(answer: str, source: str) -> str:
    return _CONTROLS.sub("", without_thoughts(answer, source))


def _clean(fragment: str, pictures: Mapping[str, str], addresses: frozenset[str]) -> Cleaned:
    blocked: list[str] = []

    def filter_attribute(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            if value not in pictures:
                blocked.append(value)
            return pictures.get(value)
        if tag == "a" and name == "href":
            return value if value in addresses else None
        if name in {"colspan", "rowspan"}:
            return value if _FEW_DIGITS.fullmatch(value) and int(value) <= _SPAN_LIMIT else None
        return value

    cleaner = nh3.Cleaner(
        tags=set(_TAGS.split()),
        clean_content_tags=_REMOVED_WITH_CONTENT,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=filter_attribute,
        set_tag_attribute_values={"details": {"open": ""}},  # a picture cannot be unfolded
        url_schemes={"http", "https", "mailto", "data", "picture"},  # the filter decides
        link_rel=None,
    )
    return Cleaned(cleaner.clean(fragment).strip(), tuple(dict.fromkeys(filter(None, blocked))))


def text_of(fragment: str) -> str:
    """What a clean fragment says, as plain text, pictures' descriptions included; its every attribute is quoted."""
    return html.unescape(_TAG.sub(_said_by, fragment))


def _said_by(tag: re.Match[str]) -> str:
    alt = _ALT.search(tag.group()) if tag.group().startswith("<img") else None
    return f" {alt.group(1)} " if alt else " "


def _unwrap(answer: str) -> str:
    """Without the code fence around it and the talk before and after; empty when no block element is in it."""
    answer = _unfence(answer)
    first = _FIRST_BLOCK.search(answer)
    if first is None:
        return ""
    ends = [end.end() for end in _BLOCK_END.finditer(answer, first.start())]
    return answer[first.start() : ends[-1] if ends else len(answer)]


def _unfence(answer: str, fence: re.Pattern[str] = _FENCE_BEGIN) -> str:
    """What is between the first fence and the last, if the first one comes before any HTML."""
    begin = fence.search(answer)
    if begin is None or _FIRST_BLOCK.search(answer, 0, begin.start()):
        return answer
    ends = [end.start() for end in _FENCE_END.finditer(answer, begin.end())]
    return answer[begin.end() : ends[-1] if ends else len(answer)]
