"""A run somebody asks for. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from pressrun.db.searching import searchable
from pressrun.runs.fingerprint import canonical, fingerprint
from pressrun.runs.model import Run
from pressrun.spec import RunSpec

# A replacing run goes before everybody who waits; priorities that people give end at 100.
FRONT_PRIORITY = 1_000


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
        """Its place in the waiting queue, should it have to wait."""
        return FRONT_PRIORITY if self.when_busy == "front" else self.priority


def columns_of(submission: Submission, digest: str) -> dict[str, Any]:
    """What a new run's row has of its submission."""
    spec = submission.spec
    return {
        "operation_id": submission.operation_id,
        "lane": submission.lane,
        "caller": submission.caller,
        "route": submission.route,
        "fingerprint": digest,
        "idempotency_key": submission.idempotency_key,
        "title": spec.title,
        "searchable": searchable(spec.title),
        "rerender_of": spec.rerender_of,
        "on_disconnect": submission.on_disconnect,
        "priority": submission.line_priority,
        "spec": json.dumps(canonical(spec), ensure_ascii=False),
    }


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """The idempotency key already names this run."""

    run: Run
