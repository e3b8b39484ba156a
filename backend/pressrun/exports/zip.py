"""Export `zip`: document and slides in one archive. Stored, not deflated: pictures do not get smaller."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pressrun.exports.contract import ExportWork

_CHUNK_BYTES = 256 * 1024  # arbitrary (64 KB..1 MB): one file-system read


async def make(work: ExportWork) -> Iterable[bytes]:
    """Everything that the run has made before."""
    packed = [(name, path.stat().st_size, _read(path)) for name, path in work.files]
    return stream_zip(packed, modified_at=work.created_at)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def stream_zip(files: Sequence[tuple[str, int, Iterator[bytes]]], *, modified_at: datetime) -> Iterator[bytes]:
    """The archive's bytes, file by file, holding one chunk in memory.

    `files` are names in the archive, sizes, and bytes that are asked for when their turn comes; the same files and
    instant give the same bytes. Only what is larger than 2 GiB is written as ZIP64, which not every program reads.

    Raises: what reading a file raises.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, size, chunks in files:
            info = zipfile.ZipInfo(name, modified_at.timetuple()[:6])
            info.external_attr = 0o644 << 16
            info.file_size = size
            with archive.open(info, "w") as entry:
                for chunk in chunks:
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Where zipfile writes to: unseekable, emptied by whoever streams."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self._pending += memoryview(data)  # type: ignore[arg-type]
        return len(memoryview(data))  # type: ignore[arg-type]

    def take(self) -> bytes:
        taken = bytes(self._pending)
        self._pending.clear()
        return taken
