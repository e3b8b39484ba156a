"""What an event of a run changes in the run's row. One function, so that log and row cannot tell two stories. Pure.

Not its progress, which never goes back and so is the database's to say (`db.events.append`), and not what only its
writer knows: owner, crashes, ticks of a slot. What Postgres writes by itself (db/functions.py) follows the same rules.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pressrun.db.searching import searchable
from pressrun.events.model import AnyBody, Cancelled, Complete, Error, HtmlGenerated, Progress, Queued, Started

if TYPE_CHECKING:
    from datetime import datetime

    from pressrun.events.model import EventBody


def project(body: AnyBody, at: datetime, title: str | None = None) -> dict[str, Any]:
    """The columns that change with it; `title` is the run's before it."""
    match body:
        case Queued(position=position):
            return {"queue_position": position}
        case Started(attempt=attempt):
            waits_no_more = {"queue_position": None, "turn": None, "line_number": None}
            return {"status": "running", "attempt": attempt, "handed_back": False, **waits_no_more}
        case Progress(stage=stage):
            return {"stage": stage}
        case HtmlGenerated(title=new_title):
            return {"title": new_title, "searchable": searchable(new_title)}
        case Complete():
            result = {"result": fields_of(body), "progress": 100, "searchable": searchable(title, *words_of(body))}
        case Error():
            result = {"error": fields_of(body), "searchable": searchable(title, *words_of(body))}
        case Cancelled():
            result = {}
        case _:
            return {}
    return {"status": body.type, "ended_at": at, "owner": None, **result}


def fields_of(body: EventBody) -> str:
    """The event's own fields, as the columns `result` and `error` hold them."""
    return json.dumps(body.model_dump(mode="json", exclude={"type"}), ensure_ascii=False)


def words_of(body: Complete | Error | Cancelled) -> list[str]:
    """By what the run is found in the history, besides its title."""
    if isinstance(body, Complete):
        return [artifact.name for artifact in body.artifacts]
    return [body.code, body.message] if isinstance(body, Error) else []
