"""What a run is: its statuses, their legal transitions, and the view of it that people see. Pure.

          admit                    begin_run                 publish
(request) -----> queued ----------------------> running ---------------> complete
                   |  cancel                      |  | failure ---------> error
                   +----------> cancelled <-------+  cancel / replaced

A retry takes a run that ended as error or cancelled back to queued, and at once to running if a slot is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pressrun.stages import Stage

RunStatus = Literal["queued", "running", "complete", "error", "cancelled"]

TRANSITIONS: Mapping[RunStatus, frozenset[RunStatus]] = {
    "queued": frozenset({"running", "cancelled"}),
    "running": frozenset({"running", "complete", "error", "cancelled"}),  # itself: as its next attempt
    "complete": frozenset(),
    "error": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
}
ENDED: frozenset[RunStatus] = frozenset({"complete", "error", "cancelled"})


def may_become(status: RunStatus) -> tuple[RunStatus, ...]:
    """The statuses from which `status` can be reached: the guard of every UPDATE of the column."""
    return tuple(before for before, after in TRANSITIONS.items() if status in after)


def workflow_name(operation_id: str, retries: int) -> str:
    """What the engine calls a run that was retried so often."""
    return f"{operation_id}.{retries}" if retries else operation_id


class Run(BaseModel):
    """A run as people see it; no spec, which may be megabytes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    operation_id: str
    status: RunStatus
    stage: Stage | None
    progress: Annotated[int, Field(ge=0, le=100)]
    lane: str
    attempt: int
    title: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    pinned: bool
    last_seq: int
    fingerprint: str
    caller: str
    priority: int = 0
    retries: Annotated[int, Field(description="how often it was retried")] = 0
    paused_at: Annotated[datetime | None, Field(description="held in the waiting queue since then")] = None
    rerender_of: Annotated[str | None, Field(description="the run whose document this one shows anew")] = None
    estimated_total_s: Annotated[float | None, Field(description="as its `started` event tells it")] = None
    estimated_total_p75_s: float | None = None
    queue_position: Annotated[int | None, Field(description="from 1, while it waits")] = None
    error: Annotated[dict[str, Any] | None, Field(description="code, message, stage, retryable")] = None
    result: Annotated[dict[str, Any] | None, Field(description="the fields of the `complete` event")] = None

    @property
    def workflow_id(self) -> str:
        """Its name in the engine: another one after each retry, for a workflow ends only once."""
        return workflow_name(self.operation_id, self.retries)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it, unless somebody retries it."""
        return self.status in ENDED

    def age_s(self, now: datetime) -> float:
        """Seconds since it began (wall clock: for people, not for deciding)."""
        return max(0.0, ((self.ended_at or now) - (self.started_at or self.created_at)).total_seconds())


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane: how many slots it has, how many runs run and wait in it, and since when it is paused, if it is."""

    lane: str
    slots: int
    running: int = 0
    waiting: int = 0
    paused_at: datetime | None = None
