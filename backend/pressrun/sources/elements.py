"""Which HTML elements a text may hold, and what becomes of the others. Names only; pure.

Whatever is in none of these lists is no element here: `<your name>` and `List<String>` stay as they were typed.
"""

from __future__ import annotations

from typing import Final

# They say what something is, and reach the document.
KEPT: Final = frozenset(
    [
        "a",
        "abbr",
        "aside",
        "b",
        "bdi",
        "bdo",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
# Blocks that are shown as a plain one.
AS_DIV: Final = frozenset(
    [
        "address",
        "article",
        "center",
        "dialog",
        "dir",
        "fieldset",
        "footer",
        "form",
        "header",
        "hgroup",
        "legend",
        "main",
        "menu",
        "nav",
        "noscript",
        "optgroup",
        "option",
        "search",
        "select",
        "template",
    ]
)
# Their tags go, and what is between them stays.
UNWRAPPED: Final = frozenset(
    [
        "acronym",
        "applet",
        "area",
        "audio",
        "base",
        "basefont",
        "big",
        "blink",
        "body",
        "button",
        "canvas",
        "data",
        "datalist",
        "embed",
        "font",
        "head",
        "html",
        "input",
        "label",
        "link",
        "map",
        "marquee",
        "meta",
        "meter",
        "nobr",
        "object",
        "output",
        "param",
        "picture",
        "progress",
        "rb",
        "rtc",
        "slot",
        "source",
        "strike",
        "track",
        "tt",
        "video",
    ]
)
# What HTML reads as mere text up to its end, or to the end of the page: as GFM's tagfilter, https://github.github.com/gfm/
FILTERED: Final = frozenset(
    ["title", "textarea", "style", "xmp", "iframe", "noembed", "noframes", "script", "plaintext"]
)
VOID: Final = frozenset(
    [
        "area",
        "base",
        "basefont",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)  # https://html.spec.whatwg.org/#void-elements, and two that are obsolete
KNOWN: Final = KEPT | AS_DIV | UNWRAPPED
# Elements whose end need not be written, and those in which they are found.
OPTIONAL_END: Final = {
    "li": frozenset({"ul", "ol", "menu", "dir"}),
    **dict.fromkeys(("dt", "dd"), frozenset({"dl"})),
    **dict.fromkeys(("td", "th", "tr", "thead", "tbody", "tfoot", "colgroup"), frozenset({"table"})),
    **dict.fromkeys(("rt", "rp"), frozenset({"ruby"})),
    **dict.fromkeys(("option", "optgroup"), frozenset({"select"})),
}
