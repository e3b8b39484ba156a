"""Links that a document may have: to the web, to a mailbox, to a telephone, within itself. Runs in the parser child.

Whoever opens a document follows its links from where it lies: `javascript:` runs there, `file:` and what is relative
name things of that person's disk, `data:` is another document without its origin. Such attributes are taken out of the
text where they stand, and the rest stays as it was. In a PDF
`browser/slides/pdf_links.py` does the same to what is printed.
"""

from __future__ import annotations

import html as html_module
import re
from collections.abc import Set as AbstractSet
from html.parser import HTMLParser
from typing import Any, Final

_ATTRIBUTE: Final = re.compile(r"""\s*([^\s/>="']+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
_LINKS: Final = {
    "a": {"href", "xlink:href", "ping"},
    "area": {"href", "ping"},
    "base": {"href"},
    "form": {"action"},
    "button": {"formaction"},
    "input": {"formaction"},
}
_ALL: Final = frozenset().union(*_LINKS.values())
_ANIMATING: Final = {"animate", "set", "animatetransform", "animatemotion"}
_WEB: Final = ("http:", "https:")
_ALLOWED: Final = (*_WEB, "mailto:", "tel:", "#")
_IGNORED: Final = re.compile("[\t\n\r]")  # https://url.spec.whatwg.org/#concept-basic-url-parser, steps 1 to 3
_AROUND: Final = "".join(map(chr, range(0x21)))


def find_bad_links(html: str) -> dict[str, Any]:
    """`bad`: start and end of each attribute that must go, in order."""
    finder = _Finder(html)
    finder.feed(html)
    finder.close()
    return {"bad": finder.bad}


def is_allowed_link(value: str, *, relative: bool = False) -> bool:
    """`relative`: what has no scheme is on the web as well, because the document has a base there."""
    address = _IGNORED.sub("", value).strip(_AROUND).lower()
    if address.startswith(_ALLOWED):
        return True
    return relative and ":" not in re.split(r"[/?#\\]", address, maxsplit=1)[0]


class _Finder(HTMLParser):
    """Walks a document once."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.bad: list[tuple[int, int]] = []
        self._based = False
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", html))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = _LINKS.get(tag, set())
        if tag in _ANIMATING and any(name == "attributename" and "href" in (value or "") for name, value in attrs):
            wanted = {"to", "from", "by", "values"}
        names = {name for name, _ in attrs}
        if not names.isdisjoint(wanted):
            self._look(self.get_starttag_text() or "", wanted)
        if tag == "base" and not self._based:
            base = next((value or "" for name, value in attrs if name == "href"), "")
            self._based = _IGNORED.sub("", base).strip(_AROUND).lower().startswith(_WEB)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style" and "<" in data:  # within an SVG a browser takes it for elements
            self._look(data, _ALL)

    def _look(self, text: str, wanted: AbstractSet[str]) -> None:
        line, column = self.getpos()
        at = self._line_starts[line - 1] + column
        for found in _ATTRIBUTE.finditer(text):
            value = html_module.unescape(found[2] or found[3] or found[4] or "")
            if found[1].lower() in wanted and not is_allowed_link(value, relative=self._based):
                self.bad.append((at + found.start(), at + found.end()))
