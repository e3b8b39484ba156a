"""Time, as a thing that can be passed in.

Two readings with two purposes: `now()` is what people see (aware UTC; may jump), `ticks_s()` is what decides (never
jumps; counts on while the machine sleeps). Ticks are comparable only within one `epoch`, one boot of the machine, so
they are stored together with it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Reads time."""

    @property
    def epoch(self) -> str:
        """Names the origin of the ticks; ticks of different epochs must not be compared."""
        ...

    def now(self) -> datetime:
        """The instant, aware UTC."""
        ...

    def ticks_s(self) -> float:
        """Seconds since the epoch's origin; never goes back."""
        ...


def elapsed_s(clock: Clock, since: datetime, since_ticks_s: float | None, epoch: str | None) -> float:
    """Seconds since an instant that was read on both: by the ticks where they still count, else by the wall clock."""
    if since_ticks_s is not None and epoch == clock.epoch:
        return max(0.0, clock.ticks_s() - since_ticks_s)
    return max(0.0, (clock.now() - since).total_seconds())


class SystemClock:
    """The machine's clocks. CLOCK_BOOTTIME where there is one (Linux), so processes of one boot agree."""

    def __init__(self) -> None:
        self._clock_id = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        self._epoch = _boot_id()

    @property
    def epoch(self) -> str:
        return self._epoch

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ticks_s(self) -> float:
        return time.clock_gettime(self._clock_id)


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:  # not Linux, or a container that may not look
        return "this-boot"
