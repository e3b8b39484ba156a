"""How an event is written as a Server-Sent Event. The one owner of the form: sse-starlette's, with line feeds."""

from __future__ import annotations

from sse_starlette import ServerSentEvent

from pressrun.api.wire.schemas import RunOut, Snapshot
from pressrun.events.log import LoggedEvent
from pressrun.runs.model import Run
from pressrun.telemetry import on_one_line


def _encode(data: str | None = None, **fields: str | int | None) -> bytes:
    return ServerSentEvent(data, sep="\n", **fields).encode()  # type: ignore[arg-type]


RETRY = _encode(retry=2000)  # CONTRACT
PING = _encode(comment="ping")


def frame_of(event: LoggedEvent) -> bytes:
    """`id`, `event`, `data` and the empty line, as CONTRACT "Events" writes them."""
    return event.keep(_named)


def unnamed_frame_of(event: LoggedEvent) -> bytes:
    """The same without `event:`, for `onmessage`."""
    return event.keep(_unnamed)


def snapshot_frame(run: Run, *, after: int, named: bool) -> bytes:
    """The run as it is, before its events; without an `id`, for it is none of them."""
    values = RunOut.of(run).model_dump()
    data = on_one_line(Snapshot.model_validate({**values, "from": after + 1}).model_dump_json(by_alias=True))
    return _encode(data, event="snapshot" if named else None)


def _named(event: LoggedEvent) -> bytes:
    return _encode(event.data, id=str(event.seq), event=event.type)


def _unnamed(event: LoggedEvent) -> bytes:
    return _encode(event.data, id=str(event.seq))
