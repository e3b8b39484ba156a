"""What a file is by its bytes, where it is no text: each kind with the sentence that helps. Pure.

Signatures: https://en.wikipedia.org/wiki/List_of_file_signatures, and ISO 14496-12 (`ftyp`) for films and HEIC.
"""

from __future__ import annotations

import codecs
import zipfile
from io import BytesIO

from pressrun.source_kinds import FILE_WORDS

_MADE_FROM = f"slides are made from {FILE_WORDS}"
_ARCHIVE = "is an archive: unpack it and name the files in it"
_PICTURE = f"is a picture, and {_MADE_FROM}. The words in it: tesseract {{name}} words, then words.txt"
_FILM = f"is sound or film, and {_MADE_FROM}: name a transcript"
_PROGRAM = f"is a program, and {_MADE_FROM}"
_PANDOC = "convert it: pandoc {name} -o {stem}.md"
_OFFICE = "convert it: soffice --headless --convert-to html {name}"

# at the start of the file
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "is UTF-32; convert it: iconv -f utf-32 -t utf-8 {name}"),
    (codecs.BOM_UTF32_BE, "is UTF-32; convert it: iconv -f utf-32 -t utf-8 {name}"),
    (codecs.BOM_UTF16_LE, "is UTF-16; convert it: iconv -f utf-16 -t utf-8 {name}"),
    (codecs.BOM_UTF16_BE, "is UTF-16; convert it: iconv -f utf-16 -t utf-8 {name}"),
    (b"%PDF-", "is a PDF; convert it: pdftotext -layout {name} {stem}.txt"),
    (b"{\\rtf", f"is RTF; {_PANDOC}"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"is a document of an older Office; {_OFFICE}"),
    (b"\x89PNG\r\n\x1a\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"BM", _PICTURE),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"BZh", _ARCHIVE),
    (b"\xfd7zXZ\x00", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!\x1a\x07", _ARCHIVE),
    (b"ID3", _FILM),
    (b"OggS", _FILM),
    (b"fLaC", _FILM),
    (b"\x1aE\xdf\xa3", _FILM),
    (b"\x7fELF", _PROGRAM),
    (b"MZ", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"SQLite format 3\x00", f"is a database, and {_MADE_FROM}: export what is wanted of it"),
)
_TEXT_LIKE = (b"BM", b"MZ", b"BZh", b"ID3", b"GIF8")  # a text may begin so, too
# by the names of what is in a zip
_IN_ZIP = (
    ("word/", f"is a Word document; {_PANDOC}"),
    ("ppt/", f"is a PowerPoint presentation; {_OFFICE}"),
    ("xl/", f"is an Excel workbook; {_OFFICE}"),
    ("META-INF/container.xml", f"is an EPUB; {_PANDOC}"),
    ("content.xml", f"is an OpenDocument file; {_OFFICE}"),
    ("Index/Document.iwa", "is of Pages or Keynote: export it as Word, text or HTML there"),
)
_LOOKED_AT = 4096  # arbitrary (512..65536): a text of UTF-16 shows in its first lines


def not_text(content: bytes) -> str | None:
    """What the file is, and what to do about it, with `{name}` and `{stem}` in it; None where it may be a text.

    `content`: the file, or as much of its start as there is.
    """
    start = content[:_LOOKED_AT]
    binary = b"\x00" in start
    for signature, says in _SIGNATURES:
        if content.startswith(signature) and (binary or signature not in _TEXT_LIKE):
            return says
    return _of_container(content) or (_of_zeros(start) if binary else None)


def of_encoding(content: bytes, position: int) -> str:
    """The sentence for a text that is not UTF-8 from that byte on."""
    byte = content[position]
    said = f"is not UTF-8: byte 0x{byte:02x} at position {position}. "
    try:
        # Latin-1 has nothing but controls from 0x80 to 0x9f, where windows-1252 has quotes, dashes and the euro
        sign = bytes([byte]).decode("windows-1252")
    except UnicodeDecodeError:
        return said + "Convert it from what it is, perhaps: iconv -f latin1 -t utf-8 {name}"
    shown = content[max(0, position - 20) : position + 20].decode("windows-1252", "replace")
    shown = " ".join(shown.split())
    return said + f"If {sign} is right in “{shown}”, convert it: iconv -f windows-1252 -t utf-8 {{name}}"


def _of_container(content: bytes) -> str | None:
    """By a mark that stands further on."""
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(content)
    if content[4:8] == b"ftyp":
        return _PICTURE if content[8:12] in {b"heic", b"heix", b"mif1", b"avif"} else _FILM
    if content.startswith(b"RIFF") and content[8:12] in {b"WEBP", b"WAVE", b"AVI "}:
        return _PICTURE if content[8:12] == b"WEBP" else _FILM
    return _ARCHIVE if content[257:262] == b"ustar" else None


def _in_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        names = []  # cut off: the names stand at its end, but also before each file
    for start, says in _IN_ZIP:
        if any(name.startswith(start) for name in names) or (not names and start.encode() in content):
            return says
    return _ARCHIVE


def _of_zeros(start: bytes) -> str:
    """Of UTF-16 each second byte of European text is zero; else zeros are of no text."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    for most, least, name in ((odd, even, "utf-16le"), (even, odd, "utf-16be")):
        if most > half * 0.4 and least < half * 0.05:
            return f"is UTF-16; convert it: iconv -f {name} -t utf-8 {{name}}"
    return f"is no text (byte 0x00 at position {start.index(0)}), and {_MADE_FROM}"
