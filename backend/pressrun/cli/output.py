"""Writing to the terminal or the pipe: nothing that a server sent can drive the terminal, and no reader is required."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

# What json.dumps leaves raw with ensure_ascii off, and a terminal (or a line reader) may act on; lone surrogates too.
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000


def say(text: str = "") -> None:
    """One line on stdout, at once."""
    _write(sys.stdout, _printable(text))


def say_cells(cells: Iterable[str]) -> None:
    """One line on stdout, with tabs between."""
    _write(sys.stdout, "\t".join(_printable(cell) for cell in cells))


def say_json(value: Mapping[str, Any]) -> None:
    """One object on one line of stdout."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    _write(sys.stdout, _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", line))


def complain(text: str) -> None:
    """One line on stderr."""
    with contextlib.suppress(OSError):  # nobody reads it
        _write(sys.stderr, f"pressrun: {_printable(text)}")


def size(size_bytes: int | None) -> str:
    """A size for people: `182 kB`."""
    if size_bytes is None:
        return "?"
    value, unit = float(size_bytes), 0
    while value >= _STEP - 0.5 and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit < _UNITS.index("MB") else f"{value:.1f} {_UNITS[unit]}"


def counted(count: int, word: str) -> str:
    """`1 slide`, `2 slides`."""
    return f"{count} {word}" + ("" if count == 1 else "s")


def close_stdout() -> None:
    """Last of all: an output that is closed already must not make the interpreter complain when it ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        # The recipe of Python's `signal` documentation: what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _printable(text: str) -> str:
    from pressrun.telemetry import printable  # brings structlog along, which `--help` has no use for

    return printable(text)


def _write(stream: Any, line: str) -> None:
    encoding = stream.encoding or "utf-8"
    text = line.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text + "\n")
    stream.flush()
