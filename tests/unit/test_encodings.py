"""How a text of strangers is read: by the encodings of the web, whatever else they name."""

from __future__ import annotations

import pytest

from pressrun.ai.refusals import refusal_of
from pressrun.client.patience import retry_after_s as clients_wait
from pressrun.egress.broker import _charset_in
from pressrun.sources.encodings import decode, decode_css, decode_xml
from pressrun.sources.svg import clean_svg

# one label of each encoding of the standard, and a text as it is spelled there
SAMPLES = {
    "utf-8": ("Größe 漢字".encode(), "Größe 漢字"),
    "ibm866": ("Размер".encode("cp866"), "Размер"),
    "iso-8859-2": ("Zażółć".encode("iso8859-2"), "Zażółć"),
    "iso-8859-3": ("ĉiuĵaŭde".encode("iso8859-3"), "ĉiuĵaŭde"),
    "iso-8859-4": ("āķis".encode("iso8859-4"), "āķis"),
    "iso-8859-5": ("Размер".encode("iso8859-5"), "Размер"),
    "iso-8859-6": ("حجم".encode("iso8859-6"), "حجم"),
    "iso-8859-7": ("Μέγεθος".encode("iso8859-7"), "Μέγεθος"),
    "iso-8859-8": ("גודל".encode("iso8859-8"), "גודל"),
    "iso-8859-8-i": ("גודל".encode("iso8859-8"), "גודל"),
    "iso-8859-10": ("Þórr ŧ".encode("iso8859-10"), "Þórr ŧ"),
    "iso-8859-13": ("Žąsis".encode("iso8859-13"), "Žąsis"),
    "iso-8859-14": ("ŵy".encode("iso8859-14"), "ŵy"),
    "iso-8859-15": ("5 €".encode("iso8859-15"), "5 €"),
    "iso-8859-16": ("șase".encode("iso8859-16"), "șase"),
    "koi8-r": ("Размер".encode("koi8-r"), "Размер"),
    "koi8-u": ("Їжак".encode("koi8-u"), "Їжак"),
    "macintosh": ("Größe".encode("mac-roman"), "Größe"),
    "windows-874": ("ขนาด".encode("cp874"), "ขนาด"),
    "windows-1250": ("Zażółć".encode("cp1250"), "Zażółć"),
    "windows-1251": ("Размер".encode("cp1251"), "Размер"),
    "windows-1252": ("“Größe”".encode("cp1252"), "“Größe”"),
    "windows-1253": ("Μέγεθος".encode("cp1253"), "Μέγεθος"),
    "windows-1254": ("ığdır".encode("cp1254"), "ığdır"),
    "windows-1255": ("גודל".encode("cp1255"), "גודל"),
    "windows-1256": ("حجم".encode("cp1256"), "حجم"),
    "windows-1257": ("Žąsis".encode("cp1257"), "Žąsis"),
    "windows-1258": ("đồng".encode("cp1258", "ignore"), "đng"),
    "x-mac-cyrillic": ("Размер".encode("mac-cyrillic"), "Размер"),
    "gbk": ("尺寸".encode("gbk"), "尺寸"),
    "gb18030": ("尺寸😀".encode("gb18030"), "尺寸😀"),
    "big5": ("尺寸".encode("big5"), "尺寸"),
    "euc-jp": ("寸法".encode("euc_jp"), "寸法"),
    "iso-2022-jp": ("寸法".encode("iso2022_jp"), "寸法"),
    "shift_jis": ("寸法①".encode("cp932"), "寸法①"),
    "euc-kr": ("크기뷁".encode("cp949"), "크기뷁"),
    "utf-16be": ("Größe".encode("utf-16-be"), "Größe"),
    "utf-16le": ("Größe".encode("utf-16-le"), "Größe"),
    "x-user-defined": (b"a\x80\xff", "a\uf780\uf7ff"),
    "replacement": (b"<anything>", "\ufffd"),
}
# names of Python's codecs, and of nothing that are none of the web's
STRANGE = ["punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "hex", "zlib", "rot13"]
STRANGE += ["utf_8_sig", "cp037", "mbcs", "oem", "", " ", "x" * 100, "utf-8\0", "../../etc", "latin_1"]


@pytest.mark.parametrize("label", SAMPLES)
def test_each_encoding_of_the_web_is_read_as_it_is_meant(label: str) -> None:
    data, text = SAMPLES[label]
    assert decode(data, label) == text
    assert decode(data, f" {label.upper()}\n") == text


@pytest.mark.parametrize("label", STRANGE)
def test_a_name_that_is_none_counts_as_not_given(label: str) -> None:
    assert decode("Größe-".encode(), label) == "Größe-"
    assert decode("Größe-".encode("cp1252"), label, "latin1") == "Größe-"
    assert decode(b"\xff-", label) == "\ufffd-"


def test_windows_has_no_gaps_and_others_show_theirs() -> None:
    assert decode(b"\x81\x93", "latin1") == "\x81“"
    assert decode(b"\xaa\x81", "windows-1253") == "\ufffd\x81"


def test_a_byte_order_mark_says_more_than_any_label() -> None:
    assert decode(b"\xef\xbb\xbf\xc3\xb6", "utf-16") == "ö"
    assert decode(b"\xff\xfe\xf6\0", "utf-8") == "ö"


def test_a_style_sheet_names_its_encoding_where_its_host_does_not() -> None:
    sheet = '@charset "windows-1251"; p::after { content: "Размер" }'
    assert decode_css(sheet.encode("cp1251"), None) == sheet
    assert decode_css(sheet.encode("koi8-r"), "koi8-r") == sheet
    assert decode_css(b'@charset "utf-16"; p{}', None) == '@charset "utf-16"; p{}'
    assert decode_css(b'@charset "punycode"; p-ab', None) == '@charset "punycode"; p-ab'


@pytest.mark.parametrize("label", ["punycode", "undefined", "idna", "unicode_escape", "utf-7", "cp037"])
def test_a_picture_does_not_choose_how_its_xml_is_read(label: str) -> None:
    svg = f'<?xml version="1.0" encoding="{label}"?><svg xmlns="http://www.w3.org/2000/svg"><text>ö-\\x41</text></svg>'
    cleaned = clean_svg(svg.encode())
    assert cleaned is not None
    assert "ö-\\x41" in cleaned.data.decode()
    assert "ö" in decode_xml(svg.replace(label, "windows-1252").encode("cp1252"))
    hidden = f'<?xml version="1.0" encoding="{label}"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>'
    assert clean_svg(hidden.encode("utf-16")) is None


def test_what_a_host_says_of_its_charset_is_taken_as_a_word() -> None:
    assert _charset_in('text/css; x=1; CHARSET="UTF-8"') == "utf-8"
    assert _charset_in("text/css;charset=koi8-r;x") == "koi8-r"
    assert _charset_in("text/css; charset*=punycode''%41") is None
    assert len(_charset_in("text/css; charset=" + "x" * 10_000) or "") <= 100
    assert _charset_in("text/css") is None


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 01 Jan 99999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +99999999999",
        "1" * 5000 + " Jan 2020",
        "٣",
        "²",
        "-1",
        "1e9",
        "\0",
    ],
)
def test_an_impossible_time_to_come_back_is_none(value: str) -> None:
    assert clients_wait(value) is None
    refusal = refusal_of(429, {"retry-after": value}, b"", "m", from_settings=True)
    assert refusal is not None
    assert refusal.retry is True
