"""What is said to each slide, and in which language. Pure.

An author's notes if there are any, else what stands on the slide in reading order. Code is for the eyes and is passed
over; a row of a table is one sentence, its cells with commas between. A heading that the slide before began with,
word for word, is not said again: what goes on there has the same subject.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pressrun.exports.rows import rows_of
from pressrun.slide_texts import SlideBlock, SlideText, SlideTexts

MAX_CHARACTERS: Final = 400  # of one call of a voice; a sentence has 100

# Where most letters are of one script, and one language is by far the commonest in it.
_BY_SCRIPT: Final = {
    **{"CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "THAI": "th", "DEVANAGARI": "hi"},
    **{"BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu"},
    **{"GURMUKHI": "pa", "SINHALA": "si", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am", "KHMER": "km"},
    **{"MYANMAR": "my", "LAO": "lo", "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh"},
}
# The commonest small words of languages in Latin script; a word that is common in two of them tells nothing.
_SMALL_WORDS: Final = {
    "en": "the and of to is that it for was with are this be on as by or from at",
    "de": "der die das und ist nicht ein eine zu den von mit sich auf für dem wird im auch",
    "fr": "le la les des est et une du dans que qui pour pas sur avec au ce sont",
    "es": "el los las y es que una del por con para como su al se más son",
    "it": "il di che è della per una con non sono del gli i nel alla più",
    "pt": "o os que não uma do da em para com por mais é dos ao são",
    "nl": "de het een en van is niet dat op te zijn voor met ook aan wordt",
    "pl": "i w nie na się jest że do to z jak są dla przez",
    "sv": "och att det som en är på av för med till inte den ett",
    "tr": "ve bir bu için ile de da olan gibi daha çok",
}
_SAMPLE_CHARACTERS = 20_000  # what a whole is written in shows in its beginning

_SENTENCE_END = re.compile(r"(?<=[。！？｡])|(?<=[.!?…؟।።])[\"'”’»)\]]*\s+|\n+")
_NO_END = re.compile(
    r"(?:\b[^\W\d_]|\b\d{1,2}|\b(?:Dr|Mr|Mrs|Ms|Prof|St|bzw|ca|vgl|vs|etc|Nr|No|Abb|Fig|Hr|Fr|usw))\.$"
)
_CLAUSE_END = re.compile(r"(?<=[,;:、，；：])\s*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said in one breath, and the BCP 47 tag of its language; empty where nobody can tell."""

    text: str
    lang: str


def script_of(texts: SlideTexts) -> list[list[Sentence]]:
    """The sentences of each slide, none longer than `MAX_CHARACTERS`."""
    everything = "\n".join(block.text for slide in texts.slides for block in slide.blocks)
    usual = language_by_letters(everything)
    said, before = [], ""
    for slide in texts.slides:
        said.append([*_said_of(slide, before, usual)])
        before = _opening(slide)
    return said


def language_by_letters(text: str) -> str:
    """The language that script and small words give away; empty where they do not."""
    letters = [character for character in text[:_SAMPLE_CHARACTERS] if character.isalpha()]
    scripts = Counter(unicodedata.name(character, "").partition(" ")[0] for character in letters)
    if not scripts:
        return ""
    script, count = scripts.most_common(1)[0]
    if script == "CJK" and scripts["HIRAGANA"] + scripts["KATAKANA"]:
        return "ja"
    if script == "LATIN":
        return _by_small_words(text[:_SAMPLE_CHARACTERS])
    return _BY_SCRIPT.get(script, "") if count * 2 > len(letters) else ""


def _by_small_words(text: str) -> str:
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    scores = {lang: sum(words[word] for word in small.split()) for lang, small in _SMALL_WORDS.items()}
    first, second = sorted(scores, key=lambda lang: -scores[lang])[:2]
    return first if scores[first] > scores[second] else ""


def _said_of(slide: SlideText, before: str, usual: str) -> Iterator[Sentence]:
    shown = Counter[str]()
    for block in slide.blocks:
        shown[block.lang] += len(block.text)
    main = next((lang for lang, _ in shown.most_common() if lang), "")
    if slide.notes.strip():
        yield from _sentences(slide.notes, language_by_letters(slide.notes) or main or usual)
        return
    again = bool(before) and _opening(slide) == before
    for part in rows_of(slide):
        blocks = [block for block in (part if isinstance(part, list) else [part]) if isinstance(block, SlideBlock)]
        if not blocks or blocks[0].kind == "code" or (again and blocks[0] is slide.blocks[0]):
            continue
        text = ", ".join(filter(None, map(_words_of, blocks)))
        lang = blocks[0].lang or _of_other_script(text) or main or usual
        yield from _sentences(text, lang)


def _of_other_script(text: str) -> str:
    """Of words between those of another script; small words of one block tell too little."""
    found = language_by_letters(text)
    return "" if found in _SMALL_WORDS else found


def _opening(slide: SlideText) -> str:
    first = slide.blocks[0] if slide.blocks else None
    return first.text if first is not None and first.kind == "heading" else ""


def _words_of(block: SlideBlock) -> str:
    text = block.text
    for added in block.added:  # the number of a footnote
        text = text.replace(added, "", 1)
    return " ".join(text.split("\n")).strip() if block.kind in ("paragraph", "quote", "cell") else text.strip()


def _sentences(text: str, lang: str) -> Iterator[Sentence]:
    for sentence in _split(text):
        words = " ".join(sentence.split())
        while len(words) > MAX_CHARACTERS:
            cut = _cut(words)
            yield Sentence(words[:cut].strip(), lang)
            words = words[cut:].strip()
        if any(character.isalnum() for character in words):
            yield Sentence(words, lang)


def _split(text: str) -> Iterator[str]:
    begin = 0
    for found in _SENTENCE_END.finditer(text):
        part = text[begin : found.end()]
        if "\n" not in found[0] and _NO_END.search(text[begin : found.start()].rstrip()):
            continue
        yield part
        begin = found.end()
    yield text[begin:]


def _cut(words: str) -> int:
    clauses = [found.end() for found in _CLAUSE_END.finditer(words, 0, MAX_CHARACTERS)]
    spaces = words.rfind(" ", 1, MAX_CHARACTERS)
    late = [end for end in clauses if end > MAX_CHARACTERS // 3]
    return late[-1] if late else spaces if spaces > 0 else MAX_CHARACTERS
