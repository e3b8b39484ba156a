"""What a callout is called that its author gave no name, in the language of the document. Parser child."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from markdown_it.token import Token

_KINDS: Final = ("note", "tip", "important", "warning", "caution", "example")
_NAMES: Final = {
    "ar": "ملاحظة نصيحة مهم تحذير تنبيه مثال",
    "bn": "দ্রষ্টব্য পরামর্শ গুরুত্বপূর্ণ সতর্কতা সাবধান উদাহরণ",
    "de": "Hinweis Tipp Wichtig Warnung Vorsicht Beispiel",
    "es": "Nota Consejo Importante Advertencia Precaución Ejemplo",
    "fa": "یادداشت نکته مهم هشدار احتیاط مثال",
    "fr": "Note Conseil Important Avertissement Attention Exemple",
    "he": "הערה טיפ חשוב אזהרה זהירות דוגמה",
    "hi": "टिप्पणी सुझाव महत्वपूर्ण चेतावनी सावधान उदाहरण",
    "id": "Catatan Tips Penting Peringatan Hati-hati Contoh",
    "it": "Nota Suggerimento Importante Avvertenza Attenzione Esempio",
    "ja": "注 ヒント 重要 警告 注意 例",
    "ko": "참고 팁 중요 경고 주의 예",
    "mr": "टीप सूचना महत्त्वाचे इशारा सावधान उदाहरण",
    "ne": "टिप्पणी सुझाव महत्त्वपूर्ण चेतावनी सावधान उदाहरण",
    "nl": "Opmerking Tip Belangrijk Waarschuwing Voorzichtig Voorbeeld",
    "pl": "Uwaga Wskazówka Ważne Ostrzeżenie Ostrożnie Przykład",
    "pt": "Nota Dica Importante Aviso Cuidado Exemplo",
    "ru": "Примечание Совет Важно Предупреждение Осторожно Пример",
    "ta": "குறிப்பு உதவிக்குறிப்பு முக்கியம் எச்சரிக்கை கவனம் எடுத்துக்காட்டு",
    "th": "หมายเหตุ เคล็ดลับ สำคัญ คำเตือน ข้อควรระวัง ตัวอย่าง",
    "tr": "Not İpucu Önemli Uyarı Dikkat Örnek",
    "uk": "Примітка Порада Важливо Попередження Обережно Приклад",
    "ur": "نوٹ مشورہ اہم تنبیہ احتیاط مثال",
    "vi": "Ghi\u00a0chú Mẹo Quan\u00a0trọng Cảnh\u00a0báo Thận\u00a0trọng Ví\u00a0dụ",
    "zh": "注意 提示 重要 警告 小心 示例",
}


_SAMPLE_CHARACTERS: Final = 20_000  # what a whole is written in shows in its beginning
# Letters that tell a language, where nobody says it: the first that is found in a text
_LETTERS: Final = (
    ("ur", "[ٹڈڑےں]"), ("fa", "[پچژگ]"), ("ar", "[\u0627-\u064a]"), ("he", "[\u05d0-\u05ea]"),
    ("hi", "[\u0905-\u0939]"),
    ("bn", "[\u0985-\u09b9]"), ("ta", "[\u0b85-\u0bb9]"), ("th", "[\u0e01-\u0e2e]"), ("uk", "[іїєґ]"), ("ru", "[ыэъ]"),
)  # fmt: skip


def name_callouts(tokens: Sequence[Token], text: str, language: str) -> None:
    """Changes the tokens in place. A name that the author wrote stays, also if it is `Note`.

    `language`: of the document; where it is empty the likely one of the text's letters.
    """
    heads = _heads(tokens)
    names = _NAMES.get((language or _likely(text[:_SAMPLE_CHARACTERS])).partition("-")[0].lower()) if heads else None
    if names is None:
        return
    known = dict(zip(_KINDS, names.split(" "), strict=True))
    for opening, title in pairwise(tokens[at] for at in heads):
        kind = title.content.lower()
        named = opening.type == "container_open" and not (opening.meta or {}).get("untitled")
        if opening.type in ("alert_open", "container_open") and not named and kind in known:
            title.content = known[kind]
            title.children = [Token("text", "", 0, content=known[kind])]


def _likely(text: str) -> str:
    """Empty where most letters are Latin: they tell nothing."""
    latin = sum("a" <= sign.lower() <= "z" for sign in text)
    if text.isascii() or latin * 2 > sum(map(str.isalpha, text)):
        return ""
    return next((name for name, signs in _LETTERS if re.search(signs, text)), "")


def _heads(tokens: Sequence[Token]) -> Sequence[int]:
    """Where callouts open and where their titles are."""
    heads: list[int] = []
    for at, token in enumerate(tokens):
        is_open = token.nesting == 1 and "markdown-alert " in f"{token.attrs.get('class', '')} "
        is_title = token.type == "inline" and at > 0 and tokens[at - 1].attrs.get("class") == "markdown-alert-title"
        if is_open or is_title:
            heads.append(at)
    return heads
