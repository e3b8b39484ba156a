"""What a person is told of characters that no font draws: script, code points, and what has them. Pure.

The packages are Debian's; what is in which was looked up in Debian 12, by fontconfig over all characters of Unicode 14.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

_MAX_TOLD: Final = 6  # warnings of this kind; more are one
_EXAMPLES: Final = 5

_HAN = "Chinese characters"
_NEWER = "Unicode has none there, or a version newer than this server knows: put other characters in their place"
_OWN = "each stands for something in one font only: embed that font in an HTML source, or write a real character"


class _Group(NamedTuple):
    name: str
    remedy: str


def _package(name: str) -> str:
    return f"Debian: sudo apt-get install {name}, then start the server anew; or embed a font in an HTML source"


# First and last code point; the first row that holds one counts.
_BLOCKS: Final = (
    (0x4DB6, 0x4DBF, _Group(_HAN, _package("fonts-hanazono"))),
    (0x9FF0, 0x9FFF, _Group(_HAN, _package("fonts-hanazono"))),
    (0xFA70, 0xFAD9, _Group(_HAN, _package("fonts-hanazono"))),
    (0x20000, 0x3FFFF, _Group(_HAN, _package("fonts-hanazono"))),
    (0x2E80, 0x2FDF, _Group(_HAN, _package("fonts-noto-cjk"))),
    (0x3400, 0x9FEF, _Group(_HAN, _package("fonts-noto-cjk"))),
    (0xF900, 0xFAFF, _Group(_HAN, _package("fonts-noto-cjk"))),
    (0x1100, 0x11FF, _Group("Hangul", _package("fonts-noto-cjk"))),
    (0xAC00, 0xD7FF, _Group("Hangul", _package("fonts-noto-cjk"))),
    (0x3000, 0x33FF, _Group("Japanese and Chinese signs", _package("fonts-noto-cjk"))),
    (0xFF00, 0xFFEF, _Group("Japanese and Chinese signs", _package("fonts-noto-cjk"))),
    (0x1B000, 0x1B16F, _Group("historic kana", _package("fonts-babelstone-han"))),
    (0x1F1E6, 0x1F1FF, _Group("emoji", _package("fonts-noto-color-emoji"))),
    (0x1F300, 0x1F64F, _Group("emoji", _package("fonts-noto-color-emoji"))),
    (0x1F680, 0x1F6FF, _Group("emoji", _package("fonts-noto-color-emoji"))),
    (0x1F7E0, 0x1F7FF, _Group("emoji", _package("fonts-noto-color-emoji"))),
    (0x1F900, 0x1F9FF, _Group("emoji", _package("fonts-noto-color-emoji"))),
    (0x1FA70, 0x1FAFF, _Group("emoji", _package("fonts-noto-color-emoji"))),
)
_OTHERS = _package("fonts-noto-core (where that has none: fonts-unifont)")
# Words of a character's name behind those of its script, as in OLD TURKIC LETTER ORKHON A
_NOT_SCRIPT: Final = re.compile(
    r"ACCENT|ARROW|CAPITAL|CHARACTER|COMBINING|CONJOINING|CONSONANT|DIGIT|FINAL|FOR|FRACTION|HIEROGLYPH|IDEOGRAPH"
    r"|INDEPENDENT|LETTER|LIGATURE|MARK|MODIFIER|NUMBER|NUMERIC|PUNCTUATION|SIGN|SMALL|SUBJOINED|SYLLABICS|SYLLABLE"
    r"|SYMBOL|TONE|VOWEL|WITH|.*[-0-9].*"
)


def told_of(missing: str) -> list[str]:
    """A sentence or two for each script of the characters, the commonest first; at most `_MAX_TOLD`."""
    groups: dict[_Group, list[str]] = {}
    for character in missing:
        groups.setdefault(_group_of(character), []).append(character)
    ordered = sorted(groups.items(), key=lambda entry: -len(entry[1]))
    return list(_sentences(ordered))


def _sentences(ordered: list[tuple[_Group, list[str]]]) -> Iterator[str]:
    single = ordered if len(ordered) <= _MAX_TOLD else ordered[: _MAX_TOLD - 1]
    for group, characters in single:
        yield f"{_counted(len(characters), group.name)}: {_listed(characters)}. {group.remedy}."
    rest = ordered[len(single) :]
    if rest:
        names = ", ".join(group.name for group, _ in rest)
        characters = [character for _, some in rest for character in some]
        remedies = dict.fromkeys(group.remedy for group, _ in rest)
        yield f"{_counted(len(characters), names)}: {_listed(characters)}. {'. '.join(remedies)}."


def _counted(count: int, script: str) -> str:
    of = "characters" if count > 1 else "character"
    return f"No font of the browser's machine has {count} {of} ({script}), shown as boxes"


def _listed(characters: list[str]) -> str:
    shown = ", ".join(_named(character) for character in characters[:_EXAMPLES])
    return shown + (", …" if len(characters) > _EXAMPLES else "")


def _named(character: str) -> str:
    """Not the sign itself: whoever reads this may have no font for it either."""
    code = f"U+{ord(character):04X}"
    return f"{code} {unicodedata.name(character, '')}".strip()


def _group_of(character: str) -> _Group:
    code = ord(character)
    category = unicodedata.category(character)
    if category == "Co":
        return _Group("private use", _OWN)
    group = next((group for first, last, group in _BLOCKS if first <= code <= last), None)
    if group is not None:
        return group
    if category == "Cn":
        return _Group("not assigned", _NEWER)
    return _Group(_script_of(character), _OTHERS)


def _script_of(character: str) -> str:
    words = unicodedata.name(character, "").split()
    if unicodedata.category(character)[0] == "S" and words[:1] != ["ARABIC"]:
        return "symbols"
    script: list[str] = []
    for word in words:
        if _NOT_SCRIPT.fullmatch(word):
            break
        script.append(word.capitalize())
    return " ".join(script) or "marks"
