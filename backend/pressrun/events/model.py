"""The events of a run, as CONTRACT "Events" lists them. Pure.

A *body* is what happened; a `RunEvent` is a body with its place in the run's log. Types, fields and words are the
same here, in the table, on the wire and in TypeScript.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pressrun.coverage import ComparedWith, Coverage
from pressrun.slide_shapes import Editability
from pressrun.stages import Stage


class EventBody(BaseModel):
    """What happened, without where in the log it stands. Its validator is made when it is first needed."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    terminal: ClassVar[bool] = False
    type: str


class Queued(EventBody):
    """The run waits for a slot; again when its position changes."""

    type: Literal["queued"] = "queued"
    position: int
    message: str


class Started(EventBody):
    """Once per attempt."""

    type: Literal["started"] = "started"
    attempt: int
    resumed_from: Stage | None = None
    estimated_total_s: Annotated[
        float | None, Field(description="how long runs like it took, half of them; null where too few are known")
    ] = None
    estimated_total_p75_s: Annotated[float | None, Field(description="and three quarters of them")] = None


class Progress(EventBody):
    """How far the run is; `progress` (0..100) never goes backwards within a run."""

    type: Literal["progress"] = "progress"
    stage: Stage
    progress: Annotated[int, Field(ge=0, le=100)]
    message: str
    current: int | None = None
    total: int | None = None


class HtmlGenerated(EventBody):
    """The document is ready."""

    type: Literal["html_generated"] = "html_generated"
    html_filename: str
    url: str
    title: str
    size_bytes: int
    sha256: str | None = None
    compared_with: Annotated[
        ComparedWith | None, Field(description="what the words on the slides are compared with; null in old logs")
    ] = None


class Screenshot(EventBody):
    """One image is saved; `index` from 1, `width` and `height` in pixels."""

    type: Literal["screenshot"] = "screenshot"
    index: int
    total: int
    filename: str
    url: str
    width: int
    height: int
    size_bytes: int
    sha256: str


class Artifact(EventBody):
    """An export is ready."""

    type: Literal["artifact"] = "artifact"
    name: str
    url: str
    media_type: str
    size_bytes: int
    sha256: str
    editability: Editability = None


class Warning(EventBody):  # the wire's own word; the built-in of that name is not used in this module
    """Something a person should know, the run goes on: truncated, blocked request, font missing, fallback used."""

    type: Literal["warning"] = "warning"
    code: str
    message: str


class Log(EventBody):
    """What a person would like to read while waiting."""

    type: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"] = "info"
    message: str


class ArtifactRef(BaseModel):
    """An artifact as named in `complete`."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str
    media_type: str
    size_bytes: int
    sha256: str
    editability: Editability = None


class Complete(EventBody):
    """Terminal: the batch folder is published."""

    terminal: ClassVar[bool] = True
    type: Literal["complete"] = "complete"
    screenshot_count: int
    screenshot_files: list[str]
    artifacts: list[ArtifactRef]
    truncated: bool
    duration_s: float
    size_bytes: Annotated[
        int | None, Field(description="of all files of the batch together; null in runs of an earlier release")
    ] = None
    folder: str
    coverage: Annotated[
        Coverage | None, Field(description="null where there are no slides, or the source is too complex")
    ] = None


class Error(EventBody):
    """Terminal: the run failed; `message` says what to do next."""

    terminal: ClassVar[bool] = True
    type: Literal["error"] = "error"
    code: str
    message: str
    stage: Stage | None = None
    retryable: bool = False


CancelledBy = Literal["user", "replaced", "disconnect", "shutdown"]


class Cancelled(EventBody):
    """Terminal: somebody cancelled the run; `kept` names what stays for a retry."""

    terminal: ClassVar[bool] = True
    type: Literal["cancelled"] = "cancelled"
    by: CancelledBy
    kept: list[str] = []


AnyBody = Annotated[
    Queued | Started | Progress | HtmlGenerated | Screenshot | Artifact | Warning | Log | Complete | Error | Cancelled,
    Field(discriminator="type"),
]
BODY: TypeAdapter[AnyBody] = TypeAdapter(AnyBody, config=ConfigDict(defer_build=True))
BODIES: tuple[type[EventBody], ...] = get_args(get_args(AnyBody)[0])
TERMINAL_TYPES = frozenset(str(body.model_fields["type"].default) for body in BODIES if body.terminal)


class RunEvent(BaseModel):
    """A body at its place in the log: `seq` counts 1, 2, 3 … per run."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    operation_id: str
    seq: int
    at: datetime
    body: AnyBody

    @property
    def terminal(self) -> bool:
        return self.body.terminal

    def to_wire(self) -> dict[str, Any]:
        """The `data:` object of the wire, type and seq first."""
        body = self.body.model_dump(mode="json")
        return {
            "type": body.pop("type"),
            "seq": self.seq,
            "operation_id": self.operation_id,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "v": 1,
            **body,
        }
