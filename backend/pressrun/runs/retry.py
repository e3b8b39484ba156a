"""A retry: the same run, another attempt, the same log (decision 0010). Inside the guard's transaction.

What was its terminal event becomes a `warning` in its place, so that the log has one terminal event, at its end,
whoever reads it from wherever; then the run goes on as any that waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pressrun.db import runs as run_queries
from pressrun.db.searching import searchable
from pressrun.errors import Conflict, NotFound, RunEnded
from pressrun.events.model import Warning
from pressrun.runs.lane_state import view
from pressrun.stages import LAST_STAGE, STAGES

if TYPE_CHECKING:
    from pressrun.runs.journal import Transaction
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


def reopen(transaction: Transaction, submission: Submission) -> None:
    """The run waits again, as its next attempt. Raises: NotFound, RunEnded, Conflict."""
    row = run_queries.get_locked(transaction.connection, submission.operation_id, submission.caller)
    if row is None:
        raise NotFound(f"there is no run {submission.operation_id}")
    run = view(row)
    require_retryable(run)
    values = {
        **_REOPENED,
        "attempt": run.attempt + 1,
        "retries": run.retries + 1,
        "priority": submission.line_priority,
        # what was only being published goes on a stage before; and a run in its last stage could not be cancelled
        "stage": STAGES[-2] if run.stage == LAST_STAGE else run.stage,
        "searchable": searchable(run.title),
    }
    transaction.replace_last(run, partial(_end_told_later, run.attempt), **values)


def _end_told_later(attempt: int, wire: Mapping[str, Any]) -> Warning:
    """What was the end of an attempt, in the log of a run that goes on."""
    if wire["type"] == "error":
        return Warning(code=ATTEMPT_FAILED, message=f"Attempt {attempt} failed ({wire['code']}): {wire['message']}")
    return Warning(code=ATTEMPT_CANCELLED, message=f"Attempt {attempt} was cancelled ({wire['by']})")
