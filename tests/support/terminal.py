"""Commands on a terminal and in pipes, in this process: what they leave on the screen, and what they send."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from pressrun.cli import main

_ROWS = 40
_CONTROLS = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|\x1b\][^\x07]*\x07|([\r\n\b\x07])")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command wrote; on a terminal all of it is `out`."""

    code: int
    out: str
    err: str = ""


def on_a_terminal(words: Sequence[str], columns: int = 100) -> Said:
    """Both outputs are one pseudo terminal; `out` is everything that went to it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    heard: list[bytes] = []
    reader = threading.Thread(target=_read, args=(master, heard))
    reader.start()
    try:
        with open(slave, "w", encoding="utf-8", closefd=False) as out, _instead(out, out):
            code = main(words)
    finally:
        os.close(slave)  # the reader meets the end
        reader.join()
        os.close(master)
    return Said(code, b"".join(heard).decode())


def in_a_pipe(words: Sequence[str]) -> Said:
    """Each output is a file, as where somebody redirects it."""
    with (
        TemporaryFile("w+", encoding="utf-8") as out,
        TemporaryFile("w+", encoding="utf-8") as err,
    ):
        with _instead(out, err):
            code = main(words)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read())
        return Said(code, *texts)


def screen_of(written: str) -> list[str]:
    """The lines that are to be read in the end: cursor up, home and erasing are followed, colours are not kept."""
    lines, row, column, at = [""], 0, 0, 0
    for control in _CONTROLS.finditer(written):
        column = _put(lines, row, column, written[at : control.start()])
        at = control.end()
        numbers, letter, plain = control.groups()
        count = int(numbers) if numbers and numbers.isdigit() else 1
        if plain == "\r":
            column = 0
        elif plain == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif letter == "A":
            row = max(0, row - count)
        elif letter == "K":
            lines[row] = "" if numbers == "2" else lines[row][:column]
    _put(lines, row, column, written[at:])
    return [line.rstrip() for line in lines]


def _put(lines: list[str], row: int, column: int, text: str) -> int:
    line = lines[row].ljust(column)
    lines[row] = line[:column] + text + line[column + len(text) :]
    return column + len(text)


def _read(master: int, heard: list[bytes]) -> None:
    while True:
        try:
            piece = os.read(master, 65_536)
        except OSError:  # Linux' word for a terminal whose other side is closed
            return
        if not piece:
            return
        heard.append(piece)


@contextmanager
def _instead(out: object, err: object) -> Iterator[None]:
    before = sys.stdout, sys.stderr, sys.stdin
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.stdout, sys.stderr, sys.stdin = out, err, nothing  # type: ignore[assignment]
        try:
            yield
        finally:
            sys.stdout, sys.stderr, sys.stdin = before
