"""Which language, and which direction, the letters of a text give away, as far as fonts need it. Pure and linear.

The same Han character is drawn differently in China, Japan and Korea, so those are told apart; nothing else is guessed.
A text is in what most of its letters are: one kana makes no German paragraph Japanese, and no Chinese one.
"""

from __future__ import annotations

import re
from typing import Final, Literal

_KANA: Final = r"\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9f"
_HANGUL: Final = r"\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
_HAN: Final = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_ONE_KANA: Final = re.compile(f"[{_KANA}]")
_ONE_HANGUL: Final = re.compile(f"[{_HANGUL}]")
_ONE_HAN: Final = re.compile(f"[{_HAN}]")
_EAST_ASIAN: Final = re.compile(f"[{_KANA}{_HANGUL}{_HAN}]")
# a word or more in those letters, with its own marks around and between
_EAST_ASIAN_RUN: Final = re.compile(
    rf"[\u3001-\u3003\u3008-\u301f\uff01-\uff0f]*[{_KANA}{_HANGUL}{_HAN}][{_KANA}{_HANGUL}{_HAN}\u3001-\u301f\u30fb\uff01-\uff1f]*"
)
# words that only Chinese has, or that Japanese has only among kana
_CHINESE: Final = re.compile(r"[们們这這吗嗎呢吧么麼很你您她它还還给給让讓说嘛啊咱哪谁誰的是了都就在]")
# the commonest characters that only the traditional script has
_TRADITIONAL: Final = re.compile(
    r"[們這個來時說國會學過為對後還沒發經樣實點開話長見從動現關進與問題種電機業兩車東門風書語讀體馬魚鳥龍]"
)
_SIMPLIFIED: Final = re.compile(
    r"[们这个来时说国会学过为对后还没发经样实点开话长见从动现关进与问题种电机业两车东门风书语读体马鱼鸟龙]"
)
_NOT_JAPANESE: Final = re.compile(
    r"[們這來說國會學對還沒發經樣實從與兩讀體时说过为对发经样开话长见从动现关进问题种电业两车东门风书语读马鱼鸟龙]"
)
_FROM_RIGHT: Final = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_RIGHT_TO_LEFT: Final = re.compile(f"[{_FROM_RIGHT}]")
# Hebrew to Tibetan and Burmese, Ethiopic, Khmer, East Asian; marks of vowels are no letters
_UPRIGHT: Final = re.compile(rf"[{_FROM_RIGHT}\u0900-\u109f\u1200-\u139f\u1780-\u17ff{_KANA}{_HANGUL}{_HAN}]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SAMPLE_CHARACTERS: Final = 20_000  # what a whole is written in shows in its beginning
_WIDTH: Final = 2  # letters of an alphabet that say as much as one of those characters: about 2 to 3
_KANA_IN_JAPANESE: Final = 8  # of so many characters at least one is kana; headings of Han have fewest

Direction = Literal["ltr", "rtl"]


def language_of(text: str, usual: str = "") -> str:
    """`ja`, `ko`, `zh-Hans`, `zh-Hant`, or empty where less than half of it is one of these. For one block of text."""
    east_asian = len(_EAST_ASIAN.findall(text))
    if not east_asian:
        return ""
    letters = len(_LETTER.findall(text))
    return east_asian_language(text, usual) if east_asian * _WIDTH >= letters - east_asian else ""


def east_asian_language(text: str, usual: str = "") -> str:
    """Which of them its East Asian characters are; empty if there are none. Han alone may be any: `usual` if given."""
    kana, hangul, han = (len(found.findall(text)) for found in (_ONE_KANA, _ONE_HANGUL, _ONE_HAN))
    chinese = len(_CHINESE.findall(text))
    if hangul > kana + han or (hangul and not kana and not chinese):
        return "ko"
    if kana and (not chinese or kana >= max(chinese, (kana + han) / _KANA_IN_JAPANESE)):
        return "ja"
    if not han:
        return "ko" if hangul else ""
    traditional, simplified = len(_TRADITIONAL.findall(text)), len(_SIMPLIFIED.findall(text))
    if usual and not chinese:
        strange = {"ja": bool(_NOT_JAPANESE.search(text)), "ko": simplified > 0}
        if not strange.get(usual.partition("-")[0], traditional != simplified):
            return usual
    return "zh-Hant" if traditional > simplified else "zh-Hans"


def east_asian_parts(text: str) -> list[tuple[str, bool]]:
    """The text in parts, in order and none empty, and whether a part is in East Asian characters."""
    parts, at = [], 0
    for found in _EAST_ASIAN_RUN.finditer(text):
        parts += [(text[at : found.start()], False), (found[0], True)]
        at = found.end()
    return [part for part in (*parts, (text[at:], False)) if part[0]]


def document_language(text: str, said: str = "") -> str:
    """The language of a whole: what its author has said, but if most of its letters are of one that `language_of`
    knows and he has said another.
    """
    letters = "".join(_LETTER.findall(text[:_SAMPLE_CHARACTERS]))
    if is_east_asian(said) or len(_EAST_ASIAN.findall(letters)) * 2 <= len(letters):
        return said
    return east_asian_language(letters)


def is_east_asian(language: str) -> bool:
    """Whether a language, as BCP 47 has it, is one that `language_of` tells."""
    return language.partition("-")[0].lower() in ("ja", "ko", "zh")


def document_direction(text: str) -> Direction:
    """The side on which a whole begins: where most of its letters are written from the right."""
    letters = "".join(_LETTER.findall(text[:_SAMPLE_CHARACTERS]))
    return "rtl" if len(_RIGHT_TO_LEFT.findall(letters)) * 2 > len(letters) else "ltr"


def is_upright(text: str) -> bool:
    """Whether a whole is in a script that has no slanted letters."""
    letters = _LETTER.findall(text[:_SAMPLE_CHARACTERS])
    return len(_UPRIGHT.findall("".join(letters))) * 2 > len(letters)


def block_direction(text: str, shown: str) -> Direction | Literal["auto"]:
    """`auto`, its first letter tells it (https://www.unicode.org/reports/tr9/#P2), but where two thirds of its letters
    say otherwise: a German sentence that begins with an Arabic word is a German one. `shown` is it with code.
    """
    first = _LETTER.search(shown)
    if first is None or not _RIGHT_TO_LEFT.search(text):
        return "auto"
    letters = "".join(_LETTER.findall(text))
    right = len(_RIGHT_TO_LEFT.findall(letters))
    if _RIGHT_TO_LEFT.match(first[0]):
        return "ltr" if right * 3 <= len(letters) else "auto"
    return "rtl" if right * 3 >= len(letters) * 2 else "auto"
