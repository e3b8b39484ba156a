"""The guard's no, with everything a client needs to go on from there (CONTRACT, 409): `RunRejected`, `LanePaused`."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Literal

from pressrun import run_urls
from pressrun.errors import Conflict
from pressrun.runs.model import Run

RejectReason = Literal["in_flight", "duplicate"]

_RETRY_AFTER_S = (1, 60)  # bounds of the guess how long the run in the way will take
_UNKNOWN_RETRY_AFTER_S = 5


class LanePaused(Conflict):
    """The lane is paused."""

    code = "lane_paused"
    remedy = "Resume the lane (resume_url), take another, or wait in its queue with on_busy=queue."

    def __init__(self, lane: str, paused_at: datetime) -> None:
        self.lane = lane
        self.paused_at = paused_at
        super().__init__(
            f"Lane {lane} is paused since {_instant(paused_at)}: nothing begins in it until somebody resumes it. "
            "Resume it, take another lane, or wait in its queue with on_busy=queue."
        )

    def problem_extra(self) -> dict[str, Any]:
        """The members of the problem body beyond those of every problem."""
        return {
            "reason": self.code,
            "lane": self.lane,
            "paused_at": _instant(self.paused_at),
            "policies": ["queue", "replace"],
            "resume_url": f"/lanes/{self.lane}/resume",
        }


class RunRejected(Conflict):
    """Another run is in progress."""

    code = "run_rejected"
    remedy = "Follow the run in the way (events_url), wait in the queue (on_busy=queue), join it, or replace it."

    def __init__(
        self,
        reason: RejectReason,
        active: Run,
        *,
        fingerprint: str,
        same_request: bool,
        visible: bool,
        age_s: float,
        window_left_s: float | None = None,
    ) -> None:
        self.reason = reason
        self.active = active
        self.fingerprint = fingerprint
        self.same_request = same_request
        self.visible = visible
        self.age_s = age_s
        self.window_left_s = window_left_s
        super().__init__(_explain(reason, active, same_request=same_request, visible=visible))

    @property
    def retry_after_s(self) -> int:
        """Whole seconds after which asking again makes sense; a guess from the progress while the run is running."""
        low, high = _RETRY_AFTER_S
        if self.reason == "duplicate":
            return max(low, math.ceil(self.window_left_s or 0))
        if self.active.progress == 0:
            return _UNKNOWN_RETRY_AFTER_S
        left_s = self.age_s * (100 - self.active.progress) / self.active.progress
        return min(high, max(low, math.ceil(left_s)))

    @property
    def shown_age_s(self) -> float:
        """The age of the run in the way as it is told."""
        return round(self.age_s, 1)

    def problem_extra(self) -> dict[str, Any]:
        """The members of the problem body beyond those of every problem."""
        extra: dict[str, Any] = {
            "title": "This run was made a moment ago" if self.reason == "duplicate" else "Another run is in progress",
            "reason": self.reason,
            "fingerprint": self.fingerprint,
            "same_request": self.same_request,
            "retry_after_s": self.retry_after_s,
            "policies": self._policies(),
        }
        return extra | self._active_run() if self.visible else extra

    def problem_headers(self) -> dict[str, str]:
        """`Retry-After`, and where to watch the run."""
        headers = {"Retry-After": str(self.retry_after_s)}
        if self.visible:
            headers["Link"] = f'</runs/{self.active.operation_id}/events>; rel="monitor"'
        return headers

    def _policies(self) -> list[str]:
        """What would have let this request through."""
        if self.same_request:
            return ["join", "run"] if self.reason == "duplicate" else ["join"]
        return ["join", "queue", "replace"] if self.visible else ["queue"]

    def _active_run(self) -> dict[str, Any]:
        run = self.active
        return {
            "operation_id": run.operation_id,
            "active_operation_id": run.operation_id,
            "run": {
                "operation_id": run.operation_id,
                "status": run.status,
                "stage": run.stage,
                "progress": run.progress,
                "title": run.title,
                "started_at": run.started_at and _instant(run.started_at),
                "age_s": self.shown_age_s,
                "last_event_id": run.last_seq,
                "url": run_urls.run_url(run.operation_id),
                "events_url": run_urls.events_url(run.operation_id),
                "cancel_url": run_urls.cancel_url(run.operation_id),
            },
        }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _explain(reason: RejectReason, active: Run, *, same_request: bool, visible: bool) -> str:
    if not visible:
        return "The lane is taken by another caller's run; try again later, or use another lane."
    name = f"Run {active.operation_id}" + (f" ({active.title})" if active.title else "")
    if reason == "duplicate":
        return (
            f"The very same request was completed a moment ago: {name} has its result. "
            "Send it again in a few seconds to make it anew."
        )
    waits = active.status == "queued"
    where = "waiting in the queue" if waits else f"{active.stage or 'starting'}, {active.progress} %"
    if same_request:
        return f"The very same request is in progress: {name} ({where}). Follow that run instead of starting it twice."
    if waits:
        return f"{name} waits for its turn in this lane. Queue behind it, follow it, or cancel it."
    return f"{name} is in progress ({where}). Follow it, cancel it, or wait until it has ended."
