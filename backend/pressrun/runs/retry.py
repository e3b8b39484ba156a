"""A retry: the same run, another attempt, the same log (decision 0010). Inside the guard's transaction.

What was its terminal event becomes a `warning` in its place, so that the log has one terminal event, at its end,
whoever reads it from wherever; then the run goes on as any that waits.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pressrun.db import events as event_queries
from pressrun.db import runs as run_queries
from pressrun.db.searching import searchable
from pressrun.errors import Conflict, NotFound, RunEnded
from pressrun.events.model import Warning
from pressrun.runs.model import may_become
from pressrun.runs.places import view
from pressrun.stages import LAST_STAGE, STAGES

if TYPE_CHECKING:
    from pressrun.db import Connection
    from pressrun.events.log import EventLog
    from pressrun.runs.model import Run
    from pressrun.runs.submission import Submission

# codes of the warning that a terminal event becomes
ATTEMPT_FAILED, ATTEMPT_CANCELLED = "attempt_failed", "attempt_cancelled"
_REOPENED: dict[str, Any] = {
    "status": "queued",
    "crashes": 0,
    "owner": None,
    "handed_back": False,
    "queue_position": None,
    "turn": None,
    "line_number": None,
    "paused_at": None,
    "ended_at": None,
    "begun_ticks_s": None,
    "ticks_epoch": None,
    "cancel_requested_at": None,
    "cancelled_by": None,
    "error": None,
}


def require_retryable(run: Run) -> None:
    """Raises: RunEnded for a complete run, Conflict for an active one."""
    if run.status == "complete":
        raise RunEnded(f"run {run.operation_id} is complete, there is nothing to retry; rerender makes it anew")
    if not run.ended:
        raise Conflict(f"run {run.operation_id} is {run.status} already; follow it instead")


def reopen(connection: Connection, log: EventLog, submission: Submission) -> None:
    """The run waits again, as its next attempt. Raises: NotFound, RunEnded, Conflict."""
    row = run_queries.get_locked(connection, submission.operation_id, submission.caller)
    if row is None:
        raise NotFound(f"there is no run {submission.operation_id}")
    run = view(row)
    require_retryable(run)
    _replace_end(connection, log, run)
    values = {
        **_REOPENED,
        "attempt": run.attempt + 1,
        "retries": run.retries + 1,
        "priority": submission.line_priority,
        # what was only being published goes on a stage before; and a run in its last stage could not be cancelled
        "stage": STAGES[-2] if run.stage == LAST_STAGE else run.stage,
        "searchable": searchable(run.title),
    }
    run_queries.update_where(connection, run.operation_id, values, status=may_become("queued"), attempt=run.attempt)


def _replace_end(connection: Connection, log: EventLog, run: Run) -> None:
    event = event_queries.get_event(connection, run.operation_id, run.last_seq)
    if event is None:
        return  # its log was pruned
    wire = json.loads(event.data)
    if event.type == "error":
        body = Warning(code=ATTEMPT_FAILED, message=f"Attempt {run.attempt} failed ({wire['code']}): {wire['message']}")
    else:
        body = Warning(code=ATTEMPT_CANCELLED, message=f"Attempt {run.attempt} was cancelled ({wire['by']})")
    replaced = log.encode(run.operation_id, event.seq, datetime.fromisoformat(wire["at"]), body)
    event_queries.replace_event(connection, run.operation_id, replaced)
