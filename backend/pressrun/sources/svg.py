"""An SVG picture reduced to drawing. Runs in the parser child.

A browser runs no script and loads nothing in an SVG that is shown as a picture; that is its promise, this is ours:
only elements that draw or say something, only references into the picture itself, only pictures that are in it. What
was taken out is told.
"""

from __future__ import annotations

import html
import html.entities
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pressrun.sources.elements import KEPT
from pressrun.sources.encodings import decode_xml

_SVG: Final = "http://www.w3.org/2000/svg"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_XLINK_HREF: Final = f"{{{_XLINK}}}href"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_ELEMENTS: Final = """
svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath marker
pattern clipPath mask linearGradient radialGradient stop filter feBlend feColorMatrix feComponentTransfer
feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feFlood feImage
feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight
feSpecularLighting feSpotLight feTile feTurbulence feDropShadow style
switch a image foreignObject view
"""
_DRAWING: Final = frozenset(_ELEMENTS.split())
# The labels of draw.io, Mermaid and others are HTML. A folded one would hide its words, and pictures are judged apart.
_WORDS: Final = KEPT - {"details", "img", "summary"} | {"big", "body", "center", "font", "strike", "tt"}
_SILENT: Final = frozenset({"metadata"})  # nothing that is ever seen
_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_:-]*")
_OUTSIDE: Final = re.compile(r"url\(\s*['\"]?(?!\s*#)|@import|image-set|expression\(|\\", re.IGNORECASE)
_PICTURE: Final = re.compile(r"\s*data:image/", re.IGNORECASE)
_MAX_USES: Final = 200  # arbitrary: `use` of `use` of `use` doubles at each level
_MAX_DEPTH: Final = 500  # arbitrary: real drawings have tens; Python writes an element inside its parent's call
_NAMED: Final = 6  # kinds in a warning
_MAX_WORDS: Final = 100  # arbitrary: pieces of text that went, of which the warning shows the first

_DOCTYPE: Final = re.compile(r"<!DOCTYPE\b[^\[\]<>]*+(\[[^\]]*+\])?\s*+>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"""<!ENTITY\s+([A-Za-z_][\w.-]*+)\s+(?:"([^"<&%]*+)"|'([^'<&%]*+)')\s*+>""")
_DECLARATIONS: Final = re.compile(r"<!(?:ATTLIST|ELEMENT)\b[^<>]*+>|<!--.*?-->|[\[\]\s]++", re.DOTALL)
_REFERENCE: Final = re.compile(r"&([A-Za-z_][\w.-]*+);")
_MAX_ENTITY: Final = 200  # characters; Illustrator's are addresses of namespaces
_MAX_GROWTH: Final = 1_000_000  # what all of them may add

JudgePicture = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class CleanedSvg:
    """A picture with nothing in it but drawing. `dropped`: how often which element went, with the words it held."""

    data: bytes
    title: str = ""
    dropped: tuple[tuple[str, int], ...] = ()
    words: str = ""

    def warnings(self) -> list[tuple[str, str]]:
        """What a person should know of what is not shown."""
        if not self.dropped:
            return []
        named = ", ".join(f"<{name}>" + (f" ({times} times)" if times > 1 else "") for name, times in self.dropped)
        words = f"; they said: {self.words}" if self.words else ""
        return [("picture_reduced", f"An SVG picture is shown without its {named}{words}.")]


def clean_svg(data: bytes, judge: JudgePicture | None = None) -> CleanedSvg | None:
    """`data` as a picture; None if it is no well-formed SVG, or defines entities that are more than words.

    `judge` takes the data: URI of a picture in it and returns the one to be shown; without it there are none.
    """
    return _clean_text(decode_xml(data), judge)


def clean_inline_svg(markup: str, judge: JudgePicture | None = None) -> CleanedSvg | None:
    """The same for a drawing that stands in HTML, where namespaces need not be written."""
    end = re.match(r"<svg\b", markup, re.IGNORECASE)
    if end is None:
        return None
    opening = markup[: markup.find(">") + 1]
    added = "" if re.search(r"\sxmlns\s*=", opening) else f' xmlns="{_SVG}"'
    added += "" if "xmlns:xlink" in opening else f' xmlns:xlink="{_XLINK}"'
    return _clean_text(f"<svg{added}{markup[end.end() :]}", judge)


def _clean_text(text: str, judge: JudgePicture | None) -> CleanedSvg | None:
    plain = _without_doctype(text.lstrip("\ufeff \t\r\n"))
    if plain is None:
        return None
    try:
        # as text: of bytes it would take any codec of Python's that they name
        root = ET.fromstring(plain)  # noqa: S314  (no DTD, so no entities; and in the parser child)
    except (ET.ParseError, ValueError, LookupError):
        return None
    if root.tag != f"{{{_SVG}}}svg":
        return None
    if sum(1 for _ in root.iter(f"{{{_SVG}}}use")) > _MAX_USES:
        return None
    cleaner = _Cleaner(judge)
    cleaner.clean(root)
    ET.register_namespace("", _SVG)
    title = root.find(f"{{{_SVG}}}title")
    name = " ".join("".join(title.itertext()).split()) if title is not None else root.get("aria-label", "")
    most = cleaner.dropped.most_common(_NAMED)
    data: bytes = ET.tostring(root, encoding="utf-8")
    return CleanedSvg(data, name[:200], tuple(most), " ".join(" ".join(cleaner.words).split())[:200])


def _without_doctype(text: str) -> str | None:
    """The text without its DTD, and with the words that its entities stand for. None: there is more in it than that."""
    values: dict[str, str] = {}
    found = _DOCTYPE.search(text)
    if found is not None:
        inside = found[1] or ""
        entities = list(_ENTITY.finditer(inside))
        values = {entity[1]: entity[2] or entity[3] or "" for entity in entities}
        if _DECLARATIONS.sub("", _ENTITY.sub("", inside)) or any(len(v) > _MAX_ENTITY for v in values.values()):
            return None
        text = text[: found.start()] + text[found.end() :]
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        return None
    room = _MAX_GROWTH

    def value_of(reference: re.Match[str]) -> str:
        nonlocal room
        name = reference[1]
        if name in {"amp", "lt", "gt", "quot", "apos"}:
            return reference[0]
        value = values.get(name)
        if value is None:
            value = html.escape(html.entities.html5.get(f"{name};", ""), quote=True) or reference[0]
        room -= len(value)
        return value

    text = _REFERENCE.sub(value_of, text)
    return text if room >= 0 else None


class _Cleaner:
    """Takes out of one tree what does not draw."""

    def __init__(self, judge: JudgePicture | None) -> None:
        self.dropped: Counter[str] = Counter()
        self.words: list[str] = []
        self._judge = judge
        self._pictures: dict[str, str | None] = {}

    def clean(self, root: ET.Element) -> None:
        waiting = [(root, 0)]
        while waiting:
            element, depth = waiting.pop()
            attributes = [(name, self._attribute(element, name, value)) for name, value in element.attrib.items()]
            element.attrib = {name: value for name, value in attributes if value is not None}
            kept: list[ET.Element] = []
            for child in element:
                if depth < _MAX_DEPTH and self._stays(child):
                    kept.append(child)
                    continue
                self._tell(child)
                if (child.tail or "").strip():  # words of the element, which stand behind it
                    if kept:
                        kept[-1].tail = (kept[-1].tail or "") + (child.tail or "")
                    else:
                        element.text = (element.text or "") + (child.tail or "")
            element[:] = kept
            waiting += [(child, depth + 1) for child in kept]

    def _stays(self, child: ET.Element) -> bool:
        if not isinstance(child.tag, str):
            return False
        namespace, _, name = child.tag.rpartition("}")
        if namespace == f"{{{_XHTML}":
            return name in _WORDS
        if namespace != f"{{{_SVG}" or name not in _DRAWING:
            return False
        if name in {"image", "feImage"}:
            address = child.get("href", child.get(_XLINK_HREF, "")).strip()
            return address.startswith("#") or bool(_PICTURE.match(address) and self._judged(address))
        return not (name == "style" and _OUTSIDE.search(child.text or ""))

    def _judged(self, address: str) -> str | None:
        if address not in self._pictures:
            self._pictures[address] = self._judge(address) if self._judge is not None else None
        return self._pictures[address]

    def _attribute(self, element: ET.Element, name: str, value: str) -> str | None:
        """What stays of it."""
        if name in {"href", _XLINK_HREF}:
            if element.tag in {f"{{{_SVG}}}image", f"{{{_SVG}}}feImage"} and _PICTURE.match(value):
                return self._judged(value.strip())
            return value if value.strip().startswith("#") else None
        if name.startswith(_XML):
            return value if name.endswith(("}space", "}lang")) else None
        allowed = (
            bool(_ATTRIBUTE.fullmatch(name)) and not name.lower().startswith("on") and name not in {"src", "srcset"}
        )
        return value if allowed and not _OUTSIDE.search(value) else None

    def _tell(self, child: ET.Element) -> None:
        if not isinstance(child.tag, str):
            return
        namespace, _, name = child.tag.rpartition("}")
        if namespace in {f"{{{_SVG}", f"{{{_XHTML}"} and name not in _SILENT:
            self.dropped[name] += 1
            if name not in {"script", "style"} and len(self.words) < _MAX_WORDS:
                self.words += list(child.itertext())
