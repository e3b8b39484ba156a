"""Boxes for missing glyphs: found before the first picture, whatever the machine says, and never where a font is."""

from __future__ import annotations

import base64
import struct

import pytest

from pressrun.browser.pool.lease import Lease
from pressrun.browser.slides.page_breaks import plan_slices

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

NOBODYS = "\u0378\uf6f3\U0010fffd"  # not assigned, private use that not even OpenSymbol has


async def missing(lease: Lease, html: str) -> str:
    await lease.load(html)
    layout = await lease.layout()
    plan = plan_slices(layout.boxes, layout.height_css_px, lease.viewport_height_css_px, 15, "blocks", 9)
    return (await lease.texts(plan)).missing_glyphs


def icon_font(code: int) -> str:
    """A font with one square for that code point, as an address."""
    square = struct.pack(">hhhhh", 1, 0, 0, 800, 800) + struct.pack(">HH", 3, 0) + bytes([1, 1, 1, 1])
    square += struct.pack(">8h", 0, 800, 0, -800, 0, 0, 800, 0)
    square += bytes(-len(square) % 4)
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIIIIII", 12, 0, 28, 0, 1, code, code, 1)
    tables = {
        b"OS/2": struct.pack(">Hhhhh", 4, 1000, 400, 5, 0) + bytes(86),
        b"cmap": cmap,
        b"glyf": square,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, 0, 800, 800, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 800, -200, 0, 1000, 0, 0, 800, 1, 0, 0, 0, 0, 0, 0, 0, 2),
        b"hmtx": struct.pack(">HhHh", 1000, 0, 1000, 0),
        b"loca": struct.pack(">III", 0, 0, len(square)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 4, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": struct.pack(">HHH", 0, 0, 6),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    offset = 12 + 16 * len(tables)
    records, bodies = b"", b""
    for tag, body in tables.items():
        records += tag + struct.pack(">III", 0, offset + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    font = struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 32) + records + bodies
    return "data:font/ttf;base64," + base64.b64encode(font).decode()


async def test_characters_without_a_glyph_are_found_and_no_others(lease: Lease) -> None:
    drawn = "Ä ß ŧ Ω ж א ع क ক ๛ ཀ က ក አ ა 語 한 😀 👩‍👩‍👧 1️⃣ ☎︎ ȩ̣́ 𝓗 𝄞 ⠓ ♔"
    assert await missing(lease, f"<!doctype html><p>{drawn}</p><p>{NOBODYS} {NOBODYS}</p>") == NOBODYS


async def test_a_glyph_of_the_document_s_own_font_is_one(lease: Lease) -> None:
    face = f"<style>@font-face{{font-family:icons;src:url({icon_font(0xF6F3)})}}i{{font-family:icons}}</style>"
    assert await missing(lease, f"<!doctype html>{face}<p>x <i>\uf6f3</i></p>") == ""
    assert await missing(lease, "<!doctype html><p>x <i>\uf6f3</i></p>") == "\uf6f3"


async def test_it_is_a_box_where_one_of_two_has_no_glyph(lease: Lease) -> None:
    face = f"<style>@font-face{{font-family:icons;src:url({icon_font(0xF6F3)})}}i{{font-family:icons}}</style>"
    assert await missing(lease, f"<!doctype html>{face}<p>\uf6f3 <i>\uf6f3</i></p>") == "\uf6f3"


async def test_without_fontconfig_and_elsewhere_the_page_says_the_same(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "_fonts", None)
    assert await missing(lease, f"<!doctype html><p>Ä 語 😀 क {NOBODYS}</p>") == NOBODYS


async def test_what_is_not_on_a_slide_is_not_told_of(lease: Lease) -> None:
    html = f"<!doctype html><title>{NOBODYS}</title><p>x</p><p hidden>{NOBODYS}</p><!-- {NOBODYS} -->"
    assert await missing(lease, html) == ""
