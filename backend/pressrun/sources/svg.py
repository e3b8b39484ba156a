"""An SVG picture reduced to drawing. Runs in the parser child.

A browser runs no script and loads nothing in an SVG that is shown as a picture; that is its promise, this is ours:
only elements that draw, only references into the picture itself.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from pressrun.sources.encodings import decode_xml

_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = """
svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath marker
pattern clipPath mask linearGradient radialGradient stop filter feBlend feColorMatrix feComponentTransfer
feComposite feFlood
feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset feDropShadow style
"""
_DRAWING = frozenset(_ELEMENTS.split())
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_:-]*")
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!\s*#)|@import|expression\(|\\", re.IGNORECASE)
_MAX_USES = 200  # arbitrary: `use` of `use` of `use` doubles at each level


def clean_svg(data: bytes) -> bytes | None:
    """The picture with nothing in it but drawing; None if it is not SVG, or uses a DTD."""
    text = decode_xml(data)
    if "<!DOCTYPE" in text[:100_000].upper() or "<!ENTITY" in text.upper():
        return None
    try:
        # as text: of bytes it would take any codec of Python's that they name
        root = ET.fromstring(text)  # noqa: S314  (no DTD, so no entities; and in the parser child)
    except (ET.ParseError, ValueError, LookupError):
        return None
    if root.tag != f"{{{_SVG}}}svg":
        return None
    if sum(1 for _ in root.iter(f"{{{_SVG}}}use")) > _MAX_USES:
        return None
    _clean(root)
    ET.register_namespace("", _SVG)
    cleaned: bytes = ET.tostring(root, encoding="utf-8")
    return cleaned


def _clean(root: ET.Element) -> None:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        element.attrib = {name: value for name, value in element.attrib.items() if _is_allowed(name, value)}
        for child in list(element):
            if isinstance(child.tag, str) and _is_drawing(child):
                waiting.append(child)
            else:
                element.remove(child)


def _is_drawing(element: ET.Element) -> bool:
    namespace, _, name = element.tag.rpartition("}")
    return (
        namespace == f"{{{_SVG}" and name in _DRAWING and not (name == "style" and _OUTSIDE.search(element.text or ""))
    )


def _is_allowed(name: str, value: str) -> bool:
    if name in {"href", _XLINK_HREF}:
        return value.strip().startswith("#")
    return bool(_ATTRIBUTE.fullmatch(name)) and not name.lower().startswith("on") and not _OUTSIDE.search(value)
