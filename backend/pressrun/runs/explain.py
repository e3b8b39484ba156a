"""What would happen to a submission right now, and why. Starts nothing, changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pressrun.attachments import without_contents
from pressrun.runs.fingerprint import canonical
from pressrun.runs.rejection import LanePaused, RunRejected

if TYPE_CHECKING:
    from pressrun.runs.submission import Submission

_SHOWN_CHARACTERS = 120  # of a long value: enough to tell two chapters apart

_BUSY: Mapping[str, str] = {
    "reject": "409, naming the run in the way",
    "join": "200 with the stream of the run in the way",
    "queue": "200; waits in the queue of its lane, by priority, then age",
    "replace": "200; cancels the run in the way and takes its place",
}
_PAUSED: Mapping[str, str] = {
    "reject": "409, naming the lane and since when it is paused",
    "join": "409; there is no run to join",
    "queue": "200; waits in the queue of its lane until the lane is resumed",
    "replace": "200; waits in the queue of its lane until the lane is resumed; where nobody else waits, at its front",
}
_WAITING = "200; waits in the queue of its lane; where nobody else does, at its front"
_NOT_YOURS = "409; the run in the way is somebody else's"
_DUPLICATE: Mapping[str, str] = {
    "reject": "409, naming the run that is the same",
    "join": "200 with the stream of the same run, live or replayed",
    "run": "200; runs again as soon as on_busy allows",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the submission and the run in the way differ; long values are cut."""

    field: str
    requested: Any
    active: Any


@dataclass(frozen=True, slots=True)
class Explanation:
    """`rejection` None: it would start at once. `policies`: what each value of the field that decides would do."""

    canonical: dict[str, Any]
    fingerprint: str
    rejection: RunRejected | LanePaused | None
    differences: list[Difference]
    decided_by: str | None
    policies: dict[str, str]


def explain(submission: Submission, rejection: RunRejected | LanePaused | None, active_spec: str | None) -> Explanation:
    """The explanation; `active_spec` is the spec of the run in the way as stored, if the caller may see it."""
    mine = without_contents(canonical(submission.spec))
    differences: list[Difference] = []
    if active_spec is not None:
        theirs = without_contents(json.loads(active_spec))
        differences = [
            Difference(name, _shown(mine.get(name)), _shown(theirs.get(name)))
            for name in mine
            if mine.get(name) != theirs.get(name)
        ]
    policies: dict[str, str] = {}
    decided_by = None
    if isinstance(rejection, LanePaused):
        decided_by, policies = "on_busy", dict(_PAUSED)
    elif rejection is not None:
        decided_by = "on_duplicate" if rejection.same_request else "on_busy"
        policies = dict(_DUPLICATE if rejection.same_request else _BUSY)
        if not rejection.same_request and rejection.active.status == "queued":
            policies["replace"] = _WAITING
        if not rejection.visible:
            policies |= {"join": _NOT_YOURS, "replace": _NOT_YOURS}
    return Explanation(mine, submission.fingerprint, rejection, differences, decided_by, policies)


def _shown(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _SHOWN_CHARACTERS:
        return f"{value[:_SHOWN_CHARACTERS]}… ({len(value)} characters)"
    return value
