"""`FILE` or `-` -> the source field of the request. Says clearly what cannot be sent, before anything is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from pressrun.cli.exits import UsageError
from pressrun.cli.output import size
from pressrun.spec import MAX_HTML_BYTES, MAX_TEXT_CHARACTERS

SourceKind = Literal["text", "html"]

_HTML_ENDINGS = {".html", ".htm", ".xhtml"}
_MOST_BYTES = {"text": 4 * MAX_TEXT_CHARACTERS, "html": MAX_HTML_BYTES}  # UTF-8 spells a character in up to 4 bytes
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_source(file: str, kind: SourceKind | None) -> dict[str, str]:
    """`{"text": …}` or `{"html": …}`; by the ending of the name unless `kind` says. Raises: UsageError."""
    name = "standard input" if file == "-" else file
    kind = kind or ("html" if Path(file).suffix.lower() in _HTML_ENDINGS else "text")
    text = _decode(name, _read(file, _MOST_BYTES[kind], name))
    if not text.strip():
        raise UsageError(f"{name} is empty: there is nothing to show.")
    if kind == "text" and len(text) > MAX_TEXT_CHARACTERS:
        raise UsageError(f"{name} has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} can be sent. Split it.")
    return {kind: text}


def _read(file: str, most_bytes: int, name: str) -> bytes:
    try:
        if file == "-":
            content = _read_stdin(most_bytes)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(most_bytes + 1)
    except OSError as exc:
        raise UsageError(f"cannot read {name}: {exc.strerror or exc}") from exc
    if len(content) > most_bytes:
        raise UsageError(f"{name} is too large: at most {size(most_bytes)} can be sent. Split it.")
    return content


def _read_stdin(most_bytes: int) -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed: name a file.")
    if sys.stdin.isatty():
        sys.stderr.write("Type or paste the text; end with Ctrl-D on a line of its own.\n")
    return sys.stdin.buffer.read(most_bytes + 1)


def _decode(name: str, content: bytes) -> str:
    if content.startswith(_BYTE_ORDER_MARKS):
        raise UsageError(f"{name} is UTF-16; convert it: iconv -f utf-16 -t utf-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UsageError(
            f"{name} is not UTF-8: byte 0x{content[exc.start]:02x} at position {exc.start}. "
            "Convert it, perhaps: iconv -f latin1 -t utf-8"
        ) from exc
