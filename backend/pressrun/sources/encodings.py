"""The encodings of the web, and no others (https://encoding.spec.whatwg.org/#names-and-labels). For the parser child.

Who sends a text names its encoding, and must not choose with that name which code of Python's runs: among its codecs
are some that are none of the web's, quadratic (`punycode`: 19 s for 3 MB), or always fail (`undefined`). A name that is
not in the standard's table counts as not given, as in a browser.
"""

from __future__ import annotations

import codecs
import functools
import re
from typing import Final

# the standard's labels by the codec of Python that decodes them as the standard wants; where several fit, the superset
# that the standard means: `gb2312` is GBK, `shift_jis` is Windows-31J, `iso-8859-1` is windows-1252
_LABELS: Final = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
    "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
    "iso_8859-7:1987 sun_eu_greek",
    "iso8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 "
    "iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical",
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
    "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
    "windows-1254 x-cp1254",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc_jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso2022_jp": "csiso2022jp iso-2022-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
    "windows-949",
    "utf-16-be": "unicodefffe utf-16be",
    "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
}
_REPLACEMENT: Final = "replacement"  # not decoded: they could hide what is markup (the standard, "replacement")
_USER_DEFINED: Final = "x-user-defined"
_CODECS: Final = {
    **{label: codec for codec, labels in _LABELS.items() for label in labels.split()},
    **dict.fromkeys(
        ["csiso2022kr", "hz-gb-2312", "iso-2022-cn", "iso-2022-cn-ext", "iso-2022-kr", "replacement"], _REPLACEMENT
    ),
    _USER_DEFINED: _USER_DEFINED,
}
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_MULTI_BYTE: Final = ("utf-", "gb", "big5", "euc", "iso2022", "cp932", "cp949")
# https://drafts.csswg.org/css-syntax/#determine-the-fallback-encoding: these very bytes, at the very beginning
_AT_CHARSET: Final = re.compile(rb'@charset "([^"]{1,100})";')
# https://www.w3.org/TR/xml/#sec-TextDecl
_XML_ENCODING: Final = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,100})["']""")
_META_CHARSET: Final = re.compile(
    rb"""<meta\b[^>]{0,500}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE
)
_PRESCAN_BYTES: Final = 4_096  # the standard looks at 1 024; editors write more in front


def decode(data: bytes, *labels: str | None) -> str:
    """`data` by its byte order mark, else by the first label that names an encoding of the web, else as UTF-8.

    What is wrong in it becomes U+FFFD; nothing is raised.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    codec = next(filter(None, (codec_of(label) for label in labels if label)), "utf-8")
    if codec == _REPLACEMENT:
        return "\ufffd" if data else ""
    if codec.startswith(_MULTI_BYTE):
        return data.decode(codec, "replace")
    return codecs.charmap_decode(data, "strict", _characters_of(codec))[0]


class Undecodable(ValueError):
    """Bytes that are none of the encoding they are said to be in."""

    def __init__(self, label: str, byte: int, at: int) -> None:
        self.label, self.byte, self.at = label, byte, at
        super().__init__(label)


def decode_upload(data: bytes, said: str | None) -> str:
    """A text or HTML file, by its byte order mark, what its sender has `said`, or what it says of itself.

    Says none of them anything, it is UTF-8. Raises: Undecodable; nothing is replaced, for it would be lost in silence.
    """
    mark, codec = next(((mark, codec) for mark, codec in _MARKS if data.startswith(mark)), (b"", ""))
    said_of = [] if mark else [label for label in (said, _own_label(data)) if label and codec_of(label)]
    found = [(label, codec_of(label) or "") for label in said_of] or [(codec or "utf-8", codec or "utf-8")]
    wrong: Undecodable | None = None
    for label, codec in found:
        if codec == _REPLACEMENT:
            wrong = wrong or Undecodable(label, data[0] if data else 0, 0)
        elif not codec.startswith(_MULTI_BYTE):
            return decode(data, label)
        else:
            try:
                return data[len(mark) :].decode(codec)
            except UnicodeDecodeError as exc:
                at = exc.start + len(mark)
                wrong = wrong or Undecodable(label, data[at], at)
    raise wrong or Undecodable("utf-8", 0, 0)


def _own_label(data: bytes) -> str | None:
    """What a file says of itself where HTML and XML do, https://html.spec.whatwg.org/#prescan-a-byte-stream."""
    found = _XML_ENCODING.match(data) or _META_CHARSET.search(data, 0, _PRESCAN_BYTES)
    return _as_ascii(found[1].decode("latin-1")) if found else None


def decode_css(data: bytes, said: str | None) -> str:
    """A style sheet, of which its host has `said` an encoding (css-syntax, 3.2)."""
    found = _AT_CHARSET.match(data)
    own = found[1].decode("latin-1") if found else None
    return decode(data, said, _as_ascii(own))


def decode_xml(data: bytes) -> str:
    """An XML document, by its mark or its declaration."""
    found = _XML_ENCODING.match(data)
    return decode(data, _as_ascii(found[1].decode("latin-1")) if found else None)


@functools.cache
def _characters_of(codec: str) -> str:
    """What each of the 256 bytes means. A table without gaps: Python takes 7 s for 5 MB of a byte that is none."""
    if codec == _USER_DEFINED:
        return "".join(chr(byte if byte < 0x80 else 0xF700 + byte) for byte in range(256))  # noqa: PLR2004
    found = [bytes([byte]).decode(codec, "replace") for byte in range(256)]
    for byte in range(0x80, 0xA0):  # what Windows leaves out there the standard reads as ISO 8859: control characters
        found[byte] = chr(byte) if found[byte] == "\ufffd" else found[byte]
    return "".join(found)


def _as_ascii(label: str | None) -> str | None:
    """What could be read as ASCII is not in UTF-16, whatever it says of itself."""
    return "utf-8" if label and (codec_of(label) or "").startswith("utf-16") else label


def codec_of(label: str) -> str | None:
    """The codec of Python's that an encoding of the web means; None if it is none."""
    return _CODECS.get(label.strip("\t\n\f\r ").lower())
