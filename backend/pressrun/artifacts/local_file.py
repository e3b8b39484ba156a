"""`LocalFile`: a file of a run on this machine's disk, as `ReadableFile`."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pressrun.artifacts.disk import in_thread
from pressrun.artifacts.model import StoredFile
from pressrun.errors import NotFound

_CHUNK_BYTES = 256 * 1024  # arbitrary (64 KB..1 MB): one file-system read


@dataclass(frozen=True, slots=True)
class LocalFile:
    """Links are not followed, and nothing but a plain file is opened: what is there was put there by us."""

    path: Path
    record: StoredFile

    async def read(self) -> bytes:
        return await in_thread(b"".join, self.chunks())

    def chunks(self) -> Iterator[bytes]:
        with open(_open_plain(self.path), "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk

    @asynccontextmanager
    async def descriptor(self) -> AsyncIterator[int]:
        opened = await in_thread(_open_plain, self.path)
        try:
            yield opened
        finally:
            os.close(opened)


def _open_plain(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise NotFound("this file is no longer there") from exc
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFound("this file is no longer there")
    return descriptor
