"""`FILE` or `-` -> the source field of the request. Says clearly what cannot be sent, before anything is."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from pressrun.cli.exits import UsageError
from pressrun.cli.file_kinds import not_text, of_encoding
from pressrun.cli.files import read_start
from pressrun.cli.output import size
from pressrun.source_kinds import BY_FIELD, SOURCE_KINDS, SourceField, kind_of_ending


def read_source(file: str, field: SourceField | None) -> dict[str, str]:
    """The source as its field, `{"html": …}`; by the ending of the name unless `field` says. Raises: UsageError."""
    name = "standard input" if file == "-" else file
    by_name = kind_of_ending(Path(file).suffix.lower()) or SOURCE_KINDS[0]
    kind = by_name if field is None else BY_FIELD[field]
    text = _decode(name, _read(file, kind.most_bytes, name))
    if not text.strip():
        raise UsageError(f"{name} is empty: there is nothing to show.")
    if kind.max_characters is not None and len(text) > kind.max_characters:
        raise UsageError(f"{name} has {len(text):,} characters; at most {kind.max_characters:,} can be sent. Split it.")
    return {kind.field: text}


def _read(file: str, most_bytes: int, name: str) -> bytes:
    try:
        content = _read_stdin(most_bytes) if file == "-" else read_start(Path(file), most_bytes)
    except IsADirectoryError as exc:
        raise UsageError(f"{name} is a folder: `pressrun -I {shlex.quote(name)}` makes all files in it") from exc
    except OSError as exc:
        raise UsageError(f"cannot read {name}: {exc.strerror or exc}") from exc
    kind = not_text(content)
    if kind is not None:
        raise UsageError(_says(name, kind))
    if len(content) > most_bytes:
        raise UsageError(f"{name} is too large: at most {size(most_bytes)} can be sent. Split it.")
    return content


def _read_stdin(most_bytes: int) -> bytes:
    if sys.__stdin__ is None:
        raise UsageError("standard input is closed: name a file.")
    if sys.stdin.isatty():
        sys.stderr.write("Type or paste the text; end with Ctrl-D on a line of its own.\n")
    return sys.stdin.buffer.read(most_bytes + 1)


def _decode(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UsageError(_says(name, of_encoding(content, exc.start))) from exc


def _says(name: str, sentence: str) -> str:
    return f"{name} " + sentence.replace("{name}", shlex.quote(name)).replace("{stem}", shlex.quote(Path(name).stem))
