"""What can be told of an HTML document without a browser: its title, and what in it will not work here.

Runs in the parser child. Changes nothing and decides nothing: the browser is sealed whatever this finds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

from pressrun.sources.pictures import blocked_warnings
from pressrun.sources.titles import one_line

_LOADING = {
    "img": ("src",),
    "source": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "frame": ("src",),
    "object": ("data",),
    "image": ("href", "xlink:href"),
    "input": ("src",),
    "body": ("background",),
}
_LOADING_RELS = frozenset({"stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest"})
_INSIDE = ("data:", "#", "about:", "blob:", "javascript:")
_CSS_URL = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])([^'")\s]{1,2000})""", re.IGNORECASE)
_SCRIPTS_OFF = (
    "scripts_off",
    "The document holds scripts. They do not run here; what they would have drawn is missing.",
)
_TITLE_CHARACTERS = 500


def scan_html(html: str, *, fetched: Sequence[str] = ()) -> dict[str, Any]:
    """`title` (empty if there is none) and `warnings` as (code, message), none about what is `fetched`."""
    scanner = _Scanner()
    scanner.feed(html)
    scanner.close()
    title = one_line("".join(scanner.texts["title"])) or one_line("".join(scanner.texts["h1"]))
    scripts = [_SCRIPTS_OFF] if scanner.scripted else []
    came = set(fetched)
    blocked = [source for source in scanner.sources if source not in came]
    return {"title": title, "warnings": [*scripts, *blocked_warnings(blocked)]}


class _Scanner(HTMLParser):
    """Collects the first <title> and <h1>, and what the document would load."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"title": [], "h1": []}
        self.sources: dict[str, None] = {}  # each once, in the order of the document
        self.scripted = False
        self._inside: str | None = None
        self._closed: set[str] = set()
        self._in_svg = False
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag in self.texts and tag not in self._closed and not self._in_svg:
            self._inside = tag
        self._in_svg = self._in_svg or tag == "svg"
        self._in_style = tag == "style"
        self.scripted = self.scripted or tag == "script" or any(name.startswith("on") for name in named)
        self._note(*(named.get(name, "") for name in _LOADING.get(tag, ())))
        if tag == "script":
            return
        if tag == "link" and _LOADING_RELS & set(named.get("rel", "").lower().split()):
            self._note(named.get("href", ""))
        self._note(*(part.split()[0] for part in named.get("srcset", "").split(", ") if part.split()))
        self._note(*_CSS_URL.findall(named.get("style", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = None
            self._closed.add(tag)
        if tag == "svg":
            self._in_svg = False
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._inside and sum(map(len, self.texts[self._inside])) < _TITLE_CHARACTERS:
            self.texts[self._inside].append(data[:_TITLE_CHARACTERS])
        if self._in_style:
            self._note(*_CSS_URL.findall(data))

    def _note(self, *sources: str) -> None:
        for source in sources:
            address = source.strip()
            if address and not address.lower().startswith(_INSIDE):
                self.sources[address] = None
