"""`AiCache`: answers that were paid for, by what was asked. A folder of small files.

Safe to share between runs, threads and processes: a file appears whole by one rename. Nothing here can fail a run: an
entry that cannot be read is not there, one that cannot be written is not kept. Answers are kept as they came and are
cleaned again at every use, so a changed file has no power.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import anyio.to_thread
import structlog

from pressrun.ai.wire import Message

_FORMAT = 2  # those of 1 may have been cut: unknown finish reasons counted as good ones
_MAKE_ROOM_SHARE = 0.9  # of max_bytes after eviction, so that not every write has to look for the oldest

_log = structlog.get_logger(__name__)


def cache_key(*, endpoint: str, model: str, rules_version: str, messages: Sequence[Message]) -> str:
    """SHA-256 over everything that makes an answer what it is; names the entry and tells nothing."""
    asked = json.dumps([_FORMAT, endpoint, model, rules_version, list(messages)], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


class AiCache:
    """The folder is made when the first answer is kept; those above it too, unless it is `within` one that may go.

    `max_bytes` bounds all entries; the longest unused go first.
    """

    def __init__(self, folder: Path, max_bytes: int, *, within: bool = False) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._within = within

    async def get(self, key: str) -> str | None:
        """The answer, if it is there and whole."""
        return await anyio.to_thread.run_sync(self._read, key)

    async def put(self, key: str, answer: str) -> None:
        """Keeps an answer, if there is room for it at all."""
        await anyio.to_thread.run_sync(self._write, key, answer)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _read(self, key: str) -> str | None:
        path = self._path(key)
        try:
            entry = json.loads(path.read_bytes())
            answer = str(entry["answer"])
            whole = entry["format"] == _FORMAT and entry["key"] == key and entry["sha256"] == _digest(answer)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        if not whole:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return answer

    def _write(self, key: str, answer: str) -> None:
        entry = {"format": _FORMAT, "key": key, "sha256": _digest(answer), "answer": answer}
        data = json.dumps(entry).encode()
        if len(data) > self._max_bytes:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=not self._within, exist_ok=True)
            self._make_room(len(data))
            _write_whole(self._path(key), data)
        except OSError as exc:
            _log.warning("ai_cache_write_failed", reason=exc.strerror)

    def _make_room(self, size_bytes: int) -> None:
        entries = list(_entries(self._folder))
        total = size_bytes + sum(stat.st_size for stat, _ in entries)
        if total <= self._max_bytes:
            return
        for stat, path in sorted(entries, key=lambda entry: entry[0].st_mtime_ns):
            path.unlink(missing_ok=True)
            total -= stat.st_size
            if total <= self._max_bytes * _MAKE_ROOM_SHARE:
                return


def _entries(folder: Path) -> Iterator[tuple[os.stat_result, Path]]:
    """All files; another run may put or remove some meanwhile."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield path.stat(), path


def _write_whole(path: Path, data: bytes) -> None:
    """Not synced: after a power cut the digest tells a torn entry."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _digest(answer: str) -> str:
    return hashlib.sha256(answer.encode("utf-8", "surrogatepass")).hexdigest()
