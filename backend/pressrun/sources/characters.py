"""Characters that stand for others, as programs write them where Unicode has something better. Pure and linear."""

from __future__ import annotations

import re
from typing import Final

from markdown_it.token import Token

from pressrun.sources.hyphens import join_parted_words

# Windows' characters at U+0080..9F, where a text in windows-1252 was read as ISO 8859-1
# (https://encoding.spec.whatwg.org/#windows-1252); U+0085 is apart, for it is also a line end (NEL)
_NEL: Final = 0x85
_WINDOWS: Final = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_ANY_WINDOWS: Final = re.compile(r"[\u0080-\u0084\u0086-\u009f]")
# Word and PowerPoint write the bullets of the fonts Symbol and Wingdings at U+F000 + their place in the font
# (https://www.unicode.org/L2/L2011/11052r-wingding.pdf); only what is used as a bullet or an arrow is mapped
_BULLETS: Final = {
    0xF02D: "−", 0xF0A7: "▪", 0xF0A8: "◻", 0xF0B7: "•", 0xF0D8: "➢", 0xF0FC: "✓", 0xF0FB: "✗", 0xF0FE: "☑", 0xF0FD: "☒",
    0xF06C: "●", 0xF06D: "❍", 0xF06E: "■", 0xF06F: "□", 0xF070: "◻", 0xF071: "❑", 0xF072: "❒", 0xF074: "⬧",
    0xF075: "◆", 0xF076: "❖", 0xF077: "⬥", 0xF09E: "·", 0xF09F: "•", 0xF0A1: "○", 0xF0A4: "◉", 0xF0A6: "❍",
    0xF0AB: "★", 0xF0E0: "→", 0xF0E8: "➔", 0xF0F0: "⇨", 0xF0DF: "←", 0xF0E1: "↑", 0xF0E2: "↓", 0xF04A: "☺",
    0xF046: "☞", 0xF028: "☎", 0xF02A: "✉", 0xF0AE: "→", 0xF0DE: "⇒", 0xF0DB: "⇔", 0xF0B0: "°", 0xF0B1: "±", 0xF0B4: "×",
    0xF0A3: "≤", 0xF0B3: "≥", 0xF0B9: "≠", 0xF0A5: "∞",
}  # fmt: skip
_ANY_BULLET: Final = re.compile("[\uf020-\uf0ff]")
# The same bullets where they came as the letters that they are in another font, each with a tab; a level has its own.
_BULLET_LETTERS: Final = {"o": "◦", "§": "▪", "ü": "✓", "Ø": "➢", "q": "❑", "v": "❖", "à": "→"}
_BULLET_LETTER: Final = re.compile(r"^([ \t]*)([o§üØqvà])\t(?=[^\t\n]*$)", re.MULTILINE)
_BULLET_TAB: Final = re.compile(r"^[ \t]*[•·▪➢✓§üØ]\t", re.MULTILINE)
_IN_SYMBOL: Final = {0x2D, 0xA3, 0xA5, 0xAE, 0xB0, 0xB1, 0xB3, 0xB4, 0xB7, 0xB9, 0xDB, 0xDE}  # the rest is Wingdings
# Form feed and the separator of paragraphs end one, unless they stand in a heading or a row of a table.
_PARAGRAPH_END: Final = re.compile(r"[ \t]*\f[ \t]*")
# They end a line within whatever stands there: PowerPoint's vertical tab, NEL, U+2028, U+2029.
_LINE_END: Final = re.compile(r"[ \t]*[\v\u0085\u2028\u2029]+[ \t]*")
# A space that is none to CommonMark, behind what makes a heading, an item or a quote
_MARKER: Final = re.compile(
    r"^([ ]{0,3}(?:#{1,6}|[-*+]|\d{1,9}[.)]|>))[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000](?=\S)", re.MULTILINE
)


def settle_characters(text: str) -> str:
    """`text` with characters for what stood for them. Lines are those that end with `\\n`."""
    if _ANY_WINDOWS.search(text):
        text = text.translate({**_WINDOWS, _NEL: "…"})
    text = settle_bullets(text)
    if "\t" in text and _BULLET_TAB.search(text):
        text = _BULLET_LETTER.sub(lambda found: f"{found[1]}{_BULLET_LETTERS[found[2]]}\t", text)
    if "\f" in text:
        text = _PARAGRAPH_END.sub("\n\n", text)
    return join_parted_words(_MARKER.sub(r"\1 ", text))


def settle_bullets(text: str) -> str:
    """`text` with the bullets of Word and PowerPoint as the characters that they stand for."""
    return text.translate(_BULLETS) if _ANY_BULLET.search(text) else text  # to translate looks each character up


def bullet_of(code: int, *, symbol: bool) -> str | None:
    """What that place (0x20..0xFF) of the font Symbol, else Wingdings, shows, if it is a bullet or an arrow."""
    return _BULLETS.get(0xF000 + code) if (code in _IN_SYMBOL) == symbol else None


def break_lines(tokens: list[Token]) -> None:
    """Ends lines in place where a character says so that HTML does not know."""
    for token in tokens:
        if not token.children or not _LINE_END.search(token.content):
            continue
        children: list[Token] = []
        for child in token.children:
            if child.type != "text":
                children.append(child)
                continue
            for number, part in enumerate(_LINE_END.split(child.content)):
                if number:
                    children.append(Token("hardbreak", "br", 0, level=child.level))
                children.append(Token("text", "", 0, content=part, level=child.level))
        token.children = children


def end_lines(tokens: list[Token]) -> None:
    """Ends a line where its author does, as Marp has it."""
    for token in tokens:
        for child in token.children or []:
            if child.type == "softbreak":
                child.type, child.tag = "hardbreak", "br"
