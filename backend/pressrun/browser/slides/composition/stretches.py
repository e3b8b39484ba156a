"""A document made from text, cut into stretches that can be measured apart: a heading and what follows. Pure; linear.

How high a stretch is, and where it may be parted, is told by its own elements, by the style of the document, and by
what stands right before and behind it (margins between neighbours, a line before a list): `key` is a digest of that.
Documents in which something else has a say (footnotes, which stand on the slide that calls them; pictures beside the
text, which reach into what follows; style sheets that count) are not cut.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_BEGIN: Final = '<main class="document">'
_END: Final = "</main>"
_TITLE: Final = re.compile(r"<title>[^<]*</title>")
_TAG: Final = re.compile(r'<(/?)([a-zA-Z][^\s/>]*)((?:[^<>"]++|"[^"]*+")*)>')
_VOID: Final = frozenset(re.split(" ", "area base br col embed hr img input link meta source track wbr"))
_HEADING: Final = re.compile(r"h[1-6]")
AROUND: Final = 2  # elements before and behind a stretch that have a say: a break, its notes, and what follows both
# Of a body: what stands elsewhere than it is written, or reaches into what follows.
_ELSEWHERE: Final = re.compile(r'class="[^"]*(?:footnote|picture-|backdrop)|data-background|<!--|<main\b')
# Of a style sheet: what depends on more than the neighbours; and where ours do, but within a block or as `_key` has it.
_FAR: Final = re.compile(r"nth-|of-type|only-child|counter|float|~|(?:\+[^{},+;]+){3}|@container|@scope", re.IGNORECASE)
_OURS: Final = re.compile(
    r"url\(\s*[\"']?data:[^)]*\)|tr:nth-child\(even\)|tr > :nth-child\(\d\)|h1 ~ h1"
    r"|:has\(~ :not\(\.notes, \.slide-break\)\)|\.picture-right \{ float: right; |\.picture-left \{ float: left; "
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Elements `first` to `last` (not included) of the document's outermost."""

    first: int
    last: int
    key: bytes


@dataclass(frozen=True, slots=True)
class CutDocument:
    """`before` and `behind`: what stands around the elements. `ground`: a digest of what all stretches depend on."""

    before: str
    behind: str
    elements: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    ground: bytes
    anchors: tuple[int, ...]  # stretches that every part of the document begins with: its first, and its first of h1

    @property
    def title(self) -> str:
        """The element of that name."""
        found = _TITLE.search(self.before)
        return found[0] if found else ""

    def part(self, wanted: Collection[int]) -> list[int]:
        """Numbers of the elements of these stretches and of all that has a say in them, in order."""
        numbers: set[int] = set()
        for at in {*wanted, *self.anchors}:
            stretch = self.stretches[at]
            numbers.update(range(max(0, stretch.first - AROUND), min(len(self.elements), stretch.last + AROUND)))
        return sorted(numbers)

    def body_of(self, numbers: list[int]) -> str:
        """What a page shows instead of the document."""
        return "\n" + "".join(self.elements[number] for number in numbers)


def cut_document(html: str, screen: str, css: str) -> CutDocument | None:
    """None where its parts cannot be told by themselves. `screen`: all that says how large a slide is."""
    before, begin, rest = html.partition(_BEGIN)
    body, end, behind = rest.rpartition(_END)
    if not begin or not end or _ELSEWHERE.search(body) or not _is_local(_TITLE.sub("", before)):
        return None
    elements = _elements(body)
    if not elements:
        return None
    ground = digest_of(_TITLE.sub("", before), behind, screen, css)
    names = [_name(element) for element in elements]
    borders = [at for at in range(len(names)) if at == 0 or _begins(names, elements, at)]
    first_h1 = names.index("h1") if "h1" in names else len(names)
    stretches = tuple(
        Stretch(first, last, _key(elements, first, last, ground, follows_h1=first > first_h1))
        for first, last in zip(borders, [*borders[1:], len(elements)], strict=True)
    )
    anchors = [0]
    anchors += [at for at, stretch in enumerate(stretches) if stretch.first <= first_h1 < stretch.last and at]
    return CutDocument(before + begin, end + behind, tuple(elements), stretches, ground, tuple(anchors))


@lru_cache(maxsize=8)
def _is_local(head: str) -> bool:
    """Whether no rule of its style sheets looks further than to the neighbours."""
    return 'data-writing="vertical"' not in head and not _FAR.search(_OURS.sub("", head))


def _elements(body: str) -> list[str]:
    """The outermost elements, each with the white space behind it; none if anything else stands between them."""
    found: list[str] = []
    depth, begin, end = 0, 0, 0
    for tag in _TAG.finditer(body):
        closing, name = tag[1], tag[2].lower()
        if depth == 0:
            if closing or body[end : tag.start()].strip():
                return []
            if found:
                found[-1] += body[end : tag.start()]
            begin = tag.start()
        if name not in _VOID and not (tag[3].endswith("/") and not closing):
            depth += -1 if closing else 1
        if depth == 0:
            end = tag.end()
            found.append(body[begin:end])
    if depth or not found or body[end:].strip():
        return []
    found[-1] += body[end:]
    return found


def _name(element: str) -> str:
    found = _TAG.match(element)
    return found[2].lower() if found else ""


def _begins(names: list[str], elements: list[str], at: int) -> bool:
    """Whether a stretch begins with that element: a heading, or the break of a slide; not a heading behind a break."""
    if _is_break(elements[at]):
        return not _is_break(elements[at - 1])
    if not _HEADING.fullmatch(names[at]):
        return False
    above = at - 1
    while above >= 0 and names[above] == "aside":
        above -= 1
    return above < 0 or not _is_break(elements[above])


def _is_break(element: str) -> bool:
    return element.startswith("<hr") and "slide-break" in element


def _key(elements: list[str], first: int, last: int, ground: bytes, *, follows_h1: bool) -> bytes:
    parts = (elements[max(0, first - AROUND) : first], elements[first:last], elements[last : last + AROUND])
    return digest_of(ground.hex(), str(follows_h1), *("\0".join(part) for part in parts))


def digest_of(*parts: str) -> bytes:
    """Of parts that are told apart."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8))
        digest.update(data)
    return digest.digest()
