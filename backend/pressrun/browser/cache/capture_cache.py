"""`CaptureCache`: pictures that were captured before, by the hash of what they show. How is disk_cache.py's.

A picture shares its bytes with the batch folder it was made for, which people may write to: who uses one verifies its
digest. Keys are made by whoever knows what a picture shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread

from pressrun.browser.cache.renderer import Renderer
from pressrun.disk_cache import DiskCache

_FORMAT = 1


@dataclass(slots=True)
class CacheCounts:
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
    """Pictures, and small notes beside them."""

    def __init__(self, folder: Path, max_bytes: int, renderer: Renderer) -> None:
        self._disk = DiskCache(folder, max_bytes, format=_FORMAT)
        self._renderer = renderer
        self.counts = CacheCounts()

    async def renderer(self) -> str | None:
        """What draws now, a part of every key. None: the cache rests."""
        return await anyio.to_thread.run_sync(self._renderer.digest)

    async def find(self, keys: Sequence[str]) -> list[KeptPicture | None]:
        """The pictures kept under these keys, in their order. `drop` one if its bytes turn out to be others."""
        found = await anyio.to_thread.run_sync(lambda: [self._find(key) for key in keys])
        hits = sum(picture is not None for picture in found)
        self.counts.hits += hits
        self.counts.misses += len(found) - hits
        return found

    async def keep(self, key: str, path: Path, sha256: str, size_bytes: int) -> None:
        """Keeps a finished picture, which must never be written to again, if there is room for it at all."""
        known = {"sha256": sha256, "size_bytes": size_bytes}
        self.counts.kept += await anyio.to_thread.run_sync(self._disk.keep, key, known, path)

    async def find_file(self, key: str) -> KeptPicture | None:
        """As `find`, of what is no picture; nothing is counted."""
        return await anyio.to_thread.run_sync(self._find, key)

    async def keep_file(self, key: str, path: Path, sha256: str, size_bytes: int) -> None:
        """As `keep`, of what is no picture."""
        known = {"sha256": sha256, "size_bytes": size_bytes}
        await anyio.to_thread.run_sync(self._disk.keep, key, known, path)

    async def drop(self, key: str) -> None:
        """Forgets what is there under that key: its bytes are not what they were."""
        self.counts.hits -= 1
        self.counts.misses += 1
        self.counts.corrupt += 1
        await anyio.to_thread.run_sync(self._disk.drop, key)

    async def read_note(self, key: str) -> dict[str, Any] | None:
        """A small thing kept by `keep_note`."""
        return await anyio.to_thread.run_sync(self._disk.read, key)

    async def keep_note(self, key: str, note: dict[str, Any]) -> None:
        """Keeps a small JSON object, as a plan is."""
        await anyio.to_thread.run_sync(self._disk.keep, key, note)

    def _find(self, key: str) -> KeptPicture | None:
        known = self._disk.read(key) or {}
        try:
            return KeptPicture(self._disk.attached(key), str(known["sha256"]), int(known["size_bytes"]))
        except (KeyError, TypeError, ValueError):
            return None
