"""A stage's end as a value that can be checkpointed: its result, or why it failed.

DBOS stores what a step returns; an exception would come back from the checkpoint as another type. So a failure is a
value too, and a replayed workflow reads the same history.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import structlog

from pressrun.errors import (
    AttemptSuperseded,
    CoverageTooLow,
    DiskFailed,
    DiskFull,
    DocumentTooLarge,
    EmptyDocument,
    PressrunError,
    RenderTimeout,
    RunCancelled,
    ServerBusy,
    SourceTooComplex,
)
from pressrun.events.model import Error
from pressrun.groups import first_cause
from pressrun.os_errors import failure_of_disk, is_out_of_descriptors, out_of_descriptors
from pressrun.pipeline.context import StageResult
from pressrun.stages import Stage

_DISK_FAILED = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")

ResultT = TypeVar("ResultT", bound=StageResult)
_log = structlog.get_logger(__name__)


class StageFailed(Exception):
    """A stage ended with a failure; carries the `error` event to be."""

    def __init__(self, error: Error) -> None:
        self.error = error
        super().__init__(error.code)


class Stopped(Exception):
    """The run ended under the stage's feet: cancelled, or taken over by a later attempt."""


# A document's own doing: why is said in one line, and no traceback of ours would tell more.
_DOCUMENTS_OWN = (CoverageTooLow, DocumentTooLarge, EmptyDocument, RenderTimeout, SourceTooComplex)


async def checkpointed(stage: Stage, work: Callable[[], Awaitable[StageResult]]) -> dict[str, Any]:
    """Runs a stage; its outcome as JSON."""
    begun_s = anyio.current_time()
    _log.info("stage begins", stage=stage)
    try:
        result = (await _ungrouped(work)).model_dump(mode="json")
    except (AttemptSuperseded, RunCancelled):
        return {"stopped": True}
    except PressrunError as exc:
        trace = None if isinstance(exc, _DOCUMENTS_OWN) else exc
        _log.warning("stage failed", stage=stage, code=exc.code, why=str(exc), exc_info=trace)
        return {"error": failure_of(exc, stage).model_dump(mode="json")}
    except Exception as exc:  # noqa: BLE001 - the wall of the pipeline: a bug ends this run, never the server
        _log.error("stage broke", stage=stage, exc_info=exc)
        return {"error": failure_of(exc, stage).model_dump(mode="json")}
    _log.info("stage finished", stage=stage, duration_s=round(anyio.current_time() - begun_s, 3))
    return {"result": result}


async def _ungrouped(work: Callable[[], Awaitable[StageResult]]) -> StageResult:
    """Raises the first cause where a task group of a library failed; ours do so by themselves."""
    try:
        return await work()
    except BaseExceptionGroup as group:
        cause = first_cause(group)
    raise cause


def failure_of(exc: Exception, stage: Stage | None) -> Error:
    """The `error` event for whatever was raised; an exception of no class of ours is not told, but for the system's."""
    known = failure_of_system(exc) or exc
    if isinstance(known, PressrunError):
        return Error(code=known.code, message=str(known), stage=stage, retryable=known.retryable)
    return Error(
        code="internal",
        message="Something unexpected went wrong in Pressrun; the server's log has the details.",
        stage=stage,
        retryable=True,
    )


def failure_of_system(exc: BaseException | None) -> DiskFull | DiskFailed | ServerBusy | None:
    """What disk or descriptors have to do with it: in a file (OSError), or in the engine's own database."""
    while exc is not None:
        name = getattr(exc, "sqlite_errorname", "")
        if name == "SQLITE_FULL":
            return DiskFull()
        if name.startswith(_DISK_FAILED):
            return DiskFailed()
        if isinstance(exc, OSError):
            failure = out_of_descriptors() if is_out_of_descriptors(exc) else failure_of_disk(exc)
            if failure is not None:
                return failure
        exc = exc.__cause__
    return None


def read(outcome: dict[str, Any], model: type[ResultT]) -> ResultT:
    """The result of a stage that finished. Raises: StageFailed, Stopped."""
    if "stopped" in outcome:
        raise Stopped
    if "error" in outcome:
        raise StageFailed(Error.model_validate(outcome["error"]))
    return model.model_validate(outcome["result"])
