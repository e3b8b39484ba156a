"""`RunHistory`: the runs there were, and what became of each: its attempts and how long every stage took.

Reads only. Attempts and stages are told by the run's own log, which is the one record of what happened when.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pressrun.db import events as event_queries
from pressrun.db import runs as run_queries
from pressrun.db import webhooks as webhook_queries
from pressrun.events.model import TERMINAL_TYPES
from pressrun.ids import first_operation_id
from pressrun.runs.line import place_all
from pressrun.runs.places import view
from pressrun.runs.retry import ATTEMPT_CANCELLED, ATTEMPT_FAILED
from pressrun.stages import Stage

if TYPE_CHECKING:
    from pressrun.db.engine import Database
    from pressrun.db.events import Fact
    from pressrun.runs.model import Run

AttemptEnd = Literal["complete", "error", "cancelled", "interrupted"]
_TOLD_BY = ("started", "progress", "warning", *sorted(TERMINAL_TYPES))
_ENDED_AS: dict[str, AttemptEnd] = {ATTEMPT_FAILED: "error", ATTEMPT_CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of history; `next_cursor` None at the end."""

    runs: list[Run]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs; None: whichever. `text` in title, error or artifact names, or an operation_id."""

    status: str | None = None
    lane: str | None = None
    text: str | None = None
    since: datetime | None = None
    pinned: bool | None = None


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
class Story:
    """What happened to a run, oldest first."""

    attempts: list[Attempt]
    stages: list[StageTime]


@dataclass(frozen=True, slots=True)
class WebhookState:
    """`waiting` for the run's end, `due`, `delivered` or `given_up`; and the status of the last answer, if any."""

    state: str
    attempts: int
    last_status: int | None


class RunHistory:
    """One per process; share it freely."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(
        self, caller: str | None, wanted: Filter, *, cursor: str | None = None, limit: int = 50
    ) -> Page:
        """Newest first, keyset paging: `cursor` is the last operation_id of the page before."""
        rows = await self._database.read(
            run_queries.list_page,
            caller,
            status=wanted.status,
            lane=wanted.lane,
            text=wanted.text,
            pinned=wanted.pinned,
            since=None if wanted.since is None else first_operation_id(wanted.since),
            before=cursor,
            limit=limit + 1,
        )
        page = await place_all(self._database, [view(row) for row in rows[:limit]])
        return Page(page, page[-1].operation_id if len(rows) > limit else None)

    async def story(self, operation_id: str) -> Story:
        """Attempts and stages of a run."""
        return tell_story(await self._database.read(event_queries.read_facts, operation_id, _TOLD_BY))

    async def count_webhooks(self) -> dict[str, int]:
        """How many webhooks are in each state that any is in."""
        return await self._database.read(webhook_queries.count_by_state)

    async def webhook(self, operation_id: str) -> WebhookState | None:
        """How far its webhook is, if the run has one."""
        row = await self._database.read(webhook_queries.get, operation_id)
        return None if row is None else WebhookState(row.state, row.attempts, row.last_status)


def tell_story(facts: Iterable[Fact]) -> Story:
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
    return Story(attempts, stages)


def _not_before(started_at: datetime, at: datetime | None) -> datetime | None:
    """`at`, or the start where the clock was set back between the two."""
    return at if at is None else max(started_at, at)
