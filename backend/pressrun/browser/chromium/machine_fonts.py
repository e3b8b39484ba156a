"""Which characters the fonts of this machine have, by fontconfig, which Chromium asks too. Not of browsers elsewhere.

Only a sieve: what it lets through is drawn. What it holds back may still be in a font of the document; the page is
asked for that (`in_page/missing_glyphs.js`). Both said the same of all 78 549 characters of Unicode 14 below U+20000.
"""

from __future__ import annotations

import logging
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable
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
    try:
        with anyio.fail_after(_LIMIT_S):
            answer = await anyio.run_process(
                _COMMAND, stderr=subprocess.DEVNULL, env=environment(Path(tempfile.gettempdir()))
            )
    except (OSError, TimeoutError, subprocess.CalledProcessError) as exc:
        _log.warning("fontconfig cannot be asked, so each page is asked for its characters: %s", exc)
        return bytes(_CODE_POINTS)
    return coverage_of(answer.stdout.decode("ascii", "replace"))


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
