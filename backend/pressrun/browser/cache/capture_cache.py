"""`CaptureCache`: pictures that were captured before, by the hash of what they show. A folder of files.

    {folder}/{key[:2]}/{key}.json   what is known under that key: a picture's digest and size, or a plan
    {folder}/{key[:2]}/{key}.bin    the picture, sharing its bytes with the batch folder it was made for (a hard link)

Safe to share between runs, threads and processes: a file appears whole by one rename. Nothing here can fail a run: an
entry that cannot be read is not there, one that cannot be written is not kept. Who uses a picture verifies its digest,
for its bytes are in a folder that people may write to. Keys are made by whoever knows what a picture shows.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread
import structlog

from pressrun.browser.cache.renderer import Renderer

_FORMAT = 1
_MAKE_ROOM_SHARE = 0.9  # of max_bytes after eviction, so that not every write has to look for the oldest
_COUNT_AGAIN_EVERY = 200  # writes, arbitrary: other processes write too
_LEFTOVER_S = 3600  # a picture without its .json that is older was left by a crash between the two

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class CacheTally:
    """What a cache has done since the server started, in pictures."""

    hits: int = 0
    misses: int = 0
    kept: int = 0
    corrupt: int = 0


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture that is there, and what its bytes must hash to."""

    path: Path
    sha256: str
    size_bytes: int


class CaptureCache:
    """The folder is made when the first picture is kept. `max_bytes` bounds all; the longest unused go first."""

    def __init__(self, folder: Path, max_bytes: int, renderer: Renderer) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._renderer = renderer
        self._size_bytes = 0
        self._writes = 0
        self.tally = CacheTally()

    async def renderer(self) -> str | None:
        """What draws now, a part of every key. None: the cache rests."""
        return await anyio.to_thread.run_sync(self._renderer.digest)

    async def find(self, keys: Sequence[str]) -> list[KeptPicture | None]:
        """The pictures kept under these keys, in their order. `drop` one if its bytes turn out to be others."""
        found = await anyio.to_thread.run_sync(lambda: [self._find(key) for key in keys])
        hits = sum(picture is not None for picture in found)
        self.tally.hits += hits
        self.tally.misses += len(found) - hits
        return found

    async def keep(self, key: str, path: Path, sha256: str, size_bytes: int) -> None:
        """Keeps a finished picture, which must never be written to again, if there is room for it at all."""
        await anyio.to_thread.run_sync(self._write, key, {"sha256": sha256, "size_bytes": size_bytes}, path)

    async def drop(self, key: str) -> None:
        """Forgets what is there under that key: its bytes are not what they were."""
        self.tally.hits -= 1
        self.tally.misses += 1
        self.tally.corrupt += 1
        await anyio.to_thread.run_sync(self._remove, key)

    async def read_note(self, key: str) -> dict[str, Any] | None:
        """A small thing kept by `keep_note`."""
        return await anyio.to_thread.run_sync(self._read, key)

    async def keep_note(self, key: str, note: dict[str, Any]) -> None:
        """Keeps a small JSON object, as a plan is."""
        await anyio.to_thread.run_sync(self._write, key, note, None)

    def _path(self, key: str, ending: str) -> Path:
        return self._folder / key[:2] / f"{key}{ending}"

    def _find(self, key: str) -> KeptPicture | None:
        known = self._read(key) or {}
        try:
            return KeptPicture(self._path(key, ".bin"), str(known["sha256"]), int(known["size_bytes"]))
        except (KeyError, TypeError, ValueError):
            return None

    def _read(self, key: str) -> dict[str, Any] | None:
        path = self._path(key, ".json")
        try:
            entry = json.loads(path.read_bytes())
            known = entry["known"]
            whole = entry["format"] == _FORMAT and entry["key"] == key and entry["check"] == _digest(known)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            whole = False
        if not whole or not isinstance(known, dict):
            self._remove(key)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # of the .json alone: the picture's own times belong to its batch folder too
        return known

    def _write(self, key: str, known: dict[str, Any], picture: Path | None) -> None:
        entry = {"format": _FORMAT, "key": key, "check": _digest(known), "known": known}
        data = json.dumps(entry).encode()
        size_bytes = len(data) + int(known.get("size_bytes", 0))
        if size_bytes > self._max_bytes:
            return
        path = self._path(key, ".json")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(size_bytes)
            if picture is not None:
                _place(picture, self._path(key, ".bin"))
            _write_whole(path, data)
        except OSError as exc:
            _log.warning("capture_cache_write_failed", reason=exc.strerror)
            return
        self._size_bytes += size_bytes
        self.tally.kept += picture is not None

    def _remove(self, key: str) -> None:
        for ending in (".json", ".bin"):
            with contextlib.suppress(OSError):
                self._path(key, ending).unlink(missing_ok=True)

    def _make_room(self, size_bytes: int) -> None:
        self._writes += 1
        if self._writes % _COUNT_AGAIN_EVERY != 1 and self._size_bytes + size_bytes <= self._max_bytes:
            return
        entries = _entries(self._folder)
        self._size_bytes = sum(entry.size_bytes for entry in entries)
        if self._size_bytes + size_bytes <= self._max_bytes:
            return
        for entry in sorted(entries, key=lambda entry: entry.used_at):
            self._remove(entry.key)
            self._size_bytes -= entry.size_bytes
            if self._size_bytes + size_bytes <= self._max_bytes * _MAKE_ROOM_SHARE:
                return


@dataclass(slots=True)
class _Entry:
    key: str
    size_bytes: int = 0
    used_at: float = 0.0  # 0: its .json is not there


def _entries(folder: Path) -> list[_Entry]:
    """All keys, without leftovers of crashes, which are removed; another process may put or remove some meanwhile."""
    found: dict[str, _Entry] = {}
    for path, stat in _files(folder):
        if path.suffix == ".tmp":
            continue
        entry = found.setdefault(path.stem, _Entry(path.stem))
        entry.size_bytes += stat.st_size
        if path.suffix == ".json":
            entry.used_at = stat.st_mtime
    return list(found.values())


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    long_ago = time.time() - _LEFTOVER_S
    for path in folder.glob("??/*"):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            if path.suffix == ".tmp" and stat.st_ctime < long_ago:
                path.unlink()
            yield path, stat


def _place(source: Path, target: Path) -> None:
    """The same bytes under another name, without reading them here: linked, or copied by the kernel."""
    partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            os.link(source, partial)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, partial)
            _sync(partial)  # as the bytes of a link are: who adopts the picture relies on that
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)  # also where both were links to the same file: then rename does nothing


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _write_whole(path: Path, data: bytes) -> None:
    """Not synced: after a power cut the digest tells a torn entry."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _digest(known: object) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
