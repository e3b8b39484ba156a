"""Names for runs. Owns how an `operation_id` is made; knows nothing of what it names.

Ids are UUIDv7 (RFC 9562) in their canonical form: URL-safe, and they sort by the instant of making, also within one
millisecond of one process (the 12 bits of `rand_a` count up, method 1 of section 6.2).
"""

from __future__ import annotations

import re
import secrets
import threading
import time
import uuid
from datetime import datetime

OPERATION_ID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_PATTERN = re.compile(OPERATION_ID_PATTERN)
_COUNTER_BITS = 12
_DAY_MS = 86_400_000


class OperationIds:
    """Makes operation_ids; safe to share between threads, each id greater than the one before.

    `after`: greater than this one, too, though the clock was set back since; None, or one that is more than a day
    ahead, which only a clock gone wild can have made: by the clock alone.
    """

    def __init__(self, after: str | None = None) -> None:
        self._lock = threading.Lock()  # without it two threads could read the same last value and make equal prefixes
        self._last = 0
        if after is not None and _stamp_of(after) < _stamp_now() + (_DAY_MS << _COUNTER_BITS):
            self._last = _stamp_of(after)

    def new(self) -> str:
        """A fresh operation_id."""
        with self._lock:
            self._last = max(self._last + 1, _stamp_now())
            stamp = self._last
        milliseconds, counter = stamp >> _COUNTER_BITS, stamp & ((1 << _COUNTER_BITS) - 1)
        value = milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | secrets.randbits(62)
        digits = f"{value:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _stamp_now() -> int:
    return (time.time_ns() // 1_000_000) << _COUNTER_BITS


def _stamp_of(operation_id: str) -> int:
    digits = operation_id.replace("-", "")
    return int(digits[:12] + digits[13:16], 16)


def first_operation_id(at: datetime) -> str:
    """The least operation_id that can have been made at that instant or later."""
    milliseconds = max(0, int(at.timestamp() * 1000))
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62))


def is_operation_id(text: str) -> bool:
    """Whether `text` has the form of an operation_id; anything else never reaches a query or a path."""
    return _PATTERN.fullmatch(text) is not None
