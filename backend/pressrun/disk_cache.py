"""`DiskCache`: what was paid for once, by a key that says what it depends on. A folder of files.

    {folder}/{key[:2]}/{key}.json   what is known under that key: a small JSON object
    {folder}/{key[:2]}/{key}.bin    a file that belongs to it: the bytes of the one it was made from (a hard link)

Safe to share between runs, threads and processes: a file appears whole by one rename. Nothing here can fail a run: an
entry that cannot be read is not there, one that cannot be written is not kept. Who uses an attached file verifies it:
its bytes may be in a folder that people write to. Blocking: callers use threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

_MAKE_ROOM_SHARE = 0.9  # of max_bytes after eviction, so that not every write has to look for the oldest
_COUNT_AGAIN_EVERY = 200  # writes, arbitrary: other processes write too
_LEFTOVER_S = 3600  # what is half written and older was left by a crash

_log = structlog.get_logger(__name__)


class DiskCache:
    """`max_bytes` bounds all entries; the longest unused go first. Entries of another `format` are not there.

    The folder is made when the first entry is kept; those above it too, unless it is `within` one that may go.
    """

    def __init__(self, folder: Path, max_bytes: int, *, format: int, within: bool = False) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._format = format
        self._within = within
        self._size_bytes = 0
        self._writes = 0

    def read(self, key: str) -> dict[str, Any] | None:
        """What is known under that key, if it is there and whole."""
        path = self._path(key, ".json")
        try:
            entry = json.loads(path.read_bytes())
            known = entry["known"]
            whole = entry["format"] == self._format and entry["key"] == key and entry["check"] == _digest(known)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            whole = False
        if not whole or not isinstance(known, dict):
            self.drop(key)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # of the .json alone: the times of what is attached belong to another folder too
        return known

    def attached(self, key: str) -> Path:
        """Where the file is that was kept with the entry."""
        return self._path(key, ".bin")

    def keep(self, key: str, known: dict[str, Any], attached: Path | None = None) -> bool:
        """Keeps it, if there is room for it at all; what is attached must never be written to again."""
        entry = {"format": self._format, "key": key, "check": _digest(known), "known": known}
        data = json.dumps(entry).encode()
        path = self._path(key, ".json")
        try:
            size_bytes = len(data) + (attached.stat().st_size if attached is not None else 0)
            if size_bytes > self._max_bytes:
                return False
            self.folder.mkdir(mode=0o700, parents=not self._within, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._make_room(size_bytes)
            if attached is not None:
                _place(attached, self.attached(key))
            _write_whole(path, data)
        except OSError as exc:
            _log.warning("cache_write_failed", cache=self.folder.name, reason=exc.strerror)
            return False
        self._size_bytes += size_bytes
        return True

    def drop(self, key: str) -> None:
        """Forgets what is there under that key."""
        for ending in (".json", ".bin"):
            with contextlib.suppress(OSError):
                self._path(key, ending).unlink(missing_ok=True)

    def _path(self, key: str, ending: str) -> Path:
        return self.folder / key[:2] / f"{key}{ending}"

    def _make_room(self, size_bytes: int) -> None:
        self._writes += 1
        if self._writes % _COUNT_AGAIN_EVERY != 1 and self._size_bytes + size_bytes <= self._max_bytes:
            return
        entries = _entries(self.folder)
        self._size_bytes = sum(entry.size_bytes for entry in entries)
        if self._size_bytes + size_bytes <= self._max_bytes:
            return
        for entry in sorted(entries, key=lambda entry: entry.used_at):
            self.drop(entry.key)
            self._size_bytes -= entry.size_bytes
            if self._size_bytes + size_bytes <= self._max_bytes * _MAKE_ROOM_SHARE:
                return


@dataclass(slots=True)
class _Entry:
    key: str
    size_bytes: int = 0
    used_at: float = 0.0  # 0: its .json is not there


def _entries(folder: Path) -> list[_Entry]:
    """All keys, without leftovers, which are removed; another process may put or remove some meanwhile."""
    found: dict[str, _Entry] = {}
    for path, stat in _files(folder):
        entry = found.setdefault(path.stem, _Entry(path.stem))
        entry.size_bytes += stat.st_size
        if path.suffix == ".json":
            entry.used_at = stat.st_mtime
    return list(found.values())


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    long_ago = time.time() - _LEFTOVER_S
    for path in folder.glob("*"):
        if path.is_file():  # of an earlier release, which had no folders here
            path.unlink(missing_ok=True)
    for path in folder.glob("??/*"):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            if path.suffix != ".tmp":
                yield path, stat
            elif stat.st_ctime < long_ago:
                path.unlink()


def _place(source: Path, target: Path) -> None:
    """The same bytes under another name, without reading them here: linked, or copied by the kernel."""
    partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            os.link(source, partial)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, partial)
            _sync(partial)  # as the bytes of a link are: who adopts the file relies on that
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)  # also where both were links to the same file: then rename does nothing


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _write_whole(path: Path, data: bytes) -> None:
    """Nobody else's to read. Not synced: after a power cut the digest tells a torn entry."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _digest(known: object) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
