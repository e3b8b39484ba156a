"""Request and response models: what OpenAPI and the TypeScript types are generated from."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import SkipJsonSchema

from pressrun import run_urls
from pressrun.runs.admission import OnBusy, OnDuplicate
from pressrun.runs.catalog import WebhookState
from pressrun.runs.explain import Explanation
from pressrun.runs.history import AttemptEnd, RunHistory
from pressrun.runs.model import LaneState, Run, RunStatus
from pressrun.runs.rejection import RunRejected
from pressrun.runs.retention import RetentionReport
from pressrun.spec import SHOWING, RunSpec, none_if_blank
from pressrun.stages import Stage

Priority = Annotated[int, Field(ge=-100, le=100, description="order in the waiting queue, higher first")]
LANE_PATTERN = r"^[a-z0-9_-]{1,64}$"


class AdmissionFields(BaseModel):
    """What to do when something is in the way, and the rest that does not change the result."""

    lane: Annotated[
        str,
        Field(pattern=r"^[a-z0-9_-]{0,64}$", description="runs of one lane exclude each other; empty is `default`"),
        AfterValidator(lambda value: value or "default"),
    ] = "default"
    on_busy: Annotated[OnBusy, Field(description="the lane is taken by another request's run")] = "reject"
    on_duplicate: Annotated[
        OnDuplicate | None, Field(description="same fingerprint or key; default `join` with a key, else `reject`")
    ] = None
    on_disconnect: Annotated[Literal["continue", "cancel"], Field(description="the starting client went away")] = (
        "continue"
    )

    webhook_url: Annotated[
        str | None,
        Field(
            pattern=r"^(?:[hH][tT][tT][pP][sS]?://[^\s]+)?$",
            max_length=2048,
            description="told once of the run's end; empty is none",
        ),
        AfterValidator(none_if_blank),
    ] = None
    priority: Priority = 0


class GenerateRequest(RunSpec, AdmissionFields):
    """The body of POST /generate-sse: what to make, and what to do when something is in the way."""

    rerender_of: Annotated[SkipJsonSchema[None], Field(exclude=True)] = None  # POST /runs/{id}/rerender says it


class _Rerender(AdmissionFields):
    model_config = RunSpec.model_config

    def changes(self) -> dict[str, Any]:
        """What of the rendering is to be another."""
        return self.model_dump(include={*SHOWING & self.model_fields_set})


_SHOWING: dict[str, Any] = {
    name: (field.annotation, field) for name, field in RunSpec.model_fields.items() if name in SHOWING
}
RerenderRequest = create_model(
    "RerenderRequest",
    __base__=_Rerender,
    __doc__="The body of POST /runs/{id}/rerender; what is not given is as it was.",
    **_SHOWING,
)


class RetryRequest(BaseModel):
    """The optional body of a retry."""

    model_config = ConfigDict(extra="forbid")

    on_busy: Annotated[Literal["reject", "queue"], Field(description="the lane is taken by another run")] = "reject"
    priority: Priority = 0


class CancelRequest(BaseModel):
    """The optional body of a cancel."""

    model_config = ConfigDict(extra="forbid")

    attempt: Annotated[
        int | None, Field(ge=1, description="only if this attempt is the current one: a late cancel hits no later one")
    ] = None


class Answer(BaseModel):
    """What is sent: its validator, 1 to 3 ms, is made by the first who asks, and not by every start of a server."""

    model_config = ConfigDict(defer_build=True)


class RunError(Answer):
    """Why a run ended as `error`."""

    code: str
    message: str
    stage: Stage | None
    retryable: bool


class WebhookOut(Answer):
    """How far the webhook of a run is."""

    state: Annotated[
        Literal["waiting", "due", "delivered", "given_up"], Field(description="`waiting` for the end of the run")
    ]
    attempts: int
    last_status: Annotated[int | None, Field(description="of the last answer; null when there was none")]
    due_at: Annotated[datetime | None, Field(description="when it is tried next; null where it is not")]


class RunOut(Answer):
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
    caller: Annotated[str, Field(description="who started it: the name of the token, or `local`")]
    fingerprint: str
    priority: int
    retries: Annotated[int, Field(description="how often it was retried")]
    paused: Annotated[bool, Field(description="held in the waiting queue, where others pass it")]
    rerender_of: Annotated[str | None, Field(description="the run whose document it shows anew")]
    queue_position: Annotated[int | None, Field(description="from 1, while it waits for a slot")]
    last_event_id: Annotated[int, Field(description="seq of its newest event")]
    url: str
    events_url: str
    cancel_url: str
    log_url: str

    @classmethod
    def of(cls, run: Run) -> Self:
        """The wire form."""
        operation_id = run.operation_id
        ended = run.ended_at is not None
        return cls(
            **run.model_dump(include={*cls.model_fields} & {*Run.model_fields}),
            duration_s=(run.result or {}).get("duration_s") or round(run.age_s(run.created_at), 3) if ended else None,
            last_event_id=run.last_seq,
            paused=run.paused_at is not None,
            url=run_urls.run_url(operation_id),
            events_url=run_urls.events_url(operation_id),
            cancel_url=run_urls.cancel_url(operation_id),
            log_url=run_urls.log_url(operation_id),
        )


class AttemptOut(Answer):
    """An execution of the run."""

    attempt: int
    started_at: datetime
    resumed_from: Annotated[Stage | None, Field(description="the stage it went on with; null for the first")]
    ended_at: datetime | None
    duration_s: float | None
    ended: Annotated[
        AttemptEnd | None,
        Field(description="how; `interrupted`: its process was killed or stopped; null while it runs"),
    ]
    message: Annotated[str | None, Field(description="why it failed")]


class StageOut(Answer):
    """A stage of an attempt."""

    stage: Stage
    attempt: int
    started_at: datetime
    duration_s: Annotated[float | None, Field(description="null while it goes on")]


class RunDetail(RunOut):
    """A run with what happened to it: attempts and stages, oldest first."""

    attempts: list[AttemptOut]
    stages: list[StageOut]
    webhook: Annotated[WebhookOut | None, Field(description="null where none was asked for")]

    @classmethod
    def told(cls, run: Run, history: RunHistory, webhook: WebhookState | None) -> Self:
        """The wire form."""
        return cls.model_validate(
            {
                **RunOut.of(run).model_dump(),
                "webhook": None if webhook is None else asdict(webhook),
                "attempts": [
                    {**asdict(attempt), "duration_s": _between(attempt.started_at, attempt.ended_at)}
                    for attempt in history.attempts
                ],
                "stages": [
                    {**asdict(stage), "duration_s": _between(stage.started_at, stage.ended_at)}
                    for stage in history.stages
                ],
            }
        )


def _between(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else round(max(0.0, (end - start).total_seconds()), 3)


class LaneOut(Answer):
    """A lane: its slots, and who is in it."""

    lane: str
    slots: int
    running: int
    waiting: int
    paused: Annotated[bool, Field(description="nobody begins in it; who runs goes on")]
    paused_at: datetime | None

    @classmethod
    def of(cls, state: LaneState) -> Self:
        """The wire form."""
        return cls(**asdict(state), paused=state.paused_at is not None)


class LaneList(Answer):
    """The lanes that are configured, in use or paused."""

    lanes: list[LaneOut]


class RemovedRun(Answer):
    """A run that goes, and why."""

    operation_id: str
    status: RunStatus
    title: str | None
    ended_at: datetime
    size_bytes: int
    reason: str


class RetentionOut(Answer):
    """What retention removed, or would remove."""

    dry_run: bool
    used_bytes: Annotated[int, Field(description="by the files of all ended runs, before")]
    freed_bytes: int
    runs: list[RemovedRun]
    staging: Annotated[list[str], Field(description="runs whose leftovers for a retry went")]
    orphans: Annotated[list[str], Field(description="batch folders without a run; they stay")]
    more: Annotated[bool, Field(description="there is more than one sweep removes: ask again")]

    @classmethod
    def of(cls, report: RetentionReport) -> Self:
        """The wire form."""
        return cls.model_validate({**asdict(report), "freed_bytes": report.freed_bytes})


class RunPage(Answer):
    """A page of history, newest first unless asked otherwise."""

    runs: list[RunOut]
    next_cursor: Annotated[str | None, Field(description="pass as `cursor` for the next page; null at the end")]
    counts: Annotated[dict[RunStatus, int] | None, Field(description="`counts=1`: found but for `status`")] = None


class Snapshot(RunOut):
    """The first event of GET /runs/{id}/events: the run as it is, and the seq that follows."""

    type: Literal["snapshot"] = "snapshot"
    from_: Annotated[int, Field(alias="from")]


class FieldErrorOut(Answer):
    """One wrong field."""

    field: str
    problem: str
    valid: str


class Problem(Answer):
    """RFC 9457 problem body; `message` and `error` repeat `detail` for older clients."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: str
    error: str
    errors: list[FieldErrorOut] | None = None


class RunInTheWay(Answer):
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


class PausedProblem(Problem):
    """409 where the lane is paused: asking again does not help before somebody has resumed it."""

    reason: Literal["lane_paused"]
    lane: str
    paused_at: datetime
    policies: Annotated[list[str], Field(description="values of on_busy that would let the request wait in the queue")]
    resume_url: Annotated[str, Field(description="POST there resumes the lane")]


class DifferenceOut(Answer):
    """A field in which the request and the run in the way differ; long values are cut."""

    field: str
    requested: Any
    active: Any


class ExplanationOut(Answer):
    """What POST /generate-sse would do with this body right now, and why."""

    admitted: Annotated[bool, Field(description="it would start at once")]
    fingerprint: str
    canonical: Annotated[dict[str, Any], Field(description="what is fingerprinted: every field, defaults filled in")]
    reason: Literal["in_flight", "duplicate", "lane_paused"] | None
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
        left_s = rejection.window_left_s if isinstance(rejection, RunRejected) else None
        return cls.model_validate(
            {
                "admitted": rejection is None,
                "fingerprint": explanation.fingerprint,
                "canonical": explanation.canonical,
                "reason": extra.get("reason"),
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
