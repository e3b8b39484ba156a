"""Which characters the fonts of this machine have, by fontconfig, which Chromium asks too. Not of browsers elsewhere.

Only a sieve: what it lets through is drawn. What it holds back may still be in a font of the document; the page is
asked for that (`in_page/missing_glyphs.js`). Both said the same of all 78 549 characters of Unicode 14 below U+20000.
"""

from __future__ import annotations

import logging
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import anyio

from pressrun.browser.chromium.process import environment

_log = logging.getLogger(__name__)

_COMMAND = ("fc-list", "--format", "%{charset}\n")
_CODE_POINTS = 0x110000
_LIMIT_S = 10.0  # takes 0.1 s with 321 fonts; fontconfig builds its cache the first time
# What has no glyph of its own: controls, formats, spaces, surrogates
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x1810))  # of variants


class MachineFonts:
    """Shared by all leases of a pool. Fonts that are put there later are not known, to running browsers neither."""

    def __init__(self) -> None:
        self._asking = anyio.Lock()  # without it two runs would both ask
        self._has: bytes | None = None  # for each code point whether a font has it: 1 MB

    async def lacking(self, characters: Iterable[str]) -> str:
        """Those that are drawn, if at all, by a font that is not of this machine; all where fontconfig is silent."""
        foreign = {character for character in characters if character > "\x7f"}
        if not foreign:
            return ""
        async with self._asking:
            if self._has is None:
                self._has = await _ask()
        has = self._has
        return "".join(visible_of(character for character in foreign if not has[ord(character)]))


def visible_of(characters: Iterable[str]) -> list[str]:
    """Each of them once, in order, without those that nothing is drawn for."""
    return [
        c
        for c in sorted(set(characters))
        if unicodedata.category(c) not in _UNSEEN and not any(ord(c) in selectors for selectors in _SELECTORS)
    ]


async def _ask() -> bytes:
    return coverage_of(await _fontconfig(*_COMMAND))


def coverage_of(listed: str) -> bytes:
    """The union of fontconfig's character sets (`20-7e a0-17f 192`): 1 at each code point that is in one, else 0."""
    has = bytearray(_CODE_POINTS)
    for word in set(listed.split()):
        first, last = _span(word)
        has[first : last + 1] = b"\1" * (last + 1 - first)
    return bytes(has)


def _span(word: str) -> tuple[int, int]:
    first, _, last = word.partition("-")
    return int(first, 16), int(last or first, 16)


GENERIC = {
    "serif": "serif",
    "ui-serif": "serif",
    "monospace": "monospace",
    "ui-monospace": "monospace",
    "sans-serif": "sans-serif",
    "system-ui": "sans-serif",
    "ui-sans-serif": "sans-serif",
    "cursive": "cursive",
    "fantasy": "fantasy",
    "math": "math",
}
# Free fonts that were made as wide as what other systems have, by the name that everybody knows
_KNOWN_AS = {
    "Liberation Sans": "Arial",
    "Liberation Serif": "Times New Roman",
    "Liberation Mono": "Courier New",
    "Carlito": "Calibri",
    "Caladea": "Cambria",
    "Arimo": "Arial",
    "Tinos": "Times New Roman",
    "Cousine": "Courier New",
}


class FontNames:
    """Which family of this machine draws a character of text in some CSS `font-family`. For one document."""

    def __init__(self) -> None:
        self._families: dict[str, tuple[str, str]] = {}  # by lower case: the name, and what characters it has
        self._matches: dict[str, str] = {}

    async def of(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, dict[int, str]]:
        """For each `font-family` and each of its characters the family, by blocks of 128 code points; block 0 is there
        always. Where fontconfig is silent nothing is known.
        """
        listed = await _fontconfig("fc-list", "--format", "%{family[0]}\t%{charset}\n")
        for line in listed.splitlines():
            name, _, characters = line.partition("\t")
            known = self._families.get(name.lower())
            self._families[name.lower()] = (name, f"{known[1]} {characters}" if known else characters)
        if not self._families:
            return {}
        return {
            families: {ord(character) >> 7: await self._family(families, character) for character in ("a", *characters)}
            for families, characters in wanted.items()
        }

    async def _family(self, families: str, character: str) -> str:
        for part in families.split(","):
            name = part.strip().strip("\"'")
            if name in GENERIC:
                name = await self._match(GENERIC[name])
            known = self._families.get(name.lower())
            if known is not None and _has(known[1], ord(character)):
                return _KNOWN_AS.get(known[0], known[0])
        name = await self._match(f"sans-serif:charset={ord(character):x}")
        return _KNOWN_AS.get(name, name)

    async def _match(self, pattern: str) -> str:
        if pattern not in self._matches:
            self._matches[pattern] = (await _fontconfig("fc-match", "--format", "%{family[0]}", pattern)).strip()
        return self._matches[pattern]


def _has(listed: str, code_point: int) -> bool:
    return any(first <= code_point <= last for first, last in map(_span, listed.split()))


async def _fontconfig(*command: str) -> str:
    try:
        with anyio.fail_after(_LIMIT_S):
            answer = await anyio.run_process(
                command, stderr=subprocess.DEVNULL, env=environment(Path(tempfile.gettempdir()))
            )
    except (OSError, TimeoutError, subprocess.CalledProcessError) as exc:
        _log.warning("fontconfig cannot be asked, so pages are asked for their characters: %s", exc)
        return ""
    return answer.stdout.decode("utf-8", "replace")
