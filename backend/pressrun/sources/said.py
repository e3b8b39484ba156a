"""What a source says: its text without the signs that only say how it is to look. For the parser child; linear.

Not what a parser made of it. So nothing here repairs or understands a source; it only takes out what by the rules of
its format is never shown to a reader (tags, attributes, comments that end, addresses behind links, front matter). What
is in doubt stays. Then what a parser loses is found missing.
"""

from __future__ import annotations

import html as html_module
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

# never shown, with all that is between their ends
_UNSAID: Final = frozenset(
    re.split(" ", "annotation annotation-xml desc iframe metadata noembed noframes script style template title")
)
_RAW: Final = frozenset(("iframe", "noembed", "noframes", "script", "style", "title"))  # they hold no tags
_PLAIN: Final = frozenset(("textarea", "xmp"))  # text up to their end
_PICTURES: Final = frozenset(("img",))
_MAX_FRAMES: Final = 60  # documents in each other that are read; a page has at most 100 frames

_MARK: Final = re.compile(
    r"<(?:!--|!\[CDATA\[|[!?]|/?[A-Za-z])|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?"
)
_NAME: Final = re.compile(r"</?([A-Za-z][^\s/>]*)")
_SIMPLE_TAG: Final = re.compile(r"""</?[A-Za-z][^<>"']*+>""")
_TAG: Final = re.compile(
    r"""</?[A-Za-z](?:[^"'>=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|=(?!\s*+(?:"[^"]*+"|'[^']*+'))|["'])*>"""
)
_ATTRIBUTE: Final = re.compile(
    r"""\s(alt|srcdoc|shadowrootmode)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE
)


@dataclass(slots=True)
class Said:
    """Text of a source in order. `pictures`: the alternative text of each."""

    pictures: list[str] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)  # of each part, in `text`
    _places: list[int] = field(default_factory=list)  # of each part, in the source
    _length: int = 0

    def add(self, text: str, place: int) -> None:
        """A part of the text that begins at `place` of the source."""
        if text:
            self._parts.append(text)
            self._starts.append(self._length)
            self._places.append(place)
            self._length += len(text)

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def place_of(self, at: int) -> int:
        """Where in the source that is."""
        part = bisect_right(self._starts, at) - 1
        return self._places[part] + min(at - self._starts[part], max(0, len(self._parts[part]) - 1)) if part >= 0 else 0


def said_in_html(html: str, said: Said | None = None, *, place: int | None = None, depth: int = 0) -> Said:
    """`place`: where all of it stands in the source, if it is a document within one."""
    return _HtmlReader(html, said or Said(), place, depth).read()


class _HtmlReader:
    """One document, from its first character to its last."""

    def __init__(self, html: str, said: Said, place: int | None, depth: int) -> None:
        self._html = html
        self._said = said
        self._place = place
        self._depth = depth
        self._last: dict[str, int] = {}  # where a mark stands for the last time
        self._tags_end = True  # whether the tag at hand can be expected to end

    def read(self) -> Said:
        html, at = self._html, 0
        while found := _MARK.search(html, at):
            begin = found.start()
            self._add(html[at:begin], at)
            mark = found.group()
            if mark[0] == "&":
                self._add(html_module.unescape(mark), begin)
                at = found.end()
            else:
                at = self._past(begin, mark)
        self._add(html[at:], at)
        return self._said

    def _add(self, text: str, at: int) -> None:
        self._said.add(text, at if self._place is None else self._place)

    def _past(self, begin: int, mark: str) -> int:
        """Where it goes on behind what begins with `<`."""
        html = self._html
        if mark == "<!--":
            end = self._end("-->", begin + 2)
            self._add(" ", begin)
            return begin + 4 if end < 0 else end + 3
        if mark == "<![CDATA[":
            end = self._end("]]>", begin)
            self._add(" " + (html[begin + 9 : end] if end >= 0 else ""), begin)
            return begin + 9 if end < 0 else end + 3
        if mark in ("<!", "<?"):
            end = html.find(">", begin)
            return begin + 2 if end < 0 else end + 1
        tag = _SIMPLE_TAG.match(html, begin) or (_TAG.match(html, begin) if self._tags_end else None)
        if tag is None:
            self._tags_end = False
            self._add("<", begin)
            return begin + 1
        return self._past_tag(tag)

    def _past_tag(self, tag: re.Match[str]) -> int:
        html, begin, end = self._html, tag.start(), tag.end()
        name_match = _NAME.match(html, begin)
        name = name_match[1].lower() if name_match else ""
        if name != "wbr":
            self._add(" ", begin)  # whether both sides are one word is for who compares
        if html[begin + 1] == "/":
            return end
        if name in _PICTURES:
            self._said.pictures.append(html_module.unescape(self._attribute(tag, "alt")))
        if name == "iframe" and self._depth < _MAX_FRAMES:
            document = self._attribute(tag, "srcdoc")
            place = begin if self._place is None else self._place
            if document:
                said_in_html(html_module.unescape(document), self._said, place=place, depth=self._depth + 1)
                self._add(" ", begin)
        if html[end - 2] == "/" and name not in _RAW:
            return end  # of XHTML or SVG; in HTML it would go on
        if name in _UNSAID and not (name == "template" and self._attribute(tag, "shadowrootmode")):
            closer = self._closer(name, end)
            return end if closer is None else closer.end()
        if name in _PLAIN:
            closer = self._closer(name, end)
            if closer is not None:
                self._add(html_module.unescape(html[end : closer.start()]), end)
                return closer.end()
        return end

    def _attribute(self, tag: re.Match[str], name: str) -> str:
        for key, *values in _ATTRIBUTE.findall(tag.group()):
            if key.lower() == name:
                return "".join(values)
        return ""

    def _end(self, mark: str, at: int) -> int:
        """Where it comes next; never looked for where it does not."""
        if mark not in self._last:
            self._last[mark] = self._html.rfind(mark)
        return self._html.find(mark, at) if self._last[mark] >= at else -1

    def _closer(self, name: str, at: int) -> re.Match[str] | None:
        pattern = re.compile(rf"</{re.escape(name)}(?=[\s/>])[^>]*+>", re.IGNORECASE)
        key = f"</{name}"
        if self._last.get(key, at) < at:
            return None
        found = pattern.search(self._html, at)
        if found is None:
            self._last[key] = -1
        return found
