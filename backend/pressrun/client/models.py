"""What a client receives, typed: events and runs. Pure.

Lenient where `pressrun.events.model` is strict: a newer server may send types, fields and words this version does not
know. Those become `Unknown` bodies or extra members; nothing breaks and nothing is dropped from `data`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pressrun.events.model import BODY, TERMINAL_TYPES, AnyBody, EventBody


class Unknown(EventBody):
    """An event that this version of the client has no class for; its fields are in `ClientEvent.data`."""


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """One event of a run, as it came. `data` is the wire's whole object; `at` is None if it made no sense."""

    operation_id: str
    seq: int
    at: datetime | None
    body: AnyBody | Unknown
    data: dict[str, Any] = field(repr=False, compare=False)

    @property
    def type(self) -> str:
        return self.body.type

    @property
    def terminal(self) -> bool:
        """Whether the run has ended with this; decided by the type alone, so that an odd field cannot hide the end."""
        return self.type in TERMINAL_TYPES


def parse_event(data: str, fallback_seq: str = "") -> ClientEvent | None:
    """The event of one `data:`; None for the snapshot, which has no place in the log.

    Raises: ValueError when it is no event at all.
    """
    wire = json.loads(data)
    if not isinstance(wire, dict) or not isinstance(wire.get("type"), str):
        raise ValueError("not an event object")  # noqa: TRY004 - one kind of failure for the caller, as json.loads has
    if wire["type"] == "snapshot":
        return None
    return ClientEvent(
        operation_id=str(wire.get("operation_id", "")),
        seq=_seq(wire, fallback_seq),
        at=_instant(wire.get("at")),
        body=_body(wire),
        data=wire,
    )


def _seq(wire: dict[str, Any], fallback: str) -> int:
    seq = wire.get("seq", fallback)
    if isinstance(seq, bool) or not isinstance(seq, int | str):
        raise ValueError("an event without its seq")  # noqa: TRY004 - as above
    return int(seq)


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _body(wire: dict[str, Any]) -> AnyBody | Unknown:
    try:
        return BODY.validate_python(wire)
    except ValidationError:
        return Unknown(type=wire["type"])


class FileInfo(BaseModel):
    """A file of a run. `name` is relative to the batch folder, with `/`; `sha256` may not be known."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    name: str
    size_bytes: int | None = None
    media_type: str | None = None
    sha256: str | None = None


class CoverageInfo(BaseModel):
    """How much of the source is on the slides; `summary` says it to a person."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    share: float
    words: int
    words_missing: int = 0
    missing: list[dict[str, Any]] = []
    pictures: int = 0
    pictures_missing: int = 0
    missing_pictures: list[dict[str, Any]] = []
    cut_at_sides: float = 0.0
    hidden_content: dict[str, Any] = {}
    compared_with: str = ""
    summary: str = ""


class RunResult(BaseModel):
    """What a complete run made."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    screenshot_count: int = 0
    screenshot_files: list[str] = []
    artifacts: list[FileInfo] = []
    truncated: bool = False
    duration_s: float | None = None
    size_bytes: int | None = None
    folder: str | None = None
    coverage: CoverageInfo | None = None

    def files(self) -> list[FileInfo]:
        """Slides first, then exports; each name once."""
        slides = {name: FileInfo(name=name) for name in self.screenshot_files}
        return list((slides | {file.name: file for file in self.artifacts}).values())


class RunInfo(BaseModel):
    """A run as `GET /runs/{id}` shows it. Members that a newer server adds are kept."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    operation_id: str
    status: str
    stage: str | None = None
    progress: int = 0
    lane: str = "default"
    attempt: int = 1
    title: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float | None = None
    caller: str | None = None
    pinned: bool = False
    paused: bool = False
    retries: int = 0
    rerender_of: str | None = None
    last_event_id: int = 0
    error: dict[str, Any] | None = None
    result: RunResult | None = None
    attempts: list[dict[str, Any]] = []
    stages: list[dict[str, Any]] = []


class LaneInfo(BaseModel):
    """A lane: its slots, who is in it, and whether it is paused."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    lane: str
    slots: int = 1
    running: int = 0
    waiting: int = 0
    paused: bool = False
    paused_at: datetime | None = None


class LaneList(BaseModel):
    """The lanes that are configured, in use or paused."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    lanes: list[LaneInfo]


class Difference(BaseModel):
    """A field in which a request and the run in the way differ; long values are cut by the server."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    field: str
    requested: Any = None
    active: Any = None


class Explanation(BaseModel):
    """What a request would meet right now: `POST /admission/explain`.

    `run` is None where nothing is in the way, or where that run is somebody else's. `decided_by` is the field whose
    value decides, `policies` what each of its values would do.
    """

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    admitted: bool
    fingerprint: str
    message: str
    reason: str | None = None
    run: RunInfo | None = None
    differences: list[Difference] = []
    window_left_s: float | None = None
    decided_by: str | None = None
    policies: dict[str, str] = {}
    canonical: dict[str, Any] = {}


class RemovedRun(BaseModel):
    """A run that retention removed, or would remove, and why."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    operation_id: str
    status: str = ""
    title: str | None = None
    ended_at: datetime | None = None
    size_bytes: int = 0
    reason: str = ""


class RetentionInfo(BaseModel):
    """What a sweep removed, or would remove; `more`: not all of it, sweep again."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    dry_run: bool
    used_bytes: int = 0
    freed_bytes: int = 0
    runs: list[RemovedRun] = []
    staging: list[str] = []
    orphans: list[str] = []
    more: bool = False


class RunPage(BaseModel):
    """One page of the history; `next_cursor` asks for the next one."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    runs: list[RunInfo]
    next_cursor: str | None = None
