"""`Thumbnails`: pictures of runs in small, made when first asked for and kept. How they are kept is disk_cache.py's.

One is named by the digest of its picture and its width, so it is never out of date, two runs that show the same share
it, and a picture that is no longer there has none: who asks has opened it before.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any, Literal

import anyio

from pressrun.artifacts.disk import in_thread
from pressrun.artifacts.ports import ReadableFile
from pressrun.disk_cache import DiskCache
from pressrun.errors import NotFound
from pressrun.export_kinds import IMAGE_TYPES

Width = Literal[160, 320, 640]  # px; few, so that each is made once: rows of lists, tiles, tiles on dense screens

MEDIA_TYPE = "image/webp"
MADE_FROM = frozenset(IMAGE_TYPES.values())

_FORMAT = 1  # of what is kept, and part of the ETag: one more when the pictures come out differently
_QUALITY = 70  # of 0..100: text is still read, 200 slides are under 2 MB (python -m benchmarks thumbnails)
_AT_ONCE = 2  # arbitrary (1..4): captures of runs come first
_ANY_HEIGHT = 100_000  # px; more than any picture has


class Thumbnails:
    """One per process; share it freely. `max_bytes` bounds what is kept of all runs, also of deleted ones."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._disk = DiskCache(folder, max_bytes, format=_FORMAT)
        self._places = anyio.CapacityLimiter(_AT_ONCE)

    async def make(self, picture: ReadableFile, width: Width, descriptor: int | None) -> bytes:
        """A WebP of `picture`, at most `width` px wide, never larger than it; `descriptor` is of it, where it is open.

        Raises: NotFound when its bytes are not those that were announced, or it is gone.
        """
        key = _key(picture.record.sha256, width)
        kept = await in_thread(self._kept, key)
        if kept is not None:
            return kept
        async with self._places:
            kept = await in_thread(self._kept, key)  # made by whoever was at work before
            if kept is not None:
                return kept
            data = await picture.read() if descriptor is None else await in_thread(_read, descriptor)
            return await in_thread(self._make, key, data, picture.record.sha256, width)

    def _kept(self, key: str) -> bytes | None:
        known = (self._disk.read(key) or {}).get("webp")
        return base64.b64decode(known) if isinstance(known, str) else None

    def _make(self, key: str, data: bytes, sha256: str, width: int) -> bytes:
        if hashlib.sha256(data).hexdigest() != sha256:  # people write into batch folders
            raise NotFound("this picture has been changed since it was made: ask for it without w")
        small = _smaller(data, width)
        self._disk.keep(key, {"webp": base64.b64encode(small).decode()})
        return small


def etag_of(sha256: str, width: Width) -> str:
    """Of the thumbnail of the picture with that digest."""
    return f'"{sha256}-w{width}-{_FORMAT}"'


def _key(sha256: str, width: Width) -> str:
    return hashlib.sha256(f"{sha256} {width}".encode()).hexdigest()


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb", closefd=False) as file:
        file.seek(0, os.SEEK_SET)
        return file.read()


def _smaller(data: bytes, width: int) -> bytes:
    import pyvips  # noqa: PLC0415 - 50 ms and 20 MB that only who looks at pictures pays

    # by itself it holds the last hundred operations, each with the picture it was given
    pyvips.cache_set_max(0)
    picture: Any = pyvips.Image.thumbnail_buffer(data, width, height=_ANY_HEIGHT, size="down")
    small: bytes = picture.write_to_buffer(".webp", Q=_QUALITY, keep="none")
    return small
