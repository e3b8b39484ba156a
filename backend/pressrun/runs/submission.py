"""A run somebody asks for, and the limits under which it is admitted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pressrun.runs.fingerprint import fingerprint
from pressrun.runs.model import Run
from pressrun.spec import RunSpec

# A replacing run goes before everybody who waits; priorities that people give end at 100.
FRONT_PRIORITY = 1_000


@dataclass(frozen=True, slots=True)
class GuardConfig:
    """Limits of the guard. `lanes`: slots of the lanes named there; `unknown_lane_slots` of any other (0: refused).

    `caller_…`: one caller's share of them; None: it may have them all.
    """

    dedup_window_s: float
    run_max_s: float
    max_runs: int = 16
    max_queued: int = 100
    caller_max_runs: int | None = None
    caller_max_queued: int | None = None
    lanes: Mapping[str, int] = field(default_factory=dict)
    unknown_lane_slots: int = 1

    def slots_of(self, lane: str) -> int:
        """How many runs may run in this lane at once."""
        return self.lanes.get(lane, self.unknown_lane_slots)


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to run, for whom, and whether it may wait. `when_busy` `front` waits before all others.

    `retry`: the run is there, has ended without a result, and is to go on. `digest` is the fingerprint where it is
    known already.
    """

    operation_id: str
    route: str
    spec: RunSpec
    lane: str = "default"
    caller: str = "local"
    idempotency_key: str | None = None
    on_disconnect: Literal["continue", "cancel"] = "continue"
    priority: int = 0
    ignore_duplicates: bool = False
    when_busy: Literal["refuse", "wait", "front"] = "refuse"
    digest: str | None = None
    retry: bool = False
    webhook_url: str | None = None

    @property
    def fingerprint(self) -> str:
        return self.digest or fingerprint(self.route, self.spec)

    @property
    def line_priority(self) -> int:
        """Its place in the waiting line, should it have to wait."""
        return FRONT_PRIORITY if self.when_busy == "front" else self.priority


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """The idempotency key already names this run."""

    run: Run
