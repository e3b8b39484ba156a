"""How much of the source's text is in the fragment: counted here, without asking (and paying) the AI again. Pure.

Works on letters, digits and marks only, folded, without spaces: so it needs no word boundaries and serves every script.
A sentence is found when most of its n-grams are somewhere in the fragment; order does not matter.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

# A typographic change costs some n-grams, an unrelated sentence shares few; between 0.4 and 0.8 alike.
_FOUND_SHARE = 0.6
_GRAM = 8  # letters of an alphabet: more than a common word, less than a phrase
_GRAM_DENSE = 3  # where one sign is a syllable or a word
_DENSE_FROM = "\u2e80"  # CJK, kana, Hangul lie above

# What stands in Markdown and is not meant to be read: tags, addresses, labels, definitions, fences.
_UNSAID = re.compile(
    r"<!--.*?-->|</?[a-zA-Z][^<>]*>|\]\([^()\n]*\)|\]\[[^\[\]\n]*\]|\[\^[^\]\n]*\]|picture:\d+"
    r"|^ {0,3}\[[^\]\n^]+\]:[ \t]+[^\n]*|^[ \t]*(?:```|~~~)[^\n]*",
    re.MULTILINE | re.DOTALL,
)
_EMOJI_STYLE = re.compile("[\ufe00-\ufe0f]")  # a mark, but one that says nothing
_LINE_START = re.compile(
    r"^[ \t]*(?:>[ \t]*|[-*+][ \t]+|\d{1,9}[.)][ \t]+|\[[ xX]\][ \t]+|#{1,6}[ \t]+)+", re.MULTILINE
)
_BREAK = re.compile(r"\n|\||(?<=[.!?؟।。！？])\s*")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:[\w-]+:[^\n]*\n)+---[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counted in letters, so that parts can be added up. `missing`: the sentences that were not found, in order."""

    letters: int
    found: int
    missing: tuple[str, ...]

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.letters + other.letters, self.found + other.found, self.missing + other.missing)

    @property
    def share(self) -> float:
        """0 to 1; nothing to find is all found."""
        return self.found / self.letters if self.letters else 1.0


NOTHING = Coverage(0, 0, ())


def compare(source: str, document: str) -> Coverage:
    """`source`: Markdown or plain text; `document`: plain text."""
    written = _letters(document)
    grams = {size: set(_grams(written, size)) for size in (_GRAM, _GRAM_DENSE)}
    coverage = NOTHING
    missing: list[str] = []
    found = letters = 0
    for sentence in _sentences(source):
        said = _letters(sentence)
        here = _is_found(said, written, grams)
        letters += len(said)
        found += len(said) if here else 0
        if not here:
            missing.append(" ".join(sentence.split()))
    return coverage + Coverage(letters, found, tuple(missing))


def _is_found(said: str, written: str, grams: dict[int, set[str]]) -> bool:
    size = _GRAM_DENSE if sum(sign >= _DENSE_FROM for sign in said) * 2 > len(said) else _GRAM
    if len(said) <= size:
        return said in written
    own = list(_grams(said, size))
    return sum(gram in grams[size] for gram in own) >= _FOUND_SHARE * len(own)


def _sentences(source: str) -> Iterable[str]:
    text = _UNSAID.sub(" ", _FRONT_MATTER.sub("", source.replace("\r\n", "\n")))
    return (piece for piece in _BREAK.split(_LINE_START.sub("", html.unescape(text))) if piece and _letters(piece))


def _letters(text: str) -> str:
    folded = _EMOJI_STYLE.sub("", unicodedata.normalize("NFKC", text).casefold())
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LMN")


def _grams(text: str, size: int) -> Iterable[str]:
    return (text[start : start + size] for start in range(len(text) - size + 1))
