"""The history of one run: its attempts and how long every stage took, told by the run's own log. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pressrun.events.model import TERMINAL_TYPES
from pressrun.runs.retry import ATTEMPT_CANCELLED, ATTEMPT_FAILED
from pressrun.stages import Stage

if TYPE_CHECKING:
    from pressrun.db.events import Fact

AttemptEnd = Literal["complete", "error", "cancelled", "interrupted"]
TOLD_BY = ("started", "progress", "warning", *sorted(TERMINAL_TYPES))
_ENDED_AS: dict[str, AttemptEnd] = {ATTEMPT_FAILED: "error", ATTEMPT_CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class StageTime:
    """A stage of an attempt; `ended_at` None: it goes on."""

    stage: Stage
    attempt: int
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An execution of the run; `ended` None: it goes on; `interrupted`: its process was killed or handed it back."""

    attempt: int
    started_at: datetime
    resumed_from: Stage | None
    ended_at: datetime | None = None
    ended: AttemptEnd | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RunHistory:
    """What happened to a run, oldest first."""

    attempts: list[Attempt]
    stages: list[StageTime]


def history_of(facts: Iterable[Fact]) -> RunHistory:
    """Attempts and stages from the log. Pure."""
    attempts: list[Attempt] = []
    stages: list[StageTime] = []
    last_at: datetime | None = None

    def close_stage(at: datetime | None) -> None:
        if stages and stages[-1].ended_at is None:
            stages[-1] = replace(stages[-1], ended_at=_not_before(stages[-1].started_at, at))

    def close(at: datetime | None, ended: AttemptEnd, message: str | None = None) -> None:
        close_stage(at)
        if attempts and attempts[-1].ended is None:
            ended_at = _not_before(attempts[-1].started_at, at)
            attempts[-1] = replace(attempts[-1], ended_at=ended_at, ended=ended, message=message)

    for fact in facts:
        wire = json.loads(fact.data)
        if fact.type == "started":
            close(last_at, "interrupted")
            attempts.append(Attempt(wire["attempt"], fact.at, wire.get("resumed_from")))
        elif fact.type == "progress":
            if not stages or stages[-1].ended_at is not None or stages[-1].stage != wire["stage"]:
                close_stage(fact.at)
                stages.append(StageTime(wire["stage"], fact.attempt, fact.at))
        elif fact.type in TERMINAL_TYPES:
            close(fact.at, fact.type, wire.get("message"))  # type: ignore[arg-type] # the types are these words
        elif wire["code"] in _ENDED_AS:
            close(fact.at, _ENDED_AS[wire["code"]], wire["message"])
        last_at = fact.at
    return RunHistory(attempts, stages)


def _not_before(started_at: datetime, at: datetime | None) -> datetime | None:
    """`at`, or the start where the clock was set back between the two."""
    return at if at is None else max(started_at, at)
