"""What draws: the Chromium, the fonts and our own capturing code, as one digest. Owns what belongs to it.

Two pictures of one document with the same geometry and the same digest are the same picture, byte for byte (BROWSER.md,
"Looks"). The code of `browser/`, but for its setup and this cache, and every limit of the pool are part of it, so
that no change of either can be forgotten; a browser elsewhere cannot be looked at, so with one there is no digest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.config import BrowserPoolConfig
from pressrun.errors import BrowserUnavailable

FONT_FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/etc/fonts"),  # which font stands for which family
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path("~/.fonts"),
    Path("~/.local/share/fonts"),
    Path("~/.config/fontconfig"),
    Path("~/Library/Fonts"),
)
_CODE = Path(__file__).parents[1]
_NO_DRAWING: Final = {"cache", "setup"}


class Renderer:
    """The digest of what drew when the server started, for as long as that is what draws.

    Browsers that run go on with the program and the fonts they have read. When either changes on disk, nobody can tell
    what a picture was made with: `digest` is None from then on, until the server starts anew.
    """

    def __init__(self, config: BrowserPoolConfig, font_folders: Iterable[Path] = FONT_FOLDERS) -> None:
        self._config = config
        self._font_folders = tuple(folder.expanduser() for folder in font_folders)
        self._code = _digest_of_code()
        self._first = self._look()

    def digest(self) -> str | None:
        """64 hex digits; takes a few milliseconds. None: pictures must not be kept, nor kept ones be used."""
        return self._first if self._first is not None and self._look() == self._first else None

    def _look(self) -> str | None:
        if self._config.remote:
            return None
        try:
            chromium = find_chromium(self._config.executable).resolve()
            files = [*_stamps([chromium]), *_stamps(_files(self._font_folders))]
        except (BrowserUnavailable, OSError):
            return None
        return hashlib.sha256(repr((self._code, self._config, files)).encode()).hexdigest()


def _digest_of_code() -> str:
    """Of what draws, wherever it stands: a file that is moved or renamed draws as before."""
    drawing = (path for path in _CODE.rglob("*") if path.suffix in (".py", ".js"))
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in drawing if path.parent.name not in _NO_DRAWING]
    return hashlib.sha256(repr(sorted(digests)).encode()).hexdigest()


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    """Links to folders are followed (distributions link fonts in), each folder once."""
    waiting, seen = list(folders), set()
    while waiting:
        folder = waiting.pop()
        try:
            real = folder.resolve()
            entries = [] if real in seen else sorted(os.scandir(folder), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        seen.add(real)
        for entry in entries:
            if entry.is_dir():
                waiting.append(Path(entry.path))
            else:
                yield Path(entry.path)


def _stamps(paths: Iterable[Path]) -> Iterator[tuple[str, int, int, int]]:
    """Name, size, when it was written and when it was put there: a font of the same size and date is still another."""
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # a link to nowhere
        yield str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
