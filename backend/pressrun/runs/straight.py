"""The values for the functions by which Postgres decides (db/functions.py). Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pressrun.db.searching import searchable
from pressrun.db.tables import SEARCHABLE_CHARACTERS, microseconds
from pressrun.events.model import Started
from pressrun.runs.model import may_become
from pressrun.runs.projection import fields_of, words_of
from pressrun.runs.submission import columns_of
from pressrun.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pressrun.db.events import EventRow
    from pressrun.events.model import Cancelled, Complete, Error
    from pressrun.runs.submission import Submission
    from pressrun.settings import GuardConfig

# stand for what only the database knows: no log is that long, no run takes so long or has such a name
_NO_SEQ, _NO_ATTEMPT, _NO_RUN = 987_654_321_987, 987_654_321_989, "a-run-by-no-name"
_NO_STAGE: Stage = "compose"
_NO_TOTAL_S, _NO_TOTAL_P75_S = 987_654_321.1, 987_654_321.2


def begin_values(
    config: GuardConfig,
    submission: Submission,
    digest: str,
    now: datetime,
    ticks_s: float,
    epoch: str,
    foreseen: Mapping[str, Any],
) -> dict[str, Any]:
    """What `begin_run` is to know of a submission."""
    columns = columns_of(submission, digest)
    return {
        "key": columns.pop("idempotency_key"),
        **columns,
        "slots": config.slots_of(submission.lane),
        "webhook_url": submission.webhook_url,
        "now": microseconds(now),
        "ticks_s": ticks_s,
        "epoch": epoch,
        "window_s": config.dedup_window_s,
        "stale_s": config.run_max_s,
        "max_runs": config.max_runs,
        "share": config.caller_max_runs,
        "ignore_duplicates": submission.ignore_duplicates,
        **foreseen,
    }


def end_values(
    operation_id: str,
    attempt: int | None,
    body: Complete | Error | Cancelled,
    now: datetime,
    event: Callable[[int], EventRow],
) -> dict[str, Any]:
    """What `end_run` is to know; `event(seq)` is its event at that seq."""
    before, after = event(_NO_SEQ).data.split(str(_NO_SEQ), 1)
    return {
        "operation_id": operation_id,
        "attempt": attempt,
        "status": body.type,
        "from": list(may_become(body.type)),
        "now": microseconds(now),
        "fields": fields_of(body),
        "words": searchable(*words_of(body)),
        "most_words": SEARCHABLE_CHARACTERS,
        "before_seq": before,
        "after_seq": after,
    }


def promote_values(
    config: GuardConfig,
    lane: str,
    owner: str,
    now: datetime,
    ticks_s: float,
    epoch: str,
    encode: Callable[[str, int, Started], str],
) -> dict[str, Any]:
    """What `promote` is to know; `encode(operation_id, seq, body)` is the data of that event."""
    first = Started(attempt=1, estimated_total_s=_NO_TOTAL_S, estimated_total_p75_s=_NO_TOTAL_P75_S)
    again = Started(attempt=_NO_ATTEMPT, resumed_from=_NO_STAGE)
    return {
        "lane": lane,
        "slots": config.slots_of(lane),
        "max_runs": config.max_runs,
        "share": config.caller_max_runs,
        "owner": owner,
        "now": microseconds(now),
        "ticks_s": ticks_s,
        "epoch": epoch,
        "stale_s": config.run_max_s,
        "first": encode(_NO_RUN, _NO_SEQ, first),
        "again": encode(_NO_RUN, _NO_SEQ, again),
        "the_run": _NO_RUN,
        "the_seq": str(_NO_SEQ),
        "the_attempt": str(_NO_ATTEMPT),
        "the_stage": _NO_STAGE,
        "the_total": str(_NO_TOTAL_S),
        "the_p75": str(_NO_TOTAL_P75_S),
    }
