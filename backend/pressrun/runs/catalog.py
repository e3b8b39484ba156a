"""`RunCatalog`: the runs there are and were. Finds, lists, pins and deletes them; starts and ends none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pressrun.db import events as event_queries
from pressrun.db import runs as run_queries
from pressrun.db import webhooks as webhook_queries
from pressrun.errors import Conflict, NotFound
from pressrun.ids import first_operation_id
from pressrun.runs.history import TOLD_BY, RunHistory, history_of
from pressrun.runs.lane_state import view
from pressrun.runs.run_queue import with_positions

if TYPE_CHECKING:
    from pressrun.db.engine import Database
    from pressrun.runs.model import Run


@dataclass(frozen=True, slots=True)
class Page:
    """A page of history; `next_cursor` None at the end."""

    runs: list[Run]
    next_cursor: str | None


Order = Literal["newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs; None: whichever. `text` in title, error or artifact names, or an operation_id."""

    status: str | None = None
    lane: str | None = None
    text: str | None = None
    since: datetime | None = None
    pinned: bool | None = None


@dataclass(frozen=True, slots=True)
class WebhookState:
    """`waiting` for the run's end, `due`, `delivered` or `given_up`; and the status of the last answer, if any.

    `due_at`: when it is tried next; None where it is not.
    """

    state: str
    attempts: int
    last_status: int | None
    due_at: datetime | None


class RunCatalog:
    """One per process; share it freely. `remove(operation_id, created_at)` removes an ended run (removal.py)."""

    def __init__(self, database: Database, remove: Callable[[str, datetime], Awaitable[bool]]) -> None:
        self._database = database
        self._remove = remove

    async def get(self, operation_id: str, caller: str | None = None) -> Run:
        """The run. Raises: NotFound, also for somebody else's."""
        row = await self._database.read(run_queries.get, operation_id, caller)
        if row is None:
            raise _unknown(operation_id)
        return (await with_positions(self._database, [view(row)]))[0]

    async def get_spec(self, operation_id: str) -> str:
        """The run's spec as JSON. Raises: NotFound."""
        spec = await self._database.read(run_queries.get_spec, operation_id)
        if spec is None:
            raise _unknown(operation_id)
        return spec

    async def newest_id(self) -> str | None:
        """The greatest operation_id there is."""
        return await self._database.read(run_queries.newest_id)

    async def find_newest(self, caller: str, fingerprint: str, at_least_seq: int) -> Run | None:
        """The newest run of the same request, whatever became of it, that has had so many events."""
        row = await self._database.read(run_queries.find_newest, caller, fingerprint, at_least_seq)
        return None if row is None else view(row)

    async def list_page(
        self, caller: str | None, wanted: Filter, *, cursor: str | None = None, limit: int = 50, sort: Order = "newest"
    ) -> Page:
        """Keyset paging: `cursor` is the last operation_id of the page before."""
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
            oldest_first=sort == "oldest",
        )
        page = await with_positions(self._database, [view(row) for row in rows[:limit]])
        return Page(page, page[-1].operation_id if len(rows) > limit else None)

    async def count_found(self, caller: str | None, wanted: Filter) -> dict[str, int]:
        """How many runs the filter but its status finds, in each status that any of them has."""
        return await self._database.read(
            run_queries.count_matching,
            caller,
            lane=wanted.lane,
            text=wanted.text,
            pinned=wanted.pinned,
            since=None if wanted.since is None else first_operation_id(wanted.since),
        )

    async def history(self, operation_id: str) -> RunHistory:
        """Attempts and stages of a run."""
        return history_of(await self._database.read(event_queries.read_facts, operation_id, TOLD_BY))

    async def webhook(self, operation_id: str) -> WebhookState | None:
        """How far its webhook is, if the run has one."""
        row = await self._database.read(webhook_queries.get, operation_id)
        if row is None:
            return None
        return WebhookState(row.state, row.attempts, row.last_status, row.due_at if row.state == "due" else None)

    async def count_runs(self) -> dict[str, int]:
        """How many runs of the history have each status."""
        return await self._database.read(run_queries.count_by_status)

    async def count_webhooks(self) -> dict[str, int]:
        """How many webhooks are in each state that any is in."""
        return await self._database.read(webhook_queries.count_by_state)

    async def set_pinned(self, operation_id: str, caller: str | None, *, pinned: bool) -> Run:
        """Pins or unpins. Raises: NotFound."""
        await self.get(operation_id, caller)
        row = await self._database.write(run_queries.update_where, operation_id, {"pinned": pinned})
        if row is None:
            raise _unknown(operation_id)
        return view(row)

    async def delete(self, operation_id: str, caller: str | None = None) -> None:
        """Removes an ended run with its events, log lines and files. Raises: NotFound, Conflict while it is active."""
        run = await self.get(operation_id, caller)
        if run.ended and await self._remove(operation_id, run.created_at):
            return
        run = await self.get(operation_id, caller)  # as it is now: a retry may have come first, or another DELETE
        raise Conflict(f"run {operation_id} is {run.status}; cancel it first")


def _unknown(operation_id: str) -> NotFound:
    return NotFound(f"there is no run {operation_id}")
