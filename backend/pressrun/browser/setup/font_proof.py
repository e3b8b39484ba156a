"""A line of text in each of the scripts that people write in, drawn by a browser of the pool as a slide would have it.

For people to look at: a script may have a font and still be drawn in another than one thinks. What to do about one that
has none is the caller's. The lines begin Article 1 of the Universal Declaration of Human Rights (of tests/data/udhr).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

import anyio.to_thread
from PIL import Image

from pressrun.browser.chromium.machine_fonts import FontNames
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.themes.catalog import base_css


class Script(NamedTuple):
    """`language` says which of several fonts, and from which side it is written."""

    name: str
    language: str
    line: str


SCRIPTS: Final = (
    Script("Latin", "vi", "Tất cả mọi người sinh ra đều được tự do"),
    Script("Greek", "el", "Ὅλοι οἱ ἄνθρωποι γεννιοῦνται ἐλεύθεροι"),
    Script("Cyrillic", "ru", "Все люди рождаются свободными"),
    Script("Armenian", "hy", "Բոլոր մարդիկ ծնվում են ազատ"),
    Script("Georgian", "ka", "ყოველი ადამიანი იბადება თავისუფალი"),
    Script("Hebrew", "he", "כל אדם זכאי לזכויות ולחרויות"),
    Script("Arabic", "ar", "يولد جميع الناس أحرارًا متساوين"),
    Script("Urdu", "ur", "تمام انسان آزاد اور حقوق و عزت کے اعتبار سے"),
    Script("Devanagari", "hi", "सभी मनुष्यों को गौरव और अधिकारों के मामले में"),
    Script("Bengali", "bn", "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা"),
    Script("Gurmukhi", "pa", "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ ਆਪਣੀ ਮਹਿਮਾ"),
    Script("Gujarati", "gu", "પ્રતિષ્ઠા અને અધિકારોની દૃષ્ટિએ"),
    Script("Tamil", "ta", "மனிதப் பிறிவியினர் சகலரும்"),
    Script("Telugu", "te", "ప్రతిపత్తిస్వత్వముల విషయమున"),
    Script("Kannada", "kn", "ಜಾತಿ, ವರ್ಣ, ಸ್ತ್ರೀಪುರುಷ ಭೇದ, ಭಾಷೆ"),
    Script("Malayalam", "ml", "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും"),
    Script("Sinhala", "si", "සියලු මනුෂ්‍යයෝ නිදහස්ව උපත ලබා ඇත"),
    Script("Thai", "th", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน"),
    Script("Lao", "lo", "ມະນຸດເກີດມາມີສິດເສລີພາບ ແລະ ສະເໝີໜ້າກັນ"),
    Script("Khmer", "km", "មនុស្សទាំងអស់ កើតមកមានសេរីភាព"),
    Script("Burmese", "my", "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့်"),
    Script("Tibetan", "bo", "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས"),
    Script("Ethiopic", "am", "የሰው፡ልጅ፡ሁሉ፡ሲወለድ፡ነጻና፡በክብርና፡በመብትም"),
    Script("Cherokee", "chr", "Ꮒꭶꮣ ꭰꮒᏼꮻ ꭴꮎꮥꮕꭲ ꭴꮎꮪꮣꮄꮣ"),
    Script("Chinese, simplified", "zh-Hans", "人人生而自由,在尊严和权利上一律平等"),
    Script("Chinese, traditional", "zh-Hant", "人人生而自由，在尊嚴和權利上一律平等"),
    Script("Japanese", "ja", "すべての人は、自己の権利及び義務"),
    Script("Korean", "ko", "모든 인간은 태어날 때부터 자유로우며"),
    Script("Mathematics", "en", "∀ε > 0 ∃δ: ∑ xᵢ² ≤ ∫ f(x) dx, ℝ ⊂ ℂ, 𝔄 ≅ 𝒫"),
    Script("Emoji", "en", "😀 🌍 🚀 ❤️ 👩🏽‍🏫 🇳🇵 ⭐ ✅"),
)

_ZOOM: Final = 1.5
_WIDTH_PX, _ROW_PX = 960, 66  # of a picture: the longest line in 1.5 times 24 CSS px, and room for Urdu's slope
_RIGHT_TO_LEFT: Final = frozenset({"ar", "he", "ur"})
_DOCUMENT: Final = """<!doctype html><meta charset="utf-8"><style>{css}
html, body {{ margin: 0; padding: 0; background: #fff; color: #000; }}
p {{ position: absolute; box-sizing: border-box; width: 100%; height: {row}px; margin: 0; padding: 0 8px;
     overflow: hidden; font: 400 24px/{row}px var(--text); white-space: nowrap; }}
</style><body style="height: {height}px">{rows}"""


@dataclass(frozen=True, slots=True)
class Proof:
    """`missing`: the characters of the line that no font has; `font`: the family that draws it, where that is known."""

    script: Script
    missing: str
    font: str | None
    picture: bytes  # WebP, 960 x 66 pixels


async def draw_proof(pool: BrowserPool, scripts: tuple[Script, ...] = SCRIPTS) -> list[Proof]:
    """Each of them in its order.

    Raises:
        BrowserFailure: no page could be opened.
    """
    height = _ROW_PX * len(scripts)
    async with pool.lease(viewport_width=_WIDTH_PX, viewport_height=height, zoom=_ZOOM) as lease:
        await lease.load(_document(scripts), opened=False)
        whole = Slice(0, height / _ZOOM)
        said = await lease.texts(SlicePlan((whole,), truncated=False))
        sheet = await lease.capture(whole)
        fonts = await _fonts(scripts) if lease.has_fonts_of_this_machine else [None for _ in scripts]
    missing = set(said.missing_glyphs)
    pictures = await anyio.to_thread.run_sync(_rows, sheet, len(scripts))
    return [
        Proof(script, "".join(c for c in dict.fromkeys(script.line) if c in missing), font, picture)
        for script, font, picture in zip(scripts, fonts, pictures, strict=True)
    ]


def _document(scripts: tuple[Script, ...]) -> str:
    row = _ROW_PX / _ZOOM
    rows = "".join(
        f'<p lang="{script.language}" dir="{"rtl" if script.language in _RIGHT_TO_LEFT else "ltr"}" '
        f'style="top: {row * at}px">{escape(script.line)}</p>'
        for at, script in enumerate(scripts)
    )
    css = base_css().replace(":root", "p")  # each line is what a document in its language is
    return _DOCUMENT.format(css=css, row=row, height=row * len(scripts), rows=rows)


async def _fonts(scripts: tuple[Script, ...]) -> list[str | None]:
    """The family that draws the first letter of each line that is none of ASCII."""
    families = [_families(script.language) for script in scripts]
    letters = [next((c for c in script.line if c > "\x7f"), "a") for script in scripts]
    wanted: dict[str, list[str]] = {}
    for family, letter in zip(families, letters, strict=True):
        wanted.setdefault(family, []).append(letter)
    named = await FontNames().of(wanted)
    return [named.get(family, {}).get(ord(letter) >> 7) for family, letter in zip(families, letters, strict=True)]


def _families(language: str) -> str:
    """The `font-family` of a text in that language, as the themes' common style sheet has it."""
    css = base_css()
    sans = re.search(r"--sans:([^;]+);", css)
    own = re.search(rf":lang\({language}\)[^{{}}]*{{ --cjk-sans: ([^;]+);", css)
    usual = re.search(r"--cjk-sans: ([^;]+);", css)
    if sans is None or usual is None:
        raise ValueError("the themes' common style sheet names no fonts")
    return " ".join(sans[1].replace("var(--cjk-sans)", (own or usual)[1]).split())


def _rows(sheet: bytes, count: int) -> list[bytes]:
    with Image.open(io.BytesIO(sheet), formats=["PNG"]) as image:
        pixels = image.convert("RGB")
    return [_webp(pixels.crop((0, _ROW_PX * at, _WIDTH_PX, _ROW_PX * (at + 1)))) for at in range(count)]


def _webp(picture: Image.Image) -> bytes:
    made = io.BytesIO()
    picture.save(made, "WEBP", quality=80, method=4)
    return made.getvalue()
