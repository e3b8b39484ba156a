"""The policies: what happens to a submission that meets another run. `RunGuard` decides *whether*, this decides *what*.

An identical submission obeys `on_duplicate`, any other that finds its lane taken obeys `on_busy`. An Idempotency-Key
comes first: it names one intention, so the same key and body is always the same run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pressrun.runs.guard import KeyMatch, RunGuard, Submission
from pressrun.runs.model import Run
from pressrun.runs.rejection import RunRejected

OnBusy = Literal["reject", "join"]
OnDuplicate = Literal["reject", "join", "run"]
Disposition = Literal["started", "joined", "replayed"]


@dataclass(frozen=True, slots=True)
class Admission:
    """How a submission got its run."""

    run: Run
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Policies:
    """What the client wants when something is in the way; `on_duplicate` None: the default for its request."""

    on_busy: OnBusy = "reject"
    on_duplicate: OnDuplicate | None = None

    def duplicate_policy(self, *, keyed: bool) -> OnDuplicate:
        """`join` with an Idempotency-Key, else `reject`, unless the client said."""
        return self.on_duplicate or ("join" if keyed else "reject")


async def admit(guard: RunGuard, submission: Submission, policies: Policies) -> Admission:
    """Starts the run or finds the one to follow.

    Raises: RunRejected, IdempotencyKeyReused.
    """
    keyed = submission.idempotency_key is not None
    on_duplicate = policies.duplicate_policy(keyed=keyed)
    if on_duplicate == "run":
        submission = replace(submission, ignore_duplicates=True)
    try:
        outcome = await guard.admit(submission)
    except RunRejected as rejected:
        policy = on_duplicate if rejected.same_request and on_duplicate != "run" else policies.on_busy
        if policy != "join":
            raise
        return follow(rejected.active)
    if isinstance(outcome, KeyMatch):
        if on_duplicate == "reject" and not outcome.run.ended:
            raise guard.rejected_by(submission, outcome.run)
        return follow(outcome.run)
    return Admission(outcome, "started")


def follow(run: Run) -> Admission:
    """Joins a live run, replays an ended one."""
    return Admission(run, "replayed" if run.ended else "joined")
