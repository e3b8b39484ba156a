"""Numbers that are words, as chapters are counted: `Chapter One`, `الفصل الأول`, `Erstes Kapitel`. Pure; names only.

Of each language the cardinal and the ordinal numbers to ten, in the forms that stand beside a word for a part.
"""

from __future__ import annotations

import re
from typing import Final

_ROWS: Final = (  # one row a language and form: 1, 2, 3, …; `/` between forms of one number
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty",
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "erster/erste/erstes zweiter/zweite/zweites dritter/dritte/drittes vierter/vierte/viertes fünfter/fünfte/fünftes "
    "sechster/sechste/sechstes siebter/siebte/siebtes achter/achte/achtes "
    "neunter/neunte/neuntes zehnter/zehnte/zehntes",
    "un/une deux trois quatre cinq six sept huit neuf dix onze douze",
    "premier/première deuxième/second/seconde troisième quatrième cinquième sixième septième huitième neuvième dixième",
    "uno dos tres cuatro cinco seis siete ocho nueve diez",
    "primero/primera/primer segundo/segunda tercero/tercera/tercer cuarto/cuarta quinto/quinta sexto/sexta "
    "séptimo/séptima octavo/octava noveno/novena décimo/décima",
    "um/uma dois/duas três quatro cinco seis sete oito nove dez",
    "primeiro/primeira segundo/segunda terceiro/terceira quarto/quarta quinto/quinta sexto/sexta sétimo/sétima "
    "oitavo/oitava nono/nona décimo/décima",
    "primo/prima secondo/seconda terzo/terza quarto/quarta quinto/quinta sesto/sesta settimo/settima ottavo/ottava "
    "nono/nona decimo/decima",
    "een twee drie vier vijf zes zeven acht negen tien",
    "eerste tweede derde vierde vijfde zesde zevende achtste negende tiende",
    "pierwszy/pierwsza drugi/druga trzeci/trzecia czwarty/czwarta piąty/piąta szósty/szósta siódmy/siódma ósmy/ósma "
    "dziewiąty/dziewiąta dziesiąty/dziesiąta",
    "один два три четыре пять шесть семь восемь девять десять",
    "первый/первая/первое второй/вторая/второе третий/третья/третье четвёртый/четвертый/четвёртая/четвертая "
    "пятый/пятая шестой/шестая седьмой/седьмая восьмой/восьмая девятый/девятая десятый/десятая",
    "πρώτο/πρώτη/πρώτος δεύτερο/δεύτερη τρίτο/τρίτη τέταρτο/τέταρτη πέμπτο/πέμπτη έκτο/έκτη έβδομο/έβδομη όγδοο/όγδοη "
    "ένατο/ένατη δέκατο/δέκατη",
    "bir iki üç dört beş altı yedi sekiz dokuz",
    "birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu onuncu",
    "satu dua tiga empat lima enam tujuh delapan sembilan sepuluh",
    "pertama kedua ketiga keempat kelima keenam ketujuh kedelapan kesembilan kesepuluh",
    "moja mbili tatu nne tano sita saba nane tisa kumi",
    "एक दो/दुई तीन चार पाँच/पांच छह/छः/छ सात आठ नौ दस",
    "पहला/पहली/पहिलो दूसरा/दूसरी/दोस्रो तीसरा/तीसरी/तेस्रो चौथा/चौथी/चौथो पाँचवाँ/पांचवां/पाँचौं छठा/छठी/छैटौं सातवाँ/सातवां/सातौं "
    "आठवाँ/आठवां/आठौं नौवाँ/नौवां/नवौं दसवाँ/दसवां/दशौं",
    "प्रथम द्वितीय तृतीय चतुर्थ पंचम/पञ्चम षष्ठ सप्तम अष्टम नवम दशम",
    "এক দুই তিন চার পাঁচ ছয় সাত আট নয় দশ",
    "প্রথম দ্বিতীয় তৃতীয় চতুর্থ পঞ্চম ষষ্ঠ সপ্তম অষ্টম নবম দশম",
    "الأول/الأولى/الاول/الاولى الثاني/الثانية الثالث/الثالثة الرابع/الرابعة الخامس/الخامسة السادس/السادسة "
    "السابع/السابعة الثامن/الثامنة التاسع/التاسعة العاشر/العاشرة",
    "یک دو سه چهار پنج شش هفت هشت نه ده",
    "اول/یکم دوم سوم چهارم/چہارم پنجم ششم هفتم/ہفتم هشتم/ہشتم نهم/نہم دهم/دہم",
    "پہلا/پہلی دوسرا/دوسری تیسرا/تیسری چوتھا/چوتھی پانچواں/پانچویں چھٹا/چھٹی ساتواں/ساتویں "
    "آٹھواں/آٹھویں نواں/نویں دسواں/دسویں",
    "ראשון/ראשונה שני/שנייה/שניה שלישי/שלישית רביעי/רביעית חמישי/חמישית שישי/שישית שביעי/שביעית שמיני/שמינית "
    "תשיעי/תשיעית עשירי/עשירית",
)
_FIRSTLY: Final = (
    "أولا/اولا ثانيا ثالثا رابعا خامسا سادسا سابعا ثامنا تاسعا عاشرا"  # an Arabic text counts its sections so
)
_VOWEL_SIGNS: Final = re.compile("[\u064b-\u0652]")


def _values(row: str) -> dict[str, int]:
    return {word: value for value, words in enumerate(row.split(), start=1) for word in words.split("/")}


_WORDS: Final = {word: value for row in _ROWS for word, value in _values(row).items()}
_SECTIONS: Final = _values(_FIRSTLY)


def _longest_first(words: dict[str, int]) -> list[str]:
    return sorted(words, key=len, reverse=True)


NUMBER_WORD: Final = "(?i:" + "|".join(_longest_first(_WORDS)) + ")"
SECTION_WORD: Final = "(?:" + "|".join("[\u064b-\u0652]?".join([*word, ""]) for word in _longest_first(_SECTIONS)) + ")"


def read_number_word(text: str) -> int | None:
    """What `NUMBER_WORD` matches."""
    return _WORDS.get(text.lower())


def read_section_word(text: str) -> int | None:
    """What `SECTION_WORD` matches."""
    return _SECTIONS.get(_VOWEL_SIGNS.sub("", text))
