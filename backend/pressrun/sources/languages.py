"""Which language the letters of a text give away, as far as fonts and direction need it. Pure and linear.

The same Han character is drawn differently in China, Japan and Korea, so those are told apart; nothing else is guessed.
"""

from __future__ import annotations

import re
from typing import Literal

_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# the commonest characters that only the traditional script has
_TRADITIONAL = re.compile(
    r"[們這個來時說國會學過為對後還沒發經樣實點開話長見從動現關進與問題種電機業兩車東門風書語讀體馬魚鳥龍]"
)
_SIMPLIFIED = re.compile(
    r"[们这个来时说国会学过为对后还没发经样实点开话长见从动现关进与问题种电机业两车东门风书语读体马鱼鸟龙]"
)
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE_CHARACTERS = 20_000  # what a whole is written in shows in its beginning


def language_of(text: str) -> str:
    """`ja`, `ko`, `zh-Hans`, `zh-Hant`, or empty where the letters do not tell. For one block of text."""
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    if not _HAN.search(text):
        return ""
    traditional, simplified = len(_TRADITIONAL.findall(text)), len(_SIMPLIFIED.findall(text))
    return "zh-Hant" if traditional > simplified else "zh-Hans"


def document_language(text: str) -> str:
    """The language of a whole if most of its letters are of one that `language_of` knows, else empty."""
    letters = "".join(_LETTER.findall(text[:_SAMPLE_CHARACTERS]))
    known = sum(len(found.findall(letters)) for found in (_KANA, _HANGUL, _HAN))
    return language_of(letters) if known * 2 > len(letters) else ""


def document_direction(text: str) -> Literal["ltr", "rtl"]:
    """The side on which a whole begins: where most of its letters are written from the right."""
    letters = "".join(_LETTER.findall(text[:_SAMPLE_CHARACTERS]))
    return "rtl" if len(_RIGHT_TO_LEFT.findall(letters)) * 2 > len(letters) else "ltr"
