"""Request and response models: what OpenAPI and the TypeScript types are generated from."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from pressrun.events.model import Stage
from pressrun.runs.admission import OnBusy, OnDuplicate
from pressrun.runs.explain import Explanation
from pressrun.runs.model import Run, RunStatus
from pressrun.spec import RunSpec

Lane = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]


class GenerateRequest(RunSpec):
    """The body of POST /generate-sse: what to make, and what to do when something is in the way."""

    lane: Annotated[Lane, Field(description="runs of one lane exclude each other")] = "default"
    on_busy: Annotated[OnBusy, Field(description="the lane is taken by another request's run")] = "reject"
    on_duplicate: Annotated[
        OnDuplicate | None, Field(description="same fingerprint or key; default `join` with a key, else `reject`")
    ] = None
    on_disconnect: Annotated[Literal["continue", "cancel"], Field(description="the starting client went away")] = (
        "continue"
    )

    priority: Annotated[int, Field(ge=-100, le=100, description="order in the waiting line, higher first")] = 0


class CancelRequest(BaseModel):
    """The optional body of a cancel."""

    model_config = ConfigDict(extra="forbid")

    attempt: Annotated[
        int | None, Field(ge=1, description="only if this attempt is the current one: a late cancel hits no later one")
    ] = None


class RunError(BaseModel):
    """Why a run ended as `error`."""

    code: str
    message: str
    stage: Stage | None
    retryable: bool


class RunOut(BaseModel):
    """A run as the API shows it."""

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
    duration_s: Annotated[float | None, Field(description="from its start to its end, seconds; null while active")]
    error: RunError | None
    result: Annotated[dict[str, Any] | None, Field(description="the fields of the `complete` event")]
    pinned: bool
    fingerprint: str
    priority: int
    queue_position: Annotated[int | None, Field(description="from 1, while it waits for a slot")]
    last_event_id: Annotated[int, Field(description="seq of its newest event")]
    url: str
    events_url: str
    cancel_url: str

    @classmethod
    def of(cls, run: Run) -> Self:
        """The wire form."""
        url = f"/runs/{run.operation_id}"
        ended = run.ended_at is not None
        return cls(
            **run.model_dump(include={*cls.model_fields} & {*Run.model_fields}),
            duration_s=round(run.age_s(run.created_at), 3) if ended else None,
            last_event_id=run.last_seq,
            url=url,
            events_url=f"{url}/events",
            cancel_url=f"{url}/cancel",
        )


class RunPage(BaseModel):
    """A page of history, newest first."""

    runs: list[RunOut]
    next_cursor: Annotated[str | None, Field(description="pass as `cursor` for the next page; null at the end")]


class Snapshot(RunOut):
    """The first event of GET /runs/{id}/events: the run as it is, and the seq that follows."""

    type: Literal["snapshot"] = "snapshot"
    from_: Annotated[int, Field(alias="from")]


class FieldErrorOut(BaseModel):
    """One wrong field."""

    field: str
    problem: str
    valid: str


class Problem(BaseModel):
    """RFC 9457 problem body; `message` and `error` repeat `detail` for older clients."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: str
    error: str
    errors: list[FieldErrorOut] | None = None


class RunInTheWay(BaseModel):
    """The run a 409 names."""

    operation_id: str
    status: RunStatus
    stage: Stage | None
    progress: int
    title: str | None
    started_at: datetime | None
    age_s: float
    last_event_id: int
    url: str
    events_url: str
    cancel_url: str


class RejectedProblem(Problem):
    """409 of POST /generate-sse."""

    reason: Literal["in_flight", "duplicate"]
    fingerprint: str
    same_request: bool
    retry_after_s: int
    policies: list[str]
    operation_id: Annotated[str | None, Field(description="absent when the run is another caller's")] = None
    active_operation_id: str | None = None
    run: RunInTheWay | None = None


class DifferenceOut(BaseModel):
    """A field in which the request and the run in the way differ; long values are cut."""

    field: str
    requested: Any
    active: Any


class ExplanationOut(BaseModel):
    """What POST /generate-sse would do with this body right now, and why."""

    admitted: Annotated[bool, Field(description="it would start at once")]
    fingerprint: str
    canonical: Annotated[dict[str, Any], Field(description="what is fingerprinted: every field, defaults filled in")]
    reason: Literal["in_flight", "duplicate"] | None
    message: str
    run: RunInTheWay | None
    differences: list[DifferenceOut]
    window_left_s: float | None
    decided_by: Annotated[Literal["on_duplicate", "on_busy"] | None, Field(description="the field whose value decides")]
    policies: Annotated[dict[str, str], Field(description="what each value of that field would do")]

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """The wire form."""
        rejection = explanation.rejection
        extra = rejection.problem_extra() if rejection else {}
        left_s = rejection.window_left_s if rejection else None
        return cls.model_validate(
            {
                "admitted": rejection is None,
                "fingerprint": explanation.fingerprint,
                "canonical": explanation.canonical,
                "reason": rejection.reason if rejection else None,
                "message": str(rejection) if rejection else "Nothing is in the way: this request would start at once.",
                "run": extra.get("run"),
                "differences": [asdict(difference) for difference in explanation.differences],
                "window_left_s": None if left_s is None else round(left_s, 3),
                "decided_by": explanation.decided_by,
                "policies": explanation.policies,
            }
        )


class Health(BaseModel):
    """Answer of /livez and /readyz."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str] = {}
