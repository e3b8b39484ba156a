"""/runs…: list, show, follow, cancel, pin, delete."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.gate.tokens import caller_of
from pressrun.api.state import state_of
from pressrun.api.streams.run_streams import cursor_of, follow
from pressrun.api.wire.body import parse_model, read_json_object
from pressrun.api.wire.queries import LaneQuery, ListQuery, LogQuery, parse_query
from pressrun.api.wire.schemas import CancelRequest, RunDetail, RunOut, RunPage
from pressrun.errors import NotFound
from pressrun.ids import is_operation_id
from pressrun.run_logs import readable
from pressrun.runs.catalog import Filter
from pressrun.runs.model import Run

_LOG_TYPES = {"text": "text/plain", "jsonl": "application/jsonl"}
_MAX_SMALL_BODY_BYTES = 10_000


async def list_runs(request: Request) -> Response:
    """GET /runs"""
    query = parse_query(ListQuery, request)
    wanted = Filter(
        status=query.status,
        lane=query.lane,
        text=query.q,
        since=query.since,
        pinned=None if query.pinned is None else query.pinned == "1",
    )
    catalog, caller = state_of(request).catalog, caller_of(request.scope).name
    page = await catalog.list_page(caller, wanted, cursor=query.cursor, limit=query.limit, sort=query.sort)
    counts = await catalog.count_found(caller, wanted) if query.counts == "1" else None
    return _json(RunPage(runs=[RunOut.of(run) for run in page.runs], next_cursor=page.next_cursor, counts=counts))


async def current_run(request: Request) -> Response:
    """GET /runs/current: `current_run()`, or 204."""
    lane = parse_query(LaneQuery, request).lane or "default"
    run = await state_of(request).service.current(lane)
    if run is None or run.caller != caller_of(request.scope).name:
        return Response(status_code=204)
    return _json(RunOut.of(run))


async def show_run(request: Request) -> Response:
    """GET /runs/{operation_id}: with its attempts and how long each stage took."""
    run = await run_of(request)
    catalog = state_of(request).catalog
    history, webhook = await catalog.history(run.operation_id), await catalog.webhook(run.operation_id)
    return _json(RunDetail.told(run, history, webhook))


async def get_spec(request: Request) -> Response:
    """GET /runs/{operation_id}/spec: what the run was made from, every default filled in."""
    run = await run_of(request)
    spec = await state_of(request).catalog.get_spec(run.operation_id)
    return Response(spec, media_type="application/json", headers={"Cache-Control": "no-store"})


async def get_log(request: Request) -> Response:
    """GET /runs/{operation_id}/log: the run's log lines, to read or (`format=jsonl`) to parse."""
    run = await run_of(request)
    query = parse_query(LogQuery, request)
    lines = await state_of(request).run_logs.read(run.operation_id, query.after)
    headers = {"Cache-Control": "no-store", "Log-Lines": str(query.after + len(lines))}
    shown = lines if query.format == "jsonl" else [readable(json.loads(line)) for line in lines]
    return Response("".join(f"{line}\n" for line in shown), media_type=_LOG_TYPES[query.format], headers=headers)


async def delete_run(request: Request) -> Response:
    """DELETE /runs/{operation_id}: run, log and folder."""
    await state_of(request).catalog.delete(operation_id_of(request), caller_of(request.scope).name)
    return Response(status_code=204)


async def follow_run(request: Request) -> Response:
    """GET /runs/{operation_id}/events"""
    run = await run_of(request)
    after = cursor_of(request, run.last_seq)
    if run.ended and after == run.last_seq:
        return Response(status_code=204)  # tells EventSource to stop
    return follow(request, run, after=after, snapshot=True)


async def cancel_run(request: Request) -> Response:
    """POST /runs/{operation_id}/cancel"""
    body = parse_model(CancelRequest, await read_json_object(request, _MAX_SMALL_BODY_BYTES, optional=True))
    run, news = await state_of(request).service.cancel(
        operation_id_of(request), "user", caller=caller_of(request.scope).name, attempt=body.attempt
    )
    return _json(RunOut.of(run), 202 if news else 200)


async def pin_run(request: Request) -> Response:
    """PUT and DELETE /runs/{operation_id}/pin"""
    run = await state_of(request).catalog.set_pinned(
        operation_id_of(request), caller_of(request.scope).name, pinned=request.method == "PUT"
    )
    return _json(RunOut.of(run))


async def run_of(request: Request) -> Run:
    """The run in the path. Raises: NotFound, also for a stranger's."""
    return await state_of(request).catalog.get(operation_id_of(request), caller_of(request.scope).name)


def operation_id_of(request: Request) -> str:
    """The operation_id in the path. Raises: NotFound for what cannot be one."""
    operation_id: str = request.path_params["operation_id"]
    if not is_operation_id(operation_id):
        raise NotFound("that is not an operation_id; GET /runs lists the runs there are")
    return operation_id


def _json(model: RunOut | RunPage, status_code: int = 200) -> JSONResponse:
    return JSONResponse(model.model_dump(mode="json"), status_code, {"Cache-Control": "no-store"})
