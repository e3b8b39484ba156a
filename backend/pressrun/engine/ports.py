"""What the engine needs of the packages above it; runs/lifecycle.py gives it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pressrun.events.model import (
    AnyBody,
    Artifact,
    Cancelled,
    CancelledBy,
    Complete,
    Error,
    HtmlGenerated,
    Progress,
    Screenshot,
    Warning,
)
from pressrun.spec import RunSpec


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute one attempt of a run; its writes are fenced by `attempt`.

    `committed`: an earlier attempt may have published the run. `last_word`: nothing is to be executed any more, the run
    ends as that, unless it turns out to be published.
    """

    operation_id: str
    attempt: int
    spec: RunSpec
    created_at: datetime
    started_at: datetime
    begun_ticks_s: float
    ticks_epoch: str
    captured: Mapping[int, Screenshot]
    exported: Mapping[str, Artifact]
    committed: bool = False
    document: HtmlGenerated | None = None
    warned: Collection[Warning] = ()
    last_word: Error | None = None


class RunRecords(Protocol):
    """The truth about runs that people see, as far as the engine changes it."""

    async def claim(self, operation_id: str, retries: int) -> Claim | None:
        """Takes the run's next attempt for this process; None when the run has ended, or was retried since: nothing is
        to be done.
        """
        ...

    async def emit(self, operation_id: str, attempt: int, *bodies: AnyBody) -> None:
        """Appends events in this order, all or none. Raises: AttemptSuperseded."""
        ...

    async def commit(self, operation_id: str, attempt: int, body: Progress) -> None:
        """The point of no return, with its event. Raises: RunCancelled, AttemptSuperseded."""
        ...

    async def finish(self, operation_id: str, attempt: int, body: Complete | Error | Cancelled) -> bool:
        """Ends the run with its terminal event and frees its slot; False if it had ended already."""
        ...

    async def hand_back(self, operation_id: str, attempt: int) -> None:
        """Gives the run up unfinished, for the next start to go on."""
        ...

    async def needs_no_files(self, operation_id: str) -> bool:
        """Whether nobody will go on with what the run has staged: it is complete, or deleted."""
        ...

    async def cancelled_by(self, operation_id: str) -> CancelledBy | None:
        """Who asked for the run's end, if anybody did."""
        ...
