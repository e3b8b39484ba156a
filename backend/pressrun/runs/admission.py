"""The policies: what happens to a submission that meets another run. `RunGuard` decides *whether*, this decides *what*.

An identical submission obeys `on_duplicate`, any other that finds its lane taken obeys `on_busy`. An Idempotency-Key
comes first: it names one intention, so the same key and body is always the same run, and another key is another one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pressrun.errors import CallerLimit
from pressrun.runs.guard import RunGuard
from pressrun.runs.model import Run
from pressrun.runs.rejection import LanePaused, RunRejected
from pressrun.runs.submission import KeyMatch, Submission

OnBusy = Literal["reject", "join", "queue", "replace"]
OnDuplicate = Literal["reject", "join", "run"]
Disposition = Literal["started", "joined", "queued", "replaced", "replayed"]


@dataclass(frozen=True, slots=True)
class Admission:
    """How a submission got its run; `replaces` names the run that has to make room first."""

    run: Run
    disposition: Disposition
    replaces: str | None = None

    @property
    def created(self) -> bool:
        """Whether the run is this submission's own."""
        return self.disposition in ("started", "queued", "replaced")


@dataclass(frozen=True, slots=True)
class Policies:
    """What the client wants when something is in the way; `on_duplicate` None: the default for its request."""

    on_busy: OnBusy = "reject"
    on_duplicate: OnDuplicate | None = None

    def duplicate_policy(self, *, keyed: bool) -> OnDuplicate:
        """`join` with an Idempotency-Key, else `reject`, unless the client said."""
        return self.on_duplicate or ("join" if keyed else "reject")


def intended(submission: Submission, policies: Policies) -> Submission:
    """The submission, with what is no duplicate of it.

    An Idempotency-Key names one intention, so another key is another one, whatever its body; unless the client says
    by `on_duplicate` what is to become of identical runs.
    """
    another = submission.idempotency_key is not None and policies.on_duplicate is None
    return replace(submission, ignore_duplicates=True) if another or policies.on_duplicate == "run" else submission


def may_resume(submission: Submission, policies: Policies) -> bool:
    """Whether the same request, sent again with a cursor, asks for the rest of its run, however long ago that was.

    So do libraries whose tab was hidden or whose line broke. With a key it is the key that names the run.
    """
    return submission.idempotency_key is None and policies.on_duplicate in (None, "join")


def refusal_nowait(guard: RunGuard, submission: Submission, policies: Policies) -> RunRejected | None:
    """The refusal of `admit`, where it can be told at once: the only way to the cheap 409 (decision 0007).

    Only for who wants to start or to be refused; the endpoint asks it through `RunService`, which knows whether anybody
    is let in at all, and the guard tells who is in the way. None says nothing: `admit` decides.
    """
    if submission.idempotency_key is not None or policies.on_busy != "reject":
        return None
    if policies.duplicate_policy(keyed=False) != "reject":
        return None
    return guard.in_the_way_nowait(submission, submission.fingerprint)


async def admit(guard: RunGuard, submission: Submission, policies: Policies) -> Admission:
    """Starts the run, lets it wait, or finds the one to follow.

    Raises: RunRejected, IdempotencyKeyReused, ServerBusy, LanePaused, CallerLimit.
    """
    on_duplicate = policies.duplicate_policy(keyed=submission.idempotency_key is not None)
    submission = intended(submission, policies)
    try:
        outcome = await guard.admit(submission)
    except RunRejected as rejected:
        same = rejected.same_request and not submission.ignore_duplicates
        policy = on_duplicate if same else policies.on_busy
        if policy == "reject" or (not rejected.visible and policy != "queue"):
            raise
        if policy == "join":
            return follow(rejected.active)
        return await _wait(guard, submission, on_duplicate, replacing=policy == "replace")
    except (LanePaused, CallerLimit):
        if policies.on_busy not in {"queue", "replace"}:
            raise
        return await _wait(guard, submission, on_duplicate, replacing=False)
    if isinstance(outcome, KeyMatch):
        return _by_key(guard, submission, on_duplicate, outcome)
    return Admission(outcome, "started")


def follow(run: Run) -> Admission:
    """Joins a live run, replays an ended one."""
    return Admission(run, "replayed" if run.ended else "joined")


async def _wait(guard: RunGuard, submission: Submission, on_duplicate: OnDuplicate, *, replacing: bool) -> Admission:
    """Into the waiting queue: at its end by priority, or at its front behind a run that is to be cancelled.

    Raises: RunRejected, also for the very same request that came since the first look and is not to be joined.
    """
    try:
        outcome, behind = await guard.admit_behind(replace(submission, when_busy="front" if replacing else "wait"))
    except RunRejected as rejected:
        if rejected.same_request and on_duplicate == "join":
            return follow(rejected.active)
        raise
    if isinstance(outcome, KeyMatch):
        return _by_key(guard, submission, on_duplicate, outcome)
    if outcome.status == "running":  # a slot became free in the meantime
        return Admission(outcome, "started")
    # one that only waits, in a paused lane for instance, is passed by
    if replacing and isinstance(behind, RunRejected) and behind.active.status == "running":
        return Admission(outcome, "replaced", replaces=behind.active.operation_id)
    return Admission(outcome, "queued")


def _by_key(guard: RunGuard, submission: Submission, on_duplicate: OnDuplicate, match: KeyMatch) -> Admission:
    if on_duplicate == "reject" and not match.run.ended:
        raise guard.rejected_by(submission, match.run)
    return follow(match.run)
