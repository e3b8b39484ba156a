"""`AiCache`: answers that were paid for, by what was asked. How they are kept is disk_cache.py's.

Answers are kept as they came and are cleaned again at every use, so a changed file has no power.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import anyio.to_thread

from pressrun.ai.wire import Message
from pressrun.disk_cache import DiskCache

_FORMAT = 3  # those of 1 may have been cut (unknown finish reasons counted as good ones), 2 had another form


def cache_key(*, endpoint: str, model: str, rules_version: str, messages: Sequence[Message]) -> str:
    """SHA-256 over everything that makes an answer what it is; names the entry and tells nothing."""
    asked = json.dumps([_FORMAT, endpoint, model, rules_version, list(messages)], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


class AiCache:
    """Answers in a folder; `within`: of one that may go, so it is not made again."""

    def __init__(self, folder: Path, max_bytes: int, *, within: bool = False) -> None:
        self._disk = DiskCache(folder, max_bytes, format=_FORMAT, within=within)

    async def get(self, key: str) -> str | None:
        """The answer, if it is there and whole."""
        known = await anyio.to_thread.run_sync(self._disk.read, key)
        answer = (known or {}).get("answer")
        return answer if isinstance(answer, str) else None

    async def put(self, key: str, answer: str) -> None:
        """Keeps an answer, if there is room for it at all."""
        await anyio.to_thread.run_sync(self._disk.keep, key, {"answer": answer})
