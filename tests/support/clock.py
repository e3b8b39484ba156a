"""A clock that moves when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Wall time and ticks move apart at will: `advance` moves both, `step_wall` only what people see."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        self._ticks_s = 1_000.0
        self.epoch = "boot-1"

    def now(self) -> datetime:
        return self._now

    def ticks_s(self) -> float:
        return self._ticks_s

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._ticks_s += seconds

    def step_wall(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def reboot(self) -> None:
        self.epoch += "'"
        self._ticks_s = 5.0
