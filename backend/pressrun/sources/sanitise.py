"""The allow-list for HTML that a text may carry: elements that say what something is, none that do anything.

Runs in the parser child. Scripts, styles, frames, forms and event handlers go; the text of unknown elements stays.
"""

from __future__ import annotations

import re

import nh3

from pressrun.sources.elements import KEPT, MATHML

_ATTRIBUTES = {
    "*": {"class", "dir", "id", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "span": {"role", "aria-label"},
    "td": {"colspan", "rowspan", "style"},
    "th": {"colspan", "rowspan", "scope", "style"},
    "code": {"data-line"},
    "col": {"span"},
    "colgroup": {"span"},
    "time": {"datetime"},
    "del": {"datetime", "cite"},
    "ins": {"datetime", "cite"},
    "hr": {
        "data-layout",
        "data-class",
        "data-background",
        "data-color",
        "data-header",
        "data-footer",
        "data-number",
    },
    "div": {"style"},
    "figure": {"style"},
    "math": {"display", "alttext"},
    "mi": {"mathvariant"},
    "mo": {
        "stretchy",
        "fence",
        "form",
        "separator",
        "largeop",
        "movablelimits",
        "symmetric",
        "minsize",
        "maxsize",
        "lspace",
        "rspace",
    },
    "mfrac": {"linethickness"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
    "mspace": {"width", "height", "depth"},
    "mpadded": {"width", "height", "depth", "lspace", "voffset"},
    "mstyle": {"mathcolor", "displaystyle", "scriptlevel"},
    "mtable": {"displaystyle"},
}
_REMOVED_WITH_CONTENT = {"script", "style", "iframe", "object", "noscript", "template", "title", "textarea", "select"}
_ALIGNMENT = re.compile(r"\s*text-align:\s*(?:left|right|center|justify|start|end)\s*;?\s*")  # what a table writes
_WIDTH = re.compile(r"--width: \d{1,4}(?:\.\d{1,3})?(?:%|px|em|rem|cm|mm|in|pt|vw|vh)")  # of a column, of a picture
_LINK_SCHEMES = ("http:", "https:", "mailto:", "tel:", "#")
_FEW_DIGITS = re.compile(r"[0-9]{1,3}")
_SPAN_LIMIT = 100  # arbitrary: a browser takes 1000 x 65534, and lays out that many cells


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        allowed = _WIDTH if tag in {"div", "figure"} else _ALIGNMENT
        return value if allowed.fullmatch(value) else None
    if tag == "a" and name == "href":
        return value if value.strip().lower().startswith(_LINK_SCHEMES) else None
    if name == "data-line":
        return value if value.isascii() and value.isdigit() else None
    if name in {"colspan", "rowspan", "span"}:
        return value if _FEW_DIGITS.fullmatch(value) and int(value) <= _SPAN_LIMIT else None
    return value


_CLEANER = nh3.Cleaner(
    tags=set(KEPT | MATHML),
    clean_content_tags=_REMOVED_WITH_CONTENT,
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    attribute_filter=_filter_attribute,
    set_tag_attribute_values={"details": {"open": ""}},  # a picture cannot be unfolded
    url_schemes={"http", "https", "mailto", "tel", "data"},
    link_rel=None,  # nothing in a document can be followed to harm: no scripts, and links open as any link does
)


def sanitise(html: str) -> str:
    """Clean body HTML in the parser's own spelling: attributes in double quotes, `<` of text escaped."""
    return _CLEANER.clean(html)
