"""What a document would load from elsewhere, and where in its text it says so. Runs in the parser child.

Finds the addresses of pictures, style sheets and fonts, so that the server may fetch them and put the bytes where the
address stands. Changes nothing. What is found nowhere here (frames, videos, scripts) is never fetched.
"""

from __future__ import annotations

import base64
import html as html_module
import re
from html.parser import HTMLParser
from typing import Any, Literal, NamedTuple
from urllib.parse import urljoin, urlsplit

from pressrun.sources.encodings import decode_css
from pressrun.sources.pictures import why_refused

Kind = Literal["picture", "style", "any"]  # "any": what a url() of a style sheet names, a picture or a font

MAX_REFERENCES = 2_000  # arbitrary: places, not addresses; more are left as they are

_ATTRIBUTE = re.compile(r"""([^\s/>="']+)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""")
_PICTURES = {
    "img": {"src", "srcset"},
    "source": {"srcset"},
    "image": {"href", "xlink:href"},
    "feimage": {"href", "xlink:href"},
    "input": {"src"},
    "video": {"poster"},
    "body": {"background"},
    "table": {"background"},
    "td": {"background"},
}
_QUOTE = r"""(?:["']|&quot;|&\#3[49];)"""
_CSS_URL = re.compile(rf"""(@import\s+)?url\(\s*{_QUOTE}?([^"'()\s&\\]+(?:&amp;[^"'()\s&\\]+)*)""", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"""@import\s+["']([^"'\s\\]+)""", re.IGNORECASE)
_CANDIDATE = re.compile(r"[\s,]*(\S*[^\s,])(?:\s+[^,\s]+)?\s*(?:,|$)")  # of a srcset: address and descriptor


class Reference(NamedTuple):
    """`text[start:end]` is an address, `url` what it means. `tag` is the element it belongs to; `alt` its words."""

    start: int
    end: int
    url: str
    kind: Kind
    tag: tuple[int, int]
    alt: str


def find_references(html: str, *, base: str = "") -> dict[str, Any]:
    """`references`: what might be fetched. `refused`: embedded pictures that must not be shown: (start, end, why).

    `base`: where the document stands; without one what it names by a relative address is nowhere.
    """
    finder = _Finder(html, base)
    finder.feed(html)
    finder.close()
    return {"references": finder.references[:MAX_REFERENCES], "refused": finder.refused}


def css_references(charset: str | None, base: str, blob: bytes = b"") -> dict[str, Any]:
    """The same for a style sheet that came from `base`, whose host has said that `charset`; `tag` and `alt` say nothing
    there. The answer's `blob` is its text in UTF-8, and, where nothing in it is to be replaced, that in base64.
    """
    css = decode_css(blob, charset)
    finder = _Finder(css, base)
    finder.find_in_css(css, 0, (0, 0))
    references, refused = finder.references[:MAX_REFERENCES], finder.refused
    text = css.encode("utf-8", "replace")  # half a surrogate pair is no character
    answer = text if references or refused else base64.b64encode(text)
    return {"references": references, "refused": refused, "blob": answer}


class _Finder(HTMLParser):
    """Walks a document once and notes each address with its place in the text."""

    def __init__(self, html: str, base: str) -> None:
        super().__init__()
        self.references: list[Reference] = []
        self.refused: list[tuple[int, int, str]] = []
        self.base = base
        self._says_base = False
        self._in_style = False
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", html))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        named = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        if tag == "base" and not self._says_base and named.get("href"):
            said = _absolute(named["href"], self.base)
            self.base, self._says_base = said or self.base, bool(said)
        start = self._position()
        place = (start, start + len(raw))
        for found in _ATTRIBUTE.finditer(raw, len(tag) + 1):
            name = found[1].lower()
            quoted = found[2][0] in "\"'"
            value, at = (found[2][1:-1], found.start(2) + 1) if quoted else (found[2], found.start(2))
            self._look(tag, name, value, start + at, named, place)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            start = self._position()
            self.find_in_css(data, start, (start, start))

    def find_in_css(self, css: str, at: int, place: tuple[int, int]) -> None:
        for found in _CSS_URL.finditer(css):
            kind: Kind = "style" if found[1] else "any"
            self._note(found[2], at + found.start(2), kind, place, "")
        for found in _CSS_IMPORT.finditer(css):
            self._note(found[1], at + found.start(1), "style", place, "")

    def _look(self, tag: str, name: str, value: str, at: int, named: dict[str, str], place: tuple[int, int]) -> None:
        if name == "style":
            self.find_in_css(value, at, place)
        elif tag == "link" and name == "href" and "stylesheet" in named.get("rel", "").lower().split():
            self._note(value, at, "style", place, "")
        elif name not in _PICTURES.get(tag, ()):
            return
        elif name == "srcset":
            for found in _CANDIDATE.finditer(value):
                self._note(found[1], at + found.start(1), "picture", place, named.get("alt", ""))
        else:
            self._note(value, at, "picture", place, named.get("alt", ""))

    def _note(self, raw: str, at: int, kind: Kind, place: tuple[int, int], alt: str) -> None:
        shown = raw.strip()
        start = at + raw.index(shown) if shown else at
        if shown[:11].lower() == "data:image/":
            why = why_refused(html_module.unescape(shown))
            if why is not None:
                self.refused.append((start, start + len(shown), why))
            return
        url = _absolute(html_module.unescape(shown), self.base)
        if url and not shown.startswith("#"):
            self.references.append(Reference(start, start + len(shown), url, kind, place, alt))

    def _position(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column


def _absolute(url: str, base: str) -> str:
    """The address in full, without its fragment; empty if it is not on the web."""
    try:
        whole = urljoin(base, url.strip())
        if not base and whole.startswith("//"):
            whole = "https:" + whole
        parts = urlsplit(whole)
    except ValueError:
        return ""
    return parts._replace(fragment="").geturl() if parts.scheme.lower() in ("http", "https") and parts.netloc else ""
